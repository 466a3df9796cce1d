"""Governed SQL: analyse, decide, plan, execute, record."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, cast

import pyarrow as pa

from workbench.catalog.encode import table_data, type_name
from workbench.catalog.records import TableData
from workbench.core.errors import Forbidden, InvalidInput, WorkbenchError
from workbench.core.principals import Principal, local_principal
from workbench.engines.duckdb import Engine, EngineError, Interrupted, Result
from workbench.lake.types import type_text
from workbench.query.complete import Catalog, complete
from workbench.query.decide import Verdict, decide
from workbench.query.effort import check_length
from workbench.query.errors import explain_error, explain_stop
from workbench.query.export import ExportFormat, write_rows
from workbench.query.record import Recorder, recorded
from workbench.query.records import Completion, Decision, Explanation, written_table
from workbench.query.relations import Planned, plan_relation
from workbench.query.text import check_characters, is_text
from workbench.query.tickets import Tickets

if TYPE_CHECKING:
    from workbench.core.config import Settings
    from workbench.governance.access import AccessService
    from workbench.lake.lake import Lake
    from workbench.query.analyse import Statement
    from workbench.query.dml.service import StatementWriter
    from workbench.runs.log import RunLog

__all__ = ["Params", "QueryService"]

Params = dict[str, Any] | Sequence[Any] | None
_SPOOLED = 8 << 20  # bytes of an export that stay in memory
_MOST_ROWS = 2**53  # whole numbers above it do not survive JSON


class QueryService:
    """Runs statements over the lake. Thread-safe.

    Each statement is a run of kind ``sql``, whether it succeeds, fails or is refused; see :mod:`workbench.query.decide` for
    what is allowed. Values are bound, never pasted: ``$name`` with a mapping, ``?`` with a sequence.
    """

    def __init__(self, lake: Lake, log: RunLog, engine: Engine, settings: Settings, access: AccessService) -> None:
        self._lake = lake
        self._log = log
        self._engine = engine
        self._settings = settings.query
        self._access = access
        self._tickets = Tickets(engine.interrupt)
        self._every = settings

    @cached_property
    def _writes(self) -> StatementWriter:
        from workbench.query.dml.service import Parts, StatementWriter
        from workbench.writes import Writer

        writer = Writer(self._lake, self._log, self._every.retention, lambda: self._engine)
        return StatementWriter(Parts(self._lake, self._log, self._engine, self._access, writer, self._every))

    def run(
        self,
        sql: str,
        params: Params = None,
        limit: int | None = None,
        ticket: str | None = None,
        *,
        principal: Principal | None = None,
    ) -> TableData:
        """Run a statement and return rows to show, at most ``limit`` (default ``query.row_limit``); ``cut_at`` says that there are more.

        ``ticket`` is a name for the statement with which :meth:`stop` stops it.

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
            recorder, result, known = self._run(sql, params, principal, most)
        total = known if result.cut else result.table.num_rows
        masked = tuple(dict.fromkeys(column for one in recorder.planned for column in one.masked))
        said = recorder.written.said if recorder.written is not None else None
        return table_data(result.table, total=total, cut_at=most if result.cut else None, run_id=recorder.id, masked=masked, said=said)

    def arrow(self, sql: str, params: Params = None, *, principal: Principal | None = None) -> pa.Table:
        """Run a statement and return all rows; the schema's metadata ``run_id`` names the run. Raises as :meth:`run` does."""
        recorder, result, _ = self._run(sql, params, principal, None)
        said = {"said": recorder.written.said} if recorder.written is not None else {}
        return result.table.replace_schema_metadata({"run_id": recorder.id} | said)

    def export(self, sql: str, params: Params = None, format: ExportFormat = "csv", *, principal: Principal | None = None) -> IO[bytes]:
        """Run a statement and return all rows as a file, which is on disk where it is large. Raises as :meth:`run` does, and

        Raises
        ------
        TooLarge, InvalidInput
            The format cannot hold the rows.
        """
        table = self.arrow(sql, params, principal=principal).replace_schema_metadata(None)
        stream = cast(IO[bytes], SpooledTemporaryFile(max_size=_SPOOLED))  # noqa: SIM115 - who asked closes it
        try:
            write_rows(table, format, stream)
            stream.seek(0)
        except BaseException:
            stream.close()
            raise
        return stream

    def explain(self, sql: str, params: Params = None, *, principal: Principal | None = None) -> Explanation:
        """What a statement would read and return, without running it. DuckDB's plan is shown to those who see all of what it reads.

        A refused statement is explained by its reasons; one that does not parse, or names what is not there, raises as
        :meth:`run` does. Not recorded, for nothing is read.
        """
        who = principal or local_principal()
        verdict = decide(sql, self._names(who))
        if verdict.error is not None:
            if verdict.error.code != "forbidden":
                raise verdict.error
            return Explanation(decision=_decision(verdict, ()), columns=(), plan="")
        if verdict.statement is not None and verdict.statement.write is not None:
            return self._explain_write(verdict.statement, who, params)
        with ExitStack() as held:
            return self._explain(verdict, self._plan(verdict, who, held), params)

    def _explain_write(self, statement: Statement, who: Principal, params: Params) -> Explanation:
        bound = _bind(params, statement.parameters, statement.positional)
        try:
            return self._writes.explain(statement, who, bound, self._names(who), Recorder("explain", self._log.handle("explain")))
        except Forbidden as error:
            return Explanation(decision=Decision(allowed=False, kind=statement.kind, reasons=(str(error),)), columns=(), plan="")

    def _explain(self, verdict: Verdict, planned: list[Planned], params: Params) -> Explanation:
        decision = _decision(verdict, planned)
        if verdict.statement is None or verdict.statement.body is None:
            return Explanation(decision=decision, columns=_SHOW_COLUMNS, plan="")
        body = verdict.sql.removeprefix(verdict.statement.prefix) if verdict.kind == "explain" else verdict.sql
        columns: tuple[tuple[str, str], ...] = ()
        if verdict.kind == "select":
            empty = self._execute("explain", f"FROM ({body}\n) LIMIT 0", verdict, planned, params, None)
            columns = tuple((field.name, type_name(field.type)) for field in empty.table.schema)
        if _in_part(planned):
            # It tells how much there is behind a filter, and what a mask is made with.
            return Explanation(decision=decision, columns=columns, plan="")
        plan = self._execute("explain", f"EXPLAIN {body}", verdict, planned, params, None)
        text = "\n".join(str(row["explain_value"]) for row in plan.table.to_pylist())
        return Explanation(decision=decision, columns=columns, plan=text)

    def complete(self, sql: str, position: int, *, principal: Principal | None = None) -> tuple[Completion, ...]:
        """Words that fit at a character position, best first; works on half-written statements."""
        return complete(sql, position, _LakeCatalog(self._lake, self._access, principal or local_principal()))

    def describe(self, name: str, *, principal: Principal | None = None) -> tuple[tuple[str, str], ...]:
        """The columns of a dataset, named as a statement may name it, with their types.

        Raises
        ------
        DatasetNotFound, InvalidSQL
            There is none, or several fit.
        """
        who = principal or local_principal()
        verdict = decide(f"DESCRIBE {name}", self._names(who))
        if verdict.error is not None:
            raise verdict.error
        with ExitStack() as held:
            return tuple(pair for one in self._plan(verdict, who, held)[:1] for pair in zip(one.columns, one.types, strict=True))

    def interrupt(self, run_id: str | None = None) -> bool:
        """Stop one running statement by its run's id, or all of this service; False where none ran."""
        return self._engine.interrupt(run_id)

    def stop(self, ticket: str, *, principal: Principal | None = None) -> bool:
        """Stop the principal's own statement of a ticket; False where none runs: one that comes late does not begin then."""
        return self._tickets.stop((principal or local_principal()).name, ticket)

    # ---------------------------------------------------------------------------------------------------------- inside

    def _names(self, who: Principal) -> tuple[str, ...]:
        return self._access.names(who, self._lake.names())

    def _run(self, sql: str, params: Params, principal: Principal | None, limit: int | None) -> tuple[Recorder, Result, int | None]:
        """The run, its rows, and how many there would be without the limit, where that is known beforehand."""
        # Before the run, which could not be recorded, or only at length.
        check_length(sql)
        check_characters(sql)
        if not is_text(params):
            raise InvalidInput("A parameter holds half of a surrogate pair, which is no character.", fix="Remove it from the value.")
        who = principal or local_principal()
        with recorded(self._log, sql, params, who) as recorder:
            self._tickets.begun(recorder.id)
            verdict = decide(sql, self._names(who))
            if verdict.error is not None:
                raise _fresh(verdict.error)
            if verdict.statement is not None and verdict.statement.write is not None:
                result = _cut(self._write(recorder, verdict.statement, who, params), limit)
            elif verdict.statement is None or verdict.statement.body is None:
                result = _cut(self._show_tables(who), limit)
            else:
                result = self._read(recorder, verdict, who, params, limit)
            recorder.rows = result.table.num_rows
            return recorder, result, _rows_of(verdict, recorder.planned)

    def _write(self, recorder: Recorder, statement: Statement, who: Principal, params: Params) -> pa.Table:
        """Carry out what a statement writes, or (EXPLAIN) say what that would be."""
        bound, names = _bind(params, statement.parameters, statement.positional), self._names(who)
        self._tickets.check()
        if statement.kind == "explain":
            told = self._writes.explain(statement, who, bound, names, recorder)
            shown = [*(("decision", reason) for reason in told.decision.reasons), *((("plan", told.plan),) if told.plan else ())]
            return pa.table({"explain_key": [key for key, _ in shown], "explain_value": [value for _, value in shown]})
        recorder.written = self._writes.run(recorder, statement, who, bound, names)
        return written_table(recorder.written)

    def _read(self, recorder: Recorder, verdict: Verdict, who: Principal, params: Params, limit: int | None) -> Result:
        with ExitStack() as held:
            planned = self._plan(verdict, who, held)
            recorder.planned = planned
            if verdict.kind == "explain" and _in_part(planned):
                raise Forbidden(
                    "The plan of what you see in part is not shown.", fix="Run the SELECT; DESCRIBE SELECT ... tells its columns."
                )
            result = self._execute(recorder.id, verdict.sql, verdict, planned, params, limit)
            return self._described(result, verdict, planned, params) if verdict.kind == "describe" else result

    def _described(self, result: Result, verdict: Verdict, planned: list[Planned], params: Params) -> Result:
        """What DESCRIBE and SUMMARIZE tell, with types in the catalog's words instead of DuckDB's."""
        assert verdict.statement is not None
        names = result.table["column_name"].to_pylist()
        if verdict.statement.prefix.endswith("FROM ") and len(planned) == 1 and list(planned[0].columns[: len(names)]) == names:
            types = list(planned[0].types)
        else:
            body = verdict.sql.removeprefix("DESCRIBE ").removeprefix("SUMMARIZE ")
            empty = self._execute("describe", f"FROM ({body}\n) LIMIT 0", verdict, planned, params, None)
            types = [type_name(field.type) for field in empty.table.schema]
        at = result.table.schema.get_field_index("column_type")
        told = result.table.set_column(at, "column_type", pa.array(types[: len(names)], pa.string()))
        return replace(result, table=told)

    def _plan(self, verdict: Verdict, who: Principal, held: ExitStack) -> list[Planned]:
        assert verdict.statement is not None
        return [plan_relation(self._lake, self._access, who, relation, verdict.statement, held) for relation in verdict.relations]

    def _execute(self, run_id: str, sql: str, verdict: Verdict, planned: list[Planned], params: Params, limit: int | None) -> Result:
        assert verdict.statement is not None
        bound = _bind(params, verdict.statement.parameters, verdict.statement.positional)
        timeout = self._settings.timeout_seconds
        scans = tuple(one.scan() for one in planned)
        self._tickets.check()
        try:
            return self._engine.run(run_id, sql, scans, bound, limit=limit, timeout=timeout)
        except EngineError as error:
            columns = [name for one in planned for name in one.columns]
            raise explain_error(error, verdict, columns) from None
        except Interrupted as stop:
            raise explain_stop(stop, timeout) from None

    def _show_tables(self, who: Principal) -> pa.Table:
        infos, free = self._lake.infos(), who.is_admin
        seen = set(self._access.names(who, [info.name for info in infos]))
        infos = tuple(info for info in infos if info.name in seen)
        return pa.table(
            {
                "dataset": pa.array([info.name for info in infos], pa.string()),
                # Of what is seen in part the numbers of the whole are not told.
                "rows": pa.array([info.rows if free else None for info in infos], pa.int64()),
                "columns": pa.array([len(info.columns) if free else None for info in infos], pa.int64()),
            }
        )


_SHOW_COLUMNS = (("dataset", "string"), ("rows", "long"), ("columns", "long"))


class _LakeCatalog(Catalog):
    def __init__(self, lake: Lake, access: AccessService, who: Principal) -> None:
        self._lake, self._access, self._who = lake, access, who

    def names(self) -> tuple[str, ...]:
        return self._access.names(self._who, self._lake.names())

    def columns(self, name: str) -> tuple[tuple[str, str], ...]:
        schema = self._lake.table(name).schema()
        every = tuple((field.name, type_text(field.field_type)) for field in schema.fields)
        if self._who.is_admin:
            return every
        seen = {one.column.name for one in self._access.of(self._who, self._lake.plan(name)).seen}
        return tuple(pair for pair in every if pair[0] in seen)


def _rows_of(verdict: Verdict, planned: Sequence[Planned]) -> int | None:
    every = verdict.statement is not None and verdict.statement.every_row and len(planned) == 1
    # Deleted rows are still counted by the files that hold them, and rows that are not seen are not told.
    return planned[0].plan.rows if every and not planned[0].plan.has_deletes and planned[0].shape is None else None


def _in_part(planned: Sequence[Planned]) -> bool:
    return any(one.shape is not None for one in planned)


def _decision(verdict: Verdict, planned: Sequence[Planned]) -> Decision:
    return Decision(allowed=verdict.allowed, kind=verdict.kind, tables=tuple(one.told for one in planned), reasons=verdict.reasons)


def _fresh(error: WorkbenchError) -> WorkbenchError:
    # Decisions are kept, and with them their error: raising the same object again would pile up its traceback.
    copy = type(error).__new__(type(error))
    Exception.__init__(copy, error.message)
    copy.message, copy.fix, copy.details = error.message, error.fix, dict(error.details)
    return copy


def _cut(table: pa.Table, limit: int | None) -> Result:
    cut = limit is not None and table.num_rows > limit
    return Result(table.slice(0, limit) if cut else table, (), cut)


def _bind(params: Params, named: tuple[str, ...], positional: int) -> Any:
    """The values in the form that DuckDB takes them, checked against the statement."""
    if params is not None and not isinstance(params, dict | list | tuple):
        raise InvalidInput("Parameters are given as a mapping or a list.", fix="Write {'month': 6} for $month, or [6] for ?.")
    if positional or (named and all(name.isdigit() for name in named)):
        wanted = positional or max(int(name) for name in named)
        given = list(params) if isinstance(params, list | tuple) else []
        if isinstance(params, dict) or len(given) != wanted:
            raise InvalidInput(
                f"The statement takes {wanted} values in order; {len(params or ())} were given.", fix="Give a list, one value for each ?."
            )
        return given
    if isinstance(params, list | tuple) and params:
        raise InvalidInput(
            "The statement has no place for values in order.", fix="Name them: $month with {'month': 6}." if named else "Leave them out."
        )
    given_names = dict(params) if isinstance(params, dict) else {}
    if missing := [name for name in named if name not in given_names]:
        listed = ", ".join(f"${name}" for name in missing)
        fix = f"Pass them: `params={dict.fromkeys(missing, 'VALUE')!r}`."
        raise InvalidInput(f"No value was given for {listed}.", fix=fix, missing=missing)
    if extra := [str(name) for name in given_names if name not in named]:
        raise InvalidInput(
            f"The statement has no parameter {', '.join(f'${name}' for name in extra)}.", fix="Leave it out, or use it as $name."
        )
    return given_names or None
