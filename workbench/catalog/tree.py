"""The catalog as a tree, a level at a time: zones, groups of names that begin alike, datasets and views."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, func, select, true

from workbench.catalog.index import Visible
from workbench.catalog.records import DatasetSummary, Tree, TreeNode
from workbench.core.names import QUARANTINE
from workbench.core.working import sees_drafts
from workbench.lake.facts import CATALOG_NAME, LISTED
from workbench.store.tables import dataset_facts, iceberg_tables

if TYPE_CHECKING:
    from workbench.store.store import Store

__all__ = ["tree"]

_BETWEEN = "\x1e"  # ASCII's separator of records: in no name
Summaries = Callable[[Iterable[str]], dict[str, DatasetSummary]]


def tree(
    store: Store,
    summaries: Summaries,
    zone: str | None,
    prefix: str,
    after: str | None,
    limit: int,
    visible: Visible | None,
    views: Mapping[str, DatasetSummary] | None = None,
) -> Tree:
    """The level below a zone and the beginning of a name; without a zone, the zones.

    Where more than ``limit`` names begin so, they are grouped by their next word. ``visible`` are the datasets that are counted
    and shown; None is all. ``summaries`` gives the lines of the datasets on the level, by name; ``views`` are the lines of views, by
    full name.
    """
    others = views or {}
    if zone is None:
        return Tree(nodes=tuple(_zones(store, visible, others)))
    mine = {line.name.partition(".")[2]: line for line in others.values() if line.zone == zone}
    names = [name for name in _names(store, zone, prefix, visible) if name.startswith(prefix)]
    if mine:
        names = sorted({*names, *(name for name in mine if name.startswith(prefix))})
    groups = [(name, (name,)) for name in names] if len(names) <= limit else _groups(names, len(prefix))
    left = [each for each in groups if after is None or each[0] > after]
    lines = summaries(f"{zone}.{name}" for name, members in left[:limit] if len(members) == 1)
    nodes = tuple(_node(name, members, lines.get(f"{zone}.{name}"), mine) for name, members in left[:limit])
    return Tree(zone=zone, prefix=prefix, nodes=nodes, after=left[limit - 1][0] if len(left) > limit else None)


def _node(name: str, members: Sequence[str], line: DatasetSummary | None, views: Mapping[str, DatasetSummary]) -> TreeNode:
    if len(members) > 1:
        count = sum(member in views for member in members) if views else 0
        return TreeNode(kind="group", name=name, datasets=len(members) - count, views=count)
    if line is None and name in views:
        return TreeNode(kind="view", name=name, datasets=0, views=1, dataset=views[name])
    return TreeNode(kind="dataset", name=name, dataset=line)


def _zones(store: Store, visible: Visible | None, views: Mapping[str, DatasetSummary]) -> Iterable[TreeNode]:
    if visible is None:
        query = select(iceberg_tables.c.table_namespace, func.count()).where(_shown()).group_by(iceberg_tables.c.table_namespace)
        with store.read() as conn:
            counts: dict[str, int] = dict(conn.execute(query).tuples().all())
    else:
        counts = {}
        with store.read() as conn:
            for zone, uuid in conn.execute(_with_uuids(iceberg_tables.c.table_namespace)):
                if uuid in visible.table_uuids:
                    counts[zone] = counts.get(zone, 0) + 1
    others = Counter(line.zone for line in views.values())
    zones = sorted({*counts, *others} - {QUARANTINE})
    return [TreeNode(kind="zone", name=zone, datasets=counts.get(zone, 0), views=others[zone]) for zone in zones]


def _names(store: Store, zone: str, prefix: str, visible: Visible | None) -> list[str]:
    mine = (iceberg_tables.c.catalog_name == CATALOG_NAME) & (iceberg_tables.c.table_namespace == zone) & _shown()  # as the key begins
    if prefix:  # SQLite takes no notice of case here: who asks looks again
        mine &= iceberg_tables.c.table_name.startswith(prefix, autoescape=True)
    with store.read() as conn:
        if visible is None:
            # As one text: a row each is an object each, and so many at once make Python's collector look at everything that the
            # process holds, which takes longer than the level itself.
            together = select(func.aggregate_strings(iceberg_tables.c.table_name, _BETWEEN)).where(mine)
            names: str | None = conn.execute(together).scalar_one()
            return sorted(names.split(_BETWEEN)) if names else []
        rows = conn.execute(_with_uuids(iceberg_tables.c.table_name).where(mine))
        return sorted(name for name, uuid in rows if uuid in visible.table_uuids)


def _with_uuids(column: Any) -> Select[Any]:
    joined = iceberg_tables.join(dataset_facts, dataset_facts.c.metadata_location == iceberg_tables.c.metadata_location)
    return select(column, dataset_facts.c.table_uuid).select_from(joined).where(_shown())


def _shown() -> ColumnElement[bool]:
    return true() if sees_drafts() else LISTED


def _groups(names: list[str], start: int) -> list[tuple[str, tuple[str, ...]]]:
    """Names by their next word, with those that begin so; a group of one is the name itself."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for stem, members in groupby(names, key=lambda name: name[: name.find("_", start) + 1] or name):
        alike = tuple(members)
        found.append((stem if len(alike) > 1 else alike[0], alike))
    return found
