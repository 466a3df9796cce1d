"""Namespaces come into being with their first table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.lake.facts import CATALOG_NAME
from workbench.store.tables import iceberg_namespaces
from workbench.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["ensure_namespace"]


def ensure_namespace(conn: Connection, namespace: str) -> None:
    """Make the namespace unless it is there."""
    values = {"catalog_name": CATALOG_NAME, "namespace": namespace, "property_key": "exists", "property_value": "true"}
    insert_if_absent(conn, iceberg_namespaces, values)
