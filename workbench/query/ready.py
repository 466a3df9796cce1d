"""All that comes before a statement runs: it is decided on, its tables are found, its values bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.principals import Principal
from workbench.query.bind import Params, bind
from workbench.query.kept import name_of
from workbench.query.relations import Planned, plan_relations

if TYPE_CHECKING:
    from workbench.governance.access import AccessService
    from workbench.lake.lake import Lake
    from workbench.query.cache import ResultCache
    from workbench.query.decide import Verdict
    from workbench.query.views import ViewStore

__all__ = ["Preparer", "Ready"]


@dataclass
class Ready:
    """A statement up to where it would run: decided by the ``names`` that its author knows of, its values ``bound``. ``name`` is the one
    under which its answer is kept; None where it is not. ``error`` is what was wrong with it."""

    names: tuple[str, ...] = ()
    verdict: Verdict | None = None
    planned: Sequence[Planned] = ()
    bound: Any = None
    name: str | None = None
    error: Exception | None = None
    prefix: str = ""

    @property
    def writes(self) -> bool:
        return self.verdict is not None and self.verdict.writes

    @property
    def rows(self) -> int | None:
        """How many the statement gives, where that is known beforehand."""
        statement = None if self.verdict is None else self.verdict.statement
        if statement is None or not statement.every_row or len(self.planned) != 1:
            return None
        # Deleted rows are still counted by the files that hold them, and rows that are not seen are not told.
        only = self.planned[0]
        return only.plan.rows if not only.plan.has_deletes and only.shape is None else None


class Preparer:
    """Thread-safe.

    Parameters
    ----------
    views
        Gives the views there are; nobody asks before the first statement.
    """

    def __init__(self, lake: Lake, access: AccessService, views: Callable[[], ViewStore], cache: ResultCache, timezone: str) -> None:
        self._lake, self._access, self._views, self._cache, self._timezone = lake, access, views, cache, timezone

    def names(self, who: Principal) -> tuple[str, ...]:
        """The datasets that the principal knows of."""
        return self._access.names(who, self._lake.names())

    def decide(self, sql: str, who: Principal) -> Verdict:
        """The decision about a statement, by those names."""
        return self._views().decide(sql, self.names(who), who)

    def plan(self, verdict: Verdict, who: Principal, held: ExitStack) -> list[Planned]:
        """What it would read. See :func:`workbench.query.relations.plan_relations`."""
        assert verdict.statement is not None
        return list(plan_relations(self._lake, self._access, who, verdict.relations, verdict.statement, held))

    def prepare(self, sql: str, params: Params, who: Principal, limit: int | None, held: ExitStack) -> Ready:
        """Everything, so that its answer may be found instead of being asked for; what is wrong is kept for its run."""
        ready = Ready()
        try:
            with self._lake.store.one_state():
                ready.names = self.names(who)
                ready.verdict = verdict = self._views().decide(sql, ready.names, who)
                verdict.checked()
                if verdict.reads:
                    ready.planned = self.plan(verdict, who, held)
            if verdict.statement is not None and verdict.statement.body is not None:
                ready.bound = bind(params, verdict.statement)
            if verdict.reads and self._cache.on:
                ready.name = name_of(verdict, ready.planned, ready.bound, limit, self._timezone)
        except Exception as error:
            ready.error = error
        return ready
