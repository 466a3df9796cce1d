"""What a replay has given, beside what the run had given. No values are told, only where they differ: the run log holds none."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.app.replay_line import line_of, written
from workbench.core.refs import DatasetRef
from workbench.engines.duckdb import quoted
from workbench.pipelines.cells import ExecutedCell, executed_cells
from workbench.pipelines.diff import cells_differ
from workbench.pipelines.own import OUTPUTS
from workbench.pipelines.publishing import branch_of
from workbench.pipelines.snapshot import notebook_file

if TYPE_CHECKING:
    from workbench.app.services import Services
    from workbench.lake import ReadPlan
    from workbench.pipelines.records import PipelineRun
    from workbench.runs.records import DatasetIO, Run

__all__ = ["compare"]

_SECONDS = 3600.0
_MOST = 200  # differences that are told
# Numbers of snapshots and runs, and moments, are others each time.
_VARIES = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{15,19}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*|datetime\.datetime\([^)]*\)"
)


def compare(services: Services, scratch: Services, original: PipelineRun, again: PipelineRun, notes: list[str]) -> dict[str, Any]:
    """``same`` where steps, datasets and what the steps gave are; ``cells_same`` where the cells have shown the same, too."""
    differences: list[dict[str, Any]] = []
    cells: list[dict[str, Any]] = []
    seen: set[str] = set()
    last = {io.id: io for io in written(original)}
    for id, io in last.items():
        if line := line_of(services, original, io):
            last[id] = io.model_copy(update={"snapshot_id": line[0].snapshot_id})
    for step, other in zip(original.steps, again.steps, strict=False):
        name = step.attributes["step"]
        if step.status != other.status:
            told = {"error": other.error.to_json()} if other.error else {}
            differences.append({"what": "status", "step": name, "then": step.status, "now": other.status, **told})
        gave, gives = step.attributes.get(OUTPUTS, {}), other.attributes.get(OUTPUTS, {})
        if gave != gives:
            named = sorted(key for key in {*gave, *gives} if gave.get(key) != gives.get(key))
            differences.append({"what": "values", "step": name, "names": named})
        for io in step.outputs:
            if io.id in last and io.id not in seen:
                seen.add(io.id)
                if (found := _dataset(services, scratch, last[io.id], branch_of(again.run.id))) is not None:
                    differences.append({"what": "dataset", "step": name, "dataset": io.name, **found})
        shown = cells_differ(_cells(services, step), _cells(scratch, other))
        cells += [{"what": "cell", "step": name, "cell": cell.cell, "number": cell.number} for cell in shown]
    return {"same": not differences, "cells_same": not cells, "differences": [*differences, *cells][:_MOST], "notes": notes}


def _cells(services: Services, run: Run) -> list[ExecutedCell]:
    if "notebook" not in run.attributes:
        return []
    found = executed_cells(notebook_file(services.settings, run))
    return [cell if cell.output is None else replace(cell, output=_VARIES.sub("...", cell.output)) for cell in found]


def _dataset(services: Services, scratch: Services, io: DatasetIO, working: str) -> dict[str, Any] | None:
    """The first thing in which a dataset is another one; the order of its rows is none."""
    if not scratch.lake.exists(io.name):
        return {"difference": "it was not written"}
    # What a run that fails has written is on its branch.
    head = f"{io.name}#{working}" if any(ref.name == working for ref in scratch.lake.refs(io.name)) else io.name
    with (
        services.lake.reading(DatasetRef(table_uuid=io.id, name=io.name, snapshot_id=io.snapshot_id)) as then,
        scratch.lake.reading(head) as now,
    ):
        names = [[column.name for column in plan.columns] for plan in (then, now)]
        if set(names[0]) != set(names[1]):
            return {"difference": "columns", "columns": sorted(set(names[0]) ^ set(names[1]))}
        types = [{field.name: str(field.type) for field in plan.arrow_schema} for plan in (then, now)]
        if others := [name for name in names[0] if types[0][name] != types[1][name]]:
            return {"difference": "types", "columns": others}
        counts = [_count(services, plan, "count(*)") for plan in (then, now)]
        if counts[0] != counts[1]:
            return {"difference": "row count", "then": counts[0], "now": counts[1]}
        return _values(services, then, now, names[0])


def _count(services: Services, plan: ReadPlan, what: str) -> int:
    asked = f"SELECT {what} FROM side.rows"  # noqa: S608 - of our own
    return int(services.engine.run("replay", asked, (plan.scan("side", "rows"),), timeout=_SECONDS).table.column(0)[0].as_py())


def _values(services: Services, then: ReadPlan, now: ReadPlan, names: list[str]) -> dict[str, Any] | None:
    """The first column with other values, and how many rows are others."""
    scans = then.scan("past", "rows"), now.scan("present", "rows")

    def others(columns: list[str]) -> int:
        listed = ", ".join(map(quoted, columns))
        asked = f"SELECT count(*) FROM (SELECT {listed} FROM past.rows EXCEPT ALL SELECT {listed} FROM present.rows)"  # noqa: S608 - quoted
        return int(services.engine.run("replay", asked, scans, timeout=_SECONDS).table.column(0)[0].as_py())

    if not (rows := others(names)):
        return None
    # Each column may have the same values, and only their rows be others.
    column = next((name for name in names if others([name])), None)
    return {"difference": "rows", "rows": rows, **({"column": column} if column is not None else {})}
