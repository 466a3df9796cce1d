"""Where a few records stand in a delimited file that has been read already, found by what they hold."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

__all__ = ["Found", "find_records"]

# Other texts than these many are not searched for: to read the file again takes no longer then.
_FEW = 4
_CHUNK = 4 << 20
_CANDIDATES = 10_000
_SHOWN_BYTES = 64 << 10

Texts = tuple[str | None, ...]


class Found(NamedTuple):
    """A record (from 1), the line (from 1) that it stands on, and that line without its end, cut where it is long."""

    record: int
    line: int
    text: str


class _Chunk(NamedTuple):
    """Whole lines of the file, and what stands before them: records, lines, and whether quotes are open; how many records end in it."""

    data: bytes
    records: int
    lines: int
    inside: int
    ends: int


def find_records(
    path: Path, rows: Sequence[Texts], *, delimiter: str, quote: str, skip: int, records: int
) -> dict[Texts, list[Found]] | None:
    """Each of the rows by its values, in the order of the file; None where that is not quickly sure.

    A record without a line's end in its values is one line, and its longest value without quotes stands in it as it is. So the lines
    that hold such a value and read as the row are the row's, unless there are more of them than rows (one may stand inside a quoted
    value). That lines are counted as the engine does is known by its number of ``records``.
    """
    wanted = Counter(rows)
    needles = {row: _needle(row, quote) for row in wanted}
    plain = {_plain(row): row for row in wanted}
    if len(wanted) > _FEW or len(plain) < len(wanted) or not all(needles.values()):
        return None
    found: dict[Texts, list[Found]] = {row: [] for row in wanted}
    count = candidates = 0
    with path.open("rb") as stream:
        for chunk in _chunks(stream, quote.encode(), skip):
            count = chunk.records + chunk.ends
            for row, needle in needles.items():
                for start, end in _lines_with(chunk.data, needle):
                    candidates += 1
                    if candidates > _CANDIDATES:
                        return None
                    if plain.get(_read(chunk.data[start:end], delimiter, quote)) == row:
                        found[row].append(_found(chunk, start, end, quote.encode()))
    return found if count == records and all(len(found[row]) == times for row, times in wanted.items()) else None


def _plain(row: Texts) -> tuple[str, ...]:
    return tuple(text or "" for text in row)


def _needle(row: Texts, quote: str) -> bytes:
    """What stands in the record as it is; nothing where it may be more than a line."""
    texts = _plain(row)
    if any("\n" in text or "\r" in text for text in texts):
        return b""
    return max((text for text in texts if quote not in text), key=len, default="").encode()


def _chunks(stream: IO[bytes], quote: bytes, skip: int) -> Iterator[_Chunk]:
    """The file in pieces that end with a line."""
    records, lines, inside = -skip, 0, 0
    others = bytes(set(range(256)) - {*quote, *b"\n"})
    while data := stream.read(_CHUNK):
        if not data.endswith(b"\n"):
            data += stream.readline().removesuffix(b"\n") + b"\n"  # the last line may have no end
        marks = data.translate(None, others)
        # Quotes that close before the line ends are two by two now; mostly that leaves none.
        ends = marks.count(b"\n") if not inside and quote not in marks.replace(quote * 2, b"") else _ends(marks, quote, inside)
        yield _Chunk(data, records, lines, inside, ends)
        records, lines, inside = records + ends, lines + marks.count(b"\n"), (inside + marks.count(quote)) % 2


def _ends(data: bytes, quote: bytes, inside: int) -> int:
    """How many lines end outside of quotes."""
    return b"".join(data.split(quote)[inside::2]).count(b"\n")


def _lines_with(data: bytes, needle: bytes) -> Iterator[tuple[int, int]]:
    """Where the lines that hold it begin and end, each once."""
    place = data.find(needle)
    while place >= 0:
        end = data.find(b"\n", place)
        yield data.rfind(b"\n", 0, place) + 1, end
        place = data.find(needle, end)


def _read(line: bytes, delimiter: str, quote: str) -> tuple[str, ...]:
    try:
        read = list(csv.reader([line.decode().removesuffix("\r")], delimiter=delimiter, quotechar=quote, strict=True))
    except (csv.Error, UnicodeDecodeError):
        return ()
    return tuple(read[0]) if len(read) == 1 else ()


def _found(chunk: _Chunk, start: int, end: int, quote: bytes) -> Found:
    record = chunk.records + _ends(chunk.data[:start], quote, chunk.inside) + 1
    text = chunk.data[start : min(end, start + _SHOWN_BYTES)].decode("utf-8", "replace").rstrip("\r")
    return Found(record, chunk.lines + chunk.data.count(b"\n", 0, start) + 1, text)
