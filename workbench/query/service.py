"""Governed SQL: analyse, decide, plan, execute, record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa

from workbench.catalog.encode import table_data, type_name
from workbench.catalog.records import TableData
from workbench.core.errors import Forbidden, InvalidInput, InvalidSQL, TooLarge
from workbench.core.ids import new_id
from workbench.core.principals import Principal, local_principal
from workbench.engines.duckdb import Engine, Result, quoted
from workbench.engines.shown import MOST_CELLS
from workbench.governance.policy.held import one_policy
from workbench.governance.tokens import revoked_of
from workbench.governance.users import disabled_of
from workbench.query.bind import Params, bind, unknown
from workbench.query.cache import ResultCache
from workbench.query.complete import complete
from workbench.query.cost.guard import Guard, UnderWay
from workbench.query.cost.measure import costs, read_by, read_bytes
from workbench.query.cost.profile import given_rows
from workbench.query.decide import Verdict
from workbench.query.effort import check_length
from workbench.query.execute import Executor
from workbench.query.explaining import check_planned, decided, explained, plan_rows
from workbench.query.export import ExportFormat, rows_file
from workbench.query.kept import snapshots_of
from workbench.query.listing import LakeCatalog, show_tables
from workbench.query.masked import masked_in, masked_json, masks_of
from workbench.query.ready import Preparer, Ready
from workbench.query.record import AskedFor, Recorder, record_answer, recorded, timed
from workbench.query.records import Budget, Completion, Decision, Explanation, Writable, written_table
from workbench.query.relations import Planned, in_part
from workbench.query.text import check_characters, is_text
from workbench.query.tickets import Tickets

if TYPE_CHECKING:
    from workbench.catalog.views import KnownView, ViewFacts
    from workbench.core.config import Settings
    from workbench.governance.access import AccessService
    from workbench.lake.lake import Lake
    from workbench.quality.service import QualityService
    from workbench.query.analyse import Statement
    from workbench.query.cost.records import TableCost
    from workbench.query.dml.commenting import Describer
    from workbench.query.dml.service import StatementWriter
    from workbench.query.viewed import Viewed
    from workbench.query.views import ViewStore
    from workbench.runs.log import RunLog

__all__ = ["Params", "QueryService"]

_MOST_ROWS = 2**53  # whole numbers above it do not survive JSON


class QueryService:
    """Runs statements over the lake. Thread-safe.

    Each statement is a run of kind ``sql``, whether it succeeds, fails or is refused; see :mod:`workbench.query.decide` for
    what is allowed. Values are bound, never pasted: ``$name`` with a mapping, ``?`` with a sequence.
    """

    def __init__(
        self,
        lake: Lake,
        log: RunLog,
        engine: Engine,
        settings: Settings,
        access: AccessService,
        cache: ResultCache | None = None,
        quality: Callable[[], QualityService] | None = None,
        describer: Describer | None = None,
    ) -> None:
        self._lake = lake
        self._log = log
        self._engine = engine
        self._settings = settings.query
        self._timezone = settings.workspace.timezone
        self._access = access
        self._guard = Guard(settings.query, log)
        store = lake.store
        self._tickets = Tickets(engine.interrupt, lambda names: disabled_of(store, names), lambda ids: revoked_of(store, ids))
        self._executor = Executor(engine, self._tickets, settings.query.timeout_seconds)
        self._cache = cache or ResultCache(settings.state / "cache" / "results", 0, 0, lambda: b"")
        self._ahead = Preparer(lake, access, lambda: self._views, self._cache, self._timezone)
        self._every = settings
        self._quality, self._describer = quality, describer

    @cached_property
    def _views(self) -> ViewStore:
        from workbench.query.views import ViewStore

        return ViewStore(self._lake.store, self._access)

    @cached_property
    def _writes(self) -> StatementWriter:
        from workbench.query.dml.service import Parts, StatementWriter
        from workbench.writes import Writer

        writer = Writer(self._lake, self._log, self._every.retention, lambda: self._engine)
        parts = Parts(self._lake, self._log, self._engine, self._access, self._views, writer, self._every, self._quality, self._describer)
        return StatementWriter(parts)

    def run(
        self,
        sql: str,
        params: Params = None,
        limit: int | None = None,
        ticket: str | None = None,
        confirm: bool = False,
        *,
        principal: Principal | None = None,
    ) -> TableData:
        """Run a statement and return rows to show, at most ``limit`` (default ``query.row_limit``), fewer where
        :mod:`workbench.engines.shown` cuts them; ``cut_at`` says that there are more.

        ``ticket`` is a name for the statement with which :meth:`stop` stops it. ``confirm``: run it also where ``query.ask_above`` asks.

        Raises
        ------
        InvalidSQL, Forbidden, DatasetNotFound, SnapshotNotFound, InvalidInput
            What is wrong with the statement or its parameters, and where.
        TooLarge, Cancelled, StorageUnavailable
            It took too long or too much memory, somebody stopped it, or files could not be read.
        """
        most = self._settings.row_limit if limit is None else limit
        if most < 0:
            raise InvalidInput("A row limit cannot be negative.", fix="Give 0 or more.")
        if most > _MOST_ROWS:
            raise InvalidInput(f"A row limit cannot be above {_MOST_ROWS:,}.", fix="Give fewer rows; no result has that many.")
        with self._tickets.held((principal or local_principal()).name, ticket):
            recorder, result, ready = self._run(sql, params, principal, min(most, MOST_CELLS), confirm)
        total = ready.rows if result.cut else result.table.num_rows
        written = recorder.written.masked if recorder.written is not None else ()
        masked = masked_in(ready.verdict, recorder.planned, result.table.num_columns, written) if ready.verdict is not None else ()
        said = recorder.written.said if recorder.written is not None else None
        cut_at = result.table.num_rows if result.cut else None
        shown = table_data(result.table, total=total, cut_at=cut_at, run_id=recorder.id, masked=masked, said=said)
        # Whether it was kept tells whether anybody has written since, be it what the reader does not see.
        return shown.model_copy(update={"cached": True}) if "cached" in recorder.metrics and not in_part(recorder.planned) else shown

    def arrow(self, sql: str, params: Params = None, confirm: bool = False, *, principal: Principal | None = None) -> pa.Table:
        """Run a statement and return all rows; the schema's metadata ``run_id`` names the run, and ``masked`` (JSON of
        :class:`.MaskedColumn` each) what was read through masks. Raises as :meth:`run` does."""
        recorder, result, _ = self._run(sql, params, principal, None, confirm)
        said = {"said": recorder.written.said} if recorder.written is not None else {}
        masked = {"masked": masked_json(found)} if (found := masks_of(recorder.planned)) else {}
        return result.table.replace_schema_metadata({"run_id": recorder.id} | said | masked)

    def export(
        self,
        sql: str,
        params: Params = None,
        format: ExportFormat = "csv",
        ticket: str | None = None,
        confirm: bool = False,
        *,
        principal: Principal | None = None,
    ) -> IO[bytes]:
        """Run a statement and return all rows as a file, which is on disk where it is large. Raises as :meth:`run` does, and

        Raises
        ------
        TooLarge, InvalidInput
            The format cannot hold the rows, or writing them takes longer than a statement may.
        """
        who = principal or local_principal()
        if self._ahead.decide(sql, who).writes:
            # Who exports the answer to a statement that she has run would have it write a second time.
            raise InvalidInput("A statement that writes has no rows to export.", fix="Export a SELECT of what it wrote.")
        with self._tickets.held(who.name, ticket):
            table = self.arrow(sql, params, confirm, principal=who).replace_schema_metadata(None)
            self._tickets.goes_on()
            return rows_file(table, format, self._in_time("The file was not written"))

    def _in_time(self, what: str) -> Callable[[], None]:
        """What is asked all along by who does something after the engine. Raises Cancelled, TooLarge."""
        seconds = self._settings.timeout_seconds
        until = time.monotonic() + seconds

        def check() -> None:
            self._tickets.check()
            if time.monotonic() > until:
                fix = "Take Parquet or CSV, fewer rows or columns, or raise query.timeout_seconds in workbench.toml."
                raise TooLarge(f"{what} in {seconds:g} seconds.", fix=fix, timeout_seconds=seconds)

        return check

    def explain(self, sql: str, params: Params = None, *, principal: Principal | None = None) -> Explanation:
        """What a statement would read and return, without running it. DuckDB's plan is shown to those who see all of what it reads.

        A refused statement is explained by its reasons; one that does not parse, or names what is not there, raises as
        :meth:`run` does. Not recorded, for nothing is read.
        """
        who = principal or local_principal()
        return self._explained(sql, params, who).model_copy(update={"budget": self.budget(who)})

    def budget(self, who: Principal) -> Budget | None:
        """What the principal's statements have used of the day's budget; None where there is none."""
        return self._guard.budget(who.name)

    def _explained(self, sql: str, params: Params, who: Principal) -> Explanation:
        names = self._ahead.names(who)
        verdict = self._views.decide(sql, names, who)
        if verdict.error is not None and verdict.error.code == "forbidden":
            return Explanation(decision=decided(verdict), columns=(), plan="")
        verdict.checked()
        if verdict.statement is not None and verdict.statement.write is not None:
            return self._explain_write(verdict.statement, who, params, names)
        with ExitStack() as held:
            return explained(self._executor, verdict, self._ahead.plan(verdict, who, held), params)

    def _explain_write(self, statement: Statement, who: Principal, params: Params, names: tuple[str, ...]) -> Explanation:
        try:
            return self._told(statement, who, bind(params, statement), names)
        except Forbidden as error:
            return Explanation(decision=Decision(allowed=False, kind=statement.kind, reasons=(str(error),)), columns=(), plan="")

    def _told(self, statement: Statement, who: Principal, bound: Any, names: tuple[str, ...]) -> Explanation:
        """What a statement would write; no run of it is recorded."""
        return self._writes.explain(statement, who, bound, names, Recorder("explain", self._log.handle("explain")))

    def complete(self, sql: str, position: int, *, principal: Principal | None = None) -> tuple[Completion, ...]:
        """Words that fit at a character position, best first; works on half-written statements."""
        who = principal or local_principal()
        views = tuple(name for name, _ in self._views.seen(who))
        return complete(sql, position, LakeCatalog(self._lake, self._access, who, views, lambda name: self.describe(name, principal=who)))

    def writable(self, name: str | None = None, *, principal: Principal | None = None) -> Writable:
        """Where the principal may make datasets and views, and what is to be said of a name while she types it."""
        from workbench.query.writable import writable

        return writable(self._access, self._views, self._lake.names(), principal or local_principal(), name)

    def describe(self, name: str, *, principal: Principal | None = None) -> tuple[tuple[str, str], ...]:
        """The columns of a dataset, named as a statement may name it, with their types.

        Raises
        ------
        DatasetNotFound, InvalidSQL
            There is none, or several fit.
        """
        who = principal or local_principal()
        verdict = self._ahead.decide(f"DESCRIBE {name}", who).checked()
        with ExitStack() as held:
            planned = self._ahead.plan(verdict, who, held)
            if verdict.statement is not None and verdict.statement.viewed:
                return tuple((field.name, type_name(field.type)) for field in self._executor.columns(verdict, planned))
            return tuple(pair for one in planned[:1] for pair in zip(one.columns, one.types, strict=True))

    def viewed(self, name: str, *, principal: Principal | None = None) -> Viewed:
        """What a view gives the principal, by its full name. No row is read. Raises as :meth:`run` does."""
        from workbench.query.viewed import viewed

        who = principal or local_principal()
        verdict = self._ahead.decide(f"FROM {'.'.join(map(quoted, name.split('.', 1)))}", who).checked()
        with ExitStack() as held:
            return viewed(self._executor, verdict, self._ahead.plan(verdict, who, held))

    def facts_of(self, views: Iterable[KnownView]) -> Iterator[ViewFacts]:
        """What the texts of views say."""
        from workbench.query.views import facts_of

        found = list(views)
        names = (*self._lake.names(), *(view.name for view in self._views.all()))
        return (facts_of(view.sql, names) for view in found)

    def decided(self, sql: str, principal: Principal) -> Verdict:
        """The decision about a statement, by the names that the principal knows of. Raises where it cannot be looked at."""
        check_length(sql)
        check_characters(sql)
        return self._ahead.decide(sql, principal)

    def plan(self, sql: str, principal: Principal, held: ExitStack) -> tuple[Verdict, Sequence[Planned]]:
        """The decision, and what would be read, whose files stay until ``held`` is closed. Raises what is wrong with the statement."""
        verdict = self.decided(sql, principal).checked()
        return verdict, self._ahead.plan(verdict, principal, held) if verdict.reads else ()

    def check(self, verdict: Verdict, principal: Principal) -> tuple[str, ...]:
        """Look up the columns that a decided statement names, in what the principal sees. No row is read, and values are not known. Gives
        what is to be said of what it would write (:attr:`.records.Explanation.notes`).

        Raises
        ------
        InvalidSQL, Forbidden, DatasetNotFound, SnapshotNotFound, InvalidInput
            As running it does.
        """
        statement = verdict.statement
        if statement is None or statement.dynamic_pivot or not (statement.body or verdict.writes):
            return ()
        bound = unknown(statement)
        try:
            if verdict.writes:
                return self._told(statement, principal, bound, self._ahead.names(principal)).notes
            with ExitStack() as held:
                self._executor.columns(verdict, self._ahead.plan(verdict, principal, held), bound)
        except InvalidSQL as error:
            # With NULL in the place of a value something may not fit; a name is missing whatever the values are.
            if bound is None or error.details.get("name"):
                raise
        return ()

    def profiled(self, sql: str, params: Params, prefix: str, confirm: bool, principal: Principal) -> tuple[str, str, Sequence[Planned]]:
        """A SELECT carried out after DuckDB's own ``prefix``: its run, what DuckDB tells, and what was read."""
        recorder, result, ready = self._run(sql, params, principal, None, confirm, prefix)
        return recorder.id, _text(result), ready.planned

    def interrupt(self, run_id: str | None = None) -> bool:
        """Stop one running statement by its run's id, or all of this service; False where none ran."""
        return self._engine.interrupt(run_id)

    def stop(self, ticket: str, *, principal: Principal | None = None) -> bool:
        """Stop the principal's own statement of a ticket; False where none runs: one that comes late does not begin then."""
        return self._tickets.stop((principal or local_principal()).name, ticket)

    def stop_all(self, name: str) -> int:
        """Stop what this process runs in the name of somebody who was disabled; returns how many statements that were."""
        return self._tickets.stop_all(name)

    # ---------------------------------------------------------------------------------------------------------- inside

    def _run(
        self, sql: str, params: Params, principal: Principal | None, limit: int | None, confirm: bool, prefix: str = ""
    ) -> tuple[Recorder, Result, Ready]:
        """The run, its rows, and what was known before."""
        # Before the run, which could not be recorded, or only at length.
        check_length(sql)
        check_characters(sql)
        if not is_text(params):
            raise InvalidInput("A parameter holds half of a surrogate pair, which is no character.", fix="Remove it from the value.")
        who = principal or local_principal()
        with one_policy(), self._tickets.held(who.name, None), self._guard.under_way(who.name) as mine, ExitStack() as held:
            ready = self._ahead.prepare(sql, params, who, limit, held)
            asked = AskedFor(sql, params, who, in_part(ready.planned), ready.writes, ready.about)
            if prefix:
                ready.name, ready.prefix = None, prefix
            if ready.name is not None and (kept := self._cache.get(ready.name)) is not None:
                metrics = {"rows": float(kept.table.num_rows), "cached": 1.0}
                recorder = Recorder(run_id := new_id(), self._log.handle(run_id), ready.planned, metrics=metrics)
                record_answer(self._log, asked, recorder, self._access.audit)
                return recorder, kept, ready
            with recorded(self._log, asked, self._access.audit) as recorder:
                mine.run_id = recorder.id
                self._tickets.begun(recorder.id, reads=not ready.writes)
                result = self._answer(recorder, ready, who, mine, limit, confirm)
                recorder.rows = given_rows(_text(result)) if prefix else result.table.num_rows
                return recorder, result, ready

    def _write(self, recorder: Recorder, statement: Statement, who: Principal, ready: Ready) -> pa.Table:
        """Carry out what a statement writes, or (EXPLAIN) say what that would be."""
        self._tickets.check()
        if statement.kind == "explain":
            told = self._writes.explain(statement, who, ready.bound, ready.names, recorder)
            shown = [*(("decision", reason) for reason in told.decision.reasons), *((("plan", told.plan),) if told.plan else ())]
            return pa.table({"explain_key": [key for key, _ in shown], "explain_value": [value for _, value in shown]})
        # A second wall: :mod:`.dml.reading` holds the same for the caller's token, wherever a statement comes from.
        if who.looks_only:
            raise Forbidden("This token may only look at data.", fix="Use a token of scope 'write'.")
        recorder.written = self._writes.run(recorder, statement, who, ready.bound, ready.names)
        return written_table(recorder.written)

    def _answer(self, recorder: Recorder, ready: Ready, who: Principal, mine: UnderWay, limit: int | None, confirm: bool) -> Result:
        recorder.planned, verdict = ready.planned, ready.verdict
        if ready.error is not None:
            raise ready.error
        assert verdict is not None
        if verdict.statement is not None and verdict.statement.write is not None:
            recorder.bound = lambda *asked: self._allow(recorder, mine, confirm, *asked)
            with timed(recorder):
                return _cut(self._write(recorder, verdict.statement, who, ready), limit)
        if not verdict.reads:
            return _cut(show_tables(self._lake, self._access, self._views, who), limit)
        return self._read(recorder, verdict, ready, mine, limit, confirm)

    def _read(self, recorder: Recorder, verdict: Verdict, ready: Ready, mine: UnderWay, limit: int | None, confirm: bool) -> Result:
        if verdict.kind == "explain" or ready.prefix:
            check_planned(verdict, ready.planned)
        read = read_by(verdict, ready.planned)
        found = self._allow(recorder, mine, confirm, verdict, read, ready.bound)
        recorder.metrics["bytes"] = float(read_bytes(read, found))
        with timed(recorder):
            if verdict.kind == "explain":
                result = _cut(plan_rows(self._executor, recorder.id, verdict, ready.planned, ready.bound), limit)
            else:
                sql, shift = ready.prefix + verdict.sql, len(ready.prefix)
                result = self._executor.run(recorder.id, sql, verdict, ready.planned, ready.bound, limit, shift)
        recorder.metrics |= {"engine_seconds": recorder.metrics["budget_seconds"], "memory_mb": float(result.memory_mb)}
        if ready.name is not None:
            self._cache.put(ready.name, result, snapshots_of(ready.planned))
        return self._executor.described(result, verdict, ready.planned, ready.bound) if verdict.kind == "describe" else result

    def _allow(
        self, recorder: Recorder, mine: UnderWay, confirm: bool, verdict: Verdict, planned: Sequence[Planned], bound: Params
    ) -> Sequence[TableCost]:
        """Let pass what may be read, count it, and tell what that is. Raises as :meth:`Guard.check` does."""
        found = costs(verdict, planned, bound)
        if self._guard.on:
            self._guard.check(mine, found, confirm)
        # Of what is seen in part the day's budget would tell how much there is.
        read = float(sum(cost.bytes or 0 for cost in found))
        recorder.metrics["budget_bytes"] = recorder.metrics.get("budget_bytes", 0.0) + read
        return found


def _text(result: Result) -> str:
    """What the engine tells of a statement that it explains."""
    return str(result.table["explain_value"][0].as_py())


def _cut(table: pa.Table, limit: int | None) -> Result:
    cut = limit is not None and table.num_rows > limit
    return Result(table.slice(0, limit) if cut else table, (), cut)
