"""What every reader gives: a schema and batches that can be read again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

__all__ = ["Request", "Source"]


@dataclass(frozen=True)
class Request:
    """A file to read.

    ``path`` is where the content lies, ``shown`` what the person calls it (errors name that), ``scratch`` a folder for
    temporary files that the caller removes, ``sheet`` an Excel sheet's name. ``target`` holds the types of the columns of a
    table that is there already: where the file leaves a choice, they decide.
    """

    path: Path
    shown: str
    scratch: Path
    target: Mapping[str, pa.DataType]
    sheet: str | None = None


@dataclass(frozen=True)
class Source:
    """A file that has been looked at in full (or describes itself). ``schema`` has the names and types as they will be;
    ``originals`` what a column was called in the file, where that is something else; ``batches()`` gives the rows, in
    order, without holding more than a few batches in memory."""

    format: str
    schema: pa.Schema
    batches: Callable[[], Iterator[pa.RecordBatch]]
    originals: Mapping[str, str]
    warnings: tuple[str, ...] = ()

    def reader(self) -> pa.RecordBatchReader:
        """The rows as an Arrow stream."""
        return pa.RecordBatchReader.from_batches(self.schema, self.batches())
