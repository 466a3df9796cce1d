"""One locked-down DuckDB: it sees exactly the files it was made for, and nothing can be unlocked from inside."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from workbench.engines.duckdb.csv import CsvLoad, CsvLoaded, Progress, load_csv
from workbench.engines.duckdb.errors import Interrupted, read_error, unfit
from workbench.engines.duckdb.nobody import NOBODY
from workbench.engines.duckdb.relation import files_read, relation, relation_with_places, shaped
from workbench.engines.duckdb.s3 import Access, allow_s3
from workbench.engines.duckdb.tally import Tally, tally
from workbench.engines.duckdb.transform import Transform, all_rows, run_transform
from workbench.engines.parser.text import literal, quoted
from workbench.engines.pieces import row_bytes, rows_within
from workbench.engines.scans import ArrowScan, FileScan, Scan
from workbench.engines.shown import MOST_BYTES

if TYPE_CHECKING:
    import duckdb

__all__ = ["Limits", "Loading", "Session", "Stoppable", "blank"]

_BATCH = 2048  # rows: as many as DuckDB works on at once, for they may be long


@dataclass(frozen=True)
class Limits:
    """``memory_mb`` and ``threads`` of one session; ``spill`` is where it puts what does not fit into memory."""

    memory_mb: int
    threads: int
    timezone: str
    spill: Path


def blank(limits: Limits, access: Access | None) -> duckdb.DuckDBPyConnection:
    """A fresh in-memory database with limits set, not yet locked: it still has to be told which files it may read."""
    import duckdb

    limits.spill.mkdir(parents=True, exist_ok=True)
    config: dict[str, Any] = {
        "threads": limits.threads,
        "memory_limit": f"{limits.memory_mb}MB",
        "temp_directory": str(limits.spill),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "python_enable_replacements": False,
        "enable_external_file_cache": False,
    }
    connection = duckdb.connect(":memory:", config=config)
    # A data file never changes, and to read its footer again with each statement costs more than many a statement itself.
    settings = "SET errors_as_json = true; SET enable_progress_bar = false; SET parquet_metadata_cache = true"
    connection.execute(f"{settings}; SET TimeZone = {literal(limits.timezone)}; {NOBODY}")
    if access is not None:
        allow_s3(connection, access)
    return connection


class Stoppable:
    """A connection on which one thing at a time is done, and can be stopped from any thread."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._reason: str | None = None
        self._guard = threading.Lock()
        self._idle = threading.Event()
        self._idle.set()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Around what may be stopped.

        Raises
        ------
        Interrupted
            It was stopped, perhaps before it began.
        """
        import duckdb

        with self._guard:
            if self._reason:
                raise Interrupted(self._reason)
            self._idle.clear()
        try:
            yield
        except duckdb.InterruptException as error:
            raise Interrupted(self._reason or "keyboard") from error
        except (RuntimeError, OSError):
            # Arrow's words for an interruption while rows were fetched.
            if self._reason:
                raise Interrupted(self._reason) from None
            raise
        finally:
            self._idle.set()

    def interrupt(self, reason: str) -> None:
        """Stop what runs, from any thread; what has not begun yet never does."""
        with self._guard:
            first, self._reason = self._reason is None, self._reason or reason
        if first:
            threading.Thread(target=self._insist, daemon=True).start()

    def check(self) -> None:
        """Between what is done without the connection. Raises :class:`Interrupted` where it was stopped."""
        if self._reason:
            raise Interrupted(self._reason)

    def _insist(self) -> None:
        # DuckDB forgets an interruption that comes just before a statement or a fetch begins.
        while not self._idle.is_set():
            self._connection.interrupt()
            self._idle.wait(0.05)

    @property
    def usable(self) -> bool:
        return self._reason is None

    def close(self) -> None:
        self._connection.close()


class Session(Stoppable):
    """A locked connection that holds one view per relation. Used by one statement at a time. It may write below ``folder`` only."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, scans: tuple[Scan, ...], folder: str | None = None) -> None:
        super().__init__(connection)
        self._gather: list[tuple[Scan, str]] = []  # statements to carry out first, while it can be stopped
        files = [file for scan in scans if isinstance(scan, FileScan) for file in files_read(scan)]
        allowed = ", ".join(literal(file) for file in files)
        if folder is not None:
            connection.execute(f"SET allowed_directories = [{literal(folder)}]")
        connection.execute(f"SET allowed_paths = [{allowed}]; SET enable_external_access = false; SET lock_configuration = true")
        for schema in sorted({scan.schema for scan in scans}):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
        for number, scan in enumerate(scans):
            self._define(number, scan)

    def _define(self, number: int, scan: Scan) -> None:
        name = f"{quoted(scan.schema)}.{quoted(scan.name)}"
        if isinstance(scan, ArrowScan):
            self._connection.register(f"__rows_{number}", scan.load())
            rows = shaped(f"FROM __rows_{number}", scan.shape)
        else:
            rows = relation_with_places(scan) if scan.places else relation(scan)
        if scan.shape is not None and scan.shape.apart:
            self._gather.append((scan, f"CREATE TABLE {name} AS {rows}"))
        else:
            self._make(scan, f"CREATE VIEW {name} AS {rows}")

    def _make(self, scan: Scan, sql: str) -> None:
        """Raises
        ------
        EngineError
            Its files cannot be read, or its reader's shape does not fit its columns (:data:`.errors.UNFIT`).
        """
        import duckdb

        try:
            self._connection.execute(sql)
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            found = read_error(error, sql)
            raise (unfit(found, f"{scan.schema}.{scan.name}") if scan.shape is not None else found) from None

    def execute(self, sql: str, params: Any, limit: int | None) -> tuple[pa.Table, list[str], bool]:
        """Run one statement: its rows (at most ``limit``), DuckDB's names of the column types, and whether rows were cut.

        Raises
        ------
        EngineError, Interrupted
            DuckDB refused, or somebody stopped it.
        """
        import duckdb

        with self.working():
            try:
                return self._execute(sql, params, limit)
            except duckdb.InterruptException:
                raise
            except duckdb.Error as error:
                raise read_error(error, sql) from None

    def tally(self, wanted: Tally, threads: int, part: Callable[[pa.Table], None]) -> None:
        """Count it, and give each part as it is ready; see :func:`workbench.engines.duckdb.tally.tally`.

        Raises
        ------
        EngineError, Interrupted
            As :meth:`execute`.
        """

        def offsets(sql: str) -> pa.Array:
            return self.execute(sql, None, None)[0].column(0).combine_chunks()

        for found in tally(wanted, offsets, threads, self.check):
            part(found)

    def transform(self, transform: Transform) -> pa.Table:
        """Carry it out; see :func:`workbench.engines.duckdb.transform.run_transform`."""
        with self.working():
            self._gathered()
            return run_transform(self._connection, transform)

    def _gathered(self) -> None:
        while self._gather:
            self._make(*self._gather.pop())

    def _execute(self, sql: str, params: Any, limit: int | None) -> tuple[pa.Table, list[str], bool]:
        self._gathered()
        cursor = self._connection.execute(sql, params) if params else self._connection.execute(sql)
        types = [str(column[1]) for column in cursor.description or []]
        if limit is None:
            return all_rows(cursor), types, False
        table, cut = _take(cursor.to_arrow_reader(min(limit + 1, _BATCH)), limit)
        return table, types, cut


class Loading(Stoppable):
    """A connection that loads one file and nothing else."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, limits: Limits) -> None:
        super().__init__(connection)
        self._limits = limits

    def load(self, load: CsvLoad, progress: Progress | None) -> CsvLoaded:
        """Carry it out, without the engine where that comes to the same; see :func:`workbench.engines.duckdb.csv.load_csv`."""
        from workbench.engines.duckdb.plain import load_plain

        found = load_plain(load, self._limits.threads, self._limits.memory_mb, progress, lambda: not self.usable)
        if found is not None:
            return found
        with self.working():
            return load_csv(self._connection, load, progress)


def _take(reader: pa.RecordBatchReader, limit: int) -> tuple[pa.Table, bool]:
    batches, rows, size = [], 0, 0
    for batch in reader:
        batches.append(batch)
        rows += batch.num_rows
        size += batch.nbytes
        # What is more than can be shown is not gathered either.
        if rows > limit or size > MOST_BYTES:
            break
    more = rows > limit or (size > MOST_BYTES and next(reader, None) is not None)
    if size > MOST_BYTES:
        last = batches[-1]
        kept = rows_within(np.cumsum(row_bytes(last)), MOST_BYTES - size + last.nbytes)
        more, batches[-1] = more or kept < last.num_rows, last.slice(0, kept)
    table = pa.Table.from_batches(batches, reader.schema)
    reader.close()
    return table.slice(0, limit), more
