"""Questions about statements, which run nothing (but a profile): what one would cost, whether it is valid, how it was carried out."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from workbench.core.errors import Cancelled, Forbidden, InvalidInput, Unavailable, WorkbenchError
from workbench.core.principals import Principal
from workbench.governance.policy.held import one_policy
from workbench.query.bind import Params, bind
from workbench.query.cost.advice import advise
from workbench.query.cost.guard import Guard
from workbench.query.cost.measure import costs, read_by, reading_of
from workbench.query.cost.profile import PREFIX, plan_of
from workbench.query.cost.records import Advice, Estimate, Profile, Size, Validation
from workbench.query.cost.seconds import PAST, expected
from workbench.query.past.history import History
from workbench.query.relations import datasets_of, in_part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.core.config import Settings
    from workbench.governance.access import AccessService
    from workbench.lake.lake import Lake
    from workbench.query.relations import Planned
    from workbench.query.service import QueryService
    from workbench.runs.log import RunLog

__all__ = ["QueryInsight"]

_IN_PART = "Where it is to hold all as it is, ask somebody who sees it."
_MEDIUM, _LARGE = 8, 40  # see _declared
_WIDTHS = {"boolean": 1, "int": 4, "float": 4, "date": 4}  # of a value, in bytes; others 8, texts and what is nested 32


class QueryInsight:
    """Thread-safe. ``history`` has the statements that were run."""

    def __init__(self, query: QueryService, log: RunLog, settings: Settings, access: AccessService, lake: Lake) -> None:
        self._query, self._log = query, log
        self._guard = Guard(settings.query, log)
        self.history = History(log, lake, access, lambda sql, who: query.explain(sql, principal=who).columns)

    def estimate(self, sql: str, params: Params = None, *, principal: Principal) -> Estimate:
        """What a statement would cost, with advice; nothing is run.

        Raises
        ------
        InvalidSQL, Forbidden, DatasetNotFound, SnapshotNotFound, InvalidInput
            As running it does.
        """
        with ExitStack() as held:
            verdict, planned = self._query.plan(sql, principal, held)
            planned = read_by(verdict, planned)
            bound = bind(params, verdict.statement) if verdict.statement is not None and verdict.statement.body is not None else None
            read = costs(verdict, planned, bound)
            advice = advise(reading_of(verdict), planned, read)
            if verdict.writes and not principal.is_admin:
                notes = self._query.check(verdict, principal)
                advice = (*advice, *(Advice(code="in_part", message=note, fix=_IN_PART) for note in notes))
            if in_part(planned):
                return Estimate(tables=read, size=_declared(planned), advice=advice, budget=self._query.budget(principal))
        size = sum(cost.bytes or 0 for cost in read)
        # Of who saw a part the bytes are those of the whole: whoever ran many such could tell them by what others' seconds become.
        past = self._log.metrics("sql", None, limit=PAST, having="engine_seconds", whole=not principal.is_admin)
        seconds, based_on = expected(size, past)
        return Estimate(
            tables=read,
            rows=sum(cost.rows or 0 for cost in read),
            bytes=size,
            seconds=seconds,
            based_on=based_on,
            size="large" if size >= 10**10 else "medium" if size >= 10**8 else "small",
            asks=self._guard.asks(size),
            advice=advice,
            budget=self._query.budget(principal),
        )

    def validate(self, sql: str, *, principal: Principal) -> Validation:
        """Whether a statement may run: it is parsed, decided on, and its names are looked up in what the principal sees.

        Raises
        ------
        Unavailable
            That cannot be said now: the engine or the storage does not answer.
        """
        kind = None
        try:
            with one_policy():
                verdict = self._query.decided(sql, principal)
                kind, statement = verdict.kind, verdict.statement
                notes = self._query.check(verdict.checked(), principal)
        except (Unavailable, Cancelled):
            raise
        except WorkbenchError as error:
            return Validation(valid=False, kind=kind, error=_error(error))
        tables = tuple(dict.fromkeys(relation.dataset for relation in verdict.relations))
        parameters = statement.parameters if statement is not None else ()
        return Validation(valid=True, kind=kind, tables=tables, parameters=parameters, notes=notes)

    def profile(self, sql: str, params: Params = None, confirm: bool = False, *, principal: Principal) -> Profile:
        """Run a SELECT and tell how it was carried out, operator by operator; its rows are not given. It is a run like any. ``confirm``:
        also where ``query.ask_above`` asks.

        Raises
        ------
        Forbidden
            The principal sees a part only of what it reads: the plan tells how much there is behind a filter.
        InvalidSQL, DatasetNotFound, SnapshotNotFound, InvalidInput, TooLarge, Cancelled, StorageUnavailable
            As running it does.
        """
        with ExitStack() as held:
            verdict, planned = self._query.plan(sql, principal, held)
        if verdict.kind != "select":
            raise InvalidInput("Only a SELECT has a profile.", fix="Leave EXPLAIN or DESCRIBE out.")
        if in_part(planned):
            raise Forbidden("The plan of what you see in part is not shown.", fix="Run the SELECT; an administrator can profile it.")
        run_id, text, read = self._query.profiled(sql, params, PREFIX, confirm, principal)
        seconds, plan = plan_of(text, datasets_of(read))
        return Profile(run_id=run_id, seconds=seconds, plan=plan)


def _error(error: WorkbenchError) -> dict[str, object]:
    told = {key: value for key, value in error.details.items() if key in ("line", "column", "suggestion", "name")}
    return {"code": error.code, "message": error.message, "fix": error.fix, **told}


def _declared(planned: Sequence[Planned]) -> Size:
    """A coarse class of what a statement reads, by the declared types of the columns that it names and how many relations it joins: the
    same however many rows there are, and whatever is in them."""
    hundreds = 0.0
    for one in planned:
        named = [kind for name, kind in zip(one.columns, one.types, strict=True) if one.names is None or name.casefold() in one.names]
        hundreds += 1 + sum(_WIDTHS.get(kind, 32 if kind == "string" or "<" in kind else 8) for kind in named) / 100
    weight = hundreds * len(planned)
    return "large" if weight >= _LARGE else "medium" if weight >= _MEDIUM else "small"
