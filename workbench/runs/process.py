"""Who is carrying out a run: enough to say later, on the same machine, whether that process still lives."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench.runs.records import Run

__all__ = ["born_in", "born_of", "on_this_machine", "process_alive", "process_id", "this_process"]

_FIRST_PIDS = 0xEFFFFFFC  # the number of the kernel's own PID namespace, which is no container's


def this_process() -> dict[str, Any]:
    """``host``, ``boot`` (another for each start of the machine, and each container), ``pid`` and ``born`` (tells a reused pid apart)."""
    return {"host": platform.node(), "boot": _boot(), "pid": os.getpid(), "born": _own_born(os.getpid())}


def process_id(process: Mapping[str, Any]) -> str:
    """What such a process is called in the table ``processes``."""
    said = "/".join(str(process.get(name)) for name in ("host", "boot", "pid", "born"))
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def on_this_machine(process: Mapping[str, Any], shared: bool) -> bool:
    """Whether such a process is, or was, one of this machine, so that its number says something here.

    Several machines may have one name. Where they may share the store (``shared``) they are told apart by ``boot``: an earlier one of this
    machine counts as another machine then. Else the store is this machine's alone. A record without ``boot`` goes by the name.
    """
    return process.get("host") == platform.node() and (not shared or process.get("boot") in (None, _boot()))


def process_alive(run: Run, silent: Collection[str] = (), shared: bool = False) -> bool:
    """Whether the process that started the run may still be carrying it out. True where nobody can know.

    On this machine its processes tell. Of a process of another one, :class:`.pulse.Pulse` tells whether it is among the ``silent`` ones;
    a run with no process recorded is left to who knows more. ``shared``: other machines may use the store.
    """
    process = run.attributes.get("process")
    if not isinstance(process, dict):
        return True
    if not on_this_machine(process, shared):
        return process_id(process) not in silent
    if process.get("boot") != _boot():
        return False
    born = _born(int(process.get("pid") or 0))
    return born is not None and born == process.get("born")


def born_of(pid: int) -> str:
    """When a process of this machine was started, as text that stays the same whatever the clock is set to; empty where the system tells
    no more than the clock's time."""
    born = _born(pid) if Path("/proc/self/stat").exists() else None
    return born_in({"boot": _boot(), "born": born}) if born is not None else ""


def born_in(process: Mapping[str, Any]) -> str:
    """The same of a process as :func:`this_process` tells of it."""
    return f"{process.get('boot')}/{process.get('born')}"


@lru_cache(maxsize=1)
def _boot() -> str:
    path = Path("/proc/sys/kernel/random/boot_id")
    if path.exists():
        boot = path.read_text(encoding="ascii").strip()
        # Containers of one machine have its boot, and may have its name, but count their processes each for itself.
        with suppress(OSError):
            if (counted := Path("/proc/self/ns/pid").stat().st_ino) != _FIRST_PIDS:
                return f"{boot}/{counted}"
        return boot
    import psutil

    return str(int(psutil.boot_time()))


@lru_cache(maxsize=1)
def _own_born(pid: int) -> str | None:
    # By the number, for a forked process is another one. Asked with each run.
    return _born(pid)


def _born(pid: int) -> str | None:
    """When a process was started, as text to compare; None when there is no such process (or only its zombie)."""
    if Path("/proc/self/stat").exists():
        try:
            # The name, in brackets, may hold spaces; field 3 is the state, field 22 the start in clock ticks since boot.
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in ("Z", "X") else fields[19]
    import psutil

    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.Error:
        return None
