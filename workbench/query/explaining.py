"""What a statement that reads would do, told without running it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.catalog.encode import type_name
from workbench.query.bind import Params, bind
from workbench.query.cost.profile import PLANNED, planned_text
from workbench.query.listing import SHOW_COLUMNS
from workbench.query.records import Decision, Explanation
from workbench.query.relations import Planned, in_part

if TYPE_CHECKING:
    from workbench.query.decide import Verdict
    from workbench.query.execute import Executor

__all__ = ["decided", "explained"]


def decided(verdict: Verdict, planned: Sequence[Planned] = ()) -> Decision:
    """A decision as its reader is told it."""
    return Decision(allowed=verdict.allowed, kind=verdict.kind, tables=tuple(one.told for one in planned), reasons=verdict.reasons)


def explained(executor: Executor, verdict: Verdict, planned: Sequence[Planned], params: Params) -> Explanation:
    """The decision, the columns and the engine's plan. Raises as :meth:`.execute.Executor.run` does."""
    decision = decided(verdict, planned)
    if verdict.statement is None or verdict.statement.body is None:
        return Explanation(decision=decision, columns=SHOW_COLUMNS, plan="")
    body = verdict.sql.removeprefix(verdict.statement.prefix) if verdict.kind == "explain" else verdict.sql
    bound = bind(params, verdict.statement)
    columns: tuple[tuple[str, str], ...] = ()
    if verdict.kind == "select":
        columns = tuple((field.name, type_name(field.type)) for field in executor.columns(verdict, planned, bound))
    if in_part(planned):
        # It tells how much there is behind a filter, and what a mask is made with.
        return Explanation(decision=decision, columns=columns, plan="")
    shift = len(PLANNED) - (len(verdict.sql) - len(body))
    plan = executor.run("explain", f"{PLANNED}{body}", verdict, planned, bound, shift=shift)
    return Explanation(decision=decision, columns=columns, plan=planned_text(plan.table))
