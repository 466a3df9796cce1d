"""Forgetting snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyiceberg.table.update import RemoveSnapshotsUpdate

from workbench.lake.changes.base import Change, Staging, head, moved, report
from workbench.lake.leases import leased
from workbench.lake.records import TableCommit

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Expire"]


@dataclass(frozen=True)
class Expire(Change):
    """Forget snapshots; conflicts where one of them has become a branch's or tag's head, or is being read."""

    snapshot_ids: tuple[int, ...]

    def stage(self, staging: Staging) -> TableCommit:
        metadata = staging.metadata
        if {ref.snapshot_id for ref in metadata.refs.values()} & set(self.snapshot_ids):
            raise moved(self.name, "a snapshot that was to expire is in use again")
        known = [snapshot.snapshot_id for snapshot in metadata.snapshots if snapshot.snapshot_id in set(self.snapshot_ids)]
        before = head(metadata, "main")
        if known:
            staging.transaction.update(RemoveSnapshotsUpdate(snapshot_ids=known))
        return report(self, staging, "expire", "main", before)

    def verify(self, conn: Connection) -> None:
        # After the pointer has moved: a lease taken until then is seen here, a later one finds the snapshot gone.
        if leased(conn, self.table_uuid) & set(self.snapshot_ids):
            raise moved(self.name, "a snapshot that was to expire is being read")
