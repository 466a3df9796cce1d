"""Rows that are known by a key: written like others, but only where each has a key, and no two the same."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.schema import Schema
from pyiceberg.table import FileScanTask, Table
from pyiceberg.types import PrimitiveType

from workbench.core.errors import ColumnNotFound, InvalidInput, WorkbenchError, nearest
from workbench.core.ids import new_id
from workbench.core.names import split_name
from workbench.engines.duckdb import Engine, in_words, relation_with_places
from workbench.engines.scans import FileScan, ScanColumn
from workbench.lake.plan import duckdb_type, read_tasks
from workbench.writes.rows import ParquetFiles, Rows

if TYPE_CHECKING:
    from pyiceberg.table.metadata import TableMetadata

    from workbench.lake.lake import Lake

__all__ = ["Duplicates", "KeyedRows", "Keys", "check_columns", "check_options", "without"]

Duplicates = Literal["error", "last"]
SECONDS = 86_400.0  # of one statement; who waits may stop it sooner
_EXAMPLES = 3


def check_options(mode: str, keys: Sequence[str], duplicates: str) -> None:
    """Make sure that what was asked for goes together.

    Raises
    ------
    InvalidInput
    """
    if mode == "upsert" and not keys:
        said = "Mode 'upsert' goes with the keys that identify a row, and no key was named."
        raise InvalidInput(said, fix="Name its columns, as in `keys=['id']`.")
    if mode != "upsert" and keys:
        raise InvalidInput("Keys go with the mode 'upsert' only.", fix="Leave them out, or set `mode='upsert'`.")
    if duplicates not in ("error", "last"):
        raise InvalidInput(f"New rows with the same key cannot be treated as {duplicates!r}.", fix="Use 'error' or 'last'.")
    if len(set(keys)) < len(keys):
        raise InvalidInput("A key column was named twice.", fix="Name each once.")


def check_columns(keys: Sequence[str], name: str, there: Sequence[str], given: Sequence[str], nested: Container[str]) -> None:
    """Make sure that a dataset has these key columns (``there``), and the new rows (``given``), too, and that none is ``nested``.

    Raises
    ------
    InvalidInput, ColumnNotFound
    """
    for where, known in ((name, there), ("The data", given)):
        for column in keys:
            if column not in known or "." in column:
                close = nearest(column, known)
                hint = f"Did you mean {close!r}?" if close and close != column else f"It has: {', '.join(known[:20])}."
                raise ColumnNotFound(f"{where} has no column {column!r} to be a key.", fix=hint, column=column)
    for column in keys:
        if column in nested:
            raise InvalidInput(f"The column {column!r} is nested, and cannot be a key.", fix="Name columns of plain values.")


class Keys:
    """Key columns as the engine finds them in a dataset's files: by field id, under names of their own (``k0``, ``k1``)."""

    def __init__(self, engine: Engine, run_id: str, name: str, columns: Sequence[str]) -> None:
        self.name, self.columns = name, tuple(columns)
        self._engine, self._run_id = engine, run_id

    @property
    def listed(self) -> str:
        return ", ".join(f"k{place}" for place in range(len(self.columns)))

    def check(self, schema: Schema, given: Sequence[str] | None = None) -> None:
        """Make sure that a dataset has these columns, and the new rows (``given``), too.

        Raises
        ------
        InvalidInput, ColumnNotFound
        """
        nested = [field.name for field in schema.fields if not isinstance(field.field_type, PrimitiveType)]
        check_columns(self.columns, self.name, schema.column_names, schema.column_names if given is None else given, nested)

    def scan(self, relation: str, schema: Schema, files: Sequence[DataFile]) -> FileScan:
        """The keys of some files."""
        fields = [schema.find_field(column) for column in self.columns]
        columns = tuple(ScanColumn(field.field_id, f"k{place}", duckdb_type(field.field_type)) for place, field in enumerate(fields))
        return FileScan("keys", relation, columns, tuple(file.file_path for file in files), new_id())

    def ask(self, sql: str, *scans: FileScan) -> pa.Table:
        """Run a statement of our own.

        Raises
        ------
        TooLarge, Cancelled, StorageUnavailable
        """
        with in_words("Writing to", self.name, SECONDS):
            return self._engine.run(self._run_id, sql, scans, timeout=SECONDS).table


@dataclass(frozen=True)
class KeyedRows:
    """Rows with a key. They are checked in the files they were written to, so that they may be any number; of several with one key
    ``duplicates="last"`` keeps the last."""

    rows: Rows | ParquetFiles
    keys: Keys
    duplicates: Duplicates = "error"

    @property
    def schema(self) -> pa.Schema:
        return self.rows.schema

    def fitted(self, table: Schema, name: str) -> Iterator[pa.RecordBatch]:
        """The rows with a table's columns and types, not checked."""
        return self.rows.fitted(table, name)

    def written(self, lake: Lake, metadata: TableMetadata, name: str) -> tuple[DataFile, ...]:
        """The rows in files of the table, not yet committed.

        Raises
        ------
        InvalidInput, ColumnNotFound
            A key column is missing, a row has none, or two have the same; ``details`` have examples. No file is left.
        """
        schema = metadata.schema()
        self.keys.check(schema, self.rows.schema.names)
        once = self.duplicates == "last"
        # In one sequence, whatever the partitioning, where it matters which row came last.
        plain = metadata.model_copy(update={"partition_specs": [UNPARTITIONED_PARTITION_SPEC], "default_spec_id": 0}) if once else metadata
        files = self.rows.written(lake, plain, name)
        try:
            self._check(schema, files)
            if not once:
                return files
            places = self._superseded(schema, files)
            if not len(places) and metadata.spec().is_unpartitioned():
                return files
            final = lake.write_files(metadata, _remaining(lake, plain, name, files, places))
        except BaseException:
            lake.storage.delete(file.file_path for file in files)
            raise
        lake.storage.delete(file.file_path for file in files)
        return final

    def _check(self, schema: Schema, files: Sequence[DataFile]) -> None:
        if not files:
            return
        scan, listed = self.keys.scan("rows", schema, files), self.keys.listed
        counts = ", ".join(f"count({key})" for key in listed.split(", "))
        doubled = f"(SELECT count(*) FROM (FROM keys.rows SELECT 1 GROUP BY {listed} HAVING count(*) > 1))"
        found = self.keys.ask(f"SELECT count(*), {counts}{f', {doubled}' if self.duplicates == 'error' else ''} FROM keys.rows", scan)
        rows, *numbers = (column[0].as_py() for column in found.columns)
        for column, present in zip(self.keys.columns, numbers, strict=False):
            if present < rows:
                raise InvalidInput(
                    f"{rows - present:,} of {rows:,} new rows have no {column}, which is a key of {self.keys.name}.",
                    fix="Fill it or drop those rows.",
                    column=column,
                )
        if self.duplicates == "error" and numbers[-1]:
            raise self._doubled(scan, numbers[-1])

    def _doubled(self, scan: FileScan, count: int) -> InvalidInput:
        texts = ", ".join(f"{key}::VARCHAR" for key in self.keys.listed.split(", "))
        # The smallest ones, so that the same data always gives the same examples.
        some = (
            f"SELECT {texts} FROM keys.rows GROUP BY {self.keys.listed} HAVING count(*) > 1 ORDER BY {self.keys.listed} LIMIT {_EXAMPLES}"
        )
        found = self.keys.ask(some, scan).rename_columns(list(self.keys.columns))
        key = ", ".join(self.keys.columns)
        return InvalidInput(
            f"{count:,} {'key occurs' if count == 1 else 'keys occur'} more than once in the new rows ({key}).",
            fix="Keep one row of each, or set `duplicates='last'`, which takes the last one.",
            examples=found.to_pylist(),
        )

    def _superseded(self, schema: Schema, files: Sequence[DataFile]) -> pa.Table:
        if not files:
            return pa.table({"file": pa.array([], pa.int64()), "row": pa.array([], pa.int64())})
        scan = self.keys.scan("rows", schema, files)
        later = f"row_number() OVER (PARTITION BY {self.keys.listed} ORDER BY __file DESC, __row DESC) > 1"
        return self.keys.ask(f'SELECT __file AS file, __row AS "row" FROM ({relation_with_places(scan)}) QUALIFY {later}', scan)


def _remaining(lake: Lake, metadata: TableMetadata, name: str, files: Sequence[DataFile], places: pa.Table) -> Iterator[pa.RecordBatch]:
    table = Table(split_name(name), metadata, "", lake.storage.io, lake.catalog)
    file_of, row_of = places["file"].to_numpy(), places["row"].to_numpy()
    for number, file in enumerate(files):
        yield from without(table, metadata.schema(), file, row_of[file_of == number])


def without(table: Table, schema: Schema, file: DataFile, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Iterator[pa.RecordBatch]:
    """A file's rows but those at some places (from 0).

    Raises
    ------
    WorkbenchError
        The file has not as many rows as it should.
    """
    stays = np.ones(file.record_count, dtype=bool)
    stays[rows] = False
    place = 0
    for batch in read_tasks(table, schema, [FileScanTask(file)]):
        chosen = stays[place : place + batch.num_rows]
        place += batch.num_rows
        if len(chosen) == batch.num_rows:
            yield batch if chosen.all() else batch.filter(pa.array(chosen))
    if place != len(stays):
        raise WorkbenchError(f"A file of {place} rows should have {len(stays)}.", fix="Nothing was changed. Run `workbench doctor`.")
