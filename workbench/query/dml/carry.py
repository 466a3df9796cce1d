"""One statement on its way to its commit: what every kind of them needs of the engine, the run log and the disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import StorageUnavailable, WorkbenchError
from workbench.core.leftovers import own_folder, remove_leftovers
from workbench.core.principals import Principal
from workbench.engines.duckdb import Engine, EngineError, Interrupted, Result, Transform
from workbench.engines.scans import Scan
from workbench.query.apart import gathered
from workbench.query.dml.ask import Asked, Asker
from workbench.query.dml.casts import misfit
from workbench.query.dml.gates import gate
from workbench.query.dml.standing import State, check_columns
from workbench.query.errors import explain_stop
from workbench.query.masked import filtered_in, masked_into
from workbench.query.relations import in_part
from workbench.runs.context import RunContext, current_cell, current_context, current_notebook
from workbench.runs.records import DatasetIO
from workbench.writes.edit import Editor
from workbench.writes.recording import Recording

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import Connection

    from workbench.core.config import Settings
    from workbench.engines.scans import Shape
    from workbench.governance.access import AccessService
    from workbench.lake import Lake, ReadPlan
    from workbench.lake.records import CommitResult
    from workbench.quality.service import QualityService
    from workbench.query.analyse import Statement
    from workbench.query.dml.commenting import Describer
    from workbench.query.record import Recorder
    from workbench.query.relations import Planned
    from workbench.query.views import ViewStore
    from workbench.runs.log import RunLog
    from workbench.writes import Writer
    from workbench.writes.edit import Check

__all__ = ["Carrying", "Parts"]

_SCRATCH = "statement"
_NO_ROOM = ("no space left", "disk quota", "file too large")


@dataclass(frozen=True)
class Parts:
    """What statements need of the workspace."""

    lake: Lake
    log: RunLog
    engine: Engine
    access: AccessService
    views: ViewStore
    writer: Writer
    settings: Settings
    quality: Callable[[], QualityService] | None = None
    describer: Describer | None = None


@dataclass(frozen=True)
class _Told(Recording):
    """The statement's run, the run that it is a part of, which has written what it writes, and the audit log."""

    outer: Recording | None = None
    unrelated: tuple[str, ...] = ()
    enter: Callable[[Connection], None] | None = None
    states: tuple[State, ...] = ()

    def record(self, conn: Connection, result: CommitResult) -> None:
        # A dataset that is made anew, of itself say, loses columns by this very commit, which conflicts where they were others before.
        anew = {change.table_uuid for change in result.tables if change.operation == "alter"}
        check_columns(conn, [state for state in self.states if state[0].ref.table_uuid not in anew])
        super().record(conn, result)
        if self.outer is not None:
            for io in self.outputs(result):
                self.outer.run.wrote(io.model_copy(update={"unrelated": self.unrelated}), conn)
        if self.enter is not None:
            self.enter(conn)


@dataclass
class Carrying:
    """A statement, who wrote it, its run, the values bound to it, and until when it may run."""

    parts: Parts
    recorder: Recorder
    statement: Statement
    who: Principal
    params: Any
    names: tuple[str, ...]
    until: float = field(init=False)

    def __post_init__(self) -> None:
        self.until = time.monotonic() + self.seconds

    @property
    def seconds(self) -> float:
        """How long it may take in all."""
        return float(self.parts.settings.query.timeout_seconds)

    @property
    def editor(self) -> Editor:
        """What commits for it."""
        return Editor(self.parts.lake, self.parts.log, self.parts.settings.retention)

    def left(self) -> float:
        """How long it may still take.

        Raises
        ------
        TooLarge
            Its time is over.
        """
        left = self.until - time.monotonic()
        if left <= 0:
            raise stopped(explain_stop(Interrupted("timeout"), self.seconds))
        return left

    # ---------------------------------------------------------------------------------------------------------- engine

    def asker(self, target: ReadPlan | None, held: ExitStack) -> Asker:
        """Makes its queries ready; ``target`` is the state that it rewrites."""
        parts = self.parts
        return Asker(parts.lake, parts.access, parts.views, self.who, self.statement, self.params, self._look, target, held, self._planned)

    def shape(self, plan: ReadPlan) -> Shape | None:
        """What its author sees of a dataset that it writes to. How long she waits tells of the rest, and is not for her then."""
        shape = self.parts.access.shape(self.who, plan)
        self.recorder.in_part |= shape is not None
        return shape

    def _planned(self, planned: Sequence[Planned]) -> None:
        self.recorder.in_part |= in_part(planned)

    def _look(self, sql: str, scans: tuple[Scan, ...], params: Any) -> Result:
        try:
            return self.parts.engine.run(self.recorder.id, sql, scans, params, timeout=self.left())
        except Interrupted as stop:
            raise stopped(explain_stop(stop, self.seconds)) from None

    def transform(self, work: Transform, asker: Asker, asked: Sequence[Asked], dataset: str, types: dict[str, str]) -> pa.Table:
        """Carry statements of ours around its queries out. ``types`` are those of the dataset's columns.

        Raises
        ------
        InvalidInput, InvalidSQL, TooLarge, Cancelled, StorageUnavailable
            A value does not fit or the statement fails on one, it would read too much,
            took too long or too much memory, somebody stopped it, or files
            could not be read or written.
        """
        if self.recorder.bound is not None:
            for each in asked:
                self.recorder.bound(each.verdict, each.planned, each.params)
            self.recorder.bound = None  # what comes after reads what was gathered
        # All of them may fail on a row, and write files meanwhile: they are not tried on rows that lie among hidden ones first.
        work = replace(work, scans=gathered(work.scans))
        try:
            return self.parts.engine.transform(self.recorder.id, work, timeout=self.left())
        except EngineError as error:
            if any(words in error.message.casefold() for words in _NO_ROOM):
                raise no_room() from error
            if (found := misfit(error, dataset, types)) is not None or not asked:
                raise (found or error) from None
            planned = [one for each in asked for one in each.planned]
            # Where in the text it was cannot be told: it stands inside a statement of ours.
            raise asker.explained(error, asked[0].composed, asked[0].verdict, planned, None) from None
        except Interrupted as stop:
            raise stopped(explain_stop(stop, self.seconds)) from None

    def plan_of(self, asked: Asked) -> str:
        """The engine's plan of a query, an operator a line."""
        from workbench.query.cost.profile import PLANNED, planned_text

        return planned_text(self._look(f"{PLANNED}{asked.sql}", asked.scans, asked.params).table)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for its files, which goes with the block; what killed processes left goes, too."""
        import shutil

        where = self.parts.settings.state / "tmp"
        try:
            where.mkdir(mode=0o700, parents=True, exist_ok=True)
            remove_leftovers(where, _SCRATCH)
            folder = own_folder(where, _SCRATCH)
        except OSError as error:
            raise no_room() from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def gate(self, plan: ReadPlan) -> Check | None:
        """What looks at a dataset's new rows before they are committed. Raises as :func:`.gates.gate` does."""
        return gate(self.parts.quality, self.parts.lake, self.parts.access, self.who, plan, self.recorder.id)

    # ------------------------------------------------------------------------------------------------------- recording

    def recording(
        self,
        planned: Sequence[Planned],
        columns: dict[str, Any] | None = None,
        rows: dict[str, Any] | None = None,
        copied: dict[str, Any] | None = None,
        target: State | None = None,
    ) -> Recording:
        """Say what it read, in its run and in the one that it is a part of; what is committed with the answer is written by both.
        ``columns``, ``rows`` and ``copied`` are what :mod:`.lineage`, :mod:`.rowwise` and :mod:`.copies` found, of columns that must be the
        same when it is committed; so must those of the ``target``."""
        log, recorder = self.parts.log, self.recorder
        outer = current_context(log)
        notebook, cell = (outer.notebook if outer else None) or current_notebook(), (outer.cell if outer else None) or current_cell()
        reads = [one.io(notebook, cell) for one in planned]
        recorder.planned, recorder.told = planned, True
        if columns is not None:
            recorder.masked, recorder.filtered = masked_into(planned, columns), filtered_in(planned)
        around = Recording(log.handle(outer.run_id), notebook, cell) if outer is not None else None
        with log.store.write() as conn:
            for read in reads:
                recorder.handle.read(read, conn)
                if around is not None:
                    around.run.read(read, conn)
            if columns is not None:
                recorder.handle.attributes(conn, column_sources=columns, row_sources=rows or {}, copied_columns=copied or {})
        states = [(one.plan, one.columns_read) for one in planned] + ([target] if target is not None else [])
        return _Told(recorder.handle, notebook, cell, around, self._unrelated(outer, reads), recorder.enter, tuple(states))

    def _unrelated(self, outer: RunContext | None, reads: Sequence[DatasetIO]) -> tuple[str, ...]:
        """What the outer run has read for other ends: this statement says itself what its rows were made from."""
        if outer is None:
            return ()
        mine = {read.id for read in reads}
        return tuple(sorted({io.id for io in self.parts.log.get(outer.run_id).inputs} - mine))


def stopped(error: WorkbenchError) -> WorkbenchError:
    """The error for a statement that was stopped: nothing was written."""
    error.message = error.message.removesuffix(".") + "; nothing was written."
    return error


def no_room() -> WorkbenchError:
    """What is said where the disk is full."""
    return StorageUnavailable(
        "There is no room left on the disk for the rows; nothing was written.",
        fix="Free some space (`workbench datasets expire` forgets old snapshots), then run it again.",
    )
