"""A delimited file without the records that are none: those of the wrong shape go, with where they stood and why.

This is the slow and certain way: Python's strict parser goes through the whole file, record by record. It is taken only where a quick
look has found something wrong.
"""

from __future__ import annotations

import csv
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from workbench.core.errors import UnreadableFile
from workbench.engines.readers.dialect import Dialect, records
from workbench.engines.readers.text import MARK
from workbench.engines.readers.wellformed import bad_quotes, ragged

__all__ = ["Broken", "Cleaned", "broken_record", "clean", "is_bearable"]

_AHEAD = 50  # lines that are looked at to tell whether a quote was never closed
_LONGEST = 64 << 10


@dataclass(frozen=True)
class Broken:
    """A record of the wrong shape: its first ``line`` (from 1) and its ``text``; its ``values`` where it could be divided, of which there
    should be ``width``."""

    line: int
    reason: str
    text: str
    values: tuple[str, ...] | None
    width: int
    error: UnreadableFile


@dataclass
class Cleaned:
    """The file at ``path``, with ``records`` of the right shape; ``broken`` are those that were left out."""

    path: Path
    records: int = 0
    broken: list[Broken] = field(default_factory=list)
    _gaps: list[int] = field(default_factory=list)
    _missing: list[int] = field(default_factory=list)  # how many lines were left out by then

    def gap(self, before: int, lines: int) -> None:
        """Note that so many lines were left out before that line (from 1) of the cleaned file."""
        self._gaps.append(before)
        self._missing.append(lines + (self._missing[-1] if self._missing else 0))

    def original(self, line: int) -> int:
        """A line of the cleaned file in the original."""
        number = bisect_right(self._gaps, line)
        return line + (self._missing[number - 1] if number else 0)

    @property
    def is_bearable(self) -> bool:
        """Whether few enough records are broken for the others to be trusted."""
        return is_bearable(len(self.broken), self.records)


def is_bearable(broken: int, good: int) -> bool:
    """Whether so few records of the wrong shape can be set aside: at most a fifth of all, or at most ten and fewer than half."""
    return broken * 4 <= good or (broken <= 10 and broken < good)


def clean(path: Path, target: Path, dialect: Dialect, shown: str, problem: UnreadableFile | None) -> Cleaned:
    """Write the records of the right shape to ``target``; the header and blank lines stay.

    Parameters
    ----------
    problem
        What to say of the first record that holds a mark for bytes that are no text.
    """
    found, written, under = Cleaned(target), 0, dialect.under
    escaped = _escaped(dialect) if dialect.escape is not None else None
    headed = dialect.header is None
    with path.open(encoding="utf-8-sig", newline="") as stream, target.open("w", encoding="utf-8", newline="") as sink:
        feed = _Feed(stream)
        for row in _rows(feed, dialect):
            text = "".join(feed.taken)
            wrong = _wrong(row, text, dialect, escaped) if headed else None
            if headed and row and under:
                wrong, under = wrong or "under", under - 1
            if wrong is not None:
                if wrong not in ("encoding", "under") and len(feed.taken) > 1 and _opened(feed.taken[1:], dialect):
                    feed.push_back(feed.taken[1:])
                    text, row = feed.taken[0], None
                found.gap(written + 1, len(feed.taken))
                found.broken.append(broken_record(wrong, row, text, feed.line, dialect, shown, problem))
                continue
            sink.write(text)
            written += len(feed.taken)
            if row or dialect.width == 1:
                found.records += headed
                headed = headed or bool(row)
    return found


def _rows(feed: _Feed, dialect: Dialect) -> Iterator[list[str] | None]:
    """Record after record; None where its quotes are not well-formed."""
    reader = records(feed, dialect.delimiter, dialect.quote, dialect.escape)
    while True:
        feed.begin()
        try:
            row = next(reader, None)
        except csv.Error:
            yield None
            continue
        if row is None:
            return
        yield row


class _Feed:
    """The file's lines, of which the last can be given back; it knows those of the record that is being read."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._back: list[str] = []
        self.taken: list[str] = []
        self.line = 1  # of the record that is being read

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.pop() if self._back else self._stream.readline()
        if not line:
            raise StopIteration
        self.taken.append(line)
        return line

    def begin(self) -> None:
        self.line += len(self.taken)
        self.taken = []

    def push_back(self, lines: list[str]) -> None:
        self._back += lines[::-1]
        self.taken = self.taken[: len(self.taken) - len(lines)]


def _wrong(row: list[str] | None, text: str, dialect: Dialect, escaped: re.Pattern[str] | None) -> str | None:
    if MARK in text:
        return "encoding"
    if row is None or (escaped is not None and dialect.quote in text and not escaped.fullmatch(text.rstrip("\r\n"))):
        return "quote"
    return "width" if row and len(row) != dialect.width else None


def _escaped(dialect: Dialect) -> re.Pattern[str]:
    """A record whose quotes are well-formed where they are escaped: Python's parser is strict about doubled quotes only."""
    quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
    value = rf"(?:{quote}(?:[^{quote}\\]|\\.)*+{quote}|(?!{quote})[^{delimiter}\r\n]*+)"
    return re.compile(rf"{value}(?:{delimiter}{value})*+", re.DOTALL)


def _opened(lines: list[str], dialect: Dialect) -> bool:
    """Whether lines are records of their own, which a quote that was never closed has swallowed."""
    good = 0
    ahead = lines[:_AHEAD]
    for line in ahead:
        try:
            good += len(next(records([line], dialect.delimiter, dialect.quote, dialect.escape), [])) == dialect.width
        except csv.Error:
            continue
    return good * 2 >= len(ahead)


def broken_record(
    wrong: str, row: list[str] | None, text: str, line: int, dialect: Dialect, shown: str, problem: UnreadableFile | None
) -> Broken:
    """A record of the wrong shape, with what is ``wrong`` (``width``, ``quote``, ``encoding``, ``under``) in words."""
    error = bad_quotes(shown, line + dialect.skip, dialect)
    reason = "its quotes are not closed, or something stands between a closing quote and the separator"
    if wrong == "encoding":
        reason = "it has bytes that are no text"
        error = UnreadableFile(problem.message, fix=problem.fix, line=line + dialect.skip) if problem is not None else error
    elif wrong == "under":
        reason = "it stands below the header and fits no column: it looks like units or a description of them"
    elif wrong == "width" and row is not None:
        error = ragged(shown, line + dialect.skip, len(row), dialect)
        reason = f"{len(row)} value{'s' if len(row) != 1 else ''} found where there are {dialect.width} columns"
    plain = text[:_LONGEST].replace(MARK, "\ufffd").rstrip("\r\n")
    values = tuple(cell.replace(MARK, "\ufffd") for cell in row) if row is not None else None
    return Broken(line, reason, plain, values, dialect.width, error)
