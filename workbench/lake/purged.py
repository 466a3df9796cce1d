"""What is kept of a table whose metadata goes for good: by which names its columns were known, for what was made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from workbench.store.tables import column_origins
from workbench.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyiceberg.table.metadata import TableMetadata
    from sqlalchemy import Connection

__all__ = ["keep_names"]


def keep_names(conn: Connection, table_uuid: str, metadata: Callable[[], TableMetadata]) -> None:
    """Write the origins that lead to a table's columns down under every name that these ever had: a rule of the policy may know one by any
    of them. ``metadata`` is asked where something was made of the table."""
    t = column_origins.c
    origins = conn.execute(select(column_origins).where((t.source_uuid == table_uuid) & (t.source_field != 0))).mappings().all()
    if not origins:
        return
    names: dict[int, set[str]] = {}
    for schema in metadata().schemas:
        for field in schema.fields:
            names.setdefault(field.field_id, set()).add(field.name)
    for origin in origins:
        for name in names.get(origin["source_field"], set()) - {origin["source_column"]}:
            insert_if_absent(conn, column_origins, {key: origin[key] for key in origin if key != "seq"} | {"source_column": name})
