"""What lies under missing values: an engine leaves there what its memory held before, be it of rows that the reader does not see."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["emptied"]


def emptied(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The same rows, with zeros under what is missing. To be called where rows go to somebody as they lie in memory; a column of which
    nothing is missing is not copied.

    >>> dirty = pa.Array.from_buffers(pa.int64(), 2, [pa.py_buffer(b"\\1"), pa.py_buffer((7).to_bytes(8, "little") * 2)])
    >>> [bytes(emptied(pa.record_batch({"pay": each}))["pay"].buffers()[1])[8:9] for each in (dirty, dirty.slice(0, 2))]
    [b'\\x00', b'\\x00']
    """
    given = batch.columns
    columns = [_emptied(column) for column in given]
    if all(new is old for new, old in zip(columns, given, strict=True)):
        return batch
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _emptied(array: Any) -> Any:
    if not _has_missing(array):
        return array
    places = pa.array(np.arange(len(array)))
    # Who takes a missing value takes nothing else along, also of what is inside of lists and structs.
    if not (array.null_count and pa.types.is_struct(array.type)):
        return array.take(places)
    # The fields of a missing one may have values of their own.
    there = pc.if_else(array.is_valid(), places, pa.scalar(None, places.type))
    fields = [array.field(place).take(there) for place in range(array.type.num_fields)]
    return pa.StructArray.from_arrays(fields, fields=list(array.type), mask=array.is_null())


def _has_missing(array: Any) -> bool:
    """Whether there is a place without a value, in the array or in what it holds, under which something may lie."""
    types, kind = pa.types, array.type
    if isinstance(array, pa.ExtensionArray):
        return _has_missing(array.storage)
    if types.is_map(kind):
        return bool(array.null_count) or _has_missing(array.keys) or _has_missing(array.items)
    if types.is_struct(kind) or types.is_union(kind):
        return bool(array.null_count) or any(_has_missing(array.field(place)) for place in range(kind.num_fields))
    if types.is_nested(kind):
        return bool(array.null_count) or _has_missing(array.flatten())
    # A missing text has no length.
    return bool(array.null_count) and not (types.is_null(kind) or types.is_string(kind) or types.is_binary(kind))
