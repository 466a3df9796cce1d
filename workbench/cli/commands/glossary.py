"""``workbench catalog tag``, ``terms`` and the like: what people say about datasets and words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.commands.catalog import catalog
from workbench.cli.output import json_option, open_workspace, show

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.catalog.records import Term

__all__ = ["catalog"]


@catalog.command()
@click.argument("name")
@click.argument("tag")
@click.option("--column", help="Of this column instead.")
@json_option
def tag(name: str, tag: str, column: str | None, as_json: bool) -> None:
    """Put TAG on dataset NAME."""
    found = open_workspace().catalog.tag(name, tag, column)
    show(found, as_json, lambda console: console.print(f"{column or found.name} is tagged {tag}."))


@catalog.command()
@click.argument("name")
@click.argument("tag")
@click.option("--column", help="Of this column instead.")
@json_option
def untag(name: str, tag: str, column: str | None, as_json: bool) -> None:
    """Take TAG away from dataset NAME."""
    found = open_workspace().catalog.untag(name, tag, column)
    show(found, as_json, lambda console: console.print(f"{column or found.name} is not tagged {tag} any more."))


@catalog.command()
@json_option
def tags(as_json: bool) -> None:
    """Every tag, and how many have it."""
    found = open_workspace().catalog.tags()

    def render(console: Console) -> None:
        from workbench.cli import style

        rows = [(use.tag, use.datasets, use.columns) for use in found]
        console.print(style.table(("tag", "datasets", "columns"), rows, right=(1, 2)) if rows else "No tags yet.")

    show(found, as_json, render)


@catalog.command()
@json_option
def terms(as_json: bool) -> None:
    """The glossary."""
    found = open_workspace().catalog.terms()

    def render(console: Console) -> None:
        for term in found:
            _draw(console, term)
        if not found:
            console.print("The glossary is empty. Begin with: workbench catalog define TERM DEFINITION")

    show(found, as_json, render)


@catalog.command()
@click.argument("term")
@click.argument("definition")
@click.option("--new-name", help="What it is to be called from now on.")
@json_option
def define(term: str, definition: str, new_name: str | None, as_json: bool) -> None:
    """Add TERM to the glossary, or change what it says."""
    found = open_workspace().catalog.define_term(term, definition, new_name)
    show(found, as_json, lambda console: _draw(console, found))


@catalog.command("delete-term")
@click.argument("term")
@json_option
def delete_term(term: str, as_json: bool) -> None:
    """Delete TERM; `catalog edits` keeps what it said."""
    found = open_workspace().catalog.delete_term(term)
    show(found, as_json, lambda console: console.print(f"{found.name} is deleted."))


@catalog.command()
@click.argument("name")
@click.argument("term")
@click.option("--column", help="Link this column instead.")
@json_option
def link(name: str, term: str, column: str | None, as_json: bool) -> None:
    """Say that dataset NAME is what TERM means."""
    found = open_workspace().catalog.link_term(name, term, column)
    show(found, as_json, lambda console: _draw(console, found))


@catalog.command()
@click.argument("name")
@click.argument("term")
@click.option("--column", help="Of this column instead.")
@json_option
def unlink(name: str, term: str, column: str | None, as_json: bool) -> None:
    """Take such a link away."""
    found = open_workspace().catalog.unlink_term(name, term, column)
    show(found, as_json, lambda console: _draw(console, found))


@catalog.command()
@click.option("--name", help="Of this dataset.")
@click.option("--term", help="Of this term.")
@click.option("--limit", default=100, show_default=True)
@json_option
def edits(name: str | None, term: str | None, limit: int, as_json: bool) -> None:
    """What was said, by whom, and what stood there before; newest first."""
    found = open_workspace().catalog.edits(name, term, limit)

    def render(console: Console) -> None:
        from workbench.cli import style

        rows = [(style.moment(e.at), e.by, e.of, f"{e.what} {e.column or ''}".strip(), e.before or "", e.after or "") for e in found]
        console.print(style.table(("when", "who", "of", "what", "before", "after"), rows) if rows else "Nothing was said yet.")

    show(found, as_json, render)


def _draw(console: Console, term: Term) -> None:
    console.print(term.name, style="bold")
    console.print(f"  {term.definition}")
    for linked in term.links:
        console.print(f"  -> {linked.dataset}{f'.{linked.column}' if linked.column else ''}", style="dim")
