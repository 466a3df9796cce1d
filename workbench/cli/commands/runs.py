"""``workbench runs`` and ``workbench events``."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from workbench.cli.lazy import ListingGroup
from workbench.cli.output import json_option, jsonable, open_workspace, show
from workbench.cli.rows import save_text
from workbench.core.wording import spoken

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.app.workspace import Workspace
    from workbench.runs.records import DatasetIO, Run, RunEvent, RunStatus

__all__ = ["all_events", "runs"]

_STATUS = ["queued", "running", "succeeded", "failed", "cancelled", "skipped"]


@click.group(cls=ListingGroup, context_settings={"help_option_names": ["-h", "--help"]})
def runs() -> None:
    """Runs: what was done, by whom, with what."""


@runs.command("list")
@click.option("--kind")
@click.option("--status", type=click.Choice(_STATUS))
@click.option("--job")
@click.option("--limit", default=50, show_default=True)
@json_option
def list_(kind: str | None, status: str | None, job: str | None, limit: int, as_json: bool) -> None:
    """Runs, newest first."""
    found = open_workspace().runs.list(kind, cast("RunStatus | None", status), job, limit)

    def render(console: Console) -> None:
        from workbench.cli import style

        if not found:
            console.print("No runs yet.")
            return
        rows = [(r.id, style.mark(_status(r)), r.kind, _short(r.job), r.principal, style.moment(_when(r)), _took(r)) for r in found]
        console.print(style.table(("run", "status", "kind", "job", "who", "when", "took"), rows, right=(6,)))

    show(found, as_json, render)


def _status(run: Run) -> str:
    return "open" if run.is_open_session else run.status


def _when(run: Run) -> Any:
    return run.ended_at or run.started_at or run.queued_at


def _took(run: Run) -> str:
    if run.started_at is None or run.ended_at is None:
        return ""
    return f"{(run.ended_at - run.started_at).total_seconds():.1f} s"


def _short(text: str, width: int = 50) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def executed_at(workspace: Workspace, run: Run) -> Path | None:
    """The executed notebook of a step's run, where the workspace is on this machine."""
    from workbench.app.local import LocalWorkspace

    if run.kind != "step" or not isinstance(workspace, LocalWorkspace):
        return None
    from workbench.pipelines.snapshot import notebook_file

    return notebook_file(workspace.settings, run)


def show_run(run: Run, as_json: bool, notebook: Path | None = None) -> None:
    """One run in full."""

    def render(console: Console) -> None:
        from workbench.cli import style

        console.print(style.mark(_status(run)), run.kind, _short(run.job, 100))
        console.print(f"{run.id} · {run.principal} · {style.moment(_when(run))} {_took(run)}".rstrip(), style="dim")
        if run.params:
            console.print(f"parameters: {json.dumps(run.params, ensure_ascii=False)}")
        for word, sides in (("read", run.inputs), ("wrote", run.outputs)):
            for side in sides:
                console.print(f"{word:>6} {_io(side)}")
        for name, value in run.metrics.items():
            console.print(f"       {name} = {value:g}", style="dim")
        if notebook is not None:
            console.print(f"the executed notebook: {notebook}")
        if run.error:
            console.print(spoken(run.error.message, "command line"), style="red")
            if run.error.fix:
                console.print(spoken(run.error.fix, "command line"))

    show(run, as_json, render)


def _io(side: DatasetIO) -> str:
    branch = "" if side.branch == "main" else f"#{side.branch}"
    snapshot = "" if side.snapshot_id is None else f"@{side.snapshot_id}"
    rows = "" if side.rows is None else f"  {side.rows:,} rows"
    return f"{side.name}{branch}{snapshot}{rows}"


@runs.command("show")
@click.argument("run_id")
@json_option
def show_(run_id: str, as_json: bool) -> None:
    """One run."""
    workspace = open_workspace()
    run = workspace.runs.get(run_id)
    show_run(run, as_json, executed_at(workspace, run))


@runs.command()
@click.argument("run_id")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write a copy to this file.")
@json_option
def notebook(run_id: str, output: Path | None, as_json: bool) -> None:
    """Where the executed notebook of a pipeline's step is (--json: its content)."""
    workspace = open_workspace()
    found = workspace.runs.notebook(run_id)
    if output is not None:
        save_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", output)
    show(found, as_json, lambda console: console.print(str(output or executed_at(workspace, workspace.runs.get(run_id)) or "Add -o FILE.")))


@runs.command()
@click.argument("run_id")
@json_option
def cancel(run_id: str, as_json: bool) -> None:
    """Stop it: what is queued never starts, a running kernel is killed."""
    show_run(open_workspace().runs.cancel(run_id), as_json)


@runs.command()
@click.argument("run_id")
@json_option
def events(run_id: str, as_json: bool) -> None:
    """Its events, in order."""
    found = open_workspace().runs.events(run_id)
    show(found, as_json, lambda console: _print_events(console, found))


def _print_events(console: Console, found: tuple[RunEvent, ...]) -> None:
    from workbench.cli import style

    if not found:
        console.print("No events.")
        return
    rows = [
        (str(e.seq), e.at.strftime("%Y-%m-%d %H:%M:%S"), e.type, e.run_id, _short(json.dumps(e.body, ensure_ascii=False), 80))
        for e in found
    ]
    console.print(style.table(("seq", "at (UTC)", "event", "run", ""), rows, right=(0,)))


@click.command("events")
@click.option("--after", default=0, show_default=True, help="Only those after this number.")
@click.option("--limit", default=500, show_default=True)
@click.option("--follow", is_flag=True, help="Stay and print what comes, one JSON object a line with --json.")
@json_option
def all_events(after: int, limit: int, follow: bool, as_json: bool) -> None:
    """What happened, in order."""
    workspace = open_workspace()
    found = workspace.system.events(after, limit)
    if not follow:
        show(found, as_json, lambda console: _print_events(console, found))
        return
    while True:
        for event in found:
            if as_json:
                print(json.dumps(jsonable(event), ensure_ascii=False), flush=True)
            else:
                print(f"{event.seq:>6} {event.at:%Y-%m-%d %H:%M:%S} {event.type:<18} {event.run_id}", flush=True)
            after = event.seq
        time.sleep(0.5)
        found = workspace.system.events(after, limit)
