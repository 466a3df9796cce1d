"""``workbench schema``: a dataset's columns over time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from workbench.cli.commands.datasets import changes_of, changing
from workbench.cli.output import json_option, open_workspace, show

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.catalog.records import SchemaChange

__all__ = ["schema"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def schema() -> None:
    """Columns over time. NAME is a dataset."""


@schema.command()
@click.argument("name")
@json_option
def history(name: str, as_json: bool) -> None:
    """Every schema it has had, newest first."""
    found = open_workspace().catalog.schema_history(name)

    def render(console: Console) -> None:
        from workbench.cli import style

        for each in found:
            console.print(f"version {each.version}, {len(each.columns)} columns, since {style.moment(each.since)}", style="bold")
            _changes(console, each.changes)

    show(found, as_json, render)


@schema.command()
@click.argument("name")
@click.argument("a")
@click.argument("b", default="")
@json_option
def compare(name: str, a: str, b: str, as_json: bool) -> None:
    """What leads from A to B (each a version, a snapshot, a branch or a tag; without B: to the current one)."""
    found = open_workspace().catalog.schema_compare(name, a, b)

    def render(console: Console) -> None:
        _changes(console, found.changes)
        if not found.changes:
            console.print("They are the same.")

    show(found, as_json, render)


@schema.command()
@click.argument("name")
@changing
@json_option
def impact(name: str, add: tuple[str, ...], renames: tuple[str, ...], widen: tuple[str, ...], drop: tuple[str, ...], as_json: bool) -> None:
    """Who would feel changes, if they were made."""
    found = open_workspace().catalog.schema_impact(name, changes_of(add, renames, widen, drop))

    def render(console: Console) -> None:
        from workbench.cli import style

        _changes(console, found.changes)
        rows = [(r.kind, r.name, ", ".join(r.columns) or "not known", r.runs, style.moment(r.last_at)) for r in found.readers]
        if rows:
            console.print(style.table(("", "who", "reads", "runs", "last"), rows, right=(3,)))
        else:
            console.print("Nobody would feel it.")

    show(found, as_json, render)


def _changes(console: Console, changes: Iterable[SchemaChange]) -> None:
    for change in changes:
        whole = change.kind in ("added", "dropped")
        what = change.after or change.before if whole else f"{change.before or ''} -> {change.after or ''}"
        console.print(f"  {change.kind} {change.column}: {what}{'' if change.safe else '  (breaks who reads it)'}")
