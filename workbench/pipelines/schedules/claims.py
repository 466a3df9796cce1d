"""Starting the run of one date: exactly once, whoever tries and whoever is killed meanwhile.

What a run is made of is pinned first. Then one transaction looks whether the date is still nobody's, notes it, and queues the run: two
workers do so one after the other, and the second finds the note. A worker that is killed before leaves a copy of files that is forgotten,
and the date; one that is killed after leaves the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Connection, Row

from workbench.core.clock import iso, zone
from workbench.core.errors import Forbidden, NotFound, Unavailable, WorkbenchError
from workbench.core.principals import Principal
from workbench.pipelines.schedules.records import Overlap
from workbench.pipelines.schedules.values import filled_in
from workbench.runs.records import RunError
from workbench.store.tables import schedules

if TYPE_CHECKING:
    from workbench.governance.policy.records import Right
    from workbench.ingest.sources.reach import Reach
    from workbench.pipelines.prepared import Prepared
    from workbench.pipelines.schedules.shelf import Kept, Shelf
    from workbench.pipelines.service import PipelineService

__all__ = ["Claims", "Date", "People"]


class People(Protocol):
    """Who may do what today; kept by what stands to the right of this package."""

    def today(self, who: Principal) -> Principal:
        """Whom somebody is today. Raises Unauthenticated where she is disabled."""

    def may(self, who: Principal, right: Right, pipeline: str) -> bool:
        """Whether she has a right on a pipeline."""

    def dataset(self, who: Principal, name: str) -> tuple[str, str]:
        """The UUID and the name of a dataset. Raises DatasetNotFound where she sees none of it."""

    def written_at(self, name: str) -> datetime | None:
        """When a dataset was last written to."""

    def files(self, who: Principal) -> Reach:
        """How far she reaches among files. Raises Forbidden where she may name none."""


@dataclass(frozen=True)
class Date:
    """A date, or an event, whose run is to be started. ``chain`` are the schedules that led to it."""

    key: str
    due: datetime
    series: str = ""
    note: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    chain: tuple[str, ...] = ()


class Claims:
    def __init__(self, shelf: Shelf, pipelines: PipelineService, people: People) -> None:
        self.shelf, self.pipelines, self.people = shelf, pipelines, people

    def take(
        self,
        kept: Kept,
        date: Date,
        also: Callable[[Connection], bool] = lambda _: True,
        who: Principal | None = None,
        overlap: Overlap | None = None,
    ) -> str | None:
        """Start the run of a date, as the schedule's owner or ``who``; its id, or None where it does not run now.

        Parameters
        ----------
        also
            Called in the transaction that notes the date; where it says no, nothing is noted.
        overlap
            In place of the schedule's policy.
        """
        policy = overlap or kept.definition.overlap
        waits = policy in ("skip", "queue")
        with self.shelf.store.read() as conn:
            known = self.shelf.has(conn, kept, date.series, date.key)
        busy = not known and waits and bool(self.shelf.open_runs(kept))
        prepared, reason = (None, None) if known or busy else self._prepared(kept, date, who or kept.owner)
        with self._submitting(prepared) as conn:
            if self._changed(kept) or not also(conn) or self.shelf.has(conn, kept, date.series, date.key):
                return None
            state, note, run_id = "started", date.note, None
            if waits and self.shelf.open_runs(kept):
                state, note = ("waiting", note) if policy == "queue" else ("skipped", "the run before had not ended")
            elif prepared is not None:
                run_id = prepared.run_id
            elif reason is not None:
                state, note = "skipped", reason
            else:
                state = "waiting"  # the run before has ended since we looked: the next look begins it
            self.shelf.put(conn, kept, date.series, date.key, date.due, state, run_id, note, {**date.facts, "chain": list(date.chain)})
            made = self.pipelines.submit(prepared) if run_id is not None and prepared is not None else None
        if made is not None and policy == "cancel":
            self._supersede(kept, made)
        return made

    def begin(self, kept: Kept, row: Row[Any], date: Date) -> str | None:
        """Start the run of a date that has waited for the one before it; its id, or None where it still waits, or does not run."""
        prepared, reason = self._prepared(kept, date, kept.owner)
        with self._submitting(prepared) as conn:
            if self._changed(kept) or self.shelf.open_runs(kept):
                return None
            if prepared is None:
                self.shelf.change(conn, row, state="skipped", note=reason)
                return None
            return (
                self.pipelines.submit(prepared)
                if self.shelf.change(conn, row, state="started", is_open=1, run_id=prepared.run_id)
                else None
            )

    @contextmanager
    def _submitting(self, prepared: Prepared | None) -> Iterator[Connection]:
        """The transaction in which a prepared run is queued; what was pinned for one that is not, is removed."""
        try:
            with self.shelf.store.write(durable=True) as conn:
                yield conn
        finally:
            if prepared is not None and prepared.run_id not in self.shelf.log.some([prepared.run_id]):
                self.pipelines.drop(prepared)

    def _changed(self, kept: Kept) -> bool:
        """Whether somebody has changed, paused or removed the schedule since it was read."""
        there = self.shelf.some(schedules.c.id == kept.id)
        return not there or (there[0].changed_at, there[0].paused) != (kept.changed_at, kept.paused)

    def _prepared(self, kept: Kept, date: Date, who: Principal) -> tuple[Prepared | None, str | None]:
        """What the run is made of; or why it does not run, in words."""
        try:
            today = self.people.today(who).model_copy(update={"only": who.only, "looks_only": who.looks_only})
            if not self.people.may(today, "run", kept.pipeline):
                raise Forbidden(f"{who.name} may not start the pipeline {kept.pipeline} any more.", fix="Ask for a grant.")
            version = self.pipelines.versions.newest(kept.pipeline)
            if version is None:
                raise NotFound(f"No version of {kept.pipeline} is published.", fix=f"`workbench pipelines publish {kept.pipeline}`.")
            values = filled_in(kept.definition.params, date.due, zone(kept.definition.timezone), date.facts)
            about = {"name": kept.name, "due": iso(date.due), "chain": [*date.chain, kept.id]}
            # Whose values they are: they are not told to who only has it run.
            others = {"values_of": kept.owner.name} if kept.definition.params and today.name != kept.owner.name else {}
            return self.pipelines.prepare(kept.pipeline, version.number, values, today, schedule=about, **others), None
        except Unavailable:
            raise  # the next look tries again
        except WorkbenchError as error:
            return None, error.message

    def _supersede(self, kept: Kept, made: str) -> None:
        """Cancel the runs before."""
        why = RunError(code="cancelled", message=f"The next date of schedule {kept.name} has come.", fix="Its overlap policy is 'cancel'.")
        for run_id in self.shelf.open_runs(kept):
            if run_id != made:
                self.pipelines.jobs.cancel(run_id, kept.owner.name, why)
