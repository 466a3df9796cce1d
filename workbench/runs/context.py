"""Which run a read or write belongs to: said by the environment of a kernel or step, or for a block of code.

The cell is one for the process (a kernel runs one cell at a time), so that threads a cell starts belong to it too.

A durable step (``WORKBENCH_FENCE`` in its environment) may be executed again after a crash. Then :func:`current_fence` keeps
an attempt that was given up from committing, and :func:`step_key` gives its writes keys that are the same in every attempt,
so that each is made once.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from workbench.runs.log import RunLog

__all__ = [
    "ANEW_VARIABLE",
    "FENCE_VARIABLE",
    "NOTEBOOK_VARIABLE",
    "RUN_VARIABLE",
    "STEP_PARENT_VARIABLE",
    "DataFlow",
    "RunContext",
    "current_cell",
    "current_context",
    "current_fence",
    "current_flow",
    "current_notebook",
    "provide_context",
    "provide_flow",
    "set_cell",
    "set_statement",
    "step_key",
    "use_context",
    "use_fence",
]

RUN_VARIABLE = "WORKBENCH_RUN_ID"
NOTEBOOK_VARIABLE = "WORKBENCH_NOTEBOOK"
#: ``<run id>:<epoch>`` of the attempt at a durable step.
FENCE_VARIABLE = "WORKBENCH_FENCE"
#: The process that started the step's kernel.
STEP_PARENT_VARIABLE = "WORKBENCH_STEP_PARENT"
#: Of a repaired step as JSON: the repair from which on a cell (or a SQL step's statement, by its number) makes its writes anew; of all
#: others what stands under ``""``.
ANEW_VARIABLE = "WORKBENCH_WRITES_ANEW"


@dataclass(frozen=True)
class RunContext:
    """The run in whose name something is read or written, with the notebook and cell that did it, where known."""

    run_id: str
    notebook: str | None = None
    cell: str | None = None


_context: ContextVar[RunContext | None] = ContextVar("workbench_run_context", default=None)
_cell: str | None = None
_provider: Callable[[RunLog], RunContext | None] | None = None


def current_context(log: RunLog | None = None) -> RunContext | None:
    """The context of :func:`use_context`, else the one that the environment tells, else what the kernel provides for ``log``, else None.

    >>> with use_context(RunContext("0190", notebook="clean.ipynb", cell="a1")):
    ...     current_context()
    RunContext(run_id='0190', notebook='clean.ipynb', cell='a1')
    """
    given = _context.get()
    if given is not None:
        return given
    run_id = os.environ.get(RUN_VARIABLE)
    if run_id:
        return RunContext(run_id, current_notebook(), current_cell())
    return _provider(log) if _provider is not None and log is not None else None


def provide_context(provider: Callable[[RunLog], RunContext | None] | None) -> None:
    """Let an interactive kernel open its run at the first read or write: ``provider`` is asked with the log that it goes to."""
    global _provider
    _provider = provider


class DataFlow(Protocol):
    """Knows, in a kernel, which cells' reads have a part in what the current one writes."""

    def read(self, run_id: str, dataset_id: str) -> None:
        """The run has read this, here and now."""

    def unrelated(self, run_id: str) -> frozenset[str]:
        """Of what the run has read, that which has no part in a write here and now."""


_flow: DataFlow | None = None


def provide_flow(flow: DataFlow | None) -> None:
    """Let a kernel say what its writes were made from; without one it is all that was read before."""
    global _flow
    _flow = flow


def current_flow() -> DataFlow | None:
    """What :func:`provide_flow` was given."""
    return _flow


def current_notebook() -> str | None:
    """The notebook of this kernel, relative to the workspace, also where no run is going on."""
    return os.environ.get(NOTEBOOK_VARIABLE) or None


def current_cell() -> str | None:
    """The id of the cell that is being executed, where the kernel has said so, or can be asked."""
    return _cell or _requested_cell()


def _requested_cell() -> str | None:
    """In a plain IPython kernel: what the request that it is busy with says."""
    module = sys.modules.get("ipykernel.kernelapp")
    if module is None or not module.IPKernelApp.initialized():
        return None
    kernel = module.IPKernelApp.instance().kernel
    cell = (kernel.get_parent("shell") or {}).get("metadata", {}).get("cellId") if kernel is not None else None
    return str(cell) if cell else None


def set_cell(cell_id: str | None) -> None:
    """Say which cell is being executed; kernels call it before each one."""
    global _cell
    _cell = cell_id


@contextmanager
def use_context(context: RunContext | None) -> Iterator[None]:
    """Make ``context`` the current one for the block (also for its asyncio tasks; None: whatever was outside)."""
    if context is None:
        yield
        return
    token = _context.set(context)
    try:
        yield
    finally:
        _context.reset(token)


_fence: ContextVar[tuple[str, int] | None] = ContextVar("workbench_fence", default=None)


@contextmanager
def use_fence(name: str, epoch: int) -> Iterator[None]:
    """Check the block's commits against a fence: those of an attempt at a job that a worker carries out itself."""
    token = _fence.set((name, epoch))
    try:
        yield
    finally:
        _fence.reset(token)


def current_fence() -> tuple[str, int] | None:
    """Name and epoch of the fence that commits here are checked against: that of :func:`use_fence`, else that of this process; None
    outside a durable step or job."""
    if (given := _fence.get()) is not None:
        return given
    name, _, epoch = os.environ.get(FENCE_VARIABLE, "").rpartition(":")
    return (name, int(epoch)) if name and epoch.isdigit() else None


_made: defaultdict[str, int] = defaultdict(int)
_turns: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)


@contextmanager
def step_key(target: str) -> Iterator[str | None]:
    """The key for the block's write to ``target``: the run's id and how many writes to it this step has made before.

    None outside a durable step, and in processes that its kernel started: they count on their own, so that two of them would
    get the same key and one write would be taken for a repetition. A block that raises is not counted. Blocks of several
    threads for the same target wait for each other. What a repair has written anew has keys of its own.
    """
    run_id = os.environ.get(RUN_VARIABLE)
    if current_fence() is None or not run_id or os.environ.get(STEP_PARENT_VARIABLE) != str(os.getppid()):
        yield None
        return
    since = _anew()
    with _turns[target]:
        yield f"{run_id}{f'.{since}' if since else ''}/{target}/{_made[target] + 1}"
        _made[target] += 1


_statement: str | None = None


def set_statement(number: int) -> None:
    """Say which statement of a step of SQL is being executed, from 1."""
    global _statement
    _statement = str(number)


def _anew() -> int:
    """The repair of the step that has what is being executed write anew; 0 where every attempt's writes are the same ones."""
    said: dict[str, int] = json.loads(os.environ.get(ANEW_VARIABLE) or "{}")
    return said.get(_statement or current_cell() or "", said.get("", 0))
