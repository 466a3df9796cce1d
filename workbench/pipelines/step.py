"""One step of a pipeline: a run of its own, which a child process carries out, and again where it may be tried again."""

from __future__ import annotations

import shutil
import threading
from datetime import timedelta
from typing import Any

from workbench.core.clock import from_iso, iso, now
from workbench.core.errors import Cancelled, InvalidInput, StoreUnreachable, WorkbenchError
from workbench.jobs.context import JobContext
from workbench.jobs.processes import kill_marked
from workbench.pipelines.approval import await_approval
from workbench.pipelines.attempts import wait_before
from workbench.pipelines.execution import Execution
from workbench.pipelines.function_execution import FunctionExecution
from workbench.pipelines.own import filled
from workbench.pipelines.records import Step
from workbench.pipelines.sql_execution import SqlExecution
from workbench.runs.handle import error_of
from workbench.runs.records import TERMINAL, Run

__all__ = ["outcome_of", "run_step"]

# How a step's process calls it that the metadata store was away: that is none of its fault, and no attempt at it. One for which it is away
# each time has failed: it asks somebody else's.
_AWAY = (StoreUnreachable.__name__, StoreUnreachable.code)
_MOST_AWAY, _AWAY_SECONDS = 3, 2.0


def run_step(context: JobContext, step: Step) -> dict[str, Any]:
    """Run one step, and record its run. A step that has ended before is not run again.

    An attempt that failed stands in the run's attribute ``attempts``, with its ``error``, when it ``ended`` and where the executed
    ``notebook`` is, or the ``log`` of a function. Who takes over a dead worker's step goes on with as many attempts as are left.

    Returns ``{"status": ..., "error": ...}``; a failing notebook or statement is an outcome, not an exception.
    """
    run = context.log.get(context.run.attributes["steps"][step.name])
    try:
        if step.approve is not None and run.status not in TERMINAL:
            run = await_approval(context, step, run)
        while run.status not in TERMINAL:
            _wait(context, step, run)
            with context.slot(step.resources, run.id):
                _attempt(context, step, run)
            run = context.log.get(run.id)
    except Cancelled:
        return {"status": "cancelled", "error": None}
    except InvalidInput as problem:
        context.attempt(run.id).failed(error_of(problem))
        run = context.log.get(run.id)
    return outcome_of(run)


def outcome_of(run: Run) -> dict[str, Any]:
    """How a step's run ended, as a checkpoint keeps it."""
    return {"status": run.status, "error": run.error.to_json() if run.error else None}


def _wait(context: JobContext, step: Step, run: Run) -> None:
    """Until the next attempt is due. No slot is held."""
    if run.attributes.get("store_away"):
        _pause(context, _AWAY_SECONDS)
    if "retry_at" in run.attributes:
        left = (from_iso(run.attributes["retry_at"]) - now()).total_seconds()
        # No longer than it was to wait from the start, whatever the clock was when that was written, and is set to meanwhile.
        pause = min(left, wait_before(len(run.attributes.get("attempts", [])) + 1, step.retry_wait))
        _pause(context, max(pause, 0.0))


def _pause(context: JobContext, seconds: float) -> None:
    over = threading.Event()
    with context.aside(), context.stopped_by(over.set):
        over.wait(seconds)
    context.check()


def _attempt(context: JobContext, step: Step, run: Run) -> None:
    with context.store.write():
        state = context.attempt(run.id)
        if state.epoch == 1:
            state.started()
    if state.epoch > 1:
        # An earlier attempt's worker died; nothing of it may still be at work.
        kill_marked("WORKBENCH_RUN_ID", run.id, str(context.settings.root))
        state.started()
    try:
        own = _own(context, step)
    except WorkbenchError as problem:
        state.failed(error_of(problem))
        return
    if own:
        state.attributes(params=own)
    kind = SqlExecution if step.sql else FunctionExecution if step.function else Execution
    execution = kind(context, step, run, state, own)
    end = execution.run()
    if end.get("ok"):
        state.succeeded()
        return
    if end.get("name") in _AWAY and not end.get("timed_out") and (times := run.attributes.get("store_away", 0)) < _MOST_AWAY:
        state.attributes(store_away=times + 1)
        return
    error, failed = execution.error(end), run.attributes.get("attempts", [])
    if len(failed) >= step.retries:
        state.failed(error)
        return
    ended = now()
    told: dict[str, Any] = {"error": error.to_json(), "ended": iso(ended)}
    if not step.sql:
        told |= _kept(context, run, len(failed) + 1)
    pause = timedelta(seconds=wait_before(len(failed) + 2, step.retry_wait))
    state.attributes(attempts=[*failed, told], retry_at=iso(ended + pause))


def _own(context: JobContext, step: Step) -> dict[str, Any]:
    if not step.params:
        return {}
    ids = context.run.attributes["steps"]
    runs = context.log.some(ids[name] for name in step.needs)
    return filled(step, {name: runs[ids[name]] for name in step.needs})


def _kept(context: JobContext, run: Run, attempt: int) -> dict[str, Any]:
    """The executed notebook, or the log, of an attempt that failed, beside the one that the next will write."""
    said = "log" if "log" in run.attributes else "notebook"
    written = context.settings.state / str(run.attributes[said])
    kept = written.with_name(f"{written.stem}.attempt-{attempt}{written.suffix}")
    try:
        # A notebook is written anew as a whole; a log is added to.
        (shutil.move if said == "log" else shutil.copyfile)(written, kept)
    except FileNotFoundError:
        return {said: None}
    return {said: kept.relative_to(context.settings.state).as_posix()}
