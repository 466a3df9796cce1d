"""What all verbs share: the run, the commit, and the clean-up when it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.core.config import RetentionSettings
from workbench.core.names import split_name
from workbench.core.principals import Principal
from workbench.core.telemetry import get_logger
from workbench.lake.changes import Change, Overtaken
from workbench.lake.describe import describe_snapshot
from workbench.lake.lake import Lake
from workbench.lake.records import CommitResult, Snapshot, TableCommit
from workbench.runs.context import RunContext, current_fence, step_key
from workbench.runs.log import RunLog
from workbench.writes.recording import Beside, Note, Recording, commit_key, recording

if TYPE_CHECKING:
    from workbench.engines.duckdb import Engine

__all__ = ["Beside", "Committing", "Last", "Note", "Who", "new_files"]

Who = Principal | str | None
#: A last word on a commit: the changes that are prepared, and those that shall be committed. Asked again where the state that it looked at
#: is overtaken.
Last = Callable[[Sequence[Change]], Sequence[Change]]

_LOOKS = 5  # at what is to be committed, while others keep writing
_LOCK_SECONDS = 3600

_log = get_logger("writes")


class Committing:
    """Commits changes in the name of a run."""

    def __init__(
        self, lake: Lake, log: RunLog, retention: RetentionSettings | None = None, engine: Callable[[], Engine] | None = None
    ) -> None:
        self.lake = lake
        self.log = log
        self.retention = retention or RetentionSettings()
        self.engine = engine

    def _single(
        self,
        kind: str,
        verb: str,
        change: Change,
        params: dict[str, Any],
        principal: Who,
        context: RunContext | None = None,
        beside: Beside | None = None,
    ) -> CommitResult:
        return self._several(kind, verb, [change], params, principal, context, beside)

    def _several(
        self,
        kind: str,
        verb: str,
        changes: Sequence[Change],
        params: dict[str, Any],
        principal: Who,
        context: RunContext | None = None,
        beside: Beside | None = None,
    ) -> CommitResult:
        """Changes of a dataset, which is the first's, and of what belongs to it."""
        name = changes[0].name
        facts = {"dataset": name, "action": verb} | params
        with step_key(f"{verb}/{name}") as key, recording(self.log, kind, f"{verb} {name}", principal, facts, context) as run:
            noting = run if beside is None else replace(run, note=lambda conn, _: beside(conn))
            return self._commit(changes, commit_key(verb, [name], key), noting, None)

    def _commit(
        self,
        changes: Sequence[Change],
        key: str,
        run: Recording,
        fence: tuple[str, int] | None,
        last: Last | None = None,
    ) -> CommitResult:
        prepared, given = changes, changes
        try:
            with ExitStack() as turn:
                for look in range(_LOOKS, 0, -1):
                    try:
                        given = last(prepared) if last is not None else prepared
                        fenced = fence or current_fence()
                        done = self.lake.commit_many(given, commit_key=key, fence=fenced, record=run.record, run_id=run.run.id)
                        break
                    except Overtaken:
                        if last is None or look == 1:
                            raise
                    self._remove_files(new_files(*given) - new_files(*prepared), key)
                    given = prepared
                    if look == _LOOKS:  # from now on one at a time: those who look would only overtake each other
                        for name in sorted({f"look:{change.table_uuid}" for change in prepared}):
                            turn.enter_context(self.lake.store.lock(name, timeout=_LOCK_SECONDS))
        except BaseException:
            self._remove_files(new_files(*prepared, *given), key)
            raise
        self._remove_files(new_files(*prepared) - new_files(*given), None)
        return done

    def _remove_files(self, files: Iterable[str], key: str | None) -> None:
        """After a failure: data files go, unless the commit of ``key`` may have come through."""
        files = list(files)
        try:
            if files and (key is None or self.lake.committed(key) is None):
                self.lake.storage.delete(files)
        except Exception:
            _log.warning("left %d data files for vacuum", len(files), extra={"commit_key": key})

    def _uuid(self, name: str) -> str:
        split_name(name)
        return str(self.lake.table(name).metadata.table_uuid)

    def _snapshot(self, change: TableCommit, result: CommitResult) -> Snapshot:
        """The snapshot a commit made, also when it has expired since."""
        assert change.snapshot_id is not None
        if self.lake.exists(change.name):
            table = self.lake.table(change.name)
            found = table.metadata.snapshot_by_id(change.snapshot_id)
            if found is not None and str(table.metadata.table_uuid) == change.table_uuid:
                return describe_snapshot(table, found)
        return Snapshot(
            id=change.snapshot_id,
            parent_id=change.parent_id,
            at=result.at,
            operation=change.operation,
            rows_added=change.rows_added,
            rows_updated=change.rows_updated,
            rows_deleted=change.rows_deleted,
            run_id=result.run_id,
        )


def new_files(*changes: Change) -> set[str]:
    """The data files that were written for changes."""
    return {file.file_path for change in changes for file in change.new_files()}
