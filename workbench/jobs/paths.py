"""Where the processes of a workspace meet: locks, state files, sockets, logs."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from workbench.core.config import Settings
from workbench.jobs.processes import Process

__all__ = ["down_marker", "forget_dead", "log_folder", "make_own", "run_folder", "socket_folder", "socket_path"]

# In a folder of sockets: the process that made it, and would remove it.
_OWNER = "of"

# `sun_path` holds 108 bytes on Linux and 104 on macOS, with the closing zero; the longest name put into a socket
# folder is a kernel's ("k-<12 characters>/c-ipc-5").
_MAX_SOCKET = 100
_LONGEST_NAME = 26


def _private(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _close(folder)
    return folder


def _close(folder: Path) -> None:
    if folder.stat().st_uid == os.getuid() and folder.stat().st_mode & 0o077:
        folder.chmod(0o700)


def run_folder(settings: Settings) -> Path:
    """Locks and state files of the supervisor and its processes: ``.workbench/run``, readable by the owner only. It is not made for a
    workspace whose folder is gone: whoever deleted that wants no part of it back."""
    return _in_state(settings, "run", 0o700)


def down_marker(settings: Settings) -> Path:
    """There while a person wants the processes down: from ``down`` until somebody asks for them again."""
    return run_folder(settings) / "down"


def log_folder(settings: Settings) -> Path:
    """``.workbench/logs``; made as :func:`run_folder` is."""
    return _in_state(settings, "logs", 0o777)


def _in_state(settings: Settings, name: str, mode: int) -> Path:
    folder = settings.state / name
    # Level by level: what is deleted in this moment must not come back with the parents of what is made.
    with suppress(FileNotFoundError):
        settings.state.mkdir(exist_ok=True)
        folder.mkdir(exist_ok=True, mode=mode)
        if not mode & 0o077:
            _close(folder)
    return folder


def socket_folder(settings: Settings) -> Path:
    """A folder, readable by the owner only, whose path is short enough for unix sockets.

    It is :func:`run_folder` when that fits; else one below ``$XDG_RUNTIME_DIR`` or the temporary folder, named by the
    user and a hash of the state folder, so that every process of the workspace finds the same one.

    Raises
    ------
    PermissionError
        Another user owns the folder that should be ours.
    """
    own = run_folder(settings)
    if len(os.fsencode(own)) + 1 + _LONGEST_NAME <= _MAX_SOCKET:
        return own
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    base = Path(runtime) if runtime and len(os.fsencode(runtime)) < 50 and os.access(runtime, os.W_OK) else Path(_short_temporary())
    digest = hashlib.sha256(os.fsencode(settings.state.resolve())).hexdigest()[:16]
    folder = _private(base / f"wb-{os.getuid()}-{digest}")
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user")
    return folder


def _short_temporary() -> str:
    temporary = tempfile.gettempdir()
    return temporary if len(os.fsencode(temporary)) < 40 else "/tmp"  # noqa: S108 - a 0700 folder of our own is made below it


def socket_path(settings: Settings) -> Path:
    """The API's unix socket."""
    return socket_folder(settings) / "api.sock"


def make_own(folder: Path, owner: Process | None) -> None:
    """Make a folder for a kernel's sockets, of which :func:`forget_dead` knows whose it is."""
    folder.mkdir(mode=0o700)
    if owner is not None:
        (folder / _OWNER).write_text(json.dumps(owner.to_json()), encoding="utf-8")


def forget_dead(sockets: Path, mine: Process | None) -> None:
    """Remove folders that processes of this machine have made and, being killed, not removed."""
    if mine is None:
        return
    for path in sockets.glob(f"k-*/{_OWNER}"):
        with suppress(OSError, ValueError):
            owner = Process.from_json_or_none(json.loads(path.read_text(encoding="utf-8")))
            # Of another container's a number says nothing here.
            if owner is not None and _machine(owner) == _machine(mine) and not owner.alive():
                shutil.rmtree(path.parent, ignore_errors=True)


def _machine(process: Process) -> str:
    return process.born.rpartition("/")[0] or "unknown"
