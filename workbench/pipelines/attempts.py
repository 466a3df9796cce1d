"""How often a step is tried, how long an attempt may take, and how long is waited before the next."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from workbench.pipelines.file import File

__all__ = ["LONGEST_WAIT", "attempt_fields", "seconds_of", "wait_before"]

LONGEST_WAIT = timedelta(hours=1).total_seconds()
_MOST_RETRIES = 100
_LONGEST = timedelta(days=30).total_seconds()
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"^(\d+(?:\.\d+)?)\s*([smhd]?)\Z")


def seconds_of(value: Any) -> float | None:
    """Seconds of a number, or of a text such as ``90s``, ``15m``, ``2h``, ``1d``; None where it is no duration above zero, or one of more
    than 30 days.

    >>> seconds_of("15m"), seconds_of(2.5), seconds_of("soon"), seconds_of(0)
    (900.0, 2.5, None, None)
    """
    found = None if isinstance(value, bool) else _DURATION.match(str(value).strip())
    seconds = float(found[1]) * _UNITS.get(found[2], 1) if found else 0.0
    return seconds if 0 < seconds <= _LONGEST else None


def wait_before(attempt: int, first: float) -> float:
    """Seconds between the failure of the attempt before and this one (2 or more): doubled each time, at most an hour.

    >>> [wait_before(attempt, 10.0) for attempt in (2, 3, 4, 20)]
    [10.0, 20.0, 40.0, 3600.0]
    """
    return float(min(first * 2.0 ** min(attempt - 2, 64), max(first, LONGEST_WAIT)))


def attempt_fields(file: File, entry: dict[str, Any], field: str) -> dict[str, Any]:
    """``retries``, ``retry_wait`` and ``timeout`` of a step, checked."""
    found: dict[str, Any] = {}
    retries = entry.get("retries")
    if retries is not None:
        if isinstance(retries, bool) or not isinstance(retries, int) or not 0 <= retries <= _MOST_RETRIES:
            raise file.wrong(f"{field}.retries", f"is {retries!r}", f"A whole number, from 0 to {_MOST_RETRIES}.")
        found["retries"] = retries
    for name in ("retry_wait", "timeout"):
        if entry.get(name) is not None:
            seconds = seconds_of(entry[name])
            if seconds is None:
                raise file.wrong(f"{field}.{name}", f"is {entry[name]!r}", "A duration such as 30s, 15m, 2h, 1d, at most 30 days.")
            found[name] = seconds
    if "retry_wait" in found and not retries:
        raise file.wrong(f"{field}.retry_wait", "stands without retries", "Add `retries: 3`, or leave it out.")
    return found
