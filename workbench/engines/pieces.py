"""Batches that are no larger than they need be: who sends, takes in or writes rows holds one batch at a time, and one value may be long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["BYTES", "pieces", "row_bytes", "rows_within"]

#: What a batch's values take at most, and one row's beyond.
BYTES = 32 << 20


def pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of about 32 MB; nothing is copied."""
    if batch.nbytes <= BYTES:
        yield batch
        return
    ends = np.cumsum(row_bytes(batch))
    start = before = 0
    while start < batch.num_rows:
        stop = rows_within(ends, before + BYTES)
        yield batch.slice(start, stop - start)
        start, before = stop, int(ends[stop - 1])


def rows_within(ends: Any, most: int) -> int:
    """How many rows reach so many bytes, the one with which they do among them, by the bytes up to the ``ends`` of each."""
    return min(int(np.searchsorted(ends, most)) + 1, len(ends))


def row_bytes(batch: pa.RecordBatch) -> Any:
    """The bytes of each row's values, written out: without dictionaries, views and run lengths."""
    return sum((_bytes_of(column) for column in batch.columns), np.zeros(batch.num_rows, np.int64))


def _bytes_of(array: Any) -> Any:
    types, kind = pa.types, array.type
    if isinstance(array, pa.ExtensionArray):
        return _bytes_of(array.storage)
    if types.is_dictionary(kind):
        each = np.append(_bytes_of(array.dictionary), 0)
        return each[pc.fill_null(array.indices.cast(pa.int64()), len(array.dictionary)).to_numpy(zero_copy_only=False)]
    if types.is_run_end_encoded(kind):
        ends = array.run_ends.to_numpy(zero_copy_only=False)
        return _bytes_of(array.values)[np.searchsorted(ends, np.arange(len(array)) + array.offset, side="right")]
    if kind in (pa.string_view(), pa.binary_view()):
        array = array.cast(pa.large_string() if kind == pa.string_view() else pa.large_binary())
        kind = array.type
    if types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind):
        return pc.fill_null(pc.binary_length(array), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    if types.is_struct(kind):
        return sum((_bytes_of(child) for child in array.flatten()), np.zeros(len(array), np.int64))
    if types.is_map(kind):
        return _bytes_of_lists(array.cast(pa.list_(pa.struct([kind.key_field, kind.item_field]))))
    if types.is_union(kind):
        return np.full(len(array), array.nbytes // max(1, len(array)), np.int64)
    if types.is_nested(kind):
        return _bytes_of_lists(array)
    return np.full(len(array), max(1, kind.bit_width // 8) if not types.is_null(kind) else 0, np.int64)


def _bytes_of_lists(array: Any) -> Any:
    inside = np.concatenate(([0], np.cumsum(_bytes_of(pc.list_flatten(array)))))
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    return np.diff(inside[np.concatenate(([0], np.cumsum(lengths)))])
