"""``workbench recipe`` and ``promote``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import json_option, open_workspace, show
from workbench.cli.texts import text_of

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.ingest.recipes.records import Recipe, RecipePreview, RecipeReport, StepEffect

__all__ = ["promote", "recipe"]

_target = click.option("--target", metavar="NAME", help="The dataset that is made; silver.<table> by default.")
_SHOWN = 20
_force = click.option("--force", is_flag=True, help="Past the gates, and over rows that no recipe of this source made.")


@click.group()
def recipe() -> None:
    """Named, reversible steps that make silver of bronze: propose, preview, apply, show, removed, undo."""


@recipe.command()
@click.argument("name")
@click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write the steps as YAML, to be edited and applied.")
@json_option
def propose(name: str, output: str | None, as_json: bool) -> None:
    """Steps that would make NAME better, each with the evidence for it."""
    from workbench.cli.rows import save_text
    from workbench.ingest.recipes.yaml import to_yaml

    found = open_workspace().recipes.propose(name)
    if output is not None:
        save_text(to_yaml(found), Path(output))
    show(found, as_json, lambda console: _draw_steps(console, found))


@recipe.command("show")
@click.argument("name")
@json_option
def show_(name: str, as_json: bool) -> None:
    """The recipe that made NAME."""
    found = open_workspace().recipes.get(name)

    def render(console: Console) -> None:
        from workbench.cli import style

        when = f", {style.moment(found.at)}" if found.at else ""
        console.print(f"{found.target} · version {found.version} · of {found.source} · by {found.by}{when}\n")
        _draw_steps(console, found)

    show(found, as_json, render)


@recipe.command()
@click.argument("name")
@click.argument("steps", metavar="[YAML]", required=False)
@_target
@click.option("--limit", default=50, show_default=True, help="Rows that are shown.")
@json_option
def preview(name: str, steps: str | None, target: str | None, limit: int, as_json: bool) -> None:
    """What YAML ('[{kind: trim}]', or @FILE; else what is proposed) would make of NAME's rows. Nothing is written."""
    workspace = open_workspace()
    found = workspace.recipes.preview(name, _recipe(workspace, name, steps, None), target, limit)
    show(found, as_json, lambda console: _draw_preview(console, found))


@recipe.command("apply")
@click.argument("name")
@click.argument("steps", metavar="[YAML]", required=False)
@_target
@_force
@json_option
def apply_(name: str, steps: str | None, target: str | None, force: bool, as_json: bool) -> None:
    """Make silver of NAME by YAML ('[{kind: trim}]', or @FILE); without it by the recipe that the target has, else by what is proposed."""
    workspace = open_workspace()
    found = workspace.recipes.apply(name, _recipe(workspace, name, steps, target), target, force)
    show(found, as_json, lambda console: _draw_report(console, found))


@recipe.command()
@click.argument("name")
@click.option("--step", type=int, help="Only those that this step took out.")
@click.option("--limit", default=100, show_default=True)
@json_option
def removed(name: str, step: int | None, limit: int, as_json: bool) -> None:
    """Rows that the recipe of NAME took out, with the number of the step that did."""
    found = open_workspace().recipes.removed(name, step, limit)

    def render(console: Console) -> None:
        from workbench.cli.rows import render_rows

        render_rows(console, found)

    show(found, as_json, render)


@recipe.command()
@click.argument("name")
@json_option
def undo(name: str, as_json: bool) -> None:
    """Take the last application back: NAME has the rows, columns and recipe that it had before."""
    found = open_workspace().recipes.undo(name)
    show(found, as_json, lambda console: console.print(f"{found.target} is as it was: version {found.version}, {found.total:,} rows."))


@click.command()
@click.argument("name")
@click.option("--target", metavar="NAME", help="The dataset that is made; gold.<table> by default.")
@click.option("--force", is_flag=True, help="Past the gates and the score.")
@json_option
def promote(name: str, target: str | None, force: bool, as_json: bool) -> None:
    """Make the silver dataset NAME gold. Refused where a gate or the score does not hold."""
    found = open_workspace().recipes.promote(name, target, force)
    show(found, as_json, lambda console: _draw_report(console, found))


def _recipe(workspace: Any, name: str, steps: str | None, target: str | None) -> Recipe:
    from workbench.ingest.recipes.yaml import from_yaml

    if steps is None:
        found: Recipe = workspace.dataset(name).recipe(target)
        return found
    return from_yaml(text_of(Path(steps[1:])) if steps.startswith("@") else steps)


def _draw_steps(console: Console, found: Recipe) -> None:
    from workbench.cli import style
    from workbench.ingest.recipes.transforms import name_of

    if not found.steps:
        console.print("No steps.")
        return
    rows = [(number, step.kind, name_of(step), step.evidence) for number, step in enumerate(found.steps, 1)]
    console.print(style.table(("step", "kind", "what", "evidence"), rows, right=(0,)))


def _draw_effects(console: Console, effects: tuple[StepEffect, ...]) -> None:
    from workbench.cli import style

    rows = [(e.step, e.name, f"{e.rows:,}", f"{e.changed:,}", f"{e.nulled:,}", f"{e.removed:,}") for e in effects]
    if rows:
        names = ("step", "what", "rows", "changed", "made missing", "rows taken out")
        console.print(style.table(names, rows, right=(0, 2, 3, 4, 5)))


def _draw_preview(console: Console, found: RecipePreview) -> None:
    from workbench.cli import style

    looked = "" if found.sampled is None else f" (a sample of {found.sampled:,})"
    console.print(f"{found.source} -> {found.target}: {found.rows_in:,} rows{looked}, {found.rows_out:,} stay, {found.removed:,} go\n")
    _draw_effects(console, found.effects)
    for warning in found.warnings:
        console.print(warning)
    console.print()
    names = [origin.column for origin in found.columns]
    rows = [_side_by_side(found, place) for place in range(min(len(found.removed_by), _SHOWN))]
    console.print(style.table(("", *names), rows))


def _side_by_side(found: RecipePreview, place: int) -> tuple[str, ...]:
    """One row: each value as it becomes, after what it was where that is something else."""
    before = dict(zip((name for name, _ in found.before.columns), found.before.rows[place], strict=True))
    after, step = found.after.rows[place], found.removed_by[place]
    cells = []
    for origin, new in zip(found.columns, after, strict=True):
        old = _shown(before.get(origin.sources[0]) if origin.sources else None)
        cells.append(old if step is not None or old == _shown(new) else f"{old} → {_shown(new)}")
    return "stays" if step is None else f"step {step}", *cells


def _shown(value: Any) -> str:
    return "∅" if value is None else repr(value) if isinstance(value, str) and value != value.strip() else str(value)


def _draw_report(console: Console, found: RecipeReport) -> None:
    words = {
        "unchanged": "holds these rows already; nothing was written",
        "append": f"{found.rows:,} rows were added",
        "create": f"{found.rows:,} rows",
        "overwrite": f"{found.rows:,} rows, in the place of those before",
    }
    console.print(f"{found.source} -> {found.target}, version {found.version}: {words.get(found.mode, found.mode)}")
    if found.mode != "unchanged":
        console.print(f"{found.rows_in:,} rows came, {found.removed:,} were taken out by a step")
    _draw_effects(console, found.effects)
    if found.quality is not None:
        console.print(f"score {int(found.quality * 1000) / 1000:.3f}")
    for warning in found.warnings:
        console.print(warning)
