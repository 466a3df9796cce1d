"""Leases: who reads a snapshot says so, and expiry leaves it alone until the lease is given back or runs out.

They stand in the metadata store, so they hold between processes and machines. A process has one lease for a snapshot, however
many statements read it, and keeps it for a moment after the last one: who asks the same table again and again writes once. A
thread renews those in use. A process that was killed renews nothing, and its leases run out.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from workbench.core.clock import iso, now
from workbench.core.errors import SnapshotNotFound
from workbench.core.forks import tell_forks
from workbench.core.ids import new_id
from workbench.core.refs import DatasetRef
from workbench.core.telemetry import get_logger
from workbench.lake.catalog import LakeCatalog
from workbench.store.tables import leases

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["EVERYTHING", "Leases", "frozen", "leased", "leased_tables"]

EVERYTHING = "*"  # the table_uuid of a lease on every file of the lake, as a back-up takes it

#: How long a lease outlives its process, in seconds. Clocks of machines that share a store may differ by half of it.
LIFE_SECONDS = 180.0
_LOOKS = 9  # in the life of a lease: as often the thread renews those in use, and gives back those that were not since
_LEFT = 1 / 3  # of its life: a lease with less left is taken anew, for the thread that should have renewed it was held up

_log = get_logger("lake.leases")


def leased(conn: Connection, table_uuid: str) -> set[int]:
    """The snapshots of a table that are being read."""
    query = select(leases.c.snapshot_id).where(leases.c.table_uuid == table_uuid, leases.c.expires_at > iso(now()))
    return set(conn.execute(query).scalars())


def leased_tables(conn: Connection) -> set[str]:
    """The UUIDs of tables of which any snapshot is being read."""
    query = select(leases.c.table_uuid).where(leases.c.table_uuid != EVERYTHING, leases.c.expires_at > iso(now()))
    return set(conn.execute(query.distinct()).scalars())


def frozen(conn: Connection) -> bool:
    """Whether no file of the lake may be deleted now (a back-up is being taken)."""
    query = select(leases.c.id).where(leases.c.table_uuid == EVERYTHING, leases.c.expires_at > iso(now())).limit(1)
    return conn.execute(query).first() is not None


@dataclass
class _Held:
    """This process's lease on a snapshot. Two threads that ask first may have taken one each: then both are kept up.

    Times are the clock's, as in the rows: a machine that sleeps does not count the monotonic ones.
    """

    expires: float = 0.0
    ids: list[str] = field(default_factory=list)
    readers: int = 0
    left: float = 0.0  # when the last reader went


class Leases:
    """Takes leases, keeps them up and gives them back. Thread-safe.

    Parameters
    ----------
    life
        Seconds after which a lease that nobody renews is over.
    """

    def __init__(self, catalog: LakeCatalog, life: float = LIFE_SECONDS) -> None:
        self._catalog = catalog
        self._store = catalog.store
        self._life = life
        self._guard = threading.Lock()
        self._held: dict[tuple[str, int], _Held] = {}
        self._tended = False
        _all.add(self)
        tell_forks(self)

    @contextmanager
    def read(self, ref: DatasetRef) -> Iterator[None]:
        """Keep a snapshot's files for the length of the block, however long it takes.

        Raises
        ------
        SnapshotNotFound, DatasetNotFound
            It has expired, or the dataset has been dropped or renamed.
        """
        if ref.snapshot_id is None:  # nothing has been written yet
            yield
            return
        held = self._join(ref, ref.snapshot_id) or self._take(ref, ref.snapshot_id)
        try:
            yield
        finally:
            with self._guard:
                held.readers -= 1
                held.left = time.time()

    @contextmanager
    def everything(self, holder: str, seconds: float = 3600) -> Iterator[str]:
        """Delete no file of the lake for the length of the block, at most ``seconds``: for a back-up."""
        lease = new_id()
        with self._store.write() as conn:
            _insert(conn, lease, EVERYTHING, 0, holder, seconds)
        try:
            yield lease
        finally:
            self._give_back([lease])

    def give_back_unused(self) -> None:
        """Give back what nothing in this process reads any more; the thread does so a little later."""
        self._give_back(self._drop(untouched=0))

    # ---------------------------------------------------------------------------------------------------------- inside

    def _join(self, ref: DatasetRef, snapshot_id: int) -> _Held | None:
        with self._guard:
            held = self._held.get((ref.table_uuid, snapshot_id))
            if held is None or self._runs_out(held):
                return None
            held.readers += 1
            return held

    def _take(self, ref: DatasetRef, snapshot_id: int) -> _Held:
        lease, began = new_id(), time.time()
        with self._store.write() as conn:
            # In one transaction with the look at the snapshot: expiry comes before (and we see it) or after (and it sees us).
            metadata = self._catalog.current(ref.name).metadata
            if str(metadata.table_uuid) != ref.table_uuid or metadata.snapshot_by_id(snapshot_id) is None:
                raise SnapshotNotFound(f"{ref.name} has no snapshot {snapshot_id}.", fix="It may have expired; read a newer one.")
            _insert(conn, lease, ref.table_uuid, snapshot_id, f"process {os.getpid()}", self._life)
        with self._guard:
            held = self._held.setdefault((ref.table_uuid, snapshot_id), _Held())
            if self._runs_out(held):
                held.ids.clear()
            held.expires = began + self._life
            held.ids.append(lease)
            held.readers += 1
            if not self._tended:
                self._tended = True
                threading.Thread(target=self._tend, name="leases", daemon=True).start()
        return held

    def _runs_out(self, held: _Held) -> bool:
        return held.expires - time.time() < self._life * _LEFT

    def _drop(self, untouched: float) -> list[str]:
        """Forget what nobody has read for so many seconds; its rows are still to be deleted."""
        limit = time.time() - untouched
        with self._guard:
            unused = [key for key, held in self._held.items() if not held.readers and held.left <= limit]
            return [lease for key in unused for lease in self._held.pop(key).ids]

    def _give_back(self, ids: Collection[str]) -> None:
        if ids:
            with self._store.write() as conn:
                conn.execute(delete(leases).where(leases.c.id.in_(ids)))

    def _tend(self) -> None:
        """Renew and give back for as long as this process holds any."""
        while True:
            time.sleep(self._life / _LOOKS)
            unused = self._drop(untouched=self._life / _LOOKS)
            with self._guard:
                held = list(self._held.values())
                if not held and not unused:
                    self._tended = False
                    return
            try:
                self._give_back(unused)
                self._renew(held)
            except Exception as error:
                # The next round tries again: a lease outlives several.
                _log.warning("leases were not renewed", extra={"reason": str(error).partition("\n")[0]})

    def _renew(self, held: Iterable[_Held]) -> None:
        began = time.time()
        ids = [lease for each in held for lease in each.ids]
        if not ids:
            return
        with self._store.write() as conn:
            until = iso(now() + timedelta(seconds=self._life))
            renewed = conn.execute(update(leases).where(leases.c.id.in_(ids)).values(expires_at=until)).rowcount
        if renewed < len(ids):
            # Some ran out while this process was held up. They count as short, so that whoever reads next takes them anew.
            _log.warning("leases ran out before they were renewed", extra={"lost": len(ids) - renewed})
            return
        with self._guard:
            for each in held:
                each.expires = began + self._life

    def after_fork(self) -> None:
        """In a forked child: the leases are its parent's."""
        self._guard = threading.Lock()
        self._held.clear()
        self._tended = False


def _insert(conn: Connection, lease: str, table_uuid: str, snapshot_id: int, holder: str, seconds: float) -> None:
    moment = now()
    conn.execute(delete(leases).where(leases.c.expires_at <= iso(moment)))
    row = {"id": lease, "table_uuid": table_uuid, "snapshot_id": snapshot_id, "holder": holder}
    conn.execute(insert(leases).values(**row, expires_at=iso(moment + timedelta(seconds=seconds))))


_all: weakref.WeakSet[Leases] = weakref.WeakSet()


def _give_back_all() -> None:
    for each in list(_all):
        try:
            each.give_back_unused()
        except Exception:
            # They run out by themselves; a process that ends has nobody left to tell.
            _log.info("leases were left to run out")


atexit.register(_give_back_all)
