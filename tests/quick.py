"""What most tests need and are not about, made quickly: a process with an engine, and the tables of an empty store. And how much to try.

An engine costs a third of a second of processor time, tables a twentieth, thousands of times. Here a process is forked from one that
has imported what it needs, and the tables are copied from those that the migrations have made once (in PostgreSQL with their database:
the fixture ``postgres_store``). Tests that start many workers or servers fork them, too. What runs is the same; how it begins is tested
in the folders and files of ``REAL``, and wherever a test starts a command, a supervisor or a Jupyter server.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from sqlalchemy import Connection

from tests.forked import answer
from workbench.store import Store, schema

# Folders and files of tests that are about how these begin.
REAL = frozenset({"store", "engines", "security", "operations/test_upgrade.py"})

#: Modules that the process has imported from which others are forked. A test module whose functions run in such processes adds itself.
PRELOADED = [answer.__module__]

_upgrade = schema._upgrade


def scale() -> float:
    """How heavy the heavy tests are: 1.0 is the full count of the issue's text."""
    return float(os.environ.get("WORKBENCH_TEST_SCALE", "0.1"))


def examples(full: int, least: int = 40) -> int:
    """How many examples a property is tried with: a fifth of what ``make test-full`` tries, and some at least."""
    return full if scale() >= 1 else min(full, max(least, full // 5))


class Forked:
    """What is asked of a process by who has started it, as :class:`subprocess.Popen` says it."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        self.pid = process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("a forked process", timeout or 0)
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()

    def terminate(self) -> None:
        self._process.terminate()

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def start(descriptor: int) -> Forked:
    """As ``child._start``: a process with an engine that answers at a socket."""
    with socket.socket(fileno=os.dup(descriptor)) as theirs:
        return _forked(answer, theirs)


def start_worker(*arguments: str, **environment: str) -> Forked:
    """A worker with these arguments, and these variables beside the ones of this process. Who starts many adds ``tests.forked_worker``
    to ``PRELOADED``."""
    from tests.forked_worker import work

    return _forked(work, [*arguments], {**os.environ, **environment})


def start_api(root: Path) -> Forked:
    """The API of a workspace, on its socket. Who starts several adds ``tests.forked_api`` to ``PRELOADED``."""
    from tests.forked_api import on_socket

    return _forked(on_socket, str(root), {**os.environ})


def start_server(root: Path) -> tuple[Forked, tuple[str, str]]:
    """The API of a workspace for a team, on TCP; its URL, and the file with the owner's token."""
    from tests.forked_api import on_tcp

    reader, writer = multiprocessing.Pipe(duplex=False)
    with reader:
        with writer:
            process = _forked(on_tcp, str(root), {**os.environ}, writer)
        return process, reader.recv()


def start_script(path: Path, *arguments: str, output: Path) -> Forked:
    """A script with these arguments, which says what it says into the file ``output``. Who starts several adds ``tests.forked_script``
    to ``PRELOADED``, and what the script imports."""
    from tests.forked_script import run

    return _forked(run, str(path), [*arguments], str(output))


def _forked(target: Callable[..., None], *arguments: object) -> Forked:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    process = context.Process(target=target, args=arguments, daemon=True)
    process.start()
    return Forked(process)


def upgrade(connection: Connection) -> None:
    """As ``schema._upgrade``; the tables of an empty SQLite file are copied."""
    if connection.dialect.name != "sqlite" or connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar():
        _upgrade(connection)
        return
    for statement in _statements():
        connection.exec_driver_sql(statement)


@functools.cache
def _statements() -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "meta.db"
        store = Store(f"sqlite:///{path}")
        with store.write() as connection:
            store.backend.prepare(connection)
            _upgrade(connection)
        store.close()
        found = sqlite3.connect(path)
        try:
            return tuple(line for line in found.iterdump() if line not in ("BEGIN TRANSACTION;", "COMMIT;"))
        finally:
            found.close()
