"""Lists of one length in Parquet, of which some are missing: Arrow cannot read its own writing of them, and says that the lists are of
length 0. In the file they are lists like any other; only the schema of Arrow's own, which stands beside the file's, says more."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

__all__ = ["as_lists", "side_by_side", "unreadable", "with_lists"]

_SAYS, _NOTHING = b"ARROW:schema", b"-----:schema"
_END = 8  # bytes behind the file's description: its length, and what the file is


def unreadable(schema: pa.Schema, metadata: Any) -> list[int]:
    """The places of the columns with such lists, where one may be missing."""
    found, leaf = [], 0
    if sum(_leaves(field.type) for field in schema) != metadata.num_columns:
        return []
    for place, field in enumerate(schema):
        leaves = range(leaf, leaf := leaf + _leaves(field.type))
        if _has_fixed(field.type) and any(_may_lack(metadata, each) for each in leaves):
            found.append(place)
    return found


def _leaves(kind: pa.DataType) -> int:
    return sum(_leaves(kind.field(place).type) for place in range(kind.num_fields)) or 1


def _has_fixed(kind: pa.DataType) -> bool:
    return bool(pa.types.is_fixed_size_list(kind)) or any(_has_fixed(kind.field(place).type) for place in range(kind.num_fields))


def _may_lack(metadata: Any, leaf: int) -> bool:
    told = [metadata.row_group(group).column(leaf).statistics for group in range(metadata.num_row_groups)]
    return any(each is None or not each.has_null_count or each.null_count for each in told)


def as_lists(kind: pa.DataType) -> pa.DataType:
    """A type with lists of any length for those of one."""
    types = pa.types
    if types.is_fixed_size_list(kind) or types.is_list(kind) or types.is_large_list(kind):
        inner = kind.value_field.with_type(as_lists(kind.value_type))
        return pa.large_list(inner) if types.is_large_list(kind) else pa.list_(inner)
    if types.is_struct(kind):
        return pa.struct([field.with_type(as_lists(field.type)) for field in kind])
    if types.is_map(kind):
        return pa.map_(kind.key_type, kind.item_field.with_type(as_lists(kind.item_type)))
    return kind


def with_lists(path: Path) -> io.RawIOBase:
    """The file as it is without the schema of Arrow's own. To be closed."""
    return _Without(path)


class _Without(io.RawIOBase):
    """A file of which the description, at its end, is another."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        size = self._file.seek(0, io.SEEK_END)
        self._file.seek(size - _END)
        self._from = size - _END - int.from_bytes(self._file.read(4), "little")
        self._file.seek(self._from)
        self._end = self._file.read().replace(_SAYS, _NOTHING)
        self._file.seek(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: Any) -> int:
        start = self._file.tell()
        size = self._file.readinto(buffer)
        begin, end = max(start, self._from), start + size
        if begin < end:
            memoryview(buffer).cast("B")[begin - start : size] = self._end[begin - self._from : end - self._from]
        return size

    def close(self) -> None:
        self._file.close()
        super().close()


def side_by_side(
    schema: pa.Schema, names: Sequence[str], some: Iterator[pa.RecordBatch], others: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Batches of the columns ``names`` in this order, of which some come from the one, and others, in other batches, from the other."""
    left: list[pa.RecordBatch | None] = [None, None]
    while True:
        for number, source in enumerate((some, others)):
            if left[number] is None or not left[number].num_rows:  # type: ignore[union-attr]
                left[number] = next((batch for batch in source if batch.num_rows), None)
        one, other = left
        if one is None or other is None:
            return
        rows = min(one.num_rows, other.num_rows)
        parts = [one.slice(0, rows), other.slice(0, rows)]
        left = [one.slice(rows), other.slice(rows)]
        columns = {name: part.column(place) for part in parts for place, name in enumerate(part.schema.names)}
        fields = [schema.field(name) for name in names]
        arrays = [
            columns[name] if columns[name].type == f.type else columns[name].cast(f.type) for name, f in zip(names, fields, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
