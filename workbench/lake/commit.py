"""The one way to commit: several tables, the key, the fence and the run's events in one SQL transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyiceberg.manifest import ManifestContent
from pyiceberg.table import Table
from sqlalchemy import select, update

from workbench.core.clock import iso, now
from workbench.core.errors import CommitConflict, Fenced
from workbench.core.names import split_name
from workbench.core.refs import MAIN
from workbench.core.telemetry import get_logger, span
from workbench.core.working import working_branch
from workbench.lake.catalog import LakeCatalog
from workbench.lake.changes import Change, Create, PointerChange, Publish, Staging
from workbench.lake.changes.base import moved
from workbench.lake.changes.data import append_files
from workbench.lake.changes.names import insert_pointer, this_pointer
from workbench.lake.describe import KEY_PROPERTY, RUN_PROPERTY, describe_metadata
from workbench.lake.facts import LISTED_TYPE, record_facts, record_working_facts
from workbench.lake.leases import frozen
from workbench.lake.records import CommitResult, TableCommit
from workbench.lake.staging import StagedTable, StagedTransaction
from workbench.lake.storage import storage_errors
from workbench.lake.working import as_main
from workbench.store.tables import commits, fences, iceberg_tables
from workbench.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Committer", "Fence", "RecordEvents"]

ATTEMPTS = 5
LOCK_SECONDS = 300

Fence = tuple[str, int]
RecordEvents = Callable[["Connection", CommitResult], None]

_log = get_logger("lake.commit")


class _Repeated(Exception):
    """The key is committed already."""


class _Behind(Exception):
    """A table moved between staging and commit, by somebody who holds no lock (another Iceberg client)."""


@dataclass
class _Staged:
    tables: dict[str, StagedTable] = field(default_factory=dict)
    reports: list[TableCommit] = field(default_factory=list)

    def files(self) -> list[str]:
        return [path for table in self.tables.values() for path in table.all_files()]


class Committer:
    """Commits changes (DESIGN, decision 1).

    Each table's new metadata is staged and made durable outside of the database. Then, in one SQL transaction: the key is
    inserted (unique), the fence is checked, every pointer is compared and set, and ``record`` appends the run's events. The
    per-table locks, taken in sorted order, cover only this; data files have been written before.
    """

    def __init__(self, catalog: LakeCatalog) -> None:
        self._catalog = catalog
        self._store = catalog.store
        self._storage = catalog.storage

    def result_of(self, key: str) -> CommitResult | None:
        """What a key has committed, or None."""
        with self._store.read() as conn:
            text = conn.execute(select(commits.c.result).where(commits.c.commit_key == key)).scalar_one_or_none()
        return None if text is None else CommitResult.model_validate_json(text).model_copy(update={"repeated": True})

    def commit(
        self, changes: Sequence[Change], key: str, fence: Fence | None, record: RecordEvents | None, run_id: str | None
    ) -> CommitResult:
        """See :meth:`workbench.lake.Lake.commit_many`."""
        done = self.result_of(key)
        if done is not None:
            self._discard(changes, done)
            return done
        with ExitStack() as held, span("lake.commit", tables=len(changes)), storage_errors("commit to the lake"):
            for lock in sorted({change.lock for change in changes}):
                held.enter_context(self._store.lock(lock, timeout=LOCK_SECONDS))
            for _ in range(ATTEMPTS):
                try:
                    return self._attempt(changes, key, fence, record, run_id)
                except _Behind:
                    continue
            raise CommitConflict(
                "Another client keeps committing to the same tables.", fix="Nothing was written. Try again when it has finished."
            )

    def _attempt(
        self, changes: Sequence[Change], key: str, fence: Fence | None, record: RecordEvents | None, run_id: str | None
    ) -> CommitResult:
        staged = _Staged()
        try:
            self._stage(changes, key, run_id, staged)
            self._storage.sync(staged.files())
            result = CommitResult(key=key, at=now(), run_id=run_id, tables=tuple(staged.reports))
            deletable = self._write(changes, staged, result, fence, record)
        except _Repeated:
            self._storage.delete(staged.files())
            done = self.result_of(key)
            if done is None:
                raise CommitConflict("The same write was being committed at this moment.", fix="Try again.") from None
            self._discard(changes, done)
            return done
        except BaseException as error:
            # The database may have committed though its answer was lost, or somebody pressed Ctrl-C just after it.
            done = self.result_of(key)
            if done is None:
                self._storage.delete(staged.files())
            if done is None or not isinstance(error, Exception):
                raise
            return done.model_copy(update={"repeated": False})
        self._after(staged, deletable)
        return result

    # -------------------------------------------------------------------------------------------------------- staging

    def _stage(self, changes: Sequence[Change], key: str, run_id: str | None, staged: _Staged) -> None:
        properties = {KEY_PROPERTY: key} | ({RUN_PROPERTY: run_id} if run_id else {})
        for change in changes:
            table = staged.tables.get(change.table_uuid)
            if table is None:
                table = staged.tables[change.table_uuid] = self._open(change)
            staging = Staging(table.transaction, properties)
            reported = change.stage(staging)
            if table.branch is not None:
                if isinstance(change, Create):
                    # Main has no row of it yet, but a head, from which the branch starts.
                    append_files(staging, MAIN, ())
                    table.base = staging.metadata
                if reported.branch == MAIN and not isinstance(change, PointerChange):
                    reported = reported.model_copy(update={"branch": table.branch})
            staged.reports.append(reported)
        for position, change in enumerate(changes):
            table = staged.tables[change.table_uuid]
            if not isinstance(change, PointerChange) and not table.files:
                table.write(self._catalog)
            location = table.location or table.base_location or ""
            staged.reports[position] = staged.reports[position].model_copy(update={"metadata_location": location})

    def _open(self, change: Change) -> StagedTable:
        location = change.base_location(self._catalog)
        if isinstance(change, Create):
            table = Table(split_name(change.name), change.metadata, "", self._storage.io, self._catalog)
        else:
            assert location is not None
            table = self._catalog.table_at(change.name, location)
        if str(table.metadata.table_uuid) != change.table_uuid:
            raise moved(change.name, "it has been dropped, and another one of that name created")
        # As it is, whatever the transaction takes for main.
        base = change.metadata if isinstance(change, Create) else self._catalog.read_metadata(table.metadata_location)
        return StagedTable(change.name, base, location, StagedTransaction(table), working_branch())

    # --------------------------------------------------------------------------------------------------------- commit

    def _write(
        self, changes: Sequence[Change], staged: _Staged, result: CommitResult, fence: Fence | None, record: RecordEvents | None
    ) -> bool:
        """The SQL transaction. Returns whether superseded metadata may be deleted."""
        with self._store.write(durable=True, act=True) as conn:
            row = {"commit_key": result.key, "run_id": result.run_id, "at": iso(result.at), "result": result.model_dump_json()}
            if not insert_if_absent(conn, commits, row):
                raise _Repeated
            if fence is not None:
                _check_fence(conn, fence)
            for uuid, table in staged.tables.items():
                if table.metadata is not None and table.location is not None:
                    draft = table.branch is not None
                    published = any(isinstance(change, Publish) and change.table_uuid == uuid for change in changes)
                    self._point(conn, table, draft=draft, listed=not draft and (published or table.changes_main()))
                    record_facts(conn, [describe_metadata(table.name, table.metadata, table.location)])
                    if table.branch is not None:
                        info = describe_metadata(table.name, as_main(table.metadata, table.branch), table.location)
                        record_working_facts(conn, table.branch, info, created=table.base_location is None)
            for change in changes:
                if isinstance(change, PointerChange):
                    change.point(conn, staged.tables[change.table_uuid].base_location)
                change.verify(conn)
            if record is not None:
                record(conn, result)
            return not frozen(conn)

    @staticmethod
    def _point(conn: Connection, table: StagedTable, *, draft: bool, listed: bool) -> None:
        """``draft``: a table that is made is one. ``listed``: one that was is none any more."""
        base, location = table.base_location, str(table.location)
        if base is None:
            insert_pointer(conn, table.name, location, draft=draft)
            return
        values = {"metadata_location": location, "previous_metadata_location": base} | ({"iceberg_type": LISTED_TYPE} if listed else {})
        if conn.execute(update(iceberg_tables).where(this_pointer(table.name, base)).values(**values)).rowcount != 1:
            raise _Behind

    def _after(self, staged: _Staged, deletable: bool) -> None:
        for table in staged.tables.values():
            if table.metadata is not None and table.location is not None:
                self._catalog.remember(table.location, table.metadata)
                if deletable:
                    self._storage.delete(table.superseded())

    # ------------------------------------------------------------------------------------------------------- clean-up

    def _discard(self, changes: Sequence[Change], done: CommitResult) -> None:
        """Delete the data files of a repeated commit, except those that the first one committed (the same, tried again).

        What cannot be told apart stays, as an orphan that `vacuum` removes after its grace period.
        """
        for change in changes:
            files = {file.file_path for file in change.new_files()}
            commit = next((table for table in reversed(done.tables) if table.table_uuid == change.table_uuid), None)
            if not files:
                continue
            if commit is None:  # another table, created by the commit that came first: nothing knows these files
                self._storage.delete(files)
                continue
            try:
                snapshot = self._catalog.current(commit.name).metadata.snapshot_by_id(commit.snapshot_id or -1)
            except Exception:
                _log.info("left the files of a repeated commit for vacuum", extra={"commit_key": done.key})
                continue
            if snapshot is not None:
                self._storage.delete(files - _data_paths(snapshot, self._storage.io))


def _data_paths(snapshot: object, io: object) -> set[str]:
    manifests = snapshot.manifests(io)  # type: ignore[attr-defined]
    return {
        entry.data_file.file_path
        for manifest in manifests
        if manifest.content == ManifestContent.DATA
        for entry in manifest.fetch_manifest_entry(io, discard_deleted=False)
    }


def _check_fence(conn: Connection, fence: Fence) -> None:
    name, epoch = fence
    current = conn.execute(select(fences.c.epoch).where(fences.c.name == name)).scalar_one_or_none()
    if current is not None and current > epoch:
        raise Fenced(
            f"{name!r} has been taken over by a newer worker.", fix="Nothing was written; the newer worker does this step.", epoch=current
        )
