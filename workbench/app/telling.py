"""What each person may be told of what has happened, asked when it is told: with the rights that she has then.

It says what the pages of the app would say to her (:mod:`workbench.governance.seen`): of others' runs no words of an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from workbench.core.errors import NotFound, RunNotFound, Unauthenticated, WorkbenchError
from workbench.core.principals import Principal, local_principal
from workbench.core.telemetry import redact
from workbench.notifications.message import Message
from workbench.pipelines.schedules.triggers import read_trigger
from workbench.runs.records import Run

if TYPE_CHECKING:
    from datetime import datetime

    from workbench.app.services import Services
    from workbench.notifications.records import Event, Happened

__all__ = ["Telling"]

_LONGEST = 300
_LINK = "workbench-pipeline"  # as JupyterLab's extension reads it
_ENDED: dict[Event, str] = {
    "failed": "{} failed",
    "held_back": "{} was held back by a gate",
    "recovered": "{} has recovered",
    "succeeded": "{} has succeeded",
    "cancelled": "{} was cancelled",
}


class Telling:
    """Who there is, and what each may see (:class:`workbench.notifications.people.People`)."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def known(self, name: str) -> Principal | None:
        mine = local_principal()
        try:
            return self._services.users.get(name).principal
        except NotFound:
            return mine if mine.name == name else None

    def everybody(self) -> Iterable[Principal]:
        users = {user.name: user.principal for user in self._services.users.list() if user.disabled_at is None}
        mine = local_principal()
        return ({mine.name: mine} | users).values()

    def owner(self, pipeline: str) -> str:
        try:
            return self._services.pipelines.get(pipeline).owner or ""
        except WorkbenchError:  # it is gone, or broken, or a notebook
            return ""

    def decides(self, who: Principal, what: Happened) -> bool:
        from workbench.pipelines.approval import ASKED, may_decide

        try:
            today = self._today(who)
            by = self._services.log.get(str(what.step_run_id)).attributes[ASKED]["by"]
        except (Unauthenticated, RunNotFound, KeyError):
            return False
        return may_decide(by, today, () if today.is_admin else self._services.view(today).rights.roles)

    def written_at(self, who: Principal, dataset: str) -> datetime | None:
        from workbench.app.local_schedules import SchedulePeople

        people = SchedulePeople(self._services)
        return people.written_at(people.dataset(who, dataset)[1])

    def looks_at(self, who: Principal, pipeline: str) -> bool:
        """Whether somebody may look at a pipeline, or start it."""
        from workbench.app.local_schedules import SchedulePeople

        people = SchedulePeople(self._services)
        return people.may(who, "read", pipeline) or people.may(who, "run", pipeline)

    def message(self, who: Principal, what: Happened) -> Message | None:
        today = self._today(who)
        if what.event == "approval":
            return self._approval(today, what)
        if what.event == "missed":
            return self._missed(today, what)
        return self._stale(today, what) if what.event == "stale" else self._ended(today, what)

    def _today(self, who: Principal) -> Principal:
        return self._services.users.now(who).model_copy(update={"only": who.only, "looks_only": who.looks_only})

    def _run(self, who: Principal, run_id: str) -> Run | None:
        """A run as somebody sees it."""
        from workbench.governance.seen import SeenRuns

        log = self._services.log
        try:
            return log.get(run_id) if who.is_admin else SeenRuns(self._services.view(who), log).get(run_id)
        except RunNotFound:
            return None

    def _ended(self, who: Principal, what: Happened) -> Message | None:
        run = self._run(who, str(what.run_id))
        mine = run is not None and run.principal == who.name
        if run is None or not (mine or self.looks_at(who, what.pipeline)):
            return None
        error = _first_line(run.error.message) if run.error and what.event in ("failed", "held_back") else None
        facts = {"pipeline": what.pipeline, "run_id": run.id}
        if (step := self._failed_step(run)) is not None and error is not None:
            facts["step"] = step
        title = _ENDED[what.event].format(what.pipeline)
        text = f"Run {run.id} of {what.pipeline}, started by {run.principal}."
        return Message(
            event=what.event, at=what.at, title=title, text=text, error=error, next=_next(what), link=self._link(what), facts=facts
        )

    def _failed_step(self, run: Run) -> str | None:
        """The first step that failed, where the run says its steps to who asks."""
        steps = run.attributes.get("steps") or {}
        found = self._services.log.some(steps.values()) if steps else {}
        return next((name for name, id in steps.items() if id in found and found[id].status == "failed"), None)

    def _approval(self, who: Principal, what: Happened) -> Message | None:
        from workbench.pipelines.approval import request_of

        log = self._services.log
        try:
            asked = request_of(log.get(str(what.run_id)), log.get(str(what.step_run_id)))
        except RunNotFound:
            return None
        if asked is None or not self.decides(who, what):
            return None
        return Message(
            event="approval",
            at=what.at,
            title=f"{asked.name} waits for your approval",
            text=f"Step {asked.step} of run {asked.run_id}, submitted by {asked.submitted_by}. {asked.message}".strip(),
            next=f"`workbench pipelines approve {asked.run_id}`, or `workbench pipelines reject {asked.run_id}`.",
            link=self._link(what) if self.looks_at(who, asked.name) else None,
            facts={"pipeline": asked.name, "run_id": asked.run_id, "step": asked.step},
        )

    def _missed(self, who: Principal, what: Happened) -> Message | None:
        if not self.looks_at(who, what.pipeline):
            return None
        mine = who.is_admin or what.who == who.name
        last = self._services.schedules.shelf.note(str(what.schedule), str(what.date)) if mine else None
        return Message(
            event="missed",
            at=what.at,
            title=f"A date of the schedule {what.schedule} was missed",
            text=f"It runs {what.pipeline}.",
            error=_first_line(last) if last else None,
            next=f"`workbench schedules dates {what.schedule}` tells why; `workbench schedules run {what.schedule}` runs it now.",
            link=self._link(what),
            facts={"pipeline": what.pipeline, "schedule": what.schedule},
        )

    def _stale(self, who: Principal, what: Happened) -> Message | None:
        try:
            written = self.written_at(who, str(what.dataset))
        except WorkbenchError:
            return None
        patience = timedelta(seconds=read_trigger(str(what.about)).seconds or 0)
        if written is not None and written + patience > what.at:
            return None  # it was written to since
        return Message(
            event="stale",
            at=what.at,
            title=f"{what.dataset} is not fresh",
            text="It was not written to for as long as you have said.",
            next=f"`workbench lineage {what.dataset}` tells what it is made by.",
            facts={"dataset": what.dataset},
        )

    def _link(self, what: Happened) -> str | None:
        lab = self._services.settings.notifications.lab_url.rstrip("/")
        if not lab or not what.pipeline or what.pipeline.endswith(".ipynb"):
            return None
        return f"{lab}/lab?{urlencode({_LINK: what.pipeline} | ({'run': what.run_id} if what.run_id else {}))}"


def _next(what: Happened) -> str | None:
    look = f"`workbench pipelines status {what.pipeline} {what.run_id}`"
    if what.event == "held_back":
        return f"Nothing was published. Look at it with {look}, and repair it: `workbench pipelines repair {what.run_id}`."
    if what.event == "failed":
        return f"Look at it with {look}, mend the file, and then `workbench pipelines repair {what.run_id} --source current`."
    return None


def _first_line(text: str) -> str:
    line = str(redact(text.strip())).partition("\n")[0]
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"
