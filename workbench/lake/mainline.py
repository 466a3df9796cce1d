"""Which snapshots main has been at, and which a rollback has left."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Literal

from pyiceberg.table.metadata import TableMetadata

from workbench.core.clock import from_ms
from workbench.core.refs import MAIN
from workbench.lake.staging import lineage_of

__all__ = ["MainLine", "main_first"]


class MainLine:
    """Main's past in one table's metadata: its log of heads, which Iceberg keeps, and their ancestors."""

    def __init__(self, metadata: TableMetadata) -> None:
        head = metadata.refs.get(MAIN)
        self._head = head.snapshot_id if head is not None else None
        self._now = {snapshot.snapshot_id for snapshot in lineage_of(metadata, self._head)}
        self._made_current = {entry.snapshot_id: entry.timestamp_ms for entry in metadata.snapshot_log}
        self._ever = set(self._now)
        for entry in metadata.snapshot_log:
            for snapshot in lineage_of(metadata, entry.snapshot_id):
                if snapshot.snapshot_id in self._ever:
                    break
                self._ever.add(snapshot.snapshot_id)
        self._refs: dict[int, list[str]] = defaultdict(list)
        for name, ref in metadata.refs.items():
            self._refs[ref.snapshot_id].append(name)

    def state(self, snapshot_id: int) -> Literal["current", "ancestor", "rolled_back", "branch"]:
        """What a snapshot is to main now."""
        if snapshot_id == self._head:
            return "current"
        if snapshot_id in self._now:
            return "ancestor"
        return "rolled_back" if snapshot_id in self._ever else "branch"

    def made_current_at(self, snapshot_id: int) -> datetime | None:
        """When main moved to it last."""
        moment = self._made_current.get(snapshot_id)
        return None if moment is None else from_ms(moment)

    def refs(self, snapshot_id: int) -> tuple[str, ...]:
        """The branches and tags that point to it, main first."""
        return tuple(sorted(self._refs.get(snapshot_id, ()), key=main_first))


def main_first(name: str) -> tuple[bool, str]:
    return name != MAIN, name
