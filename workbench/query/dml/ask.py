"""A query made of a statement's parts: decided on, planned as its author sees what it reads, and its columns' types told."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.core.errors import InvalidSQL, WorkbenchError
from workbench.core.principals import Principal
from workbench.engines.duckdb import EngineError, Result
from workbench.engines.scans import ArrowScan, FileScan, Scan
from workbench.lake.plan import read_tasks
from workbench.query.decide import Verdict
from workbench.query.dml.compose import FILE, PLACES, ROW, Composed
from workbench.query.dml.lineage import scope_of
from workbench.query.dml.steps import bound
from workbench.query.errors import explain_error
from workbench.query.relations import Planned, plan_relations
from workbench.query.text import place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.governance.access import AccessService
    from workbench.lake import Lake, ReadPlan
    from workbench.query.analyse import Statement
    from workbench.query.views import ViewStore

__all__ = ["Asked", "Asker"]


@dataclass(frozen=True)
class Asked:
    """A query that may run: over which relations, and the values that are bound to it. ``kinds`` are the engine's types of its columns."""

    composed: Composed
    verdict: Verdict
    planned: tuple[Planned, ...]
    scans: tuple[Scan, ...]
    params: Any
    schema: pa.Schema
    types: tuple[str, ...]

    @property
    def sql(self) -> str:
        return self.verdict.sql

    @property
    def kinds(self) -> dict[str, str]:
        return dict(zip(self.schema.names, self.types, strict=True))

    @cached_property
    def scope(self) -> Any:
        """Which relation each of its columns is of (:func:`.lineage.scope_of`): told once, for all who follow them."""
        return scope_of(self.sql, self.planned)


class Asker:
    """Makes the queries of one statement ready.

    Parameters
    ----------
    run
        Runs a query over relations for as long as a statement may take.
    target
        The state that the statement changes, whose rows it may ask for with their places; None: it only adds.
    held
        Keeps the files of what is read until it is closed.
    planned
        Is told what will be read before anything of it is.
    """

    def __init__(
        self,
        lake: Lake,
        access: AccessService,
        views: ViewStore,
        who: Principal,
        statement: Statement,
        params: Any,
        run: Callable[[str, tuple[Scan, ...], Any], Result],
        target: ReadPlan | None,
        held: ExitStack,
        planned: Callable[[Sequence[Planned]], None],
    ) -> None:
        self._lake, self._access, self._views, self._who, self._statement = lake, access, views, who, statement
        self._params, self._run, self._target, self._held, self._planned = params, run, target, held, planned

    def ask(self, composed: Composed, names: tuple[str, ...], *more: tuple[str, str]) -> Asked:
        """Decide on a query, plan it and look at its columns. ``more`` are views that are to be, beside those there are.

        Raises
        ------
        InvalidSQL, Forbidden, DatasetNotFound, SnapshotNotFound, InvalidInput
            What is wrong with the statement, and where.
        """
        verdict = self._views.decide(composed.sql, names, self._who, more)
        if verdict.error is not None:
            raise self._placed(verdict.error, composed)
        if verdict.statement is None or verdict.statement.kind != "select":
            raise InvalidSQL("The statement's rows come from no query.", fix="Write SELECT or VALUES there.")
        planned, scans, others = [], [], []
        for relation in verdict.relations:
            if self._target is not None and relation.dataset == self._target.ref.name and relation.branch == PLACES:
                scans.append(_with_places(self._target, relation.schema, relation.name))
                planned.append(Planned(relation, self._target, verdict.statement.names))
            else:
                others.append(relation)
        for one in plan_relations(self._lake, self._access, self._who, others, verdict.statement, self._held):
            planned.append(one)
            scans.append(one.scan())
        self._planned(planned)
        params = bound(self._params, verdict.statement.parameters)
        head = "FROM ("
        try:
            if verdict.views:
                self._run(verdict.views, tuple(scans), None)
        except EngineError as error:
            raise self.explained(error, composed, verdict, planned, None) from None
        try:
            found = self._run(f"{head}{verdict.sql}\n) LIMIT 0", tuple(scans), params)
        except EngineError as error:
            raise self.explained(error, composed, verdict, planned, len(head)) from None
        return Asked(composed, verdict, tuple(planned), tuple(scans), params, found.table.schema, found.types)

    def explained(
        self, error: EngineError, composed: Composed, verdict: Verdict, planned: list[Planned], shift: int | None
    ) -> WorkbenchError:
        """What the engine found wrong, in words that are about the statement as it was written. ``shift``: characters before the query;
        None: the place says nothing."""
        known = shift is not None and error.position is not None and error.position >= shift
        moved = error.position - shift if known and error.position is not None and shift is not None else None
        columns = [name for one in planned for name in one.columns]
        return self._placed(explain_error(replace(error, position=moved), verdict, columns), composed)

    def _placed(self, error: WorkbenchError, composed: Composed) -> WorkbenchError:
        line, column = error.details.get("line"), error.details.get("column")
        copy = error.copy()
        if isinstance(line, int) and isinstance(column, int):
            starts = [0, *(at + 1 for at, character in enumerate(composed.sql) if character == "\n")]
            offset = composed.spliced.original(starts[min(line, len(starts)) - 1] + column - 1)
            copy.details["line"], copy.details["column"] = place(self._statement.text, offset)
        return copy


def _with_places(plan: ReadPlan, schema: str, name: str) -> Scan:
    """The target's rows with where each lies."""
    taken = [column.name for column in plan.columns if column.name.casefold() in (FILE, ROW)]
    if taken:
        raise InvalidSQL(f"{plan.ref.name} has a column {taken[0]!r}, which statements need for themselves.", fix="Rename it first.")
    scan = plan.scan(schema, name)
    if isinstance(scan, FileScan):
        return replace(scan, places=True, version=f"{scan.version}+places")
    return ArrowScan(schema, name, lambda: _placed_rows(plan))


def _placed_rows(plan: ReadPlan) -> pa.Table:
    from pyiceberg.table import FileScanTask

    kinds = plan.arrow_schema.append(pa.field(FILE, pa.int64())).append(pa.field(ROW, pa.int64()))
    batches = []
    for number, file in enumerate(plan.files):
        row = 0
        assert file.file is not None
        for batch in read_tasks(plan.table, plan.schema, [FileScanTask(file.file)]):
            count = batch.num_rows
            columns = [*batch.columns, pa.array([number] * count, pa.int64()), pa.array(range(row, row + count), pa.int64())]
            batches.append(pa.RecordBatch.from_arrays(columns, schema=kinds))
            row += count
    return pa.Table.from_batches(batches, kinds)
