"""``workbench run`` and ``workbench pipelines``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from workbench.cli.commands.approvals import approvals, approve, reject
from workbench.cli.lazy import ListingGroup
from workbench.cli.output import json_option, open_workspace, say, show
from workbench.cli.statement import file_option, params_option, parse_params, read_statement
from workbench.core.wording import spoken
from workbench.pipelines.template_names import TemplateName

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from workbench.app.workspace import Workspace
    from workbench.jobs.queues import Queue
    from workbench.pipelines.records import Pipeline, PipelineRun, Source, Step, StepPreview

__all__ = ["ensure_worker", "pipelines", "run", "wait_option"]

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
@json_option
def run(name: str, pairs: tuple[str, ...], wait: bool, queue: Queue | None, priority: int | None, as_json: bool) -> int:
    """Run pipeline NAME on the durable queue. Ctrl-C stops watching, not the run."""
    workspace = open_workspace()
    ensure_worker(workspace)
    return _follow(workspace, workspace.pipelines.run(name, parse_params(pairs), False, queue, priority), wait, as_json)


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


@click.group(cls=ListingGroup, context_settings={"help_option_names": ["-h", "--help"]})
def pipelines() -> None:
    """Pipelines: folders of notebooks, SQL files and Python functions below notebooks/pipelines."""


for command in (approvals, approve, reject):
    pipelines.add_command(command)


@pipelines.command("list")
@json_option
def list_(as_json: bool) -> None:
    """All pipelines."""
    found = open_workspace().pipelines.list()

    def render(console: Console) -> None:
        from workbench.cli import style

        if not found:
            console.print("No pipelines yet. One is a folder with a pipeline.yaml below notebooks/pipelines.")
            return
        rows = [
            (p.name, len(p.steps), ", ".join(q.name for q in p.parameters), p.owner or "", ", ".join(p.tags), p.description.split("\n")[0])
            for p in found
        ]
        console.print(style.table(("pipeline", "steps", "parameters", "owner", "tags", "description"), rows, right=(1,)))

    show(found, as_json, render)


@pipelines.command("show")
@click.argument("name")
@json_option
def show_(name: str, as_json: bool) -> None:
    """One pipeline: parameters and steps."""
    found = open_workspace().pipelines.get(name)
    show(found, as_json, lambda console: _describe(console, found))


def _describe(console: Console, found: Pipeline) -> None:
    from workbench.cli import style

    console.print(found.name, style="bold")
    if found.description:
        console.print(found.description)
    for word, said in (("owner", found.owner), ("tags", ", ".join(found.tags)), ("runs", _line(found))):
        if said:
            console.print(f"{word}: {said}", style="dim")
    if found.parameters:
        rows = [(p.name, p.type, "required" if p.required else json.dumps(p.default, default=str), p.description) for p in found.parameters]
        console.print(style.table(("parameter", "type", "default", "description"), rows))
    steps = [(s.name, _runs(s), f"{s.output} ({s.mode})" if s.output else "", _begins(s), _tries(s)) for s in found.steps]
    console.print(style.table(("step", "file", "makes", "after", "attempts"), steps))


def _line(found: Pipeline) -> str:
    """When its runs are taken up, where that is not as most are."""
    most = f"at most {found.most_runs} at once" if found.most_runs else ""
    queue = f"queue {found.queue}" if found.queue != "normal" else ""
    return ", ".join(filter(None, (most, queue, f"priority {found.priority}" if found.priority else "")))


def _runs(step: Step) -> str:
    return f"waits for {', '.join(step.approve.by)}" if step.approve else step.function or step.file


def _begins(step: Step) -> str:
    ends = {"all_succeeded": "", "any_failed": " (any failed)", "all_ended": " (all ended)"}[step.when]
    return ", ".join(step.needs) + ends


def _tries(step: Step) -> str:
    limit = f"of {step.timeout:g} s" if step.timeout is not None else ""
    return " ".join(filter(None, (f"up to {step.retries + 1}" if step.retries or limit else "", limit)))


@pipelines.command()
@click.argument("name")
@click.option("--template", type=click.Choice(get_args(TemplateName)), default="empty", help="What it begins as (empty).")
@json_option
def new(name: str, template: TemplateName, as_json: bool) -> None:
    """Make pipeline NAME from a template, which runs as it is. `workbench pipelines templates` lists them."""
    found = open_workspace().pipelines.new(name, template)

    def render(console: Console) -> None:
        _describe(console, found)
        console.print(f"It is in {found.folder}. Start it with: workbench run {found.name}")

    show(found, as_json, render)


@pipelines.command()
@json_option
def templates(as_json: bool) -> None:
    """What a new pipeline can begin as."""
    found = open_workspace().pipelines.templates()

    def render(console: Console) -> None:
        from workbench.cli import style

        console.print(style.table(("template", "steps", "description"), [(t.name, ", ".join(t.steps), t.description) for t in found]))

    show(found, as_json, render)


@pipelines.command("add-step")
@click.argument("name")
@click.argument("step")
@click.argument("sql", required=False)
@file_option
@params_option
@click.option("--output", metavar="ZONE.NAME", help="The dataset that the rows of its SELECT become; without it the statements write.")
@click.option("--mode", type=click.Choice(["overwrite", "append", "upsert"]), default="overwrite", help="What becomes of older rows.")
@click.option("--keys", metavar="COLUMN,...", default="", help="By which columns --mode upsert knows a row.")
@click.option("--needs", metavar="STEP,...", default=None, help="Steps that must have succeeded before.")
@click.option("--description", default="", help="What it is for.")
@click.option("--replace", is_flag=True, help="Take the place of the step of that name.")
@click.option("--preview", is_flag=True, help="Only show what it would change, with the steps it seems to need.")
@json_option
def add_step(
    name: str,
    step: str,
    sql: str | None,
    file: Path | None,
    pairs: tuple[str, ...],
    as_json: bool,
    keys: str,
    needs: str | None,
    preview: bool,
    **said: Any,
) -> None:
    """Put a step of SQL into pipeline NAME, which is made where there is none. A -p becomes a parameter that it lacks."""
    statement, verbs = read_statement(sql, file), open_workspace().pipelines
    said |= {"keys": _names(keys), "params": parse_params(pairs)}
    listed = None if needs is None else _names(needs)
    if preview:
        looked = verbs.preview_step(name, step, statement, needs=listed, **said)
        show(looked, as_json, lambda console: _changes(console, looked))
        return
    found = verbs.add_step(name, step, statement, needs=listed or (), **said)
    show(found, as_json, lambda console: _describe(console, found))


def _changes(console: Console, looked: StepPreview) -> None:
    from difflib import unified_diff

    old, new = (looked.before or "").splitlines(), looked.after.splitlines()
    for line in unified_diff(old, new, looked.path, looked.path, lineterm=""):
        console.print(line, style={"+": "green", "-": "red"}.get(line[0]), markup=False, highlight=False)
    if looked.needs:
        console.print(f"It begins after {', '.join(looked.needs)}: --needs {','.join(looked.needs)}")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


@pipelines.command()
@click.argument("run_id")
@_over_option
@click.option("--steps", metavar="STEP,...", default=None, help="From these steps, instead of those that failed.")
@_source_option
@click.option("--dependents/--alone", default=True, help="With --steps: with those that need them (the default), or without.")
@wait_option
@json_option
def repair(run_id: str, pairs: tuple[str, ...], steps: str | None, source: Source, dependents: bool, wait: bool, as_json: bool) -> int:
    """Carry run RUN_ID out again from the steps that failed. What has succeeded is not repeated."""
    workspace = open_workspace()
    ensure_worker(workspace)
    chosen = None if steps is None else _names(steps)
    return _follow(workspace, workspace.pipelines.repair(run_id, parse_params(pairs), chosen, source, dependents, False), wait, as_json)


@pipelines.command()
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


@pipelines.command("run-notebook")
@click.argument("path")
@click.option("-p", "--param", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter of its cell tagged parameters.")
@wait_option
@json_option
def run_notebook(path: str, pairs: tuple[str, ...], wait: bool, as_json: bool) -> int:
    """Run the notebook at PATH (below the workspace's folder) on the durable queue, as it is now."""
    workspace = open_workspace()
    ensure_worker(workspace)
    return _follow(workspace, workspace.pipelines.run_notebook(path, parse_params(pairs), False), wait, as_json)


@pipelines.command()
@click.argument("first")
@click.argument("second")
@json_option
def diff(first: str, second: str, as_json: bool) -> None:
    """What run SECOND has other than run FIRST: parameters, data, code, figures, each cell's output, times."""
    from workbench.cli.run_diff import render

    found = open_workspace().pipelines.diff(first, second)
    show(found, as_json, lambda console: render(console, found))


@pipelines.command()
@click.argument("name")
@click.argument("run_id")
@json_option
def status(name: str, run_id: str, as_json: bool) -> None:
    """A run of pipeline NAME with its steps."""
    found = open_workspace().pipelines.status(name, run_id)
    show(found, as_json, lambda console: _render(console, found))


@pipelines.command()
@click.argument("name")
@json_option
def publish(name: str, as_json: bool) -> None:
    """Keep pipeline NAME as it is now: the version that its schedules run."""
    found = open_workspace().pipelines.publish(name)
    show(found, as_json, lambda console: console.print(f"Version {found.number} of {name} is what its schedules run."))


@pipelines.command()
@click.argument("name")
@json_option
def versions(name: str, as_json: bool) -> None:
    """What was published of pipeline NAME, and which files differ from the working ones."""
    found = open_workspace().pipelines.versions(name)

    def render(console: Console) -> None:
        from workbench.cli import style

        if not found:
            console.print(f"Nothing is published. Do so: workbench pipelines publish {name}")
            return
        rows = [(v.number, style.moment(v.at), v.by, ", ".join(v.differs) or "nothing") for v in found]
        console.print(style.table(("version", "published", "by", "differs in"), rows, right=(0,)))

    show(found, as_json, render)
