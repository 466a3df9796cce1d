"""What the verbs of one noun have in common in a local workspace."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from workbench.core.errors import DatasetNotFound, Forbidden
from workbench.core.working import at_once
from workbench.governance.governed import RULES, check_verb

if TYPE_CHECKING:
    from workbench.app.services import Services
    from workbench.core.principals import Principal
    from workbench.core.refs import DatasetRef
    from workbench.governance.seen import SeenRuns

__all__ = ["Namespace"]

#: What comes from outside is kept as it came, whatever becomes of the run that it came with.
_AT_ONCE = frozenset({"ingest", "sources"})
#: A view is no dataset: whether somebody may say what one is, they look up themselves.
_OF_VIEWS = frozenset({"catalog.describe_view"})


class Namespace:
    """The verbs of one noun. Every public method of a subclass is one: whether it may be called, and with what, is checked when it is."""

    def __init_subclass__(cls, noun: str) -> None:
        for name, function in list(vars(cls).items()):
            if inspect.isfunction(function) and not name.startswith("_"):
                setattr(cls, name, _checked(noun, function))

    def __init__(self, services: Services, principal: Principal) -> None:
        self._services = services
        self._who = principal

    def _resolved(self, name: str) -> str:
        """A name as people write it (``flights``, ``Silver.Flights``) as the dataset's own, of those that the caller sees."""
        return self._services.catalog.resolve(name, None if self._who.is_admin else self._services.view(self._who).names).name

    @property
    def _seen_runs(self) -> SeenRuns | None:
        """What tells of runs to who does not see everything."""
        from workbench.governance.seen import SeenRuns

        return None if self._who.is_admin else SeenRuns(self._services.view(self._who), self._services.log)

    def _has_read(self, *names: str | DatasetRef) -> None:
        """The run that is going on here, if there is one, is told values of these: what it writes from now on is made of them, too."""
        from workbench.runs.context import current_cell, current_context, current_notebook
        from workbench.runs.records import DatasetIO

        if (context := current_context(self._services.log)) is None:
            return
        where = {"notebook": context.notebook or current_notebook(), "cell": context.cell or current_cell()}
        for name in names:
            ref = self._services.catalog.resolve(name)
            told = DatasetIO(kind="table", id=ref.table_uuid, name=ref.name, branch=ref.branch, snapshot_id=ref.snapshot_id, **where)
            self._services.log.handle(context.run_id).read(told)

    def __repr__(self) -> str:
        verbs = [name for name in dir(self) if not name.startswith("_")]
        return f"<{type(self).__name__.strip('_').lower()}: {', '.join(verbs)}>"


@contextmanager
def _views_named(namespace: Namespace, name: Any) -> Iterator[None]:
    """Where there is no dataset of a name, and a view that the caller sees: it is said to be one."""
    try:
        yield
    except DatasetNotFound as error:
        view = namespace._services.seen_views(namespace._who).find(name) if isinstance(name, str) else None
        if view is None:
            raise
        fix = f"SELECT reads it; `workbench catalog view {view.name}` tells of it."
        raise DatasetNotFound(f"{view.name} is a view, and this is about datasets.", fix=fix, name=name, view=view.name) from error


def _checked(noun: str, function: Callable[..., Any]) -> Callable[..., Any]:
    signature, verb = inspect.signature(function), f"{noun}.{function.__name__}"

    @functools.wraps(function)
    def call(self: Namespace, *args: Any, **kwargs: Any) -> Any:
        # Here, for a workspace is often opened and asked nothing.
        from workbench.app.arguments import check_arguments
        from workbench.app.auditing import audited, refused
        from workbench.app.protocol import NAMESPACES
        from workbench.app.verbs import verb_named
        from workbench.governance.policy.held import one_policy

        try:
            check_verb(self._who, verb)
        except Forbidden as error:
            refused(self._services, self._who, verb, error, {})
            raise
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        arguments = {name: value for name, value in bound.arguments.items() if name != "self"}
        said = verb_named(NAMESPACES[noun], function.__name__)
        checked = check_arguments(said, arguments)
        waits = nullcontext() if noun not in _AT_ONCE else at_once()
        with one_policy(), audited(self._services, self._who, verb, said.method, checked), _views_named(self, checked.get("name")), waits:
            if not self._who.is_admin and RULES[verb] == "write" and verb not in _OF_VIEWS:
                view = self._services.view(self._who)
                for name in dict.fromkeys(checked.get("names", (checked.get("name"),))):
                    view.check_write(name, adds=verb == "datasets.write")
            elif not self._who.is_admin and RULES[verb] == "load":
                self._services.view(self._who).check_loads()
            return function(self, **checked)

    return call
