"""A load as a whole: the files of one source, each taken in one commit, by one run that tells of all of them."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import AlreadyExists, InvalidInput, StorageUnavailable, Unavailable, UnreadableFile, WorkbenchError
from workbench.core.ids import new_id
from workbench.core.names import quarantine_of
from workbench.ingest.allowed import EVERYTHING, person
from workbench.ingest.currencies import said_of_several
from workbench.ingest.gate import proposed_zone, verdict
from workbench.ingest.history import brought_together, job_name
from workbench.ingest.load import FileLoad, Outcome
from workbench.ingest.parts import Parts
from workbench.ingest.place import called, dataset_name
from workbench.ingest.possible import check_asked
from workbench.ingest.records import IngestReport, LoadOptions
from workbench.ingest.report import kept_report
from workbench.ingest.sources.filled import without_empty
from workbench.ingest.together import check_together
from workbench.ingest.watermark import since_of
from workbench.lake.arrow import arrow_schema
from workbench.quality.personal.kept import KeptFindings
from workbench.runs.context import RunContext, current_context

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.core.principals import Principal
    from workbench.engines.readers.source import Opener
    from workbench.ingest.progress import Teller
    from workbench.ingest.sources.base import Fetched, Since
    from workbench.runs.handle import RunHandle

__all__ = ["Load", "Opened"]

Opened = Callable[["Since | None", "Mapping[str, pa.DataType]"], Iterator["Fetched"]]

_LOCK_SECONDS = 3600.0  # of two that load the same dataset one waits for the other
_MOST_WARNINGS = 100


class Load:
    """One load.

    Parameters
    ----------
    parts
        The workspace's.
    options, who, teller
        What is asked, in whose name, and who is told how far it is.
    scratch
        An empty folder.
    run_id
        The run to carry it out as: one that is queued, or one that somebody else has started and will end. None: one of its own.
    """

    def __init__(self, parts: Parts, options: LoadOptions, who: Principal | str, teller: Teller, scratch: Path, run_id: str | None) -> None:
        self.parts, self.options, self.who, self.teller, self.scratch = parts, options, person(who), teller, scratch
        self._sight = EVERYTHING
        self.run_id = run_id or new_id()
        self._given = run_id is not None
        self._held = ExitStack()
        self._opener: Opener | None = None
        self._run: tuple[RunHandle, RunContext] | None = None
        self._own = False
        self._joins = False
        self._name = ""
        self._from: Since | None = None
        self._empty: list[Fetched] = []
        self._together: set[str] = set()  # what all files bring, where that decides whether the first of them is taken
        self._seen: dict[str, list[Outcome]] = {}  # what came of files, by their content

    def take(self, source: Opened, known: str | None = None) -> IngestReport:
        """Take the files of a source in, one after another.

        Parameters
        ----------
        source
            Gives its files; of a database, those rows only that are above a value, in the types of the dataset.
        known
            What a dataset of it is called, where that is known before there is a file.

        Raises
        ------
        WorkbenchError
            What is wrong with one of the files, and which. Those before it are in the dataset, and are not taken again.
        """
        with self._held, self.teller.stopping(lambda: self.parts.engine.interrupt(self.run_id)):
            self._opener = self._held.enter_context(self.parts.engine.reading(self.run_id))
            self._from = self._since(known)
            files = without_empty(source(self._from, self._there(known)), self._empty)
            first = next(files, None)
            if first is None:
                raise UnreadableFile("There are no files in it.", fix="Check the path or the pattern.")
            sheet = self.options.given.sheet if self.options.given is not None else None
            zone = self._settle(first.name or called(first.path, first.shown, first.sheet, sheet))
            if self._given:
                self._begin(first)
            outcomes: list[Outcome] = []
            rowless: list[tuple[Fetched, UnreadableFile]] = []
            for place, file in enumerate(self._joining(chain((first,), files))):
                try:
                    outcomes.append(self._one(file, outcomes, place))
                except UnreadableFile as error:
                    if "header" not in error.details:
                        raise
                    rowless.append((file, error))
            self._check_rowless(rowless, outcomes)
            report = self._report(zone, first, outcomes)
            if self._own and self._run is not None:
                self._run[0].attributes(**kept_report(report))
            return report

    def _check_rowless(self, found: list[tuple[Fetched, UnreadableFile]], outcomes: list[Outcome]) -> None:
        """Leave those files out that are but the header of what the others brought: a day on which nothing happened. A line that none of
        them begins with may be a row.

        Raises
        ------
        UnreadableFile
            There is nothing else, or it is no header of the dataset's.
        """
        if not found:
            return
        there = self.parts.lake.exists(self._name) and outcomes
        # Those that she sees: of others a file of her making would tell whether they are there.
        sight = self.parts.allowed.sight(self.who, self._name) if there else EVERYTHING
        columns = set(sight.schema(arrow_schema(self.parts.lake.table(self._name).schema())).names) if there else set()
        for file, error in found:
            if not there or not columns.issuperset(error.details["header"]):
                raise error
            self._empty.append(file)

    def _since(self, known: str | None) -> Since | None:
        """Where to read from. Nobody else may write meanwhile, or the same rows would come twice."""
        if self.options.since is None:
            return None
        if known is None:
            raise InvalidInput("Only rows of a database can be read from a value on.", fix="Leave since out, or read a connection:.")
        self._settle(known)
        seconds = self.parts.settings.query.timeout_seconds
        return since_of(self.parts.lake, self.parts.engine, self._name, self.options, run_id=self.run_id, seconds=seconds)

    def _there(self, known: str | None) -> Mapping[str, pa.DataType]:
        """The types of the dataset's columns, where it is known before there is a file."""
        if known is None:
            return {}
        _, name = dataset_name(known, self.options.name, self.options.zone)
        sight = self.parts.allowed.target(self.who, name, self.options.mode, self.options)
        if not self.parts.lake.exists(name):
            return {}
        return {field.name: field.type for field in sight.schema(arrow_schema(self.parts.lake.table(name).schema()))}

    def _settle(self, file: str) -> str:
        """The dataset, from now on ours alone to load; returns its zone."""
        zone, name = dataset_name(file, self.options.name, self.options.zone)
        if name != self._name:
            self._name = name
            self._sight = self.parts.allowed.target(self.who, name, self.options.mode, self.options)
            there = self._sight.info(self.parts.lake.info(name)).partitioning if self.parts.lake.exists(name) else None
            check_asked(self.options, name, there)
            self._lock()
        return zone

    def _lock(self) -> None:
        """Wait for who loads the same dataset, and stop waiting when told to."""
        waited = 0.0
        while True:
            self.teller.check()
            try:
                self._held.enter_context(self.parts.lake.store.lock(f"ingest:{self._name}", timeout=0.5))
                return
            except Unavailable:
                waited += 0.5
                if waited >= _LOCK_SECONDS:
                    raise
                self.teller("detect", note=f"waiting for another load of {self._name}")

    def _joining(self, files: Iterator[Fetched]) -> Iterator[Fetched]:
        """The files, where ``create`` may take them: of several into a dataset that is there, when one of them is in it already. Then it
        was made of this source, and the others complete it, whichever stands first.

        Raises
        ------
        AlreadyExists
            The dataset has nothing of it. Nothing was written.
        """
        two = list(islice(files, 2))
        rest = chain(two, files)
        if self._replaces_several(two):
            # What is there may be of files that are none of these any more: then it all gives way, though the first brings nothing new.
            every = list(rest)
            self._together = {self._load(file, self._look(place), False).what() for place, file in enumerate(every)}
            yield from every
            return
        if self.options.mode != "create" or len(two) < 2 or not self.parts.lake.exists(self._name):
            yield from rest
            return
        held: list[Fetched] = []
        for file in rest:
            held.append(file)
            with _system_errors(file):
                self._joins = self._load(file, self.scratch, False).was_taken()
            if self._joins:
                yield from held
                yield from rest
                return
        if self.options.force or not self._sight.whole:  # then nothing counts as taken
            raise self._load(held[0], self.scratch, False).in_the_way()
        raise AlreadyExists(
            f"There is a dataset {self._name} already, and none of the {len(held):,} files is in it.",
            fix="Set `mode='append'` or `mode='overwrite'`, or choose another name.",
        )

    def _replaces_several(self, some: list[Fetched]) -> bool:
        asked = self.options.mode == "overwrite" and not self.options.force and len(some) > 1
        return asked and self.parts.lake.exists(self._name) and brought_together(self.parts.lake, self._name)

    def _look(self, place: int) -> Path:
        folder = self.scratch / f"before-{place}"
        folder.mkdir()
        return folder

    def _one(self, file: Fetched, before: list[Outcome], place: int) -> Outcome:
        if self._opener is not None:
            self._opener.forget()
        if before:
            self.teller.about = f"file {place + 1}: {file.shown}"
        folder = self.scratch / f"file-{place}"
        folder.mkdir()
        try:
            with _system_errors(file):
                # Of what does not fit at all nothing was written: the next file is still the first to be.
                written = any(outcome.snapshot_id is not None or outcome.unchanged for outcome in before)
                load = self._load(file, folder, self._joins or written)
                alike = self._seen.get(load.what(), []) if before else []
                if alike and not self.options.force:
                    return load.same_as(alike[0].shown, alike[0].unchanged)
                load.copy = len(alike)
                if file.siblings is not None and not load.was_taken():
                    about = self.options, self.parts.readings, self.who, self._name, folder
                    load.kinds = check_together(file, *about, self._opener, self._sight.whole)
                outcome = load.take()
                self._seen.setdefault(load.what(), []).append(outcome)
                return outcome
        except WorkbenchError as error:
            if before:
                error.details["taken"] = len(before)
                those = "file before it is" if len(before) == 1 else f"{len(before):,} files before it are"
                error.fix = f"{error.fix or ''} The {those} taken, and will not be taken twice.".strip()
            raise

    def _load(self, file: Fetched, folder: Path, further: bool) -> FileLoad:
        return FileLoad(
            self.parts,
            file,
            self._name,
            self.options,
            self.who,
            self.teller,
            folder,
            self.run_id,
            lambda: self._begin(file),
            further,
            together=self._together,
            since=self._from,
            opener=self._opener,
        )

    def _begin(self, file: Fetched) -> tuple[RunHandle, RunContext]:
        """The run, from when there is something to do."""
        if self._run is not None:
            return self._run
        log, active = self.parts.log, current_context(self.parts.log)
        if self._given and log.get(self.run_id).status == "running":
            run = log.handle(self.run_id)  # its worker says when it began and how it ended
        else:
            self._own = True
            run = self._held.enter_context(
                log.run(
                    "ingest",
                    job_name(self._name),
                    self.who,
                    params=self._params(file),
                    parent_id=active.run_id if active else None,
                    run_id=self.run_id,
                )
            )
        self.teller.begin(run)
        context = run.context(active.notebook, active.cell) if active else run.context()
        self._run = run, context
        return self._run

    def _params(self, file: Fetched) -> dict[str, Any]:
        asked = self.options
        params: dict[str, Any] = {"source": file.shown, "sheet": file.sheet, "dataset": self._name}
        params |= {"mode": asked.mode, "force": asked.force}
        params |= {"keys": list(asked.keys)} if asked.keys else {}
        params |= {"duplicates": asked.duplicates} if asked.duplicates != "error" else {}
        return params | ({"drift": asked.drift} if asked.drift != "safe" else {})

    def _report(self, zone: str, first: Fetched, outcomes: list[Outcome]) -> IngestReport:
        several = len(outcomes) > 1
        rejected = sum(outcome.rejected for outcome in outcomes)
        brought = [outcome for outcome in outcomes if not outcome.unchanged]
        # Of files that were there already nothing came; where all were, the report tells what they had brought.
        rows = sum(outcome.rows for outcome in brought or outcomes)
        judged = [outcome for outcome in outcomes if outcome.score is not None and outcome.rows]
        score = sum((o.score or 0.0) * o.rows for o in judged) / sum(o.rows for o in judged) if judged else None
        known = tuple(dict.fromkeys(name for outcome in judged for name in outcome.judged.dimensions))
        created = any(outcome.created for outcome in outcomes)
        info = self.parts.lake.info(self._name) if self.parts.lake.exists(self._name) else None
        # As it is now: what was there before may have been made by this load.
        sight = self.parts.allowed.sight(self.who, self._name) if info is not None else EVERYTHING
        if self._run is not None:
            self._run[0].metric("rows", rows if brought else 0)
            self._run[0].metric("rejected", rejected)
        assessed = outcomes[0].judged.assessed if not several else None
        return IngestReport(
            run_id=self.run_id if self._run is not None else outcomes[0].run_id,
            dataset=self._name,
            zone=zone,
            source=first.origin if several else first.shown,
            content_hash=_together([outcome.content_hash for outcome in outcomes]),
            rows=rows,
            rejected=rejected,
            removed=sum(outcome.removed for outcome in outcomes),
            updated=sum(outcome.updated for outcome in outcomes),
            columns=tuple((name, kind) for _, name, kind, _, _ in sight.info(info).columns) if info is not None else (),
            quality=score,
            dimensions=assessed.assessment.dimensions if assessed is not None else (),
            proposed_zone=proposed_zone(self.parts.settings.quality, score, known) if created else None,
            verdict=verdict(self.parts.settings.quality, self._name, score, known, created or self.options.mode == "overwrite"),
            quarantine=quarantine_of(self._name) if rejected else None,
            differences=tuple(dict.fromkeys(difference for outcome in outcomes for difference in outcome.differences)),
            snapshot_id=next((o.snapshot_id for o in reversed(outcomes) if o.snapshot_id is not None), None),
            created=created,
            unchanged=all(outcome.unchanged for outcome in outcomes),
            warnings=_warnings(outcomes, self._empty),
            files=len(outcomes),
            personal=KeptFindings(self.parts.lake.store).proposed_by(self.run_id, info.table_uuid) if info is not None else (),
        )


def _together(hashes: list[str]) -> str:
    """Of one file its hash, of several one that says which they are."""
    return hashes[0] if len(hashes) == 1 else f"sha256:{hashlib.sha256(chr(10).join(hashes).encode()).hexdigest()}"


def _warnings(outcomes: list[Outcome], empty: list[Fetched]) -> tuple[str, ...]:
    none = [f"{file.shown} is empty: there was nothing to take." for file in empty]
    if len(outcomes) == 1:
        told = [*outcomes[0].warnings, *none]
    else:
        told = [*said_of_several([(outcome.shown, outcome.warnings) for outcome in outcomes])]
        told += [f"{outcome.shown}: {warning}" for outcome in outcomes for warning in outcome.warnings]
        told += [f"{outcome.shown} was taken before." for outcome in outcomes if outcome.unchanged] + none
    more = len(told) - _MOST_WARNINGS
    return (*told[:_MOST_WARNINGS], f"And {more:,} warnings more.") if more > 0 else tuple(told)


@contextmanager
def _system_errors(file: Fetched) -> Iterator[None]:
    """What the operating system refuses, in our words."""
    try:
        yield
    except PermissionError as error:
        raise UnreadableFile(f"{file.shown} may not be read by this user.", fix="Give yourself the right to read it.") from error
    except OSError as error:
        if not file.path.exists():
            raise UnreadableFile(
                f"{file.shown} is gone: it was moved or deleted while it was taken in. Nothing of it was written.",
                fix="Put it back, then take it in again.",
            ) from error
        if error.errno == errno.ENOSPC:
            raise StorageUnavailable(
                f"{file.shown} could not be taken in: the disk is full.", fix="Free some space on the workspace's disk, then try again."
            ) from error
        reason = os.strerror(error.errno) if error.errno else "the storage does not answer"
        raise StorageUnavailable(
            f"{file.shown} could not be taken in: {reason}.", fix="Run `workbench doctor`; it checks the storage."
        ) from error
