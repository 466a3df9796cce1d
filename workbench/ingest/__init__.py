"""Files become datasets."""

from workbench.ingest.records import IngestReport
from workbench.ingest.service import IngestService

__all__ = ["IngestReport", "IngestService"]
