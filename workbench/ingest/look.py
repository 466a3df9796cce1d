"""A bounded look at a file: how it is read, what its first rows are, what was said of it and what there is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workbench.catalog.encode import encode_column
from workbench.core.errors import ColumnNotFound, InvalidInput, WorkbenchError, nearest
from workbench.engines.readers import Request, Source, open_source
from workbench.engines.readers.reading import ColumnReading, Reading
from workbench.engines.readers.settling import unfitting
from workbench.engines.readers.source import Opener, Seen
from workbench.engines.types import arrow_type, type_name
from workbench.ingest.records import ColumnSeen
from workbench.ingest.remember import corrections

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.ingest.sources.base import Fetched

__all__ = ["LOOK_BYTES", "Looked", "check_said", "constants_of", "header_of", "look", "request_of", "said_of", "seen_columns"]

LOOK_BYTES = 4 << 20
_HEADER_BYTES = 256 << 10
_ROWS = 100_000  # of a file that is not cut by bytes
_MOST_BYTES = 256 << 20  # of its rows as they are read: a small file may hold large ones
_MOST_SECONDS = 2.0  # for columns that do not fit a dataset, for which it is read once more
_EXAMPLES, _LONGEST = 5, 100
_NAMED = 20  # columns in an error


@dataclass(frozen=True)
class Looked:
    """What was read of a file: its ``rows`` as they would be stored, and whether those, with what was set aside, are all of it."""

    source: Source
    rows: pa.Table
    whole: bool


def request_of(file: Fetched, scratch: Path, opener: Opener | None = None) -> Request:
    """What to read of a fetched file, for a look. ``opener`` opens it; None: this process."""
    reading = Reading(format=file.format)  # type: ignore[arg-type]
    return Request(file.path, file.shown, scratch, {}, file.sheet, reading, LOOK_BYTES, read_as=file.read_as, opener=opener)


def look(request: Request, target: Mapping[str, pa.DataType] | None = None) -> Looked:
    """Read the beginning of a file, as far as its request says. ``target`` are the types of a dataset's columns, which decide where the
    file leaves a choice.

    Raises
    ------
    UnreadableFile, InvalidInput
        What is wrong with it, or with what was said of it.
    """
    wanted, there = dict(target or {}), target or {}
    until = time.monotonic() + _MOST_SECONDS
    while time.monotonic() < until:
        try:
            return _read(open_source(replace(request, target=wanted, there=there)))
        except InvalidInput as error:
            if not wanted:
                raise
            # It does not fit the dataset: that is told as a difference, and is no reason not to look. The others are read as by a load.
            if type(error) is not InvalidInput or not wanted.keys() >= (columns := set(unfitting(error))):
                break
            wanted = {name: kind for name, kind in wanted.items() if name not in columns}
    return _read(open_source(replace(request, there=there)))


def _read(source: Source) -> Looked:
    batches, count, size, whole = [], 0, 0, source.complete
    for batch in source.batches():
        batches.append(batch)
        count, size = count + batch.num_rows, size + batch.nbytes
        if count >= _ROWS or size >= _MOST_BYTES:
            whole = whole and source.rows is not None and count + source.rejected >= source.rows
            break
    return Looked(source, pa.Table.from_batches(batches, source.schema), whole)


def header_of(request: Request) -> Callable[[Reading], tuple[str, ...] | None]:
    """What a file calls its columns, where it is read in a certain way; None where it cannot be."""

    def header(reading: Reading) -> tuple[str, ...] | None:
        found = _reading(replace(request, look_bytes=_HEADER_BYTES), reading)
        return None if found is None else tuple(column.original for column in found.columns)

    return header


def said_of(request: Request, given: Reading) -> Reading:
    """What a person said of a file: all of a reading that says something of some things, and of one that says everything, as a preview
    gives it, what is not as it is found.

    Raises
    ------
    ColumnNotFound, InvalidInput
        It speaks of a column or a type that is not there.
    """
    check_types(given)
    whole = given.format is not None and bool(given.columns) and all(column.type is not None for column in given.columns if column.take)
    if not whole:
        return given
    return corrections(lambda reading: _reading(request, reading), given) or Reading(format=request.reading.format)


def _reading(request: Request, reading: Reading) -> Reading | None:
    try:
        known = reading if reading.format is not None else reading.model_copy(update={"format": request.reading.format})
        return open_source(replace(request, reading=known)).reading
    except WorkbenchError:
        return None


def check_types(reading: Reading) -> None:
    """Raises
    ------
    InvalidInput
        A column is to have a type that there is not.
    """
    for column in reading.columns:
        if column.type is not None and not column.type.startswith(("list<", "map<", "struct<")):
            arrow_type(column.type)


def check_said(found: Reading, said: Reading) -> None:
    """Raises
    ------
    ColumnNotFound
        Something was said of a column that the file does not have.
    """
    originals = {column.original for column in found.columns if column.original}
    if not found.columns:
        return  # whoever read it does not tell
    for column in said.columns:
        if column.place >= len(found.columns) and column.original not in originals:
            wanted = column.original or column.name or f"number {column.place + 1}"
            raise no_column(wanted, [each.original or each.name or "" for each in found.columns])


def no_column(wanted: str, names: Sequence[str]) -> ColumnNotFound:
    """The error for a column that a file does not have, with those that it has."""
    close = nearest(wanted, names)
    shown = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    return ColumnNotFound(f"The file has no column {wanted!r}.", fix=f"{f'Did you mean {close!r}? ' if close else ''}It has: {shown}.")


def seen_columns(looked: Looked) -> tuple[ColumnSeen, ...]:
    """The columns of a file as they were understood, those that are not taken too."""
    source = looked.source
    columns = source.reading.columns or tuple(_plain_columns(source))
    told = source.seen if len(source.seen) == len(columns) else (Seen(),) * len(columns)
    # Arrow looks through all names for one of them, which takes seconds where there are thousands.
    rows = dict(zip(looked.rows.column_names, looked.rows.columns, strict=True))
    return tuple(_column(column, seen, rows, looked.source) for column, seen in zip(columns, told, strict=True))


def _plain_columns(source: Source) -> Iterator[ColumnReading]:
    for place, field in enumerate(source.schema):
        original = source.originals.get(field.name, field.name)
        yield ColumnReading(place=place, original=original, name=field.name, type=type_name(field.type))


def _column(column: ColumnReading, seen: Seen, rows: Mapping[str, pa.ChunkedArray], source: Source) -> ColumnSeen:
    name = column.name or column.original
    there = rows.get(name)
    kind = type_name(there.type) if there is not None else column.type or "string"
    share = there.null_count / len(there) if there is not None and len(there) and not source.seen else seen.null_share
    return ColumnSeen(
        place=column.place,
        original=column.original,
        name=name,
        type=kind,
        take=column.take,
        why=seen.why,
        examples=seen.examples or (_examples(there) if there is not None else ()),
        null_share=share,
        choices=seen.choices or (kind,),
    )


def _examples(column: pa.ChunkedArray) -> tuple[str, ...]:
    if pa.types.is_nested(column.type):
        few = column.slice(0, 2)
    elif isinstance(column.type, pa.BaseExtensionType):  # which are different Arrow cannot tell
        few = column.slice(0, 1000).drop_null().slice(0, _EXAMPLES)
    else:
        few = pc.unique(column.slice(0, 1000).drop_null()).slice(0, _EXAMPLES)
    return tuple(str(value)[:_LONGEST] for value in encode_column(few) if value is not None)


def constants_of(file: Fetched, taken: Sequence[str], place: int) -> tuple[ColumnSeen, ...]:
    """The columns that a file's place says and the file does not hold, after its own."""
    return tuple(
        ColumnSeen(
            place=place + index,
            original=name,
            name=name,
            type=file.types.get(name, "string"),
            why="The file's folder says it.",
            examples=() if value is None else (value,),
            null_share=float(value is None),
            choices=(file.types.get(name, "string"),),
        )
        for index, (name, value) in enumerate(file.constants_beside(taken).items())
    )
