"""The run log: what was done, by whom, from which data to which; and what is read off it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.runs.context import RunContext, current_context, set_cell, use_context
from workbench.runs.records import TERMINAL, DatasetIO, Run, RunError, RunEvent, RunStatus

if TYPE_CHECKING:
    from workbench.runs.handle import RunHandle
    from workbench.runs.log import RunLog
    from workbench.runs.projection import Projection

__all__ = [
    "TERMINAL",
    "DatasetIO",
    "Projection",
    "Run",
    "RunContext",
    "RunError",
    "RunEvent",
    "RunHandle",
    "RunLog",
    "RunStatus",
    "current_context",
    "set_cell",
    "use_context",
]

_HOME = {"Projection": "workbench.runs.projection", "RunHandle": "workbench.runs.handle", "RunLog": "workbench.runs.log"}


def __getattr__(name: str) -> Any:
    # These need SQLAlchemy; the records and the context do not.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
