"""Days and times beyond the years that people, Python and Iceberg's readers know: 1 to 9999. Set aside where they are few, else text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.engines.calendar import as_numbers, beyond, in_a_day
from workbench.engines.readers.column import SPARE
from workbench.engines.readers.nanoseconds import Settled
from workbench.engines.types import type_name

__all__ = ["settle_far", "written"]

_SECONDS = 86_400  # of a day


@dataclass
class _Far:
    """How many values of a column are there, and how many of them are beyond these years."""

    present: int = 0
    far: int = 0


def written(values: Any) -> Any:
    """Days and times as text, those beyond with years of as many digits as they need; those with a zone in UTC.

    >>> written(pa.array([20_240_131, -800_000], pa.int32()).view(pa.date32())).to_pylist()
    ['57385-08-06', '-0221-09-04']
    """
    day, numbers = in_a_day(values.type), as_numbers(values).to_pylist()
    zone = "Z" if pa.types.is_timestamp(values.type) and values.type.tz else ""
    with_time = pa.types.is_timestamp(values.type)
    return pa.array([None if number is None else _written(number, day, with_time) + zone for number in numbers], pa.string())


def settle_far(
    settled: Settled,
    places: Sequence[int],
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    said: Mapping[int, str | None],
    tolerant: bool,
) -> Settled:
    """What else becomes of the columns at these places, of which some values may be beyond.

    Parameters
    ----------
    batches
        The columns at these places, in that order.
    said
        The types that a person said.
    tolerant
        Whether rows may be set aside.
    """
    read, fit, told = dict(settled.read), dict(settled.fit), list(settled.told)
    for place, found in zip(places, _counted(batches, len(places)), strict=True):
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


def _counted(batches: Iterable[pa.RecordBatch], width: int) -> list[_Far]:
    found = [_Far() for _ in range(width)]
    for batch in batches:
        for far, column in zip(found, batch.columns, strict=True):
            far.present += len(column) - column.null_count
            far.far += (pc.sum(mask).as_py() or 0) if (mask := beyond(column)) is not None else 0
    return found


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
