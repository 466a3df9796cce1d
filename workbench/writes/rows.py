"""Data on its way in: a schema and batches, taken once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyiceberg.schema import Schema

from workbench.core.errors import InvalidInput
from workbench.lake.arrow import fit, to_batches

__all__ = ["Rows", "rows_of"]


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


def rows_of(data: Any) -> Rows:
    """Arrow tables, batches, readers, and whatever hands out an Arrow stream (Polars, DuckDB, pandas).

    Raises
    ------
    InvalidInput
        It is none of these.
    """
    if isinstance(data, Rows):
        return data
    if isinstance(data, pa.Table | pa.RecordBatchReader):
        return Rows(data)
    if isinstance(data, pa.RecordBatch):
        return Rows(pa.Table.from_batches([data]))
    if hasattr(data, "__arrow_c_stream__"):
        return Rows(pa.RecordBatchReader.from_stream(data))
    raise InvalidInput(f"A {type(data).__name__} cannot be written to a dataset.", fix="Hand in an Arrow table or reader, or a data frame.")
