"""The verbs that change datasets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.clock import now
from workbench.core.errors import AlreadyExists, Conflict, DatasetNotFound, InvalidInput
from workbench.core.names import is_quarantine, quarantine_of, split_name
from workbench.core.principals import local_principal
from workbench.core.refs import MAIN
from workbench.core.working import on_branch
from workbench.lake.changes import (
    Change,
    DeleteRef,
    Drop,
    Evolve,
    Grow,
    Publish,
    Rename,
    Rollback,
    SetRef,
    TakeBack,
    Undrop,
)
from workbench.lake.records import ColumnChange, CommitResult, DroppedTable, Ref, Snapshot, TableInfo
from workbench.lineage.origins import Copies
from workbench.runs.context import RunContext, step_key
from workbench.runs.records import DatasetIO
from workbench.store.tables import former_names
from workbench.store.upsert import insert_if_absent
from workbench.writes.aside import aside_as_of
from workbench.writes.base import Beside, Last, Note, Who
from workbench.writes.housekeeping import Housekeeping
from workbench.writes.keyed import Duplicates, KeyedRows, check_options
from workbench.writes.prepare import prepare_append, prepare_create, prepare_overwrite
from workbench.writes.recording import Recording, commit_key, recording
from workbench.writes.rows import ParquetFiles, Rows, rows_of
from workbench.writes.upsert import Upserting

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["WriteMode", "Writer"]

WriteMode = Literal["create", "append", "overwrite", "upsert"]
_MODES = ("create", "append", "overwrite", "upsert")
CREATE_SECONDS = 3600  # a second creator of the same name waits while the first one writes its files
_NAMED = 10  # dropped datasets in an error
_TOGETHER = timedelta(minutes=1)


class Writer(Housekeeping, Upserting):
    """Changes datasets, each change being a run (or a part of the one that is going on) that is recorded with its commit.

    Every verb takes ``principal`` (who acts; None: the operating system's user), and those that commit data ``key``, which makes
    a repeated call do it once, ``context`` (the run it belongs to; None: the current one, see
    :func:`workbench.runs.context.current_context`, else a run of its own) and ``fence`` ((name, epoch) of a worker).

    Parameters
    ----------
    lake, log
        Where the datasets are, and where runs are recorded.
    retention
        How long what is superseded or dropped is kept.
    engine
        Gives what finds rows by key. Without one there is no ``upsert``.
    """

    # ------------------------------------------------------------------------------------------------------------ rows

    def write(
        self,
        name: str,
        data: Any,
        mode: WriteMode = "append",
        branch: str = MAIN,
        key: str | None = None,
        principal: Who = None,
        context: RunContext | None = None,
        fence: tuple[str, int] | None = None,
        *,
        partition_by: Sequence[str] = (),
        where: str | None = None,
        inputs: Sequence[DatasetIO] = (),
        keys: Sequence[str] = (),
        duplicates: Duplicates = "error",
        last: Last | None = None,
        copies: Copies | None = None,
    ) -> Snapshot:
        """Write rows in one commit.

        Parameters
        ----------
        name
            ``namespace.table``. ``create`` fails where it is there; the other modes create it where it is not.
        data
            An Arrow table, reader (streamed to several files, never held as a whole), or anything with an Arrow stream; or
            :class:`~workbench.writes.rows.ParquetFiles` that were written for it.
        branch
            Where to write; one that is not there starts at main's head.
        partition_by
            For a new dataset: ``carrier``, ``bucket(16, id)``, ``truncate(4, name)``, ``year``/``month``/``day``/``hour(at)``.
        where
            With ``overwrite``: only rows that match give way, for example ``"month = 6"``.
        keys
            With ``upsert``: the columns that identify a row. A row whose key is there takes the place of the one that has it, others
            join. Only files that hold such a key are written anew.
        duplicates
            With ``upsert``, of new rows with the same key: ``error``, or ``last`` to take the last one.
        inputs
            What the rows were made from, for lineage.
        last
            As :meth:`load` has it.
        copies
            The columns that are known to be those of datasets that were read, untouched.
        key
            Of one write to this dataset and branch: used again, it gives the first write's snapshot and writes nothing. The rows
            are not compared, for they may be a stream.

        Raises
        ------
        InvalidName, InvalidInput
            The name or a column is not possible, or the data does not fit the dataset (which column, expected, got). With ``upsert``: a
            row has no key, or two have the same one (``details`` have examples).
        AlreadyExists
            ``create``, and it is there.
        Conflict
            The key was used for a write in another mode.
        CommitConflict
            ``overwrite``, and the branch moved meanwhile; or ``upsert``, and it never stood still. Nothing was written.
        Fenced
            A newer worker has taken over.
        """
        split_name(name)
        if mode not in _MODES:
            raise InvalidInput(f"There is no write mode {mode!r}.", fix=f"Use one of: {', '.join(_MODES)}.")
        if where is not None and mode != "overwrite":
            raise InvalidInput("A filter goes with 'overwrite' only.", fix="Leave `where` out, or set `mode='overwrite'`.")
        check_options(mode, keys, duplicates)
        if key is None:
            with step_key(f"write/{name}#{branch}") as of_step:
                if of_step is not None:
                    more: dict[str, Any] = {"partition_by": partition_by, "where": where, "inputs": inputs}
                    more |= {"keys": keys, "duplicates": duplicates, "last": last, "copies": copies}
                    return self.write(name, data, mode, branch, of_step, principal, context, fence, **more)
        unique = commit_key("write", [f"{name}#{branch}"], key)
        if key is not None and (done := self.lake.committed(unique)) is not None:
            _check_mode(name, mode, done)
            return self._snapshot(done.tables[-1], done)
        rows = rows_of(data)
        params = (
            {"dataset": name, "mode": mode, "branch": branch} | ({"where": where} if where else {}) | ({"keys": list(keys)} if keys else {})
        )
        with recording(self.log, "write", name, principal, params, context, inputs) as run:
            chosen = self._keyed(name, rows, keys, duplicates, run) if mode == "upsert" else rows
            telling = replace(run, copies=copies)
            result = self._write(name, chosen, mode, branch, unique, telling, fence, tuple(partition_by), where, last=last)
            return self._snapshot(result.tables[-1], result)

    def load(
        self,
        name: str,
        data: Any,
        mode: WriteMode,
        key: str,
        *,
        principal: Who,
        context: RunContext,
        fence: tuple[str, int] | None = None,
        partition_by: Sequence[str] = (),
        keys: Sequence[str] = (),
        duplicates: Duplicates = "error",
        grow: Grow | None = None,
        last: Last | None = None,
        note: Note | None = None,
    ) -> CommitResult:
        """Write rows to main as :meth:`write` does, with more said about the commit.

        Parameters
        ----------
        grow
            What the dataset takes up of the rows' columns, in the same commit.
        last
            Called once the rows are in files, before anything is committed, with the changes: gives those that are, others among
            them, or raises to commit none.
        note
            Writes down in the commit's transaction what belongs to it.

        Raises
        ------
        Whatever :meth:`write` or ``last`` raises. The rows' files are then gone.
        """
        check_options(mode, keys, duplicates)
        unique = commit_key("write", [f"{name}#{MAIN}"], key)
        if (done := self.lake.committed(unique)) is not None:
            return done
        rows = rows_of(data)
        params = {"dataset": name, "mode": mode, "branch": MAIN} | ({"keys": list(keys)} if keys else {})
        with recording(self.log, "write", name, principal, params, context) as run:
            chosen = self._keyed(name, rows, keys, duplicates, run) if mode == "upsert" else rows
            noting = replace(run, note=note)
            return self._write(name, chosen, mode, MAIN, unique, noting, fence, tuple(partition_by), None, grow, last)

    def _write(
        self,
        name: str,
        rows: Rows | ParquetFiles | KeyedRows,
        mode: WriteMode,
        branch: str,
        key: str,
        run: Recording,
        fence: tuple[str, int] | None,
        partition_by: tuple[str, ...],
        where: str | None,
        grow: Grow | None = None,
        last: Last | None = None,
    ) -> CommitResult:
        if not self.lake.exists(name):
            # The data can be taken only once: of two that create the same dataset, one writes and the other waits to append.
            with self.lake.store.lock(f"name:{name}", timeout=CREATE_SECONDS):
                if not self.lake.exists(name):
                    return self._commit(prepare_create(self.lake, name, rows, branch, partition_by), key, run, fence, last)
        if mode == "create":
            if (done := self.lake.committed(key)) is not None:
                return done
            self.lake.check_no_draft(name)
            raise AlreadyExists(f"There is a dataset {name!r} already.", fix="Choose another name, or append to it.")
        if mode == "append":
            return self._commit(prepare_append(self.lake, name, rows, branch, grow), key, run, fence, last)
        if isinstance(rows, KeyedRows):
            return self._upsert(rows, branch, key, run, fence, grow, last)
        return self._commit(prepare_overwrite(self.lake, name, rows, branch, where, grow), key, run, fence, last)

    def publish(
        self,
        names: Sequence[str],
        branch: str,
        key: str | None = None,
        principal: Who = None,
        context: RunContext | None = None,
        fence: tuple[str, int] | None = None,
        last: Last | None = None,
        *,
        end: bool = False,
        note: Note | None = None,
    ) -> tuple[Snapshot, ...]:
        """Fast-forward main to a branch for all named datasets in one commit, or for none.

        Where main has moved since, rows that the branch only appended are put on the new main. ``last`` and ``note`` are as :meth:`load`
        has them; where what ``last`` looked at moved before the commit, it is asked again. With ``end`` the branch is gone afterwards.

        Raises
        ------
        CommitConflict
            Main has moved, and the branch did more than append; or it never stood still for ``last``. Nothing was changed.
        DatasetNotFound, NotFound
            A dataset, or its branch, is not there.
        """
        wanted = tuple(dict.fromkeys(names))
        if not wanted:
            raise InvalidInput("Nothing was named to publish.", fix="Name one dataset or several.")
        if key is None:
            with step_key(f"publish/{','.join(wanted)}#{branch}") as of_step:
                if of_step is not None:
                    return self.publish(wanted, branch, of_step, principal, context, fence, last, end=end, note=note)
        unique = commit_key("publish", [f"{name}#{branch}" for name in wanted], key)
        done = self.lake.committed(unique) if key is not None else None
        if done is None:
            changes = [Publish(name, self._uuid(name), branch, end=end) for name in wanted]
            with recording(self.log, "publish", ", ".join(wanted), principal, {"datasets": list(wanted), "branch": branch}, context) as run:
                done = self._commit(changes, unique, replace(run, note=note), fence, last)
        return tuple(self._snapshot(change, done) for change in done.tables)

    def take_back(self, name: str, branch: str, keys: frozenset[str], principal: Who, context: RunContext, fence: tuple[str, int]) -> None:
        """Take commits, by their keys, out of a run's branch that is not published: see :class:`workbench.lake.changes.TakeBack`.

        Raises
        ------
        DatasetNotFound, CommitConflict
            It is not there, or what stays of the branch did more than append. Nothing was changed.
        """
        table = self.lake.table(name)
        main = table.metadata.current_snapshot_id
        if branch not in table.metadata.refs or main is None:
            return
        change = TakeBack(name, str(table.metadata.table_uuid), keys, main)
        with on_branch(branch), recording(self.log, "maintenance", f"take back {name}", principal, {"dataset": name}, context) as run:
            self._commit([change], commit_key("take_back", [f"{name}#{branch}"], None), run, fence)

    def rollback(self, name: str, snapshot_id: int, principal: Who = None, context: RunContext | None = None) -> Snapshot:
        """Make a snapshot that main has had the current one again, with the columns of that time; nothing is deleted. What did not parse of
        loads that are taken back leaves quarantine, and what was corrected since comes back to it.

        Raises
        ------
        DatasetNotFound, SnapshotNotFound, InvalidInput
            The dataset or snapshot is not there, or it was never on main.
        """
        changes: list[Change] = [Rollback(name, self._uuid(name), snapshot_id)]
        if (aside := self._quarantine(name)) is not None:
            changes += aside_as_of(self.lake, name, aside, snapshot_id)
        done = self._several("write", "rollback", changes, {"snapshot_id": snapshot_id}, principal, context)
        return self._snapshot(done.tables[0], done)

    # -------------------------------------------------------------------------------------------------- branches, tags

    def create_branch(self, name: str, branch: str, snapshot_id: int | None = None, principal: Who = None) -> Ref:
        """A branch from main's head, or from a snapshot.

        Raises
        ------
        DatasetNotFound, SnapshotNotFound, AlreadyExists, InvalidName
        """
        return self._set_ref(name, branch, "branch", snapshot_id, principal)

    def create_tag(self, name: str, tag: str, snapshot_id: int | None = None, principal: Who = None) -> Ref:
        """A name for main's head, or for a snapshot, which is kept from then on.

        Raises
        ------
        DatasetNotFound, SnapshotNotFound, AlreadyExists, InvalidName
        """
        return self._set_ref(name, tag, "tag", snapshot_id, principal)

    def _set_ref(self, name: str, ref: str, kind: Literal["branch", "tag"], snapshot_id: int | None, principal: Who) -> Ref:
        change = SetRef(name, self._uuid(name), ref, kind, snapshot_id)
        done = self._single("maintenance", kind, change, {"name": ref}, principal)
        assert done.tables[0].snapshot_id is not None
        return Ref(name=ref, kind=kind, snapshot_id=done.tables[0].snapshot_id)

    def delete_ref(self, name: str, ref: str, principal: Who = None, *, own: bool = False) -> tuple[Ref, ...]:
        """Remove a branch or tag; returns those left. ``own``: a run's, for it.

        Raises
        ------
        DatasetNotFound, NotFound, InvalidInput
        """
        self._single("maintenance", "delete_ref", DeleteRef(name, self._uuid(name), ref, own), {"name": ref}, principal)
        return self.lake.refs(name)

    # ---------------------------------------------------------------------------------------------------- schema, name

    def alter(
        self,
        name: str,
        changes: Sequence[ColumnChange],
        principal: Who = None,
        context: RunContext | None = None,
        beside: Beside | None = None,
    ) -> TableInfo:
        """Evolve the schema in one commit; no data file is touched. What is written ``beside`` is written in its transaction, as it is by
        :meth:`rename` and :meth:`drop`.

        Raises
        ------
        DatasetNotFound, ColumnNotFound, AlreadyExists, InvalidInput
        """
        if not changes:
            raise InvalidInput("No column change was given.", fix="Name at least one: add, rename, widen or drop.")
        change = Evolve(name, self._uuid(name), tuple(changes))
        params = {"changes": [each.model_dump(exclude_none=True) for each in changes]}
        self._single("maintenance", "alter", change, params, principal, context, beside)
        return self.lake.info(name)

    def rename(
        self, name: str, new_name: str, principal: Who = None, context: RunContext | None = None, beside: Beside | None = None
    ) -> TableInfo:
        """Give a dataset another name; UUID, history and lineage stay.

        Raises
        ------
        DatasetNotFound, AlreadyExists, InvalidName
        """
        split_name(new_name)
        changes: list[Change] = [Rename(name, self._uuid(name), new_name)]
        aside = self._quarantine(name)
        if aside is not None and not self.lake.exists(quarantine_of(new_name)):
            changes.append(Rename(aside, self._uuid(aside), quarantine_of(new_name)))
        former = {"table_uuid": changes[0].table_uuid, "name": name}

        def with_name(conn: Connection) -> None:
            insert_if_absent(conn, former_names, former)
            if beside is not None:
                beside(conn)

        self._several("maintenance", "rename", changes, {"new_name": new_name}, principal, context, with_name)
        return self.lake.info(new_name)

    def drop(self, name: str, principal: Who = None, context: RunContext | None = None, beside: Beside | None = None) -> TableInfo:
        """Drop a dataset; it can be brought back for ``retention.undo_days``. Returns what it was.

        Raises
        ------
        DatasetNotFound
        """
        info, by, days = self.lake.info(name), _name_of(principal), self.retention.undo_days
        changes: list[Change] = [Drop(name, info.table_uuid, by, days)]
        if (aside := self._quarantine(name)) is not None:
            changes.append(Drop(aside, self._uuid(aside), by, days))
        self._several("maintenance", "drop", changes, {}, principal, context, beside)
        return info

    def undrop(self, name: str, principal: Who = None) -> TableInfo:
        """Bring the dataset of that name that was dropped last back.

        Raises
        ------
        DatasetNotFound
            None of that name was dropped, or its time is over.
        AlreadyExists
            There is a new dataset of that name; or it is there, and none was dropped.
        """
        kept = self._dropped(name)
        if kept is None and self.lake.exists(name):
            raise AlreadyExists(
                f"{name} is there, and no other one of that name was dropped.",
                fix=f"For an earlier state: `workbench datasets rollback {name} SNAPSHOT`, one of `workbench datasets history {name}`.",
            )
        if kept is None:
            others = [each.name for each in self.lake.dropped() if not is_quarantine(each.name)]
            there = f" There are: {', '.join(others[:_NAMED])}." if others else " There are none."
            raise DatasetNotFound(
                f"No dropped dataset {name!r} can be brought back.", fix=f"They are kept for {self.retention.undo_days:g} days.{there}"
            )
        changes: list[Change] = [Undrop(name, kept.table_uuid, kept.metadata_location)]
        aside = None if is_quarantine(name) else self._dropped(quarantine_of(name))
        # The one that went with it, and not where another has come since.
        if aside is not None and abs(aside.dropped_at - kept.dropped_at) < _TOGETHER and not self.lake.exists(aside.name):
            changes.append(Undrop(aside.name, aside.table_uuid, aside.metadata_location))
        self._several("maintenance", "undrop", changes, {}, principal)
        return self.lake.info(name)

    def _dropped(self, name: str) -> DroppedTable | None:
        return next((table for table in self.lake.dropped() if table.name == name and table.purge_after > now()), None)

    def _quarantine(self, name: str) -> str | None:
        """Where what did not parse on its way into a dataset is kept, and goes where the dataset goes."""
        aside = None if is_quarantine(name) else quarantine_of(name)
        return aside if aside is not None and self.lake.exists(aside) else None


def _check_mode(name: str, mode: str, done: CommitResult) -> None:
    wrote = done.tables[-1].operation
    # A dataset's first write is its creation in every mode.
    if any(table.operation == "create" for table in done.tables) or wrote not in ("append", "overwrite", "upsert") or wrote == mode:
        return
    raise Conflict(
        f"The key was used before, for a write to {name} with `mode={wrote!r}`.",
        fix=f"Give a write with `mode={mode!r}` a key of its own. Nothing was written.",
    )


def _name_of(principal: Who) -> str:
    found = principal or local_principal()
    return found if isinstance(found, str) else found.name
