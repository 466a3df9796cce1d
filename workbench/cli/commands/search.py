"""``workbench search``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.output import json_option, open_workspace, show

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["search"]


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", default=20, show_default=True)
@json_option
def search(words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find datasets whose name, columns or description match WORDS, best first."""
    hits = open_workspace().catalog.search(" ".join(words), limit)

    def render(console: Console) -> None:
        from workbench.cli import style

        if not hits:
            console.print(f"Nothing matches {' '.join(words)!r}.")
            return
        rows = [(style.painted(h.dataset.name, style.ZONE, h.dataset.zone), h.matched, h.text, style.count(h.dataset.rows)) for h in hits]
        console.print(style.table(("dataset", "matched", "text", "rows"), rows, right=(3,)))

    show(hits, as_json, render)
