"""``workbench catalog``: the catalog as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from workbench.cli.commands.views import show_view
from workbench.cli.output import json_option, open_workspace, show

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.catalog.records import DatasetFiles, Insight

__all__ = ["catalog"]

F = TypeVar("F", bound=Callable[..., Any])


def _by_pages(command: F) -> F:
    """What comes in parts: where to begin, and how many."""
    limited = click.option("--limit", default=200, show_default=True)(json_option(command))
    return click.option("--after", help="Begin behind this one.")(limited)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def catalog() -> None:
    """What is there, who uses it and what should be looked at."""


def _table(value: Any, as_json: bool, headings: tuple[str, ...], rows: list[tuple[Any, ...]], empty: str, right: tuple[int, ...]) -> None:
    def render(console: Console) -> None:
        from workbench.cli import style

        if rows:
            console.print(style.table(headings, rows, right=right))
        else:
            console.print(empty)

    show(value, as_json, render)


@catalog.command()
@click.argument("column")
@click.option("--zone", help="Only this zone.")
@click.option("--limit", default=50, show_default=True)
@json_option
def columns(column: str, zone: str | None, limit: int, as_json: bool) -> None:
    """Columns whose name is like COLUMN, best first."""
    found = open_workspace().catalog.search_by_column(column, zone, limit)
    rows = [(hit.dataset, hit.column, hit.type) for hit in found]
    _table(found, as_json, ("dataset", "column", "type"), rows, f"No column is like {column!r}.", ())


@catalog.command()
@click.argument("zone", required=False)
@click.option("--zone", "in_zone", help="The same.", hidden=True)
@click.option("--prefix", default="", help="What names begin with.")
@_by_pages
def tree(zone: str | None, in_zone: str | None, prefix: str, after: str | None, limit: int, as_json: bool) -> None:
    """The zones, or what is in ZONE."""
    found = open_workspace().catalog.tree(zone or in_zone, prefix, after, limit)
    below = ("zone", "group")
    rows = [
        (
            node.name + ("…" if node.kind == "group" else ""),
            node.datasets if node.kind in below else "",
            (node.views or "") if node.kind in below else "view" if node.kind == "view" else "",
        )
        for node in found.nodes
    ]
    _table(found, as_json, ("", "datasets", "views"), rows, "Nothing is here.", (1, 2))


@catalog.command()
@click.option("--days", default=30.0, show_default=True)
@click.option("--limit", default=20, show_default=True)
@json_option
def popular(days: float, limit: int, as_json: bool) -> None:
    """What most runs have read lately."""
    from workbench.cli import style

    found = open_workspace().catalog.popular(days, limit)
    rows = [(each.dataset, each.runs, each.people, style.moment(each.last_at)) for each in found]
    _table(found, as_json, ("dataset", "runs", "people", "last"), rows, "Nothing was read lately.", (1, 2))


@catalog.command()
@click.argument("name")
@json_option
def view(name: str, as_json: bool) -> None:
    """A view: its columns, what it reads, and its query."""
    show_view(open_workspace().catalog.view(name), as_json)


@catalog.command("describe-view")
@click.argument("name")
@click.option("--description", help="Markdown.")
@click.option("--owner")
@json_option
def describe_view(name: str, description: str | None, owner: str | None, as_json: bool) -> None:
    """Set the description or the owner of a view."""
    if description is None and owner is None:
        raise click.UsageError("Give --description, --owner or both.")
    show_view(open_workspace().catalog.describe_view(name, description, owner), as_json)


@catalog.command("used-with")
@click.argument("name")
@click.option("--limit", default=10, show_default=True)
@json_option
def used_with(name: str, limit: int, as_json: bool) -> None:
    """What is read together with NAME."""
    found = open_workspace().catalog.often_used_with(name, limit)
    rows = [(each.dataset, f"{each.runs} of {each.of}") for each in found]
    _table(found, as_json, ("dataset", "runs"), rows, f"Nothing is read together with {name}.", (1,))


def _insights(found: tuple[Insight, ...], as_json: bool) -> None:
    def render(console: Console) -> None:
        for each in found:
            console.print(each.message, style="bold")
            console.print(f"  {each.fix}")
            console.print(f"  {', '.join(each.datasets)}", style="dim")
        if not found:
            console.print("Nothing to look at.")

    show(found, as_json, render)


@catalog.command()
@click.option("--limit", default=20, show_default=True, help="Datasets named with each.")
@json_option
def insights(limit: int, as_json: bool) -> None:
    """What should be looked at."""
    _insights(open_workspace().catalog.insights(limit), as_json)


@catalog.command()
@click.argument("name")
@json_option
def recommendations(name: str, as_json: bool) -> None:
    """What would make NAME better."""
    _insights(open_workspace().catalog.recommendations(name), as_json)


@catalog.command()
@click.option("--days", default=30.0, show_default=True)
@json_option
def statistics(days: float, as_json: bool) -> None:
    """Counts and sums, by zone."""
    from workbench.cli import style

    found = open_workspace().catalog.statistics(days)
    rows = [
        (each.zone, each.datasets, each.columns, style.count(each.rows), style.size(each.bytes), each.described, each.owned)
        for each in found.zones
    ]
    headings = ("zone", "datasets", "columns", "rows", "size", "described", "owned")
    _table(found, as_json, headings, rows, "No datasets yet.", (1, 2, 3, 4, 5, 6))


@catalog.command()
@click.argument("path", default="")
@_by_pages
def storage(path: str, after: str | None, limit: int, as_json: bool) -> None:
    """The files below PATH: lake/... or workspace/..."""
    from workbench.cli import style

    found = open_workspace().catalog.storage(path, after, limit)
    rows = [
        (each.name + ("/" if each.kind == "folder" else ""), style.size(each.bytes), style.moment(each.modified_at), each.dataset or "")
        for each in found.entries
    ]
    _table(found, as_json, ("name", "size", "changed", "dataset"), rows, "Nothing is here.", (1,))


@catalog.command()
@click.argument("name")
@_by_pages
def files(name: str, after: str | None, limit: int, as_json: bool) -> None:
    """The files of the dataset NAME (or NAME#branch, NAME@snapshot), and where its folder could be smaller."""
    found = open_workspace().catalog.files(name, after, limit)
    show(found, as_json, lambda console: _draw_files(console, found))


def _draw_files(console: Console, found: DatasetFiles) -> None:
    from workbench.cli import style

    rows = [
        (file.path, file.kind, style.count(file.rows), style.size(file.bytes), file.partition or "", style.moment(file.added_at))
        for file in found.files
    ]
    console.print(style.table(("file", "holds", "rows", "size", "partition", "since"), rows, right=(2, 3)))
    console.print(f"{style.counted(found.count, 'file')}, {found.rows:,} rows, {style.size(found.bytes)}; {found.place}")
    if found.other_files:
        console.print(f"{style.counted(found.other_files, 'file')} more of earlier states and branches: {style.size(found.other_bytes)}")
    for saving in found.savings:
        console.print(f"{saving.message}{'' if saving.bytes is None else f' That frees {style.size(saving.bytes)}.'} {saving.fix}")
    if found.after:
        console.print(f"There is more: --after {found.after}", style="dim")


@catalog.command("quality-leaders")
@click.option("--limit", default=20, show_default=True)
@json_option
def quality_leaders(limit: int, as_json: bool) -> None:
    """What was assessed best (scores are rounded down)."""
    from workbench.cli import style

    found = open_workspace().catalog.quality_leaders(limit)
    rows = [(each.dataset, f"{int(each.score * 1000) / 1000:.3f}", style.moment(each.at)) for each in found]
    _table(found, as_json, ("dataset", "score", "assessed"), rows, "Nothing was assessed yet.", (1,))
