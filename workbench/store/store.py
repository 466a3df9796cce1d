"""The metadata database behind one small interface, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from workbench.core.errors import InvalidSetting, StorageUnavailable
from workbench.core.forks import tell_forks
from workbench.store.locks import LockBackend, hold
from workbench.store.postgres import PostgresBackend
from workbench.store.replay import State
from workbench.store.sqlite import SqliteBackend

__all__ = ["Store", "Telling"]


@dataclass
class Telling:
    """What is to be written with an act, and whether it was."""

    tell: Callable[[Connection], object]
    told: bool = False


class Store:
    """The metadata store.

    One writer at a time, on both databases: what a :meth:`write` block has read stays true until it has written.
    Readers see one consistent state for the length of their block and wait for nobody.

    Parameters
    ----------
    url
        ``sqlite:////absolute/path/meta.db``, or ``postgresql://user@host/database``, with ``?schema=name`` for tables
        in a schema of their own.

    Raises
    ------
    InvalidSetting, UnsupportedFileSystem, MissingDependency
        The address is none, lies on a network file system, or needs a driver that is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from sqlalchemy import insert, select
    >>> from workbench.store.tables import fences
    >>> store = Store(f"sqlite:///{tempfile.mkdtemp()}/meta.db")
    >>> store.migrate()
    >>> with store.write() as conn:
    ...     _ = conn.execute(insert(fences).values(name="worker", epoch=1))
    >>> with store.read() as conn:
    ...     conn.execute(select(fences.c.epoch)).scalar()
    1
    """

    def __init__(self, url: str) -> None:
        self.backend = _backend(url)
        self.dialect = self.backend.dialect
        self.path = self.backend.path
        #: Transactions here write (they take the write lock when they begin). What only reads is cheaper on ``reader``.
        self.engine: Engine = self.backend.engine()
        #: The same connections for reading: ``Session(store.reader)`` never waits for a writer.
        self.reader: Engine = self.engine.execution_options(workbench_mode="read", **_READ_OPTIONS[self.dialect])
        self._locks: LockBackend = self.backend.lock_backend(self.engine)
        self._abandoned: list[object] = []
        self._local = threading.local()
        tell_forks(self)

    def __repr__(self) -> str:
        return f"Store({self.backend.shown!r})"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that reads one consistent state. Inside a :meth:`write` block of this thread it sees that block's rows.

        Raises
        ------
        StorageUnavailable
            The database cannot be reached.
        """
        current = self._current() or self._held("reading")
        if current is not None:
            yield current
            return
        with self._storage_errors(), self._transaction(self.reader) as connection:
            yield connection

    @contextmanager
    def one_state(self) -> Iterator[State | None]:
        """Within the block this thread's :meth:`read` is always of one and the same state, and costs one transaction in all. For short
        blocks: what others commit meanwhile is not seen, nor is what the block itself has written. What is given tells whether a state
        is what an earlier one was; None inside of another such block or a :meth:`write`.

        Raises
        ------
        StorageUnavailable
            The database cannot be reached.
        """
        if self._current() is not None or self._held("reading") is not None:
            yield None
            return
        with self._storage_errors(), self._transaction(self.reader) as connection:
            self._local.reading = (os.getpid(), connection)
            try:
                yield State(connection)
            finally:
                self._local.reading = None

    @contextmanager
    def write(self, *, durable: bool = False, act: bool = False) -> Iterator[Connection]:
        """A connection that writes: committed at the end of the block, undone when the block raises.

        A block inside another one of the same thread is a part of it (a savepoint): it is committed with the outer one.
        ``durable`` waits until the commit is on the disk, so that it outlives a power cut too (SQLite; PostgreSQL always does).
        ``act``: what somebody asked for is written here, not only what is noted beside it (see :meth:`telling`).

        Raises
        ------
        StorageUnavailable
            The database cannot be reached, or somebody else has been writing for 30 seconds.
        """
        current = self._current()
        if current is not None:
            with self._storage_errors(), current.begin_nested():
                yield current
            self._local.acts = self._local.acts or act
            return
        options = {"workbench_mode": "write", "workbench_durable": durable}
        told: Telling | None = None
        with self._storage_errors(), self._transaction(self.engine, **options) as connection:
            self._local.writing, self._local.acts = (os.getpid(), connection), act
            try:
                yield connection
                telling: Telling | None = getattr(self._local, "telling", None)
                if telling is not None and self._local.acts and not telling.told:
                    telling.tell(connection)
                    told = telling
            finally:
                self._local.writing = None
        if told is not None:
            told.told = True

    @contextmanager
    def telling(self, tell: Callable[[Connection], object]) -> Iterator[Telling]:
        """Within the block, ``tell`` writes in the first transaction of this thread that holds an act (see :meth:`write`), just before its
        commit: whoever ends the process leaves both or neither. Of a transaction that is undone the next one tells."""
        telling, outer = Telling(tell), getattr(self._local, "telling", None)
        self._local.telling = telling
        try:
            yield telling
        finally:
            self._local.telling = outer

    def lock(self, name: str, timeout: float = 30) -> AbstractContextManager[None]:
        """Hold a named lock between threads and processes; it is freed when its holder dies.

        The thread that holds it may take it again. Never wait for one inside a :meth:`write` block.

        Raises
        ------
        Unavailable
            It was not free for ``timeout`` seconds.

        Examples
        --------
        >>> import tempfile
        >>> store = Store(f"sqlite:///{tempfile.mkdtemp()}/meta.db")
        >>> with store.lock("table:0190"):
        ...     pass
        """
        return self._lock(name, timeout)

    def migrate(self) -> None:
        """Bring the tables to this version's state. Safe from several processes at once; at the newest state one small query.

        Raises
        ------
        FormatMismatch
            A newer version has migrated the database.
        StorageUnavailable
            The database cannot be reached.
        """
        from workbench.store.schema import migrate

        migrate(self)

    @contextmanager
    def watch(self) -> Iterator[Callable[[], object]]:
        """A cheap function whose value changes after somebody has committed; for waiting without reading."""
        with self._storage_errors(), self.backend.watch(self.engine) as version:
            yield version

    def call(self, connection: Connection, name: str) -> None:
        """Wake those who :meth:`hear` that name when the transaction is committed."""
        self.backend.call(connection, name)

    def hear(self, name: str, called: Callable[[], None], stopping: threading.Event) -> None:
        """Call ``called`` after each committed :meth:`call` of that name, until ``stopping``; blocks its thread. Where the database calls
        nobody (SQLite) it returns at once, and a call can be missed: it makes a :meth:`watch` quicker, and does not replace it."""
        self.backend.hear(self.engine, name, called, stopping)

    def place(self) -> str:
        """Which database it is, whatever address leads to it. Raises as :meth:`read` does."""
        with self._storage_errors():
            return self.backend.place(self.reader)

    @contextmanager
    def _lock(self, name: str, timeout: float) -> Iterator[None]:
        with self._storage_errors(), hold(self._locks, name, timeout):
            yield

    def close(self) -> None:
        """Close the connections that are not in use. The store can be used again."""
        self.engine.dispose()

    @property
    def writing(self) -> bool:
        """Whether this thread is inside a :meth:`write` block, so that what it does now may still be undone."""
        return self._current() is not None

    def _current(self) -> Connection | None:
        return self._held("writing")

    def _held(self, what: str) -> Connection | None:
        held: tuple[int, Connection] | None = getattr(self._local, what, None)
        return held[1] if held is not None and held[0] == os.getpid() else None

    @contextmanager
    def _transaction(self, engine: Engine, **options: object) -> Iterator[Connection]:
        owner = os.getpid()
        with ExitStack() as stack:
            connection = stack.enter_context(engine.connect().execution_options(**options))
            stack.enter_context(connection.begin())
            try:
                yield connection
            finally:
                if os.getpid() != owner:  # a child forked in the block must not end its parent's transaction
                    self._abandoned.append(stack.pop_all())

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeout as error:
            raise StorageUnavailable("Too many things use the metadata store at once.", fix="Try again in a moment.") from error
        except (DBAPIError, PendingRollbackError) as error:
            if isinstance(error, PendingRollbackError) and error.code != _LOST:
                raise
            known = self.backend.explain(getattr(error, "orig", None) or error)
            if known is None:
                raise
            raise known from error

    def after_fork(self) -> None:
        # The child must neither use nor close its parent's connections (closing tells the server, or drops file locks):
        # they are kept, untouched, for as long as the child lives.
        held = [getattr(self._local, what, None) for what in ("writing", "reading")]
        self._abandoned += [self.engine.pool, self._locks.forked(), *held]
        self.engine.dispose(close=False)
        self._local = threading.local()


_LOST = "8s2b"  # what SQLAlchemy calls it when a block goes on after its connection was lost

_READ_OPTIONS: dict[str, dict[str, object]] = {
    "sqlite": {},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}


def _backend(url: str) -> SqliteBackend | PostgresBackend:
    try:
        parsed: URL = make_url(url)
    except ArgumentError as error:
        raise InvalidSetting(
            "store.url is not a database address.", fix="Write sqlite:////path/meta.db or postgresql://host/database."
        ) from error
    family = parsed.drivername.split("+")[0]
    if family == "sqlite":
        return SqliteBackend(parsed)
    if family in ("postgresql", "postgres"):
        return PostgresBackend(parsed)
    raise InvalidSetting(f"store.url names {family!r}, which is not supported.", fix="Use sqlite or postgresql.")
