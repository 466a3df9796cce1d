"""Carrying out a pipeline's run: steps in the order of their needs, side by side where these allow it."""

from __future__ import annotations

import contextvars
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from workbench.core.errors import Cancelled
from workbench.jobs.context import JobContext, JobFailed
from workbench.pipelines.load import FILE_NAME, load_pipeline, order
from workbench.pipelines.records import Step
from workbench.pipelines.snapshot import source_folder
from workbench.pipelines.step import run_step
from workbench.runs.records import TERMINAL, RunError

__all__ = ["execute"]

Outcome = dict[str, Any]


def execute(context: JobContext) -> None:
    """Run the pipeline that ``context.run`` names, as it was pinned.

    Every step is a checkpoint: after a worker's death finished ones are not repeated. When one fails, those that run are
    let finish, the rest is cancelled, and the pipeline fails with the first failure's error.
    """
    source = source_folder(context.settings, context.run.id)
    steps = order(load_pipeline(source / FILE_NAME, context.settings.root).steps)
    # Drawn before anything runs, so that a resumed run finds each step's result whatever order they ended in.
    checkpoints = {step.name: context.checkpoint(step.name) for step in steps}
    outcomes: dict[str, Outcome] = {}
    running: dict[Future[Outcome], str] = {}
    with ThreadPoolExecutor(max_workers=len(steps), thread_name_prefix="step") as pool:
        while True:
            for step in _ready(steps, outcomes, set(running.values())):
                call = contextvars.copy_context().run
                running[pool.submit(call, checkpoints[step.name], run_step, context, step)] = step.name
            if not running:
                break
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                outcomes[running.pop(future)] = future.result()
    _finish(context, steps, outcomes)


def _ready(steps: tuple[Step, ...], outcomes: dict[str, Outcome], running: set[str]) -> list[Step]:
    if any(outcome["status"] != "succeeded" for outcome in outcomes.values()):
        return []
    return [
        step for step in steps if step.name not in outcomes and step.name not in running and all(need in outcomes for need in step.needs)
    ]


def _finish(context: JobContext, steps: tuple[Step, ...], outcomes: dict[str, Outcome]) -> None:
    failed = [step.name for step in steps if outcomes.get(step.name, {}).get("status") == "failed"]
    context.check()
    for step in steps:
        if step.name not in outcomes:
            run_id = context.run.attributes["steps"][step.name]
            if context.log.get(run_id).status not in TERMINAL:
                context.attempt(run_id).cancelled(by=f"failure of step {failed[0]!r}" if failed else "")
    if failed:
        raise JobFailed(RunError.model_validate(outcomes[failed[0]]["error"]))
    if any(outcome["status"] == "cancelled" for outcome in outcomes.values()):
        raise Cancelled("A step was cancelled.", run_id=context.run.id)
