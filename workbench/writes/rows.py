"""Data on its way in: a schema and batches, taken once; or files that are written already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyiceberg.schema import Schema

from workbench.core.errors import InvalidInput
from workbench.lake.arrow import fit, to_batches

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.table.metadata import TableMetadata

    from workbench.lake.lake import Lake

__all__ = ["ParquetFiles", "Rows", "rows_of"]


@dataclass(frozen=True)
class Rows:
    """Arrow data of any size; a reader's batches are taken one by one and only once."""

    data: pa.Table | pa.RecordBatchReader

    @property
    def schema(self) -> pa.Schema:
        return self.data.schema

    def fitted(self, table: Schema, name: str) -> Iterator[pa.RecordBatch]:
        """The batches with a table's columns and types (:func:`workbench.lake.arrow.fit`)."""
        return fit(self.schema, table, name, to_batches(self.data))

    def written(self, lake: Lake, metadata: TableMetadata, name: str) -> tuple[DataFile, ...]:
        """The rows in files of the table, not yet committed."""
        return lake.write_files(metadata, self.fitted(metadata.schema(), name))


@dataclass(frozen=True)
class ParquetFiles:
    """Local Parquet files with field ids, which the lake may take as they are. ``schema`` says more than they do: descriptions."""

    schema: pa.Schema
    paths: tuple[Path, ...]

    def fitted(self, table: Schema, name: str) -> Iterator[pa.RecordBatch]:
        """Their rows with a table's columns and types."""
        return fit(self.schema, table, name, (batch for path in self.paths for batch in _batches(path)))

    def written(self, lake: Lake, metadata: TableMetadata, name: str) -> tuple[DataFile, ...]:
        """The files moved to the table's place, or written anew where they are not as the table wants them."""
        return lake.take_files(metadata, self.paths) or lake.write_files(metadata, self.fitted(metadata.schema(), name))


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        yield from file.iter_batches()


def rows_of(data: Any) -> Rows | ParquetFiles:
    """Arrow tables, batches, readers, and whatever hands out an Arrow stream (Polars, DuckDB, pandas).

    Raises
    ------
    InvalidInput
        It is none of these.
    """
    if isinstance(data, Rows | ParquetFiles):
        return data
    if isinstance(data, pa.Table | pa.RecordBatchReader):
        return Rows(data)
    if isinstance(data, pa.RecordBatch):
        return Rows(pa.Table.from_batches([data]))
    if hasattr(data, "__arrow_c_stream__"):
        return Rows(pa.RecordBatchReader.from_stream(data))
    raise InvalidInput(f"A {type(data).__name__} cannot be written to a dataset.", fix="Hand in an Arrow table or reader, or a data frame.")
