"""The verbs of ``datasets`` in this process."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from workbench.app.namespace import Namespace
from workbench.core.errors import DatasetNotFound, InvalidInput
from workbench.core.ids import new_id
from workbench.core.names import check_new
from workbench.core.refs import MAIN, DatasetRef

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.app.protocol import Duplicates, WriteMode
    from workbench.catalog.records import Dataset, DatasetSummary, TableData
    from workbench.lake.changes import Change
    from workbench.lake.records import ColumnChange, DroppedTable, Maintenance, Ref, Snapshot
    from workbench.lineage.origins import Copies

__all__ = ["DatasetNamespace"]


class DatasetNamespace(Namespace, noun="datasets"):
    def sample(self, name: str, limit: int = 50) -> TableData:
        """The first rows, for a look."""
        return self._services.reader.sample(name, limit, self._who)

    def read(self, name: str, columns: tuple[str, ...] | None = None, limit: int | None = None) -> pa.Table:
        """The rows as Arrow; ``name`` may be ``name#branch`` or ``name@snapshot``."""
        return self._services.reader.read(name, columns, limit, self._who)

    def write(
        self, name: str, data: pa.Table, mode: WriteMode = "append", branch: str = "main", key: str | None = None,
        keys: tuple[str, ...] = (), duplicates: Duplicates = "error",
    ) -> Snapshot:  # fmt: skip
        """Write rows in one commit; with ``upsert`` in the place of those that have the same ``keys``."""
        from workbench.app.frames import to_arrow

        known = (self._who.is_admin and "." in name) or "#" in name or "@" in name
        with suppress(DatasetNotFound):  # to be made anew, under the name that was checked
            # To which she may write, however she writes its name.
            name = name if known else self._resolved(name)
        if name.count(".") == 1 and not self._services.lake.exists(name):
            check_new(name)
        table = to_arrow(data)
        more: Any = {"keys": keys, "duplicates": duplicates, "last": self._gated if branch == MAIN else None}
        return self._services.writer.write(name, table, mode, branch, key, self._who, copies=self._copies(name, table), **more)

    def _copies(self, name: str, table: pa.Table) -> Copies:
        """The columns that are those of datasets that were read here, untouched."""
        from workbench.app.unchanged import fitting

        found = self._services.reader.given.copies(table)
        there = self._services.lake.table(name).schema() if found and self._services.lake.exists(name) else None
        return found if there is None else fitting(found, table, there)

    def _gated(self, changes: Sequence[Change]) -> Sequence[Change]:
        """The changes of a write to main, where the dataset's gates hold of its rows."""
        if not self._has_gates(changes[0].table_uuid):
            return changes
        name = changes[0].name
        return self._services.allowed.check_gates(self._who, name, changes, self._services.lake.table(name).schema(), new_id())

    def _has_gates(self, table_uuid: str) -> bool:
        from workbench.quality.kept import Kept

        return bool(Kept(self._services.store).gates(table_uuid))

    def snapshots(self, name: str) -> tuple[Snapshot, ...]:
        """The history, newest first."""
        full = self._resolved(name)
        found = self._services.lake.snapshots(full)
        if self._who.is_admin or self._services.view(self._who).shown(full).every_row:
            return found
        hidden = dict.fromkeys(("rows_added", "rows_updated", "rows_deleted", "rows_total"))
        return tuple(snapshot.model_copy(update=hidden) for snapshot in found)

    def refs(self, name: str) -> tuple[Ref, ...]:
        """Branches and tags."""
        return self._services.lake.refs(self._resolved(name))

    def create_branch(self, name: str, branch: str, snapshot_id: int | None = None) -> Ref:
        """A branch from the head of main, or from a snapshot; of ``name#branch`` from that one's head."""
        return self._services.writer.create_branch(self._resolved(name), branch, self._state(name, snapshot_id), self._who)

    def create_tag(self, name: str, tag: str, snapshot_id: int | None = None) -> Ref:
        """A name for a snapshot, which is then kept."""
        return self._services.writer.create_tag(self._resolved(name), tag, self._state(name, snapshot_id), self._who)

    def delete_ref(self, name: str, ref: str) -> tuple[Ref, ...]:
        """Remove a branch or tag; returns those left."""
        full = self._resolved(name)
        if not self._who.is_admin and any(each.name == ref for each in self._services.lake.refs(full)):
            # It may keep a state with columns that are gone today: with the last name of that it is forgotten.
            self._services.view(self._who).check_write(f"{full}#{ref}")
        return self._services.writer.delete_ref(full, ref, self._who)

    def publish(self, names: tuple[str, ...], branch: str) -> tuple[Snapshot, ...]:
        """Fast-forward main to the branch for all named tables in one commit, or for none."""
        full = [self._resolved(name) for name in dict.fromkeys(names)]
        from workbench.app.publishing import gated

        return self._services.writer.publish(full, branch, principal=self._who, last=partial(gated, self._services, self._who))

    def rollback(self, name: str, snapshot_id: int) -> Snapshot:
        """Make an earlier snapshot of main the current one, with the columns of that time; nothing is deleted."""
        return self._services.writer.rollback(self._whole(name), snapshot_id, self._who)

    def rename(self, name: str, new_name: str) -> Dataset:
        """Give the dataset another name; history and lineage stay."""
        return self._services.catalog.get(self._services.writer.rename(self._whole(name), check_new(new_name), self._who).name)

    def alter(self, name: str, changes: tuple[ColumnChange, ...]) -> Dataset:
        """Evolve the schema in one commit."""
        return self._services.catalog.get(self._services.writer.alter(self._whole(name), changes, self._who).name)

    def drop(self, name: str) -> DatasetSummary:
        """Drop the dataset; it can be brought back for ``retention.undo_days``."""
        full = self._whole(name)
        summary = self._services.catalog.summaries([full])[full]
        self._services.writer.drop(full, self._who)
        return summary

    def dropped(self) -> tuple[DroppedTable, ...]:
        """What was dropped and can be brought back, dropped last first."""
        from workbench.core.names import is_quarantine

        return tuple(each for each in self._services.lake.dropped() if not is_quarantine(each.name))

    def undrop(self, name: str) -> Dataset:
        """Bring a dropped dataset back."""
        fitting = {each.name for each in self.dropped() if name in (each.name, each.name.partition(".")[2])}
        full = fitting.pop() if len(fitting) == 1 else name
        with suppress(DatasetNotFound):
            full = full if full != name else self._resolved(name)  # one that is there is told of under its full name
        return self._services.catalog.get(self._services.writer.undrop(full, self._who).name)

    def compact(self, name: str) -> Maintenance:
        """Rewrite small files into larger ones."""
        return self._services.writer.compact(self._whole(name), principal=self._who)

    def expire(self, name: str, older_than_days: float | None = None) -> Maintenance:
        """Forget old snapshots and delete the files only they knew."""
        return self._services.writer.expire(self._whole(name), older_than_days, self._who)

    def _whole(self, name: str) -> str:
        """The dataset's own name, where no branch or snapshot of it is meant: what is done to all of it must not be asked for one."""
        full, (_, branch, snapshot) = self._resolved(name), DatasetRef.split(name)
        if branch != MAIN or snapshot is not None:
            fix = f"For all of it name {full}; a branch or tag is removed by `workbench datasets delete-ref {full} NAME`."
            raise InvalidInput(f"{name} is one state of {full}, and this is done to the dataset.", fix=fix)
        return full

    def _state(self, name: str, snapshot_id: int | None) -> int | None:
        """The snapshot that is meant by a name with a branch, tag or snapshot, where none was said besides."""
        _, branch, snapshot = DatasetRef.split(name)
        if snapshot_id is not None or (branch == MAIN and snapshot is None):
            return snapshot_id
        return snapshot if snapshot is not None else self._services.lake.plan(f"{self._resolved(name)}#{branch}").ref.snapshot_id
