"""Carrying out a pipeline's run: steps in the order of their needs, side by side where these allow it."""

from __future__ import annotations

import contextvars
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.jobs.context import JobContext, JobFailed
from workbench.pipelines.environment import differing
from workbench.pipelines.load import FILE_NAME, load_pipeline, order
from workbench.pipelines.publishing import make_room, publish, take_back, unpublished
from workbench.pipelines.records import Step
from workbench.pipelines.snapshot import fill_working_folder, source_folder
from workbench.pipelines.step import outcome_of, run_step
from workbench.runs.records import TERMINAL, RunError

__all__ = ["execute"]

Outcome = dict[str, Any]


def execute(context: JobContext) -> dict[str, Any]:
    """Run the pipeline that ``context.run`` names, as it was pinned.

    Every step is a checkpoint: after a worker's death finished ones are not repeated. A step whose condition does not come about is
    skipped; others go on. When any has failed, the pipeline fails with the error of the first of them. When none has, what they have
    written is published (:mod:`.publishing`).
    """
    if (here := differing(context.run.attributes.get("environment"))) is not None:
        context.state.attributes(ran_in=here)
    source = source_folder(context.settings, context.run)
    fill_working_folder(context.settings, context.run)
    take_back(context)
    make_room(context)
    steps = order(load_pipeline(source / FILE_NAME, context.settings.root).steps)
    # Drawn before anything runs, so that a resumed run finds each step's result whatever order they ended in.
    checkpoints = {step.name: context.checkpoint(step.name) for step in steps}
    outcomes: dict[str, Outcome] = {}
    running: dict[Future[Outcome], str] = {}
    with ThreadPoolExecutor(max_workers=len(steps), thread_name_prefix="step") as pool:
        while True:
            for step in () if context.is_cancelled else steps:
                if step.name in outcomes or step.name in running.values() or any(need not in outcomes for need in step.needs):
                    continue
                # The steps come in the order of their needs: what is skipped here is known to those after it.
                because = _unmet(step, outcomes)
                if because:
                    outcomes[step.name] = _skip(context, step, because)
                else:
                    call = contextvars.copy_context().run
                    running[pool.submit(call, checkpoints[step.name], run_step, context, step)] = step.name
            context.parts = len(running)
            if not running:
                break
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                outcomes[running.pop(future)] = future.result()
    context.check()
    if any(outcome["status"] == "cancelled" for outcome in outcomes.values()):
        raise Cancelled("A step was cancelled.", run_id=context.run.id)
    failed = [step.name for step in steps if outcomes[step.name]["status"] == "failed"]
    if failed:
        _tell_unpublished(context)
        raise JobFailed(RunError.model_validate(outcomes[failed[0]]["error"]))
    try:
        published = publish(context)
    except WorkbenchError:
        _tell_unpublished(context)
        raise
    if published and context.run.attributes.get("unpublished"):
        context.state.attributes(unpublished=[])  # it was repaired since
    return {"published": published} if published else {}


def _tell_unpublished(context: JobContext) -> None:
    held = sorted(unpublished(context.store, context.run.id).values())
    if held:
        context.state.attributes(unpublished=held)


def _unmet(step: Step, outcomes: dict[str, Outcome]) -> str:
    """Why a step is not to begin, now that all have ended that it needs; empty where it is."""
    if step.when == "all_ended":
        return ""
    failed = [need for need in step.needs if outcomes[need]["status"] == "failed"]
    if step.when == "any_failed":
        return "" if failed else f"none of the steps that it needs has failed ({', '.join(step.needs)})"
    if failed:
        return f"step {failed[0]!r} failed"
    return next((f"step {need!r} was {status}" for need in step.needs if (status := outcomes[need]["status"]) != "succeeded"), "")


def _skip(context: JobContext, step: Step, because: str) -> Outcome:
    run_id = context.run.attributes["steps"][step.name]
    run = context.log.get(run_id)
    if run.status in TERMINAL:
        # It ended so before this repair, in which it has no part.
        return outcome_of(run)
    context.attempt(run_id).skipped(because)
    return {"status": "skipped", "error": None}
