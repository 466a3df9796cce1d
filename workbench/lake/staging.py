"""Staging: a table's next metadata, built and written, but not yet pointed to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from pyiceberg.catalog import MetastoreCatalog
from pyiceberg.table import Table, Transaction
from pyiceberg.table.locations import load_location_provider
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.table.update import (
    TableUpdate,
    _apply_table_update,
    _TableMetadataUpdateContext,
    _update_table_metadata_log,
)
from pyiceberg.utils.datetime import datetime_to_millis

from workbench.lake.working import beside_main

__all__ = ["StagedTable", "StagedTransaction", "lineage_of"]


class StagedTransaction(Transaction):
    """A transaction that is never committed by PyIceberg.

    PyIceberg computes ``table_metadata`` anew, with a deep copy, each time it is looked at: some twenty times a commit, and
    each costs more the more snapshots there are. Here every update is applied once, on shallow copies (the updates are
    functional and leave their base alone), so that the cost of an append stays flat.
    """

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._context = _TableMetadataUpdateContext()
        self._applied = 0
        self._current = table.metadata

    @property
    def table(self) -> Table:
        return self._table

    @property
    def table_metadata(self) -> TableMetadata:
        for update in self._updates[self._applied :]:
            self._current = _apply_table_update(update, self._current, self._context)
            self._applied += 1
        return self._current

    def update(self, *updates: TableUpdate) -> None:
        """Stage plain metadata updates."""
        self._updates += updates

    def written(self) -> list[str]:
        """Manifests and manifest lists written so far."""
        return [path for producer in self._snapshot_producers for path in (*producer._written_manifests, *producer._written_manifest_lists)]


@dataclass
class StagedTable:
    """One table's part of a commit: where it pointed, where it is to point, and the files written for that.

    Where a run works on a ``branch``, what is staged is staged as if that were main, and put beside it: main stays as it is in ``base``.
    """

    name: str
    base: TableMetadata
    base_location: str | None
    transaction: StagedTransaction
    branch: str | None = None
    metadata: TableMetadata | None = None
    location: str | None = None
    files: list[str] = field(default_factory=list)

    def write(self, catalog: MetastoreCatalog) -> None:
        """Write the metadata file, if there is anything new."""
        metadata = self.transaction.table_metadata
        if self.base_location is not None:
            if not self.transaction._context.has_changes():
                return
            metadata = _update_table_metadata_log(metadata, self.base_location, self.base.last_updated_ms)
            if metadata.last_updated_ms == self.base.last_updated_ms:
                metadata = metadata.model_copy(update={"last_updated_ms": datetime_to_millis(datetime.now().astimezone())})
        if self.branch is not None:
            metadata = beside_main(metadata, self.base, self.branch)
        metadata.spec().check_compatible(metadata.schema())
        version = 0 if self.base_location is None else catalog._parse_metadata_version(self.base_location) + 1
        location = load_location_provider(metadata.location, metadata.properties).new_table_metadata_file_location(version)
        self.files.append(location)
        catalog._write_metadata(metadata, self.transaction.table.io, location)
        self.metadata, self.location = metadata, location

    def changes_main(self) -> bool:
        """Whether main has another state than it had."""
        return self.metadata is not None and self.metadata.current_snapshot_id != self.base.current_snapshot_id

    def all_files(self) -> list[str]:
        return [*self.files, *self.transaction.written()]

    def superseded(self) -> list[str]:
        """Metadata files that fell out of the log with this commit (``write.metadata.previous-versions-max``)."""
        if self.metadata is None:
            return []
        kept = {entry.metadata_file for entry in self.metadata.metadata_log}
        return [entry.metadata_file for entry in self.base.metadata_log if entry.metadata_file not in kept]


def lineage_of(metadata: TableMetadata, snapshot_id: int | None) -> Iterable[Snapshot]:
    """A snapshot and its ancestors, newest first, as far as they are kept."""
    known = {snapshot.snapshot_id: snapshot for snapshot in metadata.snapshots}
    while snapshot_id is not None and (snapshot := known.get(snapshot_id)) is not None:
        yield snapshot
        snapshot_id = snapshot.parent_snapshot_id
