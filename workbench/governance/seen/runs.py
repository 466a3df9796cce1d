"""Runs as one principal sees them: her own, and of others' those of pipelines that she may read, and those that had to do only with
datasets that she sees."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from workbench.core.errors import Forbidden, RunNotFound
from workbench.governance.seen.own import OwnRuns, is_of_a_pipeline
from workbench.runs.log import FOR_ALL
from workbench.runs.records import DatasetIO, Run, RunError, RunEvent

if TYPE_CHECKING:
    from datetime import datetime

    from workbench.governance.seen.view import View
    from workbench.runs.log import RunLog
    from workbench.runs.records import RunStatus

__all__ = ["SeenRuns"]

_LOOKED_AT = 5_000  # of others' runs, newest first
_PAGE = 500
_TAKES = frozenset({"sql", "read", "quality"})  # as long as there are rows, seen or not
# What a load tells of itself as it goes: of the dataset that it goes to its report tells, as far as that is seen.
_OF_A_LOAD = frozenset(f"run.{word}" for word in ("queued", "started", "read", "progress", "metric", "succeeded", "failed", "cancelled"))
# What is told of a run that is not hers in full: what it is, and how it goes.
_HOW_IT_GOES = frozenset(f"run.{word}" for word in ("queued", "started", "repaired", "succeeded", "failed", "cancelled", "skipped"))
_WHAT_IT_IS = frozenset({"kind", "job", "principal", "parent_id"})
_DATASETS = frozenset({"run.read", "run.wrote"})


class SeenRuns:
    """Answers as ``RunLog`` does."""

    def __init__(self, view: View, log: RunLog) -> None:
        self._view = view
        self._log = log
        self._own = OwnRuns(view.me, view.rights, log)

    def list(self, kind: str | None = None, status: RunStatus | None = None, job: str | None = None, limit: int = 50) -> tuple[Run, ...]:
        """Newest first. Others' are looked for among the newest 5,000."""
        mine = map(self._of_mine, self._log.list(kind, status, job, limit, principal=self._view.me))
        # What it was called by who wrote it is not hers to guess either.
        found = {run.id: run for run in mine if job in (None, run.job)}
        others = 0
        for run in self._newest(kind, status):
            if run.principal != self._view.me and (seen := self._of_others(run)) is not None and job in (None, seen.job):
                found[run.id] = seen
                others += 1
                if others == limit:
                    break
        return tuple(sorted(found.values(), key=lambda run: run.id, reverse=True)[:limit])

    def get(self, run_id: str) -> Run:
        """Raises
        ------
        RunNotFound
            There is none of that id that she sees.
        """
        run = self._log.get(run_id)
        seen = self._of_mine(run) if run.principal == self._view.me else self._of_others(run)
        if seen is None:
            raise self._missing(run_id)
        return seen

    def events(self, run_id: str) -> tuple[RunEvent, ...]:
        """Of one of her own.

        Raises
        ------
        RunNotFound, Forbidden
            She sees none of that id, or it is another's.
        """
        self.check_own(run_id)
        return self.told(self._log.events(run_id=run_id, limit=None))

    def told(self, events: Iterable[RunEvent]) -> tuple[RunEvent, ...]:
        """Events of runs in her own name, as far as :meth:`get` tells of them.

        Of those that are hers in full all but the figures that tell of what she does not see; over what is seen in part each is dated as
        the run's beginning. Of the others how they go.
        """
        events = tuple(events)
        self._own.look_up(event.run_id for event in events)
        found = []
        for event in events:
            run = self._own.run(event.run_id)
            seen = _event_of_hers(event, run) if event.type in FOR_ALL or self._own.is_hers(run) else self._event_of_a_run(event, run)
            if seen is not None:
                found.append(seen)
        return tuple(found)

    def _event_of_a_run(self, event: RunEvent, run: Run) -> RunEvent | None:
        """Without what a run was told and what it said: see :func:`_bare`."""
        if event.type in _DATASETS:
            seen = self._seen((DatasetIO.model_validate(event.body),))
            return event.model_copy(update={"body": seen[0].model_dump(exclude_defaults=True)}) if seen else None
        if event.type not in _HOW_IT_GOES:
            return None
        body = {key: value for key, value in event.body.items() if key in _WHAT_IT_IS}
        body |= {key: value for key, value in self._started_as(run).items() if key in event.body}
        if event.type == "run.failed":
            body["error"] = _untold(event.body["error"]["code"]).model_dump()
        told = event.model_copy(update={"body": body})
        return _event_of_a_part(told, _began(run, event)) if run.attributes.get("in_part") else told

    def check_own(self, run_id: str) -> None:
        """Raises as :meth:`events` where what a run does in full is not for the principal to see."""
        self.get(run_id)
        if not self.is_hers(run_id):
            raise Forbidden("This is told to who did it.", fix="`workbench runs` lists what you did.")

    def is_hers(self, run_id: str) -> bool:
        """Whether all that a run does is for the principal to see. Raises RunNotFound where there is none."""
        return self._own.is_hers(self._log.get(run_id))

    def with_seen(self, run: Run) -> Run:
        """A run, hers too, with those of its datasets alone that she sees."""
        return run.model_copy(update={"inputs": self._seen(run.inputs), "outputs": self._seen(run.outputs)})

    def check_started(self, run_id: str, does: str) -> None:
        """Whether the principal may do to a run what is for who started it, and what it is a part of: she "stops" it, or "repeats" it.

        Raises
        ------
        RunNotFound, Forbidden
            She sees none of that id, or it is another's.
        """
        self.get(run_id)
        current: str | None = run_id
        while current is not None:
            run = self._log.get(current)
            if run.principal != self._view.me:
                raise Forbidden(f"Who started a run {does} it.", fix="Ask that person, or who administers the workspace.")
            current = run.parent_id

    def _newest(self, kind: str | None, status: RunStatus | None) -> Iterator[Run]:
        before: str | None = None
        for _ in range(_LOOKED_AT // _PAGE):
            page: builtins.tuple[Run, ...] = self._log.list(kind, status, limit=_PAGE, before=before)
            yield from page
            if len(page) < _PAGE:
                return
            before = page[-1].id

    def _of_mine(self, run: Run) -> Run:
        if run.kind == "ingest" and self._own.is_hers(run):
            files = tuple(io for io in run.inputs if io.kind == "file")
            told = {key: value for key, value in run.attributes.items() if key != "report"}
            return run.model_copy(update={"inputs": files, "outputs": self._seen(run.outputs), "attributes": told})
        if self._own.is_hers(run):
            return _of_a_part(run) if run.attributes.get("in_part") else run
        ended = None if run.attributes.get("in_part") else run.ended_at
        return _bare(run, inputs=self._seen(run.inputs), outputs=self._seen(run.outputs), ended_at=ended, **self._started_as(run))

    def _started_as(self, run: Run) -> dict[str, Any]:
        """What she has started, and with what values. What a step does is called as who wrote it has said, and with that one's values."""
        if not is_of_a_pipeline(run):
            return {"job": run.kind, "params": {}}
        return {"job": run.job, "params": {} if self._own.has_others_values(run) else run.params}

    def _of_others(self, run: Run) -> Run | None:
        every = (*run.inputs, *run.outputs)
        inputs, outputs = self._seen(run.inputs), self._seen(run.outputs)
        if self._own.reads_pipeline(run):
            # How it went, and nothing that its notebooks, which do what they do with other rights, have said.
            return _bare(run, job=run.job, params={}, inputs=inputs, outputs=outputs, ended_at=None)
        if not every or len(inputs) + len(outputs) < len(every):
            return None
        ended = run.ended_at if run.kind not in _TAKES or self._every_row(inputs) else None
        return _bare(run, job=run.kind, params={}, inputs=inputs, outputs=outputs, ended_at=ended)

    def _every_row(self, ios: tuple[DatasetIO, ...]) -> bool:
        return all(self._view.every_row(io.id, io.name) for io in ios)

    def _seen(self, ios: tuple[DatasetIO, ...]) -> tuple[DatasetIO, ...]:
        names = self._view.names_by_uuid
        return tuple(
            DatasetIO(kind="table", id=io.id, name=names[io.id], branch=io.branch, snapshot_id=io.snapshot_id, operation=io.operation)
            for io in ios
            if io.kind == "table" and io.id in names
        )

    @staticmethod
    def _missing(run_id: str) -> RunNotFound:
        return RunNotFound(f"There is no run {run_id!r}.", fix="`workbench runs` lists those there are.")


def _of_a_part(run: Run) -> Run:
    """A run of hers over what she sees a part of. How long it took tells how much is hidden, and whether its answer was kept; and a kept
    answer comes from no process."""
    attributes = {key: value for key, value in run.attributes.items() if key != "process"}
    return run.model_copy(update={"metrics": _hers(run.metrics), "attributes": attributes, "ended_at": None})


def _event_of_hers(event: RunEvent, run: Run) -> RunEvent | None:
    if run.kind == "ingest":
        if event.type not in _OF_A_LOAD:
            return None
        event = event.model_copy(update={"body": {key: value for key, value in event.body.items() if key != "attributes"}})
    if not run.attributes.get("in_part"):
        return event
    return None if event.type == "run.metric" else _event_of_a_part(event, _began(run, event))


def _began(run: Run, event: RunEvent) -> datetime:
    return run.started_at or run.queued_at or event.at


def _event_of_a_part(event: RunEvent, began: datetime) -> RunEvent:
    body = {key: value for key, value in event.body.items() if key not in ("metrics", "attributes")}
    if metrics := event.body.get("metrics"):
        body["metrics"] = _hers(metrics)
    if attributes := event.body.get("attributes"):
        body["attributes"] = {key: value for key, value in attributes.items() if key != "process"}
    # The id holds the moment, too.
    return event.model_copy(update={"id": f"{event.run_id}.{event.seq}", "at": began, "body": body})


def _hers(metrics: dict[str, float]) -> dict[str, float]:
    """How much was looked at to answer, and whether an answer was kept, tells of what she does not see."""
    return {name: value for name, value in metrics.items() if name == "rows"}


def _bare(run: Run, **kept: object) -> Run:
    """A run without what it was told and what it said: no statement, no figures, no words of its error."""
    error = _untold(run.error.code) if run.error else None
    return run.model_copy(update={"metrics": {}, "attributes": {}, "error": error} | kept)


def _untold(code: str) -> RunError:
    return RunError(code=code, message="What went wrong is told to who may read it.")
