"""Each change is a run of its own, or belongs to the notebook or step run that is going on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.core.ids import new_id
from workbench.core.principals import Principal, local_principal
from workbench.lake.records import CommitResult, TableCommit
from workbench.lineage.origins import Copies, remember
from workbench.runs.context import RunContext, current_cell, current_context, current_notebook
from workbench.runs.handle import RunHandle
from workbench.runs.log import RunLog
from workbench.runs.records import DatasetIO

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Beside", "Note", "Recording", "commit_key", "recording"]

#: Writes down in a commit's transaction what must not be there without it, nor it without that.
Beside = Callable[["Connection"], None]
#: The same of what says something of the commit itself; called after the run's events.
Note = Callable[["Connection", CommitResult], None]

# What changes a table's rows or columns; the rest (references, names, expiry) is told by the run itself.
_WRITES = {"create", "append", "overwrite", "upsert", "update", "delete", "merge", "replace", "publish", "rollback", "alter"}
_KEY_LENGTH = 400


def commit_key(verb: str, names: Sequence[str], key: str | None) -> str:
    """The unique key of a commit. A caller's key counts for one verb and its datasets; without one it is new each time.

    >>> commit_key("write", ["silver.flights#main"], "step-1")
    'write/silver.flights#main/step-1'
    """
    text = f"{verb}/{','.join(names)}/{key if key is not None else new_id()}"
    return text if len(text) <= _KEY_LENGTH else f"{verb}/{hashlib.sha256(text.encode()).hexdigest()}"


@dataclass(frozen=True)
class Recording:
    """The run in whose name something is changed. ``copies`` are the columns of it that are known to be others', untouched."""

    run: RunHandle
    notebook: str | None = None
    cell: str | None = None
    note: Note | None = field(default=None, kw_only=True)
    copies: Copies | None = field(default=None, kw_only=True)

    def record(self, conn: Connection, result: CommitResult) -> None:
        """Append what a commit wrote, and ``note`` what belongs to it, inside its transaction."""
        for change in _merged(result.tables):
            if change.operation in _WRITES:
                remember(conn, self.run.id, self.run.wrote(self._io(change), conn), self.copies)
            elif change.operation in ("rename", "drop", "undrop"):
                self._entry(conn, change)
        if self.note is not None:
            self.note(conn, result)

    def outputs(self, result: CommitResult) -> list[DatasetIO]:
        """What a commit wrote, as it is recorded."""
        return [self._io(change) for change in _merged(result.tables) if change.operation in _WRITES]

    def _io(self, change: TableCommit) -> DatasetIO:
        return DatasetIO(
            kind="table",
            id=change.table_uuid,
            name=change.name,
            branch=change.branch,
            snapshot_id=change.snapshot_id,
            columns=change.columns,
            rows=change.rows_added + change.rows_updated,
            bytes=change.bytes_added,
            operation=change.operation,
            notebook=self.notebook,
            cell=self.cell,
        )

    def _entry(self, conn: Connection, change: TableCommit) -> None:
        body: dict[str, Any] = {"table_uuid": change.table_uuid, "name": change.name}
        if change.operation == "rename":
            body |= {"name": change.previous_name, "new_name": change.name}
        kind = {"rename": "dataset.renamed", "drop": "dataset.dropped", "undrop": "dataset.undropped"}[change.operation]
        self.run.log.append(conn, self.run.id, kind, **body)


def _merged(changes: Sequence[TableCommit]) -> list[TableCommit]:
    """One entry a table and branch: a table's creation and its first rows are one event; a publish that moved nothing is none."""
    created = {change.table_uuid for change in changes if change.operation == "create"}
    last = {(change.table_uuid, change.branch): change for change in changes}
    return [
        change.model_copy(update={"operation": "create"}) if change.table_uuid in created else change
        for change in last.values()
        if not (change.operation == "publish" and change.snapshot_id == change.parent_id)
    ]


@contextmanager
def recording(
    log: RunLog,
    kind: str,
    job: str,
    principal: Principal | str | None,
    params: dict[str, Any],
    context: RunContext | None = None,
    inputs: Sequence[DatasetIO] = (),
) -> Iterator[Recording]:
    """The run for a change: the one of ``context`` or of the notebook or step that is going on, else a new one of its own."""
    active = context or current_context(log)
    if active is not None:
        found = Recording(log.handle(active.run_id), active.notebook or current_notebook(), active.cell or current_cell())
        for each in inputs:
            found.run.read(each)
        yield found
        return
    with log.run(kind, job, principal or local_principal(), params=params) as run:
        for each in inputs:
            run.read(each)
        yield Recording(run, current_notebook(), current_cell())
