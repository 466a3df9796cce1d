"""Parquet files of the lake's own kind, of tables that come one after the other."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

__all__ = ["Files"]

_ROWS = 122_880  # of a group: what readers take at once
_GROUP = 32 << 20  # bytes of them that are held at most
_SEEN = 20_000  # rows that tell whether a column's values come again
_OFTEN = 3  # times that each does in them
_VERY_OFTEN = 100  # the same of whole numbers, whose differences are sooner written than a dictionary


class Files:
    """Files ``STEM-000.parquet`` and so on, a new one where the last has grown to ``file_mb``; complete once the block is left."""

    def __init__(self, stem: Path, file_mb: int) -> None:
        self._stem, self._most = stem, file_mb << 20
        self._sink: pa.NativeFile | None = None
        self._writer: pq.ParquetWriter | None = None
        self._paths: list[Path] = []
        self._waiting: list[pa.Table] = []

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(self._paths)

    def __enter__(self) -> Files:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self._put()
        self._close()

    def write(self, table: pa.Table) -> None:
        """Append the rows."""
        self._waiting.append(table)
        if sum(table.num_rows for table in self._waiting) >= _ROWS or sum(table.nbytes for table in self._waiting) >= _GROUP:
            self._put()

    def _put(self) -> None:
        """Write what waits, in groups of its own."""
        table = pa.concat_tables(self._waiting) if self._waiting else None
        self._waiting = []
        if table is None or not table.num_rows:
            return
        if self._sink is None or self._sink.tell() >= self._most:
            self._close()
            self._begin(table)
        assert self._writer is not None
        groups = max(1, round(table.num_rows / _ROWS))
        self._writer.write_table(table, row_group_size=-(-table.num_rows // groups))

    def _begin(self, table: pa.Table) -> None:
        path = self._stem.with_name(f"{self._stem.name}-{len(self._paths):03}.parquet")
        often = [name for name in table.column_names if _comes_often(table.column(name))]
        self._sink = pa.OSFile(str(path), "wb")
        self._paths.append(path)
        self._writer = pq.ParquetWriter(
            self._sink,
            table.schema,
            compression="snappy",
            use_dictionary=often,
            # Whole numbers as differences, texts apart from their lengths: smaller, and quicker to write and to read.
            column_encoding={field.name: _encoding(field.type) for field in table.schema if field.name not in often},
            store_decimal_as_integer=True,
            store_schema=False,
        )

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._sink is not None:
            self._sink.close()
        self._writer = self._sink = None


def _comes_often(column: pa.ChunkedArray) -> bool:
    some = column.slice(0, _SEEN)
    times = _VERY_OFTEN if _encoding(column.type) == "DELTA_BINARY_PACKED" else _OFTEN
    return pa.types.is_boolean(column.type) is False and pc.count_distinct(some, mode="all").as_py() * times <= len(some)


def _encoding(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind) or pa.types.is_temporal(kind) or (pa.types.is_decimal(kind) and kind.precision <= 18):
        return "DELTA_BINARY_PACKED"
    return "DELTA_LENGTH_BYTE_ARRAY" if pa.types.is_string(kind) else "PLAIN"
