"""All that comes before a statement runs: it is decided on, its tables are found, its values bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import DatasetNotFound, SnapshotNotFound, WorkbenchError
from workbench.core.names import check_identifier
from workbench.core.principals import Principal
from workbench.core.refs import DatasetRef
from workbench.core.working import working_branch
from workbench.query.bind import Params, bind
from workbench.query.decide import meant
from workbench.query.kept import name_of
from workbench.query.relations import Planned, plan_relations

if TYPE_CHECKING:
    from workbench.governance.access import AccessService
    from workbench.governance.policy.records import Policy
    from workbench.lake.lake import Lake
    from workbench.query.cache import ResultCache
    from workbench.query.decide import Verdict
    from workbench.query.views import ViewStore
    from workbench.store.replay import Reads

__all__ = ["Preparer", "Ready"]

_LONGEST = 300  # characters of names in the audit log
_KEPT = 200  # statements
#: A statement, who asks, the policy's version and the branch that stands in main's place.
_Key = tuple[str, str, int | None, str | None]


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
    def about(self) -> str | None:
        """What a statement is to write to; of one that was refused or failed before it read anything, what it names."""
        statement = None if self.verdict is None else self.verdict.statement
        if statement is None:
            return None
        if statement.write is not None:
            return self._full(statement.write.target.parts)
        if self.error is None or self.planned:
            return None
        names = dict.fromkeys(self._full(use.parts) for use in statement.tables if not use.is_string)
        return ", ".join(name for name in names if name)[:_LONGEST] or None

    def _full(self, parts: tuple[str, ...]) -> str | None:
        """A dataset's full name, or as it is written; None where that is none: what stands in quotes may be any text."""
        try:
            name = DatasetRef.split(".".join(parts))[0]
            for part in name.split("."):
                check_identifier(part)
        except WorkbenchError:
            return None
        found = meant(name, self.names)
        return found[0] if len(found) == 1 else name

    @property
    def rows(self) -> int | None:
        """How many the statement gives, where that is known beforehand."""
        statement = None if self.verdict is None else self.verdict.statement
        if statement is None or not statement.every_row or len(self.planned) != 1:
            return None
        # Deleted rows are still counted by the files that hold them, and rows that are not seen are not told.
        only = self.planned[0]
        return only.plan.rows if not only.plan.has_deletes and only.shape is None else None


@dataclass(frozen=True)
class _Known:
    """What was decided and planned of a statement by which policy (None: by none, or one that the call had asked for before), and what the
    store was asked and said for it."""

    reads: Reads
    policy: tuple[int, Policy] | None
    names: tuple[str, ...]
    verdict: Verdict
    planned: Sequence[Planned]


class Preparer:
    """Thread-safe.

    Parameters
    ----------
    views
        Gives the views there are; nobody asks before the first statement.
    """

    def __init__(self, lake: Lake, access: AccessService, views: Callable[[], ViewStore], cache: ResultCache, timezone: str) -> None:
        self._lake, self._access, self._views, self._cache, self._timezone = lake, access, views, cache, timezone
        self._known: dict[_Key, _Known | None] = {}

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
            self._read(ready, sql, who, held)
            verdict = ready.verdict
            assert verdict is not None
            if verdict.statement is not None and verdict.statement.body is not None:
                ready.bound = bind(params, verdict.statement)
            if verdict.reads and self._cache.on:
                ready.name = name_of(verdict, ready.planned, ready.bound, limit, self._timezone)
        except Exception as error:
            ready.error = error
        return ready

    def _read(self, ready: Ready, sql: str, who: Principal, held: ExitStack) -> None:
        """What the store has to say of a statement. Of one that was asked before, that is asked again and compared: while nothing else is
        said, the decision and the plans stand."""
        policies = self._access.policies
        with self._lake.store.one_state() as state:
            # A policy that the call has asked for by now is not among what is read here.
            before = policies.held()
            key = (sql, who.model_dump_json(), None if before is None else before[0], working_branch())
            if state is None or key not in self._known:
                self._find(ready, sql, who, held)
                if ready.verdict is not None and ready.verdict.reads:
                    # Noted the second time: the first one asks for much that is then kept elsewhere.
                    self._keep(key, None)
                return
            known = self._known.get(key)
            if known is not None and state.still(known.reads) and self._hold(known.planned, held):
                ready.names, ready.verdict, ready.planned = known.names, known.verdict, known.planned
                if known.policy is not None:
                    policies.hold(*known.policy)
                return
            with state.noting() as reads:
                self._find(ready, sql, who, held)
            assert ready.verdict is not None
            self._keep(key, _Known(reads, policies.held(), ready.names, ready.verdict, ready.planned))

    def _keep(self, key: _Key, known: _Known | None) -> None:
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[key] = known

    def _find(self, ready: Ready, sql: str, who: Principal, held: ExitStack) -> None:
        ready.names = self.names(who)
        ready.verdict = self._views().decide(sql, ready.names, who)
        ready.verdict.checked()
        if ready.verdict.reads:
            ready.planned = self.plan(ready.verdict, who, held)

    def _hold(self, planned: Sequence[Planned], held: ExitStack) -> bool:
        """Keep what is read from expiry; whether it is still there."""
        try:
            for one in planned:
                held.enter_context(self._lake.leases.read(one.ref))
        except (DatasetNotFound, SnapshotNotFound):
            return False
        return True
