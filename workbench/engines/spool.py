"""Rows that are no file yet, written as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.engines.pieces import BYTES, row_bytes, rows_within

__all__ = ["ROWS", "from_view", "plain_type", "spool"]

ROWS = 65_536  # in a batch at most


def spool(reader: pa.RecordBatchReader, target: Path) -> int:
    """Write a stream as an Arrow file in batches of 65,536 rows or about 32 MB, whichever is less, in types that need no other file: no
    dictionaries, views or run lengths. Returns the rows. Holds one batch of each side in memory."""
    schema = pa.schema([pa.field(field.name, plain_type(field.type), field.nullable) for field in reader.schema])
    rows = 0
    with pa.OSFile(str(target), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for batch in _even(reader, schema):
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _even(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The same rows in batches that end where the rows say, so that how they came does not show in the file."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        ends = np.cumsum(row_bytes(batch))
        start, before = 0, 0
        while start < batch.num_rows:
            # The row that reaches the limit is the last one.
            stop = min(max(start + 1, rows_within(ends, before + BYTES - size)), start + ROWS - rows)
            held.append(_plain(batch.slice(start, stop - start), schema))
            rows, size = rows + stop - start, size + int(ends[stop - 1]) - before
            if rows == ROWS or size >= BYTES:
                yield _one(held)
                held, rows, size = [], 0, 0
            start, before = stop, int(ends[stop - 1])
    if held:
        yield _one(held)


def _one(held: list[pa.RecordBatch]) -> pa.RecordBatch:
    # What is only cut out of a batch brings some of its neighbours' bytes along into the file; what is put together does not.
    return pa.concat_batches([*held, held[0].slice(0, 0)])


def _plain(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [_cast(column, field.type) for column, field in zip(batch.columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type with which the same values can be written batch by batch.

    >>> plain_type(pa.dictionary(pa.int8(), pa.string_view()))
    DataType(string)
    """
    types = pa.types
    if isinstance(kind, pa.BaseExtensionType) and not isinstance(kind, pa.UuidType):
        return plain_type(kind.storage_type)
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return plain_type(kind.value_type)
    if kind == pa.string_view():
        return pa.string()
    if kind == pa.binary_view():
        return pa.binary()
    if types.is_struct(kind):
        return pa.struct([kind.field(i).with_type(plain_type(kind.field(i).type)) for i in range(kind.num_fields)])
    if types.is_map(kind):
        return pa.map_(plain_type(kind.key_type), plain_type(kind.item_type))
    if types.is_large_list(kind) or types.is_large_list_view(kind):
        return pa.large_list(kind.value_field.with_type(plain_type(kind.value_type)))
    if types.is_list(kind) or types.is_list_view(kind):
        return pa.list_(kind.value_field.with_type(plain_type(kind.value_type)))
    return kind


def _cast(array: Any, kind: pa.DataType) -> Any:
    if array.type == kind:
        return array
    if isinstance(array, pa.ExtensionArray):
        return _cast(array.storage, kind)
    if pa.types.is_dictionary(array.type):
        # The values first: Arrow cannot decode a dictionary of views, as Polars makes them.
        return pa.DictionaryArray.from_arrays(array.indices, _cast(array.dictionary, kind)).dictionary_decode()
    if pa.types.is_run_end_encoded(array.type):
        return _cast(pc.run_end_decode(array), kind)
    if pa.types.is_list_view(array.type) or pa.types.is_large_list_view(array.type):
        return from_view(array).cast(kind)
    return array.cast(kind)


def from_view(array: Any) -> Any:
    """A list view as a list (Arrow 25's own cast makes an invalid array)."""
    lengths = pc.fill_null(pc.list_value_length(array), 0)
    ends = pc.cumulative_sum(lengths.cast(pa.int64()))
    offsets = pa.concat_arrays([pa.array([0], pa.int64()), ends])
    return pa.LargeListArray.from_arrays(offsets, array.flatten(), mask=array.is_null())
