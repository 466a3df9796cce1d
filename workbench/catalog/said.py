"""What people have said about datasets, as it stands in the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from workbench.store.tables import dataset_meta

if TYPE_CHECKING:
    from workbench.store.store import Store

__all__ = ["Said", "said_of"]

_MOST_AT_ONCE = 500  # values in one IN (...)


@dataclass(frozen=True)
class Said:
    """What people have said about a dataset. ``tags`` are its own and those of its columns."""

    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()


def said_of(store: Store, table_uuids: Iterable[str] | None = None) -> dict[str, Said]:
    """What was said, by table UUID; of all datasets, or of some."""
    query = select(dataset_meta.c.table_uuid, dataset_meta.c.description, dataset_meta.c.owner)
    wanted = None if table_uuids is None else list(table_uuids)
    if wanted is not None and len(wanted) <= _MOST_AT_ONCE:
        query = query.where(dataset_meta.c.table_uuid.in_(wanted))
    with store.read() as conn:
        return {row.table_uuid: Said(row.description, row.owner) for row in conn.execute(query)}
