"""Where data came from and where it went, read off the run log.

Names are imported on first use: the service needs SQLAlchemy, the records do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.lineage.records import ColumnEdge, Direction, LineageEdge, LineageGraph, LineageNode

if TYPE_CHECKING:
    from workbench.lineage.service import LineageService

__all__ = ["ColumnEdge", "Direction", "LineageEdge", "LineageGraph", "LineageNode", "LineageService"]


def __getattr__(name: str) -> Any:
    if name != "LineageService":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from workbench.lineage.service import LineageService

    return LineageService
