"""Durable execution: jobs, the worker that runs them, and the supervisor that keeps the processes alive.

Names are imported on first use: a step's process needs none of them and starts sooner without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.jobs.paths import socket_path
    from workbench.jobs.service import JobService
    from workbench.jobs.supervisor import down, state, up

__all__ = ["JobService", "down", "socket_path", "state", "up"]

_HOME = {"JobService": "service", "socket_path": "paths", "down": "supervisor", "state": "supervisor", "up": "supervisor"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
