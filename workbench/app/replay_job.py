"""Carrying out a replay: a past run of a pipeline once more, on the snapshots that it read, in a workspace of its own that is thrown away.
The executor of the kind ``replay``. Here, because it needs the services of whole workspaces.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.app.replay_line import line_of, written
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.errors import InvalidInput, RunNotFound
from workbench.core.refs import DatasetRef
from workbench.jobs.context import JobContext, JobFailed, RunState
from workbench.jobs.holds import Holds
from workbench.pipelines.approval import ASKED
from workbench.pipelines.executor import execute as carry_out
from workbench.pipelines.own import OUTPUTS
from workbench.pipelines.repair import pinned_pipeline
from workbench.pipelines.shared_files import own_copy
from workbench.pipelines.single import is_notebook
from workbench.pipelines.snapshot import source_folder
from workbench.runs.records import TERMINAL

if TYPE_CHECKING:
    from workbench.app.services import Services
    from workbench.core.config import Settings
    from workbench.pipelines.records import PipelineRun
    from workbench.runs.records import Run

__all__ = ["execute"]

_FOLDER = "replays"  # below the state folder


def execute(context: JobContext) -> dict[str, Any]:
    """Replay the run that ``context.run`` names. After a worker's death it begins anew, in a new place.

    Returns ``same``, ``cells_same``, ``differences`` (the first of each dataset and step, in the order of the steps) and ``notes``.

    Raises
    ------
    InvalidInput
        Settings from the environment would lead what is replayed out of its place.
    NotFound
        Its files, or a snapshot that it read, are no longer kept.
    Cancelled
        Somebody cancelled it.
    """
    from workbench.app.replay_compare import compare
    from workbench.app.services import Services

    with closing(Services(context.settings)) as services:
        original = services.pipelines.of(str(context.run.params["run_id"]))
        with _place(context, services) as settings, closing(Services(settings)) as scratch:
            notes = _fill(services, scratch, original)
            again = _run(context, scratch, original)
            context.check()
            return compare(services, scratch, original, again, notes)


@contextmanager
def _place(context: JobContext, services: Services) -> Iterator[Settings]:
    """An empty workspace for the length of the block."""
    folder = context.settings.state / _FOLDER
    for left in folder.glob("*"):
        # Of a worker that was killed.
        if left.name == context.run.id or _ended(services, left.name):
            shutil.rmtree(left, ignore_errors=True)
    root = folder / context.run.id
    try:
        # Kernels that wait for the next step would outlive it.
        with create_workspace_file(root, "replay").open("a", encoding="utf-8") as file:
            file.write("\n[jobs]\nkernels_ready = 0\n")
        settings = load_settings(root)
        if not all(str(root) in place for place in (settings.store_url, settings.warehouse, settings.tracking_url)):
            fix = "Take WORKBENCH_STORE_URL, WORKBENCH_LAKE_WAREHOUSE and the like out of the worker's environment, into workbench.toml."
            raise InvalidInput("A replay needs a place of its own, and settings of the environment lead out of it.", fix=fix)
        yield settings
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _ended(services: Services, run_id: str) -> bool:
    try:
        return services.log.get(run_id).status in TERMINAL
    except RunNotFound:
        return True


def _fill(services: Services, scratch: Services, original: PipelineRun) -> list[str]:
    """Put the run's files and what it had found into the place; returns what is to be known of it."""
    pinned_pipeline(services.settings, original.run)  # raises where they are gone
    into = scratch.settings.root / original.run.attributes["folder"]
    shutil.copytree(
        source_folder(services.settings, original.run), into, copy_function=own_copy, dirs_exist_ok=True
    )  # a notebook's may be the workspace's own
    notes: list[str] = []
    for ref in _found(services, original, notes):
        with services.lake.reading(ref) as plan:
            rows = pa.RecordBatchReader.from_batches(plan.arrow_schema, plan.to_batches())
            scratch.writer.write(ref.name, rows, "create", principal=original.run.principal)
    if original.run.repair:
        notes.append("The run was repaired: its steps are replayed with the files and parameters of the last time.")
    return notes


def _found(services: Services, original: PipelineRun, notes: list[str]) -> Iterator[DatasetRef]:
    """The state of each dataset as the run found it: before it wrote there, else what it read first."""
    wrote = written(original)
    own = {io.snapshot_id for io in wrote}
    found: dict[str, int | None] = {}
    names = {io.id: io.name for step in original.steps for io in (*step.inputs, *step.outputs) if io.kind == "table"}
    for step in original.steps:
        for io in step.inputs:
            if io.kind != "table" or io.snapshot_id in own or io.snapshot_id is None:
                continue
            if found.setdefault(io.id, io.snapshot_id) != io.snapshot_id:
                notes.append(f"{io.name} was read in several states; all steps are given the first.")
    for io in wrote:
        if io.operation == "create":
            found.setdefault(io.id, None)
    for io in wrote:
        if io.id not in found and io.snapshot_id is not None:
            line = line_of(services, original, io)
            found[io.id] = line[-1].parent_snapshot_id if line else None
    for uuid, snapshot_id in found.items():
        if snapshot_id is not None:
            yield DatasetRef(table_uuid=uuid, name=names[uuid], snapshot_id=snapshot_id)


def _run(context: JobContext, scratch: Services, original: PipelineRun) -> PipelineRun:
    """Carry the pipeline out there, here: no worker looks into that place."""
    queued = _queued(scratch, original.run)
    state = RunState(scratch.store, scratch.log, queued.run.id)
    state.started()
    inner = JobContext(
        scratch.settings,
        scratch.store,
        scratch.log,
        queued.run,
        state,
        checkpoint=lambda _: lambda function, *arguments: function(*arguments),
        slots=context.slots,
        holds=Holds(scratch.store, scratch.log, context.worker, context.holds.there),
        worker=context.worker,
        hold=context.hold,
        lost=context.lost,
    )
    for then, now in zip(original.steps, queued.steps, strict=True):
        if ASKED in now.attributes:
            _decided(RunState(scratch.store, scratch.log, now.id), then)
    with context.stopped_by(inner.cancel):
        try:
            carry_out(inner)
            state.succeeded()
        except JobFailed as failed:
            state.failed(failed.error)
    return scratch.pipelines.of(queued.run.id)


def _queued(scratch: Services, run: Run) -> PipelineRun:
    """It as a run of that place."""
    if is_notebook(run.job):
        return scratch.pipelines.run_notebook(f"{run.attributes['folder']}/{run.job}", run.params)
    return scratch.pipelines.run(run.job, run.params)


def _decided(state: RunState, then: Run) -> None:
    """Nobody is asked again: what a person had decided holds."""
    state.attributes(**{OUTPUTS: then.attributes[OUTPUTS]} if OUTPUTS in then.attributes else {})
    if then.status == "failed" and then.error is not None:
        state.failed(then.error)
    elif then.status == "succeeded":
        state.succeeded()
    else:
        state.skipped("it was not decided then")
