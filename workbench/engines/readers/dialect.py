"""How a delimited text file is written, found from its beginning. Whether all of it is so, the reader then checks."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

import pyarrow as pa

from workbench.engines.readers.column import TextColumn
from workbench.engines.readers.decimal_comma import DELIMITERS, is_decimal_comma
from workbench.engines.readers.kinds import Kind, join
from workbench.engines.readers.naming import check_width

__all__ = ["Dialect", "detect", "records"]

_ROWS = 1000
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Dialect:
    """``escape`` is ``\\`` where quotes inside a value are written ``\\"`` instead of ``""``; ``blank`` counts the blank lines
    before the first record."""

    delimiter: str
    quote: str
    escape: str | None
    header: tuple[str, ...] | None
    width: int
    blank: int


def records(lines: Iterable[str], delimiter: str, quote: str, escape: str | None) -> Iterator[list[str]]:
    """Rows as Python's strict parser sees them; ``csv.Error`` where quotes are not well-formed."""
    csv.field_size_limit(64 << 20)
    return csv.reader(lines, delimiter=delimiter, quotechar=quote, escapechar=escape, doublequote=escape is None, strict=True)


def detect(sample: str, complete: bool, shown: str, tab: bool = False) -> Dialect:
    """The dialect of a file that begins with ``sample`` (``complete``: that is all of it). ``tab`` fixes the delimiter.

    Raises
    ------
    UnreadableFile
        It has too many columns.
    """
    quote = "'" if _single_quoted(sample) else '"'
    best: tuple[float, bool, int, str, str | None, list[list[str]]] | None = None
    for delimiter in ("\t",) if tab else _DELIMITERS:
        escape = None
        rows, well_formed = _rows(sample, complete, delimiter, quote, escape)
        if not well_formed and f"\\{quote}" in sample:
            other, well_formed = _rows(sample, complete, delimiter, quote, "\\")
            rows, escape = (other, "\\") if well_formed else (rows, None)
        width = len(rows[0]) if rows else 1
        score = sum(len(row) == width for row in rows) / max(len(rows), 1) if width > 1 else 0.0
        # Rows of decimal commas split evenly at these, too.
        decimal = delimiter in DELIMITERS and score > 0 and _commas_are_decimal(rows)
        if best is None or (score, decimal, width) > best[:3]:
            best = (score, decimal, width, delimiter, escape, rows)
    assert best is not None
    _, _, width, delimiter, escape, rows = best
    check_width(width, shown)
    header = tuple(rows[0]) if rows and _has_header(rows) else None
    blank = len(re.match(r"(?:\r\n|\r|\n)*", sample)[0].replace("\r\n", "\n"))  # type: ignore[index]
    return Dialect(delimiter, quote, escape, header, width, blank)


def _rows(sample: str, complete: bool, delimiter: str, quote: str, escape: str | None) -> tuple[list[list[str]], bool]:
    rows: list[list[str]] = []
    try:
        # Row by row, so that those before an error are kept.
        for row in filter(None, islice(records(io.StringIO(sample, newline=""), delimiter, quote, escape), _ROWS + 1)):
            rows.append(row)  # noqa: PERF402
    except csv.Error:
        # A sample may end inside quotes.
        return rows, bool(rows) and not complete and escape is None and "\\" + quote not in sample
    if not complete and len(rows) > 1 and len(rows) <= _ROWS:
        rows.pop()
    return rows, True


def _commas_are_decimal(rows: list[list[str]]) -> bool:
    """Whether there are commas below the first row, and each stands in a number."""
    cells = [cell for row in rows[1:] or rows for cell in row if "," in cell]
    return bool(cells) and all(map(is_decimal_comma, cells))


def _single_quoted(sample: str) -> bool:
    """Whether ``'`` is the quote: each of the first lines has a value in single quotes, and there is no ``"`` at all."""
    lines = [line for line in sample.splitlines()[:100] if line.strip()]
    wrapped = re.compile(r"(^|[,;\t|])'[^']*'([,;\t|]|$)")
    return '"' not in sample and len(lines) > 1 and all(wrapped.search(line) for line in lines)


def _has_header(rows: list[list[str]]) -> bool:
    """Whether the first row names the columns: it does unless it looks like the data below it, number for number."""
    first, rest = rows[0], rows[1 : _ROWS + 1]
    if not rest:
        return True
    fits: list[bool] = []
    for place, cell in enumerate(first):
        column, alone = TextColumn(""), TextColumn("")
        column.see(pa.array([row[place] or None for row in rest if len(row) == len(first)], pa.string()))
        alone.see(pa.array([cell or None], pa.string()))
        if column.kind not in (Kind.TEXT, Kind.EMPTY):
            fits.append(alone.kind not in (Kind.TEXT, Kind.EMPTY) and join(column.kind, alone.kind) == column.kind)
    return not fits or not all(fits) or _numbered(first)


def _numbered(cells: list[str]) -> bool:
    """Whether at least three names count up by one (0, 1, 2 or 2011, 2012, 2013): names of columns, not data."""
    numbers = [int(cell) for cell in cells if re.fullmatch(r"\d{1,4}", cell)]
    return len(numbers) >= 3 and len(numbers) >= len(cells) - 2 and all(b - a == 1 for a, b in pairwise(numbers))
