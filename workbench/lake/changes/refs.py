"""Changes of branches and tags: set, delete, publish, roll back."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from pyiceberg.exceptions import ValidationError
from pyiceberg.io import FileIO
from pyiceberg.manifest import DataFile, ManifestContent, ManifestEntryStatus
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import SnapshotRefType
from pyiceberg.table.snapshots import Operation, Snapshot
from pyiceberg.table.update import SetCurrentSchemaUpdate

from workbench.core.errors import AlreadyExists, InvalidInput, NotFound, SnapshotNotFound, nearest
from workbench.core.refs import MAIN
from workbench.core.working import working_branch
from workbench.lake.changes.base import Change, Overtaken, Staging, check_ref_name, head, moved, report, set_ref
from workbench.lake.changes.data import append_files, check_layout
from workbench.lake.describe import KEY_PROPERTY, RUN_PROPERTY
from workbench.lake.narrowing import schema_at, too_narrow
from workbench.lake.records import TableCommit
from workbench.lake.staging import lineage_of
from workbench.lake.working import check_free, ended, own_columns

__all__ = ["DeleteRef", "Publish", "Rollback", "SetRef", "TakeBack"]


def _no_snapshot(name: str, snapshot_id: int | None) -> SnapshotNotFound:
    return SnapshotNotFound(f"{name} has no snapshot {snapshot_id}.", fix="It may have expired; the dataset's history lists those kept.")


def _no_ref(name: str, ref: str, metadata: TableMetadata) -> NotFound:
    close = nearest(ref, metadata.refs)
    return NotFound(
        f"{name} has no branch or tag {ref!r}.", fix=f"Did you mean {close!r}?" if close else f"It has: {', '.join(metadata.refs)}."
    )


def _branches(metadata: TableMetadata) -> str:
    found = [name for name, ref in metadata.refs.items() if ref.snapshot_ref_type == SnapshotRefType.BRANCH and name != MAIN]
    return f"Its branches: {', '.join(found)}." if found else "It has no branch yet."


@dataclass(frozen=True)
class SetRef(Change):
    """A new branch or tag at a snapshot (None: main's head)."""

    ref: str
    kind: Literal["branch", "tag"]
    snapshot_id: int | None = None

    def stage(self, staging: Staging) -> TableCommit:
        metadata = staging.metadata
        check_ref_name(self.ref)
        check_free(self.ref)
        if self.ref in metadata.refs or self.ref == MAIN:
            raise AlreadyExists(f"{self.name} has a branch or tag {self.ref!r} already.", fix="Choose another name, or delete it first.")
        snapshot_id = self.snapshot_id if self.snapshot_id is not None else head(metadata, MAIN)
        if snapshot_id is None or metadata.snapshot_by_id(snapshot_id) is None:
            raise _no_snapshot(self.name, snapshot_id)
        staging.transaction.update(set_ref(self.ref, self.kind, snapshot_id))
        return report(self, staging, self.kind, self.ref, snapshot_id)


@dataclass(frozen=True)
class DeleteRef(Change):
    """Remove a branch or tag. Its snapshots stay until they expire."""

    ref: str
    #: Of a run, for which it is done.
    own: bool = False

    def stage(self, staging: Staging) -> TableCommit:
        metadata = staging.metadata
        if not self.own:
            check_free(self.ref)
        if self.ref == MAIN:
            raise InvalidInput("The branch 'main' cannot be deleted.", fix="To remove the dataset, drop it.")
        if self.ref not in metadata.refs:
            raise _no_ref(self.name, self.ref, metadata)
        before = metadata.refs[self.ref].snapshot_id
        staging.transaction.update(*ended(metadata, self.ref))
        return report(self, staging, "delete_ref").model_copy(update={"branch": self.ref, "snapshot_id": None, "parent_id": before})


@dataclass(frozen=True)
class Rollback(Change):
    """Make a snapshot that main has had the current one again, with the columns that the table had then. Later snapshots and the values of
    columns that go stay until they expire."""

    snapshot_id: int

    def stage(self, staging: Staging) -> TableCommit:
        metadata = staging.metadata
        if working_branch() is not None:
            # A branch that goes back leaves nothing that could be published.
            fix = "Write the rows of that snapshot anew (`VERSION AS OF`), or roll back outside of the run."
            raise InvalidInput(f"A pipeline's step cannot roll {self.name} back: what it writes is published at the run's end.", fix=fix)
        if metadata.snapshot_by_id(self.snapshot_id) is None:
            raise _no_snapshot(self.name, self.snapshot_id)
        before = head(metadata, MAIN)
        had = {entry.snapshot_id for entry in metadata.snapshot_log} | {s.snapshot_id for s in lineage_of(metadata, before)}
        if self.snapshot_id not in had:
            raise InvalidInput(
                f"Snapshot {self.snapshot_id} was never on main.", fix="It belongs to a branch: publish that branch instead."
            )
        staging.transaction.update(set_ref(MAIN, "branch", self.snapshot_id))
        _restore_schema(self, staging, self.snapshot_id)
        change = report(self, staging, "rollback", MAIN, before)
        return change.model_copy(update={"rows_added": 0, "rows_deleted": 0, "bytes_added": 0})


@dataclass(frozen=True)
class Publish(Change):
    """Fast-forward main to a branch. Where main has moved since the branch point, the branch's rows are staged again on the
    new main when it only appended; anything else conflicts. Afterwards the branch is where main is.

    ``seen`` are main's head and the branch's that were looked at before: it conflicts where either is another one by now. With ``end``
    the branch is gone afterwards."""

    branch: str
    seen: tuple[int | None, int | None] | None = None
    end: bool = False

    def stage(self, staging: Staging) -> TableCommit:
        metadata = staging.metadata
        ref = metadata.refs.get(self.branch)
        if not self.end:
            check_free(self.branch)
        if self.branch == MAIN:
            raise InvalidInput(f"{self.name} is on main already.", fix=f"Publish a branch. {_branches(metadata)}")
        if ref is None:
            raise _no_ref(self.name, self.branch, metadata)
        if ref.snapshot_ref_type != SnapshotRefType.BRANCH:
            back = f"To make that state the current one, roll back to its snapshot {ref.snapshot_id}."
            message = f"{self.branch!r} is a tag of {self.name}, and only a branch can be published."
            raise InvalidInput(message, fix=f"{back} {_branches(metadata)}")
        before = head(metadata, MAIN)
        self._unmoved(metadata, ref.snapshot_id)
        ahead, behind = self._compare(metadata, before, ref.snapshot_id)
        self._columns(staging)
        if ahead and not behind:
            staging.transaction.update(set_ref(MAIN, "branch", ref.snapshot_id))
            written = schema_at(metadata, ref.snapshot_id)
            if written is not None and too_narrow(staging.metadata.schema(), written):
                _restore_schema(self, staging, ref.snapshot_id)
        elif ahead:
            append_files(staging, MAIN, self._appended(staging.metadata, staging.transaction.table.io, ahead))
            current = head(staging.metadata, MAIN)
            staging.transaction.update(set_ref(self.branch, "branch", current))
        if self.end:
            staging.transaction.update(*ended(staging.metadata, self.branch))
        return self._report(staging, before, ahead) if ahead else report(self, staging, "publish", MAIN, before)

    def _columns(self, staging: Staging) -> None:
        try:
            staging.transaction.update(*own_columns(staging.metadata, self.branch))
        except ValueError as error:
            raise moved(self.name, f"main and {self.branch!r} have each got other columns") from error

    def joining(self, table: Table) -> tuple[DataFile, ...] | None:
        """The data files that publishing puts beside main's; None where main becomes what the branch is, or there is no such branch.

        Raises
        ------
        CommitConflict
            Main has moved, and the branch did more than append; or either is not what was ``seen``.
        """
        metadata = table.metadata
        if self.branch == MAIN or (ref := metadata.refs.get(self.branch)) is None:
            return None
        self._unmoved(metadata, ref.snapshot_id)
        ahead, behind = self._compare(metadata, head(metadata, MAIN), ref.snapshot_id)
        return self._appended(metadata, table.io, ahead) if behind else None

    def _unmoved(self, metadata: TableMetadata, branch: int) -> None:
        if self.seen is not None and self.seen != (head(metadata, MAIN), branch):
            raise moved(self.name, f"main or {self.branch!r} has another snapshot than the one that was looked at", Overtaken)

    def _compare(self, metadata: TableMetadata, main: int | None, branch: int) -> tuple[list[Snapshot], bool]:
        """(snapshots only the branch has, newest first; whether main has some that the branch lacks)."""
        own = list(lineage_of(metadata, branch))
        on_main = {snapshot.snapshot_id for snapshot in lineage_of(metadata, main)}
        # Where expiry has cut main's line of ancestors, its log still says what it has been.
        had = {entry.snapshot_id for entry in metadata.snapshot_log}
        # A run's branch left main where main was then, also where that was rolled back since: it is not to bring it back.
        for known in (on_main | had,) if self.end else (on_main, had):
            for position, snapshot in enumerate(own):
                if snapshot.snapshot_id in known:
                    return own[:position], snapshot.snapshot_id != main
        raise moved(self.name, f"the point where {self.branch!r} left main has expired")

    def _appended(self, metadata: TableMetadata, io: FileIO, ahead: list[Snapshot]) -> tuple[DataFile, ...]:
        """The data files that the branch's own snapshots added, oldest first."""
        files: list[DataFile] = []
        for snapshot in reversed(ahead):
            if snapshot.summary is None or snapshot.summary.operation != Operation.APPEND:
                raise moved(self.name, f"main has newer snapshots, and {self.branch!r} did more than append")
            added = _added(snapshot, io)
            check_layout(self, metadata, snapshot.schema_id, added)
            files += added
        return tuple(files)

    def _report(self, staging: Staging, before: int | None, ahead: list[Snapshot]) -> TableCommit:
        def total(key: str) -> int:
            return sum(int(s.summary[key] or 0) for s in ahead if s.summary is not None)

        counts = {
            "rows_added": total("added-records"),
            "rows_deleted": total("deleted-records"),
            "bytes_added": total("added-files-size"),
        }
        return report(self, staging, "publish", MAIN, before).model_copy(update=counts)


@dataclass(frozen=True)
class TakeBack(Change):
    """Take commits, by their keys, out of a run's branch, which stands in main's place: the branch goes back to before the first of
    them, and what else was appended since is appended again. Where nothing of its own was before, it begins at ``main``, main's head.

    It conflicts where something that stays did more than append."""

    keys: frozenset[str]
    main: int

    def stage(self, staging: Staging) -> TableCommit:
        metadata, io = staging.metadata, staging.transaction.table.io
        before = head(metadata, MAIN)
        on_main = {snapshot.snapshot_id for snapshot in lineage_of(metadata, self.main)}
        own = list(takewhile(lambda snapshot: snapshot.snapshot_id not in on_main, lineage_of(metadata, before)))[::-1]
        first = next((place for place, snapshot in enumerate(own) if _key(snapshot) in self.keys), None)
        if first is None:
            return report(self, staging, "take_back", MAIN, before)
        kept = [snapshot for snapshot in own[first:] if _key(snapshot) not in self.keys]
        if any(snapshot.summary is None or snapshot.summary.operation != Operation.APPEND for snapshot in kept):
            raise moved(self.name, "what stays did more than append")
        staging.transaction.update(set_ref(MAIN, "branch", own[first - 1].snapshot_id if first else self.main))
        for snapshot in kept:
            files = _added(snapshot, io)
            check_layout(self, metadata, snapshot.schema_id, files)
            known = {name: value for name in (KEY_PROPERTY, RUN_PROPERTY) if snapshot.summary and (value := snapshot.summary[name])}
            append_files(Staging(staging.transaction, known), MAIN, files)
        change = report(self, staging, "take_back", MAIN, before)
        return change.model_copy(update={"rows_added": 0, "rows_deleted": 0, "bytes_added": 0})


def _key(snapshot: Snapshot) -> str | None:
    return snapshot.summary[KEY_PROPERTY] if snapshot.summary is not None else None


def _restore_schema(change: Change, staging: Staging, snapshot_id: int) -> None:
    """The table gets the columns that it had at a snapshot.

    Raises
    ------
    InvalidInput
        It is partitioned by a column that was not there yet.
    """
    schema = schema_at(staging.metadata, snapshot_id)
    if schema is None or schema.schema_id == staging.metadata.current_schema_id:
        return
    try:
        staging.metadata.spec().check_compatible(schema)
    except ValidationError as error:
        raise InvalidInput(
            f"{change.name} cannot get the columns of snapshot {snapshot_id} back: it is partitioned by another. {error}",
            fix="Read that snapshot instead, and write its rows to a dataset of their own.",
        ) from error
    staging.transaction.update(SetCurrentSchemaUpdate(schema_id=schema.schema_id))


def _added(snapshot: Snapshot, io: FileIO) -> tuple[DataFile, ...]:
    return tuple(
        entry.data_file
        for manifest in snapshot.manifests(io)
        if manifest.content == ManifestContent.DATA and manifest.added_snapshot_id == snapshot.snapshot_id
        for entry in manifest.fetch_manifest_entry(io)
        if entry.snapshot_id == snapshot.snapshot_id and entry.status == ManifestEntryStatus.ADDED
    )
