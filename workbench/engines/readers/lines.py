"""On which line of a delimited file something stands, in one quick pass over its bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Place", "lines_of_bytes", "places_of_records", "record_at"]

_CHUNK, _PLAIN_CHUNK = 32 << 20, 4 << 20
_NEWLINE, _RETURN = 10, 13


class Place(NamedTuple):
    """Where a record stands: the line (from 1) that it begins on, and its bytes (from 0) from ``start`` to before ``end``."""

    line: int
    start: int
    end: int


def lines_of_bytes(path: Path, places: Sequence[int]) -> list[int]:
    """The line (from 1) in which each byte (from 0) stands."""
    wanted = np.array(sorted(set(places)), dtype=np.int64)
    found: dict[int, int] = {}
    line, start = 1, 0
    with path.open("rb") as stream:
        while len(found) < len(wanted) and (chunk := stream.read(_CHUNK)):
            breaks = np.flatnonzero(_line_ends(np.frombuffer(chunk, np.uint8), _peek(stream))) + start
            here = wanted[(wanted >= start) & (wanted < start + len(chunk))]
            found.update(zip(here.tolist(), (line + np.searchsorted(breaks, here)).tolist(), strict=True))
            line, start = line + len(breaks), start + len(chunk)
    return [found.get(place, line) for place in places]


def _peek(stream: Any) -> int:
    """The next byte without taking it; a line feed at the end."""
    following = stream.peek(1)[:1]
    return following[0] if following else _NEWLINE


def _line_ends(values: Any, after: int) -> Any:
    """Where a line ends: a line feed, or a carriage return without one."""
    following = np.append(values[1:], np.uint8(after))
    return (values == _NEWLINE) | ((values == _RETURN) & (following != _NEWLINE))


def places_of_records(
    path: Path,
    records: Iterable[int],
    *,
    skip: int,
    quote: str,
    escape: str | None = None,
    broken: Sequence[tuple[int, int]] = (),
    blank_counts: bool = False,
) -> list[Place]:
    """Where each record (from 1) stands.

    Parameters
    ----------
    skip
        Lines before the first record.
    broken
        Spans of bytes (start, length) that hold no record: what stands in them is passed over, quotes and all.
    blank_counts
        Whether a blank line is a record, as in a file of one column.
    """
    asked = list(records)
    if not broken and not blank_counts and (plain := _plain_places(path, asked, skip, quote.encode())) is not None:
        return plain
    walk = _Walk(path, skip, ord(quote), escape, sorted(broken), blank_counts)
    found = walk.lines(np.unique(np.array(asked, dtype=np.int64)))
    return [found.get(record, Place(walk.line, walk.begin, walk.begin)) for record in asked]


def _plain_places(path: Path, records: Sequence[int], skip: int, quote: bytes) -> list[Place] | None:
    """The same where each line is a record, which is quickly known; None where it is not so."""
    wanted, found = sorted(set(records)), dict[int, Place]()
    line, start, before = 1, 0, b"\n"  # of what comes next; the end of what came last
    with path.open("rb") as stream:
        while len(found) < len(wanted) and (chunk := stream.read(min(_CHUNK, _PLAIN_CHUNK))):
            if quote in chunk or b"\r" in chunk or b"\n\n" in chunk or (before == b"\n" and chunk[:1] == b"\n"):
                return None
            if not chunk.endswith(b"\n"):  # only whole lines
                chunk += stream.readline()
                if quote in chunk or b"\r" in chunk:
                    return None
            count = chunk.count(b"\n") + (not chunk.endswith(b"\n"))
            here = [record for record in wanted if line <= record + skip < line + count]
            if here:
                begins = np.concatenate(([0], np.flatnonzero(np.frombuffer(chunk, np.uint8) == _NEWLINE) + 1, [len(chunk) + 1]))
                for record in here:
                    number = record + skip - line
                    found[record] = Place(record + skip, start + int(begins[number]), start + int(begins[number + 1]) - 1)
            line, start, before = line + count, start + len(chunk), chunk[-1:]
    return [found[record] for record in records] if len(found) == len(wanted) else None


def record_at(path: Path, place: Place, longest: int = 64 << 10) -> str:
    """The record as it stands in the file, without its line's end; cut where it is long."""
    with path.open("rb") as stream:
        stream.seek(place.start)
        text = stream.read(min(place.end - place.start, longest))
    return text.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")


class _Walk:
    """Through the file, chunk by chunk: a record ends where a line does outside of quotes."""

    def __init__(self, path: Path, skip: int, quote: int, escape: str | None, broken: list[tuple[int, int]], blank_counts: bool) -> None:
        self.path, self.skip, self.quote, self.escape, self.blank_counts = path, skip, quote, escape, blank_counts
        self.starts = np.array([start for start, _ in broken], dtype=np.int64)
        self.ends = np.array([start + length for start, length in broken], dtype=np.int64)
        self.line, self.record, self.inside = 1, 0, 0  # of what comes next; whether quotes are open
        self.begin, self.begin_line = 0, 1  # where the record that is being read begins

    def lines(self, wanted: Any) -> dict[int, Place]:
        found: dict[int, Place] = {}
        start = 0
        with self.path.open("rb") as stream:
            while len(found) < len(wanted) and (chunk := stream.read(_CHUNK)):
                self._chunk(chunk, _peek(stream), start, wanted, found)
                start += len(chunk)
        found.setdefault(
            self.record + 1, Place(self.begin_line, self.begin, self.path.stat().st_size)
        )  # the last record may end without a line's end
        return found

    def _chunk(self, chunk: bytes, after: int, start: int, wanted: Any, found: dict[int, Place]) -> None:
        if self.escape is not None:
            chunk = chunk.replace(b"\\\\", b"xx").replace(b"\\" + bytes([self.quote]), b"xx")
        values = np.frombuffer(chunk, np.uint8)
        breaks = np.flatnonzero(_line_ends(values, after)) + start
        quotes = np.flatnonzero(values == self.quote) + start
        # DuckDB tells some places one too high.
        quotes = quotes[~self._broken(quotes, before=1)]
        outside = (np.searchsorted(quotes, breaks) + self.inside) % 2 == 0
        numbers = np.flatnonzero(outside & ~self._broken(breaks, after=-1))
        ends, next_lines = breaks[numbers], self.line + numbers + 1
        begins = np.concatenate(([self.begin], ends[:-1] + 1)) if len(ends) else ends
        begin_lines = np.concatenate(([self.begin_line], next_lines[:-1])) if len(ends) else ends
        real = (begin_lines > self.skip) & ~self._hold_broken(begins, ends) & ~self._blank(values, begins, ends, start)
        records = self.record + np.cumsum(real)
        for record in wanted[(wanted > self.record) & (wanted <= (records[-1] if len(records) else 0))].tolist():
            number = int(np.searchsorted(records, record))
            found[record] = Place(int(begin_lines[number]), int(begins[number]), int(ends[number]))
        if len(ends):
            self.record, self.begin, self.begin_line = int(records[-1]), int(ends[-1]) + 1, int(next_lines[-1])
        self.inside, self.line = (self.inside + len(quotes)) % 2, self.line + len(breaks)

    def _broken(self, places: Any, before: int = 0, after: int = 0) -> Any:
        """Which places are in a broken span, or so near to it."""
        if not len(self.starts):
            return np.zeros(len(places), dtype=bool)
        number = np.searchsorted(self.starts - before, places, side="right") - 1
        return (number >= 0) & (places < self.ends[np.maximum(number, 0)] + after)

    def _hold_broken(self, begins: Any, ends: Any) -> Any:
        return np.searchsorted(self.starts, ends, side="right") > np.searchsorted(self.starts, begins, side="left")

    def _blank(self, values: Any, begins: Any, ends: Any, start: int) -> Any:
        length = ends - begins
        lone = (length == 1) & (values[np.maximum(begins - start, 0)] == _RETURN) if len(ends) else length == 1
        return ((length == 0) | lone) & (not self.blank_counts)
