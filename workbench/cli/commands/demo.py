"""``workbench demo``."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.output import say

__all__ = ["demo"]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path("demo"))
def demo(folder: Path) -> None:
    """Make a workspace with real data in FOLDER (./demo by default); again, it does nothing."""
    from workbench.app.demo import create_demo

    create_demo(folder, say)
