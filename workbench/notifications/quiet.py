"""Hours in which nothing is sent."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from workbench.core.clock import zone
from workbench.core.errors import InvalidInput

__all__ = ["checked_hours", "due"]


def checked_hours(start: str, end: str) -> tuple[str, str]:
    """Two times of day as ``HH:MM``.

    Raises
    ------
    InvalidInput
        One is none, or they are the same.
    """
    try:
        found = tuple(time.fromisoformat(each.strip()).strftime("%H:%M") for each in (start, end))
    except ValueError as error:
        raise InvalidInput("Quiet hours are two times of day.", fix="Such as 22:00 and 07:00.", field="start") from error
    if found[0] == found[1]:
        raise InvalidInput("Quiet hours begin and end at different times.", fix="Such as 22:00 and 07:00.", field="end")
    return found[0], found[1]


def due(at: datetime, quiet: tuple[str, str] | None, timezone: str) -> datetime:
    """When something of this moment may be sent: at once, or when the quiet hours end.

    >>> due(datetime(2026, 1, 1, 23, 30, tzinfo=UTC), ("22:00", "07:00"), "UTC").isoformat()
    '2026-01-02T07:00:00+00:00'
    >>> due(datetime(2026, 1, 1, 12, 0, tzinfo=UTC), ("22:00", "07:00"), "UTC").hour
    12
    """
    if quiet is None:
        return at
    here = at.astimezone(zone(timezone))
    start, end = (time.fromisoformat(each) for each in quiet)
    now = here.time().replace(tzinfo=None)
    inside = start <= now < end if start < end else now >= start or now < end
    if not inside:
        return at
    day = here.date() + timedelta(days=1 if now >= end else 0)
    return datetime.combine(day, end, here.tzinfo).astimezone(UTC)
