"""``workbench jobs``: what waits, and what workers do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.output import json_option, open_workspace, show

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["jobs"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def jobs() -> None:
    """What waits for a worker, and what workers do."""


@jobs.command("queue")
@click.option("--limit", default=100, show_default=True)
@json_option
def queue(limit: int, as_json: bool) -> None:
    """What waits, in the order in which it will be taken, and for what."""
    found = open_workspace().jobs.queue(limit)

    def render(console: Console) -> None:
        from workbench.cli import style

        if not found:
            console.print("Nothing waits.")
            return
        rows = []
        for each in found:
            line = f"{each.queue} +{each.priority}" if each.priority else each.queue
            rows.append((each.place or "", each.run_id, each.job, each.principal, line, style.moment(each.asked_at), each.waits_for))
        console.print(style.table(("place", "run", "job", "who", "queue", "asked", "waits for"), rows, right=(0,)))

    show(found, as_json, render)


@jobs.command("workers")
@json_option
def workers(as_json: bool) -> None:
    """The workers, and what each carries out."""
    found = open_workspace().jobs.workers()

    def render(console: Console) -> None:
        from workbench.cli import style
        from workbench.core.resources import amount_shown

        if not found:
            console.print("No worker runs. → Run `workbench up`.")
            return
        rows = []
        for worker in found:
            has = ", ".join(f"{name}: {amount_shown(amount)}" for name, amount in worker.resources.items())
            busy = ", ".join(f"{run.job} ({', '.join(run.parts)})" if run.parts else run.job for run in worker.runs)
            heard = style.moment(worker.heartbeat_at)
            rows.append((worker.name, style.mark(worker.status), worker.host, worker.pid, worker.slots or "", has, heard, busy))
        names = ("worker", "status", "host", "pid", "slots", "has", "heard of", "works on")
        console.print(style.table(names, rows, right=(3, 4)))

    show(found, as_json, render)
