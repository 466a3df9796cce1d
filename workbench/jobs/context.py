"""What an executor gets: the run it carries out, and what it may do for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from workbench.core.config import Settings
from workbench.core.errors import Cancelled
from workbench.jobs import fences
from workbench.runs.records import TERMINAL, RunError

if TYPE_CHECKING:
    from workbench.runs.log import RunLog
    from workbench.runs.records import Run
    from workbench.store.store import Store

__all__ = ["JobContext", "JobFailed", "RunState"]


class JobFailed(Exception):
    """The job failed for a reason that belongs to it (a cell of its notebook raised), said as a run's error."""

    def __init__(self, error: RunError) -> None:
        super().__init__(error.message)
        self.error = error


class RunState:
    """The events of one run in one attempt: each is written only while the attempt's fence is the newest and the run has
    not ended. A run cancelled meanwhile raises :class:`Cancelled`."""

    def __init__(self, store: Store, log: RunLog, run_id: str) -> None:
        self.store, self.log, self.run_id = store, log, run_id
        with store.write() as conn:
            self.epoch = fences.advance(conn, run_id)

    def event(self, type: str, **body: Any) -> None:
        """Append one event.

        Raises
        ------
        Cancelled
            The run was cancelled.
        Fenced
            A later attempt has taken over.
        """
        with self.store.write() as conn:
            run = self.log.get(self.run_id)
            if run.status == "cancelled":
                raise Cancelled("The run was cancelled.", run_id=self.run_id)
            fences.check(conn, self.run_id, self.epoch)
            if run.status not in TERMINAL:
                self.log.append(conn, self.run_id, type, **body)

    def started(self) -> None:
        """Say that it runs; again after a worker's death."""
        self.event("run.started")

    def attributes(self, **values: Any) -> None:
        """Add attributes."""
        if values:
            self.event("run.attributes", attributes=values)

    def succeeded(self) -> None:
        self.event("run.succeeded")

    def failed(self, error: RunError) -> None:
        self.event("run.failed", error=error.to_json())

    def cancelled(self, by: str) -> None:
        self.event("run.cancelled", by=by)

    def skipped(self, because: str) -> None:
        """It was not begun, for what it waited for did not come about."""
        self.attributes(skipped=because)
        self.event("run.skipped")


class JobContext:
    """One attempt at one job.

    Attributes
    ----------
    run
        The run, with ``params``, ``principal`` and ``attributes`` as they were submitted.
    state
        To add attributes to it. Its end is recorded by the worker.
    slots
        Shared by all jobs of the worker: take one for whatever keeps a core busy (``jobs.concurrency`` of them).
    worker
        The worker's id. Give it to child processes as ``WORKBENCH_WORKER``: whoever takes over kills what still has it.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        log: RunLog,
        run: Run,
        state: RunState,
        checkpoint: Callable[[str], Callable[..., Any]],
        slots: threading.Semaphore,
        worker: str,
        hold: Callable[[], None],
    ) -> None:
        self.settings, self.store, self.log, self.run, self.state = settings, store, log, run, state
        self.slots, self.worker = slots, worker
        #: Call it before recording a failure that may be due to the worker's own end: it does not return while it ends.
        self.hold = hold
        self._checkpoint = checkpoint
        self._cancelled = threading.Event()
        self._stop: set[Callable[[], None]] = set()
        self._guard = threading.Lock()

    def checkpoint(self, name: str) -> Callable[..., Any]:
        """Reserve the job's next checkpoint; draw them in an order that never changes for the same parameters.

        Returns
        -------
        callable
            ``run(function, *arguments)``: calls the function once and keeps what it returns (JSON types). After a worker's
            death a finished one is not called again; one that was interrupted is. It may run in another thread that was
            given this one's context (``contextvars.copy_context().run``).
        """
        return self._checkpoint(name)

    def attempt(self, run_id: str) -> RunState:
        """Take over a child run: earlier attempts at it can record and commit nothing any more."""
        return RunState(self.store, self.log, run_id)

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raises
        ------
        Cancelled
            Somebody cancelled the run.
        """
        if self.is_cancelled:
            raise Cancelled("The run was cancelled.", run_id=self.run.id)

    @contextmanager
    def stopped_by(self, stop: Callable[[], None]) -> Iterator[None]:
        """Have ``stop`` called (in another thread) when the run is cancelled inside the block; at once when it already is."""
        with self._guard:
            self._stop.add(stop)
            late = self.is_cancelled
        try:
            if late:
                stop()
            yield
        finally:
            with self._guard:
                self._stop.discard(stop)

    def cancel(self) -> None:
        """Called by the worker."""
        with self._guard:
            self._cancelled.set()
            stops = list(self._stop)
        for stop in stops:
            stop()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait for a free slot and keep it for the block; a cancelled run stops waiting.

        Raises
        ------
        Cancelled
            The run was cancelled while it waited.
        """
        while not self.slots.acquire(timeout=0.1):
            self.check()
        try:
            yield
        finally:
            self.slots.release()
