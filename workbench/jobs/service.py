"""Submitting and cancelling jobs, from any process. Nothing here knows DBOS: a worker picks the requests up."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from workbench.core.clock import iso, now
from workbench.core.config import Settings
from workbench.core.errors import Conflict, InvalidInput, nearest
from workbench.core.ids import new_id
from workbench.core.records import Record
from workbench.core.resources import amount_shown
from workbench.jobs import fences, kinds
from workbench.jobs.queues import due_at, queue_of
from workbench.jobs.requests import REQUESTS, Asks
from workbench.jobs.workers import WorkerInfo, lives, registered
from workbench.runs.records import TERMINAL, Run, RunError, RunStatus
from workbench.store.tables import job_requests, runs

if TYPE_CHECKING:
    from workbench.runs.log import RunLog
    from workbench.store.store import Store

__all__ = ["Again", "Child", "JobService"]

_OPEN: tuple[RunStatus, ...] = ("queued", "running")


class Child(Record):
    """A run that is known before it begins, such as a step of a pipeline: shown as queued from the start."""

    id: str
    kind: str
    job: str
    params: dict[str, Any] = {}
    attributes: dict[str, Any] = {}


class Again(Record):
    """A run that has ended and is to be carried out again, with all its attributes from now on."""

    id: str
    attributes: dict[str, Any] = {}


class JobService:
    """Durable jobs.

    A request is written in the same transaction as the run's ``run.queued``: there is never one without the other, and
    neither is lost with the process that asked. The run's id is also the id of its DBOS workflow.
    """

    def __init__(self, settings: Settings, store: Store, log: RunLog) -> None:
        self.settings, self.store, self.log = settings, store, log

    def submit(
        self,
        kind: str,
        job: str,
        params: dict[str, Any],
        principal: str,
        key: str | None = None,
        *,
        run_id: str | None = None,
        attributes: dict[str, Any] | None = None,
        children: Sequence[Child] = (),
        asks: Asks | None = None,
    ) -> str:
        """Put a job on the durable queue.

        Parameters
        ----------
        key
            Makes a repeated call submit once: it returns the first one's run.
        attributes
            Of the run. ``queue`` (high, normal, low) and ``priority`` say when its turn is.
        asks
            What must be so before it begins.

        Returns
        -------
        str
            The run's id.

        Raises
        ------
        InvalidInput
            No worker knows this kind.
        """
        kinds.check(kind)
        run_id = run_id or new_id()
        request = hashlib.sha256(key.encode()).hexdigest() if key else run_id
        with self.store.write(durable=True, act=True) as conn:
            if key is not None:
                before = conn.execute(select(job_requests.c.run_id).where(job_requests.c.id == request)).scalar()
                if before is not None:
                    return str(before)
            self.log.append(conn, run_id, "run.queued", kind=kind, job=job, principal=principal, params=params, attributes=attributes or {})
            self._queue(conn, run_id, principal, children)
            told = asks.model_dump_json(exclude_defaults=True) if asks is not None else None
            self._request(conn, request, run_id, "submit", principal, **_place(attributes or {}), asks=told)
            self.log.keep_up(conn)
        return run_id

    def repair(
        self, job: Again, params: dict[str, Any], by: str, number: int, steps: Sequence[Again], children: Sequence[Child] = (),
        asks: Asks | None = None,
    ) -> None:  # fmt: skip
        """Put a job that has ended on the queue once more, in the same run.

        It is a workflow of its own, and what an earlier one is still at can record and commit nothing any more.

        Parameters
        ----------
        by
            Who asks for it. The run stays whose it was, and goes on with her rights.
        number
            Which repair of the run this is, from 1: of two who ask at once one is refused.
        steps, children
            The runs below it that are carried out again, and those that are new.
        asks
            What must be so before it begins; how many of it there may be at once stays what it was, as long as that is known.

        Raises
        ------
        Conflict
            It goes on, is still being stopped, or somebody else has just had it repaired.
        RunNotFound
            There is no such run.
        """
        with self.store.write(durable=True, act=True) as conn:
            run = self.log.get(job.id)
            if run.status not in TERMINAL:
                raise Conflict("The run has not ended.", fix="Wait for its end, or cancel it first.", run_id=run.id)
            if run.repair + 1 != number:
                raise Conflict("Somebody has just had the run repaired.", fix="Look at it: `workbench runs show`.", run_id=run.id)
            if self.stopping(run.id):
                raise Conflict("The run is still being stopped.", fix="Try again in a moment.", run_id=run.id)
            # Where no worker lives, nothing is left to be stopped.
            conn.execute(update(job_requests).where(*self._waiting(run.id)).values(handled_at=iso(now())))
            again = [job.model_copy(update={"attributes": job.attributes | {"repair": number}}), *steps]
            for each in again:
                fences.advance(conn, each.id)
                told = {"params": params} if each.id == run.id else {}
                self.log.append(conn, each.id, "run.repaired", by=by, attributes=each.attributes, **told)
            self._queue(conn, run.id, run.principal, children)
            self._request(
                conn, new_id(), run.id, "submit", run.principal, **_place(run.attributes), asks=self._asked(conn, run.id, asks or Asks())
            )

    @staticmethod
    def _asked(conn: Connection, run_id: str, asks: Asks) -> str | None:
        """What must be so before a run begins again."""
        last = select(job_requests.c.asks).where(job_requests.c.run_id == run_id, job_requests.c.action == "submit")
        row = conn.execute(last.order_by(job_requests.c.requested_at.desc()).limit(1)).first()
        told = asks if row is None else asks.model_copy(update={"runs": _asks(row.asks).runs})
        return told.model_dump_json(exclude_defaults=True) if told != Asks() else None

    def limit(self, kind: str, job: str, runs_at_once: int | None) -> None:
        """Have those of a job that wait begin by this limit, whatever it was when they were asked for."""
        mine = runs.c.kind == kind, runs.c.job == job
        asked = select(job_requests.c.id, job_requests.c.asks).join(runs, runs.c.id == job_requests.c.run_id)
        waiting = asked.where(*mine, job_requests.c.handled_at.is_(None), job_requests.c.action == "submit")
        with self.store.read() as conn:
            found = conn.execute(waiting).all()
        others = [(id, said) for id, asks in found if (said := _asks(asks)).runs != runs_at_once]
        if not others:
            return
        with self.store.write() as conn:
            for id, said in others:
                told = said.model_copy(update={"runs": runs_at_once})
                text = told.model_dump_json(exclude_defaults=True) if told != Asks() else None
                conn.execute(update(job_requests).where(job_requests.c.id == id).values(asks=text))
            self.store.call(conn, REQUESTS)

    def stopping(self, run_id: str) -> bool:
        """Whether a worker has yet to stop what it does for a cancelled run."""
        asked_for = select(job_requests.c.id).where(*self._waiting(run_id), job_requests.c.action == "cancel")
        with self.store.read() as conn:
            asked = conn.execute(asked_for.limit(1)).scalar()
        return asked is not None and self.workers_alive()

    def _queue(self, conn: Connection, run_id: str, principal: str, children: Sequence[Child]) -> None:
        for child in children:
            self.log.append(
                conn,
                child.id,
                "run.queued",
                kind=child.kind,
                job=child.job,
                principal=principal,
                params=child.params,
                attributes=child.attributes,
                parent_id=run_id,
            )

    def cancel(self, run_id: str, principal: str = "", reason: RunError | None = None) -> Run:
        """Stop a job: what is queued never starts, and when this returns nothing it does can be committed any more; a worker
        kills its processes within moments. A step is cancelled with its pipeline. A run that has ended stays as it is. ``reason`` is
        kept as the runs' error.

        Raises
        ------
        RunNotFound
            There is no such run.
        """
        root = self._root(run_id)
        with self.store.write(durable=True, act=True) as conn:
            self.log.get(root.id)  # brings the table of runs up to date
            tree = self._tree(conn, root.id)
            open_runs = [(identifier, status) for identifier, status in tree if status not in TERMINAL]
            for identifier, _ in open_runs:
                fences.advance(conn, identifier)
                why = {"error": reason.to_json()} if reason is not None else {}
                self.log.append(conn, identifier, "run.cancelled", by=principal or None, **why)
            conn.execute(update(job_requests).where(*self._waiting(root.id)).values(handled_at=iso(now())))
            if any(status == "running" for _, status in open_runs):
                self._request(conn, new_id(), root.id, "cancel", principal)
        return self.log.get(run_id)

    def cancel_disabled(self, name: str, principal: str = "") -> int:
        """Stop all jobs of a user who is disabled; returns how many that were."""
        reason = RunError(code="unauthenticated", message=f"The user {name} was disabled.", fix="An administrator can let her in again.")
        with self.store.write(durable=True, act=True):
            mine = [run for status in _OPEN for run in self.log.list(status=status, principal=name, limit=None)]
            # What a process carries out by itself is no job, be it of a kind that could be one.
            jobs = [run for run in mine if run.kind in kinds.known() and "process" not in run.attributes]
            roots = dict.fromkeys(root.id for run in jobs if (root := self._root(run.id)).principal == name)
            for root_id in roots:
                self.cancel(root_id, principal, reason)
        return len(roots)

    def status(self, run_id: str) -> Run:
        """The run as it is now.

        Raises
        ------
        RunNotFound
            There is no such run.
        """
        return self.log.get(run_id)

    def workers_alive(self) -> bool:
        """Whether any worker has said lately that it lives."""
        return any(self._alive())

    def _alive(self) -> Iterator[WorkerInfo]:
        return (worker for worker in registered(self.store) if lives(worker, self.settings.jobs.dead_after_seconds))

    def check_resources(self, needs: Mapping[str, float]) -> None:
        """Raises
        ------
        InvalidInput
            Neither this machine nor a worker that lives has so much; what it is of the workspace, the settings here say.
        """
        there = dict(self.settings.jobs.resources)
        for worker in self._alive() if any(amount > there.get(name, 0) for name, amount in needs.items()) else ():
            there |= {name: max(amount, there.get(name, 0)) for name, amount in worker.resources.items()}
        for name, amount in needs.items():
            if amount > there.get(name, 0):
                has = f"there are {amount_shown(there[name])}" if name in there else "there is none"
                close = nearest(name, there)
                written = amount_shown(amount) if amount == int(amount) < 1e6 else f"'{amount_shown(amount)}'"
                fix = f"Write `{name} = {written}` below [jobs.resources] in workbench.toml, or ask for less."
                raise InvalidInput(
                    f"It needs {name}: {amount_shown(amount)}, and {has}.",
                    fix=f"Did you mean {close!r}?" if close and name not in there else fix,
                    resource=name,
                )

    def _root(self, run_id: str) -> Run:
        run = self.log.get(run_id)
        while run.parent_id is not None:
            parent = self.log.get(run.parent_id)
            if parent.kind not in kinds.known():
                break
            run = parent
        return run

    @staticmethod
    def _waiting(run_id: str) -> tuple[ColumnElement[bool], ...]:
        return job_requests.c.run_id == run_id, job_requests.c.handled_at.is_(None)

    @staticmethod
    def _tree(conn: Connection, root: str) -> list[tuple[str, str]]:
        """(id, status) of the run and all below it, children first."""
        columns = runs.c.id, runs.c.status
        level = [tuple(row) for row in conn.execute(select(*columns).where(runs.c.id == root))]
        found: list[tuple[str, str]] = []
        while level:
            found = [(str(a), str(b)) for a, b in level] + found
            below = or_(*(runs.c.parent_id == identifier for identifier, _ in level))
            level = [tuple(row) for row in conn.execute(select(*columns).where(below))]
        return found

    def _request(self, conn: Connection, identifier: str, run_id: str, action: str, principal: str, **ordered: Any) -> None:
        row = {"id": identifier, "run_id": run_id, "action": action, "requested_at": iso(now()), "requested_by": principal}
        conn.execute(insert(job_requests).values(**row, handled_at=None, **ordered))
        self.store.call(conn, REQUESTS)


def _asks(text: str | None) -> Asks:
    return Asks.model_validate_json(text) if text else Asks()


def _place(attributes: dict[str, Any]) -> dict[str, str]:
    """A request's place in line, by its run's attributes."""
    queue, priority = queue_of(attributes)
    return {"queue": queue, "due_at": due_at(now(), queue, priority)}
