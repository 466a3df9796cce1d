"""``workbench policy``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from workbench.cli.output import json_option, open_workspace, show
from workbench.cli.texts import text_of

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.governance.records import AccessReport, PolicyVersion

__all__ = ["policy"]


F = TypeVar("F", bound=Callable[..., Any])


def _somebody(command: F) -> F:
    """The options that say as whom, and by which policy."""
    for option in (
        click.option(
            "--draft", type=click.Path(path_type=Path, exists=True, dir_okay=False), default=None, help="By this file, not yet in force."
        ),
        click.option("--role", default=None, help="As anybody with this role."),
        click.option("--user", default=None, help="As this user."),
    ):
        command = option(command)
    return command


@click.group()
def policy() -> None:
    """Who may see what: roles, grants, masks, row filters."""


@policy.command("show")
@click.option("--version", type=int, default=None, help="An earlier version.")
@json_option
def show_(version: int | None, as_json: bool) -> None:
    """The policy in force, as the YAML that was given."""
    found = open_workspace().compliance.policy(version)
    show(found, as_json, lambda console: console.print(found.text.rstrip(), markup=False, highlight=False))


@policy.command("history")
@json_option
def history(as_json: bool) -> None:
    """All versions, newest first."""
    found = open_workspace().compliance.policies()

    def render(console: Console) -> None:
        from workbench.cli import style

        if not found:
            console.print("Nobody has written a policy: the built-in roles and grants hold. `workbench policy show` is where to begin.")
            return
        rows = [(str(each.version), style.moment(each.at), each.by, each.note) for each in found]
        console.print(style.table(("version", "at", "by", "note"), rows, right=(0,)))

    show(found, as_json, render)


@policy.command("check")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), default=Path("governance.yaml"))
@json_option
def check(file: Path, as_json: bool) -> None:
    """Whether FILE (governance.yaml) could be the policy; nothing is changed."""
    found = open_workspace().compliance.check(text_of(file))

    def render(console: Console) -> None:
        console.print(f"{file} is right; applied it would be version {found.version}.")
        _warn(console, found)

    show(found, as_json, render)


@policy.command("apply")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), default=Path("governance.yaml"))
@click.option("--note", default="", help="Why.")
@click.option("--base", type=int, default=None, help="Only if this is the version in force still.")
@json_option
def apply(file: Path, note: str, base: int | None, as_json: bool) -> None:
    """Put FILE (governance.yaml) in force, for everybody from the next request on."""
    found = open_workspace().compliance.apply(text_of(file), note, base)

    def render(console: Console) -> None:
        console.print(f"Version {found.version} of the policy is in force.")
        _warn(console, found)

    show(found, as_json, render)


@policy.command("roles")
@json_option
def roles(as_json: bool) -> None:
    """The roles there are: the built-in ones, and the policy's own."""
    found = open_workspace().compliance.roles()

    def render(console: Console) -> None:
        from workbench.cli import style

        rows = [(each.name, ", ".join(each.inherits), each.description) for each in found]
        console.print(style.table(("role", "inherits", ""), rows))

    show(found, as_json, render)


@policy.command("try")
@click.argument("name")
@_somebody
@json_option
def try_(name: str, user: str | None, role: str | None, draft: Path | None, as_json: bool) -> None:
    """What somebody sees of the dataset NAME, with the rule beside."""
    found = open_workspace().compliance.access(name, user, role, _text(draft))
    show(found, as_json, lambda console: _draw(console, found))


@policy.command("rows")
@click.argument("name")
@_somebody
@click.option("--limit", type=int, default=50, show_default=True, help="At most so many.")
@json_option
def rows_(name: str, user: str | None, role: str | None, draft: Path | None, limit: int, as_json: bool) -> None:
    """The first rows of the dataset NAME as somebody sees them."""
    found = open_workspace().compliance.rows(name, user, role, limit, _text(draft))

    def render(console: Console) -> None:
        from workbench.cli.rows import render_rows

        if found.columns:
            render_rows(console, found)
        else:
            console.print(f"Nothing of {name} is seen.", highlight=False)

    show(found, as_json, render)


def _warn(console: Console, found: PolicyVersion) -> None:
    """What meets nothing there is."""
    for each in found.warnings:
        where = f"Line {each.line}" if each.line else each.place
        words = " ".join(filter(None, (f"{where}: {each.message}", each.fix)))
        console.print(words, style="yellow", markup=False, highlight=False, soft_wrap=True)


def _text(draft: Path | None) -> str | None:
    return None if draft is None else text_of(draft)


def _draw(console: Console, found: AccessReport) -> None:
    from workbench.cli import style

    rows = [(c.name, c.state, f"{c.mask.kind}" if c.mask else "", ", ".join(c.rules), c.source or "") for c in found.columns]
    console.print(f"{found.dataset} as {found.who} sees it, by version {found.version} of the policy:", highlight=False)
    console.print(style.table(("column", "", "mask", "by", "made of"), rows))
    for each in found.filters:
        what = "No rows" if each.lost else f"Only rows where {each.where}"
        made = f", for they were made of {each.source}'s" if each.source else ""
        console.print(f"{what}{made}, by {each.rule}.", markup=False, highlight=False)
    if not found.allowed:
        console.print(found.reasons[0], markup=False, highlight=False)
