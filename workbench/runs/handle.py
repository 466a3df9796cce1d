"""A run that is going on: what it reads, writes and measures is said here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from workbench.core.errors import StorageUnavailable, WorkbenchError
from workbench.runs.context import RunContext, current_flow
from workbench.runs.records import TERMINAL, DatasetIO, Run, RunError

if TYPE_CHECKING:
    from workbench.runs.log import RunLog

__all__ = ["RunHandle", "error_of"]

ENDS = tuple(f"run.{status}" for status in sorted(TERMINAL))


class RunHandle:
    """A run by its id. Each call is one event; with ``conn`` it is a part of that transaction, else it is written at once."""

    def __init__(self, log: RunLog, run_id: str) -> None:
        self.log = log
        self.id = run_id
        self._seen: set[DatasetIO] = set()

    def __repr__(self) -> str:
        return f"RunHandle({self.id!r})"

    def read(self, io: DatasetIO, conn: Connection | None = None) -> None:
        """It read this. Saying the same again costs nothing."""
        if (flow := current_flow()) is not None:
            flow.read(self.id, io.id)
        if io in self._seen:
            return
        self._append("run.read", io.model_dump(), conn)
        if conn is None and not self.log.store.writing:  # else it may yet be undone, and must be said again
            self._seen.add(io)

    def wrote(self, io: DatasetIO, conn: Connection | None = None) -> DatasetIO:
        """It wrote this. Hand in the connection of the commit, so that the write and its lineage are there together or not at all.
        Returns it as it is recorded, with what is unrelated to it."""
        if not io.unrelated and (flow := current_flow()) is not None:
            io = io.model_copy(update={"unrelated": tuple(sorted(flow.unrelated(self.id)))})
        self._append("run.wrote", io.model_dump(), conn)
        return io

    def metric(self, name: str, value: float) -> None:
        """A figure about the run; the last value of a name counts.

        Raises
        ------
        InvalidInput
            It is not finite.
        """
        self._append("run.metric", {"name": name, "value": value})

    def attributes(self, conn: Connection | None = None, /, **values: Any) -> None:
        """Facts about the run, merged over those there are. JSON values; what is named like a credential is not stored."""
        self._append("run.attributes", {"attributes": values}, conn)

    def succeed(self, conn: Connection | None = None) -> None:
        """It is done."""
        self._append("run.succeeded", {}, conn)

    def fail(self, error: BaseException | RunError, conn: Connection | None = None) -> None:
        """It failed."""
        self._append("run.failed", {"error": error if isinstance(error, RunError) else error_of(error)}, conn)

    def cancel(self, by: str | None = None, conn: Connection | None = None) -> None:
        """It was stopped, by whom."""
        self._append("run.cancelled", {"by": by}, conn)

    def state(self) -> Run:
        """The run as it is now."""
        return self.log.get(self.id)

    def context(self, notebook: str | None = None, cell: str | None = None) -> RunContext:
        """For reads and writes in this run's name: ``with use_context(run.context()): ...``."""
        return RunContext(self.id, notebook, cell)

    def _append(self, type: str, body: dict[str, Any], conn: Connection | None = None) -> None:
        if conn is not None:
            self.log.append(conn, self.id, type, **body)
            return
        try:
            with self.log.store.write() as own:
                self.log.append(own, self.id, type, **body)
        except StorageUnavailable:
            if type in ENDS:
                self.log.say_later(self.id, lambda later: self.log.append(later, self.id, type, **body))
            raise


def error_of(error: BaseException) -> RunError:
    """An exception as it is stored. Of one that is not ours only the type: its words may hold a person's data."""
    if isinstance(error, WorkbenchError):
        return RunError(code=error.code, message=error.message, fix=error.fix)
    return RunError(code="internal", message=f"{type(error).__name__} was raised.", fix="The log of the workbench says where.")
