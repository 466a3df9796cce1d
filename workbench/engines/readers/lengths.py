"""Lengths of time, of which a table has no type: seconds."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["in_seconds", "said_of_length"]

_IN_A_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def in_seconds(values: Any) -> Any:
    """Durations as doubles.

    >>> in_seconds(pa.array([1500, None], pa.duration("ms"))).to_pylist()
    [1.5, None]
    """
    return pc.divide(values.cast(pa.int64()).cast(pa.float64(), safe=False), float(_IN_A_SECOND[values.type.unit]))


def said_of_length(name: str) -> str:
    """What is told of a column that holds them."""
    return f"{name} has lengths of time, kept in seconds: 30:00:00 is 108000."
