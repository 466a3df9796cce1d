"""The register of workers: who lives, and who is to be taken over."""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from workbench.core.clock import from_iso, iso, now
from workbench.core.records import Record
from workbench.jobs.processes import Process
from workbench.runs.process import on_this_machine, this_process
from workbench.store.tables import workers

if TYPE_CHECKING:
    from workbench.store.store import Store

__all__ = ["Register", "WorkerInfo", "lives", "place_of", "registered"]

#: The heartbeat of who has ended and said so.
_LEFT = iso(from_iso("1970-01-01T00:00:00Z"))
#: Seconds by which the clocks of machines may differ.
_APART = 60.0


def place_of(path: Path | None) -> str | None:
    """A file or folder as the system knows it: the same where it was moved to, another one than a copy of it."""
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return f"{found.st_dev}:{found.st_ino}" if found is not None else None


def _is_same(one: str | None, other: str | None) -> bool:
    return None in (one, other) or one == other


class WorkerInfo(Record):
    """One incarnation of a worker. ``lost`` is set when somebody has begun to take it over."""

    id: str
    name: str
    process: Process
    #: Its number can be looked up, and its processes killed, here: not where it is of a workspace that ours is a copy of.
    here: bool
    heartbeat_at: str
    lost: bool = False
    started_at: str = ""
    host: str = ""
    #: How many jobs it works on at once, and what its machine has.
    slots: int | None = None
    resources: dict[str, float] = {}
    #: The workspace's folder (:func:`place_of`), whose locks it holds.
    folder: str | None = None


class Register:
    """This worker's line in the table ``workers``, and its look at the others'."""

    def __init__(self, store: Store, identifier: str, name: str, dead_after: float, folder: Path | None = None, **facts: Any) -> None:
        self.store, self.id, self.name, self.dead_after = store, identifier, name, dead_after
        self.folder = place_of(folder)
        #: What others are told of it: ``slots``, ``resources``.
        self.facts = facts
        self.machine = {name: this_process()[name] for name in ("host", "boot")}
        self.process = Process.of(os.getpid()) or Process(pid=os.getpid(), started=0)
        #: Of each other its last heartbeat as it wrote it, and since when that has been so, by a clock that nobody sets.
        self._heard: dict[str, tuple[str, float]] = {}
        self._looked = 0.0

    def enter(self) -> None:
        """Say that we live."""
        at = iso(now())
        where = {"store": place_of(self.store.path), "folder": self.folder}
        info = {"name": self.name, **self.machine, **self.process.to_json(), "lost": False, **where, **self.facts}
        with self.store.write() as conn:
            epoch = (conn.execute(select(func.max(workers.c.epoch))).scalar() or 0) + 1
            row = {"id": self.id, "epoch": epoch, "pid": self.process.pid, "started_at": at, "heartbeat_at": at}
            conn.execute(insert(workers).values(**row, info=json.dumps(info)))

    def beat(self) -> bool:
        """Say that we still live; False when another has declared us dead, or removed us."""
        with self.store.write() as conn:
            info = conn.execute(select(workers.c.info).where(workers.c.id == self.id)).scalar()
            if info is None or json.loads(info)["lost"]:
                return False
            conn.execute(update(workers).where(workers.c.id == self.id).values(heartbeat_at=iso(now())))
            return True

    def leave(self) -> None:
        """Say that we end, so that nobody waits for the silence to last: whoever comes next takes over at once."""
        with self.store.write() as conn:
            conn.execute(update(workers).where(workers.c.id == self.id).values(heartbeat_at=_LEFT))

    def others(self) -> list[WorkerInfo]:
        """Every other incarnation that has not been taken over completely."""
        return [worker for worker in registered(self.store) if worker.id != self.id]

    def dead(self) -> list[WorkerInfo]:
        """Those of them that are to be taken over: silent for too long while we looked, or they have left; gone, where we can see (this
        machine); or an earlier incarnation under our own name on this machine (we hold its lock)."""
        others = self.others()
        self._listen(others)
        return [other for other in others if other.lost or other.heartbeat_at == _LEFT or self._silent(other) or self._gone(other)]

    def _listen(self, others: list[WorkerInfo]) -> None:
        """Note who was heard of since the last look. Whether it is silent is not told by the time of its heartbeat: clocks of machines
        differ, and are set."""
        at, before = time.monotonic(), self._heard
        if at - self._looked > 2 * self.dead_after:
            before = {}  # it was we who were silent, and the others may have been stopped with us
        self._heard = {}
        for other in others:
            said, since = before.get(other.id, ("", at))
            if said and said != other.heartbeat_at:
                age = (now() - from_iso(other.heartbeat_at)).total_seconds()
                # No earlier than at the last look, when it was not there; and by no clock has died who was heard of since.
                since = at - min(max(age, 0.0), at - self._looked, self.dead_after / 2)
            self._heard[other.id] = other.heartbeat_at, since
        self._looked = at

    def _silent(self, other: WorkerInfo) -> bool:
        return time.monotonic() - self._heard[other.id][1] >= self.dead_after

    def _gone(self, other: WorkerInfo) -> bool:
        # Another folder may have the same store, with locks of its own.
        mine = other.name == self.name and _is_same(other.folder, self.folder)
        return other.here and (mine or not other.process.alive())

    def declare_lost(self, other: WorkerInfo) -> None:
        """From now on its heartbeat is refused, and it ends itself when it wakes up."""
        with self.store.write() as conn:
            info = conn.execute(select(workers.c.info).where(workers.c.id == other.id)).scalar()
            if info is not None:
                conn.execute(update(workers).where(workers.c.id == other.id).values(info=json.dumps({**json.loads(info), "lost": True})))

    def remove(self, other: WorkerInfo) -> None:
        """It has been taken over completely."""
        with self.store.write() as conn:
            conn.execute(delete(workers).where(workers.c.id == other.id))


def lives(worker: WorkerInfo, dead_after: float) -> bool:
    """Whether a worker seems to live, as far as one look tells: it has said so lately, by its machine's clock."""
    patience = dead_after if worker.here else dead_after + _APART
    return not worker.lost and worker.heartbeat_at >= iso(now() - timedelta(seconds=patience))


def registered(store: Store) -> list[WorkerInfo]:
    """Every incarnation of a worker that has not been taken over completely."""
    with store.read() as conn:
        rows = conn.execute(select(workers).order_by(workers.c.epoch)).mappings().all()
    found, own = [], place_of(store.path)
    for row in rows:
        info = json.loads(row["info"])
        found.append(
            WorkerInfo(
                id=row["id"],
                name=info["name"],
                process=Process(pid=row["pid"], started=info["started"], born=info.get("born", "")),
                here=on_this_machine(info, shared=store.path is None) and _is_same(info.get("store"), own),
                heartbeat_at=row["heartbeat_at"],
                lost=info["lost"],
                started_at=row["started_at"],
                host=info.get("host") or "",
                slots=info.get("slots"),
                resources=info.get("resources", {}),
                folder=info.get("folder"),
            )
        )
    return found
