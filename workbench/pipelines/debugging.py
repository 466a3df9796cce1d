"""A step for somebody who looks for what is wrong: its notebook as it was pinned, with the step's parameters, standing at the failed cell;
of SQL its statements, of a function its file and the call."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from workbench.core.errors import InvalidInput, NotFound
from workbench.core.scratch import MARKER, is_scratch
from workbench.pipelines.approval import ASKED
from workbench.pipelines.execute import pick_kernel
from workbench.pipelines.injection import inject
from workbench.pipelines.readable import text_of
from workbench.pipelines.reading import read_notebook
from workbench.pipelines.repair import pinned_pipeline
from workbench.pipelines.scratch_notebook import function_notebook, sql_notebook
from workbench.pipelines.snapshot import notebook_file, source_folder

if TYPE_CHECKING:
    from workbench.core.config import Settings
    from workbench.pipelines.records import PipelineRun
    from workbench.runs.records import Run

__all__ = ["FOLDER", "KERNEL", "notebook_for", "step_of", "sweep", "write_notebook"]

#: Below the workspace's folder, where JupyterLab shows it.
FOLDER = "debug"
#: Beside the marker: the process of the kernel that works there.
KERNEL = "kernel.json"
_ENDED, _GIVEN = "ended", "given.json"
_GRACE = 30.0  # seconds: a kernel that is started anew comes back
_UNUSED = 24 * 3600.0
_KERNELS = ["lake-python", "python3"]


def step_of(found: PipelineRun, step: str | None) -> Run:
    """The run of the step that is meant: the first that failed, where none is named.

    Raises
    ------
    InvalidInput
        None has failed, there is none of that name, or it waits for a person and runs nothing.
    """
    names = {run.attributes["step"]: run for run in found.steps}
    if step is None:
        run = next((run for run in found.steps if run.status == "failed"), None)
        if run is None:
            raise InvalidInput("No step of the run has failed.", fix=f"Name one: {', '.join(names)}.", field="step")
    elif step in names:
        run = names[step]
    else:
        raise InvalidInput(f"The run has no step {step!r}.", fix=f"Steps: {', '.join(names)}.", field="step")
    if ASKED in run.attributes:
        fix = "`workbench runs show` tells who decided."
        raise InvalidInput(f"Step {run.attributes['step']!r} waits for a person and runs nothing.", fix=fix, field="step")
    return run


def notebook_for(settings: Settings, found: PipelineRun, run: Run) -> tuple[nbformat.NotebookNode, int]:
    """The step's notebook as it was pinned, with its parameters and without outputs, and the index of the cell that failed; of a step
    that did not fail, its last. Of SQL the statements, of a function the call.

    Raises
    ------
    NotFound
        Its files are no longer kept.
    """
    pipeline = pinned_pipeline(settings, found.run)
    step = next(each for each in pipeline.steps if each.name == run.attributes["step"])
    text = text_of(source_folder(settings, found.run) / step.file)
    values = {**found.run.params, **run.attributes.get("params", {})}
    if step.sql:
        return sql_notebook(text, pipeline, step, values, int(run.attributes.get("progress", {}).get("statement", 1)))
    if step.function:
        return function_notebook(text, pipeline, step, values)
    notebook = inject(read_notebook(text), values)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook, _failed_cell(settings, run, len(notebook.cells))


def _failed_cell(settings: Settings, run: Run, count: int) -> int:
    """Which cell of its executed notebook failed, or was at work when the step ended."""
    try:
        cells = json.loads(notebook_file(settings, run).read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError):
        raise NotFound("The step's executed notebook is no longer there.", fix="Run it again.", run_id=run.id) from None
    for status in ("failed", "running"):
        for index, cell in enumerate(cells[:count]):
            if cell.get("metadata", {}).get("papermill", {}).get("status") == status:
                return index
    return count - 1


def write_notebook(root: Path, notebook: nbformat.NotebookNode, at: int, found: PipelineRun, run: Run) -> dict[str, Any]:
    """Put the notebook into a scratch, with a banner as its first cell. Returns its ``name``, and the id of the ``cell`` to stand at and
    its ``number`` among the cells of code."""
    source, step = run.attributes["source"], run.attributes["step"]
    number = sum(1 for cell in notebook.cells[: at + 1] if cell.cell_type == "code" and cell.source.strip())
    cell = notebook.cells[at].get("id", "")
    is_notebook = "notebook" in run.attributes
    is_sql = "sql" in run.attributes
    what = f"cell {number} failed" if is_notebook else f"statement {number - 1} was at work" if is_sql else "the call comes last"
    piece = "cell" if is_notebook else "statement" if is_sql else "function"
    banner = (
        f"> **A scratch, to look for what is wrong.** Step `{step}` of `{found.run.job}`, run `{found.run.id}`; {what}. "
        "Its datasets are copies of what the step had. What you write goes to the copies only, which are removed when this kernel ends.\n"
        ">\n"
        f"> To bring a fix back: copy the {piece} into [{source}](/{source}), save it, then `workbench pipelines repair {found.run.id} "
        "--source current`."
    )
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell(banner))  # type: ignore[no-untyped-call]
    notebook.metadata["kernelspec"] = {"name": pick_kernel(_KERNELS), "display_name": "Lake Python", "language": "python"}
    notebook.metadata["workbench"] = {"scratch": {"run": found.run.id, "step": step, "cell": cell}}
    name = f"scratch of {step}, cell {number}.ipynb" if is_notebook else f"scratch of {step}.ipynb"
    nbformat.write(notebook, root / name)  # type: ignore[no-untyped-call]
    given = {path.name: _code(path) for path in root.glob("*.ipynb")}
    (root / MARKER).with_name(_GIVEN).write_text(json.dumps(given), encoding="utf-8")
    return {"name": name, "cell": cell, "number": number}


def _code(path: Path) -> list[str]:
    """The text of each cell."""
    try:
        return ["".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def sweep(settings: Settings) -> int:
    """Clean the scratches whose kernel has ended, and those that nobody has opened for a day; returns how many.

    The copies go. A notebook in which somebody has changed something stays, where its kernels still reach nothing else.
    """
    count = 0
    for root in _scratches(settings):
        if not _over(root):
            continue
        if kept := _changed(root):
            _empty(root, kept)
        else:
            shutil.rmtree(root, ignore_errors=True)
        count += 1
    return count


def _scratches(settings: Settings) -> Iterator[Path]:
    for root in (settings.root / FOLDER).glob("*"):
        # What was cleaned has its marker alone.
        if is_scratch(root) and not root.is_symlink() and len(list((root / MARKER).parent.iterdir())) > 1:
            yield root


def _changed(root: Path) -> set[str]:
    """The notebooks in which somebody has written something."""
    try:
        given: dict[str, list[str]] = json.loads((root / MARKER).with_name(_GIVEN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        given = {}
    return {path.name for path in root.glob("*.ipynb") if _code(path) not in ([], given.get(path.name, []))}


def _empty(root: Path, kept: Collection[str]) -> None:
    """Remove all but these files, the settings and the marker."""
    for path in (*root.iterdir(), *(root / MARKER).parent.iterdir()):
        if path.name in (*kept, "workbench.toml", MARKER.name, MARKER.parts[0]):
            continue
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)


def _over(root: Path) -> bool:
    """Whether its kernel has ended, and none has come in its place."""
    from workbench.jobs.processes import Process

    state = (root / MARKER).parent
    kernel, ended = state / KERNEL, state / _ENDED
    try:
        process = Process.from_json_or_none(json.loads(kernel.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return time.time() - (root / MARKER).stat().st_mtime > _UNUSED
    if process is not None and process.alive():
        ended.unlink(missing_ok=True)
        return False
    if not ended.exists():
        ended.touch()
        return False
    return time.time() - ended.stat().st_mtime >= _GRACE
