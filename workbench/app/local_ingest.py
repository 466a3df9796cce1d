"""The verbs of ``ingest`` in this process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.app.ingesting import IngestSugar
from workbench.app.namespace import Namespace
from workbench.core.working import at_once
from workbench.ingest.records import LoadOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from workbench.app.seen_ingest import SeenIngest
    from workbench.ingest.records import (
        Corrected,
        Correction,
        IngestReport,
        IngestStatistics,
        Misfit,
        Preview,
        Progress,
        Remembered,
        Staged,
    )
    from workbench.ingest.staging import StagedFile
    from workbench.runs.records import Run

__all__ = ["IngestNamespace"]


class IngestNamespace(IngestSugar, Namespace, noun="ingest"):
    def stage(self, source: Path) -> Staged:
        """Bring a file to where the workspace is."""
        from workbench.ingest.staging import Arrived

        if not isinstance(source, Arrived):  # a file of the server's, and not one that came with a request
            self._services.allowed.check_source(self._who, "path")
        return self._services.staging.stage(source, self._who)

    def preview(self, source: str, options: LoadOptions | None = None) -> Preview:
        """What is understood of a source, before anything is written."""
        return self._services.preview.preview(source, options, self._who, self._hash_of(source))

    def start(self, source: str, options: LoadOptions | None = None) -> Run:
        """Take a source in on the durable queue."""
        from workbench.core.ids import new_id
        from workbench.ingest.job import Asked, AskedLoads, planned

        services, options = self._services, options or LoadOptions()
        services.sources.check(source, self._who)
        staged = self._staged(source)  # an upload is this person's, or there is none
        told = services.sources.absolute(source)
        job, params = planned(told, services.sources.shown(told), options, staged)
        services.allowed.target(self._who, params["dataset"], options.mode, options)
        run_id = new_id()
        asked = AskedLoads(services.settings.state)
        asked.keep(run_id, Asked(source=told, options=options, reach=services.reach.word, who=self._who))
        services.jobs.submit("ingest", job, params, self._who.name, run_id=run_id)
        return services.log.get(run_id)

    def report(self, run_id: str) -> IngestReport:
        """What a load has done."""
        if (seen := self._seen) is not None:
            return seen.report(run_id)
        from workbench.ingest.report import report_of

        return report_of(self._services.log, run_id)

    def load(self, source: str, options: LoadOptions | None = None) -> IngestReport:
        """Take a source in, and return when that is done."""
        return self._load(source, options or LoadOptions())

    def misfits(self, name: str, limit: int = 100, after: str | None = None) -> tuple[Misfit, ...]:
        """Records that did not parse on their way into a dataset, oldest first."""
        found = self._services.ingest.misfits(name, limit, after, self._who)
        if found and self._services.lake.exists(full := self._services.ingest.named(name, self._who)):
            self._has_read(full)  # what they hold was to be values of it
        return found

    def correct(self, name: str, corrections: tuple[Correction, ...], force: bool = False) -> Corrected:
        """Rows as a person has corrected them join the dataset, where its gates hold."""
        return self._services.ingest.correct(name, corrections, self._who, force)

    def discard(self, name: str, ids: tuple[str, ...]) -> Corrected:
        """Take records out of quarantine that nobody wants."""
        return self._services.ingest.discard(name, ids, self._who)

    def readings(self) -> tuple[Remembered, ...]:
        """How files of which sources are read, because a person said so."""
        return self._services.readings.list(self._who, self._writes)

    def forget(self, id: str) -> tuple[Remembered, ...]:
        """Read the source's next file as it is found again."""
        self._services.readings.forget(id, self._who, self._writes)
        return self.readings()

    def statistics(self, days: float = 30.0) -> IngestStatistics:
        """What was taken in lately."""
        if (seen := self._seen) is not None:
            return seen.statistics(days)
        from workbench.ingest.statistics import ingest_statistics

        return ingest_statistics(self._services.log, days)

    @property
    def _seen(self) -> SeenIngest | None:
        """What answers who does not see everything."""
        if self._who.is_admin:
            return None
        from workbench.app.seen_ingest import SeenIngest

        return SeenIngest(self._services.view(self._who), self._services.log, self._services.allowed)

    def _load(
        self, source: Any, options: LoadOptions, progress: Callable[[Progress], None] | None = None, stop: Callable[[], bool] | None = None
    ) -> IngestReport:
        with at_once():  # as the verbs of this noun are, of which this is none
            return self._services.ingest.ingest(source, options, self._who, progress=progress, stop=stop)

    def _preview(self, source: Any, options: LoadOptions) -> Preview:
        return self._services.preview.preview(source, options, self._who, self._hash_of(source) if isinstance(source, str) else None)

    def _check(self, source: str) -> None:
        from workbench.ingest.sources.files import check_there
        from workbench.ingest.sources.words import kind_of

        self._services.sources.check(source, self._who)
        if kind_of(source) == "path":
            check_there(source, self._services.reach)

    def _writes(self, dataset: str) -> bool:
        """Whether this person may write a dataset that is there, and sees all of it."""
        return self._services.catalog.tables.one(dataset) is not None and self._services.allowed.corrects(self._who, dataset)

    def _hash_of(self, source: str) -> str | None:
        """The content hash of an upload."""
        staged = self._staged(source)
        return staged.content_hash if staged is not None else None

    def _staged(self, source: str) -> StagedFile | None:
        """The upload that a source names; None of any other source."""
        from workbench.ingest.staging import UPLOAD

        return self._services.staging.find(source, self._who) if source.startswith(UPLOAD) else None
