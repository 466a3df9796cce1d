"""Write, audit, publish: the steps of a run write to branches, which become visible all together, or not at all."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from sqlalchemy import select

from workbench.core.errors import CommitConflict
from workbench.core.refs import MAIN
from workbench.core.working import WORKING_VARIABLE
from workbench.pipelines.repeated import REWRITTEN
from workbench.runs.records import DatasetIO, Run
from workbench.store.tables import working_branches

if TYPE_CHECKING:
    from workbench.jobs.context import JobContext
    from workbench.store.store import Store

__all__ = ["branch_of", "is_own", "make_room", "publish", "run_of", "take_back", "unpublished", "working_environment"]

# By name, because the gates of what is published need the services of a whole workspace, which stand to the right of this package.
_PUBLISHING = "workbench.app.publishing"


_PREFIX = "run-"
#: The attribute of a run that says for which repair that was done.
_TAKEN_BACK = "taken_back"


def branch_of(run_id: str) -> str:
    """The branch that the steps of a run write to, of each dataset.

    >>> branch_of("0190"), run_of(branch_of("0190"))
    ('run-0190', '0190')
    """
    return f"{_PREFIX}{run_id}"


def run_of(branch: str) -> str:
    """The run whose branch it is."""
    return branch.removeprefix(_PREFIX)


def is_own(step: Run, io: DatasetIO) -> bool:
    """Whether a step's read or write is one of main, as its run sees it: until it is published that is the run's branch."""
    return io.branch in (MAIN, branch_of(str(step.parent_id)))


def working_environment(run: Run) -> dict[str, str]:
    """What the processes of a run's steps are told of it."""
    return {WORKING_VARIABLE: branch_of(run.id)} if run.attributes.get("writes") == "together" else {}


def unpublished(store: Store, run_id: str) -> dict[str, str]:
    """The datasets that a run has written to and not published: the name that each had then, by the table's UUID."""
    table = working_branches.c
    with store.read() as conn:
        found = conn.execute(select(table.table_uuid, table.name).where(table.branch == branch_of(run_id)).order_by(table.name))
        return {row.table_uuid: row.name for row in found}


def publish(context: JobContext) -> tuple[str, ...]:
    """Publish what the steps have written, in one commit; returns the datasets' names.

    Raises
    ------
    HeldBack, CommitConflict
        A gate does not hold, or somebody else has written to a dataset meanwhile. Nothing is published.
    """
    waiting = unpublished(context.store, context.run.id)
    if not waiting:
        return ()
    try:
        names: tuple[str, ...] = import_module(_PUBLISHING).publish(context, branch_of(context.run.id), waiting)
    except CommitConflict as problem:
        fix = (
            f"Repair it: `workbench pipelines repair {context.run.id}`. The steps that read these datasets, or wrote to them, begin on "
            "what is there now. `limits: {runs: 1}` in its pipeline.yaml keeps runs of it from overtaking each other."
        )
        raise CommitConflict(problem.message, fix=fix, **problem.details) from problem
    return names


def take_back(context: JobContext) -> None:
    """Take what the steps of a repair write anew out of what they had written before and is not published: once, before any of them begins.

    What is published is data, and stays.
    """
    run = context.run
    if not run.repair or run.attributes.get(_TAKEN_BACK) == run.repair:
        return
    waiting = unpublished(context.store, run.id)
    given_up = _given_up(context) if waiting else {}
    for table_uuid, ios in given_up.items():
        if table_uuid in waiting:
            snapshots, made = {io.snapshot_id for io in ios}, any(io.operation == "create" for io in ios)
            import_module(_PUBLISHING).take_back(context, branch_of(run.id), {table_uuid: waiting[table_uuid]}, snapshots, made=made)
    context.state.attributes(**{_TAKEN_BACK: run.repair})


def make_room(context: JobContext) -> None:
    """Drop datasets that earlier runs of the pipeline have made, have not published, and will not: they have ended. This run may make them
    anew, with other columns.

    Raises
    ------
    CommitConflict
        It is a repair, and that has been done to what the run itself had made.
    """
    import_module(_PUBLISHING).make_room(context, branch_of(context.run.id))


def _given_up(context: JobContext) -> dict[str, list[DatasetIO]]:
    """By the table's UUID, what was written by steps, cells or statements that this repair has write anew."""
    run = context.run
    repaired = set(run.attributes["repairs"][-1]["steps"])
    steps = context.log.some(id for name, id in run.attributes["steps"].items() if name in repaired)
    found: dict[str, list[DatasetIO]] = {}
    for step in steps.values():
        said = step.attributes.get(REWRITTEN)
        for io in step.outputs:
            # What is of no cell that is known stays: the step may pass over it.
            if io.branch == branch_of(run.id) and io.snapshot_id is not None and said and (said is True or io.cell in said):
                found.setdefault(io.id, []).append(io)
    return found
