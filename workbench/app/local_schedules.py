"""The verbs of ``schedules`` in this process."""

from __future__ import annotations

import builtins
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from workbench.app.namespace import Namespace
from workbench.app.unread import unread
from workbench.core.errors import Forbidden, NotFound, WorkbenchError

if TYPE_CHECKING:
    from datetime import datetime

    from workbench.app.services import Services
    from workbench.core.principals import Principal
    from workbench.governance.policy.records import Right
    from workbench.ingest.sources.reach import Reach
    from workbench.pipelines.schedules.records import Backfill, BackfillPreview, Misfire, Overlap, Schedule, ScheduleDate, SchedulePreview
    from workbench.pipelines.schedules.service import ScheduleService
    from workbench.pipelines.schedules.shelf import Kept
    from workbench.runs.records import Run

__all__ = ["ScheduleNamespace", "SchedulePeople"]


class SchedulePeople:
    """Who may do what today, for those who look at the clock (:class:`workbench.pipelines.schedules.claims.People`)."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def today(self, who: Principal) -> Principal:
        return self._services.users.now(who)

    def may(self, who: Principal, right: Right, pipeline: str) -> bool:
        from workbench.pipelines.single import is_notebook

        if is_notebook(pipeline):
            # One by itself runs as the workspace's owner: grants on pipelines are none on notebooks.
            return who.is_admin
        return who.is_admin or self._services.access.rights(who).may_on(right, f"pipeline:{pipeline}")

    def dataset(self, who: Principal, name: str) -> tuple[str, str]:
        services, today = self._services, self.today(who).model_copy(update={"only": who.only})
        ref = services.catalog.resolve(name, None if today.is_admin else services.view(today).names)
        return ref.table_uuid, ref.name

    def written_at(self, name: str) -> datetime | None:
        return self._services.catalog.summaries([name])[name].updated_at

    def files(self, who: Principal) -> Reach:
        if not who.is_admin:
            raise Forbidden("Schedules on files are for administrators.", fix="Ask who administers the workspace.")
        return self._services.reach


class ScheduleNamespace(Namespace, noun="schedules"):
    def list(self, pipeline: str | None = None) -> tuple[Schedule, ...]:
        """Schedules of all pipelines, or of one."""
        return tuple(self._shown(each) for each in self._schedules.list(pipeline) if self._sees(each.pipeline))

    def add(
        self, pipeline: str, cron: str | None = None, name: str | None = None, on: str | None = None, timezone: str | None = None,
        params: dict[str, Any] | None = None, misfire: Misfire = "once", misfire_age: str | None = None, overlap: Overlap | None = None,
        paused: bool = False, replace: bool = False,
    ) -> Schedule:  # fmt: skip
        """Run a pipeline's published version by itself."""
        if not self._may("run", pipeline):
            raise self._no_pipeline(pipeline)
        if replace and any(each.name == (name or pipeline) for each in self._schedules.list()):
            self._own(name or pipeline)
        with unread(pipeline, self._may("read", pipeline)):
            return self._schedules.add(
                pipeline, name, cron, on, timezone, params, misfire, misfire_age, overlap, paused, replace, self._who
            )

    def preview(self, cron: str, timezone: str | None = None, count: int = 10) -> SchedulePreview:
        """What an expression says, in a sentence and as its next dates."""
        return self._schedules.preview(cron, timezone, count)

    def presets(self) -> tuple[SchedulePreview, ...]:
        """The usual expressions by name, each with its next date."""
        from workbench.pipelines.schedules.cron import PRESETS

        return tuple(self._schedules.preview(text, None, 1) for text in PRESETS.values())

    def get(self, name: str) -> Schedule:
        """One schedule."""
        return self._shown(self._seen(name))

    def dates(self, name: str, limit: int = 50) -> tuple[ScheduleDate, ...]:
        """What became of its dates, newest first."""
        mine = self._is_own(self._seen(name))
        found = self._schedules.dates(name, limit)
        # Why another's runs do not run is nothing to who may only look.
        return found if mine else tuple(each.model_copy(update={"note": None, "run_id": None}) for each in found)

    def pause(self, name: str) -> Schedule:
        """Run none of its dates until it is resumed."""
        self._own(name)
        return self._schedules.pause(name)

    def resume(self, name: str) -> Schedule:
        """Run its dates from now on."""
        self._own(name)
        return self._schedules.resume(name)

    def run(self, name: str) -> Run:
        """Run it now as if it were due, with the rights of who asks."""
        found = self._seen(name)
        if not self._may("run", found.pipeline):
            fix = "Ask who administers the workspace for a grant."
            raise Forbidden(f"You may look at the pipeline {found.pipeline}, and not start it.", fix=fix)
        made = self._schedules.run(name, self._who)
        return (self._seen_runs or self._services.log).get(made)

    def remove(self, name: str) -> builtins.tuple[Schedule, ...]:
        """Forget it; its runs stay."""
        self._own(name)
        self._schedules.remove(name)
        return self.list()

    def backfill(self, name: str, start: str, end: str, at_once: int = 1, again: bool = False) -> Backfill:
        """Run its dates from one day to another."""
        return self._schedules.backfills.add(*self._range(name, start, end), at_once, again, self._who)

    def preview_backfill(self, name: str, start: str, end: str, again: bool = False) -> BackfillPreview:
        """Which dates a backfill would run."""
        return self._schedules.backfills.preview(*self._range(name, start, end), again)

    def _range(self, name: str, start: str, end: str) -> builtins.tuple[Kept, datetime, datetime]:
        """Her schedule, and a range of its dates by its clock."""
        from workbench.pipelines.schedules.ranges import range_of

        self._own(name)
        kept = self._schedules.shelf.get(name)
        return kept, *range_of(start, end, kept.definition.timezone)

    def backfills(self, name: str) -> builtins.tuple[Backfill, ...]:
        """Its backfills, newest first."""
        self._seen(name)
        return self._schedules.backfills.of(self._schedules.shelf.get(name))

    def cancel_backfill(self, id: str) -> Backfill:
        """Start none of its dates any more, and cancel those that run."""
        try:
            self._own(self._schedules.backfills.schedule(id).name)
        except NotFound as error:
            raise NotFound(f"There is no backfill {id!r}.", fix="`workbench schedules backfills NAME` shows those there are.") from error
        return self._schedules.backfills.cancel(id, self._who)

    @property
    def _schedules(self) -> ScheduleService:
        return self._services.schedules

    def _may(self, right: Right, pipeline: str) -> bool:
        return SchedulePeople(self._services).may(self._who, right, pipeline)

    def _sees(self, pipeline: str) -> bool:
        return self._may("read", pipeline) or self._may("run", pipeline)

    def _seen(self, name: str) -> Schedule:
        """The schedule, where she may look at its pipeline, or start it."""
        missing: WorkbenchError | None = None
        try:
            found = self._schedules.get(name)
            if self._sees(found.pipeline):
                return found
        except NotFound as error:
            if self._who.is_admin:
                raise
            missing = error
        # What is hidden is told as what there is not.
        raise NotFound(f"There is no schedule {name!r}.", fix="`workbench schedules list` shows those there are.") from missing

    def _is_own(self, found: Schedule) -> bool:
        return self._who.is_admin or found.owner == self._who.name

    def _own(self, name: str) -> None:
        if not self._is_own(self._seen(name)):
            raise Forbidden(f"The schedule {name} is somebody else's.", fix="Ask her, or who administers the workspace.")

    def _shown(self, found: Schedule) -> Schedule:
        """With what others' values and runs are left out."""
        if self._is_own(found):
            return found
        told: dict[str, Any] = {"params": {}}
        words, on = found.words, found.definition.on
        if on is not None and not self._sees_event(on):
            words, told["on"] = "On an event that you do not see", f"{on.partition(':')[0]}:?"
        definition = found.definition.model_copy(update=told)
        return found.model_copy(update={"definition": definition, "words": words, "last": None, "recent": (), "problem": None})

    def _sees_event(self, on: str) -> bool:
        """Whether she may know of what it is about: files of the server's are not hers."""
        from workbench.pipelines.schedules.triggers import read_trigger

        with suppress(WorkbenchError):
            trigger = read_trigger(on)
            if trigger.kind == "pipeline":
                return self._sees(trigger.about)
            return trigger.kind != "file" and bool(SchedulePeople(self._services).dataset(self._who, trigger.about))
        return False

    def _no_pipeline(self, name: str) -> WorkbenchError:
        from workbench.core.errors import PipelineNotFound

        if self._may("read", name):
            return Forbidden(
                f"You may look at the pipeline {name}, and not start it.", fix="Ask who administers the workspace for a grant."
            )
        return PipelineNotFound(f"There is no pipeline {name!r}.", fix="`workbench pipelines` lists those there are.")
