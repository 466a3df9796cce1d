"""How a delimited text file is written, found from its beginning. Whether all of it is so, the reader then checks."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from workbench.core.errors import InvalidInput, UnreadableFile
from workbench.engines.readers.decimal_comma import DELIMITERS, is_decimal_comma
from workbench.engines.readers.heading import grouped, has_header, title_of, under_header
from workbench.engines.readers.naming import check_width
from workbench.engines.readers.reading import MOST_SKIPPED, Reading

__all__ = ["Dialect", "detect", "records"]

_ROWS = 1000
_NEARLY = 0.9  # of the rows
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
# Some programs say in the first line what stands between values.
_SEPARATOR = re.compile(r"\ufeff?\"?sep=([,;|\t])\"?(?:\r\n|\r|\n)", re.IGNORECASE)
_DELIMITERS = (",", ";", "\t", "|")
_SIGN = r"(?:[$€£¥%]|[A-Z]{3})?"
# A number by itself on its line: 1,234.50 and 1.234,50.
_GROUPED, _EUROPEAN = (
    re.compile(rf'"?[-+(]?{_SIGN} ?-?(?:\d{{1,3}}(?:{mark}\d{{3}})+|\d+)(?:{point}\d+)? ?{_SIGN}-?\)?"?')
    for mark, point in ((",", r"\."), (r"\.", ","))
)


@dataclass(frozen=True)
class Dialect:
    """``escape`` is ``\\`` where quotes inside a value are written ``\\"`` instead of ``""``; ``blank`` counts the blank lines
    before the first record, ``skip`` the lines before those that are no data. ``trailing``: each record but the header ends with a
    delimiter; ``header`` and ``width`` are as if it did, too. ``under`` counts the records below the header that are words
    about the columns."""

    delimiter: str
    quote: str
    escape: str | None
    header: tuple[str, ...] | None
    width: int
    blank: int
    skip: int = 0
    trailing: bool = False
    under: int = 0


def records(lines: Iterable[str], delimiter: str, quote: str, escape: str | None) -> Iterator[list[str]]:
    """Rows as Python's strict parser sees them; ``csv.Error`` where quotes are not well-formed."""
    csv.field_size_limit(64 << 20)
    return csv.reader(lines, delimiter=delimiter, quotechar=quote, escapechar=escape, doublequote=escape is None, strict=True)


def detect(sample: str, complete: bool, shown: str, tab: bool = False, said: Reading | None = None) -> Dialect:
    """The dialect of a file that begins with ``sample`` (``complete``: that is all of it). ``tab``: tabs where there are any;
    what is ``said`` of it counts.

    Raises
    ------
    UnreadableFile
        It has too many columns, or nothing below what was said to be no data.
    InvalidInput
        What was said cannot be.
    """
    said = said or Reading()
    _check(said)
    named = _SEPARATOR.match(sample) if not said.skip and said.delimiter is None else None
    if named is not None:
        said = said.model_copy(update={"skip": 1, "delimiter": named[1]})
    above = ""
    if said.skip:
        skipped, sample = sample, _LINE.sub("", sample, said.skip)
        above = "".join(skipped[: len(skipped) - len(sample)].splitlines()[-1:])
        if complete and not sample.strip():
            told = f"{shown} has nothing below the {said.skip:,} lines that were said to be no data."
            raise UnreadableFile(told, fix="Skip fewer lines.")
    # Of any number of comments: the last one may be the header.
    lead = max(0, _comments(sample) - 1) if not said.skip and said.header is not False else 0
    sample = sample[_place_of(sample, lead) :]
    quote = said.quote or ("'" if _single_quoted(sample) else '"')
    delimiters = (said.delimiter,) if said.delimiter else ("\t",) if tab and "\t" in sample else _alone(sample, complete) or _DELIMITERS
    tried = [_try(sample, complete, delimiter, quote, said, above) for delimiter in delimiters]
    best = max(tried, key=lambda each: each.rank)
    # Where a column has as many commas in each row (1,234,567), these divide all but the header: what divides that, too, is meant.
    whole = [each for each in tried if best.title and not each.title and each.width >= best.width and each.even >= _NEARLY]
    best = max(whole, key=lambda each: each.rank, default=best)
    rows, width = best.rows, best.width
    check_width(width, shown)
    headed = said.header if said.header is not None else bool(rows) and has_header(rows)
    skip = said.skip + lead + best.title
    rest = _LINE.sub("", sample, best.title) if best.title else sample
    blank = len(re.match(r"(?:\r\n|\r|\n)*", rest)[0].replace("\r\n", "\n"))  # type: ignore[index]
    header = tuple(rows[0]) if headed and rows else None
    return Dialect(best.delimiter, quote, best.escape, header, width, blank, skip, best.trailing, under_header(rows) if header else 0)


def _alone(sample: str, complete: bool) -> tuple[str, ...] | None:
    """What does not divide the numbers of a file's one column, where it has one, their commas stand without quotes, and all else would.

    A bar leaves commas to thousands, a semicolon to decimals.
    """
    lines = [line.strip() for line in islice(io.StringIO(sample), _ROWS + 1) if line.strip()]
    name, rows = "".join(lines[:1]), lines[1:] if complete or len(lines) > _ROWS else lines[1:-1]
    commas = [line for line in rows if "," in line]
    if not commas or 2 * len(commas) < len(rows) or not name[:1] or any(mark in name for mark in _DELIMITERS) or _GROUPED.fullmatch(name):
        return None
    found = ((mark, form) for mark, form in (("|", _GROUPED), (";", _EUROPEAN)) if all(map(form.fullmatch, commas)))
    return next(((mark,) for mark, _ in found), None)


def _comments(sample: str) -> int:
    """How many of the first lines are comments: beyond those that are looked at row by row."""
    count = sum(1 for _ in takewhile(lambda line: line.startswith("#"), io.StringIO(sample, newline="")))
    return count if _ROWS // 2 < count <= MOST_SKIPPED else 0


def _place_of(sample: str, line: int) -> int:
    """Where a line (from 0) begins."""
    return sum(map(len, islice(io.StringIO(sample, newline=""), line)))


@dataclass(frozen=True)
class _Trial:
    """A sample as it is with one delimiter: the rows from the header on, and how many lines of ``title`` stand before them."""

    delimiter: str
    escape: str | None
    rows: list[list[str]]
    title: int
    trailing: bool = False

    @property
    def width(self) -> int:
        return len(self.rows[0]) if self.rows else 1

    @property
    def even(self) -> float:
        """The share of rows that are as wide as the first."""
        return sum(len(row) == self.width for row in self.rows) / max(len(self.rows), 1) if self.width > 1 else 0.0

    @property
    def rank(self) -> tuple[float, bool, int, bool]:
        """The share of rows that are as wide as the first, whether commas are decimal (such rows split evenly at these, too), the width,
        and whether nothing stands above."""
        even = self.even
        return even, self.delimiter in DELIMITERS and even > 0 and _commas_are_decimal(self.rows), self.width, not self.title


def _try(sample: str, complete: bool, delimiter: str, quote: str, said: Reading, above: str) -> _Trial:
    escape = said.escape
    rows, well_formed = _rows(sample, complete, delimiter, quote, escape)
    if not well_formed and escape is None and f"\\{quote}" in sample:
        other, well_formed = _rows(sample, complete, delimiter, quote, "\\")
        rows, escape = (other, "\\") if well_formed else (rows, None)
    title = title_of(rows) if not said.skip and said.header is not False else 0
    lines = rows[title][0] - 1 if title else 0
    below = [row for _, row in rows[title:]]
    groups = rows[title - 1][1] if title else next((row for _, row in _rows(above, True, delimiter, quote, escape)[0]), [])
    if below and said.header is not False and (names := grouped(groups, below[0])) is not None:
        below[0] = names
    trailing = said.header is not False and _all_end_so(below)
    return _Trial(delimiter, escape, [[*below[0], ""], *below[1:]] if trailing else below, lines, trailing)


def _all_end_so(rows: list[list[str]]) -> bool:
    """Whether records end with a delimiter, but for the header and perhaps a few that are broken."""
    if len(rows) < 2 or any("\n" in cell or "\r" in cell for cell in rows[0]) or not all(rows[0]):
        return False
    return sum(len(row) == len(rows[0]) + 1 and not row[-1] for row in rows[1:]) >= 0.9 * len(rows[1:])


def _check(said: Reading) -> None:
    marks = [mark for mark in (said.delimiter, said.quote) if mark is not None]
    if any(mark in "\r\n" or len(mark.encode()) > 1 for mark in marks) or len(set(marks)) < len(marks):
        raise InvalidInput(
            "The delimiter and the quote must be two different characters of ASCII, and no line break.",
            fix="Usual delimiters are , ; | and the tab; usual quotes are \" and '.",
        )
    if said.escape not in (None, "\\"):
        raise InvalidInput("Only a backslash can stand before quotes inside a value.", fix="Leave escape out where they are doubled.")


def _rows(sample: str, complete: bool, delimiter: str, quote: str, escape: str | None) -> tuple[list[tuple[int, list[str]]], bool]:
    """The first rows, each with the line (from 1) that it begins on, and whether all are well-formed."""
    rows: list[tuple[int, list[str]]] = []
    reader, line = records(io.StringIO(sample, newline=""), delimiter, quote, escape), 1
    try:
        # Row by row, so that those before an error are kept.
        while len(rows) <= _ROWS and (row := next(reader, None)) is not None:
            if row:
                rows.append((line, row))
            line = reader.line_num + 1  # type: ignore[attr-defined]
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
