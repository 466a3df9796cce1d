"""A process that forks what carries out steps: ``python -P -m workbench.pipelines.forkserver FD FOLDER SIZE [MODULE]``.

It has imported what executes notebooks, and Lake Python; what is forked from it need not. It keeps ``SIZE`` kernels that wait for their
step, each for one: a kernel has opened its sockets and begins when it is told its folder and variables. For each step it forks the
process that executes the notebook (:mod:`workbench.pipelines.execute`), which gets a kernel of these, or that calls a function
(:mod:`workbench.app.function_step`), which needs none.

With a ``MODULE`` it has imported that instead, with all that its ``warm()`` does, and keeps no kernel: so steps begin that run nobody's
code but ours, and so may find everything there (:mod:`workbench.app.sql_step`). Such a one ends when nobody has needed it for long.

Requests are messages on a socket, with the step's standard streams as descriptors; the answers say which process it is, and how it ended.
When the worker has gone, the socket is closed: this process ends, and with it everything it had forked.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from workbench.jobs.paths import forget_dead, make_own
from workbench.jobs.processes import Process, die_first, die_with_parent, kill_group, mark, name_process, stamp
from workbench.runs.context import STEP_PARENT_VARIABLE

__all__ = ["KERNEL", "LONGEST", "RUN", "Waiting", "main"]

#: What the kernels run. By name, for it stands to the right of this package: ``prepared(arguments)`` gives what begins it.
KERNEL = "workbench.jupyter.kernels.python"
LONGEST = 256 << 10  # bytes of a message
#: The variable by which a step's processes are found.
RUN = "WORKBENCH_RUN_ID"
_REFILL_SECONDS = 0.3  # a step that has just begun needs the processor more than the next kernel does
_IDLE_SECONDS = 600.0  # kernels that nobody has needed for so long give their memory back
_FAILED_SECONDS = 30.0  # a kernel that did not live until it was needed is not tried again at once
_QUIET_SECONDS = 0.2  # after so long without a request there is time for more
# The first does once what each would have to do.
_OF_KERNELS = ("workbench.pipelines.notebook", KERNEL, "workbench.pipelines.execute", "workbench.pipelines.adopted", "psutil")
# What a notebook that opens the workspace and writes would import: half of it, for the other half (pandas, pyarrow) is what a person's
# code may set up before it imports it. Imported one by one while nobody asks for anything.
_IN_TIME = ("workbench.app.local", "pyiceberg.catalog.sql", "workbench.store.store", "workbench.catalog.service", "sqlglot.dialects.duckdb")


@dataclass(frozen=True)
class Waiting:
    """A kernel that waits: what is written to ``socket``, a line of JSON with ``environment``, ``folder`` and ``modules``, begins it; it
    says with one byte that it has opened its sockets."""

    pid: int
    socket: socket.socket
    folder: Path

    @property
    def connection_file(self) -> str:
        return str(self.folder / "c")

    @property
    def log(self) -> Path:
        """What it wrote beside its messages."""
        return self.folder / "log"


class Forkserver:
    """Has one thread: with several a fork could find a lock held for ever."""

    def __init__(self, control: socket.socket, folder: Path, size: int, modules: Sequence[str]) -> None:
        self._control, self._folder, self._size, self._modules = control, folder, size, modules
        self._later = [*reversed(_IN_TIME)] if size else []
        self._waiting: list[Waiting] = []
        self._folders: dict[int, Path] = {}
        self._mine = Process.of(os.getpid())
        self._steps: dict[int, tuple[int, int]] = {}  # of a process: which request it is of, and its kernel
        self._refill: float | None = time.monotonic()
        self._idle = time.monotonic() + _IDLE_SECONDS
        self._selector = selectors.DefaultSelector()
        self._wake, wakeup = socket.socketpair()
        for end in (self._wake, wakeup):
            end.setblocking(False)
        self._wakeup = wakeup
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)

    def run(self) -> NoReturn:
        """Fork until nobody is there to ask for it."""
        first, *_ = [importlib.import_module(module) for module in self._modules]
        first.warm()
        forget_dead(self._folder, self._mine)
        gc.freeze()  # what is collected in one that was forked would be copied for it
        self._selector.register(self._control, selectors.EVENT_READ)
        self._selector.register(self._wake, selectors.EVENT_READ)
        while True:
            due = min(self._idle if self._refill is None else self._refill, self._idle)
            wait = max(0.0, due - time.monotonic())
            calm = bool(self._later) and self._refill is None
            heard = self._selector.select(min(wait, _QUIET_SECONDS) if calm else wait)
            for key, _ in heard:
                if key.fileobj is self._control:
                    self._serve()
            self._reap()
            self._keep()
            if calm and not heard:
                importlib.import_module(self._later.pop())
                gc.freeze()

    def _serve(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, LONGEST, 3)
        except OSError:
            data, descriptors = b"", []
        if not data:
            self._end()
        request = json.loads(data)
        wanted = self._size and request["kernel"]
        kernel = (self._waiting.pop(0) if self._waiting else self._fork_kernel(descriptors)) if wanted else None
        pid = os.fork()
        if pid == 0:
            self._child(lambda: _execute(request, descriptors, kernel))
        self._steps[pid] = request["number"], kernel.pid if kernel else 0
        for descriptor in descriptors:
            os.close(descriptor)
        if kernel is not None:
            kernel.socket.close()
        self._say({"number": request["number"], "pid": pid})
        self._refill, self._idle = time.monotonic() + _REFILL_SECONDS, time.monotonic() + _IDLE_SECONDS

    def _keep(self) -> None:
        """As many kernels as should wait; none where nobody has needed one for long."""
        now = time.monotonic()
        if now >= self._idle:
            if not self._size and not self._steps:
                self._end()
            self._idle, self._refill = float("inf"), None
            for kernel in self._waiting:
                kill_group(kernel.pid)
        elif self._refill is not None and now >= self._refill:
            if len(self._waiting) < self._size:
                self._waiting.append(self._fork_kernel())
            if len(self._waiting) >= self._size:
                self._refill = None

    def _fork_kernel(self, others: Sequence[int] = ()) -> Waiting:
        """A new one, which has nothing of the descriptors that are somebody else's."""
        ours, theirs = socket.socketpair()
        folder = self._folder / f"k-{uuid.uuid4().hex[:12]}"
        make_own(folder, self._mine)
        pid = os.fork()
        if pid == 0:
            ours.close()
            for descriptor in others:
                os.close(descriptor)
            self._child(lambda: _wait(folder, theirs))
        theirs.close()
        self._folders[pid] = folder
        return Waiting(pid, ours, folder)

    def _child(self, work: Callable[[], None]) -> NoReturn:
        """Be a process of its own, which has nothing of its parent's but what is meant for it."""
        status = 1
        try:
            os.setsid()
            die_with_parent()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._selector.close()
            for other in (self._control, self._wake, self._wakeup, *(kernel.socket for kernel in self._waiting)):
                other.close()
            work()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            with suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)

    def _reap(self) -> None:
        with suppress(BlockingIOError):
            self._wake.recv(1024)
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self._steps:
                number, kernel_pid = self._steps.pop(pid)
                self._idle = time.monotonic() + _IDLE_SECONDS
                if kernel_pid in self._folders:
                    kill_group(kernel_pid)  # nobody could use it any more
                self._say({"number": number, "status": os.waitstatus_to_exitcode(status)})
                continue
            if any(kernel.pid == pid for kernel in self._waiting):
                gone = next(kernel for kernel in self._waiting if kernel.pid == pid)
                self._waiting.remove(gone)
                gone.socket.close()
                if self._idle != float("inf"):
                    self._refill = time.monotonic() + _FAILED_SECONDS
            shutil.rmtree(self._folders.pop(pid), ignore_errors=True)

    def _say(self, message: dict[str, Any]) -> None:
        with suppress(OSError):
            self._control.send(json.dumps(message).encode())

    def _end(self) -> NoReturn:
        for pid in (*self._folders, *self._steps):
            kill_group(pid)
        for folder in self._folders.values():
            shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)


def _execute(request: dict[str, Any], descriptors: list[int], kernel: Waiting | None) -> None:
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["environment"])
    if STEP_PARENT_VARIABLE in os.environ:  # who asked, which has not started it itself
        os.environ[STEP_PARENT_VARIABLE] = str(os.getppid())
    time.tzset()
    _belong("s")
    os.chdir(request["folder"])
    main = importlib.import_module(request["module"]).main
    main(kernel) if request["kernel"] else main()


def _belong(kind: str) -> None:
    """Be a step's process: shown as that, and found with all that it will fork, to be ended with the step."""
    run_id = os.environ.get(RUN, "")
    mark(RUN, run_id)
    stamp()
    die_first()
    name_process(f"{kind} {run_id[-12:]}")


def _wait(folder: Path, told: socket.socket) -> None:
    """Be a kernel that waits until it is told to begin."""
    for number, path, how in ((0, os.devnull, os.O_RDONLY), (1, folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)):
        descriptor = os.open(path, how, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.dup2(1, 2)
    began_with = dict(os.environ)
    # Modules come from the pinned copy, not from the folder that may have been edited since.
    arguments = [
        "-f",
        str(folder / "c"),
        "--transport=ipc",
        "--InteractiveShellApp.ignore_cwd=True",
        f"--IPKernelApp.parent_handle={os.getppid()}",
    ]
    begin: Callable[[], None] = importlib.import_module(KERNEL).prepared(arguments)
    own = {name: value for name, value in os.environ.items() if began_with.get(name) != value}
    name_process("k waiting")
    told.sendall(b"\n")
    with told.makefile("rb") as lines:
        line = lines.readline()
    told.close()
    if not line:
        return
    request = json.loads(line)
    # As if it had been started with these. What it has set itself (the colours of a terminal, matplotlib's backend) stands.
    os.environ.clear()
    os.environ.update({**request["environment"], **own, STEP_PARENT_VARIABLE: str(os.getppid())})
    time.tzset()
    _belong("k")
    os.chdir(request["folder"])
    sys.path[:0] = request["modules"]
    begin()


def main() -> None:
    descriptor, folder, size, *modules = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.pop(RUN, None)  # it is only there to be written over
    Forkserver(socket.socket(fileno=int(descriptor)), Path(folder), int(size), modules or _OF_KERNELS).run()


if __name__ == "__main__":
    main()
