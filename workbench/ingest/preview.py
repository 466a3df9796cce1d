"""A source looked at before anything is written: what is understood of it, what would not parse, where it would go."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.catalog.encode import table_data
from workbench.core.config import Settings
from workbench.core.errors import UnreadableFile
from workbench.core.ids import new_id
from workbench.core.leftovers import own_folder, remove_leftovers
from workbench.core.principals import Principal
from workbench.engines.types import arrow_type
from workbench.ingest.agree import Agreed, agreed
from workbench.ingest.allowed import NOTHING, Allowed, Sight, person
from workbench.ingest.currencies import said_of_currencies
from workbench.ingest.drift import nothing_shared
from workbench.ingest.history import Content, job_name, taken_before
from workbench.ingest.keyless import keys_wanted
from workbench.ingest.look import LOOK_BYTES, Looked, check_said, constants_of, look, request_of, seen_columns
from workbench.ingest.place import called, dataset_name, part_of
from workbench.ingest.possible import check_asked, check_possible, no_keys
from workbench.ingest.propose import propose_keys
from workbench.ingest.records import AsShown, LoadOptions, Misfit, Preview
from workbench.ingest.resemble import differences, resembling, types_of
from workbench.ingest.sources.base import Since
from workbench.ingest.sources.filled import without_empty
from workbench.ingest.sources.words import dataset_of, kind_of
from workbench.ingest.together import check_together
from workbench.ingest.watermark import check_since, in_words_of, since_of
from workbench.lake.propose import PartitionProposal, propose_from_first
from workbench.store.filesystem import make_private

if TYPE_CHECKING:
    from workbench.catalog.service import CatalogService
    from workbench.engines.duckdb import Engine
    from workbench.engines.readers.source import Opener
    from workbench.ingest.remember import Readings
    from workbench.ingest.sources.base import Fetched
    from workbench.ingest.sources.resolve import Sources
    from workbench.lake.lake import Lake
    from workbench.lake.records import TableInfo
    from workbench.runs.log import RunLog

__all__ = ["PreviewService"]

_SCRATCH = "preview"
_SAMPLE, _MISFITS = 50, 50
_HASHED_BYTES = 64 << 20
_LOOK_ROWS = 10_000  # of a database
_LOOK_SECONDS = 60.0
_READING_SECONDS = 300.0  # that one answer of who reads a file may take
_TRIED = 30  # files, until one has rows: the days of a month
_COUNTING_SECONDS = 0.3
_TEXT_TO_FILES = 5
_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"PK\x03\x04")


@dataclass(frozen=True)
class _Into:
    """Where a source would go: who asks what, into which dataset, and what she sees of it (``info`` None: none that she knows is there)."""

    who: Principal
    options: LoadOptions
    zone: str
    name: str
    info: TableInfo | None
    sight: Sight
    refused: str


@dataclass(frozen=True)
class _Look:
    """One source that is being looked at: its first file, how many there are and their bytes, where it would go, what was seen."""

    file: Fetched
    files: int
    bytes: int
    into: _Into
    content_hash: str | None
    found: Looked
    how: Agreed
    since: Since | None


class PreviewService:
    """Looks at sources.

    Parameters
    ----------
    sources, readings
        Where files come from, and what is remembered of how they are read.
    catalog, lake, log
        What is there already, and what was taken before; the lake is asked for only where a dataset is there.
    allowed
        What who looks may be told of what is there.
    engine
        Finds the greatest value that a dataset has.
    settings
        The workspace's.
    """

    def __init__(
        self,
        sources: Sources,
        readings: Readings,
        catalog: CatalogService,
        lake: Callable[[], Lake],
        log: RunLog,
        allowed: Allowed,
        engine: Callable[[], Engine],
        settings: Settings,
    ) -> None:
        self.sources, self.readings, self.catalog, self.allowed = sources, readings, catalog, allowed
        self.lake, self.log, self.engine, self.settings = lake, log, engine, settings

    def preview(
        self, source: str | Path, options: LoadOptions | None = None, who: Principal | str | None = None, content_hash: str | None = None
    ) -> Preview:
        """What is understood of a source, of a bounded part of its first file. Nothing is written, and no run is recorded.

        ``who`` looks: it names no dataset that she does not see, and where she may not write says so. ``content_hash`` is the file's where
        it is known already (else only small files are hashed).

        Raises
        ------
        UnreadableFile, InvalidInput, Forbidden, NotFound, Unavailable
            The source cannot be read, or not as was asked; it says what there is (columns, types, sheets). What a load would refuse of its
        options is refused here in the same words; only the keys of an upsert may still be named.
        """
        options, who = options or LoadOptions(), person(who)
        with self._scratch() as scratch, self.engine().reading(new_id(), _READING_SECONDS) as opener:
            since, types = self._since(source, options, who), self._there(source, options, who)
            files = without_empty(iter(self.sources.open(source, scratch, who=who, since=since, rows=_LOOK_ROWS, there=types)), [])
            first = next(files, None)
            if first is None:
                raise UnreadableFile("There is nothing to take in there.", fix="Name a file, or a folder that has one.")
            near = isinstance(source, Path) or kind_of(str(source)) in ("path", "upload")
            some = list(itertools.islice(files, _TRIED)) if near else []
            count, size = _count(first, itertools.chain(some, files)) if near else first.listed or (1, first.path.stat().st_size)
            sheet = options.given.sheet if options.given is not None else None
            zone, name = dataset_name(first.name or called(first.path, first.shown, first.sheet, sheet), options.name, options.zone)
            sight, refused = self.allowed.look(who, name, options)
            info = self.catalog.tables.one(name) if sight is not None else None
            sight = sight or NOTHING
            info = sight.info(info) if info is not None else None
            check_together(first, options, self.readings, who, name, scratch, opener, sight.whole)
            there = [(column, kind) for _, column, kind, *_ in info.columns] if info is not None else None
            check_asked(options, name, info.partitioning if info is not None else None, keys_later=True)
            check_since(options, name, there)
            if content_hash is None and count == 1 and size <= _HASHED_BYTES and not first.partial:
                content_hash = _hash(first.path)
            into = _Into(who, options, zone, name, info, sight, refused)
            first, found, how = self._read_some([first, *some], into, scratch, opener)
            rows = _with_constants(found.rows, first).schema
            check_possible(options, name, rows, [column for column, _ in there] if there is not None else None)
            return self._tell(str(source), _Look(first, count, size, into, content_hash, found, how, since))

    def _since(self, source: str | Path, options: LoadOptions, who: Principal) -> Since | None:
        """From where on a database would be read. Of other sources that is refused where they are opened."""
        known = dataset_of(source)
        if options.since is None or known is None:
            return None if options.since is None else Since(options.since, None)
        _, name = dataset_name(known, options.name, options.zone)
        self.sources.check(source, who)
        self.allowed.target(who, name, options.mode, options)
        return since_of(self.lake(), self.engine(), name, options, seconds=_LOOK_SECONDS)

    def _there(self, source: str | Path, options: LoadOptions, who: Principal) -> dict[str, pa.DataType]:
        """Of a database: the types of the dataset that its rows would go into, as far as they are seen."""
        if (known := dataset_of(source)) is None:
            return {}
        _, name = dataset_name(known, options.name, options.zone)
        sight, _ = self.allowed.look(who, name, options)
        info = self.catalog.tables.one(name) if sight is not None else None
        return types_of(sight.info(info)) if sight is not None and info is not None else {}

    def _read_some(self, files: list[Fetched], into: _Into, scratch: Path, opener: Opener | None) -> tuple[Fetched, Looked, Agreed]:
        """The first of the files that has rows below its header, as a load leaves the others out."""
        for place, file in enumerate(files):
            folder = scratch / f"look-{place}"
            folder.mkdir()
            try:
                return (file, *self._read(file, into, folder, opener))
            except UnreadableFile as error:
                if "header" not in error.details or place + 1 == len(files):
                    raise
        raise AssertionError

    def _read(self, file: Fetched, into: _Into, scratch: Path, opener: Opener | None) -> tuple[Looked, Agreed]:
        """The beginning of the file, and how it was agreed to be read."""
        request = request_of(file, scratch, opener)
        how = agreed(request, file, into.options, self.readings, into.who, into.name, into.sight.whole)
        reading = how.reading
        if reading.format is None:
            reading = reading.model_copy(update={"format": request.reading.format})
        known = tuple(name for _, name, *_ in into.info.columns) if into.info is not None else ()
        request = replace(request, reading=reading, known=known, keys=keys_wanted(into.options, reading))
        found = look(request, types_of(into.info) if into.info is not None else None)
        if how.said:
            check_said(found.source.reading, reading)
        return found, how

    def _tell(self, source: str, seen: _Look) -> Preview:
        found, file, into = seen.found.source, seen.file, seen.into
        info = into.info
        rows = _with_constants(seen.found.rows, file)
        count, exact = _rows(seen)
        partitions = _partitions(rows, count, seen.bytes, found.format) if info is None else None
        return Preview(
            source=source,
            shown=file.shown,
            content_hash=seen.content_hash,
            bytes=seen.bytes,
            reading=found.reading,
            remembered=seen.how.remembered,
            as_shown=AsShown(file=file.shown, reading=seen.how.reading, said=seen.how.said),
            columns=(*seen_columns(seen.found), *constants_of(file, seen.found.rows.column_names, len(found.reading.columns))),
            sample=table_data(rows.slice(0, _SAMPLE), cut_at=_SAMPLE if rows.num_rows > _SAMPLE else None),
            rows=count,
            exact=exact,
            misfits=_misfits(found.rejects().slice(0, _MISFITS), file.shown, seen.content_hash or ""),
            misfit_count=found.rejected,
            sheets=found.sheets,
            name=into.name.partition(".")[2],
            zone=into.zone,
            exists=info is not None,
            differences=differences(rows.schema, info) if info is not None else (),
            resembles=resembling(self.catalog, rows.schema, into.name, self.allowed.visible(into.who)),
            partition_by=partitions.partition_by if partitions is not None else info.partitioning if info is not None else (),
            partition_why=partitions.reason if partitions is not None else "",
            keys=propose_keys(rows),
            only=in_words_of(seen.since),
            taken=self._taken(seen),
            refused=into.refused,
            warnings=(*((into.refused,) if into.refused else ()), *file.warnings, *self._remarks(seen), *found.warnings),
        )

    def _taken(self, seen: _Look) -> str | None:
        into = seen.into
        part = part_of(seen.file.path, seen.file.shown, seen.file.sheet, lambda: seen.how)
        if into.info is None or seen.content_hash is None or seen.files > 1:
            return None
        content = Content(seen.content_hash, part, seen.file.constants)
        taken = taken_before(self.lake(), into.name, content, whole=[str(content)] if into.options.mode == "overwrite" else ())
        return taken.run_id if taken is not None and (into.sight.whole or self.log.done_by(into.who.name, [taken.run_id])) else None

    def _remarks(self, seen: _Look) -> Iterator[str]:
        into = seen.into
        if (unsaid := no_keys(into.options)) is not None:
            yield str(unsaid)
        if into.info is not None and not into.options.force:
            there = [name for _, name, *_ in into.info.columns]
            if (why := nothing_shared(into.name, seen.file.shown, seen.found.rows.column_names, there)) is not None:
                yield str(why)
        if into.info is not None and into.sight.whole and into.options.mode != "overwrite":
            yield from said_of_currencies(self.log, into.name, seen.found.source.warnings)
        if seen.files > 1:
            yield f"The first of {seen.files:,} files was looked at: {seen.file.shown}."
        elif into.info is not None and seen.content_hash is None:
            # A file this large is not hashed for a look; one of another size has other content.
            for run in self.log.list(kind="ingest", status="succeeded", job=job_name(into.name)):
                if not (into.sight.whole or run.principal == into.who.name):
                    continue
                if any(io.kind == "file" and io.bytes == seen.bytes for io in run.inputs):
                    yield f"A file of the same size was taken in before (run {run.id}); the load tells whether it is the same one."
                    return

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        where = make_private(self.settings.state / "tmp")
        remove_leftovers(where, _SCRATCH)
        folder = own_folder(where, _SCRATCH)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _count(first: Fetched, rest: Iterator[Fetched]) -> tuple[int, int]:
    """How many files there are, and their bytes; of very many, those that a moment suffices for."""
    deadline = time.monotonic() + _COUNTING_SECONDS
    sizes = [first.path.stat().st_size]
    sizes += [each.path.stat().st_size for each in itertools.takewhile(lambda _: time.monotonic() < deadline, rest)]
    return len(sizes), sum(sizes)


def _rows(seen: _Look) -> tuple[int | None, bool]:
    """How many rows there are, and whether that was counted."""
    if seen.file.partial:
        return None, False
    found, source = seen.found, seen.found.source
    read = found.rows.num_rows + source.rejected
    own = seen.file.path.stat().st_size
    if found.whole or source.rows is not None:
        rows = read if found.whole else source.rows or 0
        return (rows, True) if seen.files == 1 else (round(rows * seen.bytes / max(own, 1)), False)
    if source.format in ("csv", "json") and not _is_packed(seen.file.path):
        return round(read * seen.bytes / min(LOOK_BYTES, max(own, 1))), False
    return None, False


def _is_packed(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4).startswith(_PACKED)


def _with_constants(rows: pa.Table, file: Fetched) -> pa.Table:
    for name, value in file.constants_beside(rows.column_names).items():
        kind = arrow_type(file.types.get(name, "string"))
        rows = rows.append_column(name, pa.array([value], pa.string()).cast(kind).take(pa.array([0] * rows.num_rows, pa.int64())))
    return rows


def _misfits(rejected: pa.Table, shown: str, content_hash: str) -> tuple[Misfit, ...]:
    found = []
    for number, row in enumerate(rejected.to_pylist(), 1):
        texts = json.loads(row.pop("row") or "{}")
        found.append(Misfit(id=str(number), file=shown, content_hash=content_hash, row=texts, **row))
    return tuple(found)


def _partitions(rows: pa.Table, count: int | None, size: int, form: str) -> PartitionProposal:
    """Of a new dataset. What is text takes about a fifth of its size in the lake."""
    if not count:
        return PartitionProposal(reason="How many rows there are is not known.")
    return propose_from_first(rows, count, size // _TEXT_TO_FILES if form in ("csv", "json") else size)


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"
