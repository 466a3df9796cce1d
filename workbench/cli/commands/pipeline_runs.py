"""``workbench run``, and the commands of ``workbench pipelines`` that start runs and look at them."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import json_option, names_of, open_workspace, say, show
from workbench.cli.statement import parse_params
from workbench.core.errors import RunNotFound
from workbench.core.wording import spoken

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from workbench.app.workspace import Workspace
    from workbench.jobs.queues import Queue
    from workbench.pipelines.records import PipelineRun, RepairPreview, Source

__all__ = ["diff", "ensure_worker", "repair", "rerun", "run", "run_notebook", "status", "wait_option"]

_POLL = 0.25
wait_option = click.option("--wait/--detach", default=True, help="Stay until it has ended (the default), or return at once.")
_source_option = click.option(
    "--source",
    type=click.Choice(["pinned", "current"]),
    default="pinned",
    help="With the files that it was submitted with, or with the pipeline's as they are now.",
)
_over_option = click.option("-p", "--param", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter, over that of the run.")


@click.command()
@click.argument("name")
@click.option("-p", "--param", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter of the pipeline.")
@wait_option
@click.option("--queue", type=click.Choice(["high", "normal", "low"]), help="Instead of the pipeline's.")
@click.option("--priority", type=click.IntRange(0, 100), help="More goes first in its queue; instead of the pipeline's.")
@click.option("--version", type=click.IntRange(1), help="With the files of that published version.")
@json_option
def run(
    name: str, pairs: tuple[str, ...], wait: bool, queue: Queue | None, priority: int | None, version: int | None, as_json: bool
) -> int:
    """Run pipeline NAME on the durable queue. Ctrl-C stops watching, not the run."""
    workspace = open_workspace()
    ensure_worker(workspace)
    return _follow(workspace, workspace.pipelines.run(name, parse_params(pairs), False, queue, priority, version), wait, as_json)


def _follow(workspace: Workspace, started: PipelineRun, wait: bool, as_json: bool) -> int:
    """Show a run that was put on the queue, once it has ended; the exit code."""
    name = started.run.job
    if not wait:
        show(started, as_json, lambda console: console.print(f"{name} is queued: {started.run.id}"))
        return 0
    try:
        ended = _watch(workspace, name, started)
    except KeyboardInterrupt:
        say(f"It goes on without you. Look: workbench runs show {started.run.id}   Stop: workbench runs cancel {started.run.id}")
        return 130
    show(ended, as_json, lambda console: _render(console, ended))
    return {"succeeded": 0, "cancelled": 130}.get(ended.run.status, 1)


def ensure_worker(workspace: Workspace) -> None:
    from workbench.app.local import LocalWorkspace

    if isinstance(workspace, LocalWorkspace):
        from workbench.cli.style import busy
        from workbench.jobs.supervisor import up

        with busy("Starting the worker"):
            up(workspace.services.settings)


def _watch(workspace: Workspace, name: str, current: PipelineRun) -> PipelineRun:
    from workbench.runs.records import TERMINAL

    if sys.stderr.isatty():
        from rich.live import Live

        from workbench.cli.style import console

        with Live(_table(current), console=console(stderr=True), transient=True, auto_refresh=False) as live:
            while current.run.status not in TERMINAL:
                time.sleep(_POLL)
                current = workspace.pipelines.status(name, current.run.id)
                live.update(_table(current), refresh=True)
        return current
    said: dict[str, str] = {}
    while True:
        for step in current.steps:
            if said.get(step.id) != step.status and step.status != "queued":
                said[step.id] = step.status
                say(f"{step.job}: {step.status}")
        if current.run.status in TERMINAL:
            return current
        time.sleep(_POLL)
        current = workspace.pipelines.status(name, current.run.id)


def _table(current: PipelineRun) -> Table:
    from workbench.cli import style
    from workbench.core.clock import now

    rows: list[tuple[Any, ...]] = []
    for step in current.steps:
        took = "" if step.started_at is None else f"{((step.ended_at or now()) - step.started_at).total_seconds():.1f} s"
        wrote = ", ".join(side.name for side in step.outputs)
        rows.append((step.job, style.mark(step.status), took, wrote))
    return style.table(("step", "status", "took", "wrote"), rows, right=(2,))


def _render(console: Console, ended: PipelineRun) -> None:
    from workbench.cli import style

    console.print(_table(ended))
    console.print(style.mark(ended.run.status), ended.run.id)
    if any(step.started_at and "notebook" in step.attributes for step in ended.steps):
        console.print(f"Executed notebooks: .workbench/executed/{ended.run.id}", style="dim")
    if ended.page is not None:
        console.print(f"To share: {ended.page}", style="dim")
    if "ran_in" in ended.run.attributes:
        was, here = ended.run.attributes["environment"], ended.run.attributes["ran_in"]
        told = f"Python {was['python']} with {was['packages']} packages, carried out with Python {here['python']} and {here['packages']}"
        console.print(f"Another environment: submitted with {told}.", style="yellow")
    for step in ended.steps:
        if step.status == "skipped":
            console.print(f"{step.job} was skipped: {step.attributes.get('skipped', '')}", style="dim")
        elif step.attributes.get("attempts"):
            console.print(f"{step.job}: {style.counted(len(step.attributes['attempts']), 'attempt')} failed before this one", style="dim")
    if held := ended.run.attributes.get("unpublished"):
        console.print(
            f"Not published: {', '.join(held)}. See them as NAME#run-{ended.run.id}; repair the run, or run it anew.", style="dim"
        )
    for told in ended.run.attributes.get("repairs", ()):
        console.print(f"Repaired by {told['by']} at {told['at']}: {', '.join(told['steps'])}", style="dim")
    failed = next((step for step in ended.steps if step.status == "failed"), ended.run)
    if failed.error:
        console.print(failed.error.message, style="red")
        if failed.error.fix:
            console.print(spoken(failed.error.fix, "command line"))


@click.command()
@click.argument("run_id")
@_over_option
@click.option("--steps", metavar="STEP,...", default=None, help="From these steps, instead of those that failed.")
@_source_option
@click.option("--dependents/--alone", default=True, help="With --steps: with those that need them (the default), or without.")
@click.option("--preview", is_flag=True, help="Tell what would be carried out again, and do nothing.")
@wait_option
@json_option
def repair(
    run_id: str, pairs: tuple[str, ...], steps: str | None, source: Source, dependents: bool, preview: bool, wait: bool, as_json: bool
) -> int:
    """Carry run RUN_ID out again from the steps that failed. What has succeeded is not repeated."""
    workspace = open_workspace()
    chosen = None if steps is None else names_of(steps)
    said = (run_id, parse_params(pairs), chosen, source, dependents)
    if preview:
        looked = workspace.pipelines.preview_repair(*said)
        show(looked, as_json, lambda console: _planned(console, looked))
        return 0
    ensure_worker(workspace)
    return _follow(workspace, workspace.pipelines.repair(*said, False), wait, as_json)


def _planned(console: Console, looked: RepairPreview) -> None:
    for step in looked.steps:
        console.print(f"{step}: again{', what it wrote is made anew' if step in looked.anew else ''}", markup=False, highlight=False)
    for step in looked.kept:
        console.print(f"{step}: kept", style="dim", markup=False, highlight=False)
    if not looked.steps:
        console.print("No step is carried out again; what the run has written is published.")


@click.command()
@click.argument("run_id")
@_over_option
@_source_option
@wait_option
@json_option
def rerun(run_id: str, pairs: tuple[str, ...], source: Source, wait: bool, as_json: bool) -> int:
    """Start a new run with the parameters and the files of run RUN_ID."""
    workspace = open_workspace()
    ensure_worker(workspace)
    return _follow(workspace, workspace.pipelines.rerun(run_id, parse_params(pairs), source, False), wait, as_json)


@click.command("run-notebook")
@click.argument("path")
@click.option("-p", "--param", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter of its cell tagged parameters.")
@wait_option
@json_option
def run_notebook(path: str, pairs: tuple[str, ...], wait: bool, as_json: bool) -> int:
    """Run the notebook at PATH (below the workspace's folder) on the durable queue, as it is now."""
    workspace = open_workspace()
    ensure_worker(workspace)
    return _follow(workspace, workspace.pipelines.run_notebook(path, parse_params(pairs), False), wait, as_json)


@click.command()
@click.argument("first")
@click.argument("second")
@json_option
def diff(first: str, second: str, as_json: bool) -> None:
    """What run SECOND has other than run FIRST: parameters, data, code, figures, each cell's output, times."""
    from workbench.cli.run_diff import render

    found = open_workspace().pipelines.diff(first, second)
    show(found, as_json, lambda console: render(console, found))


@click.command()
@click.argument("name")
@click.argument("run_id", required=False)
@json_option
def status(name: str, run_id: str | None, as_json: bool) -> None:
    """A run of pipeline NAME with its steps: the last one where RUN_ID is not given."""
    workspace = open_workspace()
    if run_id is None:
        last = workspace.runs.list(kind="pipeline", job=name, limit=1)
        if not last:
            workspace.pipelines.get(name)  # says where there is none of that name
            raise RunNotFound(f"You see no run of {name} so far.", fix=f"`workbench run {name}` starts one.")
        run_id = last[0].id
    found = workspace.pipelines.status(name, run_id)
    show(found, as_json, lambda console: _render(console, found))
