"""What commands that list things and those that show one have in common about views."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from workbench.cli.output import show

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.catalog.view_records import ViewColumn, ViewPage

__all__ = ["kind_option", "show_view"]

F = TypeVar("F", bound=Callable[..., Any])


def kind_option(command: F) -> F:
    """``--kind dataset | view``."""
    return click.option("--kind", type=click.Choice(["dataset", "view"]), help="Only datasets, or only views.")(command)


def show_view(view: ViewPage, as_json: bool) -> None:
    """A view in full."""

    def render(console: Console) -> None:
        from workbench.cli import style

        console.print(style.painted(view.name, style.ZONE, view.zone))
        if view.description:
            console.print(view.description)
        facts = ["view", *([f"written {style.moment(view.at)} by {view.by}"] if view.at else [])]
        facts += [f"owner {view.owner}"] * bool(view.owner)
        facts += [f"reads {', '.join(each.name for each in view.reads)}"] * bool(view.reads)
        console.print(" · ".join(facts), style="dim")
        if not view.readable:
            console.print(f"It cannot be read: {view.problem or 'it reads what is gone, or is not granted to you'}.".replace("..", "."))
        if view.columns:
            console.print(style.table(("column", "type", ""), [(c.name, c.type, _masked(c)) for c in view.columns]))
        if view.sql is not None:
            console.print()
            console.print(view.sql, markup=False, highlight=False)

    show(view, as_json, render)


def _masked(column: ViewColumn) -> str:
    return f"masked: {', '.join(f'{each.dataset}.{each.column}' for each in column.made_of)}" if column.masked else ""
