"""Where a delimited file is wrong: nothing that a fast parser would bend into shape may pass."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from workbench.core.errors import UnreadableFile
from workbench.engines.readers.dialect import Dialect, records
from workbench.engines.readers.text import chunks

__all__ = ["bad_quotes", "check_lines", "check_records", "masked", "odd_quote", "quotes_occur", "ragged"]

_NEWLINES = (10, 13)
_LONGEST = 64 << 20


def check_lines(path: Path, shown: str) -> None:
    """What follows holds a line in memory, some of it several times.

    Raises
    ------
    UnreadableFile
        A line of over 64 MB.
    """
    length, line = 0, 1
    for chunk in chunks(path):  # these are far shorter than a line may be
        mark = b"\n" if b"\n" in chunk else b"\r"
        first = chunk.find(mark)
        length += len(chunk) if first < 0 else first
        if length > _LONGEST:
            raise UnreadableFile(
                f"{shown}, line {line:,}: a line of over 64 MB.", fix="Look for missing line breaks; export it again.", line=line
            )
        if first >= 0:
            length, line = len(chunk) - chunk.rfind(mark) - 1, line + chunk.count(mark)


def quotes_occur(path: Path, quote: str) -> bool:
    """Whether the quote character is there at all."""
    mark = quote.encode()
    return any(mark in chunk for chunk in chunks(path))


def odd_quote(path: Path, dialect: Dialect) -> int | None:
    """The line of the first quote that neither opens a value nor closes one nor is doubled or escaped; None: there is none.

    A lone quote inside a value without quotes is such a one, too, so an odd quote says only that a closer look is needed.
    """
    import numpy as np

    mark, edges = ord(dialect.quote), (ord(dialect.delimiter), ord(dialect.quote), *_NEWLINES)
    count, before, line, opened_at = 0, 10, 1, 1  # quotes so far; the byte before the chunk; its line; where the last value opened
    held = b""
    for chunk in _with_end(path):
        data = masked(held + chunk, dialect)
        body, held = (data[:-1], data[-1:]) if chunk else (data, b"")
        if not body:
            continue
        values = np.frombuffer(body, dtype=np.uint8)
        places = np.flatnonzero(values == mark)
        if len(places):
            left = np.concatenate(([before], values))[places]
            right = np.concatenate((values, [held[0] if held else 10]))[places + 1]
            opens = (np.arange(len(places)) + count) % 2 == 0
            odd = np.flatnonzero(~np.isin(np.where(opens, left, right), edges))
            if len(odd):
                return line + body[: places[odd[0]]].count(b"\n")
            if opens.any():
                opened_at = line + body[: places[np.flatnonzero(opens)[-1]]].count(b"\n")
            count += len(places)
        before, line = body[-1], line + body.count(b"\n")
    return opened_at if count % 2 else None


def masked(data: bytes, dialect: Dialect) -> bytes:
    """The same bytes with escaped characters blotted out."""
    if dialect.escape is None:
        return data
    return data.replace(b"\\\\", b"xx").replace(b"\\" + dialect.quote.encode(), b"xx")


def _with_end(path: Path) -> Iterator[bytes]:
    first = True
    for chunk in chunks(path):
        yield chunk.removeprefix(b"\xef\xbb\xbf") if first else chunk
        first = False
    yield b""


def check_records(path: Path, dialect: Dialect, shown: str, before: int = 0) -> None:
    """Read the file with Python's strict parser, slowly, and raise for the first record that is wrong. ``before`` counts the
    lines of the file that the text does not have.

    Raises
    ------
    UnreadableFile
        A record has more or fewer values than there are columns, or its quotes are not well-formed; with its line.
    """
    start = 1
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = records(stream, dialect.delimiter, dialect.quote, dialect.escape)
        while True:
            try:
                row = next(rows, None)
            except csv.Error as error:
                raise bad_quotes(shown, before + start, dialect) from error
            if row is None:
                return
            if row and len(row) != dialect.width:
                raise ragged(shown, before + start, len(row), dialect)
            start = rows.line_num + 1  # type: ignore[attr-defined]


def ragged(shown: str, line: int, found: int, dialect: Dialect) -> UnreadableFile:
    source = "the header has" if dialect.header is not None else "the first line has"
    more = found > dialect.width
    needs = "a separator inside a value needs quotes around the value, with no blank before them"
    why = needs if more else "perhaps a line break inside a value needs quotes"
    other = "|" if dialect.delimiter != "|" else ";"
    one = f"If each line is one value, say that something else divides values (`delimiter={other!r}`); else c"
    return UnreadableFile(
        f"{shown}, line {line:,}: {found} value{'s' if found != 1 else ''} found where {source} {dialect.width}.",
        fix=f"{one if more and dialect.width == 1 else 'C'}orrect that line ({why}), then take the file in again; nothing was written.",
        line=line,
        found=found,
        expected=dialect.width,
    )


def bad_quotes(shown: str, line: int, dialect: Dialect) -> UnreadableFile:
    """The error about a line's quotes."""
    return UnreadableFile(
        f"{shown}, line {line:,}: quotes are not closed, or something stands between a closing quote and the separator.",
        fix=f"Correct that line (a {dialect.quote} inside a value in quotes is written twice); nothing was written.",
        line=line,
    )
