"""A dataset that is made of another: its rows, and the columns they have, replaced in one commit with what is to be kept about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from workbench.core.refs import MAIN, DatasetRef
from workbench.lake.changes import Append, Change, Overwrite, Rollback, Staging
from workbench.lake.changes.reshape import Reshape
from workbench.lake.overwrite import removal
from workbench.lake.staging import StagedTransaction
from workbench.runs.context import RunContext
from workbench.runs.records import DatasetIO
from workbench.writes.base import Committing, Note, Who
from workbench.writes.recording import commit_key, recording
from workbench.writes.rows import ParquetFiles, Rows

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.table.metadata import TableMetadata

    from workbench.lake.records import CommitResult

__all__ = ["Place", "Rebuild", "Rebuilder"]

#: Called before a commit with the new data files and the table as it will be; raises to commit nothing.
Check = Callable[["tuple[DataFile, ...]", "TableMetadata"], None]


@dataclass(frozen=True)
class Place:
    """A dataset as it will be: the metadata under which its rows' files are written, and what has to happen to it for that."""

    metadata: TableMetadata
    before: tuple[Change, ...]
    creates: bool

    @property
    def field_ids(self) -> dict[str, int]:
        """The field id of each column of the top level."""
        return {field.name: field.field_id for field in self.metadata.schema().fields}


@dataclass(frozen=True)
class Rebuild:
    """What is said of a commit beside its rows. ``base`` is the dataset's snapshot that was looked at when it was decided; ``inputs`` are
    what the rows were made from; ``check`` looks at the files before anything is committed, ``note`` keeps something in the same
    transaction."""

    key: str
    principal: Who
    context: RunContext
    base: int | None = None
    inputs: Sequence[DatasetIO] = ()
    check: Check | None = None
    note: Note | None = None


class Rebuilder(Committing):
    """Replaces or extends datasets that are made of others. Each call belongs to the run of its :class:`Rebuild`."""

    def place(self, name: str, schema: pa.Schema, dropped: Sequence[str] = ()) -> Place:
        """The dataset with the columns of ``schema`` and without ``dropped``, before it is so; nothing is written.

        Raises
        ------
        InvalidName, InvalidInput
            The name or a column is not possible.
        """
        create = self.lake.new_table(name, schema)
        if not self.lake.exists(name):
            return Place(create.metadata, (create,), creates=True)
        metadata = self.lake.table(name).metadata
        reshape = Reshape(name, str(metadata.table_uuid), create.metadata.schema().fields, tuple(dropped), Reshape.base_of(metadata))
        if not reshape.needed(metadata):
            return Place(metadata, (), creates=False)
        transaction = StagedTransaction(self.lake.table(name))
        reshape.stage(Staging(transaction, {}))
        return Place(transaction.table_metadata, (reshape,), creates=False)

    def write(
        self, name: str, place: Place, rows: Rows | ParquetFiles, mode: Literal["create", "overwrite", "append"], about: Rebuild
    ) -> CommitResult:
        """Write rows: new ones, or in the place of all there are.

        Raises
        ------
        AlreadyExists, CommitConflict
            Somebody else created it, or wrote to it, meanwhile. Nothing was written.
        Exception
            Whatever the check raises. Nothing was written.
        """
        if mode != "overwrite" or about.base is None:
            return self._put(name, place, rows, None, about)
        ref = DatasetRef(table_uuid=str(place.metadata.table_uuid), name=name, snapshot_id=about.base)
        with self.lake.reading(ref) as plan:
            return self._put(name, place, rows, tuple(removal(plan, None).files), about)

    def _put(
        self, name: str, place: Place, rows: Rows | ParquetFiles, removed: tuple[DataFile, ...] | None, about: Rebuild
    ) -> CommitResult:
        metadata = place.metadata
        files = rows.written(self.lake, metadata, name)
        uuid, schema_id = str(metadata.table_uuid), metadata.current_schema_id
        overwrite = removed is not None
        change: Change = (
            Overwrite(name, uuid, removed, files, schema_id, about.base)
            if removed is not None
            else Append(name, uuid, files, schema_id)
            if place.creates
            else Append(name, uuid, files, schema_id, seen=(about.base,))
        )
        changes = (*place.before, change)
        try:
            if about.check is not None:
                about.check(files, metadata)
        except BaseException:
            self.lake.storage.delete([file.file_path for file in files])
            raise
        return self._committed(changes, name, "overwrite" if overwrite else "write", about)

    def restore(self, name: str, snapshot_id: int, about: Rebuild) -> CommitResult:
        """Make a snapshot that main has had the current one again, with the columns of that time; nothing is deleted.

        Raises
        ------
        DatasetNotFound, SnapshotNotFound, InvalidInput
            The dataset or snapshot is not there, or it was never on main.
        """
        return self._committed((Rollback(name, self._uuid(name), snapshot_id),), name, "rollback", about)

    def _committed(self, changes: Sequence[Change], name: str, verb: str, about: Rebuild) -> CommitResult:
        facts = {"dataset": name, "action": verb}
        with recording(self.log, "recipe", f"{verb} {name}", about.principal, facts, about.context, about.inputs) as run:
            return self._commit(changes, commit_key("recipe", [MAIN], about.key), replace(run, note=about.note), None)
