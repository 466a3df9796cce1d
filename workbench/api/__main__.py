"""`python -m workbench.api --root ROOT`: the API of a workspace on its unix socket. The supervisor keeps it alive."""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from workbench.core.config import Settings, load_settings
from workbench.core.errors import ServiceNotRunning, WorkbenchError
from workbench.core.starting import arrow_without_pandas, importing
from workbench.core.telemetry import configure_logging, get_logger
from workbench.jobs.locks import FileLock
from workbench.jobs.paths import log_folder, run_folder, socket_path

log = get_logger("api")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m workbench.api")
    parser.add_argument("--root", type=Path, required=True, help="folder that holds workbench.toml")
    arguments = parser.parse_args()
    try:
        settings = load_settings(arguments.root)
        configure_logging(log_folder(settings) / "api.jsonl", settings.log.level)
        _run(settings)
    except WorkbenchError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except Exception:
        log.exception("the API failed")
        raise
    return 0


def _run(settings: Settings) -> None:
    # `api.lock` is held by the supervisor for us; this one is for the socket, whoever started us.
    lock = FileLock(run_folder(settings) / "api-socket.lock")
    # A predecessor that was told to end may still be answering its last calls.
    for _ in range(100):
        if lock.acquire():
            break
        time.sleep(0.05)
    else:
        raise ServiceNotRunning("Another API serves this workspace already.", fix="Stop it with `workbench down`.")
    try:
        with importing(for_good=True):
            arrow_without_pandas()
            from workbench.api.app import create_app
            from workbench.api.backend import Backend, services_for_callers
            from workbench.api.server import run

            backend = Backend(services_for_callers(settings))
            app = create_app(backend)
        with _listening(socket_path(settings)) as listener:
            log.info("the API listens", extra={"pid": os.getpid()})
            run(app, backend, listener)
        log.info("the API ended")
    finally:
        lock.release()


@contextlib.contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    """A listening socket at ``path``, put there at once: a stale one is replaced, and nobody meets one that does not answer."""
    listener = socket.socket(socket.AF_UNIX)
    fresh = path.with_name("api.new")
    fresh.unlink(missing_ok=True)
    try:
        listener.bind(str(fresh))
        fresh.chmod(0o600)
        listener.listen(128)
        mine = fresh.stat().st_ino
        fresh.replace(path)
        yield listener
        with contextlib.suppress(OSError):
            if path.stat().st_ino == mine:
                path.unlink()
    finally:
        listener.close()


if __name__ == "__main__":
    sys.exit(main())
