"""What commands that take a statement have in common; light, for others import it too."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from workbench.cli.texts import input_text, text_of

__all__ = ["file_option", "params_option", "parse_params", "read_statement"]


def read_statement(text: str | None, file: Path | None) -> str:
    """The statement itself, from a file, or (``-``) from standard input; exactly one of both is given."""
    if (text is None) == (file is None):
        raise click.UsageError("Give a statement, - for standard input, or --file.")
    if file is not None:
        return text_of(file)
    return input_text(sys.stdin) if text == "-" else str(text)


def parse_params(pairs: tuple[str, ...]) -> dict[str, Any] | None:
    """``-p month=6`` as ``{"month": 6}``: values are read as JSON where they are JSON, else as text."""
    result: dict[str, Any] = {}
    for pair in pairs:
        name, found, value = pair.partition("=")
        if not found or not name:
            raise click.UsageError(f"{pair!r} should look like name=value.")
        try:
            result[name] = json.loads(value)
        except ValueError:
            result[name] = value
    return result or None


def file_option(function: Any) -> Any:
    """The option whose file :func:`read_statement` reads."""
    kind = click.Path(path_type=Path, exists=True, dir_okay=False)
    return click.option("-f", "--file", type=kind, help="Read the statement from a file.")(function)


def params_option(function: Any) -> Any:
    """The option that :func:`parse_params` reads."""
    return click.option("-p", "--param", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter, $NAME in the statement.")(
        function
    )
