"""A process that runs statements, seen from who asks: start it, ask it, know its size, kill it."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from io import BufferedReader
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.core.leftovers import own_folder
from workbench.engines.duckdb.csv import CsvLoad, CsvLoaded, Progress
from workbench.engines.duckdb.errors import KILLED, EngineError, Interrupted
from workbench.engines.duckdb.replies import received
from workbench.engines.duckdb.s3 import Access
from workbench.engines.duckdb.session import Limits
from workbench.engines.duckdb.tally import Tally
from workbench.engines.duckdb.transform import Transform
from workbench.engines.scans import Scan

__all__ = ["SIZE", "SPILL", "Child", "NotBegun"]

SIZE = struct.Struct(">Q")  # before each message: its length in bytes
_DYING_SECONDS = 0.5  # a socket closes a moment before its process has ended
_LONGEST = 16 << 20  # of a message that is not Arrow
_BROKEN = (OSError, EOFError, ValueError, KeyError, TypeError, OverflowError, pa.ArrowException)
SPILL = "statements"  # how the folders of processes begin
# What a reader of files may need from the environment: no token or key of ours. (A proxy's address may hold its password: S3 needs it.)
_VARIABLES = (
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip


class NotBegun(Exception):
    """The process ended before it looked at the statement; ``lost`` is how."""

    def __init__(self, lost: Exception) -> None:
        super().__init__(str(lost))
        self.lost = lost


class Child:
    """One process with an engine of its own; serves one statement at a time. It ends when its socket closes.

    Requests go to it pickled. Its answers are JSON and Arrow, never pickled: it is the one that reads strangers' files.
    """

    def __init__(self, limits: Limits, access: Access | None, ceiling_mb: int) -> None:
        self.keep = True
        self.gives_way = False
        self._number = 0
        self.seen: set[Any] = set()
        self._stopped: str | None = None
        self._measured: Any = None
        self._guard = threading.Lock()
        limits.spill.mkdir(parents=True, exist_ok=True)
        self._spill = spill = own_folder(limits.spill, SPILL)
        try:
            self._socket, theirs = socket.socketpair()
            with theirs:
                self._process = _start(theirs.fileno())
        except OSError:
            spill.rmdir()
            raise
        self._replies = self._socket.makefile("rb")
        self._end = weakref.finalize(self, _end, self._process, self._socket, self._replies, spill)
        with suppress(OSError):
            self._ask((replace(limits, spill=spill), access, ceiling_mb))

    def run(self, sql: str, scans: tuple[Scan, ...], params: Any, limit: int | None) -> tuple[pa.Table, tuple[str, ...], bool]:
        """Run a statement there: its rows, DuckDB's names of the column types, and whether rows were cut.

        Raises
        ------
        NotBegun
            The process had ended before; any other can run the statement.
        EngineError, Interrupted
            DuckDB refused, or the process was killed meanwhile.
        """
        header, table = self._answer(("run", sql, scans, params, limit), None)
        return table, tuple(header["types"]), bool(header["cut"])

    def load(self, load: CsvLoad, progress: Progress | None) -> CsvLoaded:
        """Load a file there. Raises as :meth:`run` does."""
        header, table = self._answer(("load", load, progress is not None), progress)
        return CsvLoaded(tuple(header["files"]), int(header["rows"]), int(header["misfits"]), table)

    def tally(self, tally: Tally, part: Callable[[pa.Table], None]) -> None:
        """Count values of columns there, and give each part as it comes. Raises as :meth:`run` does, and what ``part`` raises."""
        failed: list[Exception] = []

        def taken(table: pa.Table) -> None:
            # The rest is taken in all the same: the process is sound, and its next answer shall be to the next request.
            if not failed:
                try:
                    part(table)
                except Exception as error:
                    failed.append(error)

        self._answer(("tally", tally), None, taken)
        if failed:
            raise failed[0]

    def transform(self, transform: Transform) -> pa.Table:
        """Carry several statements out there. Raises as :meth:`run` does."""
        return self._answer(("transform", transform), None)[1]

    def read(self, verb: str, *arguments: Any) -> tuple[dict[str, Any], pa.Table]:
        """What :class:`.sources.Sources` answers there. Raises as :meth:`run` does."""
        return self._answer(("read", verb, *arguments), None)

    def _answer(
        self, request: tuple[Any, ...], progress: Progress | None, part: Callable[[pa.Table], None] | None = None
    ) -> tuple[dict[str, Any], pa.Table]:
        """The reply to one request. Whatever else than a whole reply comes, the process is not asked again: what it would say next
        might belong to what was asked before."""
        self._number += 1
        begun = whole = False
        try:
            self._ask((self._number, *request))
            begun = bool(_read(self._replies))
            reply = self._reply()
            while not reply.keys().isdisjoint(("progress", "part")):
                if "progress" in reply and progress is not None:
                    progress(float(reply["progress"]))
                elif "part" in reply and part is not None:
                    part(self._rows(reply))
                reply = self._reply()
            if "error" in reply:
                error = EngineError(**reply["error"])
                whole = True
                raise error
            table = self._rows(reply)
            whole = True
            return reply, table
        except _BROKEN as error:
            lost = self._lost()
            raise (lost if begun or isinstance(lost, Interrupted) else NotBegun(lost)) from error
        finally:
            if not whole:
                self.kill("lost")

    def _rows(self, reply: dict[str, Any]) -> pa.Table:
        table = received(self._replies, self._spill)
        # Arrow takes a socket that closed between two batches for the end.
        if table.num_rows != reply["sent"]:
            raise EOFError
        return table

    def _reply(self) -> dict[str, Any]:
        reply = json.loads(_read(self._replies))
        if not isinstance(reply, dict) or reply.pop("number", None) != self._number:
            raise ValueError("not a reply to this request")
        return reply

    def kill(self, reason: str) -> None:
        """End it at once; the statement that runs ends with ``reason``."""
        with self._guard:
            self._stopped = self._stopped or reason
        self._process.kill()

    def close(self) -> None:
        """End it, and remove what it wrote beside memory."""
        self._end()

    def forget(self) -> None:
        """Let go of it without ending it: after a fork it belongs to somebody else."""
        self._end.detach()
        # Not closed through its buffer, which a thread that is not here may hold.
        os.close(self._socket.detach())

    def alive(self) -> bool:
        return self._stopped is None and self._process.poll() is None

    def memory_mb(self) -> int:
        """Memory that it holds now."""
        import psutil

        try:
            # Made once: it is asked with each statement, and twenty times a second while one runs.
            self._measured = self._measured or psutil.Process(self._process.pid)
            return int(self._measured.memory_info().rss) >> 20
        except psutil.Error:
            return 0

    def processor_seconds(self) -> float:
        """Processor time that it has taken so far."""
        import psutil

        try:
            self._measured = self._measured or psutil.Process(self._process.pid)
            times = self._measured.cpu_times()
            return float(times.user + times.system)
        except psutil.Error:
            return 0.0

    def give_way(self) -> None:
        """Run when no other wants to, from now on: there is no way back."""
        self.gives_way = True
        with suppress(OSError):  # its group is itself; of a process alone only the first thread would be meant
            os.setpriority(os.PRIO_PGRP, self._process.pid, 10)

    def _ask(self, request: tuple[Any, ...]) -> None:
        packed = pickle.dumps(request, protocol=5)
        self._socket.sendall(SIZE.pack(len(packed)))
        self._socket.sendall(packed)

    def _lost(self) -> Exception:
        with self._guard:
            reason, self._stopped = self._stopped, self._stopped or "lost"
        ended = None
        with suppress(subprocess.TimeoutExpired):
            ended = self._process.wait(_DYING_SECONDS)
        self._process.kill()
        self._process.wait()
        if reason in (None, "memory"):
            # The system kills the largest when memory is short: not killed by us, killed all the same.
            killed = reason is None and ended == -signal.SIGKILL
            kind = "Out of Memory" if killed or reason == "memory" else "Crash"
            return EngineError(kind, "The process that ran the statement ended.", subtype=KILLED if killed else None)
        return Interrupted(str(reason))


def _start(descriptor: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-P", "-m", "workbench.engines.duckdb.serve", str(descriptor)],
        env={name: os.environ[name] for name in _VARIABLES if name in os.environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=[descriptor],
        process_group=0,
    )


def _read(stream: BufferedReader) -> bytes:
    head: bytes = stream.read(SIZE.size)
    size = SIZE.unpack(head)[0] if len(head) == SIZE.size else 0
    body: bytes = stream.read(size) if size <= _LONGEST else b""
    if not body or len(body) < size:
        raise EOFError
    return body


def _end(process: subprocess.Popen[bytes], connection: socket.socket, replies: BufferedReader, spill: Path) -> None:
    process.kill()
    with suppress(OSError):
        replies.close()
        connection.close()
    process.wait()
    shutil.rmtree(spill, ignore_errors=True)
