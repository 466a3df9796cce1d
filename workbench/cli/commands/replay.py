"""``workbench replay``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.commands.pipeline_runs import ensure_worker, wait_option
from workbench.cli.output import json_option, open_workspace, show

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.app.workspace import Workspace
    from workbench.runs.records import Run

__all__ = ["debug", "replay"]

_POLL = 0.25


@click.command()
@click.argument("run_id")
@wait_option
@json_option
def replay(run_id: str, wait: bool, as_json: bool) -> int:
    """Carry run RUN_ID of a pipeline out once more, on the snapshots that it read, and say whether it gives the same. Nothing of it stays.

    Exits with 1 where something differs, or the replay failed."""
    workspace = open_workspace()
    ensure_worker(workspace)
    found = _ended(workspace, workspace.pipelines.replay(run_id, False), wait)
    show(found, as_json, lambda console: _render(console, found))
    return 0 if not wait or found.attributes.get("same") else 1


def _ended(workspace: Workspace, found: Run, wait: bool) -> Run:
    from workbench.runs.records import TERMINAL

    while wait and found.status not in TERMINAL:
        time.sleep(_POLL)
        found = workspace.runs.get(found.id)
    return found


@click.command()
@click.argument("run_id")
@click.argument("step", required=False)
@wait_option
@json_option
def debug(run_id: str, step: str | None, wait: bool, as_json: bool) -> int:
    """Make a place to look for what is wrong with a step of run RUN_ID: the first that failed, or STEP.

    Its notebook stands there with the step's parameters, beside copies of the datasets as the step found them. What is written goes to the
    copies only; they are removed when the notebook's kernel ends."""
    workspace = open_workspace()
    ensure_worker(workspace)
    found = _ended(workspace, workspace.pipelines.debug(run_id, step, False), wait)
    show(found, as_json, lambda console: _debugging(console, found))
    return 0 if not wait or found.status == "succeeded" else 1


def _debugging(console: Console, found: Run) -> None:
    if found.error is not None:
        console.print(found.error.message, style="red")
    elif "path" not in found.attributes:
        console.print(f"{found.job} is {found.status}: {found.id}")
    else:
        told = found.attributes
        console.print(
            f"Open {told['path']} in JupyterLab, choose cell {told['number']}, and Run > Run All Above Selected Cell.", markup=False
        )
        for note in told["notes"]:
            console.print(note, style="dim", markup=False)


def _render(console: Console, found: Run) -> None:
    if found.error is not None:
        console.print(found.error.message, style="red")
    if "same" not in found.attributes:
        console.print(f"{found.job} is {found.status}: {found.id}")
        return
    cells = "" if found.attributes["cells_same"] else " Some cells show something else."
    console.print(f"It gives {'the same' if found.attributes['same'] else 'something else'}.{cells}", style="bold")
    for each in found.attributes["differences"]:
        console.print(_told(each), markup=False)
    for note in found.attributes["notes"]:
        console.print(note, style="dim", markup=False)


def _told(each: dict[str, Any]) -> str:
    if each["what"] == "status":
        return f"Step {each['step']} {each['then']} then, and {each['now']} now: {each.get('error', {}).get('message', '')}".rstrip(": ")
    if each["what"] == "values":
        return f"Step {each['step']} gave other values: {', '.join(each['names'])}"
    if each["what"] == "cell":
        return f"Step {each['step']}, cell {each['number']} shows something else"
    more = {
        "row count": f"{each.get('then')} then, {each.get('now')} now",
        "rows": f"{each.get('rows')}, first column {each.get('column')}",
    }
    said = more.get(each["difference"], ", ".join(each.get("columns", ())))
    return f"{each['dataset']} (step {each['step']}), {each['difference']}{': ' + said if said else ''}"
