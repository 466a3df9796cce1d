"""Time: UTC inside, IANA zones at the edges."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workbench.core.errors import InvalidSetting

__all__ = ["ago", "from_iso", "from_ms", "iso", "now", "zone"]


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds and ``Z``; sorts as text in time order.

    >>> iso(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    '2026-01-02T03:04:05.000000Z'
    """
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no place inside; attach a zone at the edge it came from")
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def from_iso(text: str) -> datetime:
    """The moment written by :func:`iso` (any offset is accepted), in UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    return moment.astimezone(UTC)


def from_ms(milliseconds: int) -> datetime:
    """Unix milliseconds (Iceberg's unit) as a moment in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def zone(name: str) -> ZoneInfo:
    """An IANA zone by name.

    Raises
    ------
    InvalidSetting
        There is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidSetting(f"There is no time zone {name!r}.", fix="Use an IANA name such as 'Europe/Athens' or 'UTC'.") from error


_SOON = 0.02  # of a unit
_UNITS = ((365 * 86400, "year"), (30 * 86400, "month"), (7 * 86400, "week"), (86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def ago(moment: datetime, reference: datetime | None = None) -> str:
    """A moment in words, relative to now.

    >>> ago(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC))
    '2 days ago'
    >>> ago(datetime(2026, 4, 2, 23, 50, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC))
    'in 3 months'
    """
    seconds = int(((reference or now()) - moment).total_seconds())
    if abs(seconds) < 5:
        return "just now"
    for size, unit in _UNITS:
        # What ends in 90 days from now ends in 3 months a minute later, too.
        count = int(abs(seconds) / size + (_SOON if seconds < 0 else 0))
        if count:
            words = f"{count} {unit}{'s' if count > 1 else ''}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now"
