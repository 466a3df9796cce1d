"""The same engine in processes of their own: a statement that eats the machine's memory, or never looks up, is killed alone.

DuckDB keeps to its memory limit where it counts, and looks at an interruption where it thinks of it; one long function call
does neither. A process can always be killed. What it had prepared is lost, and the next statement starts another one.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from workbench.core.forks import tell_forks
from workbench.core.leftovers import remove_leftovers
from workbench.engines.duckdb.child import SPILL, Child, NotBegun
from workbench.engines.duckdb.csv import CsvLoad, CsvLoaded, Progress
from workbench.engines.duckdb.engine import Result, SessionKey, limits_of, session_key
from workbench.engines.duckdb.errors import EngineError, Interrupted
from workbench.engines.duckdb.s3 import Access
from workbench.engines.duckdb.sources import FarReader
from workbench.engines.duckdb.tally import Tally
from workbench.engines.duckdb.transform import Transform
from workbench.engines.scans import FileScan, HeldRows, Scan

if TYPE_CHECKING:
    from workbench.engines.readers.source import Opener

__all__ = ["IsolatedEngine"]

T = TypeVar("T")
KEPT_CHILDREN = 2
_MOST_KEPT = 8  # where many ask at once: else nearly each statement would wait for a process to start
_LINGER_SECONDS = 1.0  # that who watches waits for another statement: of many small ones each would start a thread
_KEPT_SECONDS = 30.0  # after which only KEPT_CHILDREN are left of them
_TRIES = _MOST_KEPT + 2  # each waiting process may have been killed by somebody else
_LOOK_SECONDS = 0.05
_LONG_SECONDS = 2.0  # of processor time; who takes more gives way to those who have just come
_TOGETHER = 0.75  # of the machine's memory
_KEPT_MB = 512  # a process that grew beyond this is not kept: allocators seldom give back


class IsolatedEngine:
    """Runs statements that have been decided on, each alone in a process. Thread-safe.

    Takes what :class:`~workbench.engines.duckdb.engine.DuckDBEngine` takes. Beyond DuckDB's own limit, a process may use a
    quarter more (at least 512 MB), for results and for what DuckDB does not count; one that takes more is killed.
    """

    def __init__(self, spill: Path, *, memory_mb: int = 0, threads: int = 0, timezone: str = "UTC", access: Access | None = None) -> None:
        self.limits = limits_of(spill, memory_mb, threads, timezone)
        self.ceiling_mb = self.limits.memory_mb + max(512, self.limits.memory_mb // 4)
        import psutil

        # What all together may hold: each has a limit of its own, but many at once would take the machine's.
        self.together_mb = max(self.ceiling_mb, int(psutil.virtual_memory().total * _TOGETHER) >> 20)
        self._most_kept = max(KEPT_CHILDREN, min(_MOST_KEPT, self.together_mb // 1024))
        self._access = access
        self._guard = threading.Lock()
        self._idle: list[Child] = []
        self._lent: set[Child] = set()
        self._running: dict[_Statement, str] = {}  # and the run it belongs to, which may have several
        self._watched = False
        remove_leftovers(spill, SPILL)
        tell_forks(self)

    def warm(self) -> None:
        """Start a process that waits for the first statement."""
        with self._guard:
            if not self._idle:
                self._idle.append(self._start())

    def run(
        self, run_id: str, sql: str, scans: tuple[Scan, ...], params: Any = None, *, limit: int | None = None, timeout: float
    ) -> Result:
        """Run one statement over the relations, and only those.

        Raises
        ------
        EngineError, Interrupted
            DuckDB refused, the statement took more memory than it may, or it was stopped (time, :meth:`interrupt`, Ctrl-C).
        """
        portable = tuple(_portable(scan) for scan in scans)
        (table, types, cut), memory = self._ask(run_id, session_key(scans), timeout, lambda child: child.run(sql, portable, params, limit))
        return Result(table, types, cut, memory)

    def tally(self, run_id: str, tally: Tally, part: Callable[[pa.Table], None], *, timeout: float) -> None:
        """Count values of columns, and give each part as it is ready; see :func:`workbench.engines.duckdb.tally.tally`. Raises as
        :meth:`run`."""
        self._ask(run_id, session_key((tally.scan,)), timeout, lambda child: child.tally(tally, part))

    def load(self, run_id: str, load: CsvLoad, progress: Progress | None = None, *, timeout: float | None = None) -> CsvLoaded:
        """Write a delimited text file as Parquet; see :func:`workbench.engines.duckdb.csv.load_csv`. A load that was stopped
        leaves its folder behind.

        Raises
        ------
        EngineError, Interrupted
            The file could not be read or written, it took more memory than it may, or the load was stopped.
        """
        return self._ask(run_id, None, timeout, lambda child: child.load(load, progress))[0]

    def transform(self, run_id: str, transform: Transform, *, timeout: float | None = None) -> pa.Table:
        """Carry several statements out, whose rows go to files; see :meth:`.engine.DuckDBEngine.transform`.

        Raises
        ------
        EngineError, Interrupted
            DuckDB refused, it took more memory than it may, or it was stopped.
        """
        portable = replace(transform, scans=tuple(_portable(scan) for scan in transform.scans))
        return self._ask(run_id, None, timeout, lambda child: child.transform(portable))[0]

    @contextmanager
    def reading(self, run_id: str, seconds: float | None = None) -> Iterator[Opener | None]:
        """Who opens files in the block: a process that is kept for it. ``seconds`` is what one answer may take."""
        reader = FarReader(self, run_id, seconds)
        try:
            yield reader
        finally:
            reader.close()

    def _ask(self, run_id: str, key: SessionKey | None, timeout: float | None, ask: Callable[[Child], T]) -> tuple[T, int]:
        """What it gives, and the most memory in MB that its process was seen to hold."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        for _ in range(_TRIES):
            with suppress(NotBegun):
                return self._ask_one(run_id, key, deadline, ask)
        raise EngineError("Crash", "The process that runs statements does not start.")

    def _ask_one(self, run_id: str, key: SessionKey | None, deadline: float, ask: Callable[[Child], T]) -> tuple[T, int]:
        child = self._borrow(key)
        try:
            with self.watched(run_id, child, deadline) as statement:
                found = ask(child)
                statement.memory_mb()
                return found, statement.most_mb
        finally:
            self._give_back(child, key)

    @contextmanager
    def watched(self, run_id: str, child: Child, deadline: float) -> Iterator[_Statement]:
        """In the block the process is killed once it takes too much, or is at work after the deadline, or the run is stopped."""
        statement = _Statement(child, deadline, self.ceiling_mb)
        with self._guard:
            self._running[statement] = run_id
            if not self._watched:
                self._watched = True
                threading.Thread(target=self._watch, name="statements", daemon=True).start()
        try:
            yield statement
        except KeyboardInterrupt as error:
            child.kill("keyboard")
            raise Interrupted("keyboard") from error
        finally:
            with self._guard:
                del self._running[statement]

    def lend(self) -> Child:
        """A process for several requests, until it is given back."""
        child = self._borrow(None)
        with self._guard:
            self._lent.add(child)
        self.warm()  # meanwhile there will be statements, too
        return child

    def give_back(self, child: Child) -> None:
        """It is not needed any more."""
        with self._guard:
            self._lent.discard(child)
        self._give_back(child, None)

    def interrupt(self, run_id: str | None = None, reason: str = "cancelled") -> bool:
        """Stop what a run is doing, or all there is; False where there was nothing."""
        with self._guard:
            children = [statement.child for statement, run in self._running.items() if run_id in (None, run)]
        for child in children:
            child.kill(reason)
        return bool(children)

    def close(self) -> None:
        """End the processes that wait; a running one ends with its statement."""
        with self._guard:
            idle, self._idle = self._idle, []
            for child in (*self._lent, *(statement.child for statement in self._running)):
                child.keep = False
        for child in idle:
            child.close()

    # ------------------------------------------------------------------------------------------------------ processes

    def _start(self) -> Child:
        try:
            return Child(self.limits, self._access, self.ceiling_mb)
        except OSError as error:
            raise EngineError("Crash", f"No process for the statement could be started: {error.strerror}.") from error

    def _borrow(self, key: SessionKey | None) -> Child:
        with self._guard:
            # Rather one that has these files open already, else the one that ran last.
            alive = [child for child in self._idle if child.alive()]
            best = next((child for child in reversed(alive) if key in child.seen), alive[-1] if alive else None)
            self._idle = [child for child in alive if child is not best]
        return best or self._start()

    def _give_back(self, child: Child, key: SessionKey | None) -> None:
        child.seen.add(key)
        closing = [child]
        keep = child.keep and not child.gives_way and child.alive() and child.memory_mb() < _KEPT_MB
        with self._guard:
            if keep:
                self._idle.append(child)
                closing = [self._idle.pop(0)] if len(self._idle) > self._most_kept else []
            elif child.keep and not self._idle:
                # Somebody will ask again: the next statement does not wait for a process to start.
                with suppress(EngineError):
                    self._idle.append(self._start())
        for old in closing:
            old.close()

    def _watch(self) -> None:
        """Kill what takes too long or too much, for as long as anything runs, and some time later end the processes that wait for more."""
        busy = time.monotonic()
        while True:
            surplus: list[Child] = []
            with self._guard:
                running = list(self._running)
                if running:
                    busy = time.monotonic()
                elif time.monotonic() - busy > (_KEPT_SECONDS if len(self._idle) > KEPT_CHILDREN else _LINGER_SECONDS):
                    surplus, self._idle = self._idle[:-KEPT_CHILDREN], self._idle[-KEPT_CHILDREN:]
                    self._watched = False
            if not running and not self._watched:
                for child in surplus:
                    child.close()
                return
            held: list[tuple[int, _Statement]] = []
            for statement in running:
                memory = statement.look()
                if reason := statement.must_stop(memory):
                    statement.child.kill(reason)
                else:
                    held.append((memory, statement))
                    if len(running) > 1:
                        statement.give_way()
            if sum(memory for memory, _ in held) > self.together_mb:  # who has taken the most goes, the others do not notice
                max(held, key=lambda one: one[0])[1].child.kill("memory")
            time.sleep(_LOOK_SECONDS)

    def after_fork(self) -> None:
        """In a forked process: the children are its parent's."""
        self._guard = threading.Lock()
        for child in {*self._idle, *self._lent, *(statement.child for statement in self._running)}:
            child.forget()
        self._idle, self._lent, self._running, self._watched = [], set(), {}, False


class _Statement:
    def __init__(self, child: Child, deadline: float, ceiling_mb: int) -> None:
        self.child, self._deadline, self._ceiling_mb = child, deadline, ceiling_mb
        self.most_mb = 0  # that was seen
        self._before: float | None = None  # what its process had taken at the first look

    def memory_mb(self) -> int:
        """Memory that it holds now."""
        found = self.child.memory_mb()
        self.most_mb = max(self.most_mb, found)
        return found

    def look(self) -> int:
        """Memory that it holds now. To be called every now and then: what it has taken is counted from the first time."""
        if self._before is None:
            self._before = self.child.processor_seconds()
        return self.memory_mb()

    def give_way(self) -> None:
        """Let others go first, once it has taken long."""
        if not self.child.gives_way and self._before is not None and self.child.processor_seconds() - self._before > _LONG_SECONDS:
            self.child.give_way()

    def must_stop(self, memory_mb: int) -> str | None:
        if time.monotonic() > self._deadline:
            return "timeout"
        return "memory" if memory_mb > self._ceiling_mb else None


def _portable(scan: Scan) -> Scan:
    return scan if isinstance(scan, FileScan) else replace(scan, load=HeldRows(scan.load()))
