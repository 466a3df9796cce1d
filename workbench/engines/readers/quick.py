"""Large delimited files, without looking at every value first.

Names and types are guessed from the file's beginning and from places all over it; the engine then converts the whole file and
compares each value with what it was made from. Where all fit, the table is the same as the thorough reader's, in a fraction of the
time. What does not fit is judged (:mod:`.judge`): it is set aside as the thorough reader would, or the guess is made anew, or
the thorough reader looks at the whole file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from workbench.core.errors import InvalidInput
from workbench.engines.duckdb.csv import CsvLoad
from workbench.engines.readers import decimal_comma
from workbench.engines.readers.aligned import aligned_in
from workbench.engines.readers.column import SPARE, TextColumn
from workbench.engines.readers.delimited import decide, headers_of, reading_of, remarks_on
from workbench.engines.readers.dialect import Dialect, detect, records
from workbench.engines.readers.kinds import Kind, ungrouped
from workbench.engines.readers.layout import Layout, layout_of
from workbench.engines.readers.naming import originals_of
from workbench.engines.readers.reading import Reading
from workbench.engines.readers.source import Request
from workbench.engines.readers.sqlrules import sql_column
from workbench.engines.readers.text import encoding_name, sample_of

__all__ = ["Quick", "quick_guess", "quick_load"]

#: A smaller file is looked at in full at once.
LARGE_BYTES = 16 << 20
_SLICES, _SLICE_BYTES = 24, 64 << 10
_WIDEST = 500
_MOST_REJECTS = 100_000
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Quick:
    """A guess: how to load the file, the schema that the table will have, what to say about it, and the ``columns`` it was made from
    (all of the file's, in order)."""

    load: CsvLoad
    schema: pa.Schema
    originals: Mapping[str, str]
    warnings: tuple[str, ...]
    reading: Reading
    request: Request
    dialect: Dialect
    layout: Layout
    columns: tuple[TextColumn, ...]
    field_ids: Mapping[str, int] | None

    @property
    def taken(self) -> list[TextColumn]:
        """The columns that are taken."""
        return [self.columns[place] for place in self.layout.taken]


def quick_load(request: Request, folder: Path, field_ids: Mapping[str, int] | None, file_mb: int) -> Quick | None:
    """A guess for a large file in plain UTF-8, or None where only the thorough reader will do. A zero byte in the file the engine takes for
    text: who reads the file anyway must look for it.

    Parameters
    ----------
    folder
        Where the engine shall write (not there yet).
    field_ids
        By column, of the table that is there; None: of a new table, which numbers them from 1.

    Raises
    ------
    UnreadableFile, InvalidInput
        As the thorough reader.
    """
    said = request.reading
    if request.path.stat().st_size < LARGE_BYTES or request.look_bytes or said.footer or _marked(request.path):
        return None
    if said.encoding is not None and encoding_name(said.encoding) != "utf-8":
        return None
    sample, _ = sample_of(request.path)
    if "\r" in sample.replace("\r\n", "") or aligned_in(sample, said) is not None:
        return None
    dialect = detect(sample, False, request.shown, tab=Path(request.shown).suffix.lower() in (".tsv", ".tab"), said=said)
    if (
        dialect.blank
        or dialect.skip
        or dialect.under
        or not 1 < dialect.width <= _WIDEST
        or any("\n" in cell for cell in dialect.header or ())
    ):
        return None
    layout = layout_of(headers_of(dialect), said, request.known)
    columns = _guess(request, dialect, sample, layout)
    if columns is None or _may_be_none(columns[-1], dialect, layout):
        return None
    guess = quick_guess(request, dialect, layout, columns, field_ids, folder, file_mb)
    return None if guess is None or _has_marks(guess.taken) else guess


def quick_guess(
    request: Request,
    dialect: Dialect,
    layout: Layout,
    columns: list[TextColumn],
    field_ids: Mapping[str, int] | None,
    folder: Path,
    file_mb: int,
) -> Quick | None:
    """A guess from columns of which some values were seen; None where they leave something open."""
    taken = [layout.names[place] for place in layout.taken]
    if not all(map(str.isidentifier, taken)) or (field_ids is not None and set(taken) != set(field_ids)):
        return None
    # Whether every point of a column may be one of thousands only the thorough reader can say.
    if dialect.delimiter in decimal_comma.DELIMITERS and any(column.is_open for column in columns):
        return None
    customs = decide(columns, dialect, request.reading)
    if any(column.is_doubtful for column in columns):
        return None
    try:
        for place in layout.taken:
            columns[place].settle(request.target.get(layout.names[place]))
    except InvalidInput:
        return None
    ids = field_ids or {name: number for number, name in enumerate(taken, 1)}
    made = [sql_column(column, ids.get(column.name, 0), take=layout.take[column.place]) for column in columns]
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
        most_rejects=_MOST_REJECTS if request.reading.misfits == "quarantine" else 0,
    )
    shown = [columns[place] for place in layout.taken]
    return Quick(
        load=load,
        schema=pa.schema([(column.name, column.type) for column in shown]),
        originals=originals_of(layout.originals, layout.names) if dialect.header is not None else {},
        warnings=remarks_on(layout, dialect, shown),
        reading=reading_of("utf-8", dialect, layout, shown, customs, request.reading),
        request=request,
        dialect=dialect,
        layout=layout,
        columns=tuple(columns),
        field_ids=field_ids,
    )


def _marked(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(4)
    return head.startswith(_MARKS) or 0 in head


def _guess(request: Request, dialect: Dialect, sample: str, layout: Layout) -> list[TextColumn] | None:
    """The columns by the file's beginning and by slices all over it; None where they do not settle, or not on the same."""
    spare = SPARE if request.reading.misfits == "quarantine" else 0.0
    columns = [TextColumn(name, spare=spare, asked=layout.asked[place], place=place) for place, name in enumerate(layout.names)]
    head = list(_rows(sample, dialect))[dialect.header is not None :]
    if not head:
        return None
    _see(columns, head)
    kinds = [column.kind for column in columns]
    # All at once: most of what a look costs is the same for a few rows and for many.
    _see(columns, [row for text in _slices(request.path) for row in _rows(text, dialect)])
    # Where a column became text further down, only the thorough reader can say at which row; and words for a missing
    # value in a column of text it counts.
    for column, kind in zip(columns, kinds, strict=True):
        if column.kind == Kind.TEXT and column.asked is None and (kind != Kind.TEXT or column.words or not column.is_surely_text):
            return None
        column.dashes = 0  # how many there are only who sees every value can say
    return columns


def _may_be_none(last: TextColumn, dialect: Dialect, layout: Layout) -> bool:
    """Whether a last column without a name and, it seems, without values may be none: only who sees every value can say."""
    return dialect.header is not None and not dialect.header[-1].strip() and not last.present and last.place in layout.taken


def _has_marks(columns: list[TextColumn]) -> bool:
    """Whether numbers have marks of thousands that the engine does not know."""
    numbers = [text for column in columns if not pa.types.is_string(column.type) for text in column.examples]
    return bool(numbers) and ungrouped(pa.array(numbers)).to_pylist() != numbers


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
