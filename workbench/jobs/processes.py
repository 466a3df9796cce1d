"""Processes of the operating system: who lives, who is whose, how all of one piece of work is killed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = [
    "UNMARKED",
    "Process",
    "die_first",
    "die_with_parent",
    "kill_group",
    "kill_marked",
    "mark",
    "marked",
    "name_process",
    "stamp",
    "unstamp",
]

#: The value with which a process is started whose forks are to :func:`mark` themselves: as long as an id.
UNMARKED = "-" * 36
# What a :func:`stamp` tells, each in so many bits, and where they stand in it; above them a bit that says that it is one.
_STAMPED = {"WORKBENCH_RUN_ID": 0, "WORKBENCH_WORKER": 30}
_BITS = (1 << 30) - 1
_IS_STAMP, _OVER = 1 << 61, 3 << 61
# Where nothing better is known: adjustments of the clock move the start time that the system reports by a little.
_SAME_START = 2.0


@dataclass(frozen=True)
class Process:
    """A process, told apart from a later one that got the same number by when it started: ``born``, which stays what it is when the clock
    is set. ``started`` (Unix seconds, by the clock of that moment) is for people, and for records without the other."""

    pid: int
    started: float
    born: str = ""

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The process that has this number now, or None."""
        import psutil

        from workbench.runs.process import born_of

        try:
            found = psutil.Process(pid)
            if found.status() == psutil.STATUS_ZOMBIE:
                return None
            return cls(pid=pid, started=found.create_time(), born=born_of(pid))
        except psutil.Error:
            return None

    @classmethod
    def from_json_or_none(cls, data: Any) -> Process | None:
        """From what a state file says; None where it says nothing useful."""
        try:
            return cls(pid=int(data["pid"]), started=float(data["started"]), born=str(data.get("born") or ""))
        except (AttributeError, KeyError, TypeError, ValueError):
            return None

    def to_json(self) -> dict[str, Any]:
        """As a state file says it."""
        return {"pid": self.pid, "started": self.started, "born": self.born}

    def alive(self) -> bool:
        """Whether it still runs."""
        now = Process.of(self.pid)
        if now is None or (self.born and now.born):
            return now is not None and now.born == self.born
        return abs(now.started - self.started) < _SAME_START

    def send(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended, at most this long. True when it has."""
        deadline = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        return True


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the thread that started it ends (Linux; elsewhere nothing).

    Survives ``exec``. A parent that ended before the call is noticed too.
    """
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    _prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent or parent == 1:
        os._exit(1)


def name_process(name: str) -> None:
    """Be shown under another name (15 bytes of it) by ``ps`` and ``top`` (Linux; elsewhere nothing). What a forked process was started
    with says nothing of what it does."""
    if sys.platform.startswith("linux"):
        _prctl(15, name.encode()[:15])  # PR_SET_NAME


def _prctl(option: int, value: int | bytes) -> None:
    import ctypes

    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def mark(variable: str, value: str) -> bool:
    """Have this process, and what it forks from now on, be among those that :func:`marked` finds; whether that was possible.

    The system shows the environment that a process was *started* with, and a fork that of its parent. So the parent is started with
    :data:`UNMARKED`, and the value written over it here (Linux only).
    """
    import ctypes

    try:
        # Fields 50 and 51: where in memory the environment lies.
        fields = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        start, end = int(fields[47]), int(fields[48])
    except (OSError, IndexError, ValueError):
        return False
    before, new = (f"\0{variable}={each}\0".encode() for each in (UNMARKED, value))
    there = b"\0" + ctypes.string_at(start, end - start) if 0 < start < end else b""
    at = there.find(before)
    if at < 0 or len(new) != len(before):
        return False
    ctypes.memmove(start + at, new[1:-1], len(new) - 2)
    return True


def die_first() -> None:
    """Where memory runs out, have the system end this process, or what it has started, before others (Linux; elsewhere nothing): of those
    that say so, the largest."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def stamp() -> None:
    """Have this process, and all that it starts from now on, be among those that :func:`marked` finds by its run and its worker, whatever
    environment that is started with, in whatever session (Linux; elsewhere nothing).

    What a process hands on to all that it starts, to nobody else, and without that they could lose it by chance, are its limits; and one of
    them, for how long a real-time process may keep the processor, is nothing to any other. Its soft value is so large that it is none, and
    says whose they are.
    """
    said = {name: os.environ[name] for name in _STAMPED if name in os.environ}
    if sys.platform == "linux" and said:
        import resource

        hard = resource.getrlimit(resource.RLIMIT_RTTIME)[1]
        if hard == resource.RLIM_INFINITY:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_RTTIME, (_stamp_of(said)[0], hard))


def unstamp() -> None:
    """Belong to no run any more: for what is to outlive who has started it."""
    if sys.platform == "linux":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_RTTIME)
        if soft & _OVER == _IS_STAMP:
            resource.setrlimit(resource.RLIMIT_RTTIME, (hard, hard))


def _stamp_of(said: Mapping[str, str]) -> tuple[int, int]:
    """The stamp of a process with these variables, and the bits of it that they say."""
    value, told = _IS_STAMP, _OVER
    for name, at in _STAMPED.items():
        if name in said:
            value |= (int.from_bytes(hashlib.sha256(said[name].encode()).digest()[:4]) & _BITS) << at
            told |= _BITS << at
    return value, told


def kill_group(pid: int, number: int = signal.SIGKILL) -> None:
    """Signal the process group led by ``pid``; a group that is gone is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def marked(variable: str, value: str, **also: str) -> Iterator[int]:
    """Numbers of this user's processes whose environment had ``variable=value``, and what ``also`` says, when they started.

    An environment is inherited by children and cannot be reused by a stranger, so this finds everything a piece of work
    started, also what left its process group, and never anything else. What is forked and not started shows that of its
    parent, see :func:`mark`; who is started with an empty environment is found by its :func:`stamp`.
    """
    wanted = {variable: value, **also}
    if Path("/proc/self/environ").exists():
        yield from _marked_in_proc(wanted)
        return
    import psutil

    user = os.getuid()
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.uids().real == user and wanted.items() <= process.environ().items():
                yield process.pid
        except (psutil.Error, OSError):
            continue


def _marked_in_proc(wanted: Mapping[str, str]) -> Iterator[int]:
    """Linux: one small read a process; the files of other users cannot be opened."""
    import resource

    user, entries = os.getuid(), {f"{name}={each}".encode() for name, each in wanted.items()}
    stamped, told = _stamp_of(wanted) if wanted.keys() <= _STAMPED.keys() else (0, 0)
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with contextlib.suppress(OSError):
                if folder.stat().st_uid != user:
                    continue
                if told and resource.prlimit(int(folder.name), resource.RLIMIT_RTTIME)[0] & told == stamped:
                    if not _is_over(folder):
                        yield int(folder.name)
                elif entries.issubset((folder / "environ").read_bytes().split(b"\0")):
                    yield int(folder.name)


def _is_over(folder: Path) -> bool:
    """Whether a process has ended, and only its status is still there."""
    return (folder / "stat").read_bytes().rpartition(b")")[2].split()[0] in (b"Z", b"X")


def _home_of(pid: int) -> str | None:
    """The workspace that a process was started for; None where it does not tell."""
    import psutil

    try:
        found: str | None = psutil.Process(pid).environ().get("WORKBENCH_HOME")
    except (psutil.Error, OSError):
        return None
    return found


def kill_marked(variable: str, value: str, home: str | None = None, **also: str) -> int:
    """Kill those processes (see :func:`marked`); repeats until none is left (a dying one may have forked). Returns how many were killed.

    ``home``: not those of a workspace in another folder, of which this one is a copy.
    """
    killed = 0
    for _ in range(5):
        found = [pid for pid in marked(variable, value, **also) if home is None or _home_of(pid) in (None, home)]
        if not found:
            break
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
    return killed
