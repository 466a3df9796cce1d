"""Steps that wait for a person: who may decide, and how the decision is kept.

What is asked and what was decided stand in the step's run, so that a decision needs no worker, and outlives each of them. The worker that
carries the pipeline out only waits until the step has ended.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from workbench.core.clock import from_iso, iso, now
from workbench.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from workbench.core.principals import Principal
from workbench.core.records import Record
from workbench.jobs.context import JobContext
from workbench.pipelines.file import File
from workbench.pipelines.own import OUTPUTS
from workbench.pipelines.records import Approval, Step
from workbench.runs.records import TERMINAL, Run, RunError

if TYPE_CHECKING:
    from workbench.runs.log import RunLog
    from workbench.store.store import Store

__all__ = ["ApprovalRequest", "Decision", "approval_fields", "await_approval", "decide", "may_decide", "request_of", "waiting"]

#: The attributes of a step's run that have what is asked, and what was decided.
ASKED, DECIDED = "approve", "decision"
_LOOK_SECONDS = 0.5
_LONGEST = 2_000
_FIELDS = ("by", "message")
# What a step has that does something, and one that waits for a person does not.
_NOT_BESIDE = ("notebook", "sql", "function", "params", "retries", "retry_wait", "resources", "output", "mode", "key")


class ApprovalRequest(Record):
    """A step of a run that waits for a person. ``by`` are roles, and people as ``user:ada``; administrators may always decide. ``until``:
    then it has failed, if nobody has decided."""

    name: str
    run_id: str
    step: str
    step_run_id: str
    message: str
    by: tuple[str, ...]
    asked_at: datetime
    until: datetime | None
    submitted_by: str


class Decision(Record):
    """What a person decided of a step."""

    name: str
    run_id: str
    step: str
    step_run_id: str
    approved: bool
    by: str
    comment: str
    at: datetime


def approval_fields(file: File, entry: dict[str, Any], field: str) -> Approval:
    """``approve`` of a step, checked. Raises InvalidInput with the field."""
    beside = next((name for name in _NOT_BESIDE if entry.get(name)), None)
    if beside is not None:
        raise file.wrong(
            f"{field}.{beside}", "stands in a step that waits for a person", "Make it a step of its own, which `needs` this one."
        )
    said = file.mapping(entry["approve"], f"{field}.approve", _FIELDS)
    by = file.names(said.get("by"), f"{field}.approve.by", "roles and people", '[steward, "user:ada"]')
    if not by or not all(each.removeprefix("user:").strip() for each in by):
        raise file.wrong(f"{field}.approve.by", "names nobody", 'Say which roles or people may decide: [steward, "user:ada"].')
    message = str(said.get("message") or "")
    if len(message) > _LONGEST:
        raise file.wrong(f"{field}.approve.message", f"has {len(message):,} characters", f"At most {_LONGEST:,}.")
    return Approval(by=by, message=message)


def may_decide(by: Iterable[str], who: Principal, roles: Iterable[str]) -> bool:
    """Whether somebody with these ``roles`` is among those who may. Who came with a token for some datasets only is not."""
    if who.is_admin:
        return True
    return not who.only and not who.looks_only and any(each == f"user:{who.name}" or each in set(roles) for each in by)


def await_approval(context: JobContext, step: Step, run: Run) -> Run:
    """Wait until somebody has decided, or the time is over; returns the step's run once it has ended. No slot is held, and no process.

    Raises
    ------
    Cancelled
        The run was cancelled.
    """
    state = context.attempt(run.id)
    asked = from_iso(run.attributes["asked_at"]) if "asked_at" in run.attributes else now()
    until = None if step.timeout is None else asked + timedelta(seconds=step.timeout)
    if "asked_at" not in run.attributes:
        state.started(asked_at=iso(asked), **({"until": iso(until)} if until else {}))
    over = threading.Event()
    with context.aside(), context.stopped_by(over.set):
        while (run := context.log.get(run.id)).status not in TERMINAL:
            context.check()
            left = _LOOK_SECONDS if until is None else (until - now()).total_seconds()
            if left <= 0:
                message = f"Step {step.name!r} failed: nobody decided within {step.timeout:g} seconds."
                fix = f"It was for {', '.join(run.attributes[ASKED]['by'])}. Repair the run to ask again."
                state.failed(RunError(code="timed_out", message=message, fix=fix))
                continue
            over.wait(min(left, _LOOK_SECONDS))
    return run


def request_of(pipeline_run: Run, run: Run) -> ApprovalRequest | None:
    """What a step's run asks, where it waits for a person."""
    asked = run.attributes.get(ASKED)
    if asked is None or run.status != "running" or "asked_at" not in run.attributes:
        return None
    until = run.attributes.get("until")
    return ApprovalRequest(
        name=pipeline_run.job,
        run_id=pipeline_run.id,
        step=run.attributes["step"],
        step_run_id=run.id,
        message=asked.get("message", ""),
        by=tuple(asked["by"]),
        asked_at=from_iso(run.attributes["asked_at"]),
        until=from_iso(until) if until else None,
        submitted_by=pipeline_run.principal,
    )


def waiting(log: RunLog) -> tuple[ApprovalRequest, ...]:
    """Everything that waits for a person, asked first first."""
    asking = [run for run in reversed(log.list(kind="step", status="running", limit=None)) if ASKED in run.attributes and run.parent_id]
    above = log.some({str(run.parent_id) for run in asking})
    return tuple(asked for run in asking if (asked := request_of(above[str(run.parent_id)], run)) is not None)


def chosen(requests: tuple[ApprovalRequest, ...], step: str | None) -> ApprovalRequest:
    """Which of what a run asks is meant.

    Raises
    ------
    NotFound, InvalidInput
        Nothing of it waits, not that step, or several do and none is named.
    """
    names = [request.step for request in requests]
    if not requests or (step is not None and step not in names):
        what = f"Step {step!r} of this run" if step is not None else "This run"
        fix = f"It waits at {', '.join(names)}." if names else "`workbench pipelines approvals` lists what waits for you."
        raise NotFound(f"{what} does not wait for an approval.", fix=fix)
    if step is None and len(requests) > 1:
        raise InvalidInput(f"Several steps of this run wait: {', '.join(names)}.", fix="Say which: `step='NAME'`.")
    return next(request for request in requests if step in (None, request.step))


def decide(store: Store, log: RunLog, request: ApprovalRequest, approved: bool, comment: str, who: Principal) -> Decision:
    """End the step as a person has decided; what goes on from there, a worker does.

    Raises
    ------
    Conflict
        Somebody else has decided, the time is over, or the run was cancelled.
    InvalidInput
        The comment is too long.
    """
    comment = comment.strip()
    if len(comment) > _LONGEST:
        raise InvalidInput(f"A comment has at most {_LONGEST:,} characters.", fix="Make it shorter.", field="comment")
    at = now()
    told = {"approved": approved, "by": who.name, "comment": comment, "at": iso(at)}
    with store.write(durable=True, act=True) as conn:
        run = log.get(request.step_run_id)
        if run.status != "running":
            fix = "Look at it: `workbench pipelines status`."
            raise Conflict(f"Step {request.step!r} waits no more: it has {run.status}.", fix=fix, run_id=run.id)
        log.append(conn, run.id, "run.attributes", attributes={DECIDED: told, OUTPUTS: {"by": who.name, "comment": comment}})
        if approved:
            log.append(conn, run.id, "run.succeeded")
        else:
            said = f": {comment}" if comment else ""
            error = RunError(code="rejected", message=f"Step {request.step!r} was rejected by {who.name}{said}.", fix=None)
            log.append(conn, run.id, "run.failed", error=error.to_json())
    facts = {name: getattr(request, name) for name in ("name", "run_id", "step", "step_run_id")}
    return Decision(**facts, approved=approved, by=who.name, comment=comment, at=at)


def not_among(request_by: Iterable[str]) -> Forbidden:
    """What is told who may see the run, and not decide."""
    return Forbidden("You are not among who may decide.", fix=f"Ask one of {', '.join(request_by)}, or who administers the workspace.")
