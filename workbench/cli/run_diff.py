"""What two runs of pipelines differ in, for a terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.cli import style

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.pipelines.diff_records import DatasetDiff, RunDiff, StepDiff

__all__ = ["render"]

_CELLS, _LINES = 20, 8  # shown of a step, and of a cell's output


def render(console: Console, found: RunDiff) -> None:
    """Print it; what is the same is left out, but for the steps and datasets."""
    if found.in_part:
        console.print("What you may see of them is the same." if found.same else "The runs differ.", style="bold")
        console.print("You see a part of one of them: values, figures, code and what cells show are not compared for you.", style="dim")
    else:
        console.print("The runs are the same." if found.same else "The runs differ.", style="bold")
    if found.params:
        console.print(style.table(("parameter", "first", "second"), [(d.name, _value(d.first), _value(d.second)) for d in found.params]))
    for title, datasets in (("read", found.inputs), ("wrote", found.outputs)):
        if datasets:
            console.print(style.table((title, "first", "second", ""), [_dataset(each) for each in datasets]))
    if found.metrics:
        console.print(style.table(("metric", "first", "second"), [(d.name, _value(d.first), _value(d.second)) for d in found.metrics]))
    if not found.code_kept and not found.in_part:
        console.print("The files of one of them are no longer kept: the code was not compared.", style="dim")
    for file in found.code:
        console.print(f"{file.path} {file.change}", style="bold")
        _diff(console, file.lines)
    rows = [
        (step.name, _status(step.first), _status(step.second), _took(step.first_seconds), _took(step.second_seconds))
        for step in found.steps
    ]
    console.print(style.table(("step", "first", "second", "took", "took"), rows, right=(3, 4)))
    for step in found.steps:
        _step(console, step)


def _step(console: Console, step: StepDiff) -> None:
    for value in step.values:
        console.print(f"{step.name} gave {value.name}: {_value(value.first)}, then {_value(value.second)}")
    for cell in step.cells[:_CELLS]:
        console.print(f"{step.name}, cell {cell.number}: {cell.source.splitlines()[0] if cell.source else ''}", style="bold", markup=False)
        told = (f"{sign} {line}" for sign, text in (("-", cell.first), ("+", cell.second)) for line in _lines(text))
        _diff(console, tuple(told))
    if len(step.cells) > _CELLS:
        console.print(f"{len(step.cells) - _CELLS} more cells of {step.name} differ; --json has all.", style="dim")


def _diff(console: Console, lines: tuple[str, ...]) -> None:
    for line in lines:
        console.print(line, style={"+": "green", "-": "red"}.get(line[:1]), markup=False, highlight=False)


def _lines(text: str | None) -> list[str]:
    lines = ["did not run"] if text is None else text.splitlines() or ["nothing"]
    return lines if len(lines) <= _LINES else [*lines[:_LINES], f"... {len(lines) - _LINES} lines more"]


def _dataset(each: DatasetDiff) -> tuple[str, str, str, str]:
    return each.name, _state(each.first, each.first_rows), _state(each.second, each.second_rows), "" if each.same else "differs"


def _state(snapshots: tuple[int, ...], rows: int | None) -> str:
    told = ", ".join(f"@{snapshot}" for snapshot in snapshots)
    return f"{told} {style.counted(rows, 'row')}" if rows is not None else told


def _value(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _status(status: str | None) -> Any:
    return "" if status is None else style.mark(status)


def _took(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f} s"
