"""``workbench history``, ``estimate``, ``validate``, ``writable`` and ``plan``: statements before and after they run."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import click

from workbench.cli.lazy import ListingGroup
from workbench.cli.moments import moment_option
from workbench.cli.output import json_option, open_workspace, show
from workbench.cli.statement import file_option, params_option, parse_params, read_statement
from workbench.runs.records import RunStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from workbench.query.cost.records import Estimate, PlanNode, Validation
    from workbench.query.past.records import PastStatement

__all__ = ["estimate", "history", "plan", "validate", "writable"]


@click.command()
@click.argument("statement", required=False)
@file_option
@params_option
@json_option
def estimate(statement: str | None, file: Path | None, pairs: tuple[str, ...], as_json: bool) -> None:
    """What STATEMENT would read, how long it would take by past runs, and advice. Nothing is run."""
    found = open_workspace().query.estimate(read_statement(statement, file), parse_params(pairs))
    show(found, as_json, lambda console: _estimate(console, found))


def _estimate(console: Console, found: Estimate) -> None:
    from workbench.cli import style
    from workbench.query.cost.guard import budget_in_words, shown

    def number(value: int | None) -> str:
        return "" if value is None else f"{value:,}"

    rows = [
        (
            t.dataset + (f" (named {t.times} times)" if t.times > 1 else ""),
            "" if t.files is None else f"{t.files:,} of {t.of_files:,}",
            number(t.rows),
            "" if t.bytes is None else shown(t.bytes),
        )
        for t in found.tables
    ]
    console.print(style.table(("reads", "files", "rows", "bytes"), rows, right=(1, 2, 3)))
    seconds = f", about {found.seconds:.2g} s by {found.based_on} past runs" if found.seconds is not None else ""
    console.print(f"{found.size}{seconds}")
    if found.budget is not None:
        console.print(budget_in_words(found.budget))
    if found.asks:
        console.print(found.asks, style="yellow")
    for advice in found.advice:
        console.print(f"{advice.message} {advice.fix}", style="yellow")


@click.command()
@click.argument("statement", required=False)
@file_option
@json_option
def validate(statement: str | None, file: Path | None, as_json: bool) -> None:
    """Whether STATEMENT may run: parsed, decided on, its names looked up; nothing is run."""
    found = open_workspace().query.validate(read_statement(statement, file))
    show(found, as_json, lambda console: _validation(console, found))


def _validation(console: Console, found: Validation) -> None:
    if found.error is None:
        console.print("valid", style="green")
        return
    line, column = found.error.get("line"), found.error.get("column")
    place = f" (line {line}, column {column})" if line else ""
    console.print(f"{found.error['message']}{place}", style="red")
    if found.error.get("fix"):
        console.print(str(found.error["fix"]))


@click.command()
@click.argument("name", required=False)
@json_option
def writable(name: str | None, as_json: bool) -> None:
    """Where you may make datasets and views; with NAME, whether that can be one."""
    found = open_workspace().query.writable(name)

    def render(console: Console) -> None:
        where = [*(f"{zone}.*" for zone in found.zones), *found.others]
        if where and name is None:
            console.print("\n".join(where))
        elif found.problem:
            console.print(found.problem, style="red")
            console.print(found.fix or "")
        else:
            console.print(f"There is a {found.taken} {name} already." if found.taken else f"{name} is free.")

    show(found, as_json, render)


@click.command()
@click.argument("statement", required=False)
@file_option
@params_option
@click.option("--confirm", "--yes", "confirm", is_flag=True, help="Run it also where it would read more than query.ask_above.")
@json_option
def plan(statement: str | None, file: Path | None, pairs: tuple[str, ...], confirm: bool, as_json: bool) -> None:
    """Run STATEMENT, a SELECT, and show its operators with rows and seconds."""
    found = open_workspace().query.profile(read_statement(statement, file), parse_params(pairs), confirm)

    def render(console: Console) -> None:
        from rich.tree import Tree

        tree = Tree(f"{found.seconds:.3f} s", guide_style="dim")
        _branch(tree, found.plan)
        console.print(tree)

    show(found, as_json, render)


def _branch(tree: Any, node: PlanNode) -> None:
    from rich.text import Text

    detail = f"  {node.detail}" if node.detail else ""
    line = Text(f"{node.operator}  {node.rows:,} rows, {node.seconds * 1000:.1f} ms, {node.share:.0%}")
    line.append(detail if len(detail) <= 100 else f"{detail[:99]}…", style="dim")
    branch = tree.add(line)
    for child in node.children:
        _branch(branch, child)


@click.group(cls=ListingGroup, context_settings={"help_option_names": ["-h", "--help"]})
def history() -> None:
    """Statements that were run: your own, to administrators all."""


@history.command("list")
@click.option("--search", metavar="TEXT", help="That stands in the statement.")
@click.option("--status", type=click.Choice(get_args(RunStatus)))
@click.option("--dataset", metavar="NAME", help="That was read or written.")
@moment_option("--since", help="Begun since then: 2026-01-31T12:00Z.")
@click.option("--principal", metavar="NAME", help="Of that person (administrators).")
@click.option("--before", metavar="RUN_ID", help="The last of the page before.")
@click.option("--limit", default=50, show_default=True)
@json_option
def list_(as_json: bool, status: str | None, since: datetime | None, **given: Any) -> None:
    """Statements, newest first."""
    found = open_workspace().query.history(status=cast("RunStatus | None", status), since=since, **given)
    show(found, as_json, lambda console: _list(console, found))


def _list(console: Console, found: Sequence[PastStatement]) -> None:
    from workbench.cli import style

    if not found:
        console.print("No statements yet.")
        return
    rows = [(one.id, style.mark(one.status), _short(one), one.principal, style.moment(one.started_at), _took(one)) for one in found]
    console.print(style.table(("run", "status", "statement", "who", "when", "took"), rows, right=(5,)))


def _short(one: PastStatement, width: int = 60) -> str:
    line = " ".join((one.sql or "(erased)").split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def _took(one: PastStatement) -> str:
    kept = " kept" if one.cached else ""
    return "" if one.seconds is None else f"{one.seconds:.2f} s{kept}"


@history.command("show")
@click.argument("run_id")
@json_option
def show_(run_id: str, as_json: bool) -> None:
    """One statement: yours, or one that was shared."""
    found = open_workspace().query.statement(run_id)
    show(found, as_json, lambda console: _one(console, found))


@history.command()
@click.argument("run_id")
@click.option("--shared/--private", default=True, help="Private again: nobody else may open it any more.")
@json_option
def share(run_id: str, shared: bool, as_json: bool) -> None:
    """Let others open your statement by its id; they run it as themselves."""
    found = open_workspace().query.share(run_id, shared)
    show(found, as_json, lambda console: console.print(f"workbench history show {run_id}" if found.shared else "It is private."))


def _one(console: Console, found: PastStatement) -> None:
    from workbench.cli import style

    console.print(style.mark(found.status), found.principal, style.moment(found.started_at), _took(found))
    console.print(found.sql or found.withheld or "The text has been erased.")
    if found.sql and found.withheld:
        console.print(found.withheld, style="yellow")
    if found.error is not None:
        console.print(found.error.message, style="red")


@history.command()
@click.argument("first")
@click.argument("second")
@json_option
def diff(first: str, second: str, as_json: bool) -> None:
    """What differs between two statements: their text, and the columns they give."""
    found = open_workspace().query.diff(first, second)

    def render(console: Console) -> None:
        console.print(found.text or "The text is the same.")
        for sign, columns in (("-", found.only_first), ("+", found.only_second)):
            for name, kind in columns:
                console.print(f"{sign} column {name}: {kind}")
        if found.first.rows is not None and found.second.rows is not None:
            console.print(f"rows: {found.first.rows:,} and {found.second.rows:,}")

    show(found, as_json, render)


@history.command()
@moment_option("--since", help="A week ago by default.")
@click.option("--principal", metavar="NAME", help="Of that person (administrators).")
@json_option
def metrics(since: datetime | None, principal: str | None, as_json: bool) -> None:
    """Statements in figures: how many, how long, the slowest."""
    found = open_workspace().query.metrics(since, principal)

    def render(console: Console) -> None:
        console.print(f"{found.count:,} statements: {found.succeeded:,} succeeded, {found.failed:,} failed, {found.cancelled:,} cancelled")
        if found.seconds_p50 is not None and found.seconds_p95 is not None:
            console.print(f"half took at most {found.seconds_p50:.3f} s, 95 of 100 at most {found.seconds_p95:.3f} s")
        if found.cached is not None and found.bytes is not None:
            console.print(f"{found.cached:,} were answered from kept results; {found.bytes:,} bytes were read")
        _list(console, found.slowest)

    show(found, as_json, render)
