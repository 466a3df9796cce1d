"""JSON that is wrapped around its rows, as programs answer: ``{"data": {"items": [...]}, "meta": ...}``.

The list is found by going through the text once, and read from a copy of its own, so that numbers keep every digit they have.
"""

from __future__ import annotations

import codecs
import json
import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import InvalidInput, nearest

__all__ = ["WHOLE", "Listed", "Wrapping", "lists_in", "rows_in", "told", "unwrapped"]

#: The path that says: the file itself is the row, or the list of them.
WHOLE = "."

_DEEPEST = 4
_SHARE, _MANY = 10, 10  # so much larger than all else, and so many rows
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_BRACKET = re.compile(rb'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^"{}\[\]]++)*+([{}\[\]])', re.DOTALL)
_PLAIN = re.compile(rb"[^,:\[\]{}\"\s]+")
_SPACE = re.compile(rb"[ \t\r\n]*")
# What stands beside the rows and says nothing of them.
_BESIDE = """
type kind meta metadata info count total totalcount total_count totalresults page pages page_size pagesize per_page perpage total_pages
limit offset next previous prev links _links cursor next_cursor nextcursor has_more hasmore nextpagetoken pagination paging status success
ok error errors message code version api_version timestamp time generated generated_at took timed_out request_id requestid etag crs bbox
license copyright attribution @odata.context @odata.count @odata.nextlink odata.metadata odata.count __count
"""
_ASIDE = frozenset(_BESIDE.split())


@dataclass(frozen=True)
class Listed:
    """A list of ``objects`` within an object: the keys that lead to it, and its bytes (``end`` None: behind what was looked at)."""

    keys: tuple[str, ...]
    start: int
    end: int | None
    objects: int

    @property
    def path(self) -> str:
        return ".".join(self.keys)


@dataclass(frozen=True)
class Wrapping:
    """One object: the lists of objects in it, the keys of everything else (with those above), its ``size`` in bytes and whether that is all
    of it."""

    lists: tuple[Listed, ...]
    others: tuple[tuple[str, ...], ...]
    size: int
    whole: bool


class _Cut(Exception):
    """The text ends within the object."""


class _NoObject(Exception):
    """It is something else, or no JSON."""


def lists_in(path: Path, limit: int | None = None) -> Wrapping | None:
    """What is in a file (UTF-8) that is one object; None of any other. ``limit``: only so many bytes are looked at."""
    if not path.stat().st_size:
        return None
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        size = min(limit or len(whole), len(whole))
        walk = _Walk(whole, size)
        try:
            end = walk.space(len(codecs.BOM_UTF8) if whole[:3] == codecs.BOM_UTF8 else 0)
            end = walk.object(end, ())
        except _Cut:
            return Wrapping(tuple(walk.lists), tuple(walk.others), size, whole=False) if size < len(whole) else None
        except _NoObject:
            return None
        if walk.space(end) != size or size < len(whole) or not _is_json(whole, walk.lists):
            return None
        return Wrapping(tuple(walk.lists), tuple(walk.others), size, whole=True)


class _Walk:
    """Through one object, passing over what is within lists."""

    def __init__(self, text: Any, size: int) -> None:
        self.text, self.size = text, size
        self.lists: list[Listed] = []
        self.others: list[tuple[str, ...]] = []

    def space(self, place: int) -> int:
        found = _SPACE.match(self.text, place, self.size)
        return found.end() if found else place

    def object(self, place: int, keys: tuple[str, ...]) -> int:
        """The place after an object that begins at ``place``."""
        place = self.space(self._mark(place, b"{"))
        if self._at(place) == b"}":
            return place + 1
        while True:
            name, place = self._key(place)
            place = self.space(self._mark(self.space(place), b":"))
            place = self.space(self._value(place, (*keys, name)))
            if self._at(place) == b"}":
                return place + 1
            place = self.space(self._mark(place, b","))

    def _value(self, place: int, keys: tuple[str, ...]) -> int:
        begin = self._at(place)
        if begin == b"{" and len(keys) < _DEEPEST:
            return self.object(place, keys)
        if begin == b"[":
            return self._list(place, keys)
        self.others.append(keys)
        if begin == b"{":
            return self._bracketed(place)[0]
        found = (_STRING if begin == b'"' else _PLAIN).match(self.text, place, self.size)
        if found is None:
            raise _Cut if begin == b'"' else _NoObject
        return found.end()

    def _list(self, place: int, keys: tuple[str, ...]) -> int:
        try:
            end, objects = self._bracketed(place)
        except _Cut:
            objects = self.text[place : min(place + 4096, self.size)].lstrip(b"[ \t\r\n")[:1] == b"{"
            self.lists += [Listed(keys, place, None, _MANY)] if objects else []
            raise
        if objects:
            self.lists.append(Listed(keys, place, end, objects))
        else:
            self.others.append(keys)
        return end

    def _bracketed(self, place: int) -> tuple[int, int]:
        """The place after what begins with a bracket, and how many objects are directly in it."""
        depth = objects = 0
        for found in _BRACKET.finditer(self.text, place, self.size):
            mark = found[1]
            if mark in b"{[":
                objects += depth == 1 and mark == b"{"
                depth += 1
            else:
                depth -= 1
                if not depth:
                    return found.end(), objects
        raise _Cut

    def _key(self, place: int) -> tuple[str, int]:
        self._mark(place, b'"')
        found = _STRING.match(self.text, place, self.size)
        if found is None:
            raise _Cut
        try:
            return json.loads(found[0], strict=False), found.end()
        except ValueError as error:
            raise _NoObject from error

    def _mark(self, place: int, mark: bytes) -> int:
        if self._at(place) != mark:
            raise _NoObject
        return place + 1

    def _at(self, place: int) -> bytes:
        if place >= self.size:
            raise _Cut
        return bytes(self.text[place : place + 1])


def _is_json(text: Any, lists: list[Listed]) -> bool:
    """Whether all but the lists is well-formed."""
    parts, place = [], 0
    for each in lists:
        parts += [text[place : each.start], b"[]"]
        place = each.end or len(text)
    try:
        json.loads(b"".join([*parts, text[place:]]).decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return False
    return True


def rows_in(found: Wrapping | None, said: str | None, shown: str) -> Listed | None:
    """The list that holds the rows: the one that was ``said``, or the one that is by far the most of the file; None: there is no such.

    Raises
    ------
    InvalidInput
        What was said is not there.
    """
    if said == WHOLE:
        return None
    lists = found.lists if found is not None else ()
    if said is not None:
        meant = [each for each in lists if each.path == said]
        if len(meant) != 1:
            close = nearest(said, [each.path for each in lists])
            there = f"It has such lists at {', '.join(repr(each.path) for each in lists[:5])}." if lists else "Leave rows out."
            raise InvalidInput(
                f"{shown} has no list of objects at {said!r}.", fix=f"Did you mean {close!r}?" if close else there, path=said
            )
        return meant[0]
    if found is None or not lists:
        return None
    largest = max(lists, key=lambda each: (each.end or found.size) - each.start)
    return largest if "." not in "".join(largest.keys) and _dominates(largest, found) else None


def _dominates(rows: Listed, found: Wrapping) -> bool:
    if sum(each.keys == rows.keys for each in found.lists) > 1 or rows.objects < 2:
        return False
    if rows.keys[-1] == "features" and ("type",) in found.others:
        return True  # GeoJSON
    length = (rows.end or found.size) - rows.start
    if rows.objects >= _MANY and (found.size - length) * _SHARE <= length:
        return True
    return len(found.lists) == 1 and all(any(key.casefold() in _ASIDE for key in keys) for keys in found.others)


def unwrapped(path: Path, target: Path, rows: Listed, limit: int | None = None) -> None:
    """Write the list alone to ``target``, on the lines where it stands; as far as ``limit`` bytes of the file go."""
    with path.open("rb") as stream, target.open("wb") as sink:
        sink.write(b"\n" * stream.read(rows.start).count(b"\n"))
        left = (rows.end if rows.end is not None else limit or path.stat().st_size) - rows.start
        while left > 0 and (chunk := stream.read(min(left, 1 << 20))):
            sink.write(chunk)
            left -= len(chunk)


def told(rows: Listed, found: Wrapping) -> Iterator[str]:
    """The remark about rows that were found by themselves."""
    beside = list(dict.fromkeys(keys[0] if keys[0] != rows.keys[0] else ".".join(keys) for keys in found.others))
    beside += [each.path for each in found.lists if each is not rows]
    many = f"the {rows.objects:,} objects in" if rows.end is not None else "the objects in"
    words = ", ".join(beside[:5]) + (f" and {len(beside) - 5} more" if len(beside) > 5 else "")
    left = f" What stands beside them ({words}) is not taken." if beside else ""
    yield f"The rows are {many} {rows.path}.{left} To have the file as one row, say `rows={WHOLE!r}`."
