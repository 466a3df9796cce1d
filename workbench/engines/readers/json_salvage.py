"""Objects one a line, some of which are no JSON: those are set aside, the others are read. And only the beginning, for a preview."""

from __future__ import annotations

import codecs
import json
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import UnreadableFile
from workbench.engines.readers.rejects import Rejects
from workbench.engines.readers.source import Request
from workbench.engines.readers.text import MARK, sample_of

__all__ = ["beginning_of", "is_lines", "salvage"]

_SHARE, _FEW = 0.2, 10
_MARK = MARK.encode()


class _Twice(ValueError):
    """A key that is there twice in one object."""


def is_lines(path: Path) -> bool:
    """Whether the first line of the file is an object by itself."""
    text = sample_of(path)[0].lstrip()
    return "\n" in text and _trouble(text.partition("\n")[0].encode()) is None


def salvage(path: Path, target: Path, request: Request, misfits: Rejects) -> tuple[Sequence[int], Sequence[int]]:
    """Write the lines that are objects to ``target`` and collect the others.

    Returns
    -------
    tuple
        For each line that was written, which record and which line of the file it was.

    Raises
    ------
    UnreadableFile
        Too many lines are no objects, or none may be; with the first one's line.
    """
    records, lines = array("q"), array("q")
    first: tuple[int, str] | None = None
    count = 0
    with path.open("rb") as source, target.open("wb") as sink:
        for number, line in enumerate(source, 1):
            content = line.removeprefix(codecs.BOM_UTF8).strip() if number == 1 else line.strip()
            if not content:
                continue
            count += 1
            trouble = _trouble(content)
            if trouble is None:
                sink.write(content + b"\n")
                records.append(count)
                lines.append(number)
                continue
            first = first or (number, trouble)
            misfits.add(trouble, line=number, record=count, text=content.decode("utf-8", "replace").replace(MARK, "\ufffd"))
    if first is not None and (request.reading.misfits == "fail" or not _are_few(misfits.count, count)):
        number, trouble = first
        raise UnreadableFile(
            f"{request.shown}, line {number:,}: {trouble}.",
            fix="Correct it there, then take the file in again; nothing was written.",
            line=number,
        )
    return records, lines


def _are_few(bad: int, all_records: int) -> bool:
    return bad <= _SHARE * all_records or (bad <= _FEW and bad < all_records / 2)


def _trouble(line: bytes) -> str | None:
    """What is wrong with a line; None where it is an object."""
    if _MARK in line:
        return "it has bytes that are no text"
    try:
        value = json.loads(line, object_pairs_hook=_distinct, parse_int=str)  # of any number of digits
        if b"\\u" in line:
            json.dumps(value, ensure_ascii=False).encode()  # half a pair of surrogates is no character
    except _Twice:
        return "a key is there twice in one object"
    except (ValueError, RecursionError):
        return "not valid JSON"
    return None if isinstance(value, dict) else "no object"


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Twice
    return made


def beginning_of(path: Path, target: Path, size: int, lines: bool) -> bool:
    """Write the objects within the first ``size`` bytes to ``target``, one a line; False where there is none that is whole.

    Parameters
    ----------
    lines
        Whether they are one a line in the file.
    """
    text = sample_of(path, size)[0]
    whole = text[: text.rfind("\n") + 1] if lines else "".join(_objects(text))
    if whole.strip():
        target.write_text(whole, encoding="utf-8", newline="")
    return bool(whole.strip())


def _objects(text: str) -> Iterator[str]:
    """What can be read from the beginning of an array of objects, or of objects one after another: each on a line."""
    decoder, position = json.JSONDecoder(parse_int=str), len(text) - len(text.lstrip())
    between = " \t\r\n,"
    if text.startswith("[", position):
        position += 1
    while True:
        position = len(text) - len(text[position:].lstrip(between)) if text[position : position + 1] in between else position
        try:
            _, end = decoder.raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError):
            return
        yield text[position:end].replace("\r", " ").replace("\n", " ") + "\n"
        position = end
