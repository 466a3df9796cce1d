"""Tables as the metadata store knows them: names, and what their metadata files say, without opening one or importing PyIceberg."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from pydantic import ValidationError
from sqlalchemy import bindparam, delete, func, insert, select, update

from workbench.core.batches import batched
from workbench.core.names import split_name
from workbench.core.working import sees_drafts, working_branch
from workbench.lake.records import TableInfo
from workbench.lake.warehouse import Warehouse
from workbench.store.tables import dataset_facts, iceberg_tables, working_branches
from workbench.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.store.store import Store

__all__ = [
    "CATALOG_NAME",
    "DRAFT",
    "LISTED",
    "LISTED_TYPE",
    "Names",
    "TableFacts",
    "forget_facts",
    "is_draft",
    "pointer_of",
    "pointers_of",
    "record_facts",
    "record_working_facts",
    "working_facts",
]

CATALOG_NAME = "workbench"
#: The kind of entry of a table that a run has made and not published yet: it has its name, and stands in no list.
DRAFT = "DRAFT"
LISTED_TYPE = "TABLE"
_MOST_BY_LOCATION = 200

# Names are the catalog's to say: a rename changes no metadata file.
_ELSEWHERE = {"name", "metadata_location"}


# Asked with each statement of SQL, so put together once.
_columns = iceberg_tables.c
_POINTERS = select(_columns.table_namespace, _columns.table_name, _columns.metadata_location).where(_columns.catalog_name == CATALOG_NAME)
_POINTERS_OF = _POINTERS.where(
    _columns.table_namespace == bindparam("namespace"), _columns.table_name.in_(bindparam("tables", expanding=True))
)
#: What is true of a table's entry unless it is a draft.
LISTED = func.coalesce(_columns.iceberg_type, LISTED_TYPE) != DRAFT
_SEPARATOR = "\x1f"
_ALL_NAMES = select(func.aggregate_strings(_columns.table_namespace + "." + _columns.table_name, _SEPARATOR)).where(
    _columns.catalog_name == CATALOG_NAME
)
_POINTER = select(_columns.metadata_location).where(
    _columns.catalog_name == CATALOG_NAME, _columns.table_namespace == bindparam("namespace"), _columns.table_name == bindparam("table")
)


def pointer_of(store: Store, name: str, *, drafts: bool = True) -> str | None:
    """The current metadata location of ``namespace.table``, or None where there is no such table."""
    namespace, table = split_name(name)
    query = _POINTER if drafts else _POINTER.where(LISTED)
    with store.read() as conn:
        location: str | None = conn.execute(query, {"namespace": namespace, "table": table}).scalar_one_or_none()
    return location


def is_draft(store: Store, name: str) -> bool:
    """Whether a run has made a table of that name, and not published it yet."""
    namespace, table = split_name(name)
    with store.read() as conn:
        return conn.execute(_POINTER.where(~LISTED), {"namespace": namespace, "table": table}).first() is not None


def pointers_of(store: Store, names: Iterable[str] | None = None, *, drafts: bool = True) -> dict[str, str]:
    """Every table with its metadata location, sorted by name; or those of ``names`` that are there."""
    every, some = (_POINTERS, _POINTERS_OF) if drafts else (_POINTERS.where(LISTED), _POINTERS_OF.where(LISTED))
    with store.read() as conn:
        given = [(every, None)] if names is None else [(some, each) for each in _by_namespace(names)]
        rows = [row for query, values in given for row in conn.execute(query, values)]
    if names is None:
        rows.sort()
    return {f"{row.table_namespace}.{row.table_name}": row.metadata_location for row in rows}


class Names:
    """The names of all tables, sorted. Asked with each statement of SQL: of many tables it is their names in one text that the database
    gives, and while that is the one it was, so are they. Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: tuple[str, tuple[str, ...]] = ("", ())

    def __call__(self) -> tuple[str, ...]:
        with self._store.read() as conn:
            text: str = conn.execute(_ALL_NAMES).scalar() or ""
        known, names = self._known
        if text != known:
            # The same name stays the same object: decisions are kept by the names that they were made by.
            same = {name: name for name in names}
            names = tuple(sorted(same.get(name, name) for name in text.split(_SEPARATOR))) if text else ()
            self._known = text, names
        return names


def _by_namespace(names: Iterable[str]) -> Iterator[dict[str, object]]:
    """What to ask for these names, each short enough for one statement."""
    tables: dict[str, list[str]] = {}
    for name in names:
        namespace, _, table = name.rpartition(".")
        tables.setdefault(namespace, []).append(table)
    for namespace, those in tables.items():
        for some in batched(those):
            yield {"namespace": namespace, "tables": some}


def record_facts(conn: Connection, infos: Iterable[TableInfo]) -> None:
    """Keep what is known of tables, inside the transaction that points to the metadata it was read from."""
    for info in infos:
        forget_facts(conn, [info.table_uuid])
        facts = info.model_dump_json(exclude=_ELSEWHERE)
        conn.execute(insert(dataset_facts).values(table_uuid=info.table_uuid, metadata_location=info.metadata_location, facts=facts))


def record_working_facts(conn: Connection, branch: str, info: TableInfo, *, created: bool) -> None:
    """The same of a table as a run has it that works on a branch."""
    facts = info.model_dump_json(exclude=_ELSEWHERE)
    here = {"branch": branch, "table_uuid": info.table_uuid}
    if not insert_if_absent(conn, working_branches, {**here, "name": info.name, "created": int(created), "facts": facts}):
        table = working_branches.c
        mine = (table.branch == branch) & (table.table_uuid == info.table_uuid)
        conn.execute(update(working_branches).where(mine).values(name=info.name, facts=facts))


def working_facts(conn: Connection, table_uuids: Collection[str] | None = None) -> dict[str, str]:
    """What is kept of tables (all) as this process's run has them, by UUID; nothing in a process that works on no branch."""
    branch = working_branch()
    if branch is None:
        return {}
    table = working_branches.c
    rows = conn.execute(select(table.table_uuid, table.facts).where(table.branch == branch))
    return {row.table_uuid: row.facts for row in rows if table_uuids is None or row.table_uuid in table_uuids}


def forget_facts(conn: Connection, table_uuids: Iterable[str]) -> None:
    """Remove what is kept of tables that are gone."""
    conn.execute(delete(dataset_facts).where(dataset_facts.c.table_uuid.in_(list(table_uuids))))


class TableFacts:
    """What is kept of the tables of one lake.

    Facts are a function of a metadata file, and such a file never changes: they are looked up by its location, so that facts
    of an older state (another Iceberg client has committed since) are not found, rather than believed.

    Drafts are there for who :func:`~workbench.core.working.sees_drafts`, unless it is said otherwise.
    """

    def __init__(self, store: Store, warehouse: str) -> None:
        self._store = store
        self._warehouse = Warehouse(warehouse)

    def pointer(self, name: str, *, drafts: bool | None = None) -> str | None:
        """See :func:`pointer_of`."""
        return pointer_of(self._store, name, drafts=sees_drafts() if drafts is None else drafts)

    def pointers(self, names: Iterable[str] | None = None, *, drafts: bool | None = None) -> dict[str, str]:
        """See :func:`pointers_of`."""
        return pointers_of(self._store, names, drafts=sees_drafts() if drafts is None else drafts)

    def count(self, but: str | None = None) -> int:
        """How many tables there are, ``but`` those of a namespace."""
        query = select(func.count()).where(iceberg_tables.c.catalog_name == CATALOG_NAME, LISTED)
        if but is not None:
            query = query.where(iceberg_tables.c.table_namespace != but)
        with self._store.read() as conn:
            return int(conn.execute(query).scalar_one())

    def at(self, pointers: dict[str, str]) -> dict[str, TableInfo]:
        """Of names with their metadata locations, those that are known; none of a workspace that was moved or copied."""
        wanted = {location for location in pointers.values() if self._warehouse.holds(location)}
        if not wanted:
            return {}
        query = select(dataset_facts.c.table_uuid, dataset_facts.c.metadata_location, dataset_facts.c.facts)
        if len(wanted) <= _MOST_BY_LOCATION:
            query = query.where(dataset_facts.c.metadata_location.in_(wanted))
        with self._store.read() as conn:
            rows = [row for row in conn.execute(query) if row.metadata_location in wanted]
            working = working_facts(conn)
        kept = {row.metadata_location: working.get(row.table_uuid, row.facts) for row in rows}
        found = {name: _info(name, location, kept[location]) for name, location in pointers.items() if location in kept}
        return {name: info for name, info in found.items() if info is not None}


def _info(name: str, location: str, facts: str) -> TableInfo | None:
    try:
        return TableInfo(name=name, metadata_location=location, **json.loads(facts))
    except ValidationError:  # written by another version
        return None
