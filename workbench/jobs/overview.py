"""What waits, for what, and which worker carries out what."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.clock import from_iso, now
from workbench.core.records import Record
from workbench.core.resources import amount_shown
from workbench.jobs import kinds
from workbench.jobs.limits import begun
from workbench.jobs.queues import Queue, last_begun, queue_of
from workbench.jobs.requests import Request, Requests
from workbench.jobs.slots import Holder, in_use
from workbench.jobs.workers import WorkerInfo, lives, registered

if TYPE_CHECKING:
    from workbench.core.config import Settings
    from workbench.runs.log import RunLog
    from workbench.runs.records import Run
    from workbench.store.store import Store

__all__ = ["QueueEntry", "WorkerEntry", "WorkerRun", "queue", "workers"]


class QueueEntry(Record):
    """A run that waits. ``place`` counts from 1 (None: a part of a run that has begun, or it is not told); ``waits_for`` says in words
    what for, also of a step that waits for a person."""

    run_id: str
    kind: str
    job: str
    principal: str
    queue: Queue
    priority: int
    asked_at: datetime | None
    place: int | None
    waits_for: str


class WorkerRun(Record):
    """A run that a worker carries out, with its parts that are at work."""

    run_id: str
    kind: str
    job: str
    principal: str
    started_at: datetime | None
    parts: tuple[str, ...] = ()


class WorkerEntry(Record):
    """A worker. ``slots``: how much it works on at once; ``resources``: what its machine has for that. One that is ``silent`` is taken over
    by another."""

    id: str
    name: str
    status: Literal["alive", "silent"]
    host: str
    pid: int
    started_at: datetime
    heartbeat_at: datetime
    slots: int | None
    resources: dict[str, float]
    runs: tuple[WorkerRun, ...] = ()


def queue(settings: Settings, store: Store, log: RunLog, limit: int, only: str | None = None) -> tuple[QueueEntry, ...]:
    """What waits, in the order in which it will be taken; then parts of runs that have begun.

    Parameters
    ----------
    only
        Whose: of others nothing is told, and no place among them.
    """
    alive = [worker for worker in registered(store) if lives(worker, settings.jobs.dead_after_seconds)]
    running = [run for run in log.list(status="running", limit=None) if run.kind in kinds.known()]
    at_work, since = Counter(run.principal for run in running), last_begun(running)
    requests, at = [], now()
    for request in Requests(store).waiting(at_work, since):
        requests.append(request)
        at_work[request.who] += 1
        since[request.who] = at
    runs = log.some(each.run_id for each in requests)
    found = []
    counted = Counted(store, log)
    for place, request in enumerate(requests, start=1):
        run = runs.get(request.run_id)
        if run is not None and run.status == "queued" and only in (None, run.principal):
            found.append(_entry(run, run.attributes, place if only is None else None, _why(counted, alive, run, request)))
            if len(found) >= limit:
                break
    for part in reversed(log.list(kind="step", status="queued", limit=None)):
        if len(found) < limit and part.attributes.get("waits_for") and only in (None, part.principal):
            above = log.get(part.parent_id).attributes if part.parent_id else {}
            found.append(_entry(part, above, None, part.attributes["waits_for"]))
    return tuple(found)


def _entry(run: Run, attributes: dict[str, Any], place: int | None, why: str) -> QueueEntry:
    name, priority = queue_of(attributes)
    who: dict[str, Any] = {"kind": run.kind, "job": run.job, "principal": run.principal, "asked_at": run.queued_at}
    return QueueEntry(run_id=run.id, queue=name, priority=priority, place=place, waits_for=why, **who)


class Counted:
    """The runs of a job that are at work, looked up once: thousands of one that has a limit may wait."""

    def __init__(self, store: Store, log: RunLog) -> None:
        self._store, self._log = store, log
        self._known: dict[tuple[str, str], tuple[Run, ...]] = {}

    def like(self, run: Run) -> tuple[Run, ...]:
        if (run.kind, run.job) not in self._known:
            self._known[run.kind, run.job] = begun(self._store, self._log, run)
        return self._known[run.kind, run.job]


def _why(at_work: Counted, alive: list[WorkerInfo], run: Run, request: Request) -> str:
    if not alive:
        return "a worker: none runs (`workbench up` starts one)"
    asks = request.asks
    if asks is not None and asks.runs is not None:
        others = [Holder(each.id, each.principal) for each in at_work.like(run)]
        if len(others) >= asks.runs:
            return in_use(f"runs of {run.job}", len(others), asks.runs, others, Holder(run.id, run.principal))
    if asks is not None and asks.needs:
        fit = [worker for worker in alive if all(amount <= worker.resources.get(name, 0) for name, amount in asks.needs.items())]
        if not fit:
            return f"a worker with {', '.join(f'{name}: {amount_shown(amount)}' for name, amount in asks.needs.items())}"
    return "a place at a worker"


def workers(settings: Settings, store: Store, log: RunLog) -> tuple[WorkerEntry, ...]:
    """The workers that there are, with what each carries out."""
    running = log.list(status="running", limit=None)
    parts: dict[str, list[str]] = {}
    for run in running:
        if run.kind == "step" and run.parent_id:
            parts.setdefault(run.parent_id, []).append(run.job)
    by_worker: dict[str, list[WorkerRun]] = {}
    for run in reversed(running):
        if run.kind in kinds.known() and run.attributes.get("worker"):
            told = WorkerRun(
                run_id=run.id, kind=run.kind, job=run.job, principal=run.principal, started_at=run.started_at,
                parts=tuple(sorted(parts.get(run.id, ()))),
            )  # fmt: skip
            by_worker.setdefault(run.attributes["worker"], []).append(told)
    return tuple(
        WorkerEntry(
            id=worker.id,
            name=worker.name,
            status="alive" if lives(worker, settings.jobs.dead_after_seconds) else "silent",
            host=worker.host,
            pid=worker.process.pid,
            started_at=from_iso(worker.started_at),
            heartbeat_at=from_iso(worker.heartbeat_at),
            slots=worker.slots,
            resources=worker.resources,
            runs=tuple(by_worker.get(worker.id, ())),
        )
        for worker in registered(store)
    )
