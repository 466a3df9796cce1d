"""The search index: a projection of the catalog kept in ``.workbench/index/``, built on tantivy.

Names are imported on first use, as for the lake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.catalog.index.entry import Entry, Filters, Found, Reason, Visible, Where

if TYPE_CHECKING:
    from workbench.catalog.index.engine import SearchIndex

__all__ = ["Entry", "Filters", "Found", "Reason", "SearchIndex", "Visible", "Where"]


def __getattr__(name: str) -> Any:
    if name != "SearchIndex":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from workbench.catalog.index.engine import SearchIndex

    return SearchIndex
