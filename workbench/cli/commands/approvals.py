"""Deciding on steps of pipelines that wait for a person: commands of ``workbench pipelines``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.output import json_option, open_workspace, show

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.pipelines.approval import Decision

__all__ = ["approvals", "approve", "reject"]

_step_option = click.option("--step", metavar="STEP", help="At which step, where several wait.")
_comment_option = click.option("--comment", default="", help="What is kept beside the decision.")


@click.command()
@json_option
def approvals(as_json: bool) -> None:
    """What waits for your decision."""
    found = open_workspace().pipelines.approvals()

    def render(console: Console) -> None:
        from workbench.cli import style

        if not found:
            console.print("Nothing waits for you.")
            return
        rows = [(e.name, e.step, e.run_id, e.submitted_by, style.moment(e.asked_at), e.message) for e in found]
        console.print(style.table(("pipeline", "step", "run", "of", "asked", "message"), rows))
        console.print("→ workbench pipelines approve RUN, workbench pipelines reject RUN --comment WHY")

    show(found, as_json, render)


@click.command()
@click.argument("run_id")
@_step_option
@_comment_option
@json_option
def approve(run_id: str, step: str | None, comment: str, as_json: bool) -> None:
    """Let a run that waits for a person go on."""
    _told(open_workspace().pipelines.approve(run_id, step, comment), as_json)


@click.command()
@click.argument("run_id")
@_step_option
@_comment_option
@json_option
def reject(run_id: str, step: str | None, comment: str, as_json: bool) -> None:
    """Have the step of a run fail that waits for a person."""
    _told(open_workspace().pipelines.reject(run_id, step, comment), as_json)


def _told(done: Decision, as_json: bool) -> None:
    word = "approved" if done.approved else "rejected"
    show(done, as_json, lambda console: console.print(f"{done.name}, step {done.step}: {word}."))
