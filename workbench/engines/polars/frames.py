"""Arrow to Polars and back, without a copy where the types allow it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    import polars as pl

__all__ = ["from_arrow", "is_frame", "to_arrow"]


def from_arrow(table: pa.Table) -> pl.DataFrame:
    """The table as a Polars frame with the same columns, in the same order.

    Raises
    ------
    MissingDependency
        Polars is not installed.
    """
    try:
        import polars as pl
    except ImportError as error:
        from workbench.core.errors import MissingDependency

        raise MissingDependency("Polars is not installed.", fix="pip install polars, or use .arrow() or .pandas().") from error
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def is_frame(value: Any) -> bool:
    """Whether a value is a Polars frame, eager or lazy; Polars is not imported for the question."""
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(value, polars.DataFrame | polars.LazyFrame)


def to_arrow(frame: Any) -> pa.Table:
    """An eager or lazy Polars frame as an Arrow table; a lazy one is collected."""
    eager = frame.collect() if hasattr(frame, "collect") else frame
    table: pa.Table = eager.to_arrow()
    return table
