"""That a process lives, for machines that cannot see it: several may share one PostgreSQL.

While it carries out runs, a process says again and again until when it counts as alive. One that was killed, or whose machine is gone,
says nothing, and when that time is over its runs are lost.
"""

from __future__ import annotations

import threading
import time
import weakref
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from workbench.core.clock import iso, now
from workbench.core.forks import tell_forks
from workbench.core.telemetry import get_logger
from workbench.runs.process import process_id, this_process
from workbench.store.tables import processes

if TYPE_CHECKING:
    from workbench.store.store import Store

__all__ = ["LIFE_SECONDS", "Pulse"]

#: How long a process counts as alive after it was heard of, in seconds. Clocks of machines that share a store may differ by half of it.
LIFE_SECONDS = 180.0
_BEATS = 4  # in that time
_KEPT = timedelta(days=1)  # a line after its end, when no run is left that it could tell of

_log = get_logger("runs.pulse")


class Pulse:
    """This process's line in the table ``processes``, and its look at the others'. Thread-safe."""

    def __init__(self, store: Store, life: float = LIFE_SECONDS) -> None:
        self._store, self._life = store, life
        self._guard = threading.Lock()
        self._open: set[str] = set()
        self._beaten = 0.0  # by the clock, as in the line: a machine that sleeps does not count the monotonic one
        self._tended = False
        tell_forks(self)

    def begin(self, run_id: str) -> None:
        """A run is about to be carried out by this process, which is to be heard of until :meth:`end`."""
        self.keep(run_id)
        if time.time() - self._beaten > self._life / 2:
            self._beat()

    def keep(self, run_id: str) -> None:
        """The same of a run that has begun already: nothing is written now."""
        with self._guard:
            self._open.add(run_id)
            tended, self._tended = self._tended, True
        if not tended:
            threading.Thread(target=_tend, args=(weakref.ref(self), self._life / _BEATS), name="pulse", daemon=True).start()

    def end(self, run_id: str) -> None:
        """It is over, or was none of ours."""
        with self._guard:
            self._open.discard(run_id)

    def silent(self) -> set[str]:
        """The processes that have not been heard of for too long, by :func:`.process.process_id`."""
        with self._store.read() as conn:
            return set(conn.execute(select(processes.c.id).where(processes.c.expires_at <= iso(now()))).scalars())

    def forget(self) -> None:
        """Take away the lines of processes that have been silent for a day. Their runs must have been ended by then."""
        old = processes.c.expires_at <= iso(now() - _KEPT)
        with self._store.read() as conn:
            there = conn.execute(select(processes.c.id).where(old).limit(1)).first()
        if there is not None:
            with self._store.write() as conn:
                conn.execute(delete(processes).where(old))

    def beat_on(self) -> bool:
        """Be heard of once more; whether there is still something to be heard of for."""
        with self._guard:
            self._tended = bool(self._open)
            if not self._tended:
                return False
        try:
            self._beat()
        except Exception as error:
            # The next round tries again: a line outlives several.
            _log.warning("the process could not say that it lives", extra={"reason": str(error).partition("\n")[0]})
        return True

    def _beat(self) -> None:
        began, me = time.time(), process_id(this_process())
        with self._store.write() as conn:
            until = {"expires_at": iso(now() + timedelta(seconds=self._life))}
            if conn.execute(update(processes).where(processes.c.id == me).values(until)).rowcount == 0:
                conn.execute(insert(processes).values(until | {"id": me}))
        # Should it stand in a transaction that is taken back, the next round writes it: one that has no line counts as alive.
        self._beaten = began

    def after_fork(self) -> None:
        """In a forked child: the runs are its parent's, and it is another process."""
        self._guard = threading.Lock()
        self._open.clear()
        self._beaten, self._tended = 0.0, False


def _tend(pulse: weakref.ref[Pulse], seconds: float) -> None:
    while True:
        time.sleep(seconds)
        held = pulse()
        if held is None or not held.beat_on():
            return
        del held
