"""``workbench search``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.commands.views import kind_option
from workbench.cli.output import json_option, open_workspace, show

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.catalog.records import SearchHit

__all__ = ["search"]


@click.command()
@click.argument("words", nargs=-1)
@click.option("--limit", default=20, show_default=True)
@click.option("--zone", help="Only this zone.")
@click.option("--owner", help="Only what is theirs.")
@click.option("--tag", help="Only what has this tag.")
@click.option("--column", help="Only what has a column of this name.")
@click.option("--updated-since", metavar="TIME", help="Only what was written to since, for example 2026-01-31T00:00Z.")
@click.option("--min-quality", type=float, metavar="SCORE", help="Only what was assessed at least so good (0 to 1).")
@kind_option
@json_option
def search(words: tuple[str, ...], limit: int, as_json: bool, **filters: str | float | None) -> None:
    """Find datasets and views by name, columns, description, tags, owner or terms that match WORDS, best first; without WORDS, all that
    meet the options."""
    if not words and not any(value is not None for value in filters.values()):
        raise click.UsageError("Say what to look for: words, or an option such as --tag.")
    hits = open_workspace().catalog.search(" ".join(words), limit, **filters)  # type: ignore[arg-type]

    def render(console: Console) -> None:
        from workbench.cli import style

        if not hits:
            console.print(f"Nothing matches {' '.join(words)!r}." if words else "Nothing is so.")
            return
        rows = [
            (
                style.painted(h.dataset.name, style.ZONE, h.dataset.zone),
                _why(h),
                "view" if h.dataset.kind == "view" else style.count(h.dataset.rows),
            )
            for h in hits
        ]
        console.print(style.table(("dataset", "why", "rows"), rows, right=(2,)))

    show(hits, as_json, render)


def _why(hit: SearchHit) -> str:
    """Where each word was found, and that it was only something like it; a place is told once."""
    told: dict[tuple[str, str], list[str]] = {}
    for reason in hit.reasons:
        told.setdefault((reason.where, reason.text), []).extend([reason.word] if reason.how == "typo" else [])
    parts = []
    for (where, text), likenesses in told.items():
        found = where if where == "name" else f"{where} {text}"
        parts.append(f"{found} (like {', '.join(likenesses)})" if likenesses else found)
    return "; ".join(parts)
