"""Rows that are no file yet, written as one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["plain_type", "spool"]

ROWS = 65_536


def spool(reader: pa.RecordBatchReader, target: Path) -> int:
    """Write a stream as an Arrow file in batches of 65,536 rows, in types that need no other file: no dictionaries, views or run lengths.
    Returns the rows. Holds two batches in memory."""
    schema = pa.schema([pa.field(field.name, plain_type(field.type), field.nullable) for field in reader.schema])
    rows = 0
    with pa.OSFile(str(target), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for batch in _even(_plain(reader, schema)):
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _plain(reader: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for batch in reader:
        columns = [_cast(column, field.type) for column, field in zip(batch.columns, schema, strict=True)]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _even(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of one size, so that how they came does not show in the file."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        held.append(batch)
        count += batch.num_rows
        while count >= ROWS:
            whole = pa.concat_batches(held) if len(held) > 1 else held[0]
            yield whole.slice(0, ROWS)
            rest = whole.slice(ROWS)
            held, count = [rest], rest.num_rows
    if count:
        yield pa.concat_batches(held) if len(held) > 1 else held[0]


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
    return array.cast(kind)
