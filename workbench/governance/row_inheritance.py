"""Whose rows a dataset's rows are made of, as a decision needs it: sources as rules meet them, with the columns that came over as they
were."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from workbench.core.batches import batched
from workbench.governance.called import ColumnNames
from workbench.governance.policy.decide import Described, RowOrigin
from workbench.lake.facts import working_facts
from workbench.lineage.upstream import upstream
from workbench.store.tables import (
    catalog_tags,
    dataset_facts,
    dropped_datasets,
    former_names,
    iceberg_tables,
    named_tags,
    released_rows,
    row_origins,
)

__all__ = ["MadeOf", "made_of", "origins_of", "sources_by_dataset"]

_MOST = 2_000  # steps through what a dataset was made of; beyond, all of it is taken to have been lost on the way

# Asked of each relation of each statement, so put together once.
_ABOVE = select(row_origins).where(row_origins.c.target_uuid.in_(upstream(row_origins))).order_by(row_origins.c.seq)
_RELEASED = select(released_rows.c.table_uuid, released_rows.c.source_uuid).where(released_rows.c.table_uuid.in_(upstream(row_origins)))


@dataclass(frozen=True)
class MadeOf:
    """One source of a dataset's rows, directly: what it is called today, the columns that came over (its name, the dataset's), and who has
    lifted its filters."""

    table_uuid: str
    name: str
    kept: tuple[tuple[str, str], ...]
    released_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class _Source:
    described: Described
    columns: Mapping[int, str]  # of today
    #: Names that several of these have or had: a condition about one must be true of all (:mod:`.policy.renames`).
    shared: frozenset[str] = frozenset()


def origins_of(
    conn: Connection, table_uuid: str, columns: Iterable[tuple[int, str]], names_at: Callable[[str], ColumnNames] | None = None
) -> tuple[RowOrigin, ...]:
    """What the rows of a dataset with these columns (field id and name) are made of, directly and further up. ``names_at``: all names that
    the columns of a dataset ever had, by where its metadata lies; where that cannot be read now, it raises. None: they are not known."""
    edges = _edges(conn, table_uuid)
    if not edges:
        return ()
    by_target: dict[str, list[Any]] = {}
    for edge in edges:
        by_target.setdefault(edge.target_uuid, []).append(edge)
    sources = _sources(conn, edges, names_at)
    steps = 0

    def above(uuid: str, names: Mapping[int, str], path: frozenset[str]) -> tuple[RowOrigin, ...]:
        nonlocal steps
        found = []
        for edge in by_target.get(uuid, ()):
            if edge.source_uuid in path:
                continue
            steps += 1
            if steps > _MOST:
                raise _TooManyError
            source = sources[edge.source_uuid]
            kept = _kept(edge, source, names)
            further = above(edge.source_uuid, source.columns, path | {edge.source_uuid})
            described = Described(edge.source_uuid, source.described.name, (), source.described.tags, source.described.former, further)
            found.append(RowOrigin(described, kept, edge.view))
        return tuple(found)

    try:
        return above(table_uuid, dict(columns), frozenset({table_uuid}))
    except _TooManyError:
        return tuple(RowOrigin(source.described) for uuid, source in sorted(sources.items()) if uuid != table_uuid)


def made_of(conn: Connection, table_uuid: str, columns: Iterable[tuple[int, str]]) -> tuple[MadeOf, ...]:
    """The direct sources of a dataset's rows, released ones among them, by name."""
    names = dict(columns)
    rows = conn.execute(select(row_origins).where(row_origins.c.target_uuid == table_uuid)).all()
    sources = _sources(conn, rows)
    query = select(released_rows).where(released_rows.c.table_uuid == table_uuid)
    released = {row.source_uuid: row for row in conn.execute(query)}
    found = []
    for row in rows:
        source, lifted = sources[row.source_uuid], released.get(row.source_uuid)
        kept = _kept(row, source, names)
        said = (lifted.by, lifted.reason) if lifted is not None else (None, None)
        found.append(MadeOf(row.source_uuid, source.described.name, kept, *said))
    return tuple(sorted(found, key=lambda one: one.name))


def sources_by_dataset(conn: Connection) -> dict[str, tuple[str, ...]]:
    """Of each dataset (by UUID) every name of what its rows were made of, directly or not: for questions about many datasets at once."""
    edges = conn.execute(select(row_origins)).all()
    if not edges:
        return {}
    up: dict[str, set[str]] = {}
    for edge in edges:
        up.setdefault(edge.target_uuid, set()).add(edge.source_uuid)
    names = {uuid: {one.described.name, *one.described.former} for uuid, one in _sources(conn, edges).items()}
    found = {}
    for target in up:
        seen: set[str] = set()
        left = [target]
        while left:
            for source in up.get(left.pop(), ()):
                if source not in seen:
                    seen.add(source)
                    left.append(source)
        found[target] = tuple(sorted({name for uuid in seen for name in names[uuid]}))
    return found


class _TooManyError(Exception):
    pass


def _edges(conn: Connection, table_uuid: str) -> list[Any]:
    """All that it was made of, directly or not, but for what has been released."""
    rows = conn.execute(_ABOVE, {"uuid": table_uuid}).all()
    if not rows:
        return []
    lifted = set(conn.execute(_RELEASED, {"uuid": table_uuid}).tuples())
    return [row for row in rows if (row.target_uuid, row.source_uuid) not in lifted]


def _kept(edge: Any, source: _Source, target: Mapping[int, str]) -> tuple[tuple[str, str], ...]:
    """By the names that a source's column has, and had when it was written, today's name of the dataset's. One name for two is none, on
    either side."""
    found: dict[str, set[str]] = {}
    for source_field, called, target_field, _ in json.loads(edge.kept):
        if target_field in target:
            for name in {called.casefold(), source.columns.get(source_field, called).casefold()} - source.shared:
                found.setdefault(name, set()).add(target[target_field])
    return tuple(sorted((name, next(iter(names))) for name, names in found.items() if len(names) == 1))


def _shared(columns: Mapping[int, str], names: ColumnNames) -> frozenset[str]:
    had = Counter(name for field in columns for name in {each.casefold() for each in names.get(field, ())})
    return frozenset(name for name, times in had.items() if times > 1)


def _sources(conn: Connection, edges: Sequence[Any], names_at: Callable[[str], ColumnNames] | None = None) -> dict[str, _Source]:
    """Each as rules meet it: by the names that it has, had, and was written under, and by its tags."""
    written: dict[str, set[str]] = {}
    for edge in edges:
        written.setdefault(edge.source_uuid, set()).add(edge.source_name)
    today: dict[str, tuple[str, str]] = {}
    lies: dict[str, str] = {}
    joined = iceberg_tables.join(dataset_facts, dataset_facts.c.metadata_location == iceberg_tables.c.metadata_location)
    name = (iceberg_tables.c.table_namespace + "." + iceberg_tables.c.table_name).label("name")
    tags: dict[str, set[str]] = {}
    working = working_facts(conn, written)
    for some in batched(written):
        query = select(dataset_facts.c.table_uuid, name, dataset_facts.c.facts, dataset_facts.c.metadata_location).select_from(joined)
        for row in conn.execute(query.where(dataset_facts.c.table_uuid.in_(some))):
            today[row.table_uuid], lies[row.table_uuid] = (row.name, working.get(row.table_uuid, row.facts)), row.metadata_location
        for names_of in (former_names.c, dropped_datasets.c):
            for uuid, each in conn.execute(select(names_of.table_uuid, names_of.name).where(names_of.table_uuid.in_(some))):
                written[uuid].add(each)
        own = select(catalog_tags.c.table_uuid, catalog_tags.c.folded).where(
            catalog_tags.c.table_uuid.in_(some), catalog_tags.c.field_id == 0
        )
        for uuid, tag in conn.execute(own):
            tags.setdefault(uuid, set()).add(tag)
    names = {uuid: {*former, *([today[uuid][0]] if uuid in today else [])} for uuid, former in written.items()}
    by_name: dict[str, set[str]] = {}
    for some in batched({each for every in names.values() for each in every}):
        of_name = select(named_tags.c.dataset, named_tags.c.folded).where(named_tags.c.dataset.in_(some), named_tags.c.column == "")
        for each, tag in conn.execute(of_name):
            by_name.setdefault(each, set()).add(tag)
    found = {}
    for uuid, every in names.items():
        called = today[uuid][0] if uuid in today else sorted(written[uuid])[0]
        said = frozenset(tags.get(uuid, set()).union(*(by_name.get(each, ()) for each in every)))
        columns = {one[0]: one[1] for one in json.loads(today[uuid][1])["columns"]} if uuid in today else _columns_then(uuid, edges)
        shared = _shared(columns, names_at(lies[uuid])) if names_at is not None and uuid in lies else frozenset()
        found[uuid] = _Source(Described(uuid, called, (), said, tuple(sorted(every - {called}))), columns, shared)
    return found


def _columns_then(table_uuid: str, edges: Iterable[Any]) -> dict[int, str]:
    """The columns of a dataset that is there no more, as writes have named them."""
    found: dict[int, str] = {}
    for edge in edges:
        for source_field, source, target_field, target in json.loads(edge.kept):
            if edge.source_uuid == table_uuid:
                found[source_field] = source
            elif edge.target_uuid == table_uuid:
                found.setdefault(target_field, target)
    return found
