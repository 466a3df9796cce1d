"""What an executor gets: the run it carries out, and what it may do for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from workbench.core.config import Settings
from workbench.core.errors import Cancelled, InvalidInput, StoreUnreachable
from workbench.core.resources import OF_A_MACHINE
from workbench.jobs import fences
from workbench.jobs.queues import due_of, queue_of
from workbench.jobs.slots import Holder
from workbench.runs.records import TERMINAL, RunError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.jobs.holds import Holds
    from workbench.jobs.slots import Slots, Turn
    from workbench.runs.log import RunLog
    from workbench.runs.records import Run
    from workbench.store.store import Store

__all__ = ["JobContext", "JobFailed", "RunState", "fail_parts"]

_LOOK_SECONDS = 0.5
_TOLD_AFTER, _TOLD_EVERY = 1.0, 5.0


class JobFailed(Exception):
    """The job failed for a reason that belongs to it (a cell of its notebook raised), said as a run's error."""

    def __init__(self, error: RunError) -> None:
        super().__init__(error.message)
        self.error = error


def fail_parts(conn: Connection, log: RunLog, run_id: str, error: RunError) -> None:
    """Say of what is below a job that has failed that nothing goes on of it: nobody else would."""
    for part in log.list(parent_id=run_id, limit=None):
        if part.status in TERMINAL:
            continue
        fences.advance(conn, part.id)
        if part.status == "queued":
            log.append(conn, part.id, "run.attributes", attributes={"skipped": "the run failed"})
            log.append(conn, part.id, "run.skipped")
        else:
            log.append(conn, part.id, "run.failed", error=error.to_json())


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
                self.log.keep_up(conn)

    def started(self, **attributes: Any) -> None:
        """Say that it runs; again after a worker's death."""
        self.event("run.started", attributes=attributes or None)

    def note(self, child: str, **values: Any) -> None:
        """Add attributes to a run below this one that nobody carries out yet. Raises as :meth:`event` does."""
        with self.store.write() as conn:
            if self.log.get(child).status == "cancelled":
                raise Cancelled("The run was cancelled.", run_id=child)
            fences.check(conn, self.run_id, self.epoch)
            self.log.append(conn, child, "run.attributes", attributes=values)

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
        Shared by all jobs of the worker: :meth:`slot` takes one for whatever keeps a core busy (``jobs.concurrency`` of them).
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
        slots: Slots,
        holds: Holds,
        worker: str,
        hold: Callable[[], None],
        lost: Callable[[], None],
    ) -> None:
        self.settings, self.store, self.log, self.run, self.state = settings, store, log, run, state
        self.slots, self.holds, self.worker = slots, holds, worker
        self.due, self.queue = due_of(run), queue_of(run.attributes)[0]
        #: How many parts of the job are at work or wait; said by who carries it out, so that it is known when all of them wait.
        self.parts = 0
        self._aside = 0
        #: Call it before recording a failure that may be due to the worker's own end: it does not return while it ends.
        self.hold = hold
        #: The store is away: the worker ends, and does not return.
        self.lost = lost
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
        run = self._checkpoint(name)

        def once(function: Callable[..., Any], *arguments: Any) -> Any:
            def call(*arguments: Any) -> Any:
                try:
                    return function(*arguments)
                except StoreUnreachable:
                    self.lost()  # else that would be kept as what came of it
                    raise

            return run(call, *arguments)

        return once

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
    def aside(self) -> Iterator[None]:
        """A part of the job waits in the block for what may take long, and works at nothing."""
        with self._guard:
            self._aside += 1
        try:
            yield
        finally:
            with self._guard:
                self._aside -= 1

    @property
    def is_parked(self) -> bool:
        """Whether all of it waits for what may take long: another job may have its place."""
        return 0 < self.parts <= self._aside

    @contextmanager
    def slot(self, needs: Mapping[str, float] | None = None, run_id: str | None = None) -> Iterator[None]:
        """Wait for a free slot, and for the resources that are needed, and keep them for the block; a cancelled run stops waiting.

        Parameters
        ----------
        run_id
            The run that waits, where it is a part of the job: its attribute ``waits_for`` says what for, once it has waited a second.

        Raises
        ------
        Cancelled
            The run was cancelled while it waited.
        InvalidInput
            This worker's machine, or the workspace, has not so much of a resource.
        """
        needs = needs or {}
        own = {name: amount for name, amount in needs.items() if name in OF_A_MACHINE}
        shared = {name: amount for name, amount in needs.items() if name not in OF_A_MACHINE}
        if lacks := self.slots.lacks(own):
            fix = "Give the machine's worker more below [jobs.resources] in workbench.toml, or the step less."
            raise InvalidInput(f"It asks for {lacks} that this worker's machine has.", fix=fix)
        if lacks := self.holds.lacks(shared):  # there was as much when the run was submitted
            fix = (
                "Write more of it below [jobs.resources] in workbench.toml, and repair the run once the workers know it "
                "(`workbench down`, `workbench up`); or give the step less."
            )
            raise InvalidInput(f"It asks for {lacks} that the workspace has.", fix=fix)
        holder = Holder(run_id or self.run.id, self.run.principal)
        waiting = Waiting(lambda text: self.state.note(holder.run_id, waits_for=text))
        with self.aside() if needs else nullcontext():
            turn = self._turn(holder, own, shared, waiting)
        try:
            waiting.over()
            yield
        finally:
            if shared:
                self.holds.give(holder.run_id)
            self.slots.leave(turn)

    def _turn(self, holder: Holder, own: Mapping[str, float], shared: Mapping[str, float], waiting: Waiting) -> Turn:
        while True:
            turn = self.slots.wait(self.due, holder, own, self.queue)
            try:
                with self.stopped_by(turn.ready.set):
                    while not turn.ready.wait(waiting.pause):
                        waiting.tell(self.slots.why(turn))
                self.check()
                against = self.holds.take(holder, shared) if shared else None
            except BaseException:
                self.slots.leave(turn)
                raise
            if against is None:
                return turn
            # Not kept while others could use it.
            self.slots.leave(turn)
            waiting.tell(against)
            again = threading.Event()
            with self.stopped_by(again.set):
                again.wait(_LOOK_SECONDS)


class Waiting:
    """Says what is waited for: once it has lasted a second, and when it has become something else."""

    def __init__(self, say: Callable[[str | None], None]) -> None:
        self._say, self._said, self._since = say, "", time.monotonic()

    @property
    def pause(self) -> float:
        """Seconds until it is worth to look again."""
        return _TOLD_AFTER if not self._said else _TOLD_EVERY

    def tell(self, text: str) -> None:
        if text != self._said and time.monotonic() - self._since >= _TOLD_AFTER:
            self._said = text
            self._say(text)

    def over(self) -> None:
        """It waits no more."""
        if self._said:
            self._say(None)
