"""``workbench status``, ``doctor`` and ``config``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.commands.processes import render_processes
from workbench.cli.output import json_option, open_workspace, settings, show

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["config", "doctor", "status"]


@click.command()
@json_option
def status(as_json: bool) -> None:
    """What is here and what runs."""
    found = open_workspace().system.status()

    def render(console: Console) -> None:
        console.print(f"{found.name}  {found.root}", style="bold")
        console.print(f"workbench {found.version}, format {found.format}, as {found.principal}", style="dim")
        console.print(f"{found.datasets:,} datasets, {found.runs:,} runs, {found.queued:,} queued, {found.running:,} running")
        render_processes(console, found.processes)

    show(found, as_json, render)


@click.command()
@click.option("--rebuild", is_flag=True, help="Read every projection (runs, lineage, search) off the run log again.")
@click.option("--fix", "mend", is_flag=True, help="Mend what can be mended without harm.")
@json_option
def doctor(rebuild: bool, mend: bool, as_json: bool) -> int:
    """Check every part; ends with status 1 when one has failed."""
    from workbench.cli.style import busy

    if rebuild or mend:
        _mend(rebuild, mend, as_json)
    with busy("Looking"):
        found = open_workspace().system.health()

    def render(console: Console) -> None:
        from workbench.cli import style

        rows: list[tuple[Any, ...]] = []
        for check in found:
            rows.append((style.mark(check.status), check.check, check.message))
            if check.fix and check.status != "ok":
                rows.append(("", "", f"→ {check.fix}"))
        console.print(style.table(("", "check", ""), rows))

    show(found, as_json, render)
    return 1 if any(check.status == "failed" for check in found) else 0


def _mend(rebuild: bool, mend: bool, as_json: bool) -> None:
    from workbench.app.operations.mend import mend_harmless, rebuild_projections
    from workbench.app.services import Services
    from workbench.cli.output import say

    services = Services(settings())
    done = [*(rebuild_projections(services) if rebuild else ()), *(mend_harmless(services) if mend else ())]
    if not as_json:
        for line in done:
            say(line)


@click.command()
@json_option
def config(as_json: bool) -> None:
    """Each setting, its value and where it came from."""
    found = open_workspace().system.config()

    def render(console: Console) -> None:
        from workbench.cli import style

        rows = [(s.name, s.value, s.source, s.description) for s in found]
        console.print(style.table(("setting", "value", "from", "what it is"), rows))

    show(found, as_json, render)
