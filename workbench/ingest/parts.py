"""What a load needs of the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.core.config import Settings
    from workbench.engines.duckdb import Engine
    from workbench.ingest.allowed import Allowed
    from workbench.ingest.remember import Readings
    from workbench.lake import Lake
    from workbench.quality.service import QualityService
    from workbench.runs.log import RunLog
    from workbench.store import BlobStore
    from workbench.writes import Writer

__all__ = ["Parts"]


@dataclass(frozen=True)
class Parts:
    """What a load needs of the workspace."""

    lake: Lake
    writer: Writer
    log: RunLog
    blobs: BlobStore
    engine: Engine
    quality: QualityService
    readings: Readings
    allowed: Allowed
    settings: Settings
