"""Days and times beyond the years that people, Python and Iceberg's readers know: 1 to 9999. Set aside where they are few, else text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.engines.readers.column import SPARE
from workbench.engines.readers.nanoseconds import Settled
from workbench.engines.types import type_name

__all__ = ["Far", "beyond", "count_far", "has_years", "in_years", "settle_far", "written"]

_FIRST, _LAST = -719_162, 2_932_896  # days from 1970 on
_SECONDS = 86_400
_PARTS = {"s": 1, "ms": 1_000, "us": 1_000_000}  # of a second; nanoseconds reach from 1677 to 2262


@dataclass
class Far:
    """How many values of a column are there, and how many of them are beyond these years."""

    present: int = 0
    far: int = 0


def has_years(kind: pa.DataType) -> bool:
    """Whether values of a type may be beyond."""
    return bool(pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.unit in _PARTS))


def in_years(kind: pa.DataType, low: int, high: int) -> bool:
    """Whether two values, as numbers, are within these years."""
    day = _day(kind)
    return low >= _FIRST * day and high < (_LAST + 1) * day


def beyond(values: Any) -> Any | None:
    """Which days and times are beyond (an array of booleans); None: none is, or they are neither.

    >>> beyond(pa.array([0, 20_240_131, None], pa.int32()).view(pa.date32())).to_pylist()
    [False, True, False]
    """
    if not has_years(values.type):
        return None
    numbers = _numbers(values)
    ends = pc.min_max(numbers)
    low, high = ends["min"].as_py(), ends["max"].as_py()
    if low is None or in_years(values.type, low, high):
        return None
    day = _day(values.type)
    return pc.fill_null(pc.or_(pc.less(numbers, _FIRST * day), pc.greater_equal(numbers, (_LAST + 1) * day)), False)


def written(values: Any) -> Any:
    """Days and times as text, those beyond with years of as many digits as they need; those with a zone in UTC.

    >>> written(pa.array([20_240_131, -800_000], pa.int32()).view(pa.date32())).to_pylist()
    ['57385-08-06', '-0221-09-04']
    """
    day, numbers = _day(values.type), _numbers(values).to_pylist()
    zone = "Z" if pa.types.is_timestamp(values.type) and values.type.tz else ""
    with_time = pa.types.is_timestamp(values.type)
    return pa.array([None if number is None else _written(number, day, with_time) + zone for number in numbers], pa.string())


def count_far(batches: Iterable[pa.RecordBatch], width: int) -> list[Far]:
    """Of each column its values beyond."""
    found = [Far() for _ in range(width)]
    for batch in batches:
        for far, column in zip(found, batch.columns, strict=True):
            far.present += len(column) - column.null_count
            far.far += (pc.sum(mask).as_py() or 0) if (mask := beyond(column)) is not None else 0
    return found


def settle_far(settled: Settled, far: Mapping[int, Far], schema: pa.Schema, said: Mapping[int, str | None], tolerant: bool) -> Settled:
    """What else becomes of columns with values beyond (``far``, by place).

    Parameters
    ----------
    said
        The types that a person said.
    tolerant
        Whether rows may be set aside.
    """
    read, fit, told = dict(settled.read), dict(settled.fit), list(settled.told)
    for place, found in far.items():
        kind, name = schema.field(place).type, schema.field(place).name
        within = pa.date32() if pa.types.is_date(kind) else pa.timestamp("us", tz="UTC" if kind.tz else None)
        asked, usual = said.get(place), type_name(within)
        if not found.far or asked not in (None, usual):
            continue
        has = f"{found.far:,} of {found.present:,} values {'is' if found.far == 1 else 'are'} outside the years 1 to 9999"
        if asked == usual or (tolerant and found.far <= found.present * SPARE):
            fit[place] = within
            told.append(f"{name} is {usual}: {has}; such rows are set aside. Read as text, it keeps them.")
        else:
            read[place] = pa.string()
            told.append(f"{name} is text: {has}, which no {usual} can be. Read as {usual}, such rows are set aside.")
    return replace(settled, read=read, fit=fit, told=tuple(told))


def _day(kind: pa.DataType) -> int:
    """How many units a day has."""
    if pa.types.is_timestamp(kind):
        return _SECONDS * _PARTS[kind.unit]
    return 1 if pa.types.is_date32(kind) else _SECONDS * 1_000


def _numbers(values: Any) -> Any:
    return values.view(pa.int32() if pa.types.is_date32(values.type) else pa.int64())


def _written(number: int, day: int, with_time: bool) -> str:
    days, rest = divmod(number, day)
    year, month, of_month = _civil(days)
    text = f"{'-' if year < 0 else ''}{abs(year):04}-{month:02}-{of_month:02}"
    if not with_time:
        return text
    seconds, part = divmod(rest * 1_000_000 // (day // _SECONDS), 1_000_000)
    return f"{text} {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{part:06}"


def _civil(days: int) -> tuple[int, int, int]:
    """The day of the Gregorian calendar, however far (Howard Hinnant, chrono-Compatible Low-Level Date Algorithms)."""
    era, of_era = divmod(days + 719_468, 146_097)
    year_of_era = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1
