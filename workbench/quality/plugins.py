"""Detectors that others have installed: entry points ``workbench.detectors``."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

from workbench.core.telemetry import get_logger

__all__ = ["installed"]

_log = get_logger("quality")
T = TypeVar("T")


def installed(kind: type[T]) -> tuple[T, ...]:
    """Those of one kind: of semantic types (:class:`workbench.quality.Detector`), or of personal data
    (:class:`workbench.quality.personal.PersonalDetector`)."""
    return tuple(one for one in _all() if isinstance(one, kind))


@lru_cache(maxsize=1)
def _all() -> tuple[Any, ...]:
    from workbench.core.errors import MissingDependency
    from workbench.core.plugins import load, names
    from workbench.quality.detectors import Detector
    from workbench.quality.personal.base import PersonalDetector

    found = []
    for name in names("workbench.detectors"):
        try:
            plugin = load("workbench.detectors", name)
        except MissingDependency as error:
            _log.warning("%s", error)
            continue
        if isinstance(plugin, Detector | PersonalDetector):
            found.append(plugin)
        else:
            _log.warning("the detector %s is no workbench.quality.Detector, and no PersonalDetector", name)
    return tuple(found)
