"""Retention in one place, as ``workbench maintenance`` and a schedule do it: of the lake, of executed notebooks, of texts of SQL."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from workbench.app.publishing import forget
from workbench.core.clock import now
from workbench.core.principals import Principal, local_principal
from workbench.core.records import Record
from workbench.lake.records import Maintenance
from workbench.pipelines.retention import forget_executed

if TYPE_CHECKING:
    from workbench.app.services import Services

__all__ = ["Upkeep", "maintain"]


class Upkeep(Record):
    """What was let go.

    ``datasets`` has one record for each where anything was done, and one named ``*`` for files that belonged to none; ``runs``
    is how many pipeline runs lost their executed notebooks (``bytes``), ``statements`` how many texts of SQL were erased, ``results`` how
    many kept answers of SQL were deleted.
    """

    datasets: tuple[Maintenance, ...]
    runs: int
    bytes: int
    statements: int
    results: int = 0


def maintain(services: Services, principal: Principal | None = None) -> Upkeep:
    """Forget old snapshots, delete files nothing needs, remove dropped datasets whose time is over, delete executed notebooks, what
    their runs have not published and what became of schedules' dates, and erase texts of SQL that are older than the settings keep them.

    What a reader, a tag or a branch needs stays, and so does what an unfinished run has.
    """
    who = principal or local_principal()
    keep, moment = services.settings.retention, now()
    # Before the lake's turn, so that their files go with them.
    forget(services, who, moment - timedelta(days=keep.runs_days))
    datasets = _lake(services, who)
    days = {"runs_days": keep.runs_days, "statements_days": keep.statements_days}
    with services.log.run("maintenance", "forget runs", who, params=days) as run:
        forgotten, freed = forget_executed(services.settings, services.log, moment - timedelta(days=keep.runs_days))
        dates = services.schedules.shelf.forget(moment - timedelta(days=keep.runs_days))
        services.notifications.shelf.forget(moment - timedelta(days=keep.runs_days))
        texts = services.log.forget_statements(moment - timedelta(days=keep.statements_days))
        results = services.results.sweep(_snapshots(services).__contains__)
        for name, value in {"runs": forgotten, "dates": dates, "bytes": freed, "statements": texts, "results": results}.items():
            run.metric(name, value)
    return Upkeep(datasets=datasets, runs=forgotten, bytes=freed, statements=texts, results=results)


def _snapshots(services: Services) -> set[tuple[str, int | None]]:
    """Every snapshot that can still be read; an answer from another one holds what was meant to be gone."""
    tables = (services.lake.table(name).metadata for name in services.lake.names())
    return {(str(each.table_uuid), snapshot) for each in tables for snapshot in (None, *(s.snapshot_id for s in each.snapshots))}


def _lake(services: Services, principal: Principal) -> tuple[Maintenance, ...]:
    totals: dict[str, Maintenance] = {}
    for done in services.writer.sweep(principal):
        before = totals.get(done.dataset, Maintenance(dataset=done.dataset))
        totals[done.dataset] = Maintenance(
            dataset=done.dataset,
            snapshots_removed=before.snapshots_removed + done.snapshots_removed,
            files_deleted=before.files_deleted + done.files_deleted,
            bytes_freed=before.bytes_freed + done.bytes_freed,
        )
    return tuple(total for total in totals.values() if total.snapshots_removed or total.files_deleted)
