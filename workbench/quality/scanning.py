"""What a profile asks the engine: which columns there are, a sample of rows, figures over all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import pyarrow as pa

from workbench.catalog.encode import type_name
from workbench.core.ids import new_id
from workbench.engines.duckdb import Engine, Result, in_words, quoted, relation_with_places
from workbench.engines.scans import ArrowScan, FileScan, Scan

__all__ = ["ColumnKind", "Source", "SourceColumn", "kind_of"]

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

    def sample(self, expressions: str, rows: int) -> pa.Table:
        """About ``rows`` rows, the same ones every time; all of them when there are no more."""
        if self.rows <= rows:
            return self.ask(f"SELECT {expressions} FROM {self.relation}").table
        if isinstance(self.scan, FileScan):
            most = int(rows / self.rows * 2**64)
            # A hash of a row's place: spread over all files, and no two runs differ.
            where = f"hash(__file, __row) < {most}::UBIGINT"
            return self.ask(f"SELECT {expressions} FROM ({relation_with_places(self.scan)}) WHERE {where}").table
        import numpy as np

        chosen = np.sort(np.random.default_rng(0).choice(self.rows, rows, replace=False))
        some = ArrowScan(self.scan.schema, self.scan.name, _Held(self.scan.load().take(pa.array(chosen))))
        return self._run(f"SELECT {expressions} FROM {self.relation}", (some,)).table

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
