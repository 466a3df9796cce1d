"""Carrying out ``pipelines.debug``: a workspace of its own with what a step had read, and the step's notebook in it, for a person to look
for what is wrong. The executor of the kind ``debug``. Here, because it needs the services of whole workspaces.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.core.config import create_workspace_file, load_settings
from workbench.core.errors import NotFound, WorkbenchError
from workbench.core.principals import Principal
from workbench.core.refs import DatasetRef
from workbench.core.scratch import MARKER
from workbench.core.sizes import shown
from workbench.jobs.context import JobContext
from workbench.pipelines.debugging import FOLDER, notebook_for, step_of, write_notebook
from workbench.pipelines.load import FILE_NAME
from workbench.pipelines.publishing import is_own
from workbench.pipelines.shared_files import own_copy
from workbench.pipelines.snapshot import source_folder

if TYPE_CHECKING:
    from datetime import datetime

    import nbformat

    from workbench.app.services import Services
    from workbench.pipelines.records import PipelineRun
    from workbench.runs.records import Run

__all__ = ["execute"]

_NAMED = re.compile(r"[^\W\d]\w*\.\w+")
_MOST_NAMES = 200
_SPARE = 256 << 20  # bytes: the disk is others', too


def execute(context: JobContext) -> dict[str, Any]:
    """Make the scratch that ``context.run`` asks for. After a worker's death it begins anew.

    Returns ``path`` (of the notebook, below the workspace's folder), the ``cell`` to stand at with its ``number``, ``datasets`` that are
    there and ``notes``.

    Raises
    ------
    NotFound, InvalidInput, Forbidden
        The step's files are no longer kept, or who asks may no longer.
    Cancelled
        Somebody cancelled it.
    """
    from workbench.app.services import Services

    with closing(Services(context.settings)) as services:
        who = _today(services, context.run)
        found = services.pipelines.of(str(context.run.params["run_id"]))
        run = step_of(found, context.run.params.get("step"))
        notebook, at = notebook_for(services.settings, found, run)
        root = _place(services, context.run, found, run)
        try:
            datasets, notes = _fill(context, services, root, found, run, notebook, who)
            told = write_notebook(root, notebook, at, found, run)
        except BaseException:
            shutil.rmtree(root, ignore_errors=True)
            raise
    path = (root / told["name"]).relative_to(context.settings.root).as_posix()
    return {"path": path, "cell": told["cell"], "number": told["number"], "datasets": datasets, "notes": notes}


def _today(services: Services, run: Run) -> Principal:
    asked = Principal.model_validate(run.attributes["principal"])
    return services.users.now(asked).model_copy(update={"only": asked.only, "looks_only": asked.looks_only})


def _place(services: Services, job: Run, found: PipelineRun, run: Run) -> Path:
    """An empty workspace, marked as a scratch before anything is in it, with the files beside the notebook."""
    above = services.settings.root / FOLDER
    above.mkdir(mode=0o700, exist_ok=True)
    (above / ".gitignore").write_text("*\n", encoding="utf-8")
    root = above / f"{Path(found.run.job).stem}-{run.attributes['step']}-{job.id[-8:]}"
    shutil.rmtree(root, ignore_errors=True)  # of a worker that was killed
    shutil.copytree(source_folder(services.settings, found.run), root, copy_function=own_copy)
    root.chmod(0o700)
    source = Path(run.attributes["source"]).relative_to(found.run.attributes["folder"])
    # The notebook is there as the one to work in; a function's file may be another's module.
    for left_out in (FILE_NAME, *([] if "function" in run.attributes else [source.as_posix()])):
        (root / left_out).unlink(missing_ok=True)
    (root / MARKER).parent.mkdir(mode=0o700)
    (root / MARKER).write_text(json.dumps({"run": found.run.id, "step": run.attributes["step"]}), encoding="utf-8")
    create_workspace_file(root, "scratch")
    return root


def _fill(
    context: JobContext, services: Services, root: Path, found: PipelineRun, run: Run, notebook: nbformat.NotebookNode, who: Principal
) -> tuple[list[str], list[str]]:
    """Copy the datasets, as far as who asks sees them; returns their names, and what is to be known."""
    from workbench.app.services import Services as Scratch

    datasets, notes, limit, copied = list[str](), list[str](), services.settings.jobs.scratch_mb * 1_000_000, 0
    with closing(Scratch(load_settings(root))) as scratch:
        for ref in _states(services, found, run, notebook, who):
            context.check()
            try:
                size = sum(file.bytes for file in services.lake.plan(ref).files)
                if not _fits(size, root):
                    notes.append(f"{ref.name} was not copied: the disk has no room for it.")
                    continue
                if copied + size > limit:
                    # How large it is, is told to who sees all of it.
                    large = f" ({shown(size)})" if who.is_admin or services.view(who).sees_all_of([ref.name]) else ""
                    notes.append(
                        f"{ref.name}{large} was not copied: the copies of a scratch have at most {shown(limit)} (jobs.scratch_mb)."
                    )
                    continue
                copied += size
                with _rows(services, ref, who) as rows:
                    scratch.writer.write(ref.name, rows, "create", principal=who)
            except NotFound:
                notes.append(f"{ref.name} could not be copied: it may not be seen, or that state is no longer kept.")
                continue
            datasets.append(ref.name)
    return sorted(datasets), notes


def _fits(size: int, root: Path) -> bool:
    """Whether a copy of so many bytes leaves room for others: what is written anew may be a little larger."""
    return shutil.disk_usage(root).free > 1.5 * size + _SPARE


@contextmanager
def _rows(services: Services, ref: DatasetRef, who: Principal) -> Iterator[pa.Table | pa.RecordBatchReader]:
    """The rows of a state, as who asks sees them."""
    if not who.is_admin:
        yield services.reader.read(f"{ref.name}@{ref.snapshot_id}", None, None, who)
        return
    with services.lake.reading(ref) as plan:
        yield pa.RecordBatchReader.from_batches(plan.arrow_schema, plan.to_batches())


def _states(services: Services, found: PipelineRun, run: Run, notebook: nbformat.NotebookNode, who: Principal) -> Iterator[DatasetRef]:
    """The state of each dataset as the step found it: what it read first, what it had not written yet, what the steps before it had
    written; and of others that its notebook names, main's when it began."""
    own = {io.snapshot_id for io in run.outputs if io.kind == "table"}
    states: dict[str, int | None] = {}
    names = {io.id: io.name for step in found.steps for io in (*step.inputs, *step.outputs) if io.kind == "table"}
    for io in run.inputs:
        if io.kind == "table" and io.snapshot_id is not None and io.snapshot_id not in own:
            states.setdefault(io.id, io.snapshot_id)
    for io in run.outputs:
        if io.kind == "table" and io.id not in states:
            states[io.id] = None if io.operation == "create" else _parent(services, io.id, io.name, io.snapshot_id)
    began = run.started_at
    for step in found.steps:
        if step.id != run.id and step.ended_at is not None and began is not None and step.ended_at <= began:
            last = {io.id: io.snapshot_id for io in step.outputs if io.kind == "table" and is_own(step, io)}
            for uuid, snapshot_id in last.items():
                states.setdefault(uuid, snapshot_id)
    for uuid, name, snapshot_id in _named(services, notebook, began, who):
        names.setdefault(uuid, name)
        states.setdefault(uuid, snapshot_id)
    for uuid, wanted in states.items():
        if wanted is not None:
            yield DatasetRef(table_uuid=uuid, name=names[uuid], snapshot_id=wanted)


def _parent(services: Services, uuid: str, name: str, snapshot_id: int | None) -> int | None:
    if snapshot_id is None:
        return None
    with suppress(WorkbenchError):
        table = services.lake.table(services.lake.resolve(DatasetRef(table_uuid=uuid, name=name)).name)
        written = table.metadata.snapshot_by_id(snapshot_id)
        return written.parent_snapshot_id if written is not None else None
    return None


def _named(services: Services, notebook: nbformat.NotebookNode, began: datetime | None, who: Principal) -> Iterator[tuple[str, str, int]]:
    """Datasets that the notebook's text names (``gold.delays``), of those that are seen, as main was when the step began."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    visible = None if who.is_admin else services.view(who).names
    for name in list(dict.fromkeys(_NAMED.findall(text)))[:_MOST_NAMES]:
        with suppress(WorkbenchError):
            ref = services.catalog.resolve(name, visible)
            on_main = (each for each in services.lake.snapshots(ref.name) if each.state in ("current", "ancestor"))
            before = next((each for each in on_main if began is None or each.at <= began), None)
            if before is not None:
                yield ref.table_uuid, ref.name, before.id
