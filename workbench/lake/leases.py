"""Leases: who reads a snapshot says so, and expiry leaves it alone until the lease is given back or runs out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from workbench.core.clock import iso, now
from workbench.core.errors import SnapshotNotFound
from workbench.core.ids import new_id
from workbench.core.refs import DatasetRef
from workbench.lake.catalog import LakeCatalog
from workbench.store.tables import leases

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["EVERYTHING", "Leases", "leased"]

EVERYTHING = "*"  # the table_uuid of a lease on every file of the lake, as a back-up takes it


def leased(conn: Connection, table_uuid: str) -> set[int]:
    """The snapshots of a table that are being read."""
    query = select(leases.c.snapshot_id).where(leases.c.table_uuid == table_uuid, leases.c.expires_at > iso(now()))
    return set(conn.execute(query).scalars())


def frozen(conn: Connection) -> bool:
    """Whether no file of the lake may be deleted now (a back-up is being taken)."""
    query = select(leases.c.id).where(leases.c.table_uuid == EVERYTHING, leases.c.expires_at > iso(now())).limit(1)
    return conn.execute(query).first() is not None


class Leases:
    """Takes and gives back leases."""

    def __init__(self, catalog: LakeCatalog) -> None:
        self._catalog = catalog
        self._store = catalog.store

    @contextmanager
    def read(self, ref: DatasetRef, holder: str, seconds: float = 3600) -> Iterator[str]:
        """Keep a snapshot's files for the length of the block, at most ``seconds``.

        Raises
        ------
        SnapshotNotFound
            It has expired already.
        """
        if ref.snapshot_id is None:
            raise SnapshotNotFound(f"{ref.name} has no snapshot to keep.", fix="Give a reference with its snapshot.")
        with self._lease(ref.table_uuid, ref.snapshot_id, holder, seconds, ref.name) as lease:
            yield lease

    @contextmanager
    def everything(self, holder: str, seconds: float = 3600) -> Iterator[str]:
        """Delete no file of the lake for the length of the block: for a back-up."""
        with self._lease(EVERYTHING, 0, holder, seconds, None) as lease:
            yield lease

    @contextmanager
    def _lease(self, table_uuid: str, snapshot_id: int, holder: str, seconds: float, name: str | None) -> Iterator[str]:
        lease, moment = new_id(), now()
        row = {"id": lease, "table_uuid": table_uuid, "snapshot_id": snapshot_id, "holder": holder}
        with self._store.write() as conn:
            # In one transaction with the look at the snapshot: expiry comes before (and we see it) or after (and it sees us).
            if name is not None and self._catalog.current(name).metadata.snapshot_by_id(snapshot_id) is None:
                raise SnapshotNotFound(f"{name} has no snapshot {snapshot_id}.", fix="It may have expired; read a newer one.")
            conn.execute(delete(leases).where(leases.c.expires_at <= iso(moment)))
            conn.execute(insert(leases).values(**row, expires_at=iso(moment + timedelta(seconds=seconds))))
        try:
            yield lease
        finally:
            with self._store.write() as conn:
                conn.execute(delete(leases).where(leases.c.id == lease))
