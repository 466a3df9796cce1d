"""``workbench init``."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.output import json_option, say, show

__all__ = ["init"]


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", help="Its name; the folder's by default.")
@json_option
@click.pass_context
def init(ctx: click.Context, folder: Path | None, name: str | None, as_json: bool) -> None:
    """Make a workspace of FOLDER (the current one by default)."""
    from workbench.app import init as make

    target = folder or ctx.find_root().obj.get("path")
    workspace = make(target, name)
    status = workspace.system.status()
    show(status, as_json, lambda console: console.print(f"{status.root} is a workspace now."))
    if not as_json:
        say("Next: workbench ingest FILE, or workbench lab.")
