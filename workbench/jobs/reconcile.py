"""Mending what a crash, or a database restored from a back-up, left apart: runs and their workflows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from workbench.core.clock import iso, now
from workbench.core.errors import RunNotFound
from workbench.core.telemetry import get_logger
from workbench.jobs import kinds
from workbench.jobs.context import fail_parts
from workbench.jobs.durable import workflow_id
from workbench.runs.records import Run, RunError
from workbench.store.tables import job_requests

if TYPE_CHECKING:
    from workbench.jobs.durable import Durable
    from workbench.runs.log import RunLog
    from workbench.store.store import Store

__all__ = ["reconcile", "tidy"]

log = get_logger("jobs.reconcile")


def reconcile(runs: RunLog, store: Store, durable: Durable, begin: Callable[[Run], None]) -> int:
    """Compare runs that have not ended with workflows, and mend:

    - a run whose request was dealt with, but without a workflow (the job database is older): started again;
    - a run whose workflow has ended for good (cancelled, or given up after too many dead workers): ended likewise;
    - a workflow without a run (the store is older): recorded as queued;
    - a run of any other kind whose process has died: failed.

    Returns how many were mended.
    """
    mended = len(runs.reconcile())
    with store.read() as conn:
        waiting = set(conn.execute(select(job_requests.c.run_id).where(job_requests.c.handled_at.is_(None))).scalars())
    names = kinds.known()
    candidates = (*runs.list(status="queued", limit=None), *runs.list(status="running", limit=None))
    # What a process carries out by itself is no job, be it of a kind that could be one.
    open_runs = [run for run in candidates if run.kind in names and run.parent_id is None and "process" not in run.attributes]
    workflows = {run.id: workflow_id(run.id, run.repair) for run in open_runs}
    statuses = durable.statuses(list(workflows.values()))
    for run in open_runs:
        status = statuses.get(workflows[run.id])
        if status is None and run.id not in waiting:
            begin(run)
        elif status in ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"):
            error = RunError(
                code="internal", message=f"The job's workflow ended without a result ({status}).", fix="Run it again; see the worker's log."
            )
            with store.write() as conn:
                runs.append(conn, run.id, "run.failed", error=error.to_json())
                fail_parts(conn, runs, run.id, error)
        else:
            continue
        mended += 1
        log.warning("mended a run", extra={"run_id": run.id, "workflow": status})
    for run_id, request in durable.unfinished().items():
        try:
            runs.get(run_id)
        except RunNotFound:
            with store.write() as conn:
                runs.append(conn, run_id, "run.queued", **request, attributes={})
            mended += 1
            log.warning("recorded a workflow's run", extra={"run_id": run_id})
    return mended


def tidy(store: Store, durable: Durable, days: float) -> int:
    """Forget the checkpoints and requests of jobs that ended ``days`` ago or earlier; their runs stay in the log. Returns how
    many workflows were forgotten."""
    before = now() - timedelta(days=days)
    with store.write() as conn:
        conn.execute(delete(job_requests).where(job_requests.c.handled_at < iso(before)))
    return durable.forget(before)
