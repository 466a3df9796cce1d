"""Every dataset in a few figures, in one narrow table: what questions about all of them are asked of.

The table is a copy of what the tables' facts say. It is brought up to what the lake's catalog points to before it is asked, and may be
emptied at any time.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, delete, exists, insert, select
from sqlalchemy.exc import IntegrityError

from workbench.catalog.tables import Tables
from workbench.core.batches import batched
from workbench.core.clock import iso
from workbench.core.errors import Unavailable
from workbench.core.names import QUARANTINE
from workbench.core.telemetry import get_logger
from workbench.lake.facts import CATALOG_NAME, LISTED
from workbench.lake.records import TableInfo
from workbench.store.tables import dataset_figures, iceberg_tables

if TYPE_CHECKING:
    from workbench.runs.log import RunLog
    from workbench.store.store import Store

__all__ = ["Figures", "full_name", "shape_of"]

_AT_ONCE = 200  # tables whose facts are read in one statement, and written in one
_FEW = 1_000  # names that are looked up one by one rather than with all others
_COUNTED = 5.0  # seconds in which nothing is looked for where no event has come
_HERE = and_(
    iceberg_tables.c.catalog_name == CATALOG_NAME,
    iceberg_tables.c.table_namespace == dataset_figures.c.zone,
    iceberg_tables.c.table_name == dataset_figures.c.name,
)


def full_name(zone: str, name: str) -> str:
    return f"{zone}.{name}"


def shape_of(info: TableInfo) -> str:
    """The same for tables whose columns have the same names and types, in any order."""
    columns = sorted((column[1], column[2]) for column in info.columns)
    return hashlib.sha256(repr(columns).encode()).hexdigest()[:16]


class Figures:
    """The figures of one workspace's datasets, quarantines aside. Thread-safe."""

    def __init__(self, store: Store, log: RunLog, tables: Tables) -> None:
        self._store, self._log, self._tables = store, log, tables
        self._looked = (-1, 0.0)  # the last event when all was as the catalog says, and when that was

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection on which :data:`dataset_figures` is up to date. Where nobody can write just now, it is what it was."""
        self._catch_up()
        with self._store.read() as conn:
            yield conn

    def names(self, table_uuids: Collection[str]) -> dict[str, str]:
        """The full names of the tables of these UUIDs that are there."""
        figures = dataset_figures.c
        query = select(figures.table_uuid, figures.zone, figures.name)
        with self.reading() as conn:
            if len(table_uuids) > _FEW:
                rows: list[Any] = [row for row in conn.execute(query) if row.table_uuid in table_uuids]
            else:
                rows = [row for part in batched(table_uuids, _AT_ONCE) for row in conn.execute(query.where(figures.table_uuid.in_(part)))]
        return {row.table_uuid: full_name(row.zone, row.name) for row in rows}

    def _catch_up(self) -> None:
        last, seen = self._log.last(), self._looked
        if last == seen[0] and time.monotonic() - seen[1] < _COUNTED:
            return
        changed, gone = self._differences()
        try:
            self._bring(changed, gone)
        except (Unavailable, IntegrityError):  # the second: another process brings the same
            get_logger("catalog").info("the datasets' figures are not up to date: the store is being written to")
            return
        self._looked = (last, time.monotonic())

    def _differences(self) -> tuple[dict[str, str], list[tuple[str, str]]]:
        """Tables whose figures are not there or of another state, with their metadata; and figures of tables that are not there."""
        tables, figures = iceberg_tables.c, dataset_figures.c
        same = exists().where(_HERE, figures.metadata_location == tables.metadata_location)
        mine = and_(tables.catalog_name == CATALOG_NAME, tables.table_namespace != QUARANTINE, LISTED)
        with self._store.read() as conn:
            changed = conn.execute(select(tables.table_namespace, tables.table_name, tables.metadata_location).where(mine, ~same)).all()
            gone = conn.execute(select(figures.zone, figures.name).where(~exists().where(_HERE))).all()
        return {full_name(row[0], row[1]): row[2] for row in changed}, [(row.zone, row.name) for row in gone]

    def _bring(self, changed: Mapping[str, str], gone: Sequence[tuple[str, str]]) -> None:
        for part in batched(gone, _AT_ONCE):
            with self._store.write() as conn:
                _remove(conn, part)
        # By few at a time: who writes waits for none of it for long, and the columns of all tables are never in memory together.
        for names in batched(changed, _AT_ONCE):
            rows = [_row(info) for info in self._tables.look({name: changed[name] for name in names})]
            with self._store.write() as conn:
                _remove(conn, [(row["zone"], row["name"]) for row in rows])
                if rows:
                    conn.execute(insert(dataset_figures), rows)


def _remove(conn: Connection, keys: Sequence[tuple[str, str]]) -> None:
    zones: dict[str, list[str]] = {}
    for zone, name in keys:
        zones.setdefault(zone, []).append(name)
    for zone, names in zones.items():
        conn.execute(delete(dataset_figures).where(dataset_figures.c.zone == zone, dataset_figures.c.name.in_(names)))


def _row(info: TableInfo) -> dict[str, Any]:
    zone, _, name = info.name.partition(".")
    return {
        "zone": zone,
        "name": name,
        "table_uuid": info.table_uuid,
        "metadata_location": info.metadata_location,
        "rows": info.rows,
        "bytes": info.bytes,
        "files": info.files,
        "columns": len(info.columns),
        "shape": shape_of(info),
        "created_at": iso(info.created_at) if info.created_at else None,
        "updated_at": iso(info.updated_at) if info.updated_at else None,
    }
