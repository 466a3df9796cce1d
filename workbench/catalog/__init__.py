"""Datasets as people look for them: list, search, describe, and names turned into references.

Names are imported on first use, as for the lake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.catalog.records import Column, Dataset, DatasetSummary, SearchHit, TableData

if TYPE_CHECKING:
    from workbench.catalog.service import CatalogService

__all__ = ["CatalogService", "Column", "Dataset", "DatasetSummary", "SearchHit", "TableData"]


def __getattr__(name: str) -> Any:
    if name != "CatalogService":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from workbench.catalog.service import CatalogService

    return CatalogService
