"""Which files hold a dataset's rows, and where its folder could be smaller: to look at, nothing is changed."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from workbench.catalog.insights import in_small_files
from workbench.catalog.records import DataFile, DatasetFiles, Saving
from workbench.core.clock import from_ms, now
from workbench.core.refs import DatasetRef
from workbench.lake.leases import leased
from workbench.lake.reachable import files_of
from workbench.lake.retention import Retention, expirable
from workbench.lake.storage import storage_errors

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot

    from workbench.lake.lake import Lake

__all__ = ["files_in"]


def files_in(lake: Lake, ref: DatasetRef, retention: Retention, after: str | None, limit: int) -> DatasetFiles:
    """The files of a dataset as it is at ``ref``, by path, and what lies beside them for its other states.

    Raises
    ------
    SnapshotNotFound, NotFound, StorageUnavailable
        There is no such state, or its files cannot be read.
    """
    table = lake.table(ref.name)
    meant = lake.resolve(ref).snapshot_id
    head = None if meant is None else table.metadata.snapshot_by_id(meant)
    folder = table.metadata.location.rstrip("/")
    read: dict[str, dict[str, int]] = {}
    with storage_errors(f"read which files {ref.name} has"):
        found = [] if head is None else list(_files(table, head, folder))
        here = files_of([head] if head else [], table.io, read)
        all_of_it = files_of(table.metadata.snapshots, table.io, read)
    others = {path: size for path, size in all_of_it.items() if path not in here}
    shown = heapq.nsmallest(limit + 1, (file for file in found if after is None or file.path > after), key=lambda file: file.path)
    warehouse = lake.storage.warehouse.rstrip("/")
    return DatasetFiles(
        dataset=ref.name,
        snapshot_id=head.snapshot_id if head else None,
        place=f"lake/{folder.removeprefix(warehouse).strip('/')}",
        files=tuple(shown[:limit]),
        after=shown[limit - 1].path if len(shown) > limit else None,
        count=len(found),
        rows=sum(file.rows for file in found if file.kind == "rows"),
        bytes=sum(file.bytes for file in found),
        other_files=len(others),
        other_bytes=sum(others.values()),
        states=len(table.metadata.snapshots),
        savings=tuple(_savings(lake, table, ref.name, found, all_of_it, retention, read)),
    )


def _files(table: Table, head: Snapshot, folder: str) -> Iterator[DataFile]:
    times = {snapshot.snapshot_id: snapshot.timestamp_ms for snapshot in table.metadata.snapshots}
    spec = table.metadata.specs()
    schema = table.metadata.schema()
    for manifest in head.manifests(table.io):
        fields = spec[manifest.partition_spec_id]
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
            file = entry.data_file
            added = entry.snapshot_id if entry.snapshot_id is not None else manifest.added_snapshot_id
            yield DataFile(
                path=file.file_path.removeprefix(f"{folder}/"),
                kind="rows" if file.content.value == 0 else "deletions",
                rows=file.record_count,
                bytes=file.file_size_in_bytes,
                partition=fields.partition_to_path(file.partition, schema) if fields.fields else None,
                snapshot_id=added,
                added_at=from_ms(times[added]) if added in times else None,
            )


def _savings(
    lake: Lake,
    table: Table,
    name: str,
    found: Iterable[DataFile],
    all_of_it: dict[str, int],
    retention: Retention,
    read: dict[str, dict[str, int]],
) -> Iterator[Saving]:
    lake.leases.give_back_unused()
    with lake.store.read() as conn:
        held = leased(conn, str(table.metadata.table_uuid))
    doomed = set(expirable(table.metadata, retention, held, now()))
    if doomed:
        with storage_errors(f"read which files {name} has"):
            kept = files_of((s for s in table.metadata.snapshots if s.snapshot_id not in doomed), table.io, read)
        count = f"{len(doomed):,} old state{'' if len(doomed) == 1 else 's'} may be forgotten"
        freed = sum(size for path, size in all_of_it.items() if path not in kept)
        yield Saving(bytes=freed, message=f"{count}.", fix=f"workbench datasets expire {name}")
    data = [file.bytes for file in found if file.kind == "rows"]
    if in_small_files(len(data), sum(data)):
        yield Saving(message=f"The rows lie in {len(data):,} small files.", fix=f"workbench datasets compact {name}")
