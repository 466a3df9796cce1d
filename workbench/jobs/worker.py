"""The worker: ``python -m workbench.jobs.worker --root ROOT``.

It takes requests from the store, carries them out as DBOS workflows, says that it lives, and takes over what dead workers
left. Ending it gracefully or by SIGKILL leaves the same state: interrupted steps run again in the next worker.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy.exc import DBAPIError

from workbench.core.clock import iso, now
from workbench.core.config import Settings, load_settings
from workbench.core.errors import (
    Cancelled,
    Fenced,
    RunNotFound,
    ServiceNotRunning,
    StorageUnavailable,
    StoreUnreachable,
    Unavailable,
    WorkbenchError,
)
from workbench.core.ids import new_id
from workbench.core.resources import OF_A_MACHINE
from workbench.core.starting import importing
from workbench.core.telemetry import bind, configure_logging, get_logger, span
from workbench.jobs import kinds
from workbench.jobs.context import JobContext, JobFailed, RunState, fail_parts
from workbench.jobs.database import check_database
from workbench.jobs.durable import workflow_id
from workbench.jobs.files import write_json
from workbench.jobs.holds import Holds
from workbench.jobs.limits import Limits, Places
from workbench.jobs.locks import FileLock
from workbench.jobs.notifying import Notifying
from workbench.jobs.paths import log_folder, run_folder
from workbench.jobs.processes import kill_marked
from workbench.jobs.queues import queue_of
from workbench.jobs.requests import REQUESTS, Request, Requests
from workbench.jobs.service import JobService
from workbench.jobs.signals import Told
from workbench.jobs.slots import Slots
from workbench.jobs.ticking import Ticking
from workbench.jobs.watching import Watching
from workbench.jobs.workers import Register
from workbench.runs.records import TERMINAL, Run, RunError

if TYPE_CHECKING:
    from workbench.jobs.durable import Durable
    from workbench.runs.log import RunLog
    from workbench.store.store import Store

__all__ = ["Worker", "main"]

T = TypeVar("T")

_LOOK_SECONDS = 1.0
_OFTEN_SECONDS = {"sqlite": 0.01, "postgresql": 0.05}
_SELDOM_SECONDS = {"sqlite": 0.02, "postgresql": 0.05}  # a run is to start within 50 ms
_SOON_SECONDS = 0.5
_RECONCILE_SECONDS = 15.0
_TIDY_SECONDS = 3600.0
_DISABLED_SECONDS = 2.0
_AGAIN_SECONDS = 2.0
# By name, because it stands to the right of this package.
_SWEEPS = "workbench.pipelines.debugging:sweep"
_MOST_PARKED = 64  # each has threads that wait

log = get_logger("jobs.worker")


class AtWork(NamedTuple):
    """Whose job it is, and of which queue."""

    who: str
    queue: str

    @classmethod
    def by(cls, run: Run) -> AtWork:
        return cls(run.principal, queue_of(run.attributes)[0])


class Worker:
    """One incarnation. ``run()`` returns never: the process ends with :func:`os._exit`, so that no half-finished thread can
    record anything on the way out."""

    def __init__(self, settings: Settings, store: Store, run_log: RunLog, name: str) -> None:
        self.settings, self.store, self.runs = settings, store, run_log
        self.id = f"{name}-{new_id()}"
        there = settings.jobs.resources
        own = {name: amount for name, amount in there.items() if name in OF_A_MACHINE}
        facts = {"slots": settings.jobs.concurrency, "resources": own}
        self.register = Register(store, self.id, name, settings.jobs.dead_after_seconds, settings.root, **facts)
        self.requests = Requests(store)
        self.slots = Slots(settings.jobs.concurrency, own)
        self.holds = Holds(store, run_log, self.id, {name: amount for name, amount in there.items() if name not in OF_A_MACHINE})
        self.active: dict[str, JobContext] = {}  # by workflow
        self.starting: dict[str, AtWork] = {}  # by workflow
        self.begun: dict[str, datetime] = {}  # the last of each person's
        self.durable: Durable
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self._ending = threading.Lock()

    def run(self) -> None:
        """Work until SIGTERM."""
        told = Told()
        told.listen(signal.SIGTERM, signal.SIGINT)
        try:
            check_database(self.settings)
            self.register.enter()
            # DBOS takes its time to import; requests wait safely meanwhile, so nobody else has to.
            state = {"pid": os.getpid(), "id": self.id, "ready_at": iso(now())}
            write_json(run_folder(self.settings) / f"{self.register.name}.json", state)
            with importing(for_good=True):
                from workbench.jobs.durable import Durable

            self.durable = Durable(self.settings, self.id, self._workflow)
            self._take_over()
            threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
            watching = Watching(self.settings, self.store, self.runs)
            threading.Thread(target=watching.run, args=(self._stopping,), name="watching", daemon=True).start()
            Notifying(self.settings, self.store).start(self._stopping)
            threading.Thread(target=Ticking(self.settings, self.store).run, args=(self._stopping,), name="ticking", daemon=True).start()
            threading.Thread(target=self.store.hear, args=(REQUESTS, told.wake, self._stopping), name="hearing", daemon=True).start()
            log.info("worker ready", extra={"worker": self.id})
            self._loop(told)
        except WorkbenchError as error:
            sys.stderr.write(f"{error}\n")
            sys.stderr.flush()
            self._end(1)
        except Exception:
            log.exception("worker failed")
            self._end(1)
        self._end(0)

    def _loop(self, told: Told) -> None:
        """Look for requests whenever somebody has written to the store, which is cheap to see."""
        often, seldom = _OFTEN_SECONDS[self.store.dialect], _SELDOM_SECONDS[self.store.dialect]
        with self.store.watch() as version:
            seen: object = None
            next_look = next_reconcile = next_tidy = next_disabled = written = 0.0
            while not self._stopping.is_set():
                at = time.monotonic()
                current = version()
                if current != seen:
                    written = at
                if current != seen or at >= next_look:
                    seen, next_look = current, at + _LOOK_SECONDS
                    self._look()
                if at >= next_disabled:
                    next_disabled = at + _DISABLED_SECONDS
                    self._look_for_disabled()
                if at >= next_reconcile:
                    next_reconcile = at + _RECONCILE_SECONDS
                    self._reconcile()
                if at >= next_tidy:
                    next_tidy = at + _TIDY_SECONDS
                    self._tidy()
                # What follows a request comes soon; where nothing is done for a while, a hundred looks a second would only be heat.
                if told.wait(often if at - written < _SOON_SECONDS else seldom):
                    self._stopping.set()

    def _look(self) -> None:
        first = self.requests.first()  # mostly there is nothing, and no more is asked
        if first is not None and first.action == "cancel":
            for request in self.requests.cancellations():
                self._cancel(request)
            first = self.requests.first("submit")
        if first is None:
            return
        busy = self._busy()
        places = Places(self.settings.jobs.concurrency, [each.queue for each in busy])
        if not places.free(first.queue):
            return
        limits = Limits(self.store, self.runs)
        at_work = Counter(each.who for each in busy)
        self.begun = {who: at for who, at in self.begun.items() if who in at_work}
        for request in self.requests.waiting(at_work, self.begun):
            if not places.free(request.queue):
                break  # what is due later does not go before it
            if (request.asks is None or not self.slots.lacks(request.asks.needs)) and self._start(request, limits):
                places.take(request.queue)
                at_work[request.who] += 1

    def _look_for_disabled(self) -> None:
        try:
            self._stop_disabled()
        except WorkbenchError as error:
            # The store is busy or away: the next look tells.
            log.warning("who is disabled could not be looked up", extra={"reason": error.message})

    def _stop_disabled(self, *others: str) -> bool:
        """Cancel jobs of users who are disabled: what was submitted while she was being disabled, nobody has cancelled yet. Whether there
        were such."""
        from workbench.governance.users import disabled_of

        with self._guard:
            names = {*others, *(context.run.principal for context in self.active.values())}
        found = disabled_of(self.store, names) if names else set()
        for name in found:
            JobService(self.settings, self.store, self.runs).cancel_disabled(name)
        return bool(found)

    def _busy(self) -> list[AtWork]:
        """The jobs that have a place here. Those that only wait (for a person, for a licence) have none, up to so many."""
        with self._guard:
            jobs = {**self.starting, **{workflow: AtWork.by(context.run) for workflow, context in self.active.items()}}
            parked = [workflow for workflow, context in self.active.items() if context.is_parked][:_MOST_PARKED]
        return [job for workflow, job in jobs.items() if workflow not in parked]

    def _start(self, request: Request, limits: Limits) -> bool:
        """Whether it was begun here."""
        # Claimed first, so that one worker starts it; should this one die before it does, the reconciler finds the run.
        with limits.kept(request) as allowed:
            if not allowed or not self.requests.claim(request):
                return False
        run = self._find(request.run_id)
        if run is None or run.status in TERMINAL:
            return False
        self._begin(run)
        return True

    def _begin(self, run: Run) -> None:
        workflow = workflow_id(run.id, run.repair)
        with self._guard:
            self.starting[workflow] = AtWork.by(run)
            self.begun[run.principal] = now()
        described = {"kind": run.kind, "job": run.job, "params": run.params, "principal": run.principal}
        if not self.durable.start(run.id, described | ({"repair": run.repair} if run.repair else {})):
            with self._guard:
                self.starting.pop(workflow, None)

    def _cancel(self, request: Request) -> None:
        run = self._find(request.run_id)
        workflow = workflow_id(request.run_id, run.repair if run is not None else 0)
        self.durable.cancel(workflow)
        with self._guard:
            context = self.active.get(workflow)
        if context is not None:
            threading.Thread(target=context.cancel, name=f"cancel-{request.run_id}", daemon=True).start()
        if context is not None or not self.register.others():
            self.requests.claim(request)
        else:
            self.requests.claim_if_older(request, seconds=30)

    def _find(self, run_id: str) -> Run | None:
        try:
            return self.runs.get(run_id)
        except RunNotFound:
            return None

    # One workflow: begins, is carried out, ends.

    def _workflow(self, run_id: str, request: dict[str, Any]) -> dict[str, Any]:
        with bind(run_id=run_id, principal=request["principal"]), span("job", run_id=run_id, kind=request["kind"], job=request["job"]):
            try:
                return self._carry_out(run_id, request)
            except StoreUnreachable:
                self._lost()
                raise
            finally:
                workflow = workflow_id(run_id, request.get("repair", 0))
                with self._guard:
                    self.active.pop(workflow, None)
                    self.starting.pop(workflow, None)

    def _carry_out(self, run_id: str, request: dict[str, Any]) -> dict[str, Any]:
        run = self._find(run_id)
        if run is None:
            # The store was restored from before the run: it is known again from its workflow.
            with self.store.write() as conn:
                self.runs.append(conn, run_id, "run.queued", **request, attributes={})
            run = self.runs.get(run_id)
        if run.repair > request.get("repair", 0):
            # What came before a repair was left over by a dead worker, or was still being stopped.
            return {"status": "repaired"}
        if run.status not in TERMINAL and self._stop_disabled(run.principal):
            run = self.runs.get(run_id)
        if run.status in TERMINAL:
            return {"status": run.status}
        try:
            state = self._recorded(lambda: self._started(run_id), run_id)
            context = self._context(run, state)
            with self._guard:
                self.active[workflow_id(run_id, run.repair)] = context
                self.begun.setdefault(run.principal, now())  # what was taken over
            # A cancellation that came before this line found nobody to tell.
            if self.runs.get(run_id).status == "cancelled":
                context.cancel()
            return {"status": self._execute(context)}
        except Cancelled:
            return {"status": "cancelled"}
        except Fenced:
            self._fenced(run_id)
            raise

    def _started(self, run_id: str) -> RunState:
        with self.store.write():
            state = RunState(self.store, self.runs, run_id)
            state.started(worker=self.id)
        return state

    def _context(self, run: Run, state: RunState) -> JobContext:
        return JobContext(
            self.settings,
            self.store,
            self.runs,
            run,
            state,
            checkpoint=self.durable.checkpoint,
            slots=self.slots,
            holds=self.holds,
            worker=self.id,
            hold=self._hold_when_stopping,
            lost=self._lost,
        )

    def _execute(self, context: JobContext) -> str:
        try:
            attributes = kinds.executor(context.run.kind)(context)

            def succeed() -> None:
                context.state.attributes(**(attributes or {}))
                context.state.succeeded()

            self._recorded(succeed, context.run.id)
            return "succeeded"
        except (Cancelled, Fenced, StoreUnreachable):
            raise
        except JobFailed as failed:
            error = failed.error
        except WorkbenchError as problem:
            self._hold_when_stopping()
            error = RunError(code=problem.code, message=problem.message, fix=problem.fix)
        except Exception as problem:
            self._hold_when_stopping()
            log.exception("a job failed in a way nobody foresaw")
            fix = f"Look into {log_folder(self.settings) / 'worker.jsonl'}."
            error = RunError(code="internal", message="The job failed inside the workbench.", fix=fix)
            if "disk is full" in str(problem) or getattr(problem, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
                error = RunError(code=StorageUnavailable.code, message="The disk is full.", fix="Make room on it, and repair the run.")
        self._recorded(lambda: self._failed(context, error), context.run.id)
        return "failed"

    def _failed(self, context: JobContext, error: RunError) -> None:
        """Say that a job failed, and that nothing goes on of what is below it: what could not be recorded in time says so nobody else."""
        with self.store.write() as conn:
            context.state.failed(error)
            fail_parts(conn, self.runs, context.run.id, error)

    def _recorded(self, record: Callable[[], T], run_id: str) -> T:
        """Record something of a run as soon as the store takes it: while a disk is full, or a server away, nobody else would ever say it,
        and the run would seem to go on for ever."""
        said = False
        while True:
            try:
                return record()
            except (Unavailable, DBAPIError, OSError) as problem:
                self._hold_when_stopping()
                if not said:
                    said = True
                    log.warning(
                        "a run's state cannot be recorded; it is tried again", extra={"run_id": run_id, "reason": str(problem)[:300]}
                    )
                self._stopping.wait(_AGAIN_SECONDS)

    def _lost(self) -> None:
        """The store went away while a job was carried out, which is none of its fault. Whoever takes it over, this worker's next
        incarnation mostly, goes on with it."""
        self._hold_when_stopping()
        log.error("the metadata store cannot be reached; this worker ends")
        self._end(1)

    def _hold_when_stopping(self) -> None:
        """A worker that ends kills its steps; their failure is no result, and the process is about to be gone."""
        while self._stopping.is_set():
            time.sleep(60)

    def _fenced(self, run_id: str) -> None:
        """Another worker has this run. Then it has declared us dead, and we have no business to go on."""
        self._hold_when_stopping()
        if not self.register.beat():
            self._end(3)
        log.warning("a run was taken over", extra={"run_id": run_id})

    # Living, dying, taking over.

    def _beat(self) -> None:
        while not self._stopping.wait(self.settings.jobs.heartbeat_seconds):
            try:
                if not self.register.beat():
                    log.error("another worker has taken over; this one ends")
                    self._end(3)
                self._take_over()
            except WorkbenchError as error:
                # The database is busy or away: whoever takes over after the silence fences us.
                log.warning("heartbeat missed", extra={"reason": error.message})
            except Exception:
                # Whatever it is: a worker that lives and does not say so is taken over with all that it does.
                log.exception("others could not be looked after")

    def _take_over(self) -> None:
        for other in self.register.dead():
            self.register.declare_lost(other)
            if other.here:
                if other.process.alive():
                    os.kill(other.process.pid, signal.SIGKILL)
                kill_marked("WORKBENCH_WORKER", other.id)
            self.holds.free(other.id)
            count = self.durable.recover([other.id])
            self.register.remove(other)
            log.info("took over a dead worker", extra={"dead": other.id, "workflows": count})

    def _reconcile(self) -> None:
        from workbench.jobs.reconcile import reconcile

        try:
            reconcile(self.runs, self.store, self.durable, self._begin)
        except Exception:
            # Mending is a service to the runs that are well already: they go on, and the next round tries again.
            log.exception("the reconciler failed")
        try:
            if (self.settings.root / "debug").is_dir():  # mostly not, and then nothing is imported
                module, name = _SWEEPS.split(":")
                getattr(import_module(module), name)(self.settings)
        except Exception:
            log.exception("scratches could not be cleaned")

    def _tidy(self) -> None:
        from workbench.jobs.reconcile import tidy

        try:
            tidy(self.store, self.durable, self.settings.retention.replay_days)
        except Exception:
            log.exception("old jobs could not be forgotten")

    def _end(self, code: int) -> None:
        if not self._ending.acquire(blocking=False):
            threading.Event().wait()  # another thread is ending the process
        self._stopping.set()
        kill_marked("WORKBENCH_WORKER", self.id)
        if code == 0:
            self.register.leave()
            (run_folder(self.settings) / f"{self.register.name}.json").unlink(missing_ok=True)
        log.info("worker ended", extra={"exit_code": code})
        os._exit(code)


def _take_lock(settings: Settings, name: str) -> FileLock:
    """The lock of the role: inherited from the supervisor, or taken by hand.

    Raises
    ------
    ServiceNotRunning
        A worker of this name runs already.
    """
    lock = FileLock(run_folder(settings) / f"{name}.lock")
    inherited = os.environ.pop("WORKBENCH_LOCK_FD", "")
    if inherited and os.path.samestat(os.fstat(int(inherited)), lock.path.stat()):
        lock.fd = int(inherited)
        os.set_inheritable(lock.fd, False)
    elif not lock.acquire():
        raise ServiceNotRunning(f"A worker named {name!r} runs in this workspace already.", fix="See `workbench status`.")
    return lock


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m workbench.jobs.worker", description="Carries out the jobs of a workspace.")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--name", default="worker", help="a second worker on the same machine needs a name of its own")
    arguments = parser.parse_args()
    try:
        settings = load_settings(arguments.root)
        configure_logging(log_folder(settings) / f"{arguments.name}.jsonl", settings.log.level)
        lock = _take_lock(settings, arguments.name)
        with importing(for_good=True):
            from workbench.runs.log import RunLog
            from workbench.store.store import Store

        store = Store(settings.store_url)
        store.migrate()
        Worker(settings, store, RunLog(store), arguments.name).run()
        lock.release()
    except WorkbenchError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
