"""Changes of the catalog's entry: rename, drop, bring back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from workbench.core.clock import iso, now
from workbench.core.errors import AlreadyExists
from workbench.core.names import split_name
from workbench.lake.catalog import LakeCatalog
from workbench.lake.changes.base import PointerChange, Staging, moved, report
from workbench.lake.facts import CATALOG_NAME, DRAFT, LISTED_TYPE
from workbench.lake.namespaces import ensure_namespace
from workbench.lake.records import TableCommit
from workbench.store.tables import dropped_datasets, iceberg_tables, views

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Drop", "Rename", "Undrop", "insert_pointer", "this_pointer"]


def this_pointer(name: str, location: str | None) -> Any:
    """The WHERE of compare-and-set: the entry of that name, as long as it points to ``location``."""
    namespace, table = split_name(name)
    columns = iceberg_tables.c
    return (
        (columns.catalog_name == CATALOG_NAME)
        & (columns.table_namespace == namespace)
        & (columns.table_name == table)
        & (columns.metadata_location == location)
    )


def insert_pointer(
    conn: Connection, name: str, location: str, taken: str = "Choose another name, or append to it.", *, draft: bool = False
) -> None:
    """A new entry; ``taken`` says what to do where there is one. ``draft``: of a run, which has yet to publish it.

    Raises
    ------
    AlreadyExists
        There is one of that name, or a view.
    """
    _check_no_view(conn, name)
    namespace, table = split_name(name)
    ensure_namespace(conn, namespace)
    row = {"catalog_name": CATALOG_NAME, "table_namespace": namespace, "table_name": table, "metadata_location": location}
    try:
        conn.execute(insert(iceberg_tables).values(**row, iceberg_type=DRAFT if draft else LISTED_TYPE))
    except IntegrityError as error:
        raise AlreadyExists(f"There is a dataset {name!r} already.", fix=taken) from error


def _check_no_view(conn: Connection, name: str) -> None:
    """A dataset would be read in the place of a view of its name, by whoever asks for the view."""
    query = select(views.c.name, views.c.sql).where(func.lower(views.c.name) == name.lower()).order_by(views.c.version)
    if any(sql is not None for sql in dict(conn.execute(query).tuples().all()).values()):
        raise AlreadyExists(f"There is a view {name} already.", fix="DROP VIEW it first, or choose another name.")


@dataclass(frozen=True)
class Rename(PointerChange):
    """Another name for the same table: UUID, files and history stay."""

    new_name: str

    def stage(self, staging: Staging) -> TableCommit:
        change = report(self, staging, "rename")
        return change.model_copy(update={"name": self.new_name, "previous_name": self.name})

    def point(self, conn: Connection, location: str | None) -> None:
        _check_no_view(conn, self.new_name)
        namespace, table = split_name(self.new_name)
        ensure_namespace(conn, namespace)
        statement = update(iceberg_tables).where(this_pointer(self.name, location)).values(table_namespace=namespace, table_name=table)
        try:
            found = conn.execute(statement).rowcount
        except IntegrityError as error:
            raise AlreadyExists(f"There is a dataset {self.new_name!r} already.", fix="Choose another name.") from error
        if found != 1:
            raise moved(self.name, "another commit came first")


@dataclass(frozen=True)
class Drop(PointerChange):
    """Take the entry out of the catalog and keep it aside; no file is touched until ``undo_days`` are over."""

    by: str
    undo_days: float

    def stage(self, staging: Staging) -> TableCommit:
        return report(self, staging, "drop")

    def point(self, conn: Connection, location: str | None) -> None:
        if conn.execute(delete(iceberg_tables).where(this_pointer(self.name, location))).rowcount != 1:
            raise moved(self.name, "another commit came first")
        moment = now()
        row = {"table_uuid": self.table_uuid, "name": self.name, "metadata_location": location, "dropped_by": self.by}
        purge_after = iso(moment + timedelta(days=self.undo_days))
        conn.execute(insert(dropped_datasets).values(**row, dropped_at=iso(moment), purge_after=purge_after))


@dataclass(frozen=True)
class Undrop(PointerChange):
    """Put a dropped table's entry back."""

    metadata_location: str

    def base_location(self, catalog: LakeCatalog) -> str | None:
        return self.metadata_location

    def stage(self, staging: Staging) -> TableCommit:
        return report(self, staging, "undrop")

    def point(self, conn: Connection, location: str | None) -> None:
        mine = dropped_datasets.c.table_uuid == self.table_uuid
        kept = conn.execute(select(dropped_datasets.c.metadata_location).where(mine)).scalar_one_or_none()
        if kept is None:
            raise moved(self.name, "it has been brought back or purged")
        # To drop the one that is there would make it the one that comes back.
        way = f"Give that one another name first: `workbench datasets rename {self.name} {self.name}_new`. Then this one comes back."
        insert_pointer(conn, self.name, kept, way)
        conn.execute(delete(dropped_datasets).where(mine))
