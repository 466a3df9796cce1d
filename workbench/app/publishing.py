"""Publishing what a run has written on its branches. Here, because gates need the services of a whole workspace."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from workbench.core.errors import CommitConflict, DatasetNotFound, RunNotFound
from workbench.core.ids import new_id, time_of
from workbench.core.principals import local_principal
from workbench.core.refs import MAIN, DatasetRef
from workbench.core.telemetry import get_logger
from workbench.core.working import seeing_drafts
from workbench.lake.describe import KEY_PROPERTY
from workbench.pipelines.publishing import run_of
from workbench.runs.context import RunContext
from workbench.runs.records import TERMINAL
from workbench.store.tables import run_events, working_branches

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from workbench.app.services import Services
    from workbench.core.principals import Principal
    from workbench.jobs.context import JobContext
    from workbench.lake.changes import Change

__all__ = ["forget", "gated", "make_room", "publish", "take_back"]

_log = get_logger("publishing")

#: What ``working_branches.created`` says of a dataset that the run had made, and that gave way to a later run.
_GAVE_WAY = 2


def gated(services: Services, who: Principal, changes: Sequence[Change]) -> Sequence[Change]:
    """Branches to be published, of what was found to hold their datasets' gates and nothing newer."""
    from workbench.quality.kept import Kept

    kept = Kept(services.store)
    return [services.allowed.check_published(who, each, new_id()) if kept.gates(each.table_uuid) else each for each in changes]


def publish(context: JobContext, branch: str, waiting: Mapping[str, str]) -> tuple[str, ...]:
    """Publish a run's branch of these datasets (names by UUID), in one commit, with the rights that its steps had. Those that the run has
    dropped itself, and those of its own making that are no more, are left out. See :func:`workbench.pipelines.publishing.publish`."""
    from workbench.app.services import Services
    from workbench.app.sql_step import principal_of

    def over(conn: Connection, _: Any) -> None:
        conn.execute(delete(working_branches).where(working_branches.c.branch == branch))

    with closing(Services(context.settings, lasting=False)) as services, seeing_drafts():
        given = context.run.attributes.get("principal")
        # Where nothing runs with the rights of who submitted it, all of it ran as the workspace's owner.
        who = local_principal() if given is None else principal_of(services, context.run.principal, given)
        if lost := _dropped_by_others(services, context.run.id, branch, waiting):
            raise CommitConflict(
                f"While the run was at work on it, somebody dropped {lost[0]}, and with it what the run had written there."
            )
        names = tuple(_there(services, waiting))
        if names:
            run, fence = RunContext(context.run.id), (context.run.id, context.state.epoch)
            last = partial(gated, services, who)
            services.writer.publish(names, branch, None, who, run, fence, last, end=True, note=over)
    return names


def make_room(context: JobContext, branch: str) -> None:
    """See :func:`workbench.pipelines.publishing.make_room`."""
    table = working_branches.c
    with context.store.read() as conn:
        rows = conn.execute(select(table.branch, table.table_uuid, table.name, table.created)).all()
    gone = [row for row in rows if row.branch == branch and row.created == _GAVE_WAY]
    if gone:
        names = ", ".join(sorted(row.name for row in gone))
        fix = f"Run it anew, with the same parameters: `workbench pipelines rerun {context.run.id}`."
        raise CommitConflict(f"A later run of the pipeline has begun, and what this one had made gave way to it: {names}.", fix=fix)
    theirs: dict[str, list[Any]] = {}
    for row in rows:
        theirs.setdefault(row.table_uuid, []).append(row)
    left = {uuid: each for uuid, each in theirs.items() if any(row.created == 1 for row in each)}
    if context.run.repair or not left:
        return
    runs = context.log.some({run_of(row.branch) for each in left.values() for row in each})

    def over(row: Any) -> bool:
        run = runs.get(run_of(row.branch))
        return run is not None and run.status in TERMINAL and run.job == context.run.job

    for uuid, each in left.items():
        if all(over(row) for row in each):
            _give_way(context, uuid, each[0].name)


def _give_way(context: JobContext, table_uuid: str, name: str) -> None:
    from workbench.app.services import Services

    with closing(Services(context.settings, lasting=False)) as services:
        for found in _there(services, {table_uuid: name}):
            if services.lake.is_draft(found):
                with services.store.write() as conn:
                    mine = working_branches.c.table_uuid == table_uuid
                    conn.execute(update(working_branches).where(mine).values(created=_GAVE_WAY))
                services.writer.drop(found, local_principal())


def take_back(context: JobContext, branch: str, waiting: Mapping[str, str], snapshots: Collection[int], *, made: bool) -> None:
    """Take snapshots, with what was committed together with each, out of a run's branch of a dataset (its name by UUID); where they
    ``made`` it, and nothing else is in it, the dataset goes. Where something that stays stands in the way, all of it stays. See
    :func:`workbench.pipelines.publishing.take_back`."""
    from workbench.app.services import Services

    with closing(Services(context.settings, lasting=False)) as services:
        if gone := [uuid for uuid, name in waiting.items() if next(_there(services, {uuid: name}), None) is None]:
            table = working_branches.c
            with services.store.write() as conn:  # what the run had made, and gave way, is told of
                conn.execute(delete(working_branches).where(table.branch == branch, table.table_uuid.in_(gone), table.created == 0))
        for name, table_uuid in zip(_there(services, waiting), waiting, strict=False):
            known = {each.snapshot_id: each.summary[KEY_PROPERTY] for each in services.lake.table(name).metadata.snapshots if each.summary}
            keys = frozenset(key for id in snapshots if (key := known.get(id)) is not None)
            run, fence = RunContext(context.run.id), (context.run.id, context.state.epoch)
            try:
                services.writer.take_back(name, branch, keys, local_principal(), run, fence)
                refs = services.lake.table(name).metadata.refs
                if made and branch in refs and refs[branch].snapshot_id == refs[MAIN].snapshot_id:
                    _give_up(services, local_principal(), branch, table_uuid, name, made=True)
            except CommitConflict as problem:
                _log.warning("a repaired step's earlier rows stay", extra={"dataset": name, "reason": problem.message})


def forget(services: Services, who: Principal, before: datetime) -> int:
    """Give up what runs that ended before a moment, or are not known any more, have not published: their branches, and the datasets that
    they would have made. Returns how many branches that were."""
    table = working_branches.c
    with services.store.read() as conn:
        rows = conn.execute(select(table.branch, table.table_uuid, table.name, table.created)).all()
    over = {branch for branch in {row.branch for row in rows} if _is_over(services, run_of(branch), before)}
    for row in rows:
        if row.branch in over:
            _give_up(services, who, row.branch, row.table_uuid, row.name, made=bool(row.created))
    return len(over)


def _is_over(services: Services, run_id: str, before: datetime) -> bool:
    try:
        run = services.log.get(run_id)
    except RunNotFound:
        try:  # the log was put back to a moment before it
            return time_of(run_id) < before
        except ValueError:
            return False
    return run.status in TERMINAL and run.ended_at is not None and run.ended_at < before


def _give_up(services: Services, who: Principal, branch: str, table_uuid: str, name: str, *, made: bool) -> None:
    here = (working_branches.c.branch == branch) & (working_branches.c.table_uuid == table_uuid)
    with services.store.write() as conn:
        conn.execute(delete(working_branches).where(here))
        others = conn.execute(select(working_branches.c.branch).where(working_branches.c.table_uuid == table_uuid)).first()
    found = next(_there(services, {table_uuid: name}), None)
    if found is None:
        return
    head = services.lake.table(found).metadata.current_snapshot()
    if made and others is None and (head is None or (head.parent_snapshot_id is None and services.lake.info(found).rows == 0)):
        services.writer.drop(found, who)  # nobody has ever seen a row of it
    elif branch in services.lake.info(found).branches:
        services.writer.delete_ref(found, branch, who, own=True)


def _dropped_by_others(services: Services, run_id: str, branch: str, waiting: Mapping[str, str]) -> list[str]:
    """The datasets (names by UUID) that are no more, that there were before the run, and that it has not dropped itself."""
    table, event = working_branches.c, run_events.c
    found = []
    for uuid, name in waiting.items():
        if next(_there(services, {uuid: name}), None) is not None:
            continue
        dropped = select(event.run_id).where(event.type == "dataset.dropped", event.body.contains(uuid)).order_by(event.seq.desc()).limit(1)
        with services.store.read() as conn:
            made = conn.execute(select(table.created).where(table.branch == branch, table.table_uuid == uuid)).scalar()
            by = conn.execute(dropped).scalar()
        if not made and by is not None and not _is_of(services, by, run_id):
            found.append(name)
    return found


def _is_of(services: Services, below: str, run_id: str) -> bool:
    """Whether a run is part of another."""
    at: str | None = below
    while at is not None and at != run_id:
        at = services.log.get(at).parent_id
    return at is not None


def _there(services: Services, waiting: Mapping[str, str]) -> Iterator[str]:
    for table_uuid, name in waiting.items():
        try:
            found = services.lake.resolve(DatasetRef(table_uuid=table_uuid, name=name)).name
        except DatasetNotFound:
            continue
        yield found
