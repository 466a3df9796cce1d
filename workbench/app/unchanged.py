"""Which columns of a table that is written are those of a dataset that was read in this process, untouched: they share their memory, which
Arrow never changes. Of whatever else (a frame of pandas or polars, a value that was calculated) that is not known."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.lake.arrow import arrow_schema
from workbench.lineage.origins import Copies, Copy

if TYPE_CHECKING:
    from pyiceberg.schema import Schema

    from workbench.lake import ReadPlan

__all__ = ["Given", "fitting"]

_MOST = 64  # tables that were handed out last

#: Where the values of a column lie; None of one that has none, or whose values lie elsewhere.
_Memory = tuple[Any, ...] | None


class Given:
    """Knows the tables that were handed out, as long as somebody holds them. Thread-safe."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._tables: deque[tuple[weakref.ref[pa.Table], dict[str, Copy]]] = deque(maxlen=_MOST)

    def remember(self, table: pa.Table, plan: ReadPlan, masked: Collection[str]) -> None:
        """A table with the rows of a dataset; ``masked`` are its columns that do not hold the dataset's own values."""
        ids = {column.name: column.field_id for column in plan.columns}
        uuid = plan.ref.table_uuid
        columns = {name: Copy(uuid, name, ids[name]) for name in table.column_names if name in ids and name not in masked}
        with self._guard:
            self._tables.append((weakref.ref(table), columns))

    def copies(self, table: pa.Table) -> Copies:
        """Of each column of a table that is one of those what it is a copy of."""
        known: dict[_Memory, list[tuple[int, Copy]]] = {}
        with self._guard:
            given = [(there, columns) for table_, columns in self._tables if (there := table_()) is not None]
        # A column that shares its memory with two of those is not known to be either.
        for read, (there, columns) in enumerate(given):
            for name, copy in columns.items():
                known.setdefault(_memory(there.column(name)), []).append((read, copy))
        known.pop(None, None)
        found: dict[str, tuple[int, Copy]] = {}
        names = table.column_names
        for name, column in zip(names, table.columns, strict=True) if known and len(set(names)) == len(names) else ():
            if len(sources := known.get(_memory(column), [])) == 1:
                found[name] = sources[0]
        whole = len(found) == table.num_columns and len({read for read, _ in found.values()}) == 1
        return {name: copy._replace(rows=whole) for name, (_, copy) in found.items()}


def _memory(column: pa.ChunkedArray) -> _Memory:
    parts = [
        (chunk.offset, len(chunk), tuple((buffer.address, buffer.size) if buffer is not None else None for buffer in chunk.buffers()))
        for chunk in column.chunks
        if len(chunk)
    ]
    if pa.types.is_dictionary(column.type) or not parts or not all(any(buffers) for _, _, buffers in parts):
        return None
    return (str(column.type), *parts)


def fitting(copies: Copies, table: pa.Table, schema: Schema) -> Copies:
    """Those that stay as they are on their way into a dataset's columns: a value that is converted is another one."""
    there = arrow_schema(schema)
    ids = {field.name: field.field_id for field in schema.fields}
    fits = [name for name in copies if name in ids and there.field(name).type == table.schema.field(name).type]
    return {name: copies[name]._replace(into=ids[name], rows=copies[name].rows and len(fits) == len(copies)) for name in fits}
