"""``workbench compliance``: personal data that is found, tags and masks that are inherited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.output import json_option, open_workspace, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from workbench.governance.records import InheritedTag, RowFilter, RowSource
    from workbench.quality.personal.records import Finding, Remediation, Scan

__all__ = ["compliance"]


@click.group()
def compliance() -> None:
    """Personal data: find it, confirm or reject what is found; tags and masks that columns inherit."""


@compliance.command()
@click.argument("what", required=False)
@json_option
def scan(what: str | None, as_json: bool) -> None:
    """Look for personal data in WHAT, a dataset or a namespace; without it in all datasets."""
    found = open_workspace().compliance.scan(what)
    show(found, as_json, lambda console: _draw_scan(console, found))


@compliance.command()
@click.argument("what", required=False)
@click.option("--state", type=click.Choice(["proposed", "confirmed", "rejected"]), default="proposed", help="Only these.")
@json_option
def findings(what: str | None, state: str, as_json: bool) -> None:
    """What was found in WHAT, a dataset or a namespace, and waits for a person."""
    found = open_workspace().compliance.findings(what, state)  # type: ignore[arg-type]
    show(found, as_json, lambda console: _draw(console, found))


@compliance.command()
@click.argument("ids", nargs=-1, required=True)
@json_option
def confirm(ids: tuple[str, ...], as_json: bool) -> None:
    """Confirm findings by their IDS: the columns get the tags."""
    found = open_workspace().compliance.confirm(ids)
    show(found, as_json, lambda console: _say(console, found, "is tagged"))


@compliance.command()
@click.argument("ids", nargs=-1, required=True)
@click.option("--note", default="", help="Why.")
@json_option
def reject(ids: tuple[str, ...], note: str, as_json: bool) -> None:
    """Reject findings by their IDS: they are not proposed again unless the column changes."""
    found = open_workspace().compliance.reject(ids, note)
    show(found, as_json, lambda console: _say(console, found, "is not"))


@compliance.command()
@click.argument("id")
@json_option
def remediate(id: str, as_json: bool) -> None:
    """Confirm a finding by its ID, and say which rules of the policy mask the column, or which would."""
    found = open_workspace().compliance.remediate(id)
    show(found, as_json, lambda console: _draw_remedy(console, found))


@compliance.command()
@click.argument("name")
@json_option
def inherited(name: str, as_json: bool) -> None:
    """Tags and masks that columns of the dataset NAME have because of what they were made of."""
    found = open_workspace().compliance.inherited(name)
    show(found, as_json, lambda console: _draw_inherited(console, found))


@compliance.command()
@click.argument("name")
@click.argument("column")
@click.argument("tag", required=False)
@click.option("--rule", help="Instead of TAG: a rule of the policy that masks the column because it names what that was made of.")
@click.option("--reason", required=True, help="Why it does not fit: the column holds nothing of it any more.")
@json_option
def clear(name: str, column: str, tag: str | None, rule: str | None, reason: str, as_json: bool) -> None:
    """Take an inherited TAG, or the mask of --rule, from COLUMN of the dataset NAME, and from what is made of it."""
    found = open_workspace().compliance.clear(name, column, tag, reason, rule)
    show(found, as_json, lambda console: _draw_inherited(console, found))


@compliance.command("row-sources")
@click.argument("name")
@json_option
def row_sources(name: str, as_json: bool) -> None:
    """Whose rows those of the dataset NAME were made of, and which row filters hold there because of it."""
    found = open_workspace().compliance.row_sources(name)
    show(found, as_json, lambda console: _draw_rows(console, found))


@compliance.command()
@click.argument("name")
@click.argument("source")
@click.option("--reason", required=True, help="Why everybody who may read it may see all its rows: they tell of nobody any more.")
@json_option
def release(name: str, source: str, reason: str, as_json: bool) -> None:
    """Lift the row filters of the dataset SOURCE from NAME, which was made of it."""
    found = open_workspace().compliance.release(name, source, reason)
    show(found, as_json, lambda console: _draw_rows(console, found))


@compliance.command()
@click.argument("name")
@click.argument("source")
@json_option
def withdraw(name: str, source: str, as_json: bool) -> None:
    """Take back that the row filters of the dataset SOURCE were lifted from NAME."""
    found = open_workspace().compliance.withdraw(name, source)
    show(found, as_json, lambda console: _draw_rows(console, found))


def _say(console: Console, found: Sequence[Finding], what: str) -> None:
    for one in found:
        console.print(f"{one.dataset}.{one.column} {what} {one.tag}.", markup=False, highlight=False)


def _draw_scan(console: Console, found: Scan) -> None:
    from workbench.cli.style import counted

    console.print(f"{counted(found.datasets, 'dataset')}, {counted(found.columns, 'column')}.")
    for each in found.unscanned:
        console.print(f"{each.dataset} could not be looked at: {each.reason}", markup=False, highlight=False)
    _draw(console, found.proposed)


def _draw(console: Console, found: Sequence[Finding]) -> None:
    from workbench.cli import style

    if not found:
        console.print("Nothing waits to be confirmed.")
        return
    rows = [(one.id, f"{one.dataset}.{one.column}", one.tag, f"{one.confidence:.2f}", one.why) for one in found]
    console.print(style.table(("id", "column", "tag", "sure", "why"), rows, right=(3,)))


def _draw_remedy(console: Console, found: Remediation) -> None:
    one = found.finding
    console.print(f"{one.dataset}.{one.column} is tagged {one.tag}.", highlight=False)
    if found.rules:
        console.print(f"Masked by: {', '.join(found.rules)}.", markup=False, highlight=False)
    elif found.proposed:
        console.print("No rule of the policy masks it. One for governance.yaml:", highlight=False)
        console.print(found.proposed.rstrip(), markup=False, highlight=False)


def _draw_inherited(console: Console, found: Sequence[InheritedTag]) -> None:
    from workbench.cli import style

    if not found:
        console.print("No column inherits a tag or a mask.")
        return
    rows = [(one.column, one.tag, one.rule or "", ".".join(filter(None, (one.source, one.source_column)))) for one in found]
    console.print(style.table(("column", "tag", "masked by", "from"), rows))


def _draw_rows(console: Console, found: Sequence[RowSource]) -> None:
    from workbench.cli import style

    if not found:
        console.print("Its rows were made of no other dataset's.")
        return
    rows = [(one.source, _kept(one), "\n".join(map(_filter, one.filters)), one.released_by or "") for one in found]
    console.print(style.table(("made of", "as they were", "row filters", "released by"), rows))


def _kept(one: RowSource) -> str:
    return ", ".join(name if name == there else f"{name} as {there}" for name, there in one.columns.items())


def _filter(one: RowFilter) -> str:
    return f"{one.rule}: no row is seen" if one.lost else f"{one.rule}: {one.where}"
