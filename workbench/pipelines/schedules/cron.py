"""Dates of a cron expression in a time zone.

What the five fields mean is croniter's; what a clock that is put forward or back does to them is said here. Python's own zones are asked,
so that the rules are those of the IANA database:

- **A time that there is not** (the hour left out in spring): a schedule at fixed hours is due when that hour ends, once. One whose hours
  begin with ``*`` runs by the time that passes, and has nothing to make up for.
- **A time that there is twice** (the hour repeated in autumn): a schedule at fixed hours is due the first time only, one whose hours begin
  with ``*`` both times.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from workbench.core.clock import zone
from workbench.core.errors import InvalidInput, InvalidSetting

__all__ = ["PRESETS", "Cron", "read_cron"]

#: What people say for the usual ones.
PRESETS = {
    "hourly": "0 * * * *",
    "daily": "0 6 * * *",
    "weekdays": "0 6 * * 1-5",
    "weekly": "0 6 * * 1",
    "monthly": "0 6 1 * *",
    "quarterly": "0 6 1 1,4,7,10 *",
    "yearly": "0 6 1 1 *",
}

_FIELDS = 5
_CHARACTERS = re.compile(r"[0-9a-zA-Z*,/#\-]+\Z")
_NAMES = re.compile(r"[a-z]+", re.IGNORECASE)
_WORDS = {*(name[:3].lower() for names in (calendar.month_name[1:], calendar.day_name) for name in names), "l"}
_LONGEST = 500  # characters: it is read anew for each date
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
_HOW = "Five fields: minute, hour, day of month, month, day of week, such as '0 6 * * 1-5'; or one of " + ", ".join(PRESETS) + "."


class Cron:
    """One expression in one zone. ``text`` has its five fields with single spaces.

    Examples
    --------
    >>> cron = read_cron("weekdays", "Europe/Athens")
    >>> [str(moment)[:16] for moment in cron.first(2, datetime(2026, 11, 20, 12, tzinfo=UTC))]
    ['2026-11-23 04:00', '2026-11-24 04:00']
    """

    def __init__(self, text: str, place: ZoneInfo) -> None:
        self.text, self.zone = text, place
        self._by_elapsed = text.split()[1].startswith("*")

    def after(self, moment: datetime) -> Iterator[datetime]:
        """The dates after a moment, in order, in UTC. Ends where there are none."""
        while (found := self._next(moment)) is not None:
            yield found
            moment = found

    def first(self, count: int, after: datetime) -> tuple[datetime, ...]:
        """As many dates after a moment."""
        return tuple(found for _, found in zip(range(count), self.after(after), strict=False))

    def between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """The dates from one moment to another, both included."""
        for found in self.after(start - _SECOND):
            if found > end:
                return
            yield found

    def newest(self, count: int, start: datetime, end: datetime) -> tuple[list[datetime], bool]:
        """Of the dates from one moment to another the newest in order, at least so many if there are; and whether these are all. Of years
        of minutes not each is reckoned."""
        width = _DAY
        while True:
            since = max(start, end - width)
            found = list(self.between(since, end))
            if len(found) >= count or since == start:
                return found, since == start
            width *= 4

    def _next(self, moment: datetime) -> datetime | None:
        return self._elapsed(moment) if self._by_elapsed else self._fixed(moment)

    def _fixed(self, moment: datetime) -> datetime | None:
        # Each time on the wall is one moment, and later ones are later moments: the first that is still to come is the next.
        wall = self._on_the_wall(_wall(moment, self.zone))
        while wall is not None:
            found = self._moment(wall)
            if found > moment:
                return found
            wall = self._on_the_wall(wall)
        return None

    def _elapsed(self, moment: datetime) -> datetime | None:
        since, offset = moment, self._offset(moment)
        while (wall := self._on_the_wall(moment.replace(tzinfo=None) + offset)) is not None:
            found = (wall - offset).replace(tzinfo=UTC)
            change = self._change(since, min(found, since + _DAY))
            if change is None:
                if found <= since + _DAY:
                    return found
                found = self._moment(wall)
                if _wall(found, self.zone) == wall:
                    return found
                change = found
            # From there on the clock says something else; a date may be at that very moment.
            moment, since, offset = change - _SECOND, change, self._offset(change)
        return None

    def _offset(self, moment: datetime) -> timedelta:
        return moment.astimezone(self.zone).utcoffset() or timedelta(0)

    def _change(self, start: datetime, end: datetime) -> datetime | None:
        """When the clock is changed after a moment and not after another, a day later at most; None where it is not."""
        before = self._offset(start)
        if self._offset(end) == before:
            return None
        low, high = start, end
        while high - low > _SECOND:
            middle = low + (high - low) / 2
            low, high = (middle, high) if self._offset(middle) == before else (low, middle)
        return high.replace(microsecond=0)

    def _on_the_wall(self, wall: datetime) -> datetime | None:
        """The next time after one, as a clock shows it that is never changed."""
        from croniter import CroniterBadDateError, croniter

        try:
            found: datetime = croniter(self.text, wall).get_next(datetime)
        except (CroniterBadDateError, OverflowError, ValueError):
            return None
        return found

    def _moment(self, wall: datetime) -> datetime:
        """When the clock shows a time first; where it never does, when it first shows a later one."""
        found = wall.replace(tzinfo=self.zone, fold=0).astimezone(UTC)
        if _wall(found, self.zone) == wall:
            return found
        # With the offset from before the gap it is after the gap, with the one from after it is before.
        return self._change(wall.replace(tzinfo=self.zone, fold=1).astimezone(UTC), found) or found


def read_cron(text: str, timezone: str) -> Cron:
    """Read an expression or the name of a preset.

    Raises
    ------
    InvalidInput
        It is none, its date never comes, or there is no such time zone; ``field`` of the details says which of them.
    """
    try:
        place = zone(timezone)
    except InvalidSetting as error:
        raise InvalidInput(error.message, fix=error.fix, field="timezone") from error
    if len(text) > _LONGEST:
        raise InvalidInput(f"A cron expression has at most {_LONGEST} characters.", fix=_HOW, field="cron")
    said = PRESETS.get(text.strip().lower().removeprefix("@"), text)
    fields = said.split()
    wrong = InvalidInput(f"{text!r} is not a cron expression.", fix=_HOW, field="cron")
    if len(fields) != _FIELDS or not all(map(_CHARACTERS.match, fields)):
        raise wrong
    if any(word.lower() not in _WORDS for word in _NAMES.findall(said)):
        raise wrong  # croniter draws lots for R, and takes H for a hash
    from croniter import croniter

    if not croniter.is_valid(said):
        raise wrong
    cron = Cron(" ".join(fields), place)
    if cron._on_the_wall(datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)) is None:
        raise InvalidInput(f"The date of {text!r} never comes.", fix="Check the day and the month.", field="cron")
    return cron


def _wall(moment: datetime, place: ZoneInfo) -> datetime:
    """What a clock there shows at a moment."""
    return moment.astimezone(place).replace(tzinfo=None, fold=0)
