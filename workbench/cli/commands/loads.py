"""``workbench loads`` and ``workbench readings``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.commands.ingest import load_arguments, options_of
from workbench.cli.lazy import ListingGroup
from workbench.cli.output import json_option, open_workspace, show

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.ingest.records import IngestStatistics, Remembered

__all__ = ["loads", "readings"]


@click.group()
def loads() -> None:
    """Loads that go on without you: bring a file, start, see the report; figures of all of them."""


@loads.command()
@click.argument("source", metavar="FILE", type=click.Path())
@json_option
def stage(source: str, as_json: bool) -> None:
    """Bring FILE to where the workspace is. What it answers is a source for a day, for you alone."""
    from pathlib import Path

    found = open_workspace().ingest.stage(Path(source))
    show(found, as_json, lambda console: console.print(f"{found.source} ({found.bytes:,} bytes)"))


@loads.command()
@click.argument("source")
@load_arguments
@json_option
def start(source: str, as_json: bool, **given: Any) -> None:
    """Take SOURCE in on the durable queue, and return at once.

    `workbench runs follow` shows how far it is, `workbench runs cancel` stops it, `workbench loads report` tells what it did.
    """
    from workbench.app.ingesting import load_options

    workspace = open_workspace()
    found = workspace.ingest.start(source, load_options(**options_of(workspace, source, given)))
    show(found, as_json, lambda console: console.print(f"{found.job} is {found.status}: {found.id}"))


@loads.command()
@click.argument("run_id", metavar="RUN")
@json_option
def report(run_id: str, as_json: bool) -> None:
    """What a load has done."""
    from workbench.cli.commands.ingest import draw_reports

    found = open_workspace().ingest.report(run_id)
    show(found, as_json, lambda console: draw_reports(console, [found]))


@loads.command()
@click.option("--days", default=30.0, show_default=True)
@json_option
def statistics(days: float, as_json: bool) -> None:
    """What was taken in lately: how much, into what, and what failed."""
    found = open_workspace().ingest.statistics(days)
    show(found, as_json, lambda console: _draw(console, found))


def _draw(console: Console, found: IngestStatistics) -> None:
    from workbench.cli import style

    console.print(
        f"{style.counted(found.loads, 'load')} in {found.days:g} days: {found.succeeded:,} succeeded, {found.failed:,} failed, "
        f"{found.cancelled:,} cancelled, {found.going_on:,} going on · {found.rows:,} rows, {found.rejected:,} set aside, "
        f"{style.size(found.bytes)}"
    )
    if found.datasets:
        rows = [
            (
                style.painted(d.dataset, style.ZONE, d.zone),
                style.count(d.loads),
                style.count(d.rows),
                style.count(d.rejected),
                style.moment(d.last_at),
            )
            for d in found.datasets
        ]
        console.print(style.table(("dataset", "loads", "rows", "set aside", "last"), rows, right=(1, 2, 3)))
    for code, count in found.errors:
        console.print(f"{count:,} failed with {code}")


@click.group(cls=ListingGroup, context_settings={"help_option_names": ["-h", "--help"]})
def readings() -> None:
    """How files of which sources are read, because somebody corrected it."""


@readings.command("list")
@json_option
def list_(as_json: bool) -> None:
    """All that is remembered."""
    _show(open_workspace().ingest.readings(), as_json)


@readings.command()
@click.argument("id")
@json_option
def forget(id: str, as_json: bool) -> None:
    """Read the source's next file as it is found again."""
    _show(open_workspace().ingest.forget(id), as_json)


def _show(found: tuple[Remembered, ...], as_json: bool) -> None:
    def render(console: Console) -> None:
        from workbench.cli import style

        if not found:
            console.print("Nothing is remembered.")
            return
        rows = [(r.id, r.source, r.dataset, _said(r), r.by, style.moment(r.at)) for r in found]
        console.print(style.table(("id", "source", "first taken into", "read with", "said by", "at"), rows))

    show(found, as_json, render)


def _said(kept: Remembered) -> str:
    given = kept.reading.model_dump(exclude_defaults=True, exclude={"columns"})
    told = [f"{name}={value!r}" for name, value in given.items()]
    for column in kept.reading.columns:
        name = column.original or column.name or f"column {column.place + 1}"
        told.append(f"{name}: {column.type or column.name if column.take else 'not taken'}")
    return ", ".join(told)
