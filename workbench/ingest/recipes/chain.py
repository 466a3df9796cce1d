"""A recipe as one statement: each step a layer over the one before, rows marked by the step that takes them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.core.errors import WorkbenchError
from workbench.engines.duckdb import literal, quoted, relation_with_places
from workbench.engines.scans import ArrowScan, FileScan, Scan
from workbench.engines.types import type_name
from workbench.ingest.recipes.draft import Columns, DraftColumn, Effect
from workbench.ingest.recipes.records import ColumnOrigin, Recipe, StepEffect
from workbench.ingest.recipes.transforms import effect_of, name_of

if TYPE_CHECKING:
    from workbench.lake import ReadPlan

__all__ = ["Chain", "chain_of"]

_SCHEMA, _NAME = "recipe", "rows"
_FILE_ROWS = 1 << 40  # more than any file has: a row's place is its file's number and its number in the file


@dataclass(frozen=True)
class Chain:
    """A recipe over the rows of one plan.

    ``sql`` gives every row of the source, with the columns' values as the recipe makes them (``columns`` says under which names), and
    ``<prefix>_gone``: the number of the step that took the row out (from 1), NULL where it stays. ``statements`` come before it.
    ``<prefix>_t<step>`` and ``<prefix>_n<step>`` count the values that the step changed and made missing in the row; and
    ``<prefix>o<slot>`` is a column of the source as it was. ``touched`` are the slots of the columns that each step makes another of.
    """

    scan: Scan
    prefix: str
    source: tuple[DraftColumn, ...]
    columns: Columns
    steps: tuple[Any, ...]
    touched: tuple[frozenset[int], ...]
    fails: tuple[int, ...]
    statements: tuple[str, ...]
    sql: str

    @property
    def gone(self) -> str:
        return f"{self.prefix}_gone"

    def rows_sql(self) -> str:
        """The rows that stay, under the names that people see."""
        values = ", ".join(f"{self.columns.inside(column)} AS {quoted(column.name)}" for column in self.columns.all)
        return f"SELECT {values} FROM ({self.sql}) WHERE {self.gone} IS NULL"

    def copy_sql(self, target: str, field_ids: dict[str, int], file_mb: int | None = None) -> str:
        """The same into a file, or with ``file_mb`` into files of that size in a folder."""
        ids = ", ".join(f"{quoted(column.name)}: {field_ids[column.name]}" for column in self.columns.all)
        sizes = f", FILE_SIZE_BYTES '{file_mb}MB'" if file_mb else ""
        return f"COPY ({self.rows_sql()}) TO {literal(target)} (FORMAT parquet, CODEC zstd, FIELD_IDS {{{ids}}}{sizes})"

    def counts_sql(self) -> str:
        """One row: how many rows there are and stay, and for each step what it changed, nulled and took out."""
        parts = ["count(*) AS rows_in", f"count(*) FILTER (WHERE {self.gone} IS NULL) AS rows_out"]
        for number in range(1, len(self.steps) + 1):
            parts += [f"coalesce(sum({self.prefix}_{letter}{number}), 0)::BIGINT AS {letter}{number}" for letter in "tn"]
            parts.append(f"count(*) FILTER (WHERE {self.gone} = {number}) AS r{number}")
        return f"SELECT {', '.join(parts)} FROM ({self.sql})"

    def effects(self, counts: dict[str, int]) -> tuple[StepEffect, ...]:
        """Each step's part, of what :meth:`counts_sql` gives."""
        found, rows = [], counts["rows_in"]
        for number, step in enumerate(self.steps, 1):
            removed = counts[f"r{number}"]
            facts = {"changed": counts[f"t{number}"], "nulled": counts[f"n{number}"], "removed": removed}
            found.append(StepEffect(step=number, kind=step.kind, name=name_of(step), rows=rows, **facts))
            rows -= removed
        return tuple(found)

    def origins(self) -> tuple[ColumnOrigin, ...]:
        """The columns of the result with those they come from."""
        names = [name_of(step) for step in self.steps]
        return tuple(
            ColumnOrigin(
                column=c.name,
                type=c.type,
                sources=c.sources,
                steps=tuple(n for n, t in zip(names, self.touched, strict=True) if c.slot in t),
            )
            for c in self.columns.all
        )

    def schema(self) -> pa.Schema:
        """The result's Arrow schema, with the columns' descriptions."""
        return pa.schema([pa.field(c.name, c.arrow, metadata={"doc": c.doc} if c.doc else None) for c in self.columns.all])


def chain_of(plan: ReadPlan, recipe: Recipe, *, sample: float | None = None) -> Chain:
    """A recipe over a plan's rows; with ``sample``, over that share of them, the same ones every time.

    Raises
    ------
    ColumnNotFound, InvalidInput, AlreadyExists, Forbidden, InvalidSQL
        A step names a column that is not there at its place, or does not go with its type; the message says which step.
    """
    prefix = _prefix(plan, recipe)
    source = _columns(plan)
    scan, base = _base(plan, prefix, source, sample)
    columns, sql = Columns(prefix, source), base
    statements, fails, touched = [], [], []
    for number, step in enumerate(recipe.steps, 1):
        try:
            effect = effect_of(step, columns)
        except WorkbenchError as error:
            raise _of_step(error, number, step) from None
        statements += _prepared(effect, number, sql, prefix)
        sql = _layer(effect, number, sql, columns)
        touched.append(_touched(columns, effect))
        columns = effect.columns
        fails += [number] if effect.fails else []
    return Chain(scan, prefix, source, columns, recipe.steps, tuple(touched), tuple(fails), tuple(statements), sql)


def _touched(before: Columns, effect: Effect) -> frozenset[int]:
    old = {column.slot: (column.name, column.type) for column in before.all}
    return frozenset(effect.values) | {c.slot for c in effect.columns.all if (c.name, c.type) != old[c.slot]}


def _of_step(error: WorkbenchError, number: int, step: Any) -> WorkbenchError:
    return type(error)(f"Step {number} ({name_of(step)}): {error.message}", fix=error.fix, **error.details | {"step": number})


def _prefix(plan: ReadPlan, recipe: Recipe) -> str:
    names = [column.name for column in plan.columns] + [step.to for step in recipe.steps if step.kind == "rename"]
    prefix = "c"
    while any(name.casefold().startswith(prefix) for name in names):
        prefix = f"_{prefix}" if len(prefix) % 2 else f"c{prefix}"
    return prefix


def _columns(plan: ReadPlan) -> tuple[DraftColumn, ...]:
    return tuple(
        DraftColumn(
            slot, column.name, column.duckdb_type, field.type, type_name(field.type), (column.name,), (field.metadata or {}).get(b"doc")
        )
        for slot, (column, field) in enumerate(zip(plan.columns, plan.arrow_schema, strict=True))
    )


def _base(plan: ReadPlan, prefix: str, columns: Sequence[DraftColumn], sample: float | None) -> tuple[Scan, str]:
    """The source's rows under the names inside: no name that people gave is in the statement, where it could be one of DuckDB's."""
    scan = plan.scan(_SCHEMA, _NAME)
    inside = [f"{prefix}{column.slot}" for column in columns]
    if isinstance(scan, FileScan):
        named = tuple(replace(column, name=name) for column, name in zip(scan.columns, inside, strict=True))
        scan = replace(scan, columns=named)
        rows = relation_with_places(scan)
    else:
        scan = replace(scan, load=_Placed(scan, inside))
        rows = f"SELECT * FROM {quoted(_SCHEMA)}.{quoted(_NAME)}"
    place = f"__file::BIGINT * {_FILE_ROWS} + __row"
    values = ", ".join(f"CAST({name} AS {column.sql_type}) AS {name}" for name, column in zip(inside, columns, strict=True))
    kept = ", ".join(f"{name} AS {prefix}o{column.slot}" for name, column in zip(inside, columns, strict=True))
    sampled = "" if sample is None or sample >= 1 else f" WHERE hash(__file, __row) < {int(sample * 2**64)}::UBIGINT"
    return scan, f"SELECT {values}, {kept}, {place} AS {prefix}_place, NULL::SMALLINT AS {prefix}_gone FROM ({rows}){sampled}"


class _Placed:
    """Rows in memory under the names inside, with their places."""

    def __init__(self, scan: ArrowScan, names: Sequence[str]) -> None:
        self._load, self._names = scan.load, list(names)

    def __call__(self) -> pa.Table:
        import numpy as np

        table = self._load().rename_columns(self._names)
        places = pa.array(np.arange(table.num_rows, dtype=np.int64))
        return table.append_column("__file", pa.array(np.zeros(table.num_rows, dtype=np.int64))).append_column("__row", places)


def _prepared(effect: Effect, number: int, sql: str, prefix: str) -> list[str]:
    """The places of rows that are equal to one that is kept, before the statement that leaves them out."""
    if not effect.keys:
        return []
    keys, order = ", ".join(effect.keys), ", ".join(effect.order)
    ranked = (
        f"SELECT {prefix}_place, row_number() OVER (PARTITION BY {keys} ORDER BY {order}) AS n FROM ({sql}) WHERE {prefix}_gone IS NULL"
    )
    return [f"CREATE TEMP TABLE {prefix}_equal{number} AS SELECT {prefix}_place FROM ({ranked}) WHERE n > 1"]


def _layer(effect: Effect, number: int, sql: str, before: Columns) -> str:
    prefix = before.prefix
    gone, place = f"{prefix}_gone", f"{prefix}_place"
    removed, rows = effect.removed, f"({sql})"
    hidden = ""
    if effect.keys:
        # Not a join of ours: DuckDB would read the sides in the order it likes, and the rows would lose theirs.
        removed = f"{place} IN (SELECT {place} FROM {prefix}_equal{number})"
    if effect.by_name:
        aliases = ", ".join(f"{before.inside(column)} AS {quoted(column.name)}" for column in before.all)
        rows = f"(SELECT *, {aliases} FROM ({sql}))"
        hidden = f" EXCLUDE ({', '.join(quoted(column.name) for column in before.all)})"
    replaced = [f"{new} AS {prefix}{slot}" for slot, new in effect.values.items()]
    if removed is not None:
        replaced.append(f"CASE WHEN {gone} IS NULL AND ({removed}\n) THEN {number} ELSE {gone} END AS {gone}")
    listed = f" REPLACE ({', '.join(replaced)})" if replaced else ""
    parts = [f"*{hidden}{listed}"]
    for letter, count in (("t", effect.changed), ("n", effect.nulled)):
        parts.append(f"CASE WHEN {gone} IS NULL THEN {count} ELSE 0 END AS {prefix}_{letter}{number}")
    return f"SELECT {', '.join(parts)} FROM {rows}"
