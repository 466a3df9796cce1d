"""What was taken in lately, from the run log."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Container
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from workbench.core.clock import from_iso, iso, now
from workbench.core.names import is_quarantine
from workbench.ingest.history import job_name
from workbench.ingest.records import DatasetLoads, DayLoads, IngestStatistics
from workbench.store.tables import run_datasets, runs

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.runs.log import RunLog

__all__ = ["Counts", "ingest_statistics"]

#: Whether a load is told of: who carried it out, what dataset it was for, and the run that it is a part of.
Counts = Callable[[str, str, str | None], bool]

_MOST = 100  # datasets that are told of
_RUN = run_datasets.join(runs, runs.c.id == run_datasets.c.run_id)
_FILES = and_(run_datasets.c.direction == "input", run_datasets.c.kind == "file")


def ingest_statistics(log: RunLog, days: float, counts: Counts | None = None) -> IngestStatistics:
    """The loads that began in the last ``days``; of those only that ``counts`` says, by who loaded and which dataset."""
    since = iso(now() - timedelta(days=days))
    began = func.coalesce(runs.c.started_at, runs.c.queued_at)
    wanted = and_(runs.c.kind == "ingest", began >= since)
    with log.projections["runs"].reading() as conn:
        columns = runs.c.id, runs.c.status, began.label("at"), runs.c.metrics, runs.c.error, runs.c.principal, runs.c.job, runs.c.parent_id
        loads = conn.execute(select(*columns).where(wanted)).all()
        if counts is not None:
            loads = [load for load in loads if counts(load.principal, load.job.removeprefix(job_name("")), load.parent_id)]
        ids = {load.id for load in loads}
        datasets = _datasets(conn, wanted, ids)
        read = select(run_datasets.c.run_id, run_datasets.c.bytes).select_from(_RUN).where(wanted, _FILES)
        size = sum(bytes or 0 for run_id, bytes in conn.execute(read) if run_id in ids)
    ends = Counter(load.status for load in loads)
    figures = [json.loads(load.metrics) for load in loads]
    errors = Counter(json.loads(load.error).get("code", "internal") for load in loads if load.error)
    return IngestStatistics(
        days=days,
        loads=len(loads),
        succeeded=ends["succeeded"],
        failed=ends["failed"],
        cancelled=ends["cancelled"],
        going_on=ends["running"] + ends["queued"],
        rows=_sum(figures, "rows"),
        rejected=_sum(figures, "rejected"),
        bytes=size,
        datasets=datasets,
        by_day=_by_day([(load.at, load.status, measured) for load, measured in zip(loads, figures, strict=True)]),
        errors=tuple(sorted(errors.items(), key=lambda each: (-each[1], each[0]))),
    )


def _datasets(conn: Connection, wanted: Any, ids: Container[str]) -> tuple[DatasetLoads, ...]:
    """Rows that were set aside went into a dataset's own quarantine, which tells how many."""
    columns = run_datasets.c.name, runs.c.id, run_datasets.c.rows, runs.c.metrics, runs.c.started_at
    query = select(*columns).select_from(_RUN).where(wanted, run_datasets.c.direction == "output", run_datasets.c.kind == "table")
    found: dict[str, list[Any]] = {}
    for name, run_id, rows, metrics, at in conn.execute(query):
        if run_id in ids and not is_quarantine(name):
            found.setdefault(name, []).append((run_id, rows or 0, json.loads(metrics), at))
    made = [
        DatasetLoads(
            dataset=name,
            zone=name.partition(".")[0],
            loads=len({run_id for run_id, _, _, _ in loads}),
            rows=sum(rows for _, rows, _, _ in loads),
            rejected=_sum([metrics for _, _, metrics, _ in loads], "rejected"),
            last_at=from_iso(max(at for _, _, _, at in loads)),
        )
        for name, loads in found.items()
    ]
    return tuple(sorted(made, key=lambda each: (-each.rows, each.dataset))[:_MOST])


def _by_day(loads: list[tuple[str, str, dict[str, float]]]) -> tuple[DayLoads, ...]:
    days: dict[date, list[tuple[str, dict[str, float]]]] = {}
    for at, status, figures in loads:
        days.setdefault(from_iso(at).date(), []).append((status, figures))
    return tuple(
        DayLoads(
            day=day,
            loads=len(here),
            failed=sum(status == "failed" for status, _ in here),
            rows=_sum([figures for _, figures in here], "rows"),
            rejected=_sum([figures for _, figures in here], "rejected"),
        )
        for day, here in sorted(days.items())
    )


def _sum(figures: list[dict[str, float]], name: str) -> int:
    return int(sum(each.get(name, 0) for each in figures))
