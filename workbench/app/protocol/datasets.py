"""What can be done with one dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from workbench.app.protocol.limits import Count, Days, Duplicates, Rows, SnapshotId, WriteMode
from workbench.app.verbs import verb
from workbench.catalog.records import Dataset, DatasetSummary, TableData
from workbench.lake.records import ColumnChange, DroppedTable, Maintenance, Ref, Snapshot

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DatasetVerbs"]


class DatasetVerbs(Protocol):
    @verb("GET", "/datasets/{name}/sample")
    def sample(self, name: str, limit: Count = 50) -> TableData:
        """The first rows, for a look."""

    @verb("GET", "/datasets/{name}/data", transport="arrow-out")
    def read(self, name: str, columns: tuple[str, ...] | None = None, limit: Rows | None = None) -> pa.Table:
        """The rows as Arrow; ``name`` may be ``name#branch`` or ``name@snapshot``."""

    @verb("POST", "/datasets/{name}/data", transport="arrow-in")
    def write(
        self, name: str, data: pa.Table, mode: WriteMode = "append", branch: str = "main", key: str | None = None,
        keys: tuple[str, ...] = (), duplicates: Duplicates = "error",
    ) -> Snapshot:  # fmt: skip
        """Write rows in one commit. ``key`` makes a repeated call write once; ``create`` fails where the table exists, the other modes
        create it where it does not. ``upsert`` replaces the rows that have the same ``keys`` (names of columns) and adds the others; of
        new rows with the same keys ``duplicates`` takes the last, or refuses them all."""

    @verb("GET", "/datasets/{name}/snapshots")
    def snapshots(self, name: str) -> tuple[Snapshot, ...]:
        """The history, newest first."""

    @verb("GET", "/datasets/{name}/refs")
    def refs(self, name: str) -> tuple[Ref, ...]:
        """Branches and tags."""

    @verb("POST", "/datasets/{name}/branches")
    def create_branch(self, name: str, branch: str, snapshot_id: SnapshotId | None = None) -> Ref:
        """A branch from the head of main, or from a snapshot."""

    @verb("POST", "/datasets/{name}/tags")
    def create_tag(self, name: str, tag: str, snapshot_id: SnapshotId | None = None) -> Ref:
        """A name for a snapshot, which is then kept."""

    @verb("DELETE", "/datasets/{name}/refs/{ref}")
    def delete_ref(self, name: str, ref: str) -> tuple[Ref, ...]:
        """Remove a branch or tag; returns those left."""

    @verb("POST", "/publish")
    def publish(self, names: tuple[str, ...], branch: str) -> tuple[Snapshot, ...]:
        """Fast-forward main to the branch for all named tables in one commit, or for none (CommitConflict)."""

    @verb("POST", "/datasets/{name}/rollback")
    def rollback(self, name: str, snapshot_id: SnapshotId) -> Snapshot:
        """Make an earlier snapshot of main the current one, with the columns of that time; nothing is deleted."""

    @verb("POST", "/datasets/{name}/rename")
    def rename(self, name: str, new_name: str) -> Dataset:
        """Give the dataset another name; history and lineage stay."""

    @verb("POST", "/datasets/{name}/columns")
    def alter(self, name: str, changes: tuple[ColumnChange, ...]) -> Dataset:
        """Evolve the schema in one commit."""

    @verb("DELETE", "/datasets/{name}")
    def drop(self, name: str) -> DatasetSummary:
        """Drop the dataset; it can be brought back for ``retention.undo_days``."""

    @verb("GET", "/dropped-datasets")
    def dropped(self) -> tuple[DroppedTable, ...]:
        """What was dropped and can be brought back, dropped last first."""

    @verb("POST", "/datasets/{name}/undrop")
    def undrop(self, name: str) -> Dataset:
        """Bring a dropped dataset back."""

    @verb("POST", "/datasets/{name}/compact")
    def compact(self, name: str) -> Maintenance:
        """Rewrite small files into larger ones."""

    @verb("POST", "/datasets/{name}/expire")
    def expire(self, name: str, older_than_days: Days | None = None) -> Maintenance:
        """Forget old snapshots and delete the files only they knew (``retention`` settings hold; tags are kept)."""
