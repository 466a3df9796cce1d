"""Frames that are in memory already: pandas, polars, Arrow, and whatever else gives Arrow streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InvalidInput
from workbench.ingest.sources.base import Fetched

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["in_columns", "open_frame", "stream_of"]


def open_frame(data: Any, scratch: Path) -> Iterator[Fetched]:
    """The frame as an Arrow file in ``scratch``: the same rows make the same file, however they were cut into batches.

    Raises
    ------
    InvalidInput
        It is no frame.
    """
    from workbench.engines.spool import spool

    shown = f"{type(data).__module__.split('.')[0]} {type(data).__name__}"
    target = scratch / "frame.arrow"
    spool(stream_of(data), target)
    yield Fetched(target, shown, "frame", format="arrow")


def stream_of(data: Any) -> pa.RecordBatchReader:
    """Rows as an Arrow stream: a pyarrow table, batch, reader or dataset, a pandas or polars frame (lazy ones are collected), a mapping
    of columns, a list of row mappings, or anything with ``__arrow_c_stream__``.

    Raises
    ------
    InvalidInput
        It is none of these.
    """
    import pyarrow as pa

    if isinstance(data, pa.RecordBatchReader):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data]).to_reader()
    if isinstance(data, pa.Table):
        return data.to_reader()
    library = type(data).__module__.split(".")[0]
    try:
        if library == "pandas":
            return pa.Table.from_pandas(in_columns(data), preserve_index=False).to_reader()
        if library == "polars" and type(data).__name__ == "LazyFrame":
            data = data.collect()
        if library == "pyarrow" and hasattr(data, "scanner"):
            return data.scanner().to_reader()
        if hasattr(data, "__arrow_c_stream__"):
            return pa.RecordBatchReader.from_stream(data)
        if isinstance(data, Mapping):
            return pa.table(dict(data)).to_reader()
        if isinstance(data, Sequence) and data and all(isinstance(row, Mapping) for row in data):
            return pa.Table.from_pylist([dict(row) for row in data]).to_reader()
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, ValueError) as error:
        # Arrow's own words hold values, which may be personal.
        raise InvalidInput("The rows do not form a table.", fix="Give every column one type and one length.") from error
    raise InvalidInput(
        f"{type(data).__name__} is no source.",
        fix="Name a file, a folder, an address or a connection, or give a pandas, polars or Arrow frame.",
    )


def in_columns(frame: Any) -> Any:
    """A pandas frame or series with all its data in columns. A group-by's index is data to whoever made it; a plain 0..n index is not."""
    if type(frame).__name__ == "Series":
        frame = frame.to_frame(frame.name or "value")
    return frame.reset_index() if any(name is not None for name in frame.index.names) else frame
