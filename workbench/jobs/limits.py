"""Which of the jobs that wait may begin now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import select

from workbench.core.errors import RunNotFound, Unavailable
from workbench.jobs.queues import rank
from workbench.store.tables import job_requests

if TYPE_CHECKING:
    from workbench.jobs.requests import Request
    from workbench.runs.log import RunLog
    from workbench.runs.records import Run
    from workbench.store.store import Store

__all__ = ["Limits", "Places", "begun"]


class Places:
    """How many jobs of each queue a worker takes on: as many as it has slots, those of lower queues not counted. So one that goes first is
    begun at once, and its parts take the next slots that are free; how much is worked on at once are the slots alone."""

    def __init__(self, slots: int, busy: Sequence[str]) -> None:
        self._slots, self._ranks = slots, [rank(queue) for queue in busy]

    def free(self, queue: str) -> bool:
        """Whether a job of that queue has a place."""
        return sum(each <= rank(queue) for each in self._ranks) < self._slots

    def take(self, queue: str) -> None:
        self._ranks.append(rank(queue))


class Limits:
    """How many runs of a job there may be at once, over all workers. For one look at the queue."""

    def __init__(self, store: Store, log: RunLog) -> None:
        self._store, self._log = store, log
        self._full: set[tuple[str, str]] = set()

    @contextmanager
    def kept(self, request: Request) -> Iterator[bool]:
        """Whether the job may begin, as far as its limit goes; within the block no other worker begins one like it."""
        if request.asks is None or request.asks.runs is None:
            yield True
            return
        try:
            run = self._log.get(request.run_id)
        except RunNotFound:
            yield True  # it is not for the limit to say
            return
        if (run.kind, run.job) in self._full:
            yield False
            return
        with ExitStack() as held:
            try:
                held.enter_context(self._store.lock("limits", timeout=1))
                allowed = len(begun(self._store, self._log, run)) < request.asks.runs
            except Unavailable:
                allowed = False  # another worker counts; the next look tells
            if not allowed:
                self._full.add((run.kind, run.job))
            yield allowed


def begun(store: Store, log: RunLog, like: Run) -> tuple[Run, ...]:
    """The runs of the same kind and job that have been taken up and have not ended, be it by a worker that has died since: somebody takes
    it over."""
    with store.read() as conn:
        waits = job_requests.c.handled_at.is_(None), job_requests.c.action == "submit"
        waiting = set(conn.execute(select(job_requests.c.run_id).where(*waits)).scalars())
    found = (*log.list(kind=like.kind, status="running", job=like.job, limit=None), *log.list(like.kind, "queued", like.job, None))
    return tuple(run for run in found if run.id not in waiting)
