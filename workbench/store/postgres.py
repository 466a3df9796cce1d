"""The metadata store on PostgreSQL, in a schema of its own where the address names one.

Writers take turns, as they do on SQLite: a transaction lock is taken before anything is read, so that reading and then
writing needs no retry, and the order of the run log is the order of the commits.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from workbench.core.errors import InvalidSetting, MissingDependency, StorageUnavailable, StoreUnreachable, WorkbenchError
from workbench.store.locks import Busy

__all__ = ["PostgresBackend"]

LOCK_TIMEOUT_MS = 30_000
_HEAR_SECONDS = 1.0
_IDLE_WRITER = "60s"  # a writer that was suspended in the middle is thrown out, so that the others can go on


class PostgresBackend:
    """How a store behaves on PostgreSQL."""

    dialect = "postgresql"
    path = None

    def __init__(self, url: URL) -> None:
        query = dict(url.query)
        schema = query.pop("schema", None)
        if schema is not None and not (isinstance(schema, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", schema)):
            raise InvalidSetting("store.url names no valid schema.", fix="Use letters, digits and underscores: ?schema=workbench.")
        self.schema = schema
        options = [str(query.pop("options", "")), f"-c lock_timeout={LOCK_TIMEOUT_MS}"]
        if schema:
            options.append(f'-c search_path="{schema}"')
        self.url = url.set(drivername="postgresql+psycopg", query={**query, "options": " ".join(filter(None, options))})
        # Whatever else stands behind the `?` may be a password, too.
        self.shown = url.set(query={"schema": schema} if schema else {}).render_as_string(hide_password=True)

    def engine(self) -> Engine:
        try:
            engine = create_engine(
                self.url, pool_size=8, max_overflow=64, pool_pre_ping=True, hide_parameters=True, connect_args={"connect_timeout": 10}
            )
        except ImportError as error:
            raise MissingDependency("psycopg is not installed.", fix="Run: pip install 'workbench-lab[postgres]'") from error
        event.listen(engine, "begin", self._on_begin)
        return engine

    def _on_begin(self, connection: Connection) -> None:
        if connection.get_execution_options().get("workbench_mode", "write") == "write":
            connection.exec_driver_sql(
                f"SELECT pg_advisory_xact_lock({self.key('write')}),"
                f" set_config('idle_in_transaction_session_timeout', '{_IDLE_WRITER}', true)"
            )

    def key(self, name: str) -> int:
        """The 64-bit number that stands for a lock's name; schemas of one database do not disturb each other."""
        digest = hashlib.blake2b(f"workbench/{self.schema or ''}/{name}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, signed=True)

    def explain(self, error: BaseException) -> WorkbenchError | None:
        """The error a person sees for one of the driver's, or None when it is no matter of storage. It may be anybody who calls a server,
        not signed in even: where the database is, is not for her."""
        state = getattr(error, "sqlstate", None)
        if state == "55P03":
            return StorageUnavailable(
                "The metadata store is being written by another process for more than 30 seconds.", fix="Try again in a moment."
            )
        if state == "25P03":
            return StorageUnavailable(
                "What was being written to the metadata store stood still for a minute, and was undone.", fix="Try again."
            )
        if state in ("53100", "53200", "53300"):
            return StorageUnavailable("The metadata store is out of room or connections.", fix="Look at the PostgreSQL server's log.")
        if state is None or state.startswith(("08", "57P", "28", "3D")):
            return StoreUnreachable(
                "The metadata store cannot be reached.",
                fix="Check that the PostgreSQL server runs and that store.url, its user and password are right.",
            )
        return None

    def place(self, reader: Engine) -> str:
        """Which database it is, whatever address leads to it: the cluster's own number, the database's, the schema."""
        with reader.connect() as connection:
            query = "SELECT system_identifier, oid FROM pg_control_system(), pg_database WHERE datname = current_database()"
            cluster, database = connection.execute(text(query)).one()
        return f"postgresql {cluster} {database} {self.schema or ''}"

    def lock_backend(self, engine: Engine) -> PostgresLocks:
        return PostgresLocks(engine, self)

    def prepare(self, connection: Connection) -> None:
        """Make the schema that the address names."""
        if self.schema:
            connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{self.schema}"'))

    @contextmanager
    def watch(self, engine: Engine) -> Iterator[Callable[[], object]]:
        """A function whose value changes when anybody has written to the database."""
        with engine.execution_options(workbench_mode="watch", isolation_level="AUTOCOMMIT").connect() as connection:
            statement = text("SELECT pg_current_wal_insert_lsn()::text")

            def version() -> object:
                return connection.execute(statement).scalar()

            yield version

    def call(self, connection: Connection, name: str) -> None:
        """Tell who listens, as soon as the transaction is committed."""
        connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": self._channel(name)})

    def hear(self, engine: Engine, name: str, called: Callable[[], None], stopping: threading.Event) -> None:
        """Until ``stopping``: call ``called`` after each :meth:`call` that is committed. Calls may be lost with the connection, or behind
        a pool of connections that is shared by transactions: who listens must look from time to time, too."""
        from psycopg import Error, sql

        listening = sql.SQL("LISTEN {}").format(sql.Identifier(self._channel(name)))
        while not stopping.is_set():
            try:
                with engine.execution_options(workbench_mode="watch", isolation_level="AUTOCOMMIT").connect() as connection:
                    raw = connection.connection.driver_connection
                    assert raw is not None
                    connection.detach()  # it goes on listening, and is of no use to anybody else
                    raw.execute(listening)
                    while not stopping.is_set():
                        for _ in raw.notifies(timeout=_HEAR_SECONDS, stop_after=1):
                            called()
            except (DBAPIError, Error):
                stopping.wait(_HEAR_SECONDS)

    def _channel(self, name: str) -> str:
        return f"workbench_{name}_{self.key(name) & (2**64 - 1):x}"


class PostgresLocks:
    """Session advisory locks: freed by the server when their holder dies.

    All locks of one thread share one connection, taken with the first and given back with the last: a commit to a hundred
    tables holds a hundred locks.
    """

    def __init__(self, engine: Engine, backend: PostgresBackend) -> None:
        self._engine = engine.execution_options(workbench_mode="lock", isolation_level="AUTOCOMMIT")
        self._backend = backend
        self._held = _HeldLocks()
        self.scope = backend.url.render_as_string(hide_password=True) + f"#{backend.schema or ''}"

    @contextmanager
    def acquire(self, name: str, timeout: float) -> Iterator[None]:
        key = self._backend.key(f"lock/{name}")
        held = self._held
        if held.connection is None:
            held.connection = self._engine.connect()
        held.count += 1
        try:
            self._wait(held.connection, key, timeout)
            yield
        finally:
            if self._held is held:  # not in a child that was forked in the block
                self._release(held.connection, key)
                held.count -= 1
                if held.count == 0:
                    connection, held.connection = held.connection, None
                    connection.close()

    def forked(self) -> object:
        """In a forked child: forget what the parent holds. What is returned must be kept, unused, as long as the child lives."""
        before, self._held = (self._held, self._held.connection), _HeldLocks()
        return before

    @staticmethod
    def _wait(connection: Connection, key: int, timeout: float) -> None:
        if connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar():
            return
        connection.execute(text("SELECT set_config('lock_timeout', :ms, false)"), {"ms": str(max(int(timeout * 1000), 1))})
        try:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": key})
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) == "55P03":
                raise Busy from None
            raise
        finally:
            if not connection.invalidated:
                connection.execute(text("SELECT set_config('lock_timeout', :ms, false)"), {"ms": str(LOCK_TIMEOUT_MS)})

    @staticmethod
    def _release(connection: Connection, key: int) -> None:
        if connection.invalidated or connection.closed:
            return
        try:
            # Also where the wait was interrupted: whether the server gave us the lock in that moment, only it knows.
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key}).scalar()
        except DBAPIError:
            connection.invalidate()


class _HeldLocks(threading.local):
    """The locks that this thread holds."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.count = 0
