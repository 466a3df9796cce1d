"""Moments as people type them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

__all__ = ["moment_option"]

F = TypeVar("F", bound=Callable[..., Any])


def moment_option(name: str, **said: Any) -> Callable[[F], F]:
    """An option that takes a date and time with its zone; without one it is the time of this machine."""
    return click.option(name, metavar="TIME", callback=_moment, **said)


def _moment(context: click.Context, option: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"{text!r} is no time. Write 2026-01-31T12:00Z.") from error
    return found if found.tzinfo is not None else found.astimezone()
