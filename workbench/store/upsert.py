"""Insert unless it is there already, on both databases."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Table

__all__ = ["insert_if_absent"]


def insert_if_absent(conn: Connection, table: Table, values: Mapping[str, object]) -> bool:
    """Insert a row unless its key is there; whether it was inserted. Waits for a concurrent insert of the same key."""
    if conn.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    statement = insert(table).values(**values).on_conflict_do_nothing().returning(next(iter(table.primary_key)))
    return conn.execute(statement).first() is not None
