"""The years that people, Python and Iceberg's readers know: 1 to 9999. Arrow's days and times reach far beyond."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["FIRST", "LAST", "as_numbers", "beyond", "has_years", "in_a_day", "in_years"]

#: The first and the last day, counted from 1970.
FIRST, LAST = -719_162, 2_932_896
_SECONDS = 86_400
_PARTS = {"s": 1, "ms": 1_000, "us": 1_000_000}  # of a second; nanoseconds reach from 1677 to 2262


def has_years(kind: pa.DataType) -> bool:
    """Whether values of a type may be beyond."""
    return bool(pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.unit in _PARTS))


def in_a_day(kind: pa.DataType) -> int:
    """How many units of such a type a day has."""
    if pa.types.is_timestamp(kind):
        return _SECONDS * _PARTS[kind.unit]
    return 1 if pa.types.is_date32(kind) else _SECONDS * 1_000


def in_years(kind: pa.DataType, low: int, high: int) -> bool:
    """Whether two values, as numbers, are within these years.

    >>> in_years(pa.date32(), -719_162, 2_932_896), in_years(pa.timestamp("s"), 0, 2_932_897 * 86_400)
    (True, False)
    """
    day = in_a_day(kind)
    return low >= FIRST * day and high < (LAST + 1) * day


def beyond(values: Any) -> Any | None:
    """Which days and times are beyond (an array of booleans); None: none is, or they are neither.

    >>> beyond(pa.array([0, 20_240_131, None], pa.int32()).view(pa.date32())).to_pylist()
    [False, True, False]
    """
    if not has_years(values.type):
        return None
    numbers = as_numbers(values)
    ends = pc.min_max(numbers)
    low, high = ends["min"].as_py(), ends["max"].as_py()
    if low is None or in_years(values.type, low, high):
        return None
    day = in_a_day(values.type)
    return pc.fill_null(pc.or_(pc.less(numbers, FIRST * day), pc.greater_equal(numbers, (LAST + 1) * day)), False)


def as_numbers(values: Any) -> Any:
    """Days and times as they are stored."""
    return values.view(pa.int32() if pa.types.is_date32(values.type) else pa.int64())
