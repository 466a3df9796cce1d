"""``workbench schedules``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.lazy import ListingGroup
from workbench.cli.output import json_option, open_workspace, show
from workbench.cli.statement import parse_params

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from workbench.pipelines.schedules.records import Backfill, BackfillPreview, Schedule, ScheduleDate, SchedulePreview

__all__ = ["schedules"]

_SHOWN = "%Y-%m-%d %H:%M %Z"


@click.group(cls=ListingGroup, context_settings={"help_option_names": ["-h", "--help"]})
def schedules() -> None:
    """When pipelines run by themselves."""


@schedules.command("list")
@click.option("--pipeline", help="Those of one pipeline.")
@json_option
def list_(pipeline: str | None, as_json: bool) -> None:
    """All schedules."""
    _list(open_workspace().schedules.list(pipeline), as_json)


def _list(found: tuple[Schedule, ...], as_json: bool) -> None:
    def render(console: Console) -> None:
        from workbench.cli import style

        if not found:
            console.print("No schedules yet. Make one: workbench schedules add PIPELINE daily")
            return
        rows = [(s.name, s.pipeline, s.words, _next(s), _last(s.last), s.owner) for s in found]
        console.print(style.table(("schedule", "pipeline", "when", "next", "last", "owner"), rows))

    show(found, as_json, render)


@schedules.command()
@click.argument("pipeline")
@click.argument("cron", required=False)
@click.option("--name", help="What it is called; as the pipeline, if left out.")
@click.option("--on", metavar="EVENT", help="dataset:NAME, file:FOLDER, pipeline:NAME:failed, freshness:NAME:24h, instead of CRON.")
@click.option("--timezone", help="Such as Europe/Athens; the workspace's, if left out.")
@click.option("-p", "--param", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter; {{ schedule.date }} is the day it is due.")
@click.option("--misfire", type=click.Choice(["skip", "once", "all"]), default="once", help="Dates that came while no worker was there.")
@click.option("--misfire-age", metavar="DURATION", help="Older ones are not made up for: 30m, 6h, 2d.")
@click.option("--overlap", type=click.Choice(["skip", "queue", "allow", "cancel"]), help="Dates that come while the run before goes on.")
@click.option("--paused", is_flag=True, help="It begins when it is resumed.")
@click.option("--replace", is_flag=True, help="Take the place of the schedule of that name.")
@json_option
def add(pipeline: str, cron: str | None, pairs: tuple[str, ...], as_json: bool, **said: Any) -> None:
    """Run PIPELINE's published version by itself: at the times of CRON ('0 6 * * 1-5', or daily, weekdays, hourly, ...)."""
    workspace = open_workspace()
    found = workspace.schedules.add(pipeline, cron, params=parse_params(pairs), **said)
    show(found, as_json, lambda console: _describe(console, found))


@schedules.command("show")
@click.argument("name")
@json_option
def show_(name: str, as_json: bool) -> None:
    """One schedule, with its next ten dates."""
    found = open_workspace().schedules.get(name)
    show(found, as_json, lambda console: _describe(console, found))


def _describe(console: Console, found: Schedule) -> None:
    console.print(found.name, style="bold")
    console.print(f"{found.words}: version {found.version} of {found.pipeline}, as {found.owner}")
    said = found.definition
    age = f", at most {said.misfire_age:g} s old" if said.misfire_age is not None else ""
    console.print(f"Missed dates: {said.misfire}{age}. While the run before goes on: {said.overlap}.", style="dim")
    for name, value in said.params.items():
        console.print(f"  {name} = {value}", markup=False)
    if found.paused:
        console.print("It is paused.", style="yellow")
    if found.problem:
        console.print(f"{'It did not run' if said.on else 'Its last date did not run'}: {found.problem}", style="red", markup=False)
    for each in found.next:
        console.print(f"  {_local(each, said.timezone)}")


@schedules.command("next")
@click.argument("cron")
@click.option("--timezone", help="Such as Europe/Athens; the workspace's, if left out.")
@click.option("--count", type=click.IntRange(1, 100), default=10, show_default=True)
@json_option
def next_(cron: str, timezone: str | None, count: int, as_json: bool) -> None:
    """What CRON says, in words and as its next dates."""
    found = open_workspace().schedules.preview(cron, timezone, count)
    show(found, as_json, lambda console: _dates(console, found))


def _dates(console: Console, found: SchedulePreview) -> None:
    console.print(found.words)
    for each in found.dates:
        console.print(f"  {_local(each, found.timezone)}")


@schedules.command()
@json_option
def presets(as_json: bool) -> None:
    """The usual expressions by name."""
    found = open_workspace().schedules.presets()

    def render(console: Console) -> None:
        from workbench.cli import style

        console.print(style.table(("name", "cron", "when"), [(p.preset, p.cron, p.words) for p in found]))

    show(found, as_json, render)


@schedules.command()
@click.argument("name")
@click.option("--limit", default=50, show_default=True)
@json_option
def dates(name: str, limit: int, as_json: bool) -> None:
    """What became of the dates of schedule NAME."""
    verbs = open_workspace().schedules
    found, place = verbs.dates(name, limit), verbs.get(name).definition.timezone

    def render(console: Console) -> None:
        from workbench.cli import style

        rows = [(_local(d.due, place), style.mark(d.status or d.state), d.run_id or "", d.note or "") for d in found]
        console.print(style.table(("due", "status", "run", "note"), rows))

    show(found, as_json, render)


@schedules.command()
@click.argument("name")
@json_option
def pause(name: str, as_json: bool) -> None:
    """Run none of its dates until it is resumed."""
    found = open_workspace().schedules.pause(name)
    show(found, as_json, lambda console: console.print(f"{name} is paused. Go on: workbench schedules resume {name}"))


@schedules.command()
@click.argument("name")
@json_option
def resume(name: str, as_json: bool) -> None:
    """Run its dates from now on; those that came meanwhile are not made up for."""
    found = open_workspace().schedules.resume(name)
    show(found, as_json, lambda console: _describe(console, found))


@schedules.command()
@click.argument("name")
@json_option
def run(name: str, as_json: bool) -> None:
    """Run it now as if it were due, with your rights."""
    found = open_workspace().schedules.run(name)
    show(found, as_json, lambda console: console.print(f"{found.job} is {found.status}: {found.id}"))


@schedules.command()
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Forget schedule NAME; its runs stay."""
    _list(open_workspace().schedules.remove(name), as_json)


@schedules.command()
@click.argument("name")
@click.argument("start")
@click.argument("end")
@click.option("--at-once", type=click.IntRange(1, 100), default=1, show_default=True, help="How many run at a time.")
@click.option("--again", is_flag=True, help="Also dates that have succeeded.")
@click.option("--preview", is_flag=True, help="Tell which dates these are; nothing is run.")
@json_option
def backfill(name: str, start: str, end: str, at_once: int, again: bool, preview: bool, as_json: bool) -> None:
    """Run the dates of schedule NAME from one day to another: 2026-01-01 2026-01-31."""
    if preview:
        schedules = open_workspace().schedules
        told, place = schedules.preview_backfill(name, start, end, again), schedules.get(name).definition.timezone
        show(told, as_json, lambda console: _would_run(console, told, place))
        return
    schedules = open_workspace().schedules
    found = schedules.backfill(name, start, end, at_once, again)
    show(found, as_json, lambda console: _progress(console, schedules, (found,)))


@schedules.command()
@click.argument("name")
@json_option
def backfills(name: str, as_json: bool) -> None:
    """The backfills of schedule NAME, with how far each is."""
    verbs = open_workspace().schedules
    found = verbs.backfills(name)
    show(found, as_json, lambda console: _progress(console, verbs, found))


@schedules.command("cancel-backfill")
@click.argument("id")
@json_option
def cancel_backfill(id: str, as_json: bool) -> None:
    """Start none of its dates any more, and cancel those that run."""
    verbs = open_workspace().schedules
    found = verbs.cancel_backfill(id)
    show(found, as_json, lambda console: _progress(console, verbs, (found,)))


def _would_run(console: Console, found: BackfillPreview, timezone: str) -> None:
    left = found.total - found.skipped
    console.print(f"{left:,} of {found.total:,} dates would be run; {found.skipped:,} have succeeded already.")
    for each in found.dates:
        console.print(f"  {_local(each, timezone)}")
    if left > len(found.dates):
        console.print(f"  and {left - len(found.dates):,} more")


def _progress(console: Console, schedules: Any, found: tuple[Backfill, ...]) -> None:
    from workbench.cli import style

    place = schedules.get(found[0].schedule).definition.timezone if found else "UTC"
    rows = [
        (b.id, _local(b.start, place), _local(b.end, place), b.state, f"{b.total - b.left}/{b.total}", b.running, b.failed, b.skipped)
        for b in found
    ]
    names = ("backfill", "from", "to", "state", "dates", "running", "failed", "left out")
    console.print(style.table(names, rows, right=(4, 5, 6, 7)))


def _local(moment: datetime, timezone: str) -> str:
    from workbench.core.clock import zone

    return moment.astimezone(zone(timezone)).strftime(_SHOWN)


def _next(found: Schedule) -> str:
    return "paused" if found.paused else _local(found.next[0], found.definition.timezone) if found.next else ""


def _last(date: ScheduleDate | None) -> Any:
    from workbench.cli import style

    return "" if date is None else style.mark(date.status or date.state)
