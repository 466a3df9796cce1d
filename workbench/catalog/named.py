"""Tags that hold by name: what is made anew under a name, and what is called otherwise now, is no less what was tagged. A tag by name is
about each column that has or had its name, in each dataset that has or had its dataset's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, select

from workbench.core.batches import batched
from workbench.store.tables import catalog_tags, column_origins, dropped_datasets, former_names, named_tags, row_origins

if TYPE_CHECKING:
    from workbench.catalog.tables import Tables
    from workbench.lake.records import TableInfo

__all__ = ["WHOLE", "by_name", "take_by_name"]

WHOLE = 0  # in the place of a column's field id: the dataset itself
_FEW = 500  # datasets that are asked about by their names


def by_name(conn: Connection, infos: Iterable[TableInfo]) -> dict[str, dict[int, dict[str, str]]]:
    """What datasets and their columns are tagged with by name alone: by table UUID and field id (0: the dataset), the tag as it is written
    somewhere, by its folded text."""
    every = tuple(infos)
    few = len(every) <= _FEW
    names = _names(conn, every, few)
    query = select(named_tags)
    if few:
        query = query.where(named_tags.c.dataset.in_({name for some in names.values() for name in some}))
    said: dict[str, list[Any]] = {}
    for row in conn.execute(query):
        said.setdefault(row.dataset, []).append(row)
    held = {info.table_uuid: _covered(info, names[info.table_uuid], said) for info in every} if said else {}
    held = {uuid: tags for uuid, tags in held.items() if tags}
    for some in batched(held):
        own = select(catalog_tags.c.table_uuid, catalog_tags.c.field_id, catalog_tags.c.folded)
        for uuid, field, folded in conn.execute(own.where(catalog_tags.c.table_uuid.in_(some))):
            held[uuid].discard((field, folded))
    spelled = _spelled(conn, {folded for tags in held.values() for _, folded in tags})
    found: dict[str, dict[int, dict[str, str]]] = {}
    for uuid, tags in held.items():
        for field, folded in sorted(tags):
            found.setdefault(uuid, {}).setdefault(field, {})[folded] = spelled.get(folded, folded)
    return found


def take_by_name(conn: Connection, tables: Tables, info: TableInfo, field_id: int, folded: str) -> set[tuple[str, int]]:
    """A tag does not hold for a column (0: the dataset) by any name that it has or had. Gives what else it held for by those names, by
    table UUID and field id: other columns and datasets that are there or can be brought back, and what others were made of, there or not.
    They are to keep it.

    Raises
    ------
    StorageUnavailable
        What a dropped dataset's columns were called cannot be read now.
    """
    datasets = _names(conn, [info], few=True)[info.table_uuid]
    here = named_tags.c.dataset.in_(datasets) & named_tags.c.column.in_(_called(info).get(field_id, {""})) & (named_tags.c.folded == folded)
    rows = conn.execute(select(named_tags).where(here)).all()
    if not rows:
        return set()
    conn.execute(delete(named_tags).where(here))
    said = {row.dataset: [each for each in rows if each.dataset == row.dataset] for row in rows}
    others = [info, *_others(conn, tables, set(said))]
    names = _names(conn, others, few=True)
    found = {(one.table_uuid, field) for one in others for field, _ in _covered(one, names[one.table_uuid], said)}
    return (found | _made_of(conn, rows)) - {(info.table_uuid, field_id)}


def _others(conn: Connection, tables: Tables, datasets: set[str]) -> Iterator[TableInfo]:
    """The datasets that have or had one of these names, dropped ones that can be brought back among them."""
    yield from tables.some(datasets).values()
    former = set(conn.execute(select(former_names.c.table_uuid).where(former_names.c.name.in_(datasets))).scalars())
    gone = dropped_datasets.c
    for row in conn.execute(select(dropped_datasets).where(gone.name.in_(datasets) | gone.table_uuid.in_(former))):
        yield tables.dropped(row.name, row.metadata_location)
        former.discard(row.table_uuid)
    if former:
        yield from (info for info in tables.all() if info.table_uuid in former)


def _made_of(conn: Connection, rows: Iterable[Any]) -> set[tuple[str, int]]:
    """What others were made of when it had one of these names: it may be there no more."""
    found: set[tuple[str, int]] = set()
    for row in rows:
        for origins in (column_origins, row_origins):
            made = origins.c
            former = select(former_names.c.table_uuid).where(former_names.c.name == row.dataset)
            called = (made.source_name == row.dataset) | made.source_uuid.in_(former)
            if not row.column:
                found |= {(uuid, WHOLE) for uuid in conn.execute(select(made.source_uuid).where(called).distinct()).scalars()}
            elif origins is column_origins:
                query = select(made.source_uuid, made.source_field).where(called, made.source_column == row.column)
                found |= set(conn.execute(query.distinct()).tuples())
    return found


def _names(conn: Connection, infos: Iterable[TableInfo], few: bool) -> dict[str, set[str]]:
    """What each dataset is called, and was."""
    found = {info.table_uuid: {info.name} for info in infos}
    query = select(former_names.c.table_uuid, former_names.c.name)
    for uuid, name in conn.execute(query.where(former_names.c.table_uuid.in_(list(found))) if few else query):
        if uuid in found:
            found[uuid].add(name)
    return found


def _called(info: TableInfo) -> dict[int, set[str]]:
    """By field id what each column is called, and was; the dataset itself (0) is said without one."""
    found = {WHOLE: {""}}
    for field, name in (*((each[0], each[1]) for each in info.columns), *info.former):
        found.setdefault(field, set()).add(name)
    return found


def _covered(info: TableInfo, names: Iterable[str], said: Mapping[str, list[Any]]) -> set[tuple[int, str]]:
    rows = [row for name in names for row in said.get(name, ())]
    if not rows:
        return set()
    fields: dict[str, set[int]] = {}
    for field, columns in _called(info).items():
        for column in columns:
            fields.setdefault(column, set()).add(field)
    return {(field, row.folded) for row in rows for field in fields.get(row.column, ())}


def _spelled(conn: Connection, folded: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in batched(sorted(set(folded))):
        query = select(catalog_tags.c.folded, func.min(catalog_tags.c.tag)).where(catalog_tags.c.folded.in_(some))
        found.update(conn.execute(query.group_by(catalog_tags.c.folded)).tuples().all())
    return found
