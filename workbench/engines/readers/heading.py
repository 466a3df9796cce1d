"""What stands at the top of delimited text: titles and comments, the header, and words about the columns below it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pyarrow as pa

from workbench.engines.readers import atoms
from workbench.engines.readers.column import SPARE, TextColumn
from workbench.engines.readers.kinds import Kind, join

__all__ = ["grouped", "has_header", "title_of", "under_header"]

_TITLE = 20
_NOTES = 10
_UNDER = 3
_YEARS = (1800, 2200)
_NOTHING = (Kind.TEXT, Kind.EMPTY)


def title_of(rows: list[tuple[int, list[str]]]) -> int:
    """How many rows (each with its line) before the header are comments, a title or remarks, such as a report's: these have few values, and
    below them is what looks like a header and rows of that width."""
    comments = next((place for place, (_, row) in enumerate(rows) if not row[0].lstrip().startswith("#")), 0)
    if comments:
        return _commented([row for _, row in rows], comments)
    widths = Counter(len(row) for _, row in rows)
    wide = sorted((width for width, count in widths.items() if width > 1 and count > 2), reverse=True)
    return next(filter(None, (_above(rows, width) for width in wide)), 0)


def _above(rows: list[tuple[int, list[str]]], width: int) -> int:
    """How many rows are above a table of so many columns; 0 where there is no such table."""
    cells = [row for _, row in rows if len(row) == width]
    # Lines may end with delimiters that are of no column.
    used = max((place for row in cells for place, cell in enumerate(row, 1) if cell.strip()), default=0)
    first = next((place for place, (_, row) in enumerate(rows) if len(row) == width and _filled(row) >= max(2, used - 1)), 0)
    if used < 2 or not 1 <= first <= _TITLE:
        return 0
    header, rest = rows[first][1][:used], [row for _, row in rows[first + 1 :]]
    names = grouped(rows[first - 1][1][:used], header)
    above, header = rows[: first - 1 if names else first], names or header
    if any(_filled(row) > 1 and 2 * _filled(row) >= used and not (used > 2 and _is_told(row)) for _, row in above):
        return 0
    if not all(cell.strip() for cell in header) or 2 * len(set(header)) <= len(header):
        return 0
    if any(_is_typed(cell) for cell in header) and not _numbered(header):
        return 0
    # Footnotes below the table are of one value each.
    notes = next((count for count, row in enumerate(reversed(rest)) if len(row) == width or _filled(row) > 1), len(rest))
    rest = rest[: len(rest) - notes] if notes <= _NOTES else rest
    # Of two columns one must be of something that its header is not: a comma may stand in a text, too.
    if used < 3 and all(_fitting([header, *(row[:used] for row in rest)])):
        return 0
    return first if sum(len(row) == width for row in rest) >= 0.9 * len(rest) else 0


def grouped(above: list[str], header: list[str]) -> list[str] | None:
    """The names of columns that stand in groups: these in the line above, each over the first of its columns (``2020,,2021,``).
    None where there are none, or the names below them tell the columns apart by themselves.

    >>> grouped(["", "2020", "", "2021", ""], ["Town", "Men", "Women", "Men", "Women"])
    ['Town', '2020 Men', '2020 Women', '2021 Men', '2021 Women']
    """
    if len(above) != len(header) or _filled(above) < 2 or len(set(header)) == len(header) or not all(map(str.strip, header)):
        return None
    names, group = list[str](), ""
    for cell, name in zip(above, header, strict=True):
        group = cell.strip() or group
        names.append(f"{group} {name}".strip())
    return names if len(set(names)) == len(names) else None


def _is_told(row: list[str]) -> bool:
    """Whether a line says one thing about the file: ``Operator:`` and a name."""
    return row[0].rstrip().endswith(":") and _filled(row) == 2


def _commented(rows: list[list[str]], comments: int) -> int:
    """How many of the first rows, which begin with ``#``, are no header."""
    last, rest = rows[comments - 1], rows[comments:]
    if not all(_fitting(rest)) or len(last) != len(rest[0]):
        return comments
    return comments - 1  # "#id,name" may be the header


def has_header(rows: list[list[str]]) -> bool:
    """Whether the first row names the columns: it does unless it looks like the data below it, number for number."""
    if len(rows) < 2:
        return True
    if _is_alike(rows):
        return False
    known = False
    for fits in _fitting(rows):
        if not fits:
            return True
        known = True
    return not known or _numbered(rows[0])


def _is_alike(rows: list[list[str]]) -> bool:
    """Whether the first row begins as all others do, with an address or a time as lines of logs have: no name of a column is written so."""
    first = _form(rows[0][0])
    return len(re.findall("0", first)) > 2 and all(row and _form(row[0]) == first for row in rows[1:])


def _form(cell: str) -> str:
    """How the first word of a text is written: ``0.0.0.0`` for an address."""
    word = (cell.split(maxsplit=1) or [""])[0]
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", word))


def _fitting(rows: list[list[str]]) -> Iterator[bool]:
    """Of each column that is no text below the first row, whether the value there is of its kind. Mostly the first one tells enough."""
    first, rest = rows[0], rows[1:]
    for place, cell in enumerate(first):
        column = _column([row[place] for row in rest if len(row) == len(first)])
        if column.kind not in _NOTHING:
            yield bool(cell.strip()) and _is_of(cell, column)


def _is_of(cell: str, column: TextColumn) -> bool:
    """Whether a value is of a column's kind; (5.00) and 5.00- are also where the column has none of them."""
    front = atoms.signed(pa.array([cell]))[0].as_py() if re.search(r"\d[.,]\d", cell) else cell
    alone = _kind([front])
    return column.takes(cell) or column.takes(front) or (alone not in _NOTHING and join(column.kind, alone) == column.kind)


def under_header(rows: list[list[str]]) -> int:
    """How many of the records below the header (the first of ``rows``) are units or descriptions: none of the columns that are numbers,
    dates, ... without them can take what stands there."""
    width = len(rows[0])
    for count in range(1, _UNDER + 1):
        heads, body = rows[1 : 1 + count], [row for row in rows[1 + count :] if len(row) == width]
        if len(body) <= count + 1 or any(len(row) != width for row in heads):
            return 0
        if all(_is_typed(cell) for cell in heads[0] if cell.strip()):
            return 0  # as nearly always

        def is_typed(place: int, body: list[list[str]] = body) -> bool:
            return _kind([row[place] for row in body], SPARE) not in _NOTHING

        # One such column with a value of its own in the heads is enough to know, and sooner looked at than all.
        if any(is_typed(place) for place in range(width) if any(_is_no_word(row[place]) for row in heads)):
            continue
        typed = [place for place in range(width) if is_typed(place)]
        if len(typed) > 1 and all(_describes([row[place] for place in typed]) for row in heads):
            return count
    return 0


def _describes(cells: list[str]) -> bool:
    words = [cell for cell in cells if cell.strip()]
    return len(words) > 1 and not any(map(_is_no_word, words))


def _is_no_word(cell: str) -> bool:
    return bool(cell.strip()) and _kind([cell]) != Kind.TEXT


def _filled(row: list[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _is_typed(cell: str) -> bool:
    return _kind([cell]) not in _NOTHING


def _kind(cells: list[str], spare: float = 0.0) -> Kind:
    return _column(cells, spare).kind


def _column(cells: list[str], spare: float = 0.0) -> TextColumn:
    column = TextColumn("", spare=spare)
    column.see(pa.array([cell or None for cell in cells], pa.string()))
    return column


def _numbered(cells: list[str]) -> bool:
    """Whether at least three names count up by one (0, 1, 2 or, beside any others, 2011, 2012, 2013): names of columns, not data."""
    numbers = [int(cell) for cell in cells if re.fullmatch(r"\d{1,4}", cell)]
    if len(numbers) < 3 or any(b - a != 1 for a, b in pairwise(numbers)):
        return False
    return len(numbers) >= len(cells) - 2 or _YEARS[0] <= numbers[0] <= numbers[-1] <= _YEARS[1]
