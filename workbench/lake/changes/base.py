"""The contract of a change, and what all of them share."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pyiceberg.manifest import DataFile
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import SnapshotRefType
from pyiceberg.table.update import SetSnapshotRefUpdate

from workbench.core.errors import AlreadyExists, CommitConflict, InvalidName
from workbench.core.refs import MAIN
from workbench.lake.records import TableCommit
from workbench.lake.staging import StagedTransaction
from workbench.lake.working import check_free

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.lake.catalog import LakeCatalog

__all__ = ["Change", "Overtaken", "PointerChange", "Staging", "check_ref_name", "head", "moved", "report", "set_ref", "start_branch"]

_REF_NAME = re.compile(r"^\w[\w.\-]{0,127}$")


class Overtaken(CommitConflict):
    """The state that a change was looked at beside is not the newest any more: who looked may look again."""


@dataclass(frozen=True)
class Staging:
    """What a change stages into: the table's transaction, and the summary properties of new snapshots."""

    transaction: StagedTransaction
    properties: Mapping[str, str]

    @property
    def metadata(self) -> TableMetadata:
        return self.transaction.table_metadata


@dataclass(frozen=True)
class Change(ABC):
    """One change to one table, which is known by name and UUID: a table dropped and created again is another table.

    Staging happens under the table's lock, on the newest metadata, and may happen again on a newer one. What a change was
    prepared on it verifies itself, and raises :class:`CommitConflict` where that has moved.
    """

    name: str
    table_uuid: str

    @property
    def lock(self) -> str:
        return f"table:{self.table_uuid}"

    def base_location(self, catalog: LakeCatalog) -> str | None:
        """The metadata that the change is staged on; None where there is none yet."""
        location = catalog.pointer(self.name)
        if location is None:
            raise moved(self.name, "it has been dropped or renamed")
        return location

    @abstractmethod
    def stage(self, staging: Staging) -> TableCommit:
        """Stage into the transaction and say what that did."""

    def verify(self, conn: Connection) -> None:  # noqa: B027 - most changes have nothing to verify
        """A last look inside the SQL transaction, after the pointers have moved; raises to undo it all."""

    def new_files(self) -> tuple[DataFile, ...]:
        """Data files that were written for this change."""
        return ()

    def kept_files(self) -> tuple[DataFile, ...]:
        """Of the new files those that hold no new row: rows that shared a file with some that give way."""
        return ()

    def gone_files(self) -> tuple[DataFile, ...]:
        """Data files that give way."""
        return ()


@dataclass(frozen=True)
class PointerChange(Change):
    """A change to the catalog's entry itself; no metadata is written. Alone for its table in a commit."""

    @abstractmethod
    def point(self, conn: Connection, location: str | None) -> None:
        """Change the entry, which pointed to ``location`` when the change was staged."""


def head(metadata: TableMetadata, branch: str) -> int | None:
    """The snapshot a branch points to; of a branch that is not there yet, main's, from which it will start."""
    ref = metadata.refs.get(branch) or metadata.refs.get(MAIN)
    return ref.snapshot_id if ref else None


def set_ref(name: str, kind: Literal["branch", "tag"], snapshot_id: int | None) -> SetSnapshotRefUpdate:
    """Point a branch or tag to a snapshot; how long it is kept is this package's matter (retention), not the ref's."""
    ages = {"max_ref_age_ms": None, "max_snapshot_age_ms": None, "min_snapshots_to_keep": None}
    return SetSnapshotRefUpdate.model_validate({"ref_name": name, "type": kind, "snapshot_id": snapshot_id, **ages})


def start_branch(staging: Staging, branch: str) -> None:
    """Make sure that a branch can be written to; one that is not there starts at main's head.

    Raises
    ------
    AlreadyExists
        There is a tag of that name.
    """
    check_free(branch)
    ref = staging.metadata.refs.get(branch)
    if ref is not None and ref.snapshot_ref_type != SnapshotRefType.BRANCH:
        raise AlreadyExists(f"{branch!r} is a tag, and tags do not move.", fix="Write to a branch of another name.")
    start = head(staging.metadata, branch)
    if ref is None and branch != MAIN and start is not None:
        check_ref_name(branch)
        staging.transaction.update(set_ref(branch, "branch", start))


def check_ref_name(name: str) -> str:
    """Return ``name`` when a branch or tag may have it.

    Raises
    ------
    InvalidName
        It is empty, too long, or holds other characters than letters, digits, ``_``, ``.`` and ``-``.
    """
    if not _REF_NAME.match(name):
        raise InvalidName(f"{name!r} is not a valid name for a branch or tag.", fix="Use letters, digits, '_', '.' and '-'.")
    return name


def moved(name: str, what: str, kind: type[CommitConflict] = CommitConflict) -> CommitConflict:
    return kind(f"{name} has changed meanwhile: {what}.", fix="Nothing was written or lost. Look at the new state, then try again.")


def report(change: Change, staging: Staging, operation: str, branch: str = MAIN, before: int | None = None) -> TableCommit:
    """What a staged change did, read off the branch's new head."""
    metadata = staging.metadata
    current = head(metadata, branch)
    snapshot = metadata.snapshot_by_id(current) if current is not None and current != before else None
    summary = snapshot.summary if snapshot is not None else None

    def number(key: str) -> int:
        return int((summary[key] if summary else None) or 0)

    return TableCommit(
        name=change.name,
        table_uuid=change.table_uuid,
        operation=operation,
        branch=branch,
        snapshot_id=current,
        parent_id=before,
        rows_added=number("added-records"),
        rows_deleted=number("deleted-records"),
        bytes_added=number("added-files-size"),
        columns=tuple(field.name for field in metadata.schema().fields),
    )
