"""Which run a read or write belongs to: said by the environment of a kernel or step, or for a block of code.

The cell is one for the process (a kernel runs one cell at a time), so that threads a cell starts belong to it too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

__all__ = [
    "NOTEBOOK_VARIABLE",
    "RUN_VARIABLE",
    "RunContext",
    "current_cell",
    "current_context",
    "current_notebook",
    "set_cell",
    "use_context",
]

RUN_VARIABLE = "WORKBENCH_RUN_ID"
NOTEBOOK_VARIABLE = "WORKBENCH_NOTEBOOK"


@dataclass(frozen=True)
class RunContext:
    """The run in whose name something is read or written, with the notebook and cell that did it, where known."""

    run_id: str
    notebook: str | None = None
    cell: str | None = None


_context: ContextVar[RunContext | None] = ContextVar("workbench_run_context", default=None)
_cell: str | None = None


def current_context() -> RunContext | None:
    """The context of :func:`use_context`, else the one that the environment tells, else None.

    >>> with use_context(RunContext("0190", notebook="clean.ipynb", cell="a1")):
    ...     current_context()
    RunContext(run_id='0190', notebook='clean.ipynb', cell='a1')
    """
    given = _context.get()
    if given is not None:
        return given
    run_id = os.environ.get(RUN_VARIABLE)
    return RunContext(run_id, current_notebook(), _cell) if run_id else None


def current_notebook() -> str | None:
    """The notebook of this kernel, relative to the workspace, also where no run is going on."""
    return os.environ.get(NOTEBOOK_VARIABLE) or None


def current_cell() -> str | None:
    """The id of the cell that is being executed, where the kernel has said so."""
    return _cell


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
