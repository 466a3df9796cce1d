"""Files become datasets.

Names are imported on first use, as for the lake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.ingest.records import IngestReport

if TYPE_CHECKING:
    from workbench.ingest.service import IngestService

__all__ = ["IngestReport", "IngestService"]


def __getattr__(name: str) -> Any:
    if name != "IngestService":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from workbench.ingest.service import IngestService

    return IngestService
