"""Verbs by name with JSON in and out: what REST is to a browser, for a widget's messages."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError

from workbench.app.protocol import NAMESPACES
from workbench.app.verbs import Verb, verbs_of
from workbench.app.workspace import Workspace
from workbench.core.errors import InvalidInput, WorkbenchError
from workbench.core.telemetry import get_logger
from workbench.core.wording import in_words_of

__all__ = ["Bridge", "error_body"]

log = get_logger("panels")

VERBS: dict[str, Verb] = {
    f"{noun}.{verb.name}": verb for noun, protocol in NAMESPACES.items() for verb in verbs_of(protocol) if verb.transport == "json"
}


class Bridge:
    """Calls a workspace's verbs. Answers are the same JSON as the REST API's, as text: 64-bit ids stay exact in it."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def call(self, name: str, arguments: dict[str, Any]) -> str:
        """Carry out ``noun.verb``.

        Raises
        ------
        InvalidInput
            There is no such verb, or an argument is missing, unknown or of the wrong type.
        WorkbenchError
            Whatever the verb raises.
        """
        verb = VERBS.get(name)
        if verb is None:
            raise InvalidInput(f"A panel cannot call {name!r}.", fix="Update the workbench, then restart the kernel.")
        noun = name.split(".")[0]
        result = getattr(getattr(self.workspace, noun), verb.name)(**_checked(verb, arguments))
        return dump(verb.result, result)


def dump(kind: Any, value: Any) -> str:
    """A verb's result as JSON text."""
    return TypeAdapter(kind).dump_json(value, context={"face": "rest"}).decode()


def error_body(error: Exception) -> str:
    """The one JSON error shape as text. What is not ours is logged, and told without its words."""
    if isinstance(error, WorkbenchError):
        return json.dumps(in_words_of(error.to_body(), "rest"))
    log.error("a panel's call failed", exc_info=error)
    told = WorkbenchError("Something went wrong inside the workbench.", fix="Try again; if it stays, run `workbench doctor` in a terminal.")
    return json.dumps(in_words_of(told.to_body(), "rest"))


def _checked(verb: Verb, arguments: dict[str, Any]) -> dict[str, Any]:
    known = {p.name: p for p in verb.parameters}
    unknown = sorted(set(arguments) - set(known))
    if unknown:
        raise InvalidInput(f"{verb.name} takes no argument {unknown[0]!r}.", fix=f"It takes: {', '.join(known) or 'none'}.")
    missing = [name for name, p in known.items() if p.default is p.empty and name not in arguments]
    if missing:
        raise InvalidInput(f"{verb.name} needs {missing[0]!r}.", fix="Give it.")
    try:
        return {name: TypeAdapter(known[name].annotation).validate_python(value) for name, value in arguments.items()}
    except ValidationError as error:
        raise InvalidInput(f"An argument of {verb.name} is wrong: {error.errors()[0]['msg']}.", fix="Correct it.") from error
