"""The lake: Iceberg tables through PyIceberg: catalog, commits, read plans, maintenance.

Names are imported on first use: PyIceberg and Arrow take their time, and records alone need neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.lake.catalog import LakeCatalog
    from workbench.lake.lake import Lake
    from workbench.lake.maintenance import Maintainer
    from workbench.lake.plan import ReadPlan

__all__ = ["Lake", "LakeCatalog", "Maintainer", "ReadPlan"]

_HOME = {"Lake": "lake", "LakeCatalog": "catalog", "Maintainer": "maintenance", "ReadPlan": "plan"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
