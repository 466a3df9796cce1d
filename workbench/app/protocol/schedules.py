"""When pipelines run by themselves."""

from __future__ import annotations

from typing import Annotated, Any, Protocol

from pydantic import Field

from workbench.app.protocol.limits import Count
from workbench.app.verbs import verb
from workbench.pipelines.schedules.records import Backfill, BackfillPreview, Misfire, Overlap, Schedule, ScheduleDate, SchedulePreview
from workbench.runs.records import Run

__all__ = ["ScheduleVerbs"]

_Dates = Annotated[int, Field(ge=1, le=100)]
_AtOnce = Annotated[int, Field(ge=1, le=100)]


class ScheduleVerbs(Protocol):
    @verb("GET", "/schedules")
    def list(self, pipeline: str | None = None) -> tuple[Schedule, ...]:
        """Schedules of all pipelines, or of one."""

    @verb("POST", "/schedules")
    def add(
        self,
        pipeline: str,
        cron: str | None = None,
        name: str | None = None,
        on: str | None = None,
        timezone: str | None = None,
        params: dict[str, Any] | None = None,
        misfire: Misfire = "once",
        misfire_age: str | None = None,
        overlap: Overlap | None = None,
        paused: bool = False,
        replace: bool = False,
    ) -> Schedule:
        """Run a pipeline's published version (or a notebook, named by its path, as it is now) by itself: at the times of ``cron`` (five
        fields, or daily, weekdays, ...), or ``on`` an event: ``dataset:NAME``, ``file:FOLDER``, ``pipeline:NAME:failed``,
        ``freshness:NAME:24h``. It runs with the rights that who makes it has on the day; where nothing is published, the present state
        is."""

    @verb("POST", "/schedules/preview", safe=True)
    def preview(self, cron: str, timezone: str | None = None, count: _Dates = 10) -> SchedulePreview:
        """What an expression says, in a sentence and as its next dates."""

    @verb("GET", "/schedule-presets")
    def presets(self) -> tuple[SchedulePreview, ...]:
        """The usual expressions by name, each with its next date."""

    @verb("GET", "/schedules/{name}")
    def get(self, name: str) -> Schedule:
        """One schedule: when in words, its next ten dates, its last, and why it does not run where it does not."""

    @verb("GET", "/schedules/{name}/dates")
    def dates(self, name: str, limit: Count = 50) -> tuple[ScheduleDate, ...]:
        """What became of its dates, newest first."""

    @verb("POST", "/schedules/{name}/pause", safe=True)
    def pause(self, name: str) -> Schedule:
        """Run none of its dates until it is resumed."""

    @verb("POST", "/schedules/{name}/resume", safe=True)
    def resume(self, name: str) -> Schedule:
        """Run its dates from now on; those that came meanwhile are not made up for."""

    @verb("POST", "/schedules/{name}/run")
    def run(self, name: str) -> Run:
        """Run it now as if it were due, with the rights of who asks."""

    @verb("DELETE", "/schedules/{name}")
    def remove(self, name: str) -> tuple[Schedule, ...]:
        """Forget it; its runs stay. Returns those left."""

    @verb("POST", "/schedules/{name}/backfills")
    def backfill(self, name: str, start: str, end: str, at_once: _AtOnce = 1, again: bool = False) -> Backfill:
        """Run its dates from one day (or moment) to another, both included, some at a time, with the rights of who asks. Dates that
        have succeeded are left out, unless ``again``."""

    @verb("POST", "/schedules/{name}/backfills/preview", safe=True)
    def preview_backfill(self, name: str, start: str, end: str, again: bool = False) -> BackfillPreview:
        """Which dates ``backfill`` would run; nothing is changed."""

    @verb("GET", "/schedules/{name}/backfills")
    def backfills(self, name: str) -> tuple[Backfill, ...]:
        """Its backfills, newest first, with how far each is."""

    @verb("POST", "/backfills/{id}/cancel", safe=True)
    def cancel_backfill(self, id: str) -> Backfill:
        """Start none of its dates any more, and cancel those that run."""
