"""The metadata store on SQLite: WAL, one writer at a time, private files."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from workbench.core.errors import InvalidSetting, StorageUnavailable, WorkbenchError
from workbench.store.filesystem import check_local, make_private
from workbench.store.locks import FileLocks

__all__ = ["SqliteBackend"]

BUSY_TIMEOUT = 30.0  # seconds
_LEAST_ROOM = 64 << 10  # bytes; what SQLite makes to share a database between processes takes half of it

_MEANING = {
    sqlite3.SQLITE_BUSY: ("is being written by another process for more than 30 seconds", "Try again in a moment."),
    sqlite3.SQLITE_LOCKED: ("is locked", "Try again in a moment."),
    sqlite3.SQLITE_READONLY: ("cannot be written", "Check who owns the file and its folder."),
    sqlite3.SQLITE_IOERR: ("could not be read or written", "Check the disk."),
    sqlite3.SQLITE_CORRUPT: ("is damaged", "Restore a back-up: workbench restore."),
    sqlite3.SQLITE_NOTADB: ("is not a SQLite database", "Restore a back-up, or set store.url to another file."),
    sqlite3.SQLITE_FULL: ("could not grow: the disk is full", "Make room on the disk."),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "Check that its folder exists and that you may write there."),
}


class SqliteBackend:
    """How a store behaves on SQLite."""

    dialect = "sqlite"

    def __init__(self, url: URL) -> None:
        if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
            raise InvalidSetting("The metadata store must be a file.", fix="Write store.url as sqlite:////absolute/path/meta.db.")
        self.path = Path(url.database).absolute()
        check_local(self.path)
        self._was_there = False
        self.shown = f"sqlite:///{self.path}"

    def engine(self) -> Engine:
        engine = create_engine(
            f"sqlite:///{self.path}",
            connect_args={"timeout": BUSY_TIMEOUT, "check_same_thread": False},
            pool_size=8,
            max_overflow=64,
            hide_parameters=True,  # values have no place in messages and logs
        )
        event.listen(engine, "do_connect", self._before_connect)
        event.listen(engine, "connect", self._on_connect)
        event.listen(engine, "begin", _on_begin)
        return engine

    def _before_connect(self, *_: Any) -> None:
        if not self.path.exists():
            if self._was_there:
                # An empty one in its place would be taken for the workspace, and its folder was deleted for good.
                raise StorageUnavailable("The metadata store is gone.", fix="Was the workspace moved or deleted? Open it where it is now.")
            try:
                make_private(self.path.parent)
                # SQLite gives its -wal and -shm files the mode of the database.
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            except OSError as error:
                raise StorageUnavailable(
                    f"{self.path} cannot be made: {error.strerror}.", fix="Check that its folder exists and that you may write there."
                ) from error
        self._was_there = True

    @staticmethod
    def _on_connect(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see _on_begin
        connection.execute("PRAGMA foreign_keys = ON")
        # SQLite does not wait when two processes switch the journal at once.
        deadline = time.monotonic() + BUSY_TIMEOUT
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def explain(self, error: BaseException) -> WorkbenchError | None:
        """The error a person sees for one of the driver's, or None when it is no matter of storage."""
        code = getattr(error, "sqlite_errorcode", None)
        meaning = None if code is None else _MEANING.get(code & 0xFF)
        if meaning is None or code is None:
            return None
        if code & 0xFF in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and self._is_full():
            # To read, too, SQLite makes a file beside the database; where there is no room for it, it says only that it failed.
            meaning = "cannot be read or written: the disk is full", _MEANING[sqlite3.SQLITE_FULL][1]
        # It may be anybody who calls a server: where the file is, is not for her.
        return StorageUnavailable(f"The metadata store {meaning[0]}.", fix=meaning[1])

    def _is_full(self) -> bool:
        try:
            return shutil.disk_usage(self.path.parent).free < _LEAST_ROOM
        except OSError:
            return False

    def place(self, _: Engine) -> str:
        """Which file it is: another for every copy, the same after its folder was renamed."""
        return f"file {self.path.stat().st_ino}"

    def lock_backend(self, engine: Engine) -> FileLocks:
        return FileLocks(self.path.with_name(self.path.name + ".locks"))

    def prepare(self, connection: Connection) -> None:
        """Nothing has to be there before the tables."""

    @contextmanager
    def watch(self, engine: Engine) -> Iterator[Callable[[], object]]:
        """A function whose value changes when any other connection has committed; a call costs microseconds."""
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()

            def version() -> object:
                return cursor.execute("PRAGMA data_version").fetchone()[0]  # type: ignore[func-returns-value, attr-defined]

            yield version
        finally:
            connection.close()

    def call(self, connection: Connection, name: str) -> None:
        """Nobody has to be called: to watch costs nothing here."""

    def hear(self, engine: Engine, name: str, called: Callable[[], None], stopping: threading.Event) -> None:
        """There are no calls."""


def _on_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    raw = connection.connection.driver_connection
    assert raw is not None
    if options.get("workbench_mode") == "read":
        raw.execute("PRAGMA query_only = ON")
        raw.execute("BEGIN")  # takes no lock, so that there is no error to be put in words
        return
    raw.execute("PRAGMA query_only = OFF")
    # FULL: the commit has reached the disk when it returns. NORMAL: it may be lost with the power, never damaged.
    raw.execute(f"PRAGMA synchronous = {'FULL' if options.get('workbench_durable') else 'NORMAL'}")
    # A transaction that reads first and writes later fails in a deferred one as soon as somebody else writes between.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
