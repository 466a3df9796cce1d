"""Kinds of run that a worker can carry out, and what does it.

A third party adds one by an entry point of the group ``workbench.run_kinds`` that names a function
``execute(context: JobContext) -> dict | None``.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from workbench.core import plugins
from workbench.core.errors import InvalidInput, nearest
from workbench.jobs.context import JobContext

__all__ = ["BUILT_IN", "Executor", "check", "executor", "known"]

#: Carries out one job. What it returns becomes attributes of the run; what it raises fails it. It may be called again
#: after a worker's death, so what it does outside checkpoints must bear that.
Executor = Callable[[JobContext], dict[str, Any] | None]

# By name, because these packages stand to the right of this one.
BUILT_IN = {
    "pipeline": "workbench.pipelines.executor:execute",
    "ingest": "workbench.app.ingest_job:execute",
    "debug": "workbench.app.debug_job:execute",
    "replay": "workbench.app.replay_job:execute",
    "ingest_batch": "workbench.app.ingest_job:execute_batch",
}


def known() -> tuple[str, ...]:
    """The kinds there are."""
    return tuple(sorted({*BUILT_IN, *plugins.names("workbench.run_kinds")}))


def check(kind: str) -> None:
    """Raises
    ------
    InvalidInput
        No worker could carry out that kind.
    """
    if kind in BUILT_IN or kind in known():
        return
    close = nearest(kind, known())
    raise InvalidInput(
        f"There is no kind of job {kind!r}.", fix=f"Did you mean {close!r}?" if close else f"Kinds: {', '.join(known())}.", kind=kind
    )


def executor(kind: str) -> Executor:
    """What carries out that kind.

    Raises
    ------
    MissingDependency
        It is not installed, or cannot be imported.
    """
    if kind in BUILT_IN:
        module, name = BUILT_IN[kind].split(":")
        function: Executor = getattr(import_module(module), name)
        return function
    loaded: Executor = plugins.load("workbench.run_kinds", kind)
    return loaded
