"""A cron expression as a sentence."""

from __future__ import annotations

import calendar

__all__ = ["in_words"]

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("", *calendar.month_name[1:])
_ORDINAL = ("", "first", "second", "third", "fourth", "fifth")
_SHORT = {name[:3].lower(): str(number) for names, start in ((_DAYS[:7], 0), (_MONTHS[1:], 1)) for number, name in enumerate(names, start)}
_MOST_TIMES = 4


def in_words(text: str, timezone: str) -> str:
    """What five valid fields say, in English.

    >>> in_words("0 6 * * 1-5", "Europe/Athens")
    'At 06:00 on Monday to Friday, Europe/Athens'
    >>> in_words("*/15 * * * *", "UTC")
    'Every 15 minutes, UTC'
    >>> in_words("30 2 1,15 * fri", "UTC")
    'At 02:30 on day 1 or 15 of the month or on Friday, UTC'
    >>> in_words("0 0 l * *", "UTC")
    'At 00:00 on the last day of the month, UTC'
    """
    minute, hour, day, month, weekday = text.lower().split()
    days = " or ".join(filter(None, (_days(day), _weekdays(weekday))))
    months = "" if month == "*" else f" in {_listed(month, _MONTHS, 'month')}"
    return f"{_time(minute, hour)}{' ' if days else ''}{days}{months}, {timezone}"


def _time(minute: str, hour: str) -> str:
    if minute.isdigit() and (hours := _numbers(hour)) is not None and len(hours) <= _MOST_TIMES:
        return f"At {_joined([f'{each:02}:{int(minute):02}' for each in hours], 'and')}"
    if minute == "*":
        said = "Every minute"
    elif minute.startswith("*/"):
        said = f"Every {_counted(minute[2:], 'minute')}"
    else:
        said = "On the hour" if minute == "0" else f"At {'minute ' if minute[0].isdigit() else ''}{_listed(minute, (), 'minute', 'and')}"
    if hour == "*":
        return "Every hour" if minute == "0" else said if minute.startswith("*") else f"{said} of every hour"
    if hour.startswith("*/"):
        return f"{'' if minute == '0' else said + ' of e'}{'E' if minute == '0' else ''}very {_counted(hour[2:], 'hour')}"
    return f"{said}, {'hour ' if hour[0].isdigit() and '/' not in hour else ''}{_listed(hour, (), 'hour', 'and')}"


def _days(field: str) -> str:
    if field == "*":
        return ""
    if field == "l":
        return "on the last day of the month"
    return f"on {'day ' if field[0].isdigit() else ''}{_listed(field, (), 'day').replace('l', 'the last')} of the month"


def _weekdays(field: str) -> str:
    return "" if field == "*" else f"on {_listed(field, _DAYS, 'day of the week')}"


def _listed(field: str, names: tuple[str, ...], unit: str, last: str = "or") -> str:
    return _joined([_part(each, names, unit) for each in field.split(",")], last)


def _part(part: str, names: tuple[str, ...], unit: str) -> str:
    span, _, step = part.partition("/")
    if "#" in span:
        day, _, which = span.partition("#")
        said = f"the {_ORDINAL[int(which)]} {_named(day, names)} of the month"
    elif span != "l" and span.startswith("l"):
        said = f"the last {_named(span[1:], names)} of the month"
    else:
        said = " to ".join(_named(each, names) for each in span.split("-"))
    if not step:
        return said
    every = f"every {_counted(step, unit)}"
    return every if span == "*" else f"{every} from {said}"


def _named(word: str, names: tuple[str, ...]) -> str:
    number = _SHORT.get(word, word)
    return names[int(number)] if names and number.isdigit() else word


def _counted(count: str, unit: str) -> str:
    return unit if count == "1" else f"{count} {unit}s".replace("day of the weeks", "days of the week")


def _numbers(field: str) -> list[int] | None:
    parts = field.split(",")
    return sorted(map(int, parts)) if all(part.isdigit() for part in parts) else None


def _joined(parts: list[str], last: str) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"
