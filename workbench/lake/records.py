"""What the lake tells about a table."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from workbench.core.records import Record

__all__ = ["ColumnChange", "Maintenance", "Ref", "Snapshot"]


class Snapshot(Record):
    """One committed state of a table. ``run_id`` is the run that made it; ``refs`` the branches and tags that point to it."""

    id: int
    parent_id: int | None
    at: datetime
    operation: str
    rows_added: int = 0
    rows_deleted: int = 0
    rows_total: int = 0
    run_id: str | None = None
    refs: tuple[str, ...] = ()


class Ref(Record):
    """A branch or a tag of a table."""

    name: str
    kind: Literal["branch", "tag"]
    snapshot_id: int


class ColumnChange(Record):
    """One step of schema evolution.

    ``add`` needs ``type`` (an Iceberg type such as ``long``, ``string``, ``decimal(12,2)``, ``timestamptz``);
    ``rename`` needs ``new_name``; ``widen`` needs ``type`` (int to long, float to double, a wider decimal); ``drop`` nothing.
    """

    action: Literal["add", "rename", "widen", "drop"]
    column: str
    type: str | None = None
    new_name: str | None = None
    doc: str | None = None


class Maintenance(Record):
    """What compaction or expiry did: counts of files and snapshots, bytes given back."""

    dataset: str
    files_before: int = 0
    files_after: int = 0
    snapshots_removed: int = 0
    files_deleted: int = 0
    bytes_freed: int = 0
