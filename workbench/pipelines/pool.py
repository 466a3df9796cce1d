"""The worker's side of :mod:`workbench.pipelines.forkserver`: the process that a step is carried out in, forked instead of started."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol

from workbench.core.config import Settings
from workbench.core.telemetry import get_logger
from workbench.jobs.paths import socket_folder
from workbench.jobs.processes import UNMARKED
from workbench.jobs.roles import clean_environment
from workbench.pipelines.environment import environment
from workbench.pipelines.forkserver import KERNEL, LONGEST, RUN

__all__ = ["ForkPool", "Forked", "StepProcess", "pool_of"]

_LANGUAGE = "lake-python"
_KILLED = -9
_log = get_logger("pipelines.pool")


class StepProcess(Protocol):
    """What :class:`subprocess.Popen` and :class:`Forked` have in common."""

    pid: int
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None

    def poll(self) -> int | None: ...

    def wait(self) -> int: ...


class Forked:
    """A process that the fork server made: its status comes from there."""

    def __init__(self, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        self.pid = 0
        self.stdin: IO[bytes] | None = stdin
        self.stdout: IO[bytes] | None = stdout
        self.begun, self._ended = threading.Event(), threading.Event()
        self._status: int | None = None

    def poll(self) -> int | None:
        """Its status, or None while it runs."""
        return self._status

    def wait(self) -> int:
        """Its status, once it has ended: below 0 the signal that ended it."""
        self._ended.wait()
        assert self._status is not None
        return self._status

    def ended(self, status: int) -> None:
        """Told by who listens."""
        self._status = status
        self._ended.set()
        self.begun.set()


class ForkPool:
    """One fork server, with kernels that wait, or with a ``module`` instead. Thread-safe; ends with its worker, or where it was
    :meth:`retire`d."""

    def __init__(self, settings: Settings, worker: str, module: str | None) -> None:
        self._guard = threading.Lock()
        self._number, self._retired = 0, False
        #: The packages that what it has imported is of.
        self.packages = environment()["hash"]
        self._steps: dict[int, Forked] = {}
        self._folder = socket_folder(settings)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "workbench.pipelines.forkserver",
                    str(theirs.fileno()),
                    str(self._folder),
                    *([str(settings.jobs.kernels_ready)] if module is None else ["0", module]),
                ],
                # What is forked from it is found by this, when the worker has died.
                env={**clean_environment(), "WORKBENCH_HOME": str(settings.root), "WORKBENCH_WORKER": worker, RUN: UNMARKED},
                cwd=settings.root,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        threading.Thread(target=self._listen, name="fork server", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def execute(self, environment: Mapping[str, str], folder: Path, errors: IO[bytes], module: str, kernel: bool) -> Forked:
        """A process that carries out what it reads on its standard input: ``main()`` of a module, as :mod:`workbench.pipelines.execute`
        does, which is handed a ``kernel`` that waits, where it wants one.

        Raises
        ------
        OSError
            It could not be made.
        """
        theirs_in, ours_in = os.pipe()
        ours_out, theirs_out = os.pipe()
        step = Forked(os.fdopen(ours_in, "wb"), os.fdopen(ours_out, "rb"))
        number = 0
        try:
            with self._guard:
                if self._retired:
                    raise OSError("the packages have changed")
                self._number += 1
                number = self._number
                self._steps[number] = step
            request = {"number": number, "environment": dict(environment), "folder": str(folder), "module": module, "kernel": kernel}
            message = json.dumps(request).encode()
            if len(message) > LONGEST:
                raise OSError("so many variables are not sent")
            socket.send_fds(self._control, [message], [theirs_in, theirs_out, errors.fileno()])
            step.begun.wait()
            if not step.pid:
                raise OSError("the fork server has ended")
        except OSError:
            with self._guard:
                self._steps.pop(number, None)
            self._end_if_over()
            for stream in (step.stdin, step.stdout):
                if stream is not None:
                    stream.close()
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        return step

    def _listen(self) -> None:
        data = b"there"
        while data:
            try:
                data = self._control.recv(LONGEST)
            except OSError:
                data = b""
            if data:
                said: dict[str, Any] = json.loads(data)
                with self._guard:
                    step = self._steps.pop(said["number"], None) if "status" in said else self._steps.get(said["number"])
                if step is not None and "status" in said:
                    step.ended(said["status"])
                    self._end_if_over()
                elif step is not None:
                    step.pid = said["pid"]
                    step.begun.set()
        # With it everything that it had forked has ended.
        with self._guard:
            left, self._steps = list(self._steps.values()), {}
        for step in left:
            step.ended(_KILLED)
        self._process.wait()

    def retire(self) -> None:
        """Take no more steps, and end with the last of those that it has."""
        with self._guard:
            self._retired = True
        self._end_if_over()

    def _end_if_over(self) -> None:
        with self._guard:
            over = self._retired and not self._steps
        if over:
            with suppress(OSError):
                self._control.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it, and everything that it had forked."""
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._process.wait()
        self._control.close()


_guard = threading.Lock()
_pools: dict[tuple[Path, str | None], ForkPool] = {}


def pool_of(settings: Settings, worker: str, module: str | None = None) -> ForkPool | None:
    """The pool of this process for a workspace, begun by the first who asks; None where steps start processes of their own: nothing is
    to wait (``jobs.kernels_ready``), Lake Python is not ours, or the system's processes are not Linux's. ``module``: what its processes
    have imported, instead of kernels."""
    if not settings.jobs.kernels_ready or not sys.platform.startswith("linux"):
        return None
    with _guard:
        found = _pools.get((settings.root, module))
        if found is not None and found.packages != environment()["hash"]:
            # What it has imported is of before; it would be mixed with what is imported from now on.
            found.retire()
            found = None
        if found is None or not found.alive:
            if module is None and not _is_ours():
                return None
            try:
                found = _pools[settings.root, module] = ForkPool(settings, worker, module)
            except OSError:
                _log.exception("no fork server could be started")
                return None
        return found


def _is_ours() -> bool:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        arguments = KernelSpecManager().get_kernel_spec(_LANGUAGE).argv
    except NoSuchKernel:
        return False
    program = arguments[0] if Path(arguments[0]).is_absolute() else shutil.which(arguments[0]) or ""
    own = arguments[0] in ("python", "python3") or (program and Path(program).samefile(sys.executable))
    return bool(own) and arguments[1:] == ["-P", "-m", KERNEL, "-f", "{connection_file}"]
