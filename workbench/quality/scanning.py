"""What a profile asks the engine: which columns there are, a sample of rows, figures over all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from workbench.catalog.encode import type_name
from workbench.core.ids import new_id
from workbench.engines.duckdb import Engine, Result, in_words, quoted, relation
from workbench.engines.scans import ArrowScan, FileScan, Scan

__all__ = ["ColumnKind", "Sample", "Source", "SourceColumn", "kind_of"]

_RUN = 2048  # rows that the engine reads together
_LEAST_RUNS = 16
_PLACES = {"file_index", "file_row_number"}  # what the engine calls a row's place; a column of that name hides it

ColumnKind = Literal["integer", "float", "decimal", "text", "boolean", "date", "timestamp", "time", "binary", "nested", "other"]

_KINDS: dict[str, ColumnKind] = {
    "TINYINT": "integer", "SMALLINT": "integer", "INTEGER": "integer", "BIGINT": "integer", "UTINYINT": "integer",
    "USMALLINT": "integer", "UINTEGER": "integer", "UBIGINT": "integer", "HUGEINT": "decimal", "UHUGEINT": "decimal",
    "FLOAT": "float", "DOUBLE": "float", "VARCHAR": "text", "UUID": "text", "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp", "TIMESTAMP_MS": "timestamp", "TIMESTAMP_NS": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamp",
    "TIME": "time", "BLOB": "binary",
}  # fmt: skip


def kind_of(type: str) -> ColumnKind:
    """What may be said of a column by its DuckDB type.

    >>> kind_of("DECIMAL(12,2)"), kind_of("INTEGER[]"), kind_of("UUID")
    ('decimal', 'nested', 'text')
    """
    if type.endswith("]") or type.startswith(("STRUCT", "MAP", "UNION")):
        return "nested"
    if type.startswith("ENUM"):
        return "text"
    return "decimal" if type.startswith("DECIMAL") else _KINDS.get(type, "other")


@dataclass(frozen=True)
class SourceColumn:
    """A column: its name in SQL is ``quoted(name)``; ``type`` is the catalog's word, ``sql_type`` DuckDB's."""

    field_id: int
    name: str
    type: str
    sql_type: str
    kind: ColumnKind

    @property
    def sql(self) -> str:
        return quoted(self.name)

    @property
    def value(self) -> str:
        """The same, with what is shown as text (UUIDs, enumerations) as text."""
        return self.sql if self.kind != "text" or self.sql_type == "VARCHAR" else f"{self.sql}::VARCHAR"


@dataclass(frozen=True)
class Sample:
    """Some rows. ``runs``: which run of neighbours each came with; None where each was chosen by itself, or all are there."""

    rows: pa.Table
    runs: np.ndarray[Any, np.dtype[np.int64]] | None = None

    def likely_distinct(self, index: int, counts: np.ndarray[Any, np.dtype[np.int64]], rows: int) -> float:
        """How many values a column has in all ``rows``, from how often each is in the sample (``counts``).

        Chao's estimate: values seen once and twice tell how many were not seen at all. Of runs it is asked in how many of them a
        value was seen, for neighbours are often alike (Chao 1987, for incidence data).
        """
        seen, looked_at = len(counts), max(1, self.rows.num_rows)
        if self.runs is not None and seen > 1:
            codes = self.rows.column(index).combine_chunks().dictionary_encode().indices.drop_null().to_numpy(zero_copy_only=False)
            present = self.rows.column(index).is_valid().to_numpy()
            _, run = np.unique(self.runs[present], return_inverse=True)
            pairs = np.unique((codes.astype(np.int64) << 32) | run)
            counts = np.bincount(pairs >> 32)
        once, twice = int((counts == 1).sum()), int((counts == 2).sum())
        # Each value has its share in the sample: there cannot be many more than that.
        return float(min(seen + once * (once - 1) / (2 * (twice + 1)), seen * rows / looked_at, rows))


class Source:
    """Rows to be profiled, asked through the engine; errors are the workbench's."""

    def __init__(self, engine: Engine, scan: Scan, timeout: float, run_id: str | None = None) -> None:
        self._engine = engine
        self._timeout = timeout
        self._run_id = run_id or new_id()
        # Read once, for there will be several statements.
        self.scan: Scan = replace(scan, load=_Held(scan.load())) if isinstance(scan, ArrowScan) else scan
        self.relation = f"{quoted(scan.schema)}.{quoted(scan.name)}"
        self.columns = self._columns()
        self.rows = self._rows()

    def ask(self, sql: str, *more: Scan) -> Result:
        """Run a statement over the scan.

        Raises
        ------
        TooLarge, Cancelled, StorageUnavailable
            It took too long or too much memory, somebody stopped it, or a file cannot be read.
        """
        return self._run(sql, (self.scan, *more))

    def sample(self, expressions: str, whole: int) -> Sample:
        """All rows where there are at most ``whole``, else about half as many, the same ones every time."""
        if self.rows <= whole:
            return Sample(self.ask(f"SELECT {expressions} FROM {self.relation}").table)
        rows = max(1, whole // 2)
        if isinstance(self.scan, FileScan):
            of = max(2, round(self.rows / rows))
            if _PLACES & {column.name.casefold() for column in self.columns}:
                return Sample(self._where(self.scan, expressions, f"hash({', '.join(column.sql for column in self.columns)}) % {of} = 0"))
            # Of the rows that are read together, all or none: the others' values need not be unpacked.
            runs = self._runs(self.scan, expressions, of, _RUN) if rows >= _LEAST_RUNS * _RUN else None
            return (
                runs
                or self._runs(self.scan, expressions, of, 1)
                or Sample(self.ask(f"SELECT {expressions} FROM {self.relation} LIMIT 1").table)
            )
        chosen = np.sort(np.random.default_rng(0).choice(self.rows, rows, replace=False))
        some = ArrowScan(self.scan.schema, self.scan.name, _Held(self.scan.load().take(pa.array(chosen))))
        return Sample(self._run(f"SELECT {expressions} FROM {self.relation}", (some,)).table)

    def _runs(self, scan: FileScan, expressions: str, of: int, run: int) -> Sample | None:
        """Of each ``of`` runs of ``run`` rows one, chosen by a hash of its place: spread evenly over all files, whatever their order."""
        number = f"(file_row_number // {run})"
        # A condition on one column is tried before the others are unpacked. Small files must be told apart, or all of them would be chosen.
        large = self.rows >= 4 * len(scan.files) * of * run
        where = f"{number} % {of} = (hash({'' if large else 'file_index, '}file_row_number // {of * run}) % {of})::BIGINT"
        table = self._where(scan, f"{expressions}, (file_index::BIGINT << 40) + {number} AS run", where)
        if not table.num_rows:  # many small files, none of which was chosen
            return None
        numbers = table.column(table.num_columns - 1).to_numpy()
        return Sample(table.remove_column(table.num_columns - 1), numbers if run > 1 else None)

    def _where(self, scan: FileScan, expressions: str, where: str) -> pa.Table:
        # Not out of a subquery or a view, through which no condition on a row's place finds its way to the files.
        return self.ask(f"SELECT {expressions} {relation(scan)} WHERE {where}").table

    def _columns(self) -> tuple[SourceColumn, ...]:
        result = self.ask(f"SELECT * FROM {self.relation} LIMIT 0")
        ids = [c.field_id for c in self.scan.columns] if isinstance(self.scan, FileScan) else list(range(1, len(result.types) + 1))
        return tuple(
            SourceColumn(field_id, field.name, "uuid" if sql_type == "UUID" else type_name(field.type), sql_type, kind_of(sql_type))
            for field_id, field, sql_type in zip(ids, result.table.schema, result.types, strict=True)
        )

    def _rows(self) -> int:
        if isinstance(self.scan, ArrowScan):
            return int(self.scan.load().num_rows)
        return int(self.ask(f"SELECT count(*) FROM {self.relation}").table.column(0)[0].as_py())

    def _run(self, sql: str, scans: tuple[Scan, ...]) -> Result:
        with in_words("Profiling", self.scan.name, self._timeout):
            return self._engine.run(self._run_id, sql, scans, timeout=self._timeout)


class _Held:
    """A table as what an :class:`ArrowScan` loads."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __call__(self) -> pa.Table:
        return self._table
