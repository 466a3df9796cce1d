"""DuckDB files, read in a process of their own that can do nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.core.errors import InvalidSQL, TooLarge, Unavailable, UnreadableFile
from workbench.engines.duckdb import EngineError, Interrupted, quoted
from workbench.engines.duckdb.attached import Export, export
from workbench.engines.duckdb.engine import limits_of
from workbench.engines.types import type_name
from workbench.ingest.sources.base import Notes
from workbench.ingest.sources.databases.base import READ_AS, Limits, TableFound, Wanted
from workbench.ingest.sources.databases.files import FileDatabase
from workbench.ingest.sources.databases.statements import check_apart, check_column, find_table, statement, tell_left_out
from workbench.ingest.sources.table_names import parts_of, written

__all__ = ["DuckDB"]

_TABLES = """
    SELECT schema_name, table_name, 'table', estimated_size FROM duckdb_tables() WHERE database_name = 'source' AND NOT internal
    UNION ALL
    SELECT schema_name, view_name, 'view', NULL FROM duckdb_views() WHERE database_name = 'source' AND NOT internal
    ORDER BY 1, 2
"""


class DuckDB(FileDatabase):
    dialect = "duckdb"

    @contextmanager
    def open(self, path: Path, limits: Limits) -> Iterator[_Session]:
        yield _Session(path, limits)


class _Session:
    def __init__(self, path: Path, limits: Limits) -> None:
        self._path, self._limits = path, limits
        self._asked = 0
        self._cancelled = threading.Event()

    def version(self) -> str:
        return f"DuckDB {self._ask('SELECT version()').read_all().column(0)[0].as_py()}"

    def tables(self) -> tuple[TableFound, ...]:
        rows = self._ask(_TABLES).read_all().to_pydict().values()
        return tuple(TableFound(name=written(schema, name), kind=kind, rows=count) for schema, name, kind, count in zip(*rows, strict=True))

    def read(self, wanted: Wanted, note: Notes) -> pa.RecordBatchReader:
        table = ""
        if wanted.table is not None:
            schema, name = parts_of(find_table(wanted.table, self.tables(), "main"))
            table = f"{quoted(schema)}.{quoted(name)}"
        if wanted.since is not None:
            names = self._ask(statement(replace(wanted, since=None, most=0), table, quoted, "")).schema.names
            check_column(wanted, names)
            check_apart(names)
            tell_left_out(wanted, table, quoted, lambda text: self._ask(text).read_all().column(0)[0].as_py(), note)
        bound = (wanted.since.value,) if wanted.since is not None and wanted.since.value is not None else ()
        return self._ask(statement(wanted, table, quoted, "?"), bound, note, wanted)

    def cancel(self) -> None:
        self._cancelled.set()

    def _ask(self, sql: str, params: tuple[Any, ...] = (), note: Notes | None = None, wanted: Wanted | None = None) -> pa.RecordBatchReader:
        self._asked += 1
        target = self._limits.scratch / f"rows-{self._asked}.arrow"
        try:
            engine = limits_of(self._limits.scratch, self._limits.memory_mb, 0, "UTC")
            wide = export(
                Export(str(self._path), sql, params, str(target), _texts(wanted)), engine, self._limits.seconds, self._cancelled.is_set
            )
        except Interrupted as stop:
            fix = "Ask for fewer rows, or raise ingest.database_timeout_seconds in workbench.toml."
            raise Unavailable(f"{self._path.name} took too long to answer.", fix=fix) from stop
        except EngineError as error:
            raise _in_words(error, self._path.name) from error
        meant: dict[str, pa.DataType] = {}
        for name, kind in wide.items():
            there = wanted.type_there(name) if wanted is not None else None
            if there is not None and _is_of(there, kind):
                meant[name] = there  # which holds all others, so the few are set aside with their rows
            elif note is not None and (there is None or not pa.types.is_string(there)):
                note.fact(f"{name} holds values that no {kind} can be; it is taken as text")
        return _reader(target, meant)


def _texts(wanted: Wanted | None) -> tuple[str, ...]:
    """What is text in the dataset, perhaps since a value came that its type does not hold."""
    names = {name for name, kind in wanted.there.items() if pa.types.is_string(kind)} if wanted is not None else set[str]()
    return tuple(names)


def _is_of(there: pa.DataType, kind: str) -> bool:
    """Whether a dataset's type is that which a column would have, but for a few values."""
    types = pa.types
    if kind == "date":
        return bool(types.is_date(there))
    return bool(types.is_timestamp(there)) if kind == "timestamp" else bool(types.is_decimal(there) and not there.scale)


def _reader(path: Path, meant: Mapping[str, pa.DataType]) -> pa.RecordBatchReader:
    stream = pa.memory_map(str(path))
    file = pa.ipc.open_file(stream)
    schema = pa.schema([each.with_metadata({READ_AS: type_name(meant[each.name])}) if each.name in meant else each for each in file.schema])
    batches = (file.get_batch(index).replace_schema_metadata(None) for index in range(file.num_record_batches))
    return pa.RecordBatchReader.from_batches(schema, (pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in batches))


def _in_words(error: EngineError, name: str) -> Exception:
    words = error.message.split("\n")[0].rstrip(".")
    if "memory" in error.kind.casefold():
        return TooLarge(f"Reading {name} needs more memory than may be used.", fix="Ask for fewer columns, or raise query.memory_limit_mb.")
    if error.kind == "Open":
        if "lock" in words.casefold():
            return Unavailable(f"{name} is open for writing elsewhere.", fix="Close it there, then try again.")
        return UnreadableFile(f"{name} cannot be read as a DuckDB file.", fix="Check the file, and by which version it was written.")
    if error.kind in ("Crash", "Internal", "IO"):
        return Unavailable(f"{name} could not be read.", fix="Check the file and the machine's memory, then try again.")
    return InvalidSQL(f"{name} does not take that query: {words}.", fix="Try it in DuckDB's own shell.")
