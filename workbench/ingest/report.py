"""The report of a load, kept with its run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from sqlalchemy import select

from workbench.core.errors import NotFound
from workbench.ingest.records import IngestReport
from workbench.quality.records import Assessment
from workbench.store.tables import quality_assessments

if TYPE_CHECKING:
    from workbench.runs.log import RunLog
    from workbench.runs.records import Run

__all__ = ["kept_report", "report_of"]


def kept_report(report: IngestReport) -> dict[str, Any]:
    """What a run keeps of its report. What the dimensions rest on may quote data, which has no place in the log: that is kept with the
    dataset's quality, and can be erased there."""
    return {"report": report.model_dump(mode="json", exclude={"dimensions"})}


def report_of(log: RunLog, run_id: str) -> IngestReport:
    """What a load has done.

    Raises
    ------
    RunNotFound, NotFound
        There is no such run, it is no load, or it has not succeeded.
    """
    run = log.get(run_id)
    if run.kind != "ingest":
        raise NotFound(f"Run {run_id} is no load.", fix="`workbench runs list --kind ingest` lists loads.")
    if run.status != "succeeded":
        told = f" {run.error.message}" if run.error else ""
        next_step = "Wait until it has ended." if run.status in ("queued", "running") else "Start it again."
        fix = run.error.fix if run.error and run.error.fix else next_step
        raise NotFound(f"The load {run_id} has no report: it is {run.status}.{told}", fix=fix)
    try:
        report = IngestReport.model_validate(run.attributes.get("report"))
    except ValidationError:  # of another version
        raise NotFound(f"The load {run_id} left no report.", fix=f"See what it wrote: workbench runs show {run_id}.") from None
    return report.model_copy(update={"dimensions": _dimensions(log, run)})


def _dimensions(log: RunLog, run: Run) -> tuple[Any, ...]:
    table = quality_assessments
    with log.store.read() as conn:
        bodies = conn.execute(select(table.c.body).where(table.c.run_id == run.id).order_by(table.c.at)).scalars().all()
    return Assessment.model_validate_json(bodies[-1]).dimensions if bodies else ()
