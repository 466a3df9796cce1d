"""Processes that read statements: DuckDB's parser can be stopped by nothing but the end of its process, and what it takes for a few
characters may be minutes, or all memory.

Most statements take less than a millisecond. A few processes answer these in turn. One that takes longer makes room for the next ones
and goes on beside them, up to a number of such (others begin anew when they can) and to a bound of processor time, which the system keeps.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from workbench.core.errors import TooLarge, Unavailable
from workbench.core.forks import tell_forks
from workbench.engines.parser.process import LONGEST, SIZE

__all__ = ["FIX", "SECONDS", "Parsers"]

#: What to do about a statement that cannot be read.
FIX = "Put values in a parameter or a dataset of their own, and write long statements in steps."
#: Of processor time, for one request. The largest honest statements of the tests take a twentieth of it.
SECONDS = 4.0
_MOST_MB = 1024  # of a process
_AT_ONCE = 2  # that answer; others wait for their turn
_LONG_AT_ONCE = 4  # beside them, of those that take longer
_LONG_SECONDS = 0.05  # of processor time
_LONG_WAITING = 16  # of those that wait to go on beside them, as long as this
_LONG_PATIENCE = 30.0
_SLOW_SECONDS = 0.5  # of processor time, after which a process gives way to all others
_LOOK_SECONDS = 0.02
_DYING_SECONDS = 0.5  # a socket closes a moment before its process has ended
_PATIENCE = 60.0  # seconds for what should take a moment, on a machine that is busy
_KEPT_SECONDS = 30.0  # after which only one waits
_TRIES = 3  # the first process may have been killed by somebody else, and so the one that waited beside it
# No token, key or proxy's password.
_VARIABLES = (
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
)  # fmt: skip


class _Lost(Exception):
    """A process ended, and nobody here has ended it; ``begun``: after it was asked."""

    def __init__(self, begun: bool) -> None:
        super().__init__(begun)
        self.begun = begun


class _Crowded(Exception):
    """The request takes long, and so do as many others as may."""


class Parsers:
    """Answers what :func:`workbench.engines.parser.answer` does, in processes that are made ready by the SQL ``setup``. Thread-safe.

    Parameters
    ----------
    seconds
        Of processor time that a request may take.
    """

    def __init__(self, setup: str, seconds: float = SECONDS) -> None:
        self._hello = (setup, seconds, _MOST_MB)
        self._turns = threading.Condition()
        self._answering = self._long = self._waiting = 0
        self._idle: list[_Parser] = []
        self._lent: set[_Parser] = set()
        self._used = 0.0
        self._trimming = False
        tell_forks(self)

    def warm(self) -> None:
        """Start a process that waits for the first request."""
        with self._turns:
            if not self._idle:
                self._idle.append(_Parser(self._hello))

    def ask(self, verb: str, *arguments: Any) -> dict[str, Any]:
        """The answer to a request.

        Raises
        ------
        TooLarge
            It takes too long, or has ended its process.
        Unavailable
            Too many that take long are being answered, or no process can be started.
        """
        tries, long, begun = 0, False, False
        while tries < _TRIES:
            try:
                with self._turn(long) as turn:
                    return self._ask(turn, [verb, *arguments])
            except _Crowded:
                long = True
            except _Lost as lost:
                begun, tries = begun or lost.begun, tries + 1
        if begun:
            raise TooLarge("The statement cannot be read: it ends the process that reads it.", fix=FIX)
        raise Unavailable("The process that reads statements does not start.", fix="See the server's log, or run `workbench doctor`.")

    def close(self) -> None:
        """End the processes that wait."""
        with self._turns:
            idle, self._idle = self._idle, []
        for parser in idle:
            parser.close()

    def _ask(self, turn: _Turn, request: list[Any]) -> dict[str, Any]:
        parser = self._borrow()
        last, begun = True, False
        try:
            until = time.monotonic() + _PATIENCE
            parser.begin(until)
            begun = True
            parser.send(request)
            while (reply := parser.reply(_LOOK_SECONDS)) is None:
                if time.monotonic() > until:
                    raise _too_long()
                taken = parser.seconds()
                if not turn.long and taken > _LONG_SECONDS:
                    self._take_long(turn)
                if not parser.gives_way and taken > _SLOW_SECONDS:
                    parser.give_way()
            last = bool(reply["last"])
            return reply
        except (OSError, EOFError, ValueError, KeyError) as error:
            if parser.ended(_DYING_SECONDS) == -signal.SIGPROF:
                raise _too_long() from error
            raise _Lost(begun) from error
        finally:
            self._give_back(parser, last)

    # ---------------------------------------------------------------------------------------------------------- turns

    @contextmanager
    def _turn(self, long: bool) -> Iterator[_Turn]:
        turn = _Turn(long)
        with self._turns:
            self._wait_long() if long else self._wait()
        try:
            yield turn
        finally:
            with self._turns:
                if turn.long:
                    self._long -= 1
                else:
                    self._answering -= 1
                self._turns.notify_all()

    def _wait(self) -> None:
        if not self._turns.wait_for(lambda: self._answering < _AT_ONCE, _PATIENCE):
            raise _busy()
        self._answering += 1

    def _wait_long(self) -> None:
        if self._waiting >= _LONG_WAITING:
            raise _busy()
        self._waiting += 1
        try:
            if not self._turns.wait_for(lambda: self._long < _LONG_AT_ONCE, _LONG_PATIENCE):
                raise _busy()
        finally:
            self._waiting -= 1
        self._long += 1

    def _take_long(self, turn: _Turn) -> None:
        """Let the next one have its turn, which finds a process."""
        with self._turns:
            if self._long + self._waiting >= _LONG_AT_ONCE:
                raise _Crowded
            turn.long = True
            self._long += 1
            self._answering -= 1
            self._turns.notify_all()
        with suppress(Unavailable):
            self.warm()

    # ------------------------------------------------------------------------------------------------------ processes

    def _borrow(self) -> _Parser:
        with self._turns:
            parser = next((one for one in reversed(self._idle) if one.ended() is None), None)
            self._idle = [one for one in self._idle if one is not parser and one.ended() is None]
            self._used = time.monotonic()
        parser = parser or _Parser(self._hello)
        with self._turns:
            self._lent.add(parser)
        return parser

    def _give_back(self, parser: _Parser, last: bool) -> None:
        with self._turns:
            self._lent.discard(parser)
            if keep := not last and not parser.gives_way and len(self._idle) < _AT_ONCE:
                self._idle.append(parser)
                if len(self._idle) > 1 and not self._trimming:
                    self._trimming = True
                    self._trim_later()
        if not keep:
            parser.close()
            with suppress(Unavailable):  # somebody will ask again, and not wait for a process to start
                self.warm()

    def _trim_later(self) -> None:
        timer = threading.Timer(_KEPT_SECONDS, self._trim)
        timer.daemon = True
        timer.start()

    def _trim(self) -> None:
        """End those that have not been needed for a while, but one."""
        surplus: list[_Parser] = []
        with self._turns:
            if time.monotonic() - self._used < _KEPT_SECONDS:
                return self._trim_later()
            self._trimming = False
            surplus, self._idle = self._idle[:-1], self._idle[-1:]
        for parser in surplus:
            parser.close()
        return None

    def after_fork(self) -> None:
        """In a forked process: the processes are its parent's."""
        self._turns = threading.Condition()
        for parser in {*self._idle, *self._lent}:
            parser.forget()
        self._idle, self._lent, self._answering, self._long, self._trimming = [], set(), 0, 0, False
        self._waiting = 0


class _Turn:
    """``long``: it takes long, and nobody waits for it any more."""

    def __init__(self, long: bool) -> None:
        self.long = long


class _Parser:
    """One process. It ends when its socket closes."""

    def __init__(self, hello: tuple[str, float, int]) -> None:
        self.gives_way = False
        self._begun = False
        self._before: float | None = None  # what it had taken at the first look
        self._got = bytearray()
        try:
            self._socket, theirs = socket.socketpair()
            with theirs:
                self._process = _start(theirs.fileno())
        except OSError as error:
            fix = "Try again; end processes that are not needed, or allow more of them."
            raise Unavailable(f"No process that reads statements could be started: {error.strerror}.", fix=fix) from error
        self._end = weakref.finalize(self, _end, self._process, self._socket)
        with suppress(OSError):
            self.send(hello)

    def begin(self, until: float) -> None:
        """Wait for it to be ready, where it has just been started. Raises EOFError where it does not come to that."""
        while not self._begun:
            self._begun = self.reply(_LOOK_SECONDS) is not None
            if time.monotonic() > until:
                raise EOFError
        self._before = None

    def send(self, message: Any) -> None:
        packed = json.dumps(message).encode()
        self._socket.settimeout(_PATIENCE)
        self._socket.sendall(SIZE.pack(len(packed)) + packed)

    def reply(self, seconds: float) -> dict[str, Any] | None:
        """The next message, None where it does not come in time."""
        self._socket.settimeout(seconds)
        while len(self._got) < SIZE.size or len(self._got) < SIZE.size + self._size():
            try:
                data = self._socket.recv(1 << 16)
            except TimeoutError:
                return None
            if not data:
                raise EOFError
            self._got += data
        found: dict[str, Any] = json.loads(self._got[SIZE.size :])
        self._got.clear()
        return found

    def _size(self) -> int:
        size: int = SIZE.unpack_from(self._got)[0]
        if size > LONGEST:
            raise EOFError
        return size

    def seconds(self) -> float:
        """Processor time that it has taken since it was first asked for this request."""
        import psutil

        try:
            times = psutil.Process(self._process.pid).cpu_times()
        except psutil.Error:
            return 0.0
        taken = float(times.user + times.system)
        if self._before is None:
            self._before = taken
        return taken - self._before

    def give_way(self) -> None:
        """Run when no other wants to, from now on: there is no way back."""
        self.gives_way = True
        with suppress(OSError):
            os.setpriority(os.PRIO_PGRP, self._process.pid, 10)

    def ended(self, seconds: float = 0.0) -> int | None:
        """How it ended; None where it has not, even after some seconds."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds) if seconds else self._process.poll()
        return None

    def close(self) -> None:
        self._end()

    def forget(self) -> None:
        """Let go of it without ending it: after a fork it belongs to somebody else."""
        self._end.detach()
        self._socket.close()


def _start(descriptor: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-P", "-m", "workbench.engines.parser.process", str(descriptor)],
        env={name: os.environ[name] for name in _VARIABLES if name in os.environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=[descriptor],
        process_group=0,
    )


def _end(process: subprocess.Popen[bytes], connection: socket.socket) -> None:
    process.kill()
    with suppress(OSError):
        connection.close()
    process.wait()


def _too_long() -> TooLarge:
    return TooLarge("The statement takes too long to be read.", fix=FIX)


def _busy() -> Unavailable:
    return Unavailable("Other statements are being read that take long.", fix="Try again in some seconds.")
