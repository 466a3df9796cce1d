"""What a schedule is."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from workbench.core.records import Record
from workbench.runs.records import RunStatus

__all__ = ["Backfill", "BackfillPreview", "Definition", "Misfire", "Overlap", "Schedule", "ScheduleDate", "SchedulePreview"]

#: What becomes of dates that came while no worker was there: none of them is made up for, the newest once, or each of them.
Misfire = Literal["skip", "once", "all"]

#: What becomes of a date that comes while the run before it goes on: it is passed over, it waits, both run, the earlier is cancelled.
Overlap = Literal["skip", "queue", "allow", "cancel"]


class Definition(Record):
    """When a pipeline runs by itself, and how: by ``cron`` in a time zone, or ``on`` an event. ``misfire_age``: dates that are older (in
    seconds) are not made up for. ``reach`` is how far who made it reaches among files."""

    cron: str | None = None
    on: str | None = None
    timezone: str = "UTC"
    params: dict[str, Any] = {}
    misfire: Misfire = "once"
    misfire_age: float | None = None
    overlap: Overlap = "skip"
    reach: Literal["machine", "workspace"] = "workspace"


class ScheduleDate(Record):
    """What became of one date, or event. ``series`` is empty, or the backfill's id."""

    due: datetime
    state: Literal["waiting", "started", "skipped"]
    series: str = ""
    run_id: str | None = None
    status: RunStatus | None = None
    note: str | None = None


class Schedule(Record):
    """A schedule as it stands. ``words`` says when in a sentence, ``next`` the next dates (none while it is paused, or on an event),
    ``version`` what it would run, ``last`` its newest date, ``recent`` the newest eight, ``problem`` why its dates do not run, where they
    do not."""

    id: str
    name: str
    pipeline: str
    definition: Definition
    words: str
    owner: str
    paused: bool
    made_at: datetime
    changed_at: datetime
    next: tuple[datetime, ...] = ()
    version: int | None = None
    last: ScheduleDate | None = None
    recent: tuple[ScheduleDate, ...] = ()
    problem: str | None = None


class SchedulePreview(Record):
    """What an expression says, in words and as dates."""

    cron: str
    timezone: str
    words: str
    dates: tuple[datetime, ...]
    preset: str | None = None


class Backfill(Record):
    """A range of a schedule's dates that are run later, at most ``at_once`` of them at a time. ``total`` dates, of which so many were
    passed over (``skipped``: they had succeeded), run now, or have ended."""

    id: str
    schedule: str
    start: datetime
    end: datetime
    at_once: int
    again: bool
    by: str
    made_at: datetime
    state: Literal["running", "done", "cancelled"]
    total: int
    left: int
    running: int
    succeeded: int
    failed: int
    skipped: int
    note: str | None = None


class BackfillPreview(Record):
    """What a backfill of a range would run: of its ``total`` dates ``skipped`` are left out, as they have succeeded; ``dates`` are the
    first hundred of the others."""

    start: datetime
    end: datetime
    total: int
    skipped: int
    dates: tuple[datetime, ...]
