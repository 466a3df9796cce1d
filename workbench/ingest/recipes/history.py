"""What has happened to a dataset since a recipe was applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyiceberg.table.snapshots import Operation

from workbench.lake.staging import lineage_of

if TYPE_CHECKING:
    from pyiceberg.table.metadata import TableMetadata

    from workbench.ingest.recipes.kept import Applied
    from workbench.ingest.recipes.records import Recipe
    from workbench.lake.plan import PlanFile, ReadPlan

__all__ = ["appended_files", "earlier"]


def appended_files(plan: ReadPlan, standing: Applied, recipe: Recipe) -> tuple[PlanFile, ...] | None:
    """The source's files since the target's rows were made of it by the same recipe, where it has only been appended to since;
    None where it has not, or the columns are others."""
    if standing.source_uuid != plan.ref.table_uuid or standing.fingerprint != recipe.fingerprint or plan.has_deletes:
        return None
    added = set()
    for snapshot in lineage_of(plan.metadata, plan.ref.snapshot_id):
        if snapshot.snapshot_id == standing.source_snapshot:
            same = snapshot.schema_id == plan.schema.schema_id
            return tuple(file for file in plan.files if file.file is not None and file.path in added) if same else None
        if snapshot.summary is None or snapshot.summary.operation != Operation.APPEND:
            return None
        added |= _added(plan, snapshot.snapshot_id)
    return None


def _added(plan: ReadPlan, snapshot_id: int) -> set[str]:
    snapshot = plan.metadata.snapshot_by_id(snapshot_id)
    assert snapshot is not None
    io = plan.table.io
    return {
        entry.data_file.file_path
        for manifest in snapshot.manifests(io)
        if manifest.added_snapshot_id == snapshot_id
        for entry in manifest.fetch_manifest_entry(io)
        if entry.snapshot_id == snapshot_id
    }


def earlier(metadata: TableMetadata, snapshot_id: int) -> int | None:
    """The snapshot that a snapshot came after; None where there is none, or it has expired."""
    snapshot = metadata.snapshot_by_id(snapshot_id)
    parent = snapshot.parent_snapshot_id if snapshot is not None else None
    return parent if parent is not None and metadata.snapshot_by_id(parent) is not None else None
