"""One value, shown to a person or printed as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.app.workspace import Workspace
    from workbench.core.config import Settings

__all__ = ["ask", "json_option", "jsonable", "names_of", "open_workspace", "say", "settings", "show"]

F = TypeVar("F", bound=Callable[..., Any])


def json_option(function: F) -> F:
    """The option ``--json``, as the argument ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, the same as REST.")(function)


def names_of(text: str | None) -> tuple[str, ...]:
    """Names with commas between them.

    >>> names_of("id, day"), names_of(None)
    (('id', 'day'), ())
    """
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def open_workspace() -> Workspace:
    """The workspace the command line is about."""
    from workbench.app import open as open_

    given = click.get_current_context().find_root().obj or {}
    workspace = open_(given.get("path"), url=given.get("url"))
    if not given.get("url"):
        from workbench.app.local import LocalWorkspace

        if isinstance(workspace, LocalWorkspace):
            workspace.services.lasting = False
    return workspace


def settings() -> Settings:
    """The settings of the workspace on this machine.

    Raises
    ------
    InvalidInput
        The command is about processes or files, and the workspace is behind a URL.
    """
    import os

    from workbench.core.config import load_settings
    from workbench.core.errors import InvalidInput

    given = click.get_current_context().find_root().obj or {}
    if given.get("url") or (os.environ.get("WORKBENCH_URL") and not given.get("path")):
        raise InvalidInput("This needs the workspace's own machine.", fix="Run it there, without --url and WORKBENCH_URL.")
    from pathlib import Path

    from workbench.app import log_to_file

    found = load_settings(Path(given["path"]) if given.get("path") else None)
    log_to_file(found)
    return found


def jsonable(value: Any) -> Any:
    """A verb's result as JSON types, as REST gives it."""
    from pydantic import BaseModel

    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", context={"face": "rest"})
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, dict):
        return {key: jsonable(item) for key, item in value.items()}
    return value


def show(value: Any, as_json: bool, render: Callable[[Console], None]) -> None:
    """Print a value as JSON, or let ``render`` draw it."""
    if as_json:
        print(json.dumps(jsonable(value), indent=2, ensure_ascii=False))
        return
    from workbench.cli.style import console

    render(console())


def say(text: str) -> None:
    """A line for the person, on standard error, so that output can be piped."""
    from workbench.core.texts import on_screen

    print(on_screen(text), file=sys.stderr)


def ask(question: str, yes: bool) -> None:
    """Ask before something that cannot be taken back; without a terminal ``--yes`` is needed."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} Say so with --yes.")
    click.confirm(question, abort=True, err=True)
