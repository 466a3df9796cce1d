"""A range of dates, as people write it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from workbench.core.clock import zone
from workbench.core.errors import InvalidInput

__all__ = ["range_of"]


def range_of(start: str, end: str, timezone: str) -> tuple[datetime, datetime]:
    """From the first moment of a day, or a moment, to the last of another, by the clock of a zone.

    >>> [str(each)[:19] for each in range_of("2026-03-28", "2026-03-29", "Europe/Athens")]
    ['2026-03-27 22:00:00', '2026-03-29 20:59:59']

    Raises
    ------
    InvalidInput
        One of them is neither.
    """
    return _moment(start, "start", timezone, time.min), _moment(end, "end", timezone, time.max)


def _moment(text: str, field: str, timezone: str, of_day: time) -> datetime:
    try:
        found = datetime.combine(date.fromisoformat(text), of_day) if len(text) == len("2026-01-31") else datetime.fromisoformat(text)
        local = found if found.tzinfo is not None else found.replace(tzinfo=zone(timezone))
        return local.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"{text!r} is no day.", fix="Such as 2026-01-31, or 2026-01-31T06:00.", field=field) from error
