"""Which files a table's metadata knows."""

from __future__ import annotations

from collections.abc import Iterable

from pyiceberg.io import FileIO
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot

__all__ = ["files_of", "metadata_files_of"]


def files_of(snapshots: Iterable[Snapshot], io: FileIO, read: dict[str, dict[str, int]] | None = None) -> dict[str, int]:
    """Location -> size in bytes of all manifest lists, manifests, data and delete files that the snapshots know.

    Manifests are read once each, however many snapshots share them. ``read`` is what they name, by their locations: handed over again, it
    spares the reading of those that an earlier question has read.
    """
    found: dict[str, int] = {}
    read = {} if read is None else read
    for snapshot in snapshots:
        found[snapshot.manifest_list] = 0
        for manifest in snapshot.manifests(io):
            if manifest.manifest_path in found:
                continue
            found[manifest.manifest_path] = manifest.manifest_length
            if manifest.manifest_path not in read:
                files = (entry.data_file for entry in manifest.fetch_manifest_entry(io, discard_deleted=True))
                read[manifest.manifest_path] = {file.file_path: file.file_size_in_bytes for file in files}
            found |= read[manifest.manifest_path]
    return found


def metadata_files_of(metadata: TableMetadata, location: str) -> set[str]:
    """The current metadata file, those before it that the log still names, and statistics."""
    files = {location, *(entry.metadata_file for entry in metadata.metadata_log)}
    files |= {statistics.statistics_path for statistics in metadata.statistics}
    return files | {statistics.statistics_path for statistics in metadata.partition_statistics}
