"""Changes of rows: create, append, overwrite, edit, replace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyiceberg.exceptions import ValidationException
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.manifest import DataFile
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Operation, Summary
from pyiceberg.table.update.snapshot import _OverwriteFiles
from pyiceberg.typedef import EMPTY_DICT

from workbench.core.refs import MAIN
from workbench.lake.changes.base import Change, Overtaken, Staging, head, moved, report, start_branch
from workbench.lake.describe import ADDED_PROPERTY, DELETED_PROPERTY, UPDATED_PROPERTY, VERB_PROPERTY
from workbench.lake.narrowing import too_narrow
from workbench.lake.records import TableCommit

if TYPE_CHECKING:
    from workbench.lake.catalog import LakeCatalog

__all__ = ["Append", "Create", "Edit", "Overwrite", "Replace", "Upsert", "beside"]


@dataclass(frozen=True)
class Create(Change):
    """A new table, with its first metadata. An :class:`Append` follows in the same commit, so that main has a head."""

    metadata: TableMetadata

    @property
    def lock(self) -> str:
        return f"name:{self.name}"

    def base_location(self, catalog: LakeCatalog) -> str | None:
        return None

    def stage(self, staging: Staging) -> TableCommit:
        return report(self, staging, "create")


@dataclass(frozen=True)
class Append(Change):
    """New rows, in data files that were written under the schema ``schema_id``. Never conflicts with other rows, but where the branch's
    head was ``seen``: then with whatever came after it."""

    files: tuple[DataFile, ...]
    schema_id: int
    branch: str = MAIN
    seen: tuple[int | None] | None = None

    def stage(self, staging: Staging) -> TableCommit:
        if self.seen is not None and self.seen != (head(staging.metadata, self.branch),):
            raise moved(self.name, "somebody else has written to it", Overtaken)
        start_branch(staging, self.branch)
        check_layout(self, staging.metadata, self.schema_id, self.files)
        before = head(staging.metadata, self.branch)
        append_files(staging, self.branch, self.files)
        return report(self, staging, "append", self.branch, before)

    def new_files(self) -> tuple[DataFile, ...]:
        return self.files


def beside(changes: Sequence[Change], table_uuid: str, snapshot_id: int | None) -> list[Change]:
    """The changes, of which what appends to a table joins the rows of one snapshot and no newer ones."""
    mine = [isinstance(change, Append) and change.table_uuid == table_uuid for change in changes]
    return [replace(change, seen=(snapshot_id,)) if own else change for change, own in zip(changes, mine, strict=True)]  # type: ignore[call-arg]


@dataclass(frozen=True)
class Overwrite(Change):
    """``removed`` files give way to ``added`` ones, decided on the branch's head ``base``; conflicts where that has moved."""

    removed: tuple[DataFile, ...]
    added: tuple[DataFile, ...]
    schema_id: int
    base: int | None
    branch: str = MAIN

    def stage(self, staging: Staging) -> TableCommit:
        before = head(staging.metadata, self.branch)
        if before != self.base:
            raise moved(self.name, f"the branch {self.branch!r} has a newer snapshot than the one this overwrite was prepared on")
        start_branch(staging, self.branch)
        check_layout(self, staging.metadata, self.schema_id, self.added)
        producer = staging.transaction.update_snapshot(self.properties(staging), branch=self.branch).overwrite()
        _swap(producer, self.removed, self.added)
        return report(self, staging, "overwrite", self.branch, before)

    def properties(self, staging: Staging) -> dict[str, str]:
        """What the new snapshot's summary says of it."""
        return dict(staging.properties)

    def new_files(self) -> tuple[DataFile, ...]:
        return self.added

    def gone_files(self) -> tuple[DataFile, ...]:
        return self.removed


@dataclass(frozen=True)
class Upsert(Overwrite):
    """Rows that replace those of the same key. Rows that are written again only because they share a file with one that gives way
    are no news: ``rows_added`` had no row of their key before, ``rows_updated`` took the place of one, and ``rows_deleted`` went beside
    (the key had been there more than once). Such rows are in the first ``kept`` of the ``added`` files."""

    rows_added: int = 0
    rows_updated: int = 0
    rows_deleted: int = 0
    kept: int = 0

    def kept_files(self) -> tuple[DataFile, ...]:
        return self.added[: self.kept]

    def stage(self, staging: Staging) -> TableCommit:
        done = super().stage(staging)
        counts = {"rows_added": self.rows_added, "rows_updated": self.rows_updated, "rows_deleted": self.rows_deleted}
        return done.model_copy(update={"operation": "upsert", **counts})

    def properties(self, staging: Staging) -> dict[str, str]:
        counts = {ADDED_PROPERTY: self.rows_added, UPDATED_PROPERTY: self.rows_updated, DELETED_PROPERTY: self.rows_deleted}
        return {**staging.properties, **{name: str(count) for name, count in counts.items()}}


@dataclass(frozen=True)
class Edit(Upsert):
    """Rows that a statement has changed, counted as the statement does; ``verb`` says what it was: ``update``, ``delete``, ``merge``."""

    verb: str = "merge"

    def stage(self, staging: Staging) -> TableCommit:
        return super().stage(staging).model_copy(update={"operation": self.verb})

    def properties(self, staging: Staging) -> dict[str, str]:
        return {**super().properties(staging), VERB_PROPERTY: self.verb}


@dataclass(frozen=True)
class Replace(Change):
    """The same rows in other files (compaction). Stands beside concurrent appends; conflicts where a file is gone."""

    removed: tuple[DataFile, ...]
    added: tuple[DataFile, ...]
    schema_id: int
    branch: str = MAIN

    def stage(self, staging: Staging) -> TableCommit:
        check_layout(self, staging.metadata, self.schema_id, self.added)
        before = head(staging.metadata, self.branch)
        transaction = staging.transaction
        producer = _ReplaceFiles(
            Operation.OVERWRITE, transaction, transaction.table.io, branch=self.branch, snapshot_properties=dict(staging.properties)
        )
        try:
            _swap(producer, self.removed, self.added)
        except ValidationException as error:
            raise moved(self.name, "files that were being compacted have been rewritten") from error
        return report(self, staging, "replace", self.branch, before)

    def new_files(self) -> tuple[DataFile, ...]:
        return self.added


class _ReplaceFiles(_OverwriteFiles):
    """PyIceberg 0.12 computes no summary for ``replace``: an overwrite's counts are the same, only the word differs."""

    def _summary(self, snapshot_properties: dict[str, str] = EMPTY_DICT) -> Summary:
        return super()._summary(snapshot_properties).model_copy(update={"operation": Operation.REPLACE})


def _swap(producer: _OverwriteFiles, removed: tuple[DataFile, ...], added: tuple[DataFile, ...]) -> None:
    # Without a predicate PyIceberg skips every manifest of an unpartitioned table, and the files would stay.
    producer.delete_by_predicate(AlwaysTrue())
    # With this one it need not look for the files' partitions, of which it can name none whose value is NaN.
    producer._build_delete_files_partition_predicate = lambda: None  # type: ignore[method-assign]
    for file in removed:
        producer.delete_data_file(file)
    for file in added:
        producer.append_data_file(file)
    producer.commit()


def append_files(staging: Staging, branch: str, files: tuple[DataFile, ...]) -> None:
    """Stage an append snapshot on a branch."""
    producer = staging.transaction._append_snapshot_producer(dict(staging.properties), branch=branch)
    for file in files:
        producer.append_data_file(file)
    producer.commit()


def check_layout(change: Change, metadata: TableMetadata, schema_id: int | None, files: tuple[DataFile, ...]) -> None:
    """Files written before the table's nested types or partitioning changed cannot be added any more: nobody could tell
    under which schema they were written.

    Raises
    ------
    CommitConflict
    """
    if any(file.spec_id != metadata.default_spec_id for file in files):
        raise moved(change.name, "its partitioning is another one")
    if schema_id == metadata.current_schema_id or not files:
        return
    written = next((schema for schema in metadata.schemas if schema.schema_id == schema_id), None)
    if written is None:
        raise moved(change.name, "its schema is another one")
    if too_narrow(metadata.schema(), written):
        raise moved(change.name, "a column has a narrower type again")
    now = {field.field_id: field for field in metadata.schema().fields}
    for field in written.fields:
        kept = now.get(field.field_id)
        if kept is not None and not field.field_type.is_primitive and kept.field_type != field.field_type:
            raise moved(change.name, f"the nested column {field.name!r} has another type")
    if any(field.required and field.field_id not in {f.field_id for f in written.fields} for field in now.values()):
        raise moved(change.name, "it requires a further column")
