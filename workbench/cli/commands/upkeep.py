"""``workbench backup``, ``restore``, ``relocate``, ``adopt``, ``upgrade`` and ``maintenance``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.output import ask, json_option, say, settings, show

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["adopt", "backup", "maintenance", "relocate", "restore", "upgrade"]

Progress = Callable[[str, int, int], None]


@contextmanager
def _progress(text: str) -> Iterator[Progress | None]:
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from workbench.cli.style import console

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(text, total=None)
        yield lambda what, done, total: bar.update(task, description=f"{text}: {what}", completed=done, total=total)


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--with-secrets", is_flag=True, help="Keys and tokens too. Keep such a back-up where you would keep a password.")
@json_option
def backup(target: Path, with_secrets: bool, as_json: bool) -> None:
    """Copy the workspace to TARGET: a new folder, or a .tar, .tar.gz or .tar.zst file. Nothing needs to be stopped.

    In it: datasets with their history, runs, lineage, files as they were taken in, experiments, executed notebooks. Not in it: the
    project's own notebooks and scripts, which belong into version control.
    """
    from workbench.app.operations.backup import backup as make
    from workbench.app.services import Services

    with _progress("Backing up") as progress:
        report = make(Services(settings()), target, with_secrets, progress)
    for line in report.left_out:
        say(f"Left out {line}.")

    def render(console: Console) -> None:
        from workbench.cli.style import size

        console.print(f"{report.path}: {report.datasets:,} datasets, {report.files:,} files, {size(report.bytes)}")
        console.print(
            "In it: datasets with their history, runs, lineage, files as they came, experiments, executed notebooks.", style="dim"
        )

    show(report, as_json, render)


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path, file_okay=False))
@json_option
def restore(source: Path, target: Path, as_json: bool) -> None:
    """Make a workspace in folder TARGET of the back-up SOURCE; every checksum is compared."""
    from workbench.app.operations.restore import restore as make

    with _progress("Restoring") as progress:
        report = make(source, target, progress)
    for name in report.dropped_settings:
        say(f"The setting {name} named another place and was left out; see workbench.toml.")
    show(report, as_json, lambda console: console.print(f"{report.root} is a workspace now, as of {report.created_at}."))


@click.command()
@json_option
def relocate(as_json: bool) -> None:
    """Mend the absolute paths after the workspace's folder was moved or copied."""
    from workbench.app.operations.relocate import relocate as mend
    from workbench.app.services import Services
    from workbench.cli.style import busy

    with busy("Mending paths"):
        report = mend(Services(settings()))

    def render(console: Console) -> None:
        if not report.moved:
            console.print("Every path is right; nothing to do.")
        for old, new in report.moved:
            console.print(f"{report.tables:,} tables, {report.files:,} files: {old} is {new} now.")

    show(report, as_json, render)


@click.command()
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def adopt(yes: bool) -> None:
    """Make this workspace the owner of its lake, when another copy of it was. That one is then refused, at the latest after minutes."""
    from workbench.app.services import Services

    claim = Services(settings()).lake.claim
    owner = claim.foreign()
    if owner is None:
        say("No other workspace owns the lake; nothing to do.")
        return
    ask(f"The lake belongs to {owner.database} on {owner.host}, since {owner.since}. That workspace could no longer write. Go on?", yes)
    claim.adopt()
    say("The lake is this workspace's now.")


@click.command()
@json_option
@click.pass_context
def upgrade(ctx: click.Context, as_json: bool) -> None:
    """Bring a workspace that an earlier version made to this version's format."""
    from workbench.app.operations.upgrade import upgrade as bring
    from workbench.core.config import find_root

    given = ctx.find_root().obj.get("path")
    report = bring(Path(given).expanduser().resolve() if given else find_root())
    words = "is already" if report.before == report.after else f"was format {report.before} and is"
    show(report, as_json, lambda console: console.print(f"{report.root} {words} format {report.after}."))


@click.command()
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@json_option
def maintenance(yes: bool, as_json: bool) -> None:
    """Forget what is older than the settings in [retention] keep: snapshots, dropped datasets, executed notebooks, texts of SQL."""
    ask("Old snapshots, dropped datasets past their time and old notebooks cannot be brought back afterwards. Go on?", yes)
    from workbench.app.operations.retention import maintain
    from workbench.app.services import Services
    from workbench.cli.style import busy

    with busy("Tidying up"):
        done = maintain(Services(settings()))

    def render(console: Console) -> None:
        from workbench.cli import style

        rows = [(d.dataset, d.snapshots_removed, d.files_deleted, style.size(d.bytes_freed)) for d in done.datasets]
        console.print(style.table(("dataset", "snapshots forgotten", "files deleted", "given back"), rows, right=(1, 2, 3)))
        console.print(
            f"Executed notebooks of {done.runs:,} runs deleted ({style.size(done.bytes)}); {done.statements:,} texts of SQL erased."
        )

    show(done, as_json, render)
