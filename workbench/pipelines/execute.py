"""One notebook, executed in a process of its own: ``python -m workbench.pipelines.execute < spec.json``.

A process of its own, because a working folder, an environment and a kernel's end belong to one step and to no other.
It dies with the worker, and the kernel dies with it (``PR_SET_PDEATHSIG``). What happens is told on standard output, one
JSON object a line: ``{"kernel": pid}``, ``{"cell": 2, "cells": 7}`` and last ``{"end": {...}}``, see :class:`End`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from workbench.jobs.processes import die_first, die_with_parent, stamp

if TYPE_CHECKING:
    from workbench.pipelines.forkserver import Waiting

__all__ = ["NOT_STARTED", "UNREADABLE", "End", "Spec", "main"]

#: An :class:`End`'s name when the kernel was gone before the first cell.
NOT_STARTED = "KernelNotStarted"
#: An :class:`End`'s name when the file is no notebook.
UNREADABLE = "NotANotebook"
_STARTS = 3


class Spec(TypedDict):
    """What to execute. ``folder`` is the kernel's working folder, ``modules`` where it imports helper modules from,
    ``parent_variable`` the name under which it is told who started it."""

    notebook: str
    output: str
    folder: str
    modules: list[str]
    parameters: dict[str, Any]
    kernels: list[str]
    connection_file: str
    save_seconds: float
    parent_variable: str


class End(TypedDict, total=False):
    """How it ended. ``cell`` is the number shown beside the cell in the executed notebook, ``name`` and ``value`` are the
    exception's; ``kernel_died`` is set where there was none. ``process_died`` the worker sets, when nothing was told, and ``timed_out``,
    when it took longer than it may. Of SQL ``name`` is the error's code, ``place`` says where in the file it was and ``fix`` what to do."""

    ok: bool
    cell: int
    name: str
    value: str
    kernel_died: bool
    process_died: bool
    timed_out: bool
    place: str
    fix: str | None


class Reporter:
    """Tells the worker. Takes standard output for itself, so that nothing a kernel prints gets between."""

    def __init__(self) -> None:
        self._stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def __call__(self, **message: Any) -> None:
        self._stream.write(json.dumps(message) + "\n")
        self._stream.flush()


def pick_kernel(wanted: list[str]) -> str:
    """The first of the wanted kernels that is installed; the last is the fall-back."""
    from jupyter_client.kernelspec import KernelSpecManager

    installed = KernelSpecManager().find_kernel_specs()
    return next((name for name in wanted if name in installed), wanted[-1])


async def run(spec: Spec, report: Reporter, waiting: Waiting | None = None) -> End:
    """Execute the notebook, in the kernel that waits, if there is one. A kernel that dies before its first cell has done nothing yet:
    another one is started."""
    for attempt in range(_STARTS):
        end = await _once(spec, report, f"{spec['connection_file']}{attempt}", None if attempt else waiting)
        if end.get("name") != NOT_STARTED:
            break
    return end


async def _once(spec: Spec, report: Reporter, connection_file: str, waiting: Waiting | None) -> End:
    """Get the kernel, and while it starts import and prepare the rest; then the cells, one after another."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (*spec["modules"], os.environ.get("PYTHONPATH"))))}
    folder = spec["folder"] if Path(spec["folder"]).is_dir() else spec["modules"][0]
    if waiting is None:
        manager = await _started(spec, connection_file, environment, folder)
    else:
        from workbench.pipelines.adopted import adopt, told

        manager = await adopt(waiting, environment, folder, spec["modules"])
        if manager is None:
            return {"ok": False, "name": NOT_STARTED, "value": "the kernel that waited for it has ended"}
    report(kernel=getattr(manager.provisioner, "pid", None))

    from workbench.pipelines.notebook import Execution

    try:
        try:
            execution = Execution(spec, manager, report)
        except Exception as error:  # whatever is no notebook
            if waiting is None:
                await manager.shutdown_kernel(now=True)
            from workbench.pipelines.readable import unfit_notebook

            path = Path(spec["notebook"])
            said = f"{type(error).__name__}: {error}".splitlines()[0]
            why, fix = unfit_notebook(path) or (f"is not a notebook: {said}", "Open it in JupyterLab, and save it.")
            return {"ok": False, "name": UNREADABLE, "value": f"{path.name} {why}", "fix": fix}
        return await execution.run()
    finally:
        if waiting is not None:
            told(waiting)


async def _started(spec: Spec, connection_file: str, environment: dict[str, str], folder: str) -> Any:
    from jupyter_client.manager import AsyncKernelManager

    # By its parent the kernel is told apart from processes that it starts, see `runs.context.step_key`.
    environment = {**environment, spec["parent_variable"]: str(os.getpid())}
    name = pick_kernel(spec["kernels"])
    manager = AsyncKernelManager(
        kernel_name=name,
        transport="ipc",  # no port that another kernel could take in between
        connection_file=connection_file,
    )
    # Modules come from the pinned copy, not from the folder that may have been edited since.
    arguments = ["--InteractiveShellApp.ignore_cwd=True"] if name in ("python3", "lake-python") else []
    await manager.start_kernel(cwd=folder, env=environment, preexec_fn=die_with_parent, extra_arguments=arguments)
    return manager


def main(waiting: Waiting | None = None) -> None:
    """Carry out what standard input says."""
    die_with_parent()
    stamp()
    die_first()
    report = Reporter()
    spec: Spec = json.load(sys.stdin)
    started = time.monotonic()
    end = asyncio.run(run(spec, report, waiting))
    report(end=end, seconds=time.monotonic() - started)


if __name__ == "__main__":
    main()
