"""By which names what others were made of is and was known: a rule or a tag that is about one of them is about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import Connection, literal, select, union_all

from workbench.core.batches import batched
from workbench.store.tables import dataset_facts, dropped_datasets, former_names, iceberg_tables

if TYPE_CHECKING:
    from workbench.governance.inherited import Edge

__all__ = ["Called", "ColumnNames", "called"]

#: By field id every name that a column ever had, and the paths of what is nested in it.
ColumnNames = Mapping[int, Collection[str]]


@dataclass
class Called:
    """Names of a source: all that it ever had, today's (empty where it is there no more), and where its newest metadata lies."""

    every: set[str] = field(default_factory=set)
    today: str = ""
    location: str = ""


def called(conn: Connection, edges: Iterable[Edge]) -> dict[str, Called]:
    """What the sources of these edges are called, by table UUID."""
    found: dict[str, Called] = {}
    for edge in edges:
        found.setdefault(edge.source[0], Called()).every.add(edge.name)
    facts, tables, dropped, former = dataset_facts.c, iceberg_tables.c, dropped_datasets.c, former_names.c
    here = dataset_facts.outerjoin(iceberg_tables, facts.metadata_location == tables.metadata_location)
    for some in batched(found):
        # In one question: it is asked with each statement.
        asked = union_all(
            select(facts.table_uuid, tables.table_namespace + "." + tables.table_name, facts.metadata_location)
            .select_from(here)
            .where(facts.table_uuid.in_(some)),
            select(dropped.table_uuid, dropped.name, dropped.metadata_location).where(dropped.table_uuid.in_(some)),
            select(former.table_uuid, former.name, literal("")).where(former.table_uuid.in_(some)),
        )
        for uuid, name, location in conn.execute(asked).tuples():
            one = found[uuid]
            one.every |= {name} if name else set()
            if location:
                one.today, one.location = name or one.today, location
    return found
