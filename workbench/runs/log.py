"""The append-only log of runs."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, func, insert, select

from workbench.core.batches import batched
from workbench.core.clock import iso, now
from workbench.core.errors import Cancelled, Conflict, InvalidInput, RunNotFound, StorageUnavailable
from workbench.core.ids import first_id, new_id
from workbench.core.principals import Principal
from workbench.core.telemetry import bind, get_logger, span
from workbench.runs.events import SCHEMA_VERSION, decode, encode
from workbench.runs.handle import ENDS, RunHandle
from workbench.runs.process import on_this_machine, process_alive, this_process
from workbench.runs.projected import LOST, RunsProjection
from workbench.runs.projection import Projection
from workbench.runs.pulse import LIFE_SECONDS, Pulse
from workbench.runs.records import Run, RunError, RunEvent, RunStatus
from workbench.runs.statements import Room, erase_unused
from workbench.store.store import Store
from workbench.store.tables import run_events, runs

__all__ = ["RunLog"]

_POLL = 0.05  # seconds between two looks in wait()
_INSERT = insert(run_events)

#: Events that everybody is told of, whoever's run they belong to: what she sees may be another thing now.
FOR_ALL = ("policy.applied", "access.changed")


class RunLog:
    """Everything that was done, in the order it was committed.

    Appending holds the store's write lock until the transaction ends, so numbers grow in commit order: who has read up to
    ``seq`` never misses an event below it.

    Examples
    --------
    >>> import tempfile
    >>> from workbench.runs.records import DatasetIO
    >>> store = Store(f"sqlite:///{tempfile.mkdtemp()}/meta.db")
    >>> store.migrate()
    >>> log = RunLog(store)
    >>> with log.run("ingest", "flights.csv", "ada", params={"zone": "bronze"}) as run:
    ...     run.read(DatasetIO(kind="file", id="sha256:00", name="flights.csv"))
    ...     run.metric("rows", 3)
    >>> done = log.get(run.id)
    >>> done.status, done.inputs[0].name, done.metrics
    ('succeeded', 'flights.csv', {'rows': 3.0})
    >>> [event.type for event in log.events(run_id=run.id)]
    ['run.started', 'run.read', 'run.metric', 'run.succeeded']
    """

    def __init__(self, store: Store, life: float = LIFE_SECONDS) -> None:
        self.store = store
        self.room = Room()
        self._pulse = Pulse(store, life)
        self.projections: dict[str, Projection] = {}
        self._runs = RunsProjection(self)
        self._unsaid: dict[str, Callable[[Connection], object]] = {}  # what says the ends that a full disk refused, by run

    def append(self, conn: Connection, run_id: str, type: str, **body: Any) -> int:
        """Add one event inside a write transaction; returns its number.

        ``params`` and ``attributes`` are stored without what is named like a credential. Fields that are None are left out.

        Raises
        ------
        InvalidInput
            The event is incomplete or holds what is not JSON. See :mod:`workbench.runs.events` for the types.
        """
        if type in ENDS:
            self._pulse.end(run_id)
        return int(conn.execute(_INSERT, _row(run_id, type, body)).inserted_primary_key[0])  # type: ignore[index]

    def keep_up(self, conn: Connection) -> None:
        """Bring the table of runs up to date within a write transaction: see :meth:`.projection.Projection.keep_up`."""
        self._runs.keep_up(conn)

    def append_all(self, conn: Connection, run_id: str, events: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """Add several events of a run, as (type, body), at the cost of one. Raises as :meth:`append` does."""
        conn.execute(_INSERT, [_row(run_id, type, body) for type, body in events])
        if any(type in ENDS for type, _ in events):
            self._pulse.end(run_id)

    def queue(
        self,
        kind: str,
        job: str,
        principal: Principal | str,
        params: dict[str, Any] | None = None,
        parent_id: str | None = None,
        attributes: dict[str, Any] | None = None,
        run_id: str | None = None,
        conn: Connection | None = None,
    ) -> str:
        """Say that a run waits to be carried out; returns its id, with which :meth:`run` starts it. ``conn`` as for :meth:`start`."""
        run_id = run_id or new_id()
        body = {"kind": kind, "job": job, "principal": principal, "params": params, "parent_id": parent_id, "attributes": attributes}
        with self.store.write() if conn is None else nullcontext(conn) as own:
            self.append(own, run_id, "run.queued", **body)
        return run_id

    def start(
        self,
        kind: str,
        job: str,
        principal: Principal | str,
        params: dict[str, Any] | None = None,
        parent_id: str | None = None,
        attributes: dict[str, Any] | None = None,
        run_id: str | None = None,
        conn: Connection | None = None,
    ) -> RunHandle:
        """Start a run whose end is said later, through the handle. ``run_id``: one that was queued, failed or got lost; ``conn``: the write
        transaction to say so in.

        Raises
        ------
        Cancelled
            The run was cancelled before it started.
        Conflict
            It has succeeded already.
        """
        with self.store.write() if conn is None else nullcontext(conn) as own:
            if run_id is not None:
                self._may_start(own, run_id)
            run_id = run_id or new_id()
            self._pulse.begin(run_id)
            facts = {"process": this_process()} | (attributes or {})
            self.append(
                own, run_id, "run.started", kind=kind, job=job, principal=principal, params=params, parent_id=parent_id, attributes=facts
            )
        self._unsaid.pop(run_id, None)
        self._say_ends()
        return RunHandle(self, run_id)

    def say_later(self, run_id: str, say: Callable[[Connection], object]) -> None:
        """Remember the end of a run that could not be written. ``say`` writes it in a transaction: it is tried again when the next run
        starts, or at a reconcile.

        Else the run would stay `running` for as long as this process lives.
        """
        self._unsaid[run_id] = say
        self._pulse.keep(run_id)

    def _say_ends(self) -> None:
        if self.store.writing:
            return  # that transaction may yet be undone
        for run_id, say in list(self._unsaid.items()):
            try:
                with self.store.write() as conn:
                    run = self.get(run_id)
                    # It may have been ended, or taken up by another process, since.
                    if run.status == "running" and run.attributes.get("process") == this_process():
                        say(conn)
            except StorageUnavailable:
                return
            self._unsaid.pop(run_id, None)

    @contextmanager
    def run(
        self,
        kind: str,
        job: str,
        principal: Principal | str,
        params: dict[str, Any] | None = None,
        parent_id: str | None = None,
        attributes: dict[str, Any] | None = None,
        run_id: str | None = None,
    ) -> Iterator[RunHandle]:
        """Carry out a run: leaving the block succeeds it, an exception fails it, :class:`Cancelled` or Ctrl-C cancels it.

        What it read up to then stays recorded either way. See :meth:`start` for the arguments and errors.
        """
        handle = self.start(kind, job, principal, params, parent_id, attributes, run_id)
        owner = os.getpid()
        with bind(run_id=handle.id), span(f"run {kind}", run_id=handle.id, job=job):
            try:
                yield handle
            except BaseException as error:
                if os.getpid() == owner:
                    self._record_end(handle, error)
                raise
            if os.getpid() == owner:  # not in a child forked inside the block
                handle.succeed()

    def handle(self, run_id: str) -> RunHandle:
        """A handle on a run that is going on elsewhere, for what is read and written in its name."""
        return RunHandle(self, run_id)

    def get(self, run_id: str) -> Run:
        """One run.

        Raises
        ------
        RunNotFound
            There is none of that id.
        """
        found = self._runs.fetch([runs.c.id == run_id], 1)
        if not found:
            raise RunNotFound(f"There is no run {run_id!r}.", fix="`workbench runs` lists those there are.")
        return found[0]

    def some(self, run_ids: Iterable[str]) -> dict[str, Run]:
        """Runs by their ids, without those that are not there."""
        return {run.id: run for some in batched(run_ids) for run in self._runs.fetch([runs.c.id.in_(some)], None)}

    def done_by(self, principal: str, run_ids: Iterable[str]) -> set[str]:
        """Those of some runs that a principal carried out. An id of none is passed over."""
        mine = select(runs.c.id).where(runs.c.principal == principal)
        with self._runs.reading() as conn:
            return {run_id for some in batched(run_ids) for run_id in conn.execute(mine.where(runs.c.id.in_(some))).scalars()}

    def list(
        self,
        kind: str | None = None,
        status: RunStatus | None = None,
        job: str | None = None,
        limit: int | None = 50,
        parent_id: str | None = None,
        principal: str | None = None,
        before: str | None = None,
        since: datetime | None = None,
    ) -> tuple[Run, ...]:
        """Runs, newest first; ``limit`` None for all of them. ``before``: those that come after the run of that id in this order;
        ``since``: those begun since a moment."""
        wanted = {"kind": kind, "status": status, "job": job, "parent_id": parent_id, "principal": principal}
        conditions = [runs.c[key] == value for key, value in wanted.items() if value is not None]
        conditions += [runs.c.id < before] if before is not None else []
        conditions += [runs.c.id >= first_id(since)] if since is not None else []
        return self._runs.fetch(conditions, limit)

    def metrics(
        self,
        kind: str,
        principal: str | None,
        since: datetime | None = None,
        limit: int | None = None,
        having: str | None = None,
        but: Collection[str] = (),
        whole: bool = False,
    ) -> tuple[dict[str, float], ...]:
        """The figures of runs, newest first, without anything else of them; of those only that have one of a name (``having``), ``but`` of
        these runs, and of none whose author saw a part only of its data (``whole``)."""
        query = select(runs.c.metrics).where(runs.c.kind == kind, runs.c.metrics != "{}").order_by(runs.c.id.desc())
        query = query.where(runs.c.principal == principal) if principal is not None else query
        query = query.where(runs.c.id >= first_id(since)) if since is not None else query
        query = query.where(runs.c.metrics.contains(f'"{having}"', autoescape=True)) if having is not None else query
        query = query.where(runs.c.id.not_in(but)) if but else query
        query = query.where(runs.c.attributes.not_like('%"in_part":true%')) if whole else query
        with self._runs.reading() as conn:
            return tuple(json.loads(row) for row in conn.execute(query if limit is None else query.limit(limit)).scalars())

    def count(self, status: RunStatus | None = None, principal: str | None = None) -> int:
        """How many runs there are, in a status, of a principal."""
        wanted = {"status": status, "principal": principal}
        query = select(func.count()).select_from(runs).where(*(runs.c[key] == value for key, value in wanted.items() if value is not None))
        with self._runs.reading() as conn:
            return int(conn.execute(query).scalar_one())

    def events(
        self, after: int = 0, run_id: str | None = None, limit: int | None = 500, principal: str | None = None
    ) -> tuple[RunEvent, ...]:
        """Events with a number above ``after``, in order; of one run, of the runs of one principal with those :data:`FOR_ALL`, or all."""
        query = select(run_events).where(run_events.c.seq > after).order_by(run_events.c.seq)
        if run_id is not None:
            query = query.where(run_events.c.run_id == run_id)
        if principal is not None:
            query = query.where(
                run_events.c.run_id.in_(select(runs.c.id).where(runs.c.principal == principal)) | run_events.c.type.in_(FOR_ALL)
            )
        with self._runs.reading() if principal is not None else self.store.read() as conn:
            return tuple(decode(row) for row in conn.execute(query if limit is None else query.limit(limit)))

    def last(self) -> int:
        """The number of the newest event; 0 for an empty log."""
        with self.store.read() as conn:
            return int(conn.execute(select(func.coalesce(func.max(run_events.c.seq), 0))).scalar_one())

    def wait(self, after: int, timeout: float) -> bool:
        """Wait until there are events above ``after``, at most ``timeout`` seconds; whether there are. Blocks its thread."""
        deadline = time.monotonic() + timeout
        if self.last() > after:
            return True
        with self.store.watch() as version:
            seen = version()
            # An event that came between the first look and this one has not changed `seen`.
            while self.last() <= after:
                while (found := version()) == seen:
                    left = deadline - time.monotonic()
                    if left <= 0:
                        return False
                    time.sleep(min(_POLL, left))
                seen = found
            return True

    def reconcile(self, alive: Callable[[Run], bool] | None = None) -> tuple[Run, ...]:
        """Fail the running runs that nobody carries out any more, with code ``lost``; returns them as they were. A part of a run that was
        cancelled is cancelled, too.

        ``alive`` decides; the default looks whether the process that started the run still lives on this machine, or was heard of from
        another one (:mod:`.pulse`).
        """
        self._say_ends()
        shared = self.store.path is None
        lives = alive if alive is not None else partial(process_alive, silent=self._pulse.silent(), shared=shared)
        suspects = [run for run in self.list(status="running", limit=None) if not lives(run)]
        gone = []
        for run in suspects:
            here = on_this_machine(run.attributes.get("process") or {}, shared)
            message = "The process that ran it ended." if here else "The machine that ran it has not been heard of for minutes."
            with self.store.write() as conn:
                # It may have ended, or been taken up by another process, since we looked.
                now_there = self.get(run.id)
                if now_there.status == "running" and now_there.attributes.get("process") == run.attributes.get("process"):
                    above = self.some([run.parent_id]).get(run.parent_id) if run.parent_id else None
                    if above is not None and above.status == "cancelled":
                        RunHandle(self, run.id).cancel(conn=conn)  # its process was ended with what it is a part of
                    else:
                        RunHandle(self, run.id).fail(RunError(code=LOST, message=message, fix="Start it again."), conn)
                    gone.append(run)
        if alive is None:
            self._pulse.forget()
        return tuple(gone)

    def forget_statements(self, before: datetime) -> int:
        """Erase the texts of statements that no run since ``before`` was of; returns how many. Runs keep the hashes."""
        recent = select(runs.c.attributes).where(runs.c.id >= first_id(before), runs.c.attributes.contains('"statement"'))
        # One transaction: who runs an old statement again comes before it, and is seen, or after it, and writes the text anew.
        with self.store.write() as conn, self._runs.reading():
            used = {json.loads(row).get("statement") for row in conn.execute(recent).scalars()}
            return erase_unused(conn, used, before)

    def rebuild(self, name: str | None = None) -> None:
        """Read all projections, or one, off the log again.

        Raises
        ------
        KeyError
            There is no projection of that name.
        """
        for projection in [self.projections[name]] if name is not None else list(self.projections.values()):
            projection.rebuild()

    def _may_start(self, conn: Connection, run_id: str) -> None:
        with self._runs.reading():
            status = conn.execute(select(runs.c.status).where(runs.c.id == run_id)).scalar()
        if status == "cancelled":
            raise Cancelled("The run was cancelled before it started.", fix="Start a new one.", run_id=run_id)
        if status == "succeeded":
            raise Conflict("The run has succeeded already.", fix="Start a new one.", run_id=run_id)

    @staticmethod
    def _record_end(handle: RunHandle, error: BaseException) -> None:
        try:
            if isinstance(error, Cancelled | KeyboardInterrupt | asyncio.CancelledError):
                handle.cancel()
                return
            get_logger("runs").warning("run %s failed", handle.id, exc_info=error)
            handle.fail(error)
        except Exception:
            # The error that ended the run is what must reach the caller; reconcile() will find the run.
            get_logger("runs").exception("the end of run %s could not be recorded", handle.id)


def _row(run_id: str, type: str, body: dict[str, Any]) -> dict[str, Any]:
    if len(run_id) > 64:
        raise InvalidInput("A run's id has at most 64 characters.", fix="Use workbench.core.ids.new_id().")
    if isinstance(body.get("principal"), Principal):
        body = body | {"principal": body["principal"].name}
    return {
        "id": new_id(),
        "run_id": run_id,
        "type": type,
        "at": iso(now()),
        "schema_version": SCHEMA_VERSION,
        "body": encode(type, body),
    }
