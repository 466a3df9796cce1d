"""Governed SQL over the lake.

Names are imported on first use: parsers and the engine take their time, and records alone need neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.query.records import Completion, Decision, Explanation

if TYPE_CHECKING:
    from workbench.query.service import QueryService
    from workbench.query.text import split_statements

__all__ = ["Completion", "Decision", "Explanation", "QueryService", "split_statements"]

_HOME = {"QueryService": "service", "split_statements": "text"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
