"""One step of a pipeline: a run of its own, which a child process carries out."""

from __future__ import annotations

from typing import Any

from workbench.core.errors import Cancelled
from workbench.jobs.context import JobContext
from workbench.jobs.processes import kill_marked
from workbench.pipelines.execution import Execution
from workbench.pipelines.records import Step
from workbench.pipelines.sql_execution import SqlExecution
from workbench.runs.records import TERMINAL, Run

__all__ = ["run_step"]


def run_step(context: JobContext, step: Step) -> dict[str, Any]:
    """Run one step, and record its run. A step that has ended before is not run again.

    Returns ``{"status": ..., "error": ...}``; a failing notebook or statement is an outcome, not an exception.
    """
    run = context.log.get(context.run.attributes["steps"][step.name])
    if run.status in TERMINAL:
        return _outcome(run)
    try:
        with context.slot():
            state = context.attempt(run.id)
            if state.epoch > 1:
                # An earlier attempt's worker died; nothing of it may still be at work.
                kill_marked("WORKBENCH_RUN_ID", run.id)
            state.started()
            execution = (SqlExecution if step.sql else Execution)(context, step, run, state)
            end = execution.run()
            if end.get("ok"):
                state.succeeded()
            else:
                state.failed(execution.error(end))
    except Cancelled:
        return {"status": "cancelled", "error": None}
    return _outcome(context.log.get(run.id))


def _outcome(run: Run) -> dict[str, Any]:
    return {"status": run.status, "error": run.error.to_json() if run.error else None}
