"""The one place that builds services: settings in, each service made when it is first asked for."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import workbench
from workbench.core.config import Settings

if TYPE_CHECKING:
    from workbench.catalog import Catalog
    from workbench.engines.duckdb import DuckDBEngine
    from workbench.governance.tokens import TokenService
    from workbench.ingest import IngestService
    from workbench.jobs.service import JobService
    from workbench.lake import Lake
    from workbench.lineage import LineageService
    from workbench.pipelines.service import PipelineService
    from workbench.query import QueryService
    from workbench.runs import RunLog
    from workbench.store import BlobStore, SecretBox, Store
    from workbench.writes import Writer

__all__ = ["Services"]


class Services:
    """The services of one workspace.

    Each is an attribute that is built on first use: who lists datasets pays for no query engine, who runs SQL for no job
    queue. Safe to share between threads once built; a fork may use them, too (the store gives the child fresh connections).
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.version = workbench.__version__

    def prepare(self) -> None:
        """Make the databases, so that the first call is no slower than the second."""
        _ = self.store, self.lake

    def close(self) -> None:
        """Close connections and engine sessions; what is used again opens them again."""
        for name in ("engine", "store"):
            built = self.__dict__.get(name)
            if built is not None:
                built.close()

    @functools.cached_property
    def store(self) -> Store:
        from workbench.store import Store

        store = Store(self.settings.store_url)
        store.migrate()
        return store

    @functools.cached_property
    def secrets(self) -> SecretBox:
        from workbench.store import SecretBox

        return SecretBox(self.settings.state / "secrets")

    @functools.cached_property
    def blobs(self) -> BlobStore:
        from workbench.store import BlobStore

        return BlobStore(self.settings.state / "blobs")

    @functools.cached_property
    def tokens(self) -> TokenService:
        from workbench.governance.tokens import TokenService

        return TokenService(self.store)

    @functools.cached_property
    def log(self) -> RunLog:
        from workbench.runs import RunLog

        return RunLog(self.store)

    @functools.cached_property
    def lake(self) -> Lake:
        from workbench.lake import Lake
        from workbench.lake.storage import s3_properties

        lake, warehouse = self.settings.lake, self.settings.warehouse
        properties = s3_properties(lake) if warehouse.startswith("s3://") else None
        return Lake(self.store, warehouse, properties, target_file_mb=lake.target_file_mb)

    @functools.cached_property
    def jobs(self) -> JobService:
        from workbench.jobs.service import JobService

        return JobService(self.settings, self.store, self.log)

    @functools.cached_property
    def pipelines(self) -> PipelineService:
        from workbench.pipelines.service import PipelineService

        return PipelineService(self.settings, self.jobs, self.log)

    @functools.cached_property
    def engine(self) -> DuckDBEngine:
        from workbench.engines.duckdb import Access, DuckDBEngine

        query, lake = self.settings.query, self.settings.lake
        return DuckDBEngine(
            self.settings.state / "tmp",
            memory_mb=query.memory_limit_mb,
            threads=query.threads,
            timezone=self.settings.workspace.timezone,
            access=None,
        )
