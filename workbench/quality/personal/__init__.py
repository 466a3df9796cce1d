"""Personal data found in columns: detectors vote over distinct values, a column's name speaks for or against, a person confirms.

Names are imported on first use: the records are light, the detectors are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.quality.personal.records import Found

if TYPE_CHECKING:
    from workbench.quality.personal.base import PersonalDetector, Votes

__all__ = ["Found", "PersonalDetector", "Votes"]


def __getattr__(name: str) -> Any:
    if name not in ("PersonalDetector", "Votes"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from workbench.quality.personal import base

    return getattr(base, name)
