"""The DuckDB engine: hands a statement a locked session, keeps a few prepared ones, stops what runs too long."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pyarrow as pa

from workbench.engines.duckdb.csv import CsvLoad, CsvLoaded, Progress
from workbench.engines.duckdb.errors import Interrupted
from workbench.engines.duckdb.s3 import Access
from workbench.engines.duckdb.session import Limits, Loading, Session, Stoppable, blank
from workbench.engines.duckdb.tally import THREAD_MB, Tally
from workbench.engines.duckdb.transform import Transform
from workbench.engines.duckdb.waiting import ctrl_c, interruptible
from workbench.engines.scans import FileScan, Scan, Shape

if TYPE_CHECKING:
    import duckdb

    from workbench.engines.readers.source import Opener

__all__ = ["DuckDBEngine", "Engine", "Result", "SessionKey", "limits_of", "session_key"]

T = TypeVar("T")
KEPT_SESSIONS = 32  # preparing one costs 30 ms of processor time, keeping it 3 MB
SessionKey = tuple[tuple[str, str, str, Shape | None], ...]


@dataclass(frozen=True)
class Result:
    """Rows as Arrow, DuckDB's names of their types, and whether rows beyond the limit were left out. ``memory_mb`` is the most memory
    that the process was seen to hold meanwhile; 0 where nobody looked."""

    table: pa.Table
    types: tuple[str, ...]
    cut: bool
    memory_mb: int = 0


class Engine(Protocol):
    """What runs statements, wherever it does."""

    def warm(self) -> None: ...

    def run(
        self, run_id: str, sql: str, scans: tuple[Scan, ...], params: Any = None, *, limit: int | None = None, timeout: float
    ) -> Result: ...

    def tally(self, run_id: str, tally: Tally, part: Callable[[pa.Table], None], *, timeout: float) -> None: ...

    def load(self, run_id: str, load: CsvLoad, progress: Progress | None = None, *, timeout: float | None = None) -> CsvLoaded: ...

    def transform(self, run_id: str, transform: Transform, *, timeout: float | None = None) -> pa.Table: ...

    def reading(self, run_id: str, seconds: float | None = None) -> AbstractContextManager[Opener | None]: ...

    def interrupt(self, run_id: str | None = None, reason: str = "cancelled") -> bool: ...

    def close(self) -> None: ...


class DuckDBEngine:
    """Runs statements that have been decided on. Thread-safe; a session serves one statement at a time.

    Parameters
    ----------
    spill
        Folder for what does not fit into memory.
    memory_mb, threads
        Limits of one session; 0 means half of the machine's memory, all of its cores.
    timezone
        IANA zone in which statements see times with a zone.
    access
        S3 credentials, where the lake is on S3.
    """

    def __init__(self, spill: Path, *, memory_mb: int = 0, threads: int = 0, timezone: str = "UTC", access: Access | None = None) -> None:
        self.limits = limits_of(spill, memory_mb, threads, timezone)
        self._access = access
        self._guard = threading.Lock()
        self._idle: OrderedDict[SessionKey, Session] = OrderedDict()
        self._spare: duckdb.DuckDBPyConnection | None = None
        self._running: dict[Stoppable, str] = {}  # and the run it belongs to, which may have several

    def warm(self) -> None:
        """Do beforehand what the first statement would wait for."""
        if self._spare is None:
            self._make_spare()

    def run(
        self, run_id: str, sql: str, scans: tuple[Scan, ...], params: Any = None, *, limit: int | None = None, timeout: float | None
    ) -> Result:
        """Run one statement over the relations, and only those, for at most ``timeout`` seconds.

        Raises
        ------
        EngineError, Interrupted
            DuckDB refused, or the statement was stopped (time, :meth:`interrupt`, Ctrl-C).
        """
        table, types, cut = self._with_session(run_id, scans, timeout, lambda session: session.execute(sql, params, limit))
        return Result(_hugeints(table, types), tuple(types), cut)

    def tally(self, run_id: str, tally: Tally, part: Callable[[pa.Table], None], *, timeout: float | None) -> None:
        """Count values of columns, and give each part as it is ready; see :func:`workbench.engines.duckdb.tally.tally`. Raises as
        :meth:`run`."""
        threads = max(1, min(self.limits.threads, self.limits.memory_mb // THREAD_MB))
        self._with_session(run_id, (tally.scan,), timeout, lambda session: session.tally(tally, threads, part))

    def _with_session(self, run_id: str, scans: tuple[Scan, ...], timeout: float | None, work: Callable[[Session], T]) -> T:
        session = self._borrow(scans)
        try:
            with self._known(run_id, session, timeout):
                return interruptible(lambda: work(session), lambda: session.interrupt("keyboard"))
        except KeyboardInterrupt as error:
            raise Interrupted("keyboard") from error
        finally:
            self._give_back(scans, session)

    def load(self, run_id: str, load: CsvLoad, progress: Progress | None = None, *, timeout: float | None = None) -> CsvLoaded:
        """Write a delimited text file as Parquet; see :func:`workbench.engines.duckdb.csv.load_csv`. A load that was stopped
        leaves its folder behind.

        Raises
        ------
        EngineError, Interrupted
            The file could not be read or written, or the load was stopped.
        """
        session = Loading(blank(self.limits, self._access), self.limits)
        try:
            with self._known(run_id, session, timeout):
                return interruptible(lambda: session.load(load, progress), lambda: session.interrupt("keyboard"))
        except KeyboardInterrupt as error:
            raise Interrupted("keyboard") from error
        finally:
            session.close()

    def transform(self, run_id: str, transform: Transform, *, timeout: float | None = None) -> pa.Table:
        """Carry several statements out, whose rows go to files; gives the rows of its result. One that was stopped leaves its
        folder behind.

        Raises
        ------
        EngineError, Interrupted
            DuckDB refused, or it was stopped.
        """
        with ctrl_c():
            session = Session(blank(self.limits, self._access), transform.scans, transform.folder)
        try:
            with self._known(run_id, session, timeout):
                return interruptible(lambda: session.transform(transform), lambda: session.interrupt("keyboard"))
        except KeyboardInterrupt as error:
            raise Interrupted("keyboard") from error
        finally:
            session.close()

    def reading(self, run_id: str, seconds: float | None = None) -> AbstractContextManager[Opener | None]:
        """Who opens files meanwhile: this process."""
        return nullcontext()

    @contextmanager
    def _known(self, run_id: str, session: Stoppable, timeout: float | None) -> Iterator[None]:
        """While the session works, its run can be stopped, and is when its time is over."""
        timer = threading.Timer(timeout, session.interrupt, ("timeout",)) if timeout is not None else None
        with self._guard:
            self._running[session] = run_id
        try:
            if timer is not None:
                timer.daemon = True
                timer.start()
            yield
        finally:
            if timer is not None:
                timer.cancel()
            with self._guard:
                del self._running[session]

    def interrupt(self, run_id: str | None = None, reason: str = "cancelled") -> bool:
        """Stop what a run is doing, or all there is; False where there was nothing."""
        with self._guard:
            sessions = [session for session, run in self._running.items() if run_id in (None, run)]
        for session in sessions:
            session.interrupt(reason)
        return bool(sessions)

    def close(self) -> None:
        """Close the sessions that wait; a running one closes when its statement ends."""
        with self._guard:
            idle, self._idle, spare, self._spare = self._idle, OrderedDict(), self._spare, None
        for session in idle.values():
            session.close()
        if spare is not None:
            spare.close()

    # ------------------------------------------------------------------------------------------------------- sessions

    def _borrow(self, scans: tuple[Scan, ...]) -> Session:
        key = session_key(scans)
        with self._guard:
            session = self._idle.pop(key, None) if key is not None else None
            spare = None
            if session is None:
                spare, self._spare = self._spare, None
        if session is not None:
            return session
        with ctrl_c():
            return Session(spare or blank(self.limits, self._access), scans)

    def _give_back(self, scans: tuple[Scan, ...], session: Session) -> None:
        key = session_key(scans)
        closing = [session]
        with self._guard:
            if key is not None and session.usable and key not in self._idle:
                self._idle[key] = session
                closing = [self._idle.popitem(last=False)[1]] if len(self._idle) > KEPT_SESSIONS else []
            need_spare = self._spare is None
        for old in closing:
            old.close()
        if need_spare:
            threading.Thread(target=self._make_spare, daemon=False).start()

    def _make_spare(self) -> None:
        # Opening a database costs 8 ms, half of what a small statement takes: it is done while nobody waits.
        with suppress(Exception):
            made = blank(self.limits, self._access)
            with self._guard:
                needed = self._spare is None
                if needed:
                    self._spare = made
            if not needed:
                made.close()


def session_key(scans: tuple[Scan, ...]) -> SessionKey | None:
    """What a session that may be used again is known by; None where it may not."""
    # Rows that are held in memory are not kept for a statement that may never come.
    files = tuple(
        (scan.schema, scan.name, scan.version, scan.shape)
        for scan in scans
        if isinstance(scan, FileScan) and not (scan.shape is not None and scan.shape.apart)
    )
    return files if len(files) == len(scans) else None


def limits_of(spill: Path, memory_mb: int, threads: int, timezone: str) -> Limits:
    """The limits of one session, with 0 as half of the machine's memory and all of its cores."""
    return Limits(memory_mb or _half_of_memory_mb(), threads or os.cpu_count() or 1, timezone, spill)


def _half_of_memory_mb() -> int:
    import psutil

    return max(256, int(psutil.virtual_memory().total) // 2**21)


def _hugeints(table: pa.Table, types: list[str]) -> pa.Table:
    # sum() of integers is HUGEINT, which Arrow can only hold as decimal(38, 0): given as int64 wherever it fits.
    for index, name in enumerate(types):
        if name == "HUGEINT":
            with suppress(pa.ArrowInvalid):
                column = table.column(index).cast(pa.int64())
                table = table.set_column(index, table.schema.field(index).with_type(pa.int64()), column)
    return table
