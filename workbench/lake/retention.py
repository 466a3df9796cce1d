"""Which snapshots may be forgotten: a pure decision over a table's metadata."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import SnapshotRefType

from workbench.core.config import RetentionSettings
from workbench.lake.staging import lineage_of

__all__ = ["Retention", "expirable"]


@dataclass(frozen=True)
class Retention:
    """Snapshots younger than ``replay`` stay, and at least ``min_snapshots`` of each branch."""

    replay: timedelta
    min_snapshots: int

    @classmethod
    def of(cls, settings: RetentionSettings, older_than_days: float | None = None) -> Retention:
        """The settings, made stricter by a call's own wish but never looser: replay stays possible."""
        return cls(timedelta(days=max(settings.replay_days, older_than_days or 0)), settings.min_snapshots)


def expirable(metadata: TableMetadata, retention: Retention, leased: Collection[int], moment: datetime) -> tuple[int, ...]:
    """The snapshots that may go: old enough, and neither a branch's or tag's, nor among a branch's newest, nor being read."""
    cutoff = int((moment - retention.replay).timestamp() * 1000)
    keep = {snapshot.snapshot_id for snapshot in metadata.snapshots if snapshot.timestamp_ms > cutoff}
    keep |= set(leased) | {ref.snapshot_id for ref in metadata.refs.values()}
    for ref in metadata.refs.values():
        if ref.snapshot_ref_type == SnapshotRefType.BRANCH:
            keep |= {s.snapshot_id for s in islice(lineage_of(metadata, ref.snapshot_id), retention.min_snapshots)}
            keep |= _branch_point(metadata, ref.snapshot_id)
    return tuple(snapshot.snapshot_id for snapshot in metadata.snapshots if snapshot.snapshot_id not in keep)


def _branch_point(metadata: TableMetadata, branch_head: int) -> set[int]:
    """The snapshot at which a branch left main, with the branch's own snapshots: without them it could not be published."""
    main = metadata.refs.get("main")
    on_main = {s.snapshot_id for s in lineage_of(metadata, main.snapshot_id)} if main is not None else set()
    own: set[int] = set()
    for snapshot in lineage_of(metadata, branch_head):
        own.add(snapshot.snapshot_id)
        if snapshot.snapshot_id in on_main:
            return own
    return own
