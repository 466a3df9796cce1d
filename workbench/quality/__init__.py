"""How good the data is: profile, eight dimensions, expectations, history.

Names are imported on first use: arrays and the engine take their time, and records alone need neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.quality.records import (
    Assessment,
    Bin,
    ColumnProfile,
    Dimension,
    Expectation,
    ExpectationResult,
    Profile,
    SemanticType,
    TimePoint,
)

if TYPE_CHECKING:
    from workbench.quality.detectors import Detector

__all__ = [
    "Assessment",
    "Bin",
    "ColumnProfile",
    "Detector",
    "Dimension",
    "Expectation",
    "ExpectationResult",
    "Profile",
    "SemanticType",
    "TimePoint",
]

_HOME = {"Detector": "detectors"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
