"""One process that is kept alive: started, watched, adopted, restarted with back-off, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Literal

from workbench.core.clock import iso, now
from workbench.core.config import Settings
from workbench.core.telemetry import get_logger
from workbench.jobs.locks import FileLock
from workbench.jobs.modules import code_now
from workbench.jobs.paths import log_folder, run_folder
from workbench.jobs.processes import Process, kill_group, marked

__all__ = ["MODULES", "Keeper", "clean_environment", "leave_step"]

# What a workspace runs, and the module that is it.
MODULES = {"api": "workbench.api", "worker": "workbench.jobs.worker"}

Status = Literal["starting", "running", "restarting", "crash-loop", "stopped"]

_LONGEST_PAUSE = 5.0
_CRASHES, _WINDOW, _SHORT_LIFE = 5, 60.0, 10.0
_MAX_OUTPUT = 5_000_000

# What belongs to one kernel, run or person and must not be inherited by processes that serve all of them.
_NOT_INHERITED = frozenset(
    f"WORKBENCH_{name}"
    for name in ("RUN_ID", "NOTEBOOK", "STEP", "SOURCE", "TOKEN", "FENCE", "URL", "WORKER", "ROLE", "LOCK_FD", "WRITES_ANEW", "BRANCH")
) | {"JUPYTER_TOKEN"}

log = get_logger("jobs.supervisor")


# Of these what belongs to a step of a pipeline.
_OF_A_STEP = tuple(f"WORKBENCH_{name}" for name in ("RUN_ID", "NOTEBOOK", "STEP", "SOURCE", "FENCE", "WRITES_ANEW", "BRANCH"))


def leave_step() -> None:
    """Have this process, and what it starts, belong to no step of a pipeline, should one have started it: a server that is started by hand
    works on no run's branch. Its end still comes with the step's, by what it was started with."""
    for name in _OF_A_STEP:
        os.environ.pop(name, None)


def clean_environment() -> dict[str, str]:
    """The environment for a process that serves the whole workspace."""
    return {k: v for k, v in os.environ.items() if k not in _NOT_INHERITED and not k.startswith("JPY_")}


class Keeper:
    """Keeps the process of one role alive.

    The role's lock (``run/<role>.lock``) is taken before the process is started and inherited by it, so it is held
    exactly as long as the process lives, whatever becomes of the supervisor: there are never two. A process that outlived
    a supervisor is adopted by the next.
    """

    def __init__(self, settings: Settings, role: str) -> None:
        self.settings = settings
        self.role = role
        self.process: Process | None = None
        self.status: Status = "stopped"
        self.restarts = 0
        self.exit_code: int | None = None
        self.adopted = False
        self.started_at = ""
        self.code: str | None = None  # that it was started with
        self.said_before = 0  # bytes of its output of before it was started, or began to crash
        self._popen: subprocess.Popen[bytes] | None = None
        self._lock = FileLock(run_folder(settings) / f"{role}.lock")
        self._crashes: list[float] = []
        self._next_start = 0.0
        self._since = 0.0

    @property
    def output(self) -> Path:
        """Where the process's own output goes (its log proper is ``<role>.jsonl``)."""
        return log_folder(self.settings) / f"{self.role}.out"

    def describe(self) -> dict[str, Any]:
        """What ``supervisor.json`` says about it."""
        return {
            "status": self.status,
            **(self.process.to_json() if self.process else {"pid": None, "started": None}),
            "started_at": self.started_at,
            "code": self.code,
            "restarts": self.restarts,
            "exit_code": self.exit_code,
            "adopted": self.adopted,
            "log": str(self.output),
            "said_before": self.said_before,
        }

    def tick(self, known: dict[str, Any]) -> bool:
        """Look once, and start what should run. ``known`` is what the last supervisor wrote. True when anything changed."""
        before = (self.status, self.process)
        if self.process is not None:
            self._watch()
        elif time.monotonic() >= self._next_start:
            self._begin(known)
        return (self.status, self.process) != before

    def wait_seconds(self) -> float:
        """How long until the next look is due."""
        if self.process is not None:
            return 2.0
        return min(2.0, max(0.02, self._next_start - time.monotonic()))

    def _watch(self) -> None:
        assert self.process is not None
        code = self._popen.poll() if self._popen else None
        if code is None and (self._popen is not None or self.process.alive()):
            # What has crashed lately has to prove itself first: a broken process may live for seconds, too.
            if self.status != "running" and time.monotonic() - self._since > (_SHORT_LIFE if self._crashes else 1):
                self.status = "running"
            return
        # What it had started in its own group (a query, say) must not outlive it.
        kill_group(self.process.pid)
        self.exit_code, self.process, self._popen, self.adopted = code, None, None, False
        now_ = time.monotonic()
        # Ended by itself soon after its start, again and again, it cannot work; ended from outside, it can.
        crashed = code not in (None, -signal.SIGKILL, -signal.SIGTERM) and now_ - self._since < _SHORT_LIFE
        self._crashes = [t for t in self._crashes if now_ - t < _WINDOW] + [now_] if crashed else []
        self._next_start = now_ + min(_LONGEST_PAUSE, 0.05 * 2 ** len(self._crashes))
        self.restarts += 1
        self.status = "crash-loop" if len(self._crashes) >= _CRASHES else "restarting"
        log.warning("%s ended", self.role, extra={"exit_code": code, "status": self.status})

    def _begin(self, known: dict[str, Any]) -> None:
        if self._lock.acquire():
            try:
                self._start(self._lock.fd or 0)
            finally:
                self._lock.release()
            return
        found = self._holder(known)
        if found is None:
            # Held by somebody who is about to end, or has not said who it is yet.
            self._next_start = time.monotonic() + 0.1
            return
        self.process, self.adopted, self.status, self._since = found, True, "running", time.monotonic()
        self.started_at, self.code = str(known.get("started_at") or iso(now())), known.get("code")
        self.said_before = int(known.get("said_before") or 0)
        log.info("adopted %s", self.role, extra={"pid": found.pid})

    def _start(self, lock: int) -> None:
        command = [sys.executable, "-m", MODULES[self.role], "--root", str(self.settings.root)]
        if self.output.exists() and self.output.stat().st_size > _MAX_OUTPUT:
            self.output.replace(self.output.with_suffix(".out.1"))
        environment = {**clean_environment(), "WORKBENCH_ROLE": self._mark, "WORKBENCH_LOCK_FD": str(lock)}
        with self.output.open("ab") as output:
            if not self._crashes or self.said_before > output.tell():
                self.said_before = output.tell()
            self._popen = subprocess.Popen(  # noqa: S603 - our own module
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.settings.root,
                env=environment,
                start_new_session=True,
                pass_fds=(lock,),
            )
        self._since = time.monotonic()
        self.code = code_now()
        self.process = Process.of(self._popen.pid) or Process(pid=self._popen.pid, started=time.time())
        self.started_at, self.adopted = iso(now()), False
        if self.status != "crash-loop":
            self.status = "restarting" if self._crashes else "starting"

    @property
    def _mark(self) -> str:
        return f"{self.role}:{self.settings.state}"

    def _holder(self, known: dict[str, Any]) -> Process | None:
        """Who holds the lock: as the last supervisor wrote, else by the mark in its environment."""
        written = Process.from_json_or_none(known)
        if written is not None and written.alive():
            return written
        candidates = [p for p in map(Process.of, marked("WORKBENCH_ROLE", self._mark)) if p is not None and os.getpgid(p.pid) == p.pid]
        return min(candidates, key=lambda p: p.started, default=None)

    def find(self, known: dict[str, Any]) -> Process | None:
        """The process of this role, if there is one (for stopping without a supervisor)."""
        return self._holder(known) if self._lock.held() else None

    def stop(self, seconds: float) -> None:
        """End it: gracefully first, hard after ``seconds``."""
        if self.process is None:
            self.status = "stopped"
            return
        self.process.send(signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and (self._popen.poll() is None if self._popen else self.process.alive()):
            time.sleep(0.02)
        kill_group(self.process.pid)
        if self._popen:
            self._popen.wait()
        else:
            self.process.wait(2)
        self.process, self._popen, self.status = None, None, "stopped"
