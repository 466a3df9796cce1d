"""``workbench login`` and ``workbench logout``."""

from __future__ import annotations

import os
from typing import Any

import click

from workbench.cli.output import json_option, say, show
from workbench.cli.secrets import password_file_option, password_of
from workbench.cli.texts import first_line
from workbench.core.errors import InvalidInput

__all__ = ["login", "logout"]


@click.command()
@click.argument("url", required=False)
@click.option("--name", help="Who you are there; asked for otherwise.")
@password_file_option
@click.option("--token-file", type=click.File(), help="Keep a token instead: the first line of a file, or of the standard input with -.")
@click.option("--insecure", is_flag=True, help="Send it over an address that is not HTTPS.")
def login(url: str | None, name: str | None, password_file: Any, token_file: Any, insecure: bool) -> None:
    """Sign in to the server at URL (WORKBENCH_URL by default). What it gives is kept in a file that only you can read.

    \b
    workbench login https://lake.example.org
    export WORKBENCH_URL=https://lake.example.org
    """
    from workbench.app.signing import keep_token, sign_in

    address = _address(url)
    if token_file is not None:
        who, path = keep_token(address, first_line(token_file).strip(), insecure)
        say(f"The token of {who.name} is kept in {path}.")
        return
    name = name or str(click.prompt("Name", err=True))
    found, path = sign_in(address, name, password_of(password_file), insecure)
    say(f"Signed in as {found['name']} until {found['expires_at'][:16].replace('T', ' ')} UTC; kept in {path}.")


@click.command()
@click.argument("url", required=False)
@json_option
def logout(url: str | None, as_json: bool) -> None:
    """Sign out of the server at URL (WORKBENCH_URL by default)."""
    from workbench.app.signing import sign_out

    ended = sign_out(_address(url))
    show({"ended": ended}, as_json, lambda console: say("Signed out." if ended else "Nobody was signed in there."))


def _address(url: str | None) -> str:
    found = url or os.environ.get("WORKBENCH_URL")
    if not found:
        raise InvalidInput("It is not said where.", fix="Name the server: workbench login https://lake.example.org")
    return found
