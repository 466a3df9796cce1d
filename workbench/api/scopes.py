"""What a token's scope lets it do. ``write`` may do all that its principal may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.core.errors import Forbidden, NotFound, RunNotFound
from workbench.governance.governed import LOOKS, check_verb

if TYPE_CHECKING:
    from workbench.api.auth import Caller
    from workbench.app.verbs import Verb
    from workbench.runs import RunLog

__all__ = ["check_limits", "check_own", "check_run", "check_scope"]

# POST because a statement does not fit into an address. A statement that writes is refused to who may only look when it is run.
_ONLY_LOOK = LOOKS | {*(f"query.{verb}" for verb in ("run", "stop", "arrow", "export", "profile")), "compliance.rows"}
# Settings and connections hold addresses of databases and object stores, readings what people's files are called, and a source is what the
# server reaches: for who may change things anyway.
_NOT_TO_LOOK_AT = {"system.config", "sources.connections", "sources.tables", "sources.test", "ingest.preview", "ingest.readings"}
# A pipeline's step works with data. It manages neither datasets nor the runs and pipelines of others.
_FOR_A_RUN = {
    *(verb for verb in _ONLY_LOOK - _NOT_TO_LOOK_AT if not verb.startswith(("pipelines.", "schedules."))),
    "query.ingest",
    "ingest.stage",
    "ingest.preview",
    "ingest.load",
    "ingest.misfits",
    "ingest.readings",
    "ingest.statistics",
    "catalog.list",
    "catalog.search",
    "catalog.get",
    "catalog.view",
    "catalog.search_by_column",
    "catalog.tree",
    "datasets.sample",
    "datasets.read",
    "datasets.write",
    "datasets.snapshots",
    "datasets.refs",
    "datasets.create_branch",
    "datasets.publish",
    "lineage.graph",
    "quality.profile",
    "quality.current",
    "quality.history",
    "quality.failing",
    "quality.expectations",
    "quality.propose",
    "recipes.propose",
    "recipes.preview",
    "recipes.apply",
    "recipes.get",
    "recipes.removed",
    "system.status",
}
_OF_ITS_OWN_RUN = {"runs.get", "runs.events", "runs.notebook", "runs.cancel"}
# What could give a token that was narrowed what it was not made for.
_MAKES_OTHERS = {
    f"users.{verb}" for verb in ("add", "change", "set_password", "change_password", "issue_token", "new_token", "revoke_token")
}
# A run started by a run, started by a run: deeper than any pipeline goes.
_DEEPEST = 16


def check_scope(caller: Caller, operation: str, verb: Verb) -> None:
    """Refuse what the scope does not hold, as far as the verb alone tells. Does not block.

    Raises
    ------
    Forbidden
        The token, or who shows it, may not do this.
    """
    check_verb(caller.principal, operation)
    check_limits(caller, operation)
    if caller.scope == "read" and ((verb.method != "GET" and operation not in _ONLY_LOOK) or operation in _NOT_TO_LOOK_AT):
        raise Forbidden("This token may only look at data.", fix="Use a token of scope 'write'.")
    if caller.scope == "run" and operation not in _FOR_A_RUN | _OF_ITS_OWN_RUN:
        raise Forbidden(
            "This token belongs to a run, which may only read and write datasets.", fix="Use a token of scope 'write' outside of a run."
        )


def check_limits(caller: Caller, operation: str) -> None:
    """Refuse what a narrowed token is not for.

    Raises
    ------
    Forbidden
        The token was made for other calls.
    """
    if caller.limits and (operation in _MAKES_OTHERS or not caller.limits.allows(operation)):
        named = ", ".join(caller.limits.verbs) or "some datasets"
        raise Forbidden(f"This token was made for {named} and does not do {operation}.", fix="Use a token that was made for it.")


def check_own(caller: Caller, operation: str, arguments: Mapping[str, Any]) -> None:
    """Refuse a narrowed token that would get hold of another one.

    Raises
    ------
    Forbidden
        It rotates another token than itself.
    """
    if operation == "users.rotate_token" and caller.limits and arguments["token_id"] != caller.token_id:
        raise Forbidden("A token that was narrowed rotates only itself.", fix="Sign in with your password.")


def check_run(caller: Caller, operation: str, arguments: Mapping[str, Any], log: RunLog) -> None:
    """Refuse the token of a run that is not going on, and what is about another run than its own or those it started. Blocks.

    Raises
    ------
    Forbidden
        The run does not exist or has ended, or the call is about another run.
    """
    assert caller.run_id is not None
    try:
        status = log.get(caller.run_id).status
    except RunNotFound:
        status = "failed"
    if status != "running":
        raise Forbidden("The run that this token belongs to is not going on.", fix="Use a token of scope 'write' outside of a run.")
    if operation in _OF_ITS_OWN_RUN and not _is_below(arguments["run_id"], caller.run_id, log):
        raise Forbidden("This token may see and stop only its own run.", fix="Use a token of scope 'write' outside of a run.")


def _is_below(run_id: str, top: str, log: RunLog) -> bool:
    current: str | None = run_id
    for _ in range(_DEEPEST):
        if current == top:
            return True
        if current is None:
            return False
        try:
            current = log.get(current).parent_id
        except NotFound:
            return False
    return False
