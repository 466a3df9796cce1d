"""A delimited file whose dialect is known, as batches of text, and where each of its records stands."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from workbench.core.errors import UnreadableFile
from workbench.engines.readers.body import body_of
from workbench.engines.readers.clean import Broken, Cleaned, clean
from workbench.engines.readers.column import TextColumn
from workbench.engines.readers.dialect import Dialect
from workbench.engines.readers.lines import places_of_records, record_at
from workbench.engines.readers.source import Request
from workbench.engines.readers.text import PlainText
from workbench.engines.readers.wellformed import bad_quotes, check_lines, check_records, masked, odd_quote, quotes_occur

__all__ = ["TextRows"]

# A record must fit in a block; blocks grow when one does not.
_BLOCKS = (4 << 20, 16 << 20, 64 << 20)


class TextRows:
    """``look`` once, then ``batches`` as often as wanted.

    Parameters
    ----------
    complete
        Whether the text is all of the file; else its last record may be cut, and does not count.
    """

    def __init__(self, text: PlainText, dialect: Dialect, request: Request, *, complete: bool) -> None:
        self.dialect, self.shown, self.scratch, self.keys = dialect, request.shown, request.scratch, request.keys
        self.tolerant, self.complete = request.reading.misfits == "quarantine", complete
        self.count = 0  # all records, those of the wrong shape with them
        self.last: tuple[str | None, ...] = ()  # the last one of the right shape
        check_lines(text.path, self.shown)
        self.body = body_of(text.path, self.scratch, dialect, request.reading.footer if complete else None)
        self.path, self.left_out = self.body.path, self.body.footer
        if self.left_out and not self.path.stat().st_size:
            raise UnreadableFile(f"{self.shown} has no rows but those that were said to be no data.", fix="Set footer to fewer lines.")
        if not complete:
            _cut(self.path, dialect)
        self._lines: dict[int, int] = {}  # of records that were asked for
        self._problem = text.problem
        self._cleaned: Cleaned | None = None
        self._block = _BLOCKS[0]
        self._quoted = quotes_occur(self.path, dialect.quote)
        odd = odd_quote(self.path, dialect) if self._quoted else None
        if text.problem is not None or (self.tolerant and (odd is not None or dialect.under)):
            self._clean()
        elif odd is not None:
            check_records(self.path, dialect, self.shown, dialect.skip)
            if dialect.escape is not None:  # Python's parser is strict about doubled quotes only
                raise bad_quotes(self.shown, odd + dialect.skip, dialect)

    @property
    def broken(self) -> Sequence[Broken]:
        """The records of the wrong shape."""
        return self._cleaned.broken if self._cleaned is not None else ()

    def look(self, columns: Callable[[], list[TextColumn]]) -> list[TextColumn]:
        """All values, shown to columns that are made anew where the file must be begun again."""
        for block in _BLOCKS:
            self._block, made = block, columns()
            try:
                for batch in self.batches():
                    for column, values in zip(made, batch.columns, strict=True):
                        column.see(values)
                    if batch.num_rows:
                        self.last = tuple(values[-1].as_py() for values in batch.columns)
            except pa.ArrowInvalid as error:
                if "straddling" in str(error):
                    continue
                if not self.tolerant or self._cleaned is not None:
                    check_records(self.path, self.dialect, self.shown, self.dialect.skip)
                    raise UnreadableFile(f"{self.shown} cannot be parsed.", fix="Export it again as UTF-8 CSV.") from error
                self._clean()
                return self.look(columns)
            self.count = made[0].rows + len(self.broken)
            if not made[0].rows:
                names = [column.name for column in made]
                raise UnreadableFile(f"{self.shown} has a header but no rows.", fix="Export it again with its rows.", header=names)
            return made
        raise UnreadableFile(f"{self.shown} has a record of over 64 MB.", fix="Look for a quote that is never closed.")

    def _clean(self) -> None:
        """Leave out the records of the wrong shape.

        Raises
        ------
        UnreadableFile
            They are too many; about the first.
        """
        self._cleaned = clean(self.path, self.scratch / "text.clean", self.dialect, self.shown, self._problem)
        self.path = self._cleaned.path
        if not self._cleaned.is_bearable:
            raise self._cleaned.broken[0].error

    def places(self, records: Sequence[int]) -> list[tuple[int, str]]:
        """The line of each record (from 1, of the right shape) in the file that the person has, and its text."""
        dialect = self.dialect
        places = places_of_records(
            self.path,
            [record + self._heads for record in records],
            skip=dialect.blank if dialect.width == 1 else 0,
            quote=dialect.quote,
            escape=dialect.escape,
            blank_counts=dialect.width == 1,
        )
        cleaned = self._cleaned
        lines = [place.line if cleaned is None else cleaned.original(place.line) for place in places]
        return [(line + dialect.skip, record_at(self.path, place)) for line, place in zip(lines, places, strict=True)]

    def where(self, record: int) -> str:
        """The line of a record in words."""
        if record not in self._lines:
            self._lines[record] = self.line_of(record)
        return f"line {self._lines[record]:,}"

    def line_of(self, record: int) -> int:
        """The line of one record (from 1, of the right shape) in the file that the person has."""
        return self.places([record])[0][0]

    def above_last(self, place: int) -> Iterator[Any]:
        """A column without its last value, batch by batch."""
        left = self.count - len(self.broken) - 1
        for batch in self.batches():
            yield batch.column(place)[:left]
            left = max(left - batch.num_rows, 0)

    @property
    def _heads(self) -> int:
        return int(self.dialect.header is not None)

    def batches(self) -> Iterator[Any]:
        """The rows as text, a column for each place; null is missing."""
        places = [str(place) for place in range(self.dialect.width)]
        with pacsv.open_csv(
            str(self.path),
            read_options=pacsv.ReadOptions(column_names=places, block_size=self._block),
            parse_options=pacsv.ParseOptions(
                delimiter=self.dialect.delimiter,
                quote_char=self.dialect.quote,
                double_quote=self.dialect.escape is None,
                escape_char=self.dialect.escape or False,
                newlines_in_values=self._quoted,
                ignore_empty_lines=self.dialect.width > 1,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(places, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        ) as reader:
            # With one column a blank line is a record; before the header it is none.
            skip = self._heads + (self.dialect.blank if self.dialect.width == 1 else 0)
            for batch in reader:
                yield batch.slice(min(skip, batch.num_rows)) if skip else batch
                skip -= min(skip, batch.num_rows)


def _cut(path: Path, dialect: Dialect) -> None:
    """Leave out of a beginning of a file what follows its last whole record."""
    values = np.frombuffer(masked(path.read_bytes(), dialect), dtype=np.uint8)
    quotes = np.cumsum(values == ord(dialect.quote))
    ends = np.flatnonzero((values == 10) & (quotes % 2 == 0))
    if len(ends):
        os.truncate(path, int(ends[-1]) + 1)
