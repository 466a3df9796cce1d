"""How good datasets are, as they were assessed last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from workbench.catalog.records import QualityLeader
from workbench.core.clock import from_iso
from workbench.store.tables import quality_assessments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.store.store import Store

__all__ = ["leaders", "scores"]


def scores(store: Store) -> dict[str, tuple[float, str]]:
    """The newest score and its time by table UUID; of those that have one."""
    made = quality_assessments.c
    newest = select(made.table_uuid, func.max(made.at).label("at")).where(made.score.is_not(None)).group_by(made.table_uuid).subquery()
    joined = quality_assessments.join(newest, (newest.c.table_uuid == made.table_uuid) & (newest.c.at == made.at))
    with store.read() as conn:
        return {uuid: (score, at) for uuid, score, at in conn.execute(select(made.table_uuid, made.score, made.at).select_from(joined))}


def leaders(store: Store, names: Mapping[str, str], limit: int) -> tuple[QualityLeader, ...]:
    """The best datasets first; ``names`` are those to be told of, by UUID."""
    found = [
        QualityLeader(dataset=names[uuid], zone=names[uuid].partition(".")[0], score=score, at=from_iso(at))
        for uuid, (score, at) in scores(store).items()
        if uuid in names
    ]
    return tuple(sorted(found, key=lambda each: (-each.score, each.dataset))[:limit])
