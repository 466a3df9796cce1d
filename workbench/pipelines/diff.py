"""Two runs of pipelines, compared: parameters, data, code, figures, each cell's output, times."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from difflib import unified_diff
from pathlib import Path
from typing import Any, Literal

from workbench.core.config import Settings
from workbench.pipelines.cells import ExecutedCell, executed_cells
from workbench.pipelines.diff_records import CellDiff, DatasetDiff, Difference, FileDiff, RunDiff, StepDiff
from workbench.pipelines.own import OUTPUTS
from workbench.pipelines.publishing import is_own
from workbench.pipelines.records import PipelineRun, step_name
from workbench.pipelines.snapshot import CODE, files_of, notebook_file, source_folder
from workbench.runs.records import DatasetIO, Run

__all__ = ["cells_differ", "diff"]

_MOST_LINES = 400  # of a file's differences


def diff(settings: Settings, first: PipelineRun, second: PipelineRun, whole: bool = True) -> RunDiff:
    """Compare two runs as their records tell of them now, with what is still kept of them.

    Parameters
    ----------
    whole
        False: who asks does not see all of both, and is told nothing of values, figures, code and what cells show. What the records do not
        tell would else look as if it were not there.
    """
    before, after = ({step_name(run): run for run in each.steps} for each in (first, second))
    steps = tuple(_step(settings, name, before.get(name), after.get(name), whole) for name in dict.fromkeys((*before, *after)))
    found = RunDiff(
        first=first.run.id,
        second=second.run.id,
        same=False,
        inputs=_datasets(first.steps, second.steps, "inputs", whole),
        outputs=_datasets(first.steps, second.steps, "outputs", whole),
        code_kept=whole,
        steps=steps,
        in_part=not whole,
    )
    if whole:
        code, kept = _code(source_folder(settings, first.run), source_folder(settings, second.run))
        params, metrics = _differences(first.run.params, second.run.params), _differences(_metrics(first), _metrics(second))
        found = found.model_copy(update={"params": params, "metrics": metrics, "code": code, "code_kept": kept})
    data = all(each.same for each in (*found.inputs, *found.outputs))
    same = data and not (found.params or found.metrics or found.code) and not any(s.first != s.second or s.values or s.cells for s in steps)
    return found.model_copy(update={"same": same})


def _differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[Difference, ...]:
    names = [name for name in dict.fromkeys((*first, *second)) if first.get(name) != second.get(name)]
    return tuple(Difference(name=name, first=first.get(name), second=second.get(name)) for name in names)


def _metrics(found: PipelineRun) -> dict[str, float]:
    return {f"{step_name(run)}.{name}": value for run in found.steps for name, value in run.metrics.items()}


def _datasets(first: Iterable[Run], second: Iterable[Run], side: Literal["inputs", "outputs"], whole: bool) -> tuple[DatasetDiff, ...]:
    before, after = _by_name(first, side), _by_name(second, side)
    found = []
    for name in dict.fromkeys((*before, *after)):
        a, b = before.get(name, []), after.get(name, [])
        told: dict[str, Any] = {"first": _snapshots(a), "second": _snapshots(b)}
        if side == "outputs" and whole:
            told |= {"first_rows": _rows(a), "second_rows": _rows(b)}
            same = [io.rows for io in a] == [io.rows for io in b]
        elif side == "outputs":
            # How many rows is told of none of both: that each has written to it, as often.
            same = len(a) == len(b)
        else:
            same = told["first"] == told["second"] and {io.id for io in a} == {io.id for io in b}
        found.append(DatasetDiff(name=name, same=same, **told))
    return tuple(found)


def _by_name(runs: Iterable[Run], side: Literal["inputs", "outputs"]) -> dict[str, list[DatasetIO]]:
    """Of what was read only that which the run has not written itself."""
    found: dict[str, list[DatasetIO]] = {}
    runs = tuple(runs)
    own = {(io.id, io.snapshot_id) for run in runs for io in run.outputs}
    for run in runs:
        for io in run.inputs if side == "inputs" else run.outputs:
            if side == "outputs" or (io.id, io.snapshot_id) not in own:
                found.setdefault(io.name if is_own(run, io) else f"{io.name}#{io.branch}", []).append(io)
    return found


def _snapshots(ios: Iterable[DatasetIO]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(io.snapshot_id for io in ios if io.snapshot_id is not None))


def _rows(ios: list[DatasetIO]) -> int | None:
    return sum(io.rows for io in ios if io.rows is not None) if any(io.rows is not None for io in ios) else None


def _code(first: Path, second: Path) -> tuple[tuple[FileDiff, ...], bool]:
    if not (first.is_dir() and second.is_dir()):
        return (), False
    before, after = files_of(first, CODE), files_of(second, CODE)
    found = []
    for path in sorted({*before, *after}):
        if before.get(path) == after.get(path):
            continue
        lines = tuple(
            unified_diff(
                _text(first / path) if path in before else [], _text(second / path) if path in after else [], path, path, lineterm=""
            )
        )
        if lines:  # a notebook that was only run again has none
            change: Literal["changed", "added", "removed"] = (
                "changed" if path in before and path in after else "removed" if path in before else "added"
            )
            found.append(FileDiff(path=path, change=change, lines=lines[:_MOST_LINES]))
    return tuple(found), True


def _text(path: Path) -> list[str]:
    """A file's lines; of a notebook its cells' code, each below a line that tells the cell."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix != ".ipynb":
        return text.splitlines()
    try:
        cells = json.loads(text)["cells"]
    except (ValueError, KeyError, TypeError):
        return text.splitlines()
    code = [cell for cell in cells if cell.get("cell_type") == "code"]
    return [line for number, cell in enumerate(code, start=1) for line in (f"# cell {number}", *"".join(cell["source"]).splitlines())]


def _step(settings: Settings, name: str, first: Run | None, second: Run | None, whole: bool) -> StepDiff:
    gave = [run.attributes.get(OUTPUTS, {}) if run is not None else {} for run in (first, second)]
    return StepDiff(
        name=name,
        first=first.status if first is not None else None,
        second=second.status if second is not None else None,
        first_seconds=_seconds(first) if whole else None,
        second_seconds=_seconds(second) if whole else None,
        values=_differences(*gave) if whole else (),
        cells=cells_differ(_cells(settings, first), _cells(settings, second)) if whole else (),
    )


def _seconds(run: Run | None) -> float | None:
    return None if run is None or run.started_at is None or run.ended_at is None else (run.ended_at - run.started_at).total_seconds()


def _cells(settings: Settings, run: Run | None) -> list[ExecutedCell]:
    return executed_cells(notebook_file(settings, run)) if run is not None and "notebook" in run.attributes else []


def cells_differ(first: list[ExecutedCell], second: list[ExecutedCell]) -> tuple[CellDiff, ...]:
    """The cells whose output is another one: the same cell has the same id, else the same place."""
    if not first or not second:
        return ()  # one was not kept, or did not run
    by_id = {cell.id: cell for cell in second if cell.id}
    known = {cell.id for cell in first if cell.id}
    left = {cell.number: cell for cell in second if cell.id not in known}
    found = []
    for cell in first:
        other = by_id.get(cell.id) or left.pop(cell.number, None)
        if other is None or other.output != cell.output:
            found.append(_cell(cell, cell, other))
    found += [_cell(cell, None, cell) for cell in left.values()]
    return tuple(sorted(found, key=lambda each: each.number))


def _cell(shown: ExecutedCell, first: ExecutedCell | None, second: ExecutedCell | None) -> CellDiff:
    told = {"first": first.output if first else None, "second": second.output if second else None}
    return CellDiff(cell=shown.id, number=shown.number, source=shown.source, **told)
