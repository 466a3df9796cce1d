"""What a statement that reads would do, told without running it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.catalog.encode import type_name
from workbench.core.errors import Forbidden, InvalidSQL
from workbench.query.bind import Params, bind
from workbench.query.cost.profile import PLANNED, PREFIX, planned_text, profiled_text
from workbench.query.listing import SHOW_COLUMNS
from workbench.query.records import Decision, Explanation
from workbench.query.relations import Planned, datasets_of, in_part

if TYPE_CHECKING:
    from workbench.query.decide import Verdict
    from workbench.query.execute import Executor

__all__ = ["check_planned", "decided", "explained", "plan_rows"]


def decided(verdict: Verdict, planned: Sequence[Planned] = ()) -> Decision:
    """A decision as its reader is told it."""
    return Decision(allowed=verdict.allowed, kind=verdict.kind, tables=tuple(one.told for one in planned), reasons=verdict.reasons)


def explained(executor: Executor, verdict: Verdict, planned: Sequence[Planned], params: Params) -> Explanation:
    """The decision, the columns and the engine's plan. Raises as :meth:`.execute.Executor.run` does."""
    decision = decided(verdict, planned)
    if verdict.statement is None or verdict.statement.body is None:
        return Explanation(decision=decision, columns=SHOW_COLUMNS, plan="")
    bound = bind(params, verdict.statement)
    columns: tuple[tuple[str, str], ...] = ()
    if verdict.kind == "select":
        columns = tuple((field.name, type_name(field.type)) for field in executor.columns(verdict, planned, bound))
    if in_part(planned):
        # It tells how much there is behind a filter, and what a mask is made with.
        return Explanation(decision=decision, columns=columns, plan="")
    plan = _run(executor, "explain", PLANNED, verdict, planned, bound)
    return Explanation(decision=decision, columns=columns, plan=planned_text(plan))


def check_planned(verdict: Verdict, planned: Sequence[Planned]) -> None:
    """Whether there is a plan that its reader may see.

    Raises
    ------
    Forbidden
        She sees a part only of what is read.
    InvalidSQL
        The plan depends on the data: a PIVOT whose columns are not listed.
    """
    if in_part(planned):
        raise Forbidden("The plan of what you see in part is not shown.", fix="Run the SELECT; DESCRIBE SELECT ... tells its columns.")
    if verdict.statement is not None and verdict.statement.dynamic_pivot:
        raise InvalidSQL(
            "A PIVOT whose columns come from the data has no plan before.", fix="List them: PIVOT ... ON column IN ('a', 'b')."
        )


def plan_rows(executor: Executor, run_id: str, verdict: Verdict, planned: Sequence[Planned], bound: Any) -> pa.Table:
    """The answer to EXPLAIN and EXPLAIN ANALYZE: the plan in the words of :func:`explained` and of profiles; the engine's own name files,
    and what datasets are called inside of it. Raises as :meth:`.execute.Executor.run` does."""
    assert verdict.statement is not None
    ran = verdict.statement.prefix.startswith("EXPLAIN ANALYZE")
    found = _run(executor, run_id, PREFIX if ran else PLANNED, verdict, planned, bound)
    told = [profiled_text(each, datasets_of(planned)) for each in found["explain_value"].to_pylist()] if ran else [planned_text(found)]
    keys = ["analyzed_plan" if ran else "physical_plan"] * len(told)
    return pa.table({"explain_key": pa.array(keys, pa.string()), "explain_value": pa.array(told, pa.string())})


def _run(executor: Executor, run_id: str, prefix: str, verdict: Verdict, planned: Sequence[Planned], bound: Any) -> pa.Table:
    assert verdict.statement is not None
    body = verdict.sql.removeprefix(verdict.statement.prefix) if verdict.kind == "explain" else verdict.sql
    shift = len(prefix) - (len(verdict.sql) - len(body))
    return executor.run(run_id, f"{prefix}{body}", verdict, planned, bound, shift=shift).table
