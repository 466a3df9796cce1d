"""What a profile asks the engine: which columns there are, a sample of rows, figures over all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from workbench.catalog.encode import type_name
from workbench.core.ids import new_id
from workbench.engines.duckdb import Engine, Result, Spread, Tallied, Tally, in_words, quoted, relation, tallied
from workbench.engines.scans import ArrowScan, FileScan, HeldRows, Scan

__all__ = ["FEW", "LONG", "ColumnKind", "Encoded", "Sample", "Source", "SourceColumn", "kind_of"]

FEW = 20_000  # distinct values that are counted one by one
LONG = 500  # bytes of texts that are not counted one by one
_FEWEST = 20_000  # rows a file: to open small ones for each column takes longer than to count it
_RUNS = (2048, 1024, 512)  # rows: the engine reads 2048 together
_LEAST_RUNS = 16
_LEAST_ROWS, _MOST_ROWS = 16_384, 50_000  # of a sample, which is a twentieth between them
_PLACES = {"file_index", "file_row_number"}  # what the engine calls a row's place; a column of that name hides it

Runs = np.ndarray[Any, np.dtype[np.int64]]
Seen = Callable[[Mapping[int, Tallied]], None]
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
class Encoded:
    """A column as numbers: ``codes`` has for each row the place of its value in ``values`` (each once; a null, too, is one). There may
    be values that no row has."""

    values: pa.Array
    codes: np.ndarray[Any, np.dtype[np.int32]]

    @classmethod
    def of(cls, column: pa.ChunkedArray | pa.Array) -> Encoded:
        """A column of rows."""
        whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        encoded = whole.dictionary_encode(null_encoding="encode")
        return cls(encoded.dictionary, encoded.indices.to_numpy())

    @cached_property
    def counts(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """How many rows have each value."""
        return np.bincount(self.codes, minlength=len(self.values))

    def among(self, groups: np.ndarray[Any, np.dtype[np.int64]], most: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        """In how many groups of rows (each row's group is below ``most``) each value is."""
        found = np.zeros(len(self.values) * most, dtype=bool)
        found[self.codes.astype(np.int64) * most + groups] = True
        together: np.ndarray[Any, np.dtype[np.int64]] = found.reshape(-1, most).sum(axis=1)
        return together


class Sample:
    """Some rows. ``runs``: which run of neighbours each came with; None where each was chosen by itself, or all are there. ``tallied``:
    columns of which the values of all rows were counted meanwhile."""

    def __init__(
        self, rows: pa.Table, runs: np.ndarray[Any, np.dtype[np.int64]] | None = None, tallied: Mapping[int, Tallied] | None = None
    ) -> None:
        self.rows, self.runs, self.tallied = rows, runs, tallied or {}
        self._encoded = {index: Encoded(column.values, column.codes) for index, column in self.tallied.items()}

    def encoded(self, index: int) -> Encoded:
        """A column as numbers; made once."""
        if index not in self._encoded:
            self._encoded[index] = Encoded.of(self.rows.column(index))
        return self._encoded[index]

    @cached_property
    def _groups(self) -> tuple[np.ndarray[Any, np.dtype[np.int64]], int]:
        assert self.runs is not None
        different, groups = np.unique(self.runs, return_inverse=True)
        return groups, len(different)

    def likely_distinct(self, index: int, rows: int) -> float:
        """How many values a column has in all ``rows``, from how often each is in the sample.

        Chao's estimate: values seen once and twice tell how many were not seen at all. Of runs it is asked in how many of them a
        value was seen, for neighbours are often alike (Chao 1987, for incidence data).
        """
        column, looked_at = self.encoded(index), max(1, self.rows.num_rows)
        seen_in = column.counts if self.runs is None else column.among(*self._groups)
        counts = seen_in[column.values.is_valid().to_numpy(zero_copy_only=False)] if column.values.null_count else seen_in
        seen, once, twice = len(counts), int((counts == 1).sum()), int((counts == 2).sum())
        # Each value has its share in the sample: there cannot be many more than that.
        return float(min(seen + once * (once - 1) / (2 * (twice + 1)), seen * rows / looked_at, rows))


class Source:
    """Rows to be profiled, asked through the engine; errors are the workbench's."""

    def __init__(self, engine: Engine, scan: Scan, timeout: float, run_id: str | None = None) -> None:
        self._engine = engine
        self._timeout = timeout
        self._run_id = run_id or new_id()
        self._one = threading.Lock()  # two statements at once would take two processes
        # Read once, for there will be several statements.
        self.scan: Scan = replace(scan, load=HeldRows(scan.load())) if isinstance(scan, ArrowScan) else scan
        self.relation = f"{quoted(scan.schema)}.{quoted(scan.name)}"

    @cached_property
    def _none(self) -> Result:
        return self.ask(f"SELECT * FROM {self.relation} LIMIT 0")

    @cached_property
    def columns(self) -> tuple[SourceColumn, ...]:
        """The columns as they are seen. Raises as :meth:`ask`."""
        result = self._none
        # Of a relation in another shape not every column is there.
        ids = {c.name: c.field_id for c in self.scan.columns} if isinstance(self.scan, FileScan) else {}
        return tuple(
            SourceColumn(
                ids.get(field.name, place), field.name, "uuid" if sql_type == "UUID" else type_name(field.type), sql_type, kind_of(sql_type)
            )
            for place, (field, sql_type) in enumerate(zip(result.table.schema, result.types, strict=True), 1)
        )

    @cached_property
    def rows(self) -> int:
        """How many rows there are. Raises as :meth:`ask`."""
        if isinstance(self.scan, ArrowScan):
            return int(self.scan.load().num_rows)
        if self.scan.rows and self.scan.shape is None:
            return self.scan.rows
        return int(self.ask(f"SELECT count(*) FROM {self.relation}").table.column(0)[0].as_py())

    def only(self, columns: Sequence[SourceColumn]) -> str:
        """What some columns are selected from. The more there are, the longer a statement takes to be planned."""
        if isinstance(self.scan, FileScan) and self.scan.shape is None and not self.scan.places:
            names = {column.name for column in columns}
            return f"({relation(replace(self.scan, columns=tuple(c for c in self.scan.columns if c.name in names)))})"
        return self.relation

    def ask(self, sql: str, *more: Scan) -> Result:
        """Run a statement over the scan.

        Raises
        ------
        TooLarge, Cancelled, StorageUnavailable
            It took too long or too much memory, somebody stopped it, or a file cannot be read.
        """
        return self._run(sql, (self.scan, *more))

    def sample(self, expressions: Sequence[str], whole: int, tally: Seen | None = None) -> Sample:
        """All rows where there are at most ``whole``, else some: a twentieth, at least 16,384, and no more than 50,000 or half of
        ``whole``; the same ones every time. With ``tally``, which is for an expression a column, those of few values may be counted in
        all rows meanwhile: of them the values themselves are given, and ``tally`` gets them as they come."""
        selected = ", ".join(expressions)
        if self.rows <= whole:
            return Sample(self.ask(f"SELECT {selected} FROM {self.relation}").table)
        rows = max(1, min(max(self.rows // 20, _LEAST_ROWS), _MOST_ROWS, whole // 2))
        if isinstance(self.scan, FileScan):
            of = max(2, round(self.rows / rows))
            if self.scan.shape is not None or _PLACES & {column.name.casefold() for column in self.columns}:
                return Sample(self._where(self.scan, selected, f"hash({', '.join(column.sql for column in self.columns)}) % {of} = 0"))
            # Of the rows that are read together, all or none: the others' values need not be unpacked.
            run = next((run for run in _RUNS if rows >= _LEAST_RUNS * run), None)
            return (
                (self._runs(self.scan, expressions, of, run, tally) if run is not None else None)
                or self._runs(self.scan, expressions, of, 1, tally)
                or Sample(self.ask(f"SELECT {selected} FROM {self.relation} LIMIT 1").table)
            )
        chosen = np.sort(np.random.default_rng(0).choice(self.rows, rows, replace=False))
        some = ArrowScan(self.scan.schema, self.scan.name, HeldRows(self.scan.load().take(pa.array(chosen))))
        return Sample(self._run(f"SELECT {selected} FROM {self.relation}", (some,)).table)

    def _runs(self, scan: FileScan, expressions: Sequence[str], of: int, run: int, tally: Seen | None) -> Sample | None:
        """Of each ``of`` runs of ``run`` rows one, chosen by a hash of its place: spread evenly over all files, whatever their order."""
        # A condition on one column is tried before the others are unpacked. Small files must be told apart, or all of them would be chosen.
        large = self.rows >= 4 * len(scan.files) * of * run
        spread = Spread(of, run, f"(hash({'' if large else 'file_index, '}file_row_number // {of * run}) % {of})::BIGINT")
        runs, counted = self._tally(scan, spread, tally) if tally and self.rows >= _FEWEST * len(scan.files) else (None, {})
        left = [expression for index, expression in enumerate(expressions) if index not in counted]
        columns: list[Any] = []
        if left or runs is None:
            table = self._where(scan, ", ".join([*left, f"(file_index::BIGINT << 40) + {spread.number} AS run"]), spread.where)
            *columns, last = table.columns
            numbers = last.to_numpy()
            if runs is not None and not np.array_equal(runs, numbers):  # rows of both must be the same ones, in the same order
                return self._runs(scan, expressions, of, run, None)
            runs = numbers
        if not len(runs):  # many small files, none of which was chosen
            return None
        for index in sorted(counted):
            columns.insert(index, counted[index].values.take(pa.array(counted[index].codes)))
        rows = pa.table(columns, names=[f"c{index}" for index in range(len(columns))])
        return Sample(rows, runs if run > 1 else None, counted)

    def _tally(self, scan: FileScan, spread: Spread, seen: Seen) -> tuple[Runs | None, dict[int, Tallied]]:
        wanted = Tally(scan, self._none.table.schema, spread, FEW, LONG)
        chosen: list[Runs] = []
        counted: dict[int, Tallied] = {}

        def part(table: pa.Table) -> None:
            runs, columns = tallied(table)
            if runs is not None:
                chosen.append(runs)
            counted.update(columns)
            seen(columns)

        with in_words("Profiling", self.scan.name, self._timeout):
            self._engine.tally(self._run_id, wanted, part, timeout=self._timeout)
        return (chosen[0] if counted else None), counted

    def _where(self, scan: FileScan, expressions: str, where: str) -> pa.Table:
        # Not out of a subquery or a view, through which no condition on a row's place finds its way to the files.
        return self.ask(f"SELECT {expressions} {relation(scan)} WHERE {where}").table

    def _run(self, sql: str, scans: tuple[Scan, ...]) -> Result:
        with self._one, in_words("Profiling", self.scan.name, self._timeout):
            return self._engine.run(self._run_id, sql, scans, timeout=self._timeout)
