"""From any source to a dataset: looked at, corrected, taken in, and what did not parse."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Protocol

from pydantic import Field

from workbench.app.protocol.limits import Count, Days
from workbench.app.verbs import verb
from workbench.ingest.records import (
    Corrected,
    Correction,
    IngestReport,
    IngestStatistics,
    LoadOptions,
    Misfit,
    Preview,
    Remembered,
    Staged,
)
from workbench.runs.records import Run

__all__ = ["IngestVerbs"]

#: A path, a folder, a pattern, an address, ``upload:ID/name`` or ``connection:NAME/table``.
Source = Annotated[str, Field(min_length=1, max_length=4_096)]
Corrections = Annotated[tuple[Correction, ...], Field(max_length=10_000)]
Ids = Annotated[tuple[str, ...], Field(max_length=10_000)]


class IngestVerbs(Protocol):
    @verb("POST", "/ingest/uploads", transport="upload")
    def stage(self, source: Path) -> Staged:
        """Bring a file to where the workspace is; what it is then called can be looked at and taken in, for a day, by who brought it."""

    @verb("POST", "/ingest/preview", safe=True)
    def preview(self, source: Source, options: LoadOptions | None = None) -> Preview:
        """What is understood of a source, before anything is written: its columns, its first rows, what would not parse."""

    @verb("POST", "/ingest/runs")
    def start(self, source: Source, options: LoadOptions | None = None) -> Run:
        """Take a source in on the durable queue; its events say how far it is, ``runs.cancel`` stops it."""

    @verb("GET", "/ingest/runs/{run_id}")
    def report(self, run_id: str) -> IngestReport:
        """What a load has done."""

    @verb("POST", "/ingest/load")
    def load(self, source: Source, options: LoadOptions | None = None) -> IngestReport:
        """Take a source in, and return when that is done."""

    @verb("GET", "/ingest/quarantine/{name}")
    def misfits(self, name: str, limit: Count = 100, after: str | None = None) -> tuple[Misfit, ...]:
        """Records that did not parse on their way into a dataset, oldest first; ``after`` is the last one's id."""

    @verb("POST", "/ingest/quarantine/{name}")
    def correct(self, name: str, corrections: Corrections, force: bool = False) -> Corrected:
        """Rows as a person has corrected them join the dataset; what still does not fit stays. ``force``: an administrator's go past a
        gate, too."""

    @verb("POST", "/ingest/quarantine/{name}/discard")
    def discard(self, name: str, ids: Ids) -> Corrected:
        """Take records out of quarantine that nobody wants."""

    @verb("GET", "/ingest/readings")
    def readings(self) -> tuple[Remembered, ...]:
        """How files of which sources are read, because a person said so: you, or others for datasets that you may write."""

    @verb("DELETE", "/ingest/readings/{id}")
    def forget(self, id: str) -> tuple[Remembered, ...]:
        """Read the source's next file as it is found again; returns the readings left."""

    @verb("GET", "/ingest/statistics")
    def statistics(self, days: Days = 30.0) -> IngestStatistics:
        """What was taken in lately: how much, into what, and what failed."""
