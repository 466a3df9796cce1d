"""A table's metadata as records."""

from __future__ import annotations

from pyiceberg.table import Table
from pyiceberg.table import snapshots as iceberg
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import SnapshotRefType

from workbench.core.clock import from_ms
from workbench.core.refs import MAIN
from workbench.lake.mainline import MainLine, main_first
from workbench.lake.partitioning import partition_texts
from workbench.lake.records import Ref, Snapshot, TableInfo
from workbench.lake.types import type_text

__all__ = [
    "ADDED_PROPERTY",
    "DELETED_PROPERTY",
    "KEY_PROPERTY",
    "RUN_PROPERTY",
    "UPDATED_PROPERTY",
    "VERB_PROPERTY",
    "describe_metadata",
    "describe_refs",
    "describe_snapshot",
    "describe_snapshots",
    "describe_table",
    "table_name",
]

# What a snapshot's summary says of the commit that made it.
KEY_PROPERTY = "workbench.commit-key"
RUN_PROPERTY = "workbench.run-id"
# Of an upsert, counted by keys: Iceberg's own figures count rows that were only written again, too.
ADDED_PROPERTY = "workbench.rows-added"
UPDATED_PROPERTY = "workbench.rows-updated"
DELETED_PROPERTY = "workbench.rows-deleted"
# Which statement changed rows, of those that are counted so.
VERB_PROPERTY = "workbench.verb"


def table_name(table: Table) -> str:
    return ".".join(table.name())


def _number(snapshot: iceberg.Snapshot | None, key: str) -> int:
    return int((snapshot.summary[key] if snapshot is not None and snapshot.summary is not None else None) or 0)


def describe_table(table: Table) -> TableInfo:
    return describe_metadata(table_name(table), table.metadata, table.metadata_location)


def describe_metadata(name: str, metadata: TableMetadata, location: str) -> TableInfo:
    """The table whose metadata file lies at ``location``."""
    head = metadata.current_snapshot()
    refs = metadata.refs
    oldest = min((s.timestamp_ms for s in metadata.snapshots), default=None)
    today = {(f.field_id, f.name) for f in metadata.schema().fields}
    ever = {(f.field_id, f.name) for schema in metadata.schemas for f in schema.fields}
    return TableInfo(
        table_uuid=str(metadata.table_uuid),
        name=name,
        location=metadata.location,
        metadata_location=location,
        columns=tuple((f.field_id, f.name, type_text(f.field_type), f.required, f.doc or "") for f in metadata.schema().fields),
        former=tuple(sorted(ever - today)),
        partitioning=partition_texts(metadata.spec(), metadata.schema()),
        snapshot_id=head.snapshot_id if head else None,
        rows=_number(head, "total-records"),
        bytes=_number(head, "total-files-size"),
        files=_number(head, "total-data-files"),
        created_at=from_ms(int(metadata.properties.get("workbench.created-ms") or oldest or metadata.last_updated_ms)),
        updated_at=from_ms(head.timestamp_ms if head else metadata.last_updated_ms),
        branches=tuple(sorted({MAIN} | {n for n, r in refs.items() if r.snapshot_ref_type == SnapshotRefType.BRANCH}, key=main_first)),
        tags=tuple(sorted(n for n, r in refs.items() if r.snapshot_ref_type == SnapshotRefType.TAG)),
    )


def describe_snapshot(table: Table, snapshot: iceberg.Snapshot) -> Snapshot:
    return _described(snapshot, MainLine(table.metadata))


def describe_snapshots(table: Table) -> tuple[Snapshot, ...]:
    """All snapshots that are kept, of every branch, newest first."""
    newest_first = sorted(table.metadata.snapshots, key=lambda s: (s.timestamp_ms, s.sequence_number or 0), reverse=True)
    line = MainLine(table.metadata)
    return tuple(_described(snapshot, line) for snapshot in newest_first)


def _described(snapshot: iceberg.Snapshot, line: MainLine) -> Snapshot:
    summary = snapshot.summary
    upsert = summary is not None and summary[UPDATED_PROPERTY] is not None
    return Snapshot(
        id=snapshot.snapshot_id,
        parent_id=snapshot.parent_snapshot_id,
        at=from_ms(snapshot.timestamp_ms),
        operation=_operation(summary, upsert),
        rows_added=_number(snapshot, ADDED_PROPERTY if upsert else "added-records"),
        rows_updated=_number(snapshot, UPDATED_PROPERTY),
        rows_deleted=_number(snapshot, DELETED_PROPERTY if upsert else "deleted-records"),
        rows_total=_number(snapshot, "total-records"),
        run_id=summary[RUN_PROPERTY] if summary is not None else None,
        refs=line.refs(snapshot.snapshot_id),
        state=line.state(snapshot.snapshot_id),
        made_current_at=line.made_current_at(snapshot.snapshot_id),
    )


def _operation(summary: iceberg.Summary | None, counted: bool) -> str:
    if summary is None:
        return "unknown"
    return (summary[VERB_PROPERTY] or "upsert") if counted else summary.operation.value


def describe_refs(table: Table) -> tuple[Ref, ...]:
    """Branches and tags, main first."""
    return tuple(
        Ref(name=name, kind="branch" if ref.snapshot_ref_type == SnapshotRefType.BRANCH else "tag", snapshot_id=ref.snapshot_id)
        for name, ref in sorted(table.metadata.refs.items(), key=lambda item: main_first(item[0]))
    )
