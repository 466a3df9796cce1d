"""``workbench up``, ``down`` and ``status``: the verbs over the supervisor's process."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
from typing import Any

from workbench.core.clock import from_ms, iso
from workbench.core.config import Settings
from workbench.core.errors import ServiceNotRunning, WorkspaceNotFound
from workbench.core.texts import last_words
from workbench.jobs.files import read_json, read_state
from workbench.jobs.locks import FileLock
from workbench.jobs.paths import down_marker, log_folder, run_folder, socket_path
from workbench.jobs.processes import Process, kill_group
from workbench.jobs.roles import MODULES, Keeper, clean_environment

__all__ = ["answers", "down", "state", "stopped_by_hand", "up"]

_ALL = tuple(MODULES)


def up(settings: Settings, wait: float | None = 20.0, roles: tuple[str, ...] = _ALL, *, asked: bool = True) -> dict[str, Any]:
    """Start the supervisor, or attach to the one that runs.

    Parameters
    ----------
    wait
        Seconds to wait until the API answers on its socket and the worker has said that it lives. None: do not wait.
    asked
        A person wants it. Otherwise what was stopped by :func:`down` stays down.

    Returns
    -------
    dict
        :func:`state`.

    Raises
    ------
    ServiceNotRunning
        A process keeps crashing, or was not ready in time; the message names its log. Or it was stopped, before or meanwhile.
    WorkspaceNotFound
        Its folder is gone.
    """
    if not settings.root.is_dir():
        raise WorkspaceNotFound(f"The workspace at {settings.root} is gone.", fix="Open it where it is now, or run `workbench init` anew.")
    if asked:
        down_marker(settings).unlink(missing_ok=True)
    lock = FileLock(run_folder(settings) / "supervisor.lock")
    deadline = time.monotonic() + (wait or 0)
    next_spawn = 0.0
    while True:
        if (stopped := stopped_by_hand(settings)) is not None:
            raise stopped
        if time.monotonic() >= next_spawn and not lock.held():
            _spawn(settings, roles)
            # It takes its lock once it has imported what it needs; one more than needed would only find it taken.
            next_spawn = time.monotonic() + 3
        if wait is None:
            return state(settings)
        if _ready(settings, roles):
            return state(settings)
        if time.monotonic() >= deadline:
            raise _not_ready(settings, roles, wait)
        _raise_on_crash_loop(settings, roles)
        time.sleep(0.03)


def stopped_by_hand(settings: Settings) -> ServiceNotRunning | None:
    """The error that says so, while what runs is down because a person wanted that; ``details["stopped"]`` is true."""
    if not down_marker(settings).exists():
        return None
    return ServiceNotRunning("The workbench was stopped.", fix="Start it with `workbench up`.", stopped=True)


def _spawn(settings: Settings, roles: tuple[str, ...]) -> None:
    output = log_folder(settings) / "supervisor.out"
    with output.open("ab") as stream:
        command = [sys.executable, "-m", "workbench.jobs.supervise", "--root", str(settings.root), "--roles", ",".join(roles)]
        # It forks at once and its first process ends: nothing is left for the caller to wait for.
        subprocess.run(  # noqa: S603 - our own module
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            cwd=settings.root,
            env=clean_environment(),
            start_new_session=True,
            check=False,
        )


def _ready(settings: Settings, roles: tuple[str, ...]) -> bool:
    written = read_state(settings)
    supervisor = Process.from_json_or_none(written)
    # One that was killed left its file, which says "running".
    if supervisor is None or written.get("status") != "running" or not supervisor.alive():
        return False
    processes = written.get("processes", {})
    for role in roles:
        process = Process.from_json_or_none(processes.get(role))
        if process is None or not process.alive():
            return False
        if role == "worker" and read_json(run_folder(settings) / "worker.json").get("pid") != process.pid:
            return False
        if role == "api" and not answers(settings):
            return False
    return True


def answers(settings: Settings, timeout: float = 1.0) -> bool:
    """Whether an HTTP server answers on the API's socket (any status: being refused is an answer)."""
    path = socket_path(settings)
    if not path.exists():
        return False
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(str(path))
        connection.sendall(b"GET /api/system/ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return connection.recv(5) == b"HTTP/"
    return False


def _raise_on_crash_loop(settings: Settings, roles: tuple[str, ...]) -> None:
    for role in roles:
        told = read_state(settings).get("processes", {}).get(role, {})
        if told.get("status") == "crash-loop":
            last = _last_line(settings, role, told)
            raise ServiceNotRunning(
                f"The {role} ends as soon as it is started{': ' + last if last else '.'}", fix=f"Look into {told['log']}."
            )


def _not_ready(settings: Settings, roles: tuple[str, ...], wait: float) -> ServiceNotRunning:
    logs = ", ".join(str(log_folder(settings) / f"{role}.out") for role in roles)
    return ServiceNotRunning(f"The workbench was not ready after {wait:g} s.", fix=f"Look into {logs}, or run `workbench doctor`.")


def _last_line(settings: Settings, role: str, told: dict[str, Any]) -> str:
    """The last that it has said itself: those before it may have ended for other reasons."""
    try:
        with (log_folder(settings) / f"{role}.out").open("rb") as output:
            output.seek(int(told.get("said_before") or 0))
            text = output.read().decode("utf-8", "replace")
    except OSError:
        return ""
    from workbench.core.telemetry import redact

    return str(redact(last_words(text)))[:200]


def down(settings: Settings, grace: float = 15.0) -> dict[str, Any]:
    """Stop the supervisor and what it keeps: gracefully, after ``grace`` seconds hard. They stay down until :func:`up` is asked for.

    Returns :func:`state`.
    """
    # First: an open page of JupyterLab has them started again as soon as nothing answers.
    with contextlib.suppress(FileNotFoundError):  # of a workspace that is gone
        down_marker(settings).touch()
    lock = FileLock(run_folder(settings) / "supervisor.lock")
    written = read_state(settings)
    process = Process.from_json_or_none(written)
    if lock.held() and process is not None:
        process.send(signal.SIGTERM)
        if not process.wait(grace):
            process.send(signal.SIGKILL)
            process.wait(2)
    # A supervisor that was killed left its children: nobody but us stops them.
    for role in _ALL:
        found = Keeper(settings, role).find(written.get("processes", {}).get(role, {}))
        if found is not None:
            found.send(signal.SIGTERM)
            found.wait(grace)
            kill_group(found.pid)
    with contextlib.suppress(OSError):
        socket_path(settings).unlink()
    return state(settings)


def state(settings: Settings) -> dict[str, Any]:
    """``{"supervisor": {...}, "api": {...}, "worker": {...}}``: for each its ``status``, ``pid``, ``started_at``, ``restarts``.

    What a file says is believed only while the process it names lives. One that ended soon after its start is ``restarting`` until
    it has lived for ten seconds (``crash-loop`` after the fifth time); its ``error`` is the last line of its ``log``.
    """
    written = read_state(settings)
    mine = Process.from_json_or_none(written)
    alive = mine is not None and mine.alive()
    supervisor: dict[str, Any] = {"status": "stopped", "pid": None, "started_at": None}
    if alive:
        supervisor = {key: written.get(key) for key in supervisor}
    result: dict[str, Any] = {"supervisor": supervisor}
    for role in _ALL:
        told = written.get("processes", {}).get(role, {})
        process = Process.from_json_or_none(told)
        if not alive and (process is None or not process.alive()) and (found := Keeper(settings, role).find(told)) is not None:
            # Left by a supervisor that died before it wrote of it, or whose file is gone.
            process, told = found, told | {"status": "running", "pid": found.pid, "started_at": iso(from_ms(int(found.started * 1000)))}
        entry = {k: told.get(k) for k in ("status", "pid", "started_at", "restarts", "exit_code", "log")}
        if process is None or not process.alive():
            entry["pid"] = None
            # Between an end and the supervisor's next look, its file still says "running".
            if not alive or entry["status"] in (None, "running", "starting"):
                entry["status"] = "stopped" if not alive or entry["status"] is None else "restarting"
        if entry["status"] in ("restarting", "crash-loop"):
            entry["error"] = _last_line(settings, role, told)
        result[role] = entry
    return result
