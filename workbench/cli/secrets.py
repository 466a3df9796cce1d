"""Passwords and tokens on the command line: from a file or a prompt, never as an argument, which other people on the machine see."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TextIO, TypeVar

import click

from workbench.cli.texts import first_line
from workbench.core.errors import InvalidInput

__all__ = ["password_file_option", "password_of"]

F = TypeVar("F", bound=Callable[..., Any])


def password_file_option(function: F) -> F:
    """The option whose file :func:`password_of` reads."""
    words = "Read the password from the first line of a file, or of the standard input with -."
    return click.option("--password-file", type=click.File(), help=words)(function)


def password_of(file: TextIO | None, what: str = "Password", *, twice: bool = False) -> str:
    """The password in the first line of a file; without one it is asked for, ``twice`` where it is a new one. Where there is no
    terminal it is the next line of what is piped in.

    Raises
    ------
    InvalidInput
        The file, or what is piped in, has no such line.
    """
    if file is None and sys.stdin.isatty():
        return str(click.prompt(what, hide_input=True, confirmation_prompt=twice, err=True))
    if not (found := first_line(file or sys.stdin)):
        raise InvalidInput(f"No {what.lower()} came.", fix="Put it into the first line of a file, and name the file: --help says how.")
    return found
