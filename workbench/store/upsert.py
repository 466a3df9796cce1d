"""Insert unless it is there already, on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from sqlalchemy import Connection, Executable, Table

__all__ = ["insert_if_absent"]


def insert_if_absent(conn: Connection, table: Table, values: Mapping[str, object]) -> bool:
    """Insert a row unless its key is there; whether it was inserted. Waits for a concurrent insert of the same key."""
    return conn.execute(_statement(conn.dialect.name, table), dict(values)).first() is not None


@lru_cache(maxsize=64)
def _statement(dialect: str, table: Table) -> Executable:
    # Made once: to put it together costs as much as to carry it out.
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    return insert(table).on_conflict_do_nothing().returning(next(iter(table.primary_key)))
