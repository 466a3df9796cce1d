"""``workbench ingest``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from workbench.cli.output import json_option, open_workspace, say, show

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.app.protocol import FileMode

__all__ = ["ingest"]


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--name", help="The dataset's name; the file's by default. For one file only.")
@click.option("--zone", default="bronze", show_default=True)
@click.option("--mode", type=click.Choice(["create", "append", "overwrite"]), default="create", show_default=True)
@click.option("--force", is_flag=True, help="Also when the same content was taken before.")
@json_option
def ingest(files: tuple[Path, ...], name: str | None, zone: str, mode: str, force: bool, as_json: bool) -> None:
    """Take FILES (CSV, TSV, Parquet, JSON, NDJSON, Excel) into tables.

    With --json one file gives one report, several give a list.
    """
    if name and len(files) > 1:
        raise click.UsageError("--name is for one file.")
    from workbench.cli.style import busy

    workspace = open_workspace()
    reports = []
    for file in files:
        with busy(f"Reading {file.name}"):
            reports.append(workspace.query.ingest(file, name, zone, cast("FileMode", mode), force))
        for warning in reports[-1].warnings:
            say(f"{file.name}: {warning}")

    def render(console: Console) -> None:
        from workbench.cli import style

        rows = [
            (
                r.source,
                style.painted(r.dataset, style.ZONE, r.zone),
                style.count(r.rows),
                style.count(r.rejected),
                _what(r.unchanged, r.created),
            )
            for r in reports
        ]
        console.print(style.table(("file", "dataset", "rows", "rejected", ""), rows, right=(2, 3)))

    show(reports[0] if len(reports) == 1 else reports, as_json, render)


def _what(unchanged: bool, created: bool) -> str:
    return "taken before, nothing written" if unchanged else "new" if created else "written"
