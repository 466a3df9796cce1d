"""Which datasets any tag of some can be about, for questions about many datasets at once."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from workbench.catalog.index.text import fold
from workbench.governance.inherited import all_likely
from workbench.store.tables import (
    catalog_tags,
    column_origins,
    dataset_facts,
    dropped_datasets,
    former_names,
    iceberg_tables,
    named_tags,
    row_origins,
)

__all__ = ["tagged"]


def tagged(conn: Connection, tags: Collection[str], unconfirmed: bool) -> set[str]:
    """The UUIDs of the datasets that have one of these tags (folded), on themselves or on a column, by id or by name, and of what was ever
    made of them: no others have or inherit one. ``unconfirmed``: findings count that the detectors are sure of."""
    if not tags:
        return set()
    found = {uuid for uuid, tag in conn.execute(select(catalog_tags.c.table_uuid, catalog_tags.c.folded)) if tag in tags}
    if unconfirmed:
        found |= {uuid for uuid, tag in conn.execute(all_likely()) if fold(tag) in tags}
    names = {name for name, tag in conn.execute(select(named_tags.c.dataset, named_tags.c.folded)) if tag in tags}
    below: dict[str, set[str]] = {}
    for origins in (row_origins, column_origins):
        for target, source, name in conn.execute(select(origins.c.target_uuid, origins.c.source_uuid, origins.c.source_name).distinct()):
            below.setdefault(source, set()).add(target)
            found |= {source} if name in names else set()
    if names:
        here = iceberg_tables.c.table_namespace + "." + iceberg_tables.c.table_name
        joined = dataset_facts.join(iceberg_tables, dataset_facts.c.metadata_location == iceberg_tables.c.metadata_location)
        dropped = select(dropped_datasets.c.table_uuid, dropped_datasets.c.name)
        former = select(former_names.c.table_uuid, former_names.c.name)
        for query in (select(dataset_facts.c.table_uuid, here).select_from(joined), dropped, former):
            found |= {uuid for uuid, name in conn.execute(query) if name in names}
    left = list(found)
    while left:
        further = below.get(left.pop(), set()) - found
        found |= further
        left += further
    return found
