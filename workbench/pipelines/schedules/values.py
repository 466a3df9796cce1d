"""What a date gives to the parameters of its run: ``{{ schedule.date }}`` and the like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workbench.core.errors import InvalidInput, nearest

__all__ = ["FACTS", "filled_in"]

_REFERENCE = re.compile(r"\{\{\s*schedule\.(\w+)\s*(?:([+-])\s*(\d{1,5})\s*([dwh]))?\s*\}\}")
_UNITS = {"d": "days", "w": "weeks", "h": "hours"}
_DATES = ("date", "time")
#: What an event adds.
FACTS = ("dataset", "file", "run")
_SHOWN = "{{ schedule.date }}, {{ schedule.date - 1d }}, {{ schedule.time }}"


def filled_in(params: Mapping[str, Any], due: datetime, zone: ZoneInfo, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of the run that is due at a moment, by the clock of the schedule's zone.

    ``date`` is the day there (2026-01-31), ``time`` the moment with its offset; days, weeks or hours may be added or taken away. Of an
    event ``dataset``, ``file`` or ``run`` say what it was about.

    >>> from datetime import UTC
    >>> filled_in({"day": "{{ schedule.date - 1d }}"}, datetime(2026, 3, 1, 3, tzinfo=UTC), ZoneInfo("Europe/Athens"), {})
    {'day': '2026-02-28'}

    Raises
    ------
    InvalidInput
        A value names what there is not.
    """
    return {name: _filled(name, value, due, zone, facts) if isinstance(value, str) else value for name, value in params.items()}


def _filled(name: str, value: str, due: datetime, zone: ZoneInfo, facts: Mapping[str, Any]) -> str:
    def put(found: re.Match[str]) -> str:
        word, sign, count, unit = found.groups()
        if word in _DATES:
            local = due.astimezone(zone)
            if sign and unit == "h":  # hours pass, whatever the clock is put to
                local = (due + timedelta(hours=int(sign + count))).astimezone(zone)
            elif sign:
                local += timedelta(**{_UNITS[unit]: int(sign + count)})
            return local.date().isoformat() if word == "date" else local.isoformat()
        if word in facts and not sign:
            return str(facts[word])
        close = nearest(word, (*_DATES, *FACTS))
        fix = f"Did you mean {close!r}?" if close and close != word else f"For example {_SHOWN}; on an event also {', '.join(FACTS)}."
        raise InvalidInput(f"Parameter {name!r} asks for schedule.{word}, which there is not.", fix=fix, parameter=name, field="params")

    done = _REFERENCE.sub(put, value)
    if "{{" in done and "{{" in value:
        raise InvalidInput(
            f"Parameter {name!r} is {value!r}.", fix=f"What a date gives is written {_SHOWN}.", parameter=name, field="params"
        )
    return done
