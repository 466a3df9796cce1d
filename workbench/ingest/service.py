"""Sources become datasets; what does not parse waits in quarantine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import StorageUnavailable
from workbench.core.leftovers import own_folder, remove_leftovers
from workbench.core.names import split_name
from workbench.core.principals import Principal
from workbench.governance.seen import OwnRuns
from workbench.ingest.allowed import person
from workbench.ingest.correct import Correcting
from workbench.ingest.parts import Parts
from workbench.ingest.progress import Teller
from workbench.ingest.quarantine import Quarantine, with_replaced
from workbench.ingest.records import Corrected, Correction, IngestReport, LoadOptions, Misfit, Progress
from workbench.ingest.report import report_of
from workbench.ingest.several import Load
from workbench.ingest.sources.words import dataset_of
from workbench.store.filesystem import make_private

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.catalog import CatalogService
    from workbench.ingest.sources.base import Fetched, Since
    from workbench.ingest.sources.resolve import Sources

__all__ = ["IngestService"]

_SCRATCH = "ingest"


class IngestService:
    """Takes sources in: each file looked at in full, kept as it came under the hash of its content, written in one commit together with
    what of it did not parse.

    Parameters
    ----------
    sources
        Opens what a person names.
    parts
        Where the rows go, what looks at them, and where the run is recorded.
    catalog
        Knows datasets by the names that people write.
    """

    def __init__(self, sources: Sources, parts: Parts, catalog: CatalogService) -> None:
        self.sources, self.parts, self.catalog = sources, parts, catalog

    def ingest(
        self,
        source: str | os.PathLike[str] | Any,
        options: LoadOptions | None = None,
        principal: Principal | str | None = None,
        *,
        progress: Callable[[Progress], None] | None = None,
        stop: Callable[[], bool] | None = None,
        run_id: str | None = None,
    ) -> IngestReport:
        """Take a source into a dataset, each file of it in one commit: all of its rows, or none.

        Parameters
        ----------
        source
            As :meth:`workbench.ingest.sources.resolve.Sources.open` takes it.
        progress
            Told each step, and how far it is. Longer loads tell it in their run's events, too.
        stop
            Whether to stop; looked at several times a second. Nothing of the file that is being taken is then written.
        run_id
            The run to carry it out as: a queued one, or one that a worker has started. Done again under the same id, it completes what
            was interrupted and doubles nothing.

        Raises
        ------
        UnreadableFile
            There is no such file, or it cannot be read (with the line).
        InvalidInput, InvalidName
            What is asked is not possible, or columns do not fit the dataset's (``details`` have the differences).
        AlreadyExists
            ``create``, and the dataset is there with other content.
        HeldBack
            The rows are not as good as the dataset asks for.
        CommitConflict
            ``overwrite``, and somebody else wrote meanwhile.
        Cancelled
            It was stopped.
        """
        asked, who = options or LoadOptions(), person(principal)
        self.sources.check(source, who)
        teller = Teller(progress, stop)
        with self._scratch() as scratch:
            fetched = scratch / "source"
            fetched.mkdir()

            def opened(since: Since | None, there: Mapping[str, pa.DataType]) -> Iterator[Fetched]:
                return iter(self.sources.open(source, fetched, teller.note, check=teller.check, who=who, since=since, there=there))

            return Load(self.parts, asked, who, teller, scratch, run_id).take(opened, dataset_of(source))

    def report(self, run_id: str) -> IngestReport:
        """What a load has done.

        Raises
        ------
        RunNotFound, NotFound
            There is no such run, it is no load, or it has not succeeded.
        """
        return report_of(self.parts.log, run_id)

    def misfits(
        self, name: str, limit: int = 100, after: str | None = None, principal: Principal | str | None = None
    ) -> tuple[Misfit, ...]:
        """Records that did not parse on their way into a dataset, oldest first; ``after`` is the id of the last one known. All of them to
        who may write to the dataset and sees all of it; to others those of files that they have loaded themselves (a step's are not theirs
        who have only started the pipeline).

        Raises
        ------
        DatasetNotFound, InvalidName
            There is no such dataset, and nothing of it in quarantine.
        """
        who = person(principal)
        full = self.named(name, who)
        quarantine = Quarantine(self.parts.lake, self.parts.engine, full)
        every, view = self.parts.allowed.corrects(who, full), self.parts.allowed.visible(who)
        runs = None if every or view is None else OwnRuns(view.me, view.rights, self.parts.log).among(quarantine.runs())
        found = quarantine.misfits(limit, after, runs) if runs is None or runs else ()
        found = with_replaced(self.parts.lake, full, found) if every else found
        if not found or not every or not self.parts.lake.exists(full):
            return found
        with self._scratch() as scratch:
            return Correcting(self.parts, full, scratch, who).told(found)

    def correct(
        self, name: str, corrections: Sequence[Correction], principal: Principal | str | None = None, force: bool = False
    ) -> Corrected:
        """Rows as a person has corrected them, read as the file's were: those that fit the dataset join it, and leave quarantine in the
        same commit. The others are given back with the reason. With ``force`` an administrator lets them past a gate.

        Raises
        ------
        DatasetNotFound, InvalidName
            There is no such dataset.
        Forbidden
            The principal may not write to it, or does not see all of it.
        NotFound
            A record is not in quarantine (any more). Nothing was changed.
        HeldBack
            They fit, and are not as good as the dataset asks for. Nothing was changed.
        """
        who = person(principal)
        full = self.catalog.resolve(name, self._seen_by(who)).name
        self.parts.allowed.check_corrects(who, full)
        with self._scratch() as scratch:
            return Correcting(self.parts, full, scratch, who).correct(corrections, force)

    def discard(self, name: str, ids: Sequence[str], principal: Principal | str | None = None) -> Corrected:
        """Take records out of quarantine that nobody wants. The quarantine's history keeps them: its snapshot before can be restored.

        Raises
        ------
        DatasetNotFound, InvalidName, NotFound
            There is no such dataset, or a record is not in quarantine (any more). Nothing was changed.
        Forbidden
            The principal may not write to it, or does not see all of it.
        """
        who = person(principal)
        full = self.named(name, who)
        self.parts.allowed.check_corrects(who, full)
        with self._scratch() as scratch:
            return Correcting(self.parts, full, scratch, who).discard(ids)

    # ---------------------------------------------------------------------------------------------------------- inside

    def _seen_by(self, who: Principal) -> Callable[[Iterable[str]], tuple[str, ...]] | None:
        view = self.parts.allowed.visible(who)
        return None if view is None else view.names

    def named(self, name: str, who: Principal) -> str:
        """The dataset's full name; also of one that is not there, where all of its records are in quarantine and she may write there."""
        if name.count(".") == 1 and self.parts.allowed.writes(who, name):
            split_name(name)
            if self.parts.lake.exists(Quarantine(self.parts.lake, self.parts.engine, name).table):
                return name
        return self.catalog.resolve(name, self._seen_by(who)).name

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        """A folder for temporary files. What a killed load left, the next one removes."""
        try:
            where = make_private(self.parts.settings.state / "tmp")
            remove_leftovers(where, _SCRATCH)
            folder = own_folder(where, _SCRATCH)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else "the system refused"
            raise StorageUnavailable(f"No scratch folder can be made: {reason}.", fix="Check the disk and who owns it.") from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
