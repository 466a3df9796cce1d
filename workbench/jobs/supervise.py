"""The supervisor's own process: ``python -m workbench.jobs.supervise --root ROOT``.

Small on purpose: it imports no database and no web framework, so nothing it supervises can take it along. It holds
``run/supervisor.lock`` and writes ``run/supervisor.json``. When it dies, its children live on (a killed supervisor costs
nobody a running job) and the next supervisor adopts them; see :class:`workbench.jobs.roles.Keeper`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import signal
import threading
from pathlib import Path

from workbench.core.clock import iso, now
from workbench.core.config import FILE_NAME, Settings, load_settings
from workbench.core.telemetry import configure_logging, get_logger
from workbench.jobs.files import read_state, write_json
from workbench.jobs.locks import FileLock
from workbench.jobs.modules import code_now
from workbench.jobs.paths import down_marker, log_folder, run_folder
from workbench.jobs.processes import Process, unstamp
from workbench.jobs.roles import MODULES, Keeper

__all__ = ["Supervisor"]

_GRACE = 10.0
_LOOK_SECONDS = 5.0

log = get_logger("jobs.supervisor")


class Supervisor:
    def __init__(self, settings: Settings, roles: tuple[str, ...]) -> None:
        self.settings = settings
        self.keepers = [Keeper(settings, role) for role in roles]
        self.started_at, self.code = iso(now()), code_now()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self._stopping = False

    def run(self) -> None:
        """Keep the processes alive until SIGTERM or SIGINT, then stop them."""
        signal.set_wakeup_fd(self._wake_write)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        known = read_state(self.settings).get("processes", {})
        self._write("running")
        while not self._stopping:
            changed = [keeper.tick(known.get(keeper.role, {})) for keeper in self.keepers]
            if any(changed):
                self._write("running")
            self._sleep(min(_LOOK_SECONDS, *(keeper.wait_seconds() for keeper in self.keepers)))
            # Who deletes or moves the folder does not think of us; nothing may go on for a workspace that is not there.
            # And one that was on its way up while `down` looked for it was not told.
            self._stopping = self._stopping or not self._workspace_is_there() or down_marker(self.settings).exists()
        self._write("stopping")
        threads = [threading.Thread(target=keeper.stop, args=(_GRACE,)) for keeper in self.keepers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._write("stopped")

    def _workspace_is_there(self) -> bool:
        # The file, not the state folder: a database that is still open makes that one again.
        return (self.settings.root / FILE_NAME).is_file()

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _sleep(self, seconds: float) -> None:
        """Wait for a signal (a child's end is one), the end of an adopted process, or the time."""
        watched = [self._wake_read]
        opened: list[int] = []
        for keeper in self.keepers:
            if keeper.process is not None and keeper.adopted and hasattr(os, "pidfd_open"):
                with contextlib.suppress(OSError):
                    opened.append(os.pidfd_open(keeper.process.pid))
        # A child that has just been started becomes "running" after its first second.
        starting = any(keeper.status == "starting" for keeper in self.keepers)
        ready, _, _ = select.select(watched + opened, [], [], min(seconds, 0.5) if starting else seconds)
        for fd in opened:
            os.close(fd)
        if self._wake_read in ready:
            os.read(self._wake_read, 4096)

    def _write(self, status: str) -> None:
        if not self._workspace_is_there():
            return  # writing would make a part of the deleted folder again
        mine = Process.of(os.getpid())
        data = {
            "status": status,
            **(mine.to_json() if mine else {"pid": os.getpid(), "started": None}),
            "started_at": self.started_at,
            "code": self.code,
            "processes": {keeper.role: keeper.describe() for keeper in self.keepers},
        }
        write_json(run_folder(self.settings) / "supervisor.json", data)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m workbench.jobs.supervise")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--roles", default=",".join(MODULES))
    arguments = parser.parse_args()
    unstamp()  # a step may have started it
    # The caller waits for the first process only: this one belongs to nobody's session and is nobody's child.
    if os.fork():
        os._exit(0)
    settings = load_settings(arguments.root)
    configure_logging(log_folder(settings) / "supervisor.jsonl", settings.log.level)
    lock = FileLock(run_folder(settings) / "supervisor.lock")
    if down_marker(settings).exists() or not lock.acquire():
        return
    log.info("supervisor started", extra={"pid": os.getpid()})
    try:
        Supervisor(settings, tuple(arguments.roles.split(","))).run()
    except Exception:
        log.exception("supervisor failed")
        raise
    finally:
        log.info("supervisor ended")


if __name__ == "__main__":
    main()
