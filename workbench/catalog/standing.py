"""How good datasets are, as they were assessed last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from workbench.catalog.records import QualityLeader
from workbench.core.clock import from_iso
from workbench.store.tables import quality_assessments

if TYPE_CHECKING:
    from workbench.catalog.usage import Names
    from workbench.store.store import Store

__all__ = ["leaders", "score", "scores"]


def scores(store: Store) -> dict[str, tuple[float, str]]:
    """The newest score and its time by table UUID; of those that have one."""
    made = quality_assessments.c
    newest = select(made.table_uuid, func.max(made.at).label("at")).where(made.score.is_not(None)).group_by(made.table_uuid).subquery()
    joined = quality_assessments.join(newest, (newest.c.table_uuid == made.table_uuid) & (newest.c.at == made.at))
    with store.read() as conn:
        return {uuid: (score, at) for uuid, score, at in conn.execute(select(made.table_uuid, made.score, made.at).select_from(joined))}


def score(store: Store, table_uuid: str) -> float | None:
    """The newest score of one table; None where there is none."""
    made = quality_assessments.c
    mine = select(made.score).where(made.table_uuid == table_uuid, made.score.is_not(None)).order_by(made.at.desc()).limit(1)
    with store.read() as conn:
        found: float | None = conn.execute(mine).scalar()
    return found


def leaders(store: Store, names: Names, limit: int) -> tuple[QualityLeader, ...]:
    """The best datasets first; ``names`` tells what those that are there are called, by UUID."""
    known = scores(store)
    called = names(known)
    found = [
        QualityLeader(dataset=called[uuid], zone=called[uuid].partition(".")[0], score=score, at=from_iso(at))
        for uuid, (score, at) in known.items()
        if uuid in called
    ]
    return tuple(sorted(found, key=lambda each: (-each.score, each.dataset))[:limit])
