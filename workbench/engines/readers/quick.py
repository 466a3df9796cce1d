"""Large delimited files, without looking at every value first.

Names and types are guessed from the file's beginning and from places all over it; the engine then converts the whole file and
compares each value with what it was made from. Where all fit, the table is the same as the thorough reader's, in a fraction of the
time. Where one does not, the guess is dropped, and the thorough reader looks at the whole file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from workbench.core.errors import InvalidInput
from workbench.engines.duckdb.csv import CsvColumn, CsvLoad
from workbench.engines.readers import decimal_comma
from workbench.engines.readers.column import TextColumn
from workbench.engines.readers.dialect import Dialect, detect, records
from workbench.engines.readers.kinds import MISSING, Kind
from workbench.engines.readers.naming import column_names, originals_of, renaming
from workbench.engines.readers.source import Request
from workbench.engines.readers.text import sample_of

__all__ = ["Quick", "quick_load"]

#: A smaller file is looked at in full at once.
LARGE_BYTES = 16 << 20
_SLICES, _SLICE_BYTES = 24, 64 << 10
_WIDEST = 500
_EXACT = 2**53
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_WORDS = tuple(word for word in MISSING if word)

_TIMESTAMP = r"\d{4}-\d{2}-\d{2}([ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?)?"
# The engine's conversions are generous; what they let pass and the thorough reader would not is lost (see CsvColumn).
_DOUBLE = (
    f"NOT isfinite({{v}}) OR abs({{v}}) >= {_EXACT} OR {{x}} SIMILAR TO '([+_ ]|-?0[0-9]).*' OR contains({{x}}, '_') "
    "OR ends_with({x}, ' ') OR ends_with({x}, '.')"
)
_RULES: dict[tuple[Kind, str], tuple[str, str | None]] = {
    (Kind.INTEGER, "int64"): ("try_cast({x} AS BIGINT)", "{v}::VARCHAR <> {x}"),
    (Kind.INTEGER, "int32"): ("try_cast({x} AS INTEGER)", "{v}::VARCHAR <> {x}"),
    (Kind.FLOAT, "double"): ("try_cast({x} AS DOUBLE)", _DOUBLE),
    (Kind.DATE, "date32[day]"): ("try_cast({x} AS DATE)", "strlen({x}) <> 10 OR NOT contains({x}, '-')"),
    (Kind.TIMESTAMP, "timestamp[us]"): ("try_cast({x} AS TIMESTAMP)", f"NOT regexp_full_match({{x}}, '{_TIMESTAMP}')"),
    (Kind.TRUTH, "bool"): ("CASE lower({x}) WHEN 'true' THEN true WHEN 'false' THEN false END", None),
    (Kind.YES, "bool"): ("CASE lower({x}) WHEN 'yes' THEN true WHEN 'no' THEN false END", None),
    (Kind.TEXT, "string"): ("{x}", None),
    (Kind.EMPTY, "string"): ("NULL::VARCHAR", None),
}


@dataclass(frozen=True)
class Quick:
    """A guess: how to load the file, the schema that the table will have, and what to say about it."""

    load: CsvLoad
    schema: pa.Schema
    originals: Mapping[str, str]
    warnings: tuple[str, ...]


def quick_load(request: Request, folder: Path, field_ids: Mapping[str, int] | None, file_mb: int) -> Quick | None:
    """A guess for a large file in plain UTF-8, or None where only the thorough reader will do.

    Parameters
    ----------
    folder
        Where the engine shall write (not there yet).
    field_ids
        By column, of the table that is there; None: of a new table, which numbers them from 1.
    """
    if request.path.stat().st_size < LARGE_BYTES or _marked(request.path):
        return None
    sample, _ = sample_of(request.path)
    if "\r" in sample.replace("\r\n", ""):
        return None
    dialect = detect(sample, False, request.shown, tab=Path(request.shown).suffix.lower() in (".tsv", ".tab"))
    if dialect.blank or not 1 < dialect.width <= _WIDEST or any("\n" in cell for cell in dialect.header or ()):
        return None
    names = column_names(dialect.header or [None] * dialect.width)
    if field_ids is not None and set(names) != set(field_ids):
        return None
    columns = _guess(request, dialect, sample, names)
    if columns is None:
        return None
    ids = field_ids or {name: number for number, name in enumerate(names, 1)}
    made = [_column(column, ids[column.name]) for column in columns]
    if any(column is None for column in made):
        return None
    load = CsvLoad(
        path=str(request.path),
        columns=tuple(column for column in made if column is not None),
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        escape=dialect.escape,
        skip=1 if dialect.header is not None else 0,
        folder=str(folder),
        file_mb=file_mb,
        most_rejects=0,
    )
    originals = originals_of(dialect.header, names) if dialect.header else {}
    unnamed = () if dialect.header else (f"No header was recognised; the columns are called {names[0]} to {names[-1]}.",)
    remarks = tuple(remark for column in columns if (remark := column.remark()))
    schema = pa.schema([(column.name, column.type) for column in columns])
    return Quick(load, schema, originals, (*unnamed, *renaming(originals), *remarks))


def _marked(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(4)
    return head.startswith(_MARKS) or 0 in head


def _guess(request: Request, dialect: Dialect, sample: str, names: tuple[str, ...]) -> list[TextColumn] | None:
    """The columns by the file's beginning and by slices all over it; None where they do not settle, or not on the same."""
    columns = [TextColumn(name) for name in names]
    head = list(_rows(sample, dialect))[dialect.header is not None :]
    if not head:
        return None
    _see(columns, head)
    kinds = [column.kind for column in columns]
    for text in _slices(request.path):
        _see(columns, list(_rows(text, dialect)))
    # Where a column became text further down, only the thorough reader can say at which row; and words for a missing
    # value in a column of text it counts.
    if any((column.kind == Kind.TEXT and (kind != Kind.TEXT or column.words)) for column, kind in zip(columns, kinds, strict=True)):
        return None
    # Whether every point of a column may be one of thousands only the thorough reader can say, too.
    if dialect.delimiter in decimal_comma.DELIMITERS and any(column.is_open for column in columns):
        return None
    try:
        for column in columns:
            column.settle(request.target.get(column.name))
    except InvalidInput:
        return None
    return columns


def _see(columns: list[TextColumn], rows: list[list[str]]) -> None:
    for place, column in enumerate(columns):
        if rows:
            column.see(pa.array([row[place] or None for row in rows], pa.string()))


def _slices(path: Path) -> Iterator[str]:
    """Pieces of the file, each from the beginning of a line on."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        for number in range(1, _SLICES + 1):
            stream.seek(size * number // (_SLICES + 1))
            piece = stream.read(_SLICE_BYTES)
            yield piece[piece.find(b"\n") + 1 :].decode("utf-8", "ignore")


def _rows(text: str, dialect: Dialect) -> Iterator[list[str]]:
    """The records of a piece of text that have the right width; the last may be cut, and does not count."""
    last: list[str] | None = None
    try:
        for row in records(io.StringIO(text, newline=""), dialect.delimiter, dialect.quote, dialect.escape):
            if last is not None and len(last) == dialect.width:
                yield last
            last = row
    except csv.Error:
        return


def _column(column: TextColumn, field_id: int) -> CsvColumn | None:
    rule = _RULES.get((column.kind, str(column.type)))
    if rule is None:
        return None
    return CsvColumn(column.name, field_id, *rule, missing=_WORDS if column.words and column.kind != Kind.TEXT else ())
