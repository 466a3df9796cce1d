"""Read plans: which files hold a snapshot's rows, under which schema, and who may read them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa
from cachetools import LRUCache
from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.expressions.parser import parse
from pyiceberg.io import FileIO
from pyiceberg.io.pyarrow import ArrowScan, _read_all_delete_files
from pyiceberg.manifest import DataFile, ManifestContent, ManifestFile
from pyiceberg.schema import Schema, sanitize_column_names
from pyiceberg.table import FileScanTask, Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.types import DecimalType, FixedType, IcebergType, ListType, MapType, NestedField, StructType

from workbench.core.errors import ColumnNotFound, nearest
from workbench.core.refs import DatasetRef
from workbench.engines import scans
from workbench.lake.arrow import arrow_schema
from workbench.lake.storage import Storage, storage_errors
from workbench.lake.types import type_text

__all__ = [
    "DUCKDB_TYPES",
    "PlanColumn",
    "PlanFile",
    "Planner",
    "ReadPlan",
    "duckdb_type",
    "missing_column",
    "plain_paths",
    "read_tasks",
    "scan_of",
]

CACHED_FILES = 200_000  # of all snapshots together; an entry is about 2 KB
_GLOB = frozenset("*?[")  # DuckDB would take such a path for a pattern

#: The SQL types under which DuckDB reads simple types, by the catalog's words.
DUCKDB_TYPES = {
    "boolean": "BOOLEAN", "int": "INTEGER", "long": "BIGINT", "float": "FLOAT", "double": "DOUBLE", "date": "DATE", "time": "TIME",
    "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMP WITH TIME ZONE", "string": "VARCHAR", "uuid": "UUID", "binary": "BLOB",
}  # fmt: skip


def duckdb_type(kind: IcebergType) -> str:
    """The SQL type under which DuckDB reads an Iceberg type."""
    if isinstance(kind, StructType):
        inner = ", ".join(f'"{f.name.replace(chr(34), chr(34) * 2)}" {duckdb_type(f.field_type)}' for f in kind.fields)
        return f"STRUCT({inner})"
    if isinstance(kind, ListType):
        return f"{duckdb_type(kind.element_type)}[]"
    if isinstance(kind, MapType):
        return f"MAP({duckdb_type(kind.key_type)}, {duckdb_type(kind.value_type)})"
    if isinstance(kind, DecimalType):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    return "BLOB" if isinstance(kind, FixedType) else DUCKDB_TYPES[str(kind)]


@dataclass(frozen=True)
class PlanColumn:
    """A top-level column: its field id, under which every file holds it, today's name, Iceberg's type and DuckDB's."""

    field_id: int
    name: str
    type: str
    duckdb_type: str
    required: bool = False
    default: Any = None


@dataclass(frozen=True)
class PlanFile:
    """A data file. ``schema_id`` is the schema it was written under, None where its snapshot has expired; ``partition`` the
    (field, value) pairs of its partition, values as Iceberg stores them."""

    path: str
    rows: int
    bytes: int
    schema_id: int | None
    partition: tuple[tuple[str, Any], ...] = ()
    file: DataFile | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class _SnapshotFiles:
    files: tuple[PlanFile, ...]
    has_deletes: bool


@dataclass(frozen=True)
class ReadPlan:
    """How to read a dataset at a snapshot.

    ``duckdb_ok``: DuckDB may read ``paths`` with ``read_parquet(paths, schema=MAP{field_id: {name, type, default_value}})``, for
    which ``columns`` has what is needed. Where it is False, ``reason`` says why, and :meth:`to_arrow` reads instead.
    A table without rows has no paths.
    """

    ref: DatasetRef
    columns: tuple[PlanColumn, ...]
    files: tuple[PlanFile, ...]
    duckdb_ok: bool
    reason: str | None
    metadata: TableMetadata = field(repr=False, compare=False)
    schema: Schema = field(repr=False, compare=False)
    has_deletes: bool = field(repr=False, compare=False)
    table: Table = field(repr=False, compare=False)

    @cached_property
    def paths(self) -> list[str]:
        return [file.path for file in self.files]

    @cached_property
    def renamed(self) -> tuple[tuple[str, int], ...]:
        """Names (folded) and field ids of columns that are called otherwise today, or are gone: another may have taken the name."""
        today = {each.field_id: each.name.casefold() for each in self.metadata.schema().fields}
        then = ((column.name.casefold(), column.field_id) for column in self.columns)
        return tuple((name, field_id) for name, field_id in then if today.get(field_id) != name)

    @cached_property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @cached_property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    @cached_property
    def arrow_schema(self) -> pa.Schema:
        return arrow_schema(self.schema)

    def scan(self, schema: str, name: str) -> scans.Scan:
        """What the engine reads as ``schema.name``: the files by field id, or rows through PyIceberg where DuckDB must not."""
        if not self.duckdb_ok or not plain_paths(self.paths):
            return scans.ArrowScan(schema, name, self.to_arrow)
        columns = tuple(scans.ScanColumn(column.field_id, column.name, column.duckdb_type) for column in self.columns)
        chosen = ",".join(str(column.field_id) for column in columns)
        version = f"{self.ref.table_uuid}@{self.ref.snapshot_id}/{self.schema.schema_id}/{chosen}"
        return scans.FileScan(schema, name, columns, tuple(self.paths), version, rows=self.rows)

    def to_batches(self, filter: str | BooleanExpression | None = None, limit: int | None = None) -> Iterator[pa.RecordBatch]:
        """The rows through PyIceberg, as batches of :attr:`arrow_schema`; ``filter`` names the plan's schema's columns.

        Raises
        ------
        StorageUnavailable
            A file cannot be read.
        """
        tasks = [FileScanTask(file.file) for file in self.files if file.file is not None]
        if self.has_deletes:
            tasks = list(self.table.scan(snapshot_id=self.ref.snapshot_id).plan_files())  # type: ignore[arg-type]
        with storage_errors(f"read {self.ref.name}"):
            yield from read_tasks(self.table, self.schema, tasks, filter, limit)

    def to_arrow(self, filter: str | BooleanExpression | None = None, limit: int | None = None) -> pa.Table:
        """:meth:`to_batches` as one table."""
        return pa.Table.from_batches(self.to_batches(filter, limit), schema=self.arrow_schema)


def missing_column(dataset: str, column: str, known: Iterable[str]) -> ColumnNotFound:
    """The error for a column that is not among those known."""
    close = nearest(column, known)
    hint = f"Did you mean {close!r}?" if close else f"It has: {', '.join(known)}."
    return ColumnNotFound(f"{dataset} has no column {column!r}.", fix=hint, column=column)


def read_tasks(
    table: Table,
    schema: Schema,
    tasks: Sequence[FileScanTask],
    filter: str | BooleanExpression | None = None,
    limit: int | None = None,
) -> Iterator[pa.RecordBatch]:
    """Rows of data files as batches in the schema's Arrow types, as they are read, so that memory stays bounded."""
    metadata = table.metadata
    if filter is None:
        row_filter: BooleanExpression = AlwaysTrue()
    else:
        row_filter = parse(filter) if isinstance(filter, str) else filter
        # A filter is bound to the metadata's current schema, which may name columns differently from the one being read.
        metadata = metadata.model_copy(update={"current_schema_id": schema.schema_id})
    target = arrow_schema(schema)
    scan = ArrowScan(metadata, table.io, schema, row_filter)
    left = limit
    for task in tasks:
        # Not to_record_batches(), which holds a whole file before it hands out the first batch.
        for batch in scan._record_batches_from_scan_tasks_and_deletes([task], _read_all_delete_files(table.io, [task])):
            piece = batch if left is None else batch.slice(0, left)
            if piece.num_rows:
                yield from pa.Table.from_batches([piece]).cast(target).to_batches()
            if left is not None and (left := left - piece.num_rows) <= 0:
                return


@dataclass(frozen=True)
class _Written:
    """A data file as its manifest has it: by which snapshot, and which in their order, it was written."""

    file: DataFile
    snapshot_id: int | None
    number: int


class Planner:
    """Makes read plans. A snapshot's files never change, and no manifest does, so they are kept: a plan of a warm table costs one small
    query, and one of a table that has grown reads what came."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._manifests: LRUCache[str, tuple[_Written, ...]] = LRUCache(CACHED_FILES, getsizeof=lambda files: len(files) + 1)
        self._snapshots: LRUCache[tuple[str, int], _SnapshotFiles] = LRUCache(CACHED_FILES, getsizeof=lambda s: len(s.files) + 1)
        self._guard = threading.Lock()

    def plan(self, table: Table, ref: DatasetRef, schema: Schema, columns: Sequence[str] | None) -> ReadPlan:
        """The plan of one snapshot (``ref.snapshot_id``; None: no rows) under a schema.

        Raises
        ------
        ColumnNotFound, StorageUnavailable
            A column that was asked for is not there, or metadata cannot be read.
        """
        chosen = self._choose(schema, columns, ref.name)
        found = _SnapshotFiles((), False) if ref.snapshot_id is None else self._files(table, ref.snapshot_id)
        reason = "it has rows marked as deleted" if found.has_deletes else _nested_change(chosen, table.metadata, found.files)
        described = tuple(PlanColumn(f.field_id, f.name, type_text(f.field_type), duckdb_type(f.field_type), f.required) for f in chosen)
        return ReadPlan(
            ref=ref,
            columns=described,
            files=found.files,
            duckdb_ok=reason is None,
            reason=reason,
            metadata=table.metadata,
            schema=schema if columns is None else Schema(*chosen, schema_id=schema.schema_id),
            has_deletes=found.has_deletes,
            table=table,
        )

    @staticmethod
    def _choose(schema: Schema, columns: Sequence[str] | None, name: str) -> tuple[NestedField, ...]:
        if columns is None:
            return tuple(schema.fields)
        known = {field.name: field for field in schema.fields}
        for column in columns:
            if column not in known:
                raise missing_column(name, column, known)
        return tuple(known[column] for column in dict.fromkeys(columns))

    def _files(self, table: Table, snapshot_id: int) -> _SnapshotFiles:
        key = (str(table.metadata.table_uuid), snapshot_id)
        with self._guard:
            found = self._snapshots.get(key)
        if found is None:
            snapshot = table.metadata.snapshot_by_id(snapshot_id)
            assert snapshot is not None
            with storage_errors("read a table's metadata"):
                found = _read_files(table, snapshot, self._entries)
            if len(found.files) < CACHED_FILES:
                with self._guard:
                    self._snapshots[key] = found
        return found

    def _entries(self, manifest: ManifestFile, io: FileIO) -> tuple[_Written, ...]:
        with self._guard:
            found = self._manifests.get(manifest.manifest_path)
        if found is None:
            entries = manifest.fetch_manifest_entry(io)
            found = tuple(_Written(entry.data_file, entry.snapshot_id, entry.sequence_number or 0) for entry in entries)
            if len(found) < CACHED_FILES:
                with self._guard:
                    self._manifests[manifest.manifest_path] = found
        return found


def _read_files(table: Table, snapshot: Snapshot, entries: Callable[[ManifestFile, FileIO], tuple[_Written, ...]]) -> _SnapshotFiles:
    written_under = {s.snapshot_id: s.schema_id for s in table.metadata.snapshots}
    specs = table.metadata.specs()
    files: list[PlanFile] = []
    written: dict[str, int] = {}
    deletes = False
    for manifest in snapshot.manifests(table.io):
        if manifest.content != ManifestContent.DATA:
            deletes = deletes or manifest.has_added_files() or manifest.has_existing_files()
            continue
        names = [f.name for f in specs[manifest.partition_spec_id].fields]
        for entry in entries(manifest, table.io):
            file = entry.file
            partition = tuple((name, file.partition[position]) for position, name in enumerate(names))
            schema_id = written_under.get(entry.snapshot_id) if entry.snapshot_id is not None else None
            files.append(PlanFile(file.file_path, file.record_count, file.file_size_in_bytes, schema_id, partition, file))
            written[file.file_path] = entry.number
    # In the order they were written, so that rows come as a person put them in, and the same way every time.
    files.sort(key=lambda file: (written[file.path], file.path))
    return _SnapshotFiles(tuple(files), deletes)


def plain_paths(paths: Iterable[str]) -> bool:
    """Whether DuckDB takes each for the path of a file, not for a pattern."""
    return not any(_GLOB & set(path) for path in paths)


def scan_of(schema: Schema, paths: Sequence[str], to: str, name: str, version: str) -> scans.FileScan | None:
    """Files of one schema, found in them by field id, as the engine reads them as ``to.name``; None where DuckDB must not."""
    nested = [column for column in schema.fields if not column.field_type.is_primitive]
    if not plain_paths(paths) or _unwritten(nested) is not None:
        return None
    columns = tuple(scans.ScanColumn(field.field_id, field.name, duckdb_type(field.field_type)) for field in schema.fields)
    return scans.FileScan(to, name, columns, tuple(paths), version)


def _unwritten(nested: Sequence[NestedField]) -> str | None:
    """A nested column with names that Parquet does not hold as they are: DuckDB finds fields of structs by name."""
    written = sanitize_column_names(Schema(*nested)).fields if nested else ()
    return next((column.name for column, kept in zip(nested, written, strict=True) if kept.field_type != column.field_type), None)


def _nested_change(columns: Sequence[NestedField], metadata: TableMetadata, files: Sequence[PlanFile]) -> str | None:
    """Why DuckDB must not read these files: it finds top-level columns by field id, but fields of structs by name, and gives
    NULL without a word after one was renamed."""
    nested = [column for column in columns if not column.field_type.is_primitive]
    if not nested:
        return None
    if (unwritten := _unwritten(nested)) is not None:
        return f"the nested column {unwritten!r} has a field whose name Parquet files do not hold as it is"
    schemas = {schema.schema_id: schema for schema in metadata.schemas}
    used = {file.schema_id for file in files}
    for schema in schemas.values() if None in used else [schemas[i] for i in used if i is not None and i in schemas]:
        before = {f.field_id: f.field_type for f in schema.fields}
        for column in nested:
            kind = before.get(column.field_id)
            if kind is not None and kind != column.field_type:
                return f"the nested column {column.name!r} has changed since some of its files were written"
    return None
