"""CSV and its kin: comma, semicolon, tab or bar, compressed or not.

An empty field is missing (null); an empty field in quotes is an empty text. Blank lines are no records, except where there is
only one column: there they are missing values. The file is parsed twice: to see every value, then to convert it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv

from workbench.core.errors import UnreadableFile
from workbench.engines.readers import decimal_comma
from workbench.engines.readers.column import Customs, TextColumn
from workbench.engines.readers.dialect import Dialect, detect
from workbench.engines.readers.naming import column_names, originals_of, renaming
from workbench.engines.readers.source import Request, Source
from workbench.engines.readers.text import plain_text, sample_of
from workbench.engines.readers.wellformed import bad_quotes, check_lines, check_records, odd_quote, quotes_occur

__all__ = ["open_delimited"]

# A record must fit in a block; blocks grow when one does not.
_BLOCKS = (4 << 20, 16 << 20, 64 << 20)


def open_delimited(request: Request) -> Source:
    """Look at the whole file and decide names and types.

    Raises
    ------
    UnreadableFile
        Not text, undecodable, ragged, quotes not well-formed, no rows; with the line.
    InvalidInput
        A column does not fit the table that is there.
    """
    text = plain_text(request.path, request.shown, request.scratch)
    sample, complete = sample_of(text.path)
    dialect = detect(sample, complete, request.shown, tab=Path(request.shown).suffix.lower() in (".tsv", ".tab"))
    table = _Table(text.path, dialect, request.shown)
    names = column_names(dialect.header or [None] * dialect.width)
    columns = table.look(names)
    customs = Customs(dialect.delimiter in decimal_comma.DELIMITERS, any(column.has_decimal_commas for column in columns))
    for column in columns:
        column.doubt(customs)
    types = [column.settle(request.target.get(column.name)) for column in columns]
    originals = originals_of(dialect.header, names) if dialect.header else {}
    unnamed = () if dialect.header else (f"No header was recognised; the columns are called {names[0]} to {names[-1]}.",)
    remarks = tuple(remark for column in columns if (remark := column.remark()))
    return Source(
        format="csv",
        schema=pa.schema(list(zip(names, types, strict=True))),
        batches=lambda: table.convert(columns),
        originals=originals,
        warnings=(*text.warnings, *unnamed, *renaming(originals), *remarks),
    )


class _Table:
    """A file whose dialect is known, as batches of text."""

    def __init__(self, path: Path, dialect: Dialect, shown: str) -> None:
        self.path, self.dialect, self.shown = path, dialect, shown
        check_lines(path, shown)
        self._block = _BLOCKS[0]
        self._quoted = quotes_occur(path, dialect.quote)
        odd = odd_quote(path, dialect) if self._quoted else None
        if odd is not None:
            check_records(path, dialect, shown)
            if dialect.escape is not None:  # Python's parser is strict about doubled quotes only
                raise bad_quotes(shown, odd, dialect)

    def look(self, names: tuple[str, ...]) -> list[TextColumn]:
        for block in _BLOCKS:
            self._block, columns = block, [TextColumn(name) for name in names]
            try:
                for batch in self._batches():
                    for column, values in zip(columns, batch.columns, strict=True):
                        column.see(values)
            except pa.ArrowInvalid as error:
                if "straddling" not in str(error):
                    check_records(self.path, self.dialect, self.shown)
                    raise UnreadableFile(f"{self.shown} cannot be parsed.", fix="Export it again as UTF-8 CSV.") from error
                continue
            if not columns[0].rows:
                raise UnreadableFile(f"{self.shown} has a header but no rows.", fix="Export it again with its rows.")
            return columns
        raise UnreadableFile(f"{self.shown} has a record of over 64 MB.", fix="Look for a quote that is never closed.")

    def convert(self, columns: list[TextColumn]) -> Iterator[pa.RecordBatch]:
        schema = pa.schema([(column.name, column.type) for column in columns])
        for batch in self._batches():
            values = [column.convert(array) for column, array in zip(columns, batch.columns, strict=True)]
            yield pa.RecordBatch.from_arrays(values, schema=schema)

    def _batches(self) -> Iterator[Any]:
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
            skip = (self.dialect.header is not None) + (self.dialect.blank if self.dialect.width == 1 else 0)
            for batch in reader:
                yield batch.slice(min(skip, batch.num_rows)) if skip else batch
                skip -= min(skip, batch.num_rows)
