"""The service as tests speak to it."""

from __future__ import annotations

import os
from typing import Any

from workbench.ingest import IngestReport, IngestService
from workbench.ingest.records import LoadOptions

__all__ = ["Loads"]

_BESIDE = ("principal", "progress", "stop", "run_id")


class Loads:
    """Loads with what is asked of them as plain arguments; everything else is the service's own."""

    def __init__(self, service: IngestService) -> None:
        self.service = service

    def ingest(self, source: str | os.PathLike[str], name: str | None = None, **asked: Any) -> IngestReport:
        beside = {key: asked.pop(key) for key in _BESIDE if key in asked}
        return self.service.ingest(source, LoadOptions(name=name, **asked), **beside)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.service, name)
