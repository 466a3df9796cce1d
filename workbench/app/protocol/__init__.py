"""The one Protocol behind which a local and a remote workspace stand, a namespace a noun, a file a namespace.

Arguments and results are JSON types, frozen records or Arrow data. What a person calls (``ws.sql(...).polars()``,
``ws.dataset("silver.flights").read()``) is sugar over these verbs, written once in :mod:`workbench.app.workspace`.
"""

from __future__ import annotations

from workbench.app.protocol.catalog import CatalogVerbs
from workbench.app.protocol.compliance import ComplianceVerbs
from workbench.app.protocol.datasets import DatasetVerbs
from workbench.app.protocol.ingest import IngestVerbs
from workbench.app.protocol.jobs import JobVerbs
from workbench.app.protocol.limits import Duplicates, FileMode, WriteMode
from workbench.app.protocol.lineage import LineageVerbs
from workbench.app.protocol.notifications import NotificationVerbs
from workbench.app.protocol.pipelines import PipelineVerbs
from workbench.app.protocol.quality import QualityVerbs
from workbench.app.protocol.query import QueryVerbs
from workbench.app.protocol.recipes import RecipeVerbs
from workbench.app.protocol.runs import RunVerbs
from workbench.app.protocol.schedules import ScheduleVerbs
from workbench.app.protocol.sources import SourceVerbs
from workbench.app.protocol.system import SystemVerbs
from workbench.app.protocol.users import UserVerbs

__all__ = [
    "NAMESPACES",
    "CatalogVerbs",
    "ComplianceVerbs",
    "DatasetVerbs",
    "Duplicates",
    "FileMode",
    "IngestVerbs",
    "JobVerbs",
    "LineageVerbs",
    "NotificationVerbs",
    "PipelineVerbs",
    "QualityVerbs",
    "QueryVerbs",
    "RecipeVerbs",
    "RunVerbs",
    "ScheduleVerbs",
    "SourceVerbs",
    "SystemVerbs",
    "UserVerbs",
    "WriteMode",
]

NAMESPACES: dict[str, type] = {
    "catalog": CatalogVerbs,
    "datasets": DatasetVerbs,
    "query": QueryVerbs,
    "ingest": IngestVerbs,
    "runs": RunVerbs,
    "jobs": JobVerbs,
    "lineage": LineageVerbs,
    "pipelines": PipelineVerbs,
    "schedules": ScheduleVerbs,
    "notifications": NotificationVerbs,
    "quality": QualityVerbs,
    "recipes": RecipeVerbs,
    "sources": SourceVerbs,
    "compliance": ComplianceVerbs,
    "users": UserVerbs,
    "system": SystemVerbs,
}
