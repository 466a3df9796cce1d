"""Which calls of verbs come into the audit log, and what is told of them there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from workbench.core.errors import Forbidden, Unauthenticated, WorkbenchError
from workbench.core.telemetry import get_logger, redact
from workbench.governance.governed import LOOKS

if TYPE_CHECKING:
    from workbench.app.services import Services
    from workbench.core.principals import Principal

__all__ = ["audited", "refused"]

# These tell of themselves, in the transaction of their run; of others than these what does not come to a run is told here.
_STATEMENTS = frozenset({"query.run", "query.arrow", "query.export", "query.profile", "compliance.archive_audit"})
_READS = frozenset({"datasets.read", "datasets.sample", "compliance.rows"})
# Asked with each key or pause, or by a panel that is open; they tell names that are seen and counts.
_QUIET = frozenset(
    {
        "query.complete",
        "query.estimate",
        "query.validate",
        "query.stop",
        "system.status",
        "system.events",
        "users.me",
        "notifications.list",
    },
)
# In this order the argument that says what an act was about.
_ABOUT = ("name", "names", "user", "term", "token_id", "run_id", "id", "channel")
_NOT_DIGESTED = frozenset({"data", "password", "current", "secret", "key", "address", "source", "text", "draft"})

_inside: ContextVar[bool] = ContextVar("workbench_audited", default=False)


@contextmanager
def audited(services: Services, who: Principal, verb: str, method: str, arguments: Mapping[str, Any]) -> Iterator[None]:
    """Tell how a call came out: of admins what changes something, of others everything. A verb that calls another is one call."""
    acts = method != "GET" and verb not in LOOKS
    if _inside.get() or verb in _QUIET or (who.is_admin and not acts):
        yield
        return
    if verb in _STATEMENTS:
        with _told_by_itself(services, who, verb, arguments):
            yield
        return
    token = _inside.set(True)
    try:
        # What it changes, and that it did, are there together or not at all.
        with services.store.telling(lambda conn: services.audit.append(_decided(services, who, verb, arguments), conn)) as telling:
            yield
    except WorkbenchError as error:
        refused(services, who, verb, error, arguments)
        raise
    finally:
        _inside.reset(token)
    if verb not in _READS and not telling.told:
        services.audit.append(_decided(services, who, verb, arguments))


@contextmanager
def _told_by_itself(services: Services, who: Principal, verb: str, arguments: Mapping[str, Any]) -> Iterator[None]:
    from workbench.governance.audit.acting import noting

    with noting() as entries:
        try:
            yield
        except WorkbenchError as error:
            if not entries:
                refused(services, who, verb, error, arguments)
            raise


def refused(services: Services, who: Principal, verb: str, error: WorkbenchError, arguments: Mapping[str, Any]) -> None:
    """Tell of a call that came to nothing. The error is what must reach the caller, whatever becomes of this."""
    outcome = "refused" if isinstance(error, Forbidden | Unauthenticated) else "failed"
    try:
        services.audit.append(_decided(services, who, verb, arguments, outcome=outcome, code=error.code))
    except Exception:
        get_logger("audit").exception("a refusal of %s could not be recorded", verb)


def _decided(services: Services, who: Principal, verb: str, arguments: Mapping[str, Any], **said: Any) -> Any:
    from workbench.governance.audit import Decided
    from workbench.governance.audit.acting import acting_token

    about = next((arguments[name] for name in _ABOUT if arguments.get(name)), None)
    told = about if isinstance(about, str) else ", ".join(map(str, about)) if isinstance(about, tuple | list) else None
    kept = {name: value for name, value in arguments.items() if name not in _NOT_DIGESTED}
    return Decided(
        who=who.name,
        verb=verb,
        token_id=acting_token(),
        about=redact(told)[:200] if told else None,
        digest=services.audit.digest(kept) if kept else None,
        **said,
    )
