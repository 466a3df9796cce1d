"""Parquet, Arrow (file and stream) and Feather: files that say their own types."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from workbench.core.errors import UnreadableFile
from workbench.engines.calendar import has_years, in_years
from workbench.engines.packed import held, held_in_file, in_full
from workbench.engines.pieces import BYTES
from workbench.engines.readers.chosen import Chosen, choose
from workbench.engines.readers.depth import DEEPEST
from workbench.engines.readers.fitting import as_text
from workbench.engines.readers.fixed_lists import as_lists, side_by_side, unreadable, with_lists
from workbench.engines.readers.lengths import in_seconds, said_of_length
from workbench.engines.readers.naming import check_width
from workbench.engines.readers.nanoseconds import Settled, count_fine, in_micros, in_utc, nanosecond_paths, settle_fine
from workbench.engines.readers.reading import Reading
from workbench.engines.readers.shape import Shape, see
from workbench.engines.readers.source import Request, Source
from workbench.engines.readers.wide_decimals import decimals_in_full, is_wide, with_wide
from workbench.engines.readers.years import settle_far, written
from workbench.engines.spool import from_view

__all__ = ["open_arrow", "open_parquet"]

_BATCH = 65_536
_LARGEST = 1 << 30  # bytes of a batch as it is unpacked

_Batches = Callable[[Sequence[int] | None], Iterator[pa.RecordBatch]]


def open_parquet(request: Request) -> Source:
    """A Parquet file, read a batch at a time.

    Raises
    ------
    UnreadableFile
        It is damaged or cut off.
    """
    import pyarrow.parquet as pq

    def batches(only: Sequence[int] | None) -> Iterator[pa.RecordBatch]:
        columns = [schema.names[place] for place in only] if only is not None and plain else None
        for found in _in_part(request.path, schema, columns or schema.names, lists, named_once) if lists else read(columns):
            for batch in _written_out(found, schema) if named_once else [found]:
                yield batch if only is None or plain else batch.select(list(only))

    def read(columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(request.path, read_dictionary=named_once) as file:
            yield from file.iter_batches(batch_size=_BATCH, columns=columns, use_threads=True)

    with _readable(request, "parquet"), pq.ParquetFile(request.path) as file:
        schema, rows = file.schema_arrow, file.metadata.num_rows
        # A dot in a name, or one that is there twice, would mean other columns, too.
        plain = len(set(schema.names)) == len(schema) and not any("." in name for name in schema.names)
        lists = {schema.names[place] for place in unreadable(schema, file.metadata)} if plain else set()
        schema = pa.schema([field.with_type(as_lists(field.type)) if field.name in lists else field for field in schema])
        nulls, named_once = _null_shares(file.metadata, schema), _named_once(file.metadata, schema)
        near = _near(file.metadata, schema)
    return _named(request, "parquet", schema, batches, rows, nulls, near)


def _in_part(
    path: Path, schema: pa.Schema, names: Sequence[str], lists: Collection[str], named_once: list[str]
) -> Iterator[pa.RecordBatch]:
    """The columns ``names``, of which Arrow cannot read those of ``lists`` as it has written them."""
    import pyarrow.parquet as pq

    some, others = [name for name in names if name in lists], [name for name in names if name not in lists]
    with with_lists(path) as bare, pq.ParquetFile(bare, read_dictionary=named_once) as one, pq.ParquetFile(path) as other:
        read = one.iter_batches(batch_size=_BATCH, columns=some, use_threads=True) if some else None
        rest = other.iter_batches(batch_size=_BATCH, columns=others, use_threads=True) if others else None
        if read is not None and rest is not None:
            yield from side_by_side(schema, names, read, rest)
        else:
            yield from read or rest or ()


def _named_once(metadata: Any, schema: pa.Schema) -> list[str]:
    """The paths of texts, nested ones too, whose values stand in the file once each, and a number in the place of each. A word of a
    megabyte that each row has takes some hundred bytes so: written out as it is read it would be gigabytes."""
    leaves = [leaf for field in schema for leaf in _leaves(field.type)]
    paths = [metadata.schema.column(place).path for place in range(metadata.num_columns)]
    if len(leaves) != len(paths) or len(set(paths)) < len(paths) or len(set(schema.names)) < len(schema):
        return []
    texts = (pa.types.is_string, pa.types.is_binary, pa.types.is_large_string, pa.types.is_large_binary)
    places = [place for place, kind in enumerate(leaves) if kind is not None and any(each(kind) for each in texts)]
    groups = range(metadata.num_row_groups)
    return [paths[p] for p in places if any(metadata.row_group(group).column(p).has_dictionary_page for group in groups)]


def _leaves(kind: pa.DataType, depth: int = 0) -> Iterator[pa.DataType | None]:
    """What a file has columns of its own for, in their order; None of what is left as it is: keys and values of maps. Not of what is nested
    too deep, which is refused."""
    types = pa.types
    if depth > DEEPEST:
        return
    nested = [kind.field(place).type for place in range(kind.num_fields)]
    if not nested:
        yield kind
    elif types.is_struct(kind) or types.is_list(kind) or types.is_large_list(kind):
        for each in nested:
            yield from _leaves(each, depth + 1)
    else:
        yield from (None for each in nested for _ in _leaves(each, depth + 1))


def _written_out(batch: pa.RecordBatch, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows with their values in their places, in as many parts as keep each within bounds."""
    if batch.num_rows > 1 and sum(map(in_full, batch.columns)) > BYTES:
        half = batch.num_rows // 2
        for part in (batch.slice(0, half), batch.slice(half)):
            yield from _written_out(part, schema)
        return
    fields = [schema.field(field.name) for field in batch.schema]
    pairs = zip(batch.columns, fields, strict=True)
    arrays = [array if array.type == field.type else array.cast(field.type) for array, field in pairs]
    yield pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def open_arrow(request: Request) -> Source:
    """An Arrow IPC file or stream, or a Feather file of either version.

    Raises
    ------
    UnreadableFile
        It is none of these, or damaged.
    """

    def batches(only: Sequence[int] | None) -> Iterator[pa.RecordBatch]:
        yield from (batch if only is None else batch.select(list(only)) for batch in every())

    def every() -> Iterator[pa.RecordBatch]:
        with pa.memory_map(str(request.path)) as stream:
            if bytes(stream.read(4)) == b"FEA1":
                import pyarrow.feather as feather

                yield from feather.read_table(str(request.path)).to_batches(_BATCH)
                return
            stream.seek(0)
            _check_unpacked(stream, request)
            stream.seek(0)
            yield from _ipc(stream)

    with _readable(request, "arrow"):
        schema = _schema(request)
    return _named(request, "arrow", schema, batches)


def _null_shares(metadata: Any, schema: pa.Schema) -> dict[int, float]:
    """The share of missing values of each column, as far as the file itself says it."""
    rows = metadata.num_rows
    if not rows or metadata.num_columns != len(schema):
        return {}  # nested: a column of the table is several of the file's
    shares = {}
    for place in range(len(schema)):
        found = [metadata.row_group(group).column(place).statistics for group in range(metadata.num_row_groups)]
        if all(each is not None and each.has_null_count for each in found):
            shares[place] = sum(each.null_count for each in found) / rows
    return shares


def _near(metadata: Any, schema: pa.Schema) -> frozenset[int]:
    """The columns of days and times of which the file itself says that they are within the years of a table."""
    if metadata.num_columns != len(schema):
        return frozenset()
    groups = range(metadata.num_row_groups)
    found = set()
    for place, kind in enumerate(schema.types):
        ends = [metadata.row_group(group).column(place).statistics for group in groups] if has_years(kind) else [None]
        if all(each is not None and each.has_min_max for each in ends) and all(_is_near(kind, each) for each in ends):
            found.add(place)
    return frozenset(found)


def _is_near(kind: pa.DataType, ends: Any) -> bool:
    # As numbers: Python has none of the days that are looked for. Days are kept as such, whatever Arrow makes of them.
    low, high = ends.min_raw, ends.max_raw
    numbers = isinstance(low, int) and isinstance(high, int)
    return numbers and in_years(pa.date32() if pa.types.is_date(kind) else kind, low, high)


def _ipc(stream: Any) -> Iterator[pa.RecordBatch]:
    try:
        file = pa.ipc.open_file(stream)
    except pa.ArrowInvalid:
        stream.seek(0)
        yield from pa.ipc.open_stream(stream)
        return
    for index in range(file.num_record_batches):
        yield file.get_batch(index)


def _check_unpacked(stream: Any, request: Request) -> None:
    """What is packed is in memory as a batch when it is unpacked, and as large as it says that it is."""
    try:
        try:
            largest = max((each.bytes for each in held_in_file(stream) if each.packed), default=0)
        except pa.ArrowInvalid:
            stream.seek(0)
            largest = max((each.bytes for each in held(stream) if each.packed), default=0)
    except pa.ArrowInvalid:
        return  # so says who reads it
    if largest > _LARGEST:
        raise _too_large(request)


def _too_large(request: Request) -> UnreadableFile:
    return UnreadableFile(
        f"{request.shown} has a batch of rows that takes more than {_LARGEST >> 20:,} MB, unpacked.", fix="Write it in smaller batches."
    )


def _schema(request: Request) -> pa.Schema:
    with pa.memory_map(str(request.path)) as stream:
        head = bytes(stream.read(4))
        stream.seek(0)
        if head == b"FEA1":
            import pyarrow.feather as feather

            return feather.read_table(str(request.path)).schema
        try:
            return pa.ipc.open_file(stream).schema
        except pa.ArrowInvalid:
            stream.seek(0)
            return pa.ipc.open_stream(stream).schema


def _named(
    request: Request,
    kind: Literal["parquet", "arrow"],
    schema: pa.Schema,
    batches: _Batches,
    rows: int | None = None,
    nulls: Mapping[int, float] | None = None,
    near: Collection[int] = (),
) -> Source:
    check_width(len(schema), request.shown)
    _check_fields(schema, request, kind)
    chosen = choose(schema.names, request.reading, request.known)
    # Metadata of whoever wrote the file (pandas' index, for example) would be wrong after the renaming.
    fields = [field.with_name(name).remove_metadata() for field, name in zip(schema, chosen.names, strict=True)]
    part = request.look_bytes is not None and request.path.stat().st_size > request.look_bytes
    settled = _settled(request, kind, batches, chosen, pa.schema(fields), part, near)
    renamed = pa.schema([field.with_type(settled.read.get(place, _workable(field.type))) for place, field in enumerate(fields)])

    def checked() -> Iterator[pa.RecordBatch]:
        given = 0
        try:
            for batch in batches(None):
                # Offsets that lead outside, text that is none: who reads on would end with the process, or write it to the lake.
                batch.validate(full=True)
                if sum(map(in_full, batch.columns)) > max(_LARGEST, batch.nbytes):
                    raise _too_large(request)
                arrays = [_as(array, field.type) for array, field in zip(batch.columns, renamed, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=renamed)
                given += batch.num_rows
                if part and given >= _BATCH:
                    return
        except (pa.ArrowException, OSError) as error:
            if getattr(error, "errno", None):
                raise
            raise _damaged(request, kind.capitalize()) from error

    first = next((batch for batch in checked() if batch.num_rows), None)
    shape = Shape(request, chosen, renamed, settled.fit)
    seen = see(chosen, renamed, first, nulls)
    lengths = [said_of_length(fields[place].name) for place in chosen.taken if pa.types.is_duration(fields[place].type)]
    return shape.source(Reading(format=kind), checked, seen, rows=rows, complete=not part, warnings=(*settled.told, *lengths))


def _settled(
    request: Request,
    kind: Literal["parquet", "arrow"],
    batches: _Batches,
    chosen: Chosen,
    schema: pa.Schema,
    part: bool,
    near: Collection[int],
) -> Settled:
    """What becomes of times in nanoseconds, of wide decimals, and of days beyond what a table holds (in columns that are not known to be
    ``near``); all are looked at first, in a ``part`` those that will be shown. A table's column that has been text since one had more than
    a type holds stays so."""
    texts = {place: pa.string() for place in chosen.taken if place not in chosen.said and _is_text_there(request, chosen, schema, place)}
    settled = _times(request, kind, batches, chosen, schema, part, texts)
    settled = replace(settled, read={**settled.read, **texts})
    if dated := [place for place in chosen.taken if place not in near and has_years(schema.field(place).type)]:
        with _readable(request, kind):
            looked = islice(batches(dated), 1 if part else None)
            settled = settle_far(settled, dated, looked, schema, chosen.types, request.reading.misfits == "quarantine")
    if wide := [place for place in chosen.taken if is_wide(schema.field(place).type) and place not in texts]:
        with _readable(request, kind):
            settled = with_wide(settled, schema, wide, islice(batches(wide), 1 if part else None))
    return settled


def _is_text_there(request: Request, chosen: Chosen, schema: pa.Schema, place: int) -> bool:
    kind, there = schema.field(place).type, request.target.get(chosen.names[place])
    return there is not None and pa.types.is_string(there) and (in_micros(kind) is not None or is_wide(kind))


def _times(
    request: Request,
    kind: Literal["parquet", "arrow"],
    batches: _Batches,
    chosen: Chosen,
    schema: pa.Schema,
    part: bool,
    but: Collection[int],
) -> Settled:
    paths = {place: found for place in chosen.taken if place not in but and (found := list(nanosecond_paths(schema.field(place).type)))}
    if not paths:
        return Settled({}, {})
    with _readable(request, kind):
        counted = count_fine(islice(batches(list(paths)), 1 if part else None), list(paths.values()))
    return settle_fine(dict(zip(paths, counted, strict=True)), schema, chosen.types, request.reading.misfits == "quarantine")


def _as(values: Any, kind: pa.DataType) -> Any:
    """As a type that holds all of the values."""
    if pa.types.is_duration(values.type):
        return in_seconds(values)
    if is_wide(values.type) and pa.types.is_string(kind):
        return decimals_in_full(values)
    if pa.types.is_list_view(values.type) or pa.types.is_large_list_view(values.type):
        return from_view(values).cast(kind)
    if pa.types.is_nested(kind):
        # What lies under a missing value is nothing that could be lost.
        return values if values.type == kind else values.cast(in_utc(values.type)).cast(kind, safe=False)
    if pa.types.is_string(kind) and has_years(values.type):
        return written(values)
    if not pa.types.is_string(kind) or in_micros(values.type) is None:
        return values.cast(kind)
    return as_text(values.cast(pa.timestamp("ns", tz="UTC")) if pa.types.is_timestamp(values.type) and values.type.tz else values)


def _workable(kind: pa.DataType) -> pa.DataType:
    """Views cannot be filtered, floats of 16 bits not be compared, short decimals not be sorted; a table holds no lengths of time."""
    if pa.types.is_duration(kind):
        return pa.float64()
    if pa.types.is_decimal32(kind) or pa.types.is_decimal64(kind):
        return pa.decimal128(kind.precision, kind.scale)
    if pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind):
        return pa.list_(kind.value_field)
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_string_view(kind):
        return pa.string()
    return pa.binary() if pa.types.is_binary_view(kind) else kind


def _check_fields(schema: pa.Schema, request: Request, kind: str) -> None:
    """Names are text, and none too deep: what converts a schema for the lake calls itself for each level."""
    level = list(schema)
    for _ in range(DEEPEST):
        try:
            [field.name for field in level]
        except UnicodeDecodeError as error:
            raise _damaged(request, kind.capitalize()) from error
        level = [field.type.field(i) for field in level for i in range(field.type.num_fields)]
        if not level:
            return
    raise UnreadableFile(f"{request.shown} has a column nested over {DEEPEST} levels deep.", fix="Write nested parts as text.")


@contextmanager
def _readable(request: Request, kind: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise _damaged(request, kind.capitalize()) from error


def _damaged(request: Request, kind: str) -> UnreadableFile:
    return UnreadableFile(f"{request.shown} is a damaged or incomplete {kind} file.", fix="Fetch or make it again, then take it in.")
