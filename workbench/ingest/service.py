"""Files become datasets."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from workbench.core.config import Settings
from workbench.core.errors import AlreadyExists, Cancelled, InvalidInput, StorageUnavailable, UnreadableFile
from workbench.core.principals import Principal, local_principal
from workbench.ingest.history import job_name, load_key, taken_before
from workbench.ingest.place import dataset_name, source_file
from workbench.ingest.records import IngestReport
from workbench.lake.arrow import arrow_schema
from workbench.runs.context import current_context
from workbench.runs.records import DatasetIO

if TYPE_CHECKING:
    from workbench.catalog import CatalogService
    from workbench.engines.duckdb import CsvLoaded, Engine
    from workbench.engines.readers import Request, Source
    from workbench.engines.readers.quick import Quick
    from workbench.lake.lake import Lake
    from workbench.runs.log import RunLog
    from workbench.store import BlobStore
    from workbench.writes import Writer
    from workbench.writes.rows import ParquetFiles

__all__ = ["IngestService"]

_MODES = ("create", "append", "overwrite")
_STALE_SECONDS = 86_400
_CHUNK = 4 << 20
_LOCK_SECONDS = 3600  # of two that load the same dataset one waits for the other


@dataclass(frozen=True)
class _Load:
    """One file on its way into one dataset."""

    path: Path
    shown: str
    sheet: str | None
    zone: str
    name: str
    mode: Literal["create", "append", "overwrite"]
    content_hash: str
    stamp: tuple[int, ...]
    binary: bool

    def changed(self) -> UnreadableFile:
        return UnreadableFile(f"{self.shown} changed while it was read.", fix="Take it in again when it is complete.")


class IngestService:
    """Takes files in: looked at in full, kept as they came under the hash of their content, written in one commit.

    Parameters
    ----------
    lake, writer, log
        Where the rows go, who commits them, and where the run is recorded.
    catalog
        Not asked yet: what a load tells about a dataset beyond its columns will go there.
    blobs
        Where the original files are kept.
    engine
        What converts large delimited files.
    settings
        The workspace's.
    """

    def __init__(
        self, lake: Lake, writer: Writer, log: RunLog, catalog: CatalogService, blobs: BlobStore, engine: Engine, settings: Settings
    ) -> None:
        self.lake, self.writer, self.log, self.catalog = lake, writer, log, catalog
        self.blobs, self.engine, self.settings = blobs, engine, settings

    def ingest(
        self,
        source: Path,
        name: str | None = None,
        zone: str = "bronze",
        mode: Literal["create", "append", "overwrite"] = "create",
        force: bool = False,
        principal: Principal | str | None = None,
    ) -> IngestReport:
        """Take a file into a dataset: all of its rows in one commit, or none.

        Parameters
        ----------
        source
            CSV, TSV, Parquet, JSON, NDJSON, Excel (``file.xlsx#Sheet`` for a certain sheet), Arrow, Feather; also compressed
            (gzip, zstd, bzip2, zip of one file).
        name
            ``flights`` or ``bronze.flights``; the file's name by default.
        mode
            ``create`` fails where the dataset is there with other content.
        force
            Take the same content once more.

        Raises
        ------
        UnreadableFile
            The file, or a row of it (with its line), cannot be read. Nothing is written.
        InvalidInput, InvalidName
            The zone, name or mode is not possible, or a column does not fit the dataset that is there.
        AlreadyExists
            ``create``, and the dataset is there.
        CommitConflict
            ``overwrite``, and somebody else wrote meanwhile.
        """
        if mode not in _MODES:
            raise InvalidInput(f"There is no mode {mode!r}.", fix="Use 'create', 'append' or 'overwrite'.")
        path, shown, sheet = source_file(Path(source))
        zone, full_name = dataset_name(shown, name, zone)
        with _system_errors(shown), self.lake.store.lock(f"ingest:{full_name}", timeout=_LOCK_SECONDS):
            stamp = _stamp(path)
            content_hash, binary = _read(path)
            load = _Load(path, shown, sheet, zone, full_name, mode, content_hash, stamp, binary)
            there = self.lake.exists(full_name)
            taken = taken_before(self.lake, self.log, full_name, load.content_hash, sheet) if there and not force else None
            if taken is not None:
                return self._report(load, taken.run_id, taken.rows, taken.snapshot_id, unchanged=True)
            if there and mode == "create":
                raise AlreadyExists(
                    f"There is a dataset {full_name} already, with other content.",
                    fix="Set mode to 'append' or 'overwrite', or choose another name.",
                )
            return self._take(load, there, force, principal or local_principal())

    def _take(self, load: _Load, there: bool, force: bool, principal: Principal | str) -> IngestReport:
        from workbench.engines.readers import Request, open_source

        active = current_context(self.log)
        params = {"source": load.shown, "sheet": load.sheet, "dataset": load.name, "mode": load.mode, "force": force}
        parent = active.run_id if active else None
        with self.log.run("ingest", job_name(load.name), principal, params=params, parent_id=parent) as run, self._scratch() as scratch:
            run.read(DatasetIO(kind="file", id=load.content_hash, name=load.shown, bytes=load.path.stat().st_size))
            table = arrow_schema(self.lake.table(load.name).schema()) if there else None
            target = {field.name: field.type for field in table} if table is not None else {}
            request = Request(load.path, load.shown, scratch, target, load.sheet)
            rows = self._quick(request, load, run.id) or _Rows(open_source(request), load)
            if self.blobs.put(load.path) != load.content_hash:
                raise load.changed()
            context = run.context(active.notebook, active.cell) if active else run.context()
            key = load_key(load.content_hash, load.sheet, load.mode, run.id)
            snapshot = self.writer.write(load.name, rows.data(), load.mode, key=key, principal=principal, context=context)
            run.metric("rows", rows.count)
            absent = [field.name for field in table if field.name not in rows.names] if table is not None else []
            missing = (f"The file has no {', '.join(absent)}; in these rows that is missing.",) if absent else ()
            warnings = (*rows.warnings, *missing)
            return self._report(load, run.id, rows.count, snapshot.id, created=not there, warnings=warnings)

    def _quick(self, request: Request, load: _Load, run_id: str) -> _Files | None:
        """A large delimited file in files of the lake's own kind, by the engine; None where only looking at every value will do."""
        from workbench.engines.duckdb import EngineError, Interrupted
        from workbench.engines.readers.formats import format_of
        from workbench.engines.readers.quick import quick_load

        if load.binary or format_of(load.path, load.shown) != "csv":
            return None
        there = self.lake.table(load.name).schema() if request.target else None
        ids = {field.name: field.field_id for field in there.fields} if there is not None else None
        guess = quick_load(request, request.scratch / "files", ids, self.settings.lake.target_file_mb)
        if guess is None:
            return None
        try:
            done = self.engine.load(run_id, guess.load)
        except Interrupted as stop:
            raise Cancelled("The load was stopped; nothing was written.", fix="Take the file in again when you want it.") from stop
        except EngineError:
            return None
        if done.misfits or not done.rows:
            return None
        if _stamp(load.path) != load.stamp:
            raise load.changed()
        return _Files(guess, done)

    def _report(
        self,
        load: _Load,
        run_id: str,
        rows: int,
        snapshot_id: int | None,
        *,
        created: bool = False,
        unchanged: bool = False,
        warnings: tuple[str, ...] = (),
    ) -> IngestReport:
        columns = tuple((name, kind) for _, name, kind, _, _ in self.lake.info(load.name).columns)
        return IngestReport(
            run_id=run_id,
            dataset=load.name,
            zone=load.zone,
            source=load.shown,
            content_hash=load.content_hash,
            rows=rows,
            columns=columns,
            snapshot_id=snapshot_id,
            created=created,
            unchanged=unchanged,
            warnings=warnings,
        )

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        """A folder for temporary files; what a killed load left more than a day ago goes."""
        where = self.settings.state / "tmp"
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in where.glob("ingest-*"):
            if time.time() - old.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="ingest-", dir=where) as folder:
            yield Path(folder)


class _Rows:
    """A source's rows on their way to the lake: counted, with the columns' old names as their description."""

    def __init__(self, source: Source, load: _Load) -> None:
        self.source, self.load, self.count = source, load, 0
        self.names, self.warnings = source.schema.names, source.warnings

    def data(self) -> pa.RecordBatchReader:
        schema = _described(self.source.schema, self.source.originals)
        return pa.RecordBatchReader.from_batches(schema, self._batches(schema))

    def _batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for batch in self.source.batches():
            self.count += batch.num_rows
            yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)
        if _stamp(self.load.path) != self.load.stamp:
            raise self.load.changed()


class _Files:
    """The same of a file that the engine has converted already."""

    def __init__(self, guess: Quick, done: CsvLoaded) -> None:
        self.names, self.count, self._guess, self._done = guess.schema.names, done.rows, guess, done
        self.warnings = guess.warnings

    def data(self) -> ParquetFiles:
        from workbench.writes.rows import ParquetFiles

        return ParquetFiles(_described(self._guess.schema, self._guess.originals), tuple(map(Path, self._done.files)))


def _described(schema: pa.Schema, originals: Mapping[str, str]) -> pa.Schema:
    """The columns with what they were called in the file, where that is something else, as their description."""
    return pa.schema([field.with_metadata({"doc": originals[field.name]} if originals.get(field.name) else None) for field in schema])


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes when a file does."""
    facts = path.stat()
    return (facts.st_ino, facts.st_size, facts.st_mtime_ns)


def _read(path: Path) -> tuple[str, bool]:
    """The hash of a file's content, and whether there is a zero byte in it, which no text has."""
    digest, binary = hashlib.sha256(), False
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            binary = binary or 0 in chunk
    return f"sha256:{digest.hexdigest()}", binary


@contextmanager
def _system_errors(shown: str) -> Iterator[None]:
    """What the operating system refuses, in our words."""
    try:
        yield
    except PermissionError as error:
        raise UnreadableFile(f"{shown} may not be read by this user.", fix="Give yourself the right to read it.") from error
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "the storage does not answer"
        raise StorageUnavailable(f"{shown} could not be taken in: {reason}.", fix="Check the disk's free space and health.") from error
