"""``workbench users``, ``workbench tokens`` and ``workbench me``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from workbench.cli.output import json_option, open_workspace, show
from workbench.cli.secrets import password_file_option, password_of
from workbench.core.errors import InvalidInput

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.core.principals import Principal
    from workbench.governance.records import User
    from workbench.governance.tokens import IssuedToken, Token

__all__ = ["me", "password", "tokens", "users"]

F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def users() -> None:
    """People and programs that the workspace knows."""


@users.command("list")
@json_option
def list_(as_json: bool) -> None:
    """All users, with roles and attributes."""
    found = open_workspace().users.list()
    show(found, as_json, lambda console: _draw(console, found))


_roles = click.option(
    "--role", "roles", multiple=True, help="viewer, analyst, engineer, service, admin, or one of the policy's. Several may be given."
)
_attributes = click.option(
    "--set", "attributes", multiple=True, metavar="KEY=VALUE", help="What row filters compare with; commas make a list: region=north,east."
)


@users.command("add")
@click.argument("name")
@_roles
@_attributes
@click.option("--display-name", default="", help="How the person is called.")
@click.option("--service", is_flag=True, help="A program, not a person.")
@click.option("--password", "asked", is_flag=True, help="Ask for a password, twice.")
@password_file_option
@json_option
def add(
    name: str,
    roles: tuple[str, ...],
    attributes: tuple[str, ...],
    display_name: str,
    service: bool,
    asked: bool,
    password_file: Any,
    as_json: bool,
) -> None:
    """Add the user NAME.

    Without a password nobody signs in by that name; tokens can be made all the same.

    \b
    workbench users add alice --role analyst --set regions=north,east --password
    workbench users token alice
    """
    password = password_of(password_file, twice=True) if asked or password_file else None
    made = open_workspace().users.add(name, roles, _pairs(attributes), display_name, "service" if service else "user", password)
    show(made, as_json, lambda console: _draw(console, (made,)))


@users.command("change")
@click.argument("name")
@_roles
@_attributes
@click.option("--display-name", default=None, help="How the person is called.")
@json_option
def change(name: str, roles: tuple[str, ...], attributes: tuple[str, ...], display_name: str | None, as_json: bool) -> None:
    """Change the user NAME: what is given replaces what was."""
    made = open_workspace().users.change(name, roles or None, _pairs(attributes) if attributes else None, display_name)
    show(made, as_json, lambda console: _draw(console, (made,)))


@users.command("disable")
@click.argument("name")
@json_option
def disable(name: str, as_json: bool) -> None:
    """Let the user NAME do nothing any more, whatever token is shown."""
    made = open_workspace().users.disable(name)
    show(made, as_json, lambda console: _draw(console, (made,)))


@users.command("enable")
@click.argument("name")
@json_option
def enable(name: str, as_json: bool) -> None:
    """Let the disabled user NAME in again."""
    made = open_workspace().users.enable(name)
    show(made, as_json, lambda console: _draw(console, (made,)))


@users.command("password")
@click.argument("name")
@password_file_option
@json_option
def set_password(name: str, password_file: Any, as_json: bool) -> None:
    """Give the user NAME another password. She is signed out everywhere; her tokens stay."""
    made = open_workspace().users.set_password(name, password_of(password_file, "New password", twice=True))
    show(made, as_json, lambda console: _draw(console, (made,)))


def _token_options(function: F) -> F:
    options = (
        click.option(
            "--scope", type=click.Choice(["read", "write"]), default="read", show_default=True, help="Whether it may change anything."
        ),
        click.option("--days", type=float, default=90, show_default=True, help="How long it holds."),
        click.option("--label", default="", help="What it is for."),
        click.option("--verb", "verbs", multiple=True, metavar="PATTERN", help="Only for calls of that name: query.run, query.*."),
        click.option("--dataset", "datasets", multiple=True, metavar="PATTERN", help="Only for datasets of that name: gold.sales, gold.*."),
    )
    for option in reversed(options):
        function = option(function)
    return function


@users.command("token")
@click.argument("name")
@_token_options
@json_option
def token(name: str, scope: Any, days: float, label: str, verbs: tuple[str, ...], datasets: tuple[str, ...], as_json: bool) -> None:
    """A new token in the name of the user NAME, shown this once."""
    _show_issued(open_workspace().users.issue_token(name, scope, days, label, verbs, datasets), as_json)


def _show_issued(issued: IssuedToken, as_json: bool) -> None:
    if as_json:
        show(issued, True, lambda console: None)
    else:
        # By itself on its line, to be copied or piped; where it goes is said beside.
        click.echo(issued.secret)
        click.echo("Give it as WORKBENCH_TOKEN, with WORKBENCH_URL. It is not shown again.", err=True)


@click.group()
def tokens() -> None:
    """Tokens that were given."""


@tokens.command("list")
@click.option("--user", default=None, help="Of this user only.")
@click.option("--mine", is_flag=True, help="My own only, and where I am signed in.")
@json_option
def list_tokens(user: str | None, mine: bool, as_json: bool) -> None:
    """Tokens, newest first; the tokens themselves are not kept."""
    verbs = open_workspace().users
    found = verbs.my_tokens() if mine else verbs.tokens(user)
    show(found, as_json, lambda console: _draw_tokens(console, found))


@tokens.command("new")
@_token_options
@json_option
def new_token(scope: Any, days: float, label: str, verbs: tuple[str, ...], datasets: tuple[str, ...], as_json: bool) -> None:
    """A new token of your own, for a program, shown this once. It never does more than you may."""
    _show_issued(open_workspace().users.new_token(scope, days, label, verbs, datasets), as_json)


@tokens.command("rotate")
@click.argument("token_id")
@json_option
def rotate(token_id: str, as_json: bool) -> None:
    """Give the token TOKEN_ID another secret, shown this once; the old one is useless from now on."""
    _show_issued(open_workspace().users.rotate_token(token_id), as_json)


@tokens.command("revoke")
@click.argument("token_id")
@json_option
def revoke(token_id: str, as_json: bool) -> None:
    """Make the token TOKEN_ID useless from now on. Who has found a token gives it in the place of its id."""
    found = open_workspace().users.revoke_token(token_id)
    show(found, as_json, lambda console: _draw_tokens(console, (found,)))


@click.command()
@click.option("--current-file", type=click.File(), help="Read the current password from the first line of a file, or of the input with -.")
@password_file_option
@json_option
def password(current_file: Any, password_file: Any, as_json: bool) -> None:
    """Change your own password. You are signed out everywhere; your tokens stay."""
    current = password_of(current_file, "Current password")
    made = open_workspace().users.change_password(current, password_of(password_file, "New password", twice=True))
    show(made, as_json, lambda console: _draw(console, (made,)))


@click.command()
@json_option
def me(as_json: bool) -> None:
    """Who you are to the workspace."""
    found = open_workspace().users.me()
    show(found, as_json, lambda console: console.print(_said(found), highlight=False))


def _said(found: Principal) -> str:
    known = [", ".join(found.roles) or "no role", *([_about(found.attributes)] if found.attributes else [])]
    return f"{found.name}: {'; '.join(known)}"


def _pairs(given: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in given:
        key, sign, value = pair.partition("=")
        if not sign:
            raise InvalidInput(f"{pair!r} is no attribute.", fix="Write KEY=VALUE: region=north, or region=north,east for a list.")
        found[key] = tuple(part.strip() for part in value.split(",")) if "," in value else value
    return found


def _draw(console: Console, found: Sequence[User]) -> None:
    from workbench.cli import style

    if not found:
        console.print("There are no users: whoever may read the workspace's files is its administrator. `workbench users add` makes one.")
        return
    rows = [(user.name, ", ".join(user.roles), _about(user.attributes), "disabled" if user.disabled_at else "") for user in found]
    console.print(style.table(("user", "roles", "attributes", ""), rows))


def _about(attributes: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={_value(value)}" for key, value in attributes.items())


def _value(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _draw_tokens(console: Console, found: Sequence[Token]) -> None:
    from workbench.cli import style

    if not found:
        console.print("No token has been given. `workbench users token NAME` gives one.")
        return
    rows = [(t.id, t.principal.name, _scope(t), t.name, _until(t), style.moment(t.used_at) if t.used_at else "never") for t in found]
    console.print(style.table(("id", "user", "scope", "for", "until", "last used"), rows))


def _scope(token: Token) -> str:
    return " ".join((token.scope, *token.limits.verbs, *token.limits.datasets))


def _until(token: Token) -> str:
    from workbench.core.clock import now

    if token.revoked_at:
        return "revoked"
    if not token.usable(now()):
        return "expired"
    return token.expires_at.date().isoformat() if token.expires_at else ""
