"""Who reads what, from the run log."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from workbench.catalog.records import Companion, Popular
from workbench.core.batches import batched
from workbench.core.clock import from_iso, iso, now
from workbench.store.tables import run_datasets, runs

if TYPE_CHECKING:
    from workbench.runs.log import RunLog

__all__ = ["last_reads", "often_used_with", "popular"]

#: What tables are called, by their UUIDs; without those that are not there.
Names = Callable[[Collection[str]], dict[str, str]]
_AT_ONCE = 200
# Looking at how good a dataset is uses none of it.
_READ = and_(run_datasets.c.direction == "input", run_datasets.c.kind == "table", runs.c.kind != "quality")
_RUN = run_datasets.join(runs, runs.c.id == run_datasets.c.run_id)
# What a notebook or a pipeline does in several runs belongs together.
_WORK = func.coalesce(runs.c.parent_id, runs.c.id)


def popular(log: RunLog, names: Names, days: float, limit: int) -> tuple[Popular, ...]:
    """The datasets that most runs have read in the last ``days``; ``names`` tells what those that are there are called, by UUID."""
    since = iso(now() - timedelta(days=days))
    counted = func.count(func.distinct(_WORK))
    query = (
        select(run_datasets.c.dataset_id, counted, func.count(func.distinct(runs.c.principal)), func.max(runs.c.started_at))
        .select_from(_RUN)
        .where(_READ, runs.c.started_at >= since)
        .group_by(run_datasets.c.dataset_id)
        .order_by(counted.desc(), func.max(runs.c.started_at).desc(), run_datasets.c.dataset_id)
    )
    with log.projections["runs"].reading() as conn:
        rows = conn.execute(query).all()
    found: list[Popular] = []
    for part in batched(rows, _AT_ONCE):
        known = names([row[0] for row in part])
        for uuid, count, people, last in part:
            if uuid in known:
                name = known[uuid]
                found.append(Popular(dataset=name, zone=name.partition(".")[0], runs=count, people=people, last_at=from_iso(last)))
        if len(found) >= limit:
            break
    return tuple(found[:limit])


def often_used_with(log: RunLog, table_uuid: str, names: Names, limit: int) -> tuple[Companion, ...]:
    """The datasets that are read in the same work as one, most often first. Work is a run with those it started."""
    mine = select(_WORK.label("work")).select_from(_RUN).where(_READ, run_datasets.c.dataset_id == table_uuid).distinct().subquery()
    counted = func.count(func.distinct(_WORK))
    query = (
        select(run_datasets.c.dataset_id, counted)
        .select_from(_RUN.join(mine, mine.c.work == _WORK))
        .where(_READ)
        .group_by(run_datasets.c.dataset_id)
        .order_by(counted.desc(), run_datasets.c.dataset_id)
    )
    with log.projections["runs"].reading() as conn:
        rows = conn.execute(query).all()
    whole = next((count for uuid, count in rows if uuid == table_uuid), 0)
    known = names([uuid for uuid, _ in rows])
    others = [(known[uuid], count) for uuid, count in rows if uuid != table_uuid and uuid in known]
    others.sort(key=lambda each: (-each[1], each[0]))
    return tuple(Companion(dataset=name, zone=name.partition(".")[0], runs=count, of=whole) for name, count in others[:limit])


def last_reads(log: RunLog, since: datetime | None = None, table_uuid: str | None = None) -> dict[str, datetime]:
    """When each dataset was read last, by UUID; of those that were read ``since``, or of one."""
    query = (
        select(run_datasets.c.dataset_id, func.max(runs.c.started_at)).select_from(_RUN).where(_READ).group_by(run_datasets.c.dataset_id)
    )
    if since is not None:
        query = query.where(runs.c.started_at >= iso(since))
    if table_uuid is not None:
        query = query.where(run_datasets.c.dataset_id == table_uuid)
    with log.projections["runs"].reading() as conn:
        return {uuid: from_iso(at) for uuid, at in conn.execute(query) if at}
