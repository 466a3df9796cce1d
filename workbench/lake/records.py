"""What the lake tells about a table."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from workbench.core.records import Record

__all__ = ["ColumnChange", "CommitResult", "DroppedTable", "Maintenance", "Ref", "Snapshot", "TableCommit", "TableInfo"]


class Snapshot(Record):
    """One committed state of a table. ``run_id`` is the run that made it; ``refs`` the branches and tags that point to it.

    ``state`` is what it is to main: its ``current`` head, an ``ancestor`` of that, ``rolled_back`` (it was on main before a rollback
    left it), on another ``branch`` only; None once it has expired. ``rows_updated`` were replaced by key in an upsert, which counts as
    added only rows of new keys. ``made_current_at`` is when main moved to it last, which is
    after ``at`` where a branch was published or main rolled back to it; None where main never had it as its head, or it is not known.
    Numbers of rows are None where they are not told, because the reader sees a part.
    """

    id: int
    parent_id: int | None
    at: datetime
    operation: str
    rows_added: int | None = 0
    rows_updated: int | None = 0
    rows_deleted: int | None = 0
    rows_total: int | None = 0
    run_id: str | None = None
    refs: tuple[str, ...] = ()
    state: Literal["current", "ancestor", "rolled_back", "branch"] | None = None
    made_current_at: datetime | None = None


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


class TableInfo(Record):
    """A table as it is now: ``columns`` are (field id, name, type, required, doc), ``former`` (field id, name) what columns were called
    before, those that are gone among them, ``rows`` and ``bytes`` those of main's head."""

    table_uuid: str
    name: str
    location: str
    metadata_location: str
    columns: tuple[tuple[int, str, str, bool, str], ...]
    former: tuple[tuple[int, str], ...]
    partitioning: tuple[str, ...] = ()
    snapshot_id: int | None = None
    rows: int = 0
    bytes: int = 0
    files: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None
    branches: tuple[str, ...] = ("main",)
    tags: tuple[str, ...] = ()


class TableCommit(Record):
    """What one commit did to one table. ``snapshot_id`` is the branch's head afterwards, ``parent_id`` the one before."""

    name: str
    table_uuid: str
    operation: str
    branch: str = "main"
    snapshot_id: int | None = None
    parent_id: int | None = None
    rows_added: int = 0
    rows_updated: int = 0
    rows_deleted: int = 0
    bytes_added: int = 0
    columns: tuple[str, ...] = ()
    metadata_location: str = ""
    previous_name: str | None = None


class CommitResult(Record):
    """What a commit did, as it is kept under its key. ``repeated`` is True when the key had been committed before."""

    key: str
    at: datetime
    run_id: str | None = None
    tables: tuple[TableCommit, ...] = ()
    repeated: bool = False


class DroppedTable(Record):
    """A dropped table that can be brought back until ``purge_after``."""

    table_uuid: str
    name: str
    metadata_location: str
    dropped_at: datetime
    dropped_by: str
    purge_after: datetime
