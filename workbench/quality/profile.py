"""A dataset's profile: one look at a sample, one statement over all rows, the rest follows."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.catalog.encode import encode_column
from workbench.core.refs import DatasetRef
from workbench.engines.duckdb import Engine, Tallied
from workbench.engines.scans import Scan
from workbench.quality.figures import LONG_TEXT, Figures, Wanted, ask, sketch_for
from workbench.quality.keys import EXACT_ROWS, equal_rows, find_keys, single_keys
from workbench.quality.patterns import shapes
from workbench.quality.records import ColumnProfile, Profile
from workbench.quality.repeats import equal_by_value
from workbench.quality.scanning import FEW, LONG, Sample, Source, SourceColumn
from workbench.quality.semantic import detect
from workbench.quality.similar import near_duplicates, variants
from workbench.quality.weighted import Weighted

__all__ = ["WHOLE_ROWS", "looked_at", "profile", "profiled"]

WHOLE_ROWS = 100_000  # above it half as many rows are looked at
_CELLS = 20_000_000  # of a sample: fewer rows of very wide tables
_LEAST_ROWS = 1_000
_SUMMED = ("integer", "decimal", "float")
_MEASURED = (*_SUMMED, "date", "timestamp")
_OPAQUE = ("nested", "binary", "other")  # of which values are told apart, and no more
_THREADS = 2
_Described = tuple[ColumnProfile, Callable[[], dict[str, Any]]]  # a column as it was counted, and what its values say
_FEW_COLUMNS = 200  # a query for each column of a wider table would take its time only to be planned


def profile(
    engine: Engine, scan: Scan, *, ref: DatasetRef | None = None, run_id: str | None = None, timeout: float = 600.0,
    whole_rows: int = WHOLE_ROWS,
) -> Profile:  # fmt: skip
    """The profile of Parquet files, committed or not, or of rows in memory.

    Counts, nulls, minimum, maximum, sum, mean and deviation are those of all rows, always. The rest is, too, up to
    ``whole_rows`` rows, and above it for columns of few distinct values; else it comes from a reproducible sample (see
    :meth:`Source.sample`), and the record says so. ``run_id`` is what :meth:`Engine.interrupt` knows it by.

    Raises
    ------
    TooLarge, Cancelled, StorageUnavailable
        It took more than ``timeout`` seconds or too much memory, somebody stopped it, or a file cannot be read.
    """
    return profiled(Source(engine, scan, timeout, run_id), ref=ref, whole_rows=whole_rows)


def profiled(source: Source, *, ref: DatasetRef | None = None, whole_rows: int = WHOLE_ROWS) -> Profile:
    """The same of rows that are asked for more afterwards. Raises as :func:`profile`."""
    return looked_at(source, ref=ref, whole_rows=whole_rows)[0]


def looked_at(source: Source, *, ref: DatasetRef | None = None, whole_rows: int = WHOLE_ROWS) -> tuple[Profile, Sample]:
    """The same with the rows that were looked at: of each column of ``source`` one, in their order. Raises as :func:`profile`."""
    began = time.perf_counter()
    most = max(_LEAST_ROWS, min(whole_rows, _CELLS // max(1, len(source.columns))))
    few_columns = len(source.columns) <= _FEW_COLUMNS
    early: dict[int, _Described] = {}

    def look(columns: Mapping[int, Tallied]) -> None:
        # While the engine counts the others.
        early.update({index: _tallied(source, source.columns[index], column) for index, column in columns.items()})

    sampled = [_sampled(index, column) for index, column in enumerate(source.columns)]
    some = source.sample(sampled, most, tally=look if few_columns else None)
    seen = some.rows.num_rows
    # In threads: Arrow and numpy do the work, and let go of the interpreter meanwhile.
    with ThreadPoolExecutor(_THREADS) as pool:
        described = _columns(source, some, few_columns, pool, early)
        counted = [column for column, _ in described]
        # The engine looks for equal rows meanwhile, unless a column may tell all of them apart, so that nobody need ask.
        likely = source.rows > EXACT_ROWS and not single_keys(source, some, counted)
        equal = pool.submit(equal_by_value, source, some, counted) if likely else None
        keys = find_keys(source, some, counted, seen == source.rows)
        duplicates = 0 if not source.rows or keys else equal_rows(source)
        near = near_duplicates(source.columns, some, keys)
        if duplicates is None:
            near = (*near, equal.result() if equal is not None else equal_by_value(source, some, counted))
        columns = [column.model_copy(update=more()) for column, more in described]
    found = Profile(
        ref=ref,
        rows=source.rows,
        columns=tuple(columns),
        sampled=None if seen == source.rows else seen,
        keys=keys,
        duplicates=duplicates,
        near_duplicates=near,
        seconds=round(time.perf_counter() - began, 4),
    )
    return found, some


def _columns(
    source: Source, sample: Sample, few_columns: bool, pool: ThreadPoolExecutor, early: Mapping[int, _Described]
) -> list[_Described]:
    """The columns in their order; those not looked at yet while the engine counts the next ones."""
    found = {index: early[index] for index in sample.tallied}
    looked = [index for index in range(len(source.columns)) if index not in found]
    wanted = pool.map(lambda index: _wanted(index, source.columns[index], source.rows, sample, few_columns), looked)
    asked = ask(source, list(wanted)) if source.rows else ((one, Figures()) for one in wanted)
    found |= {one.index: _column(source, one, sample, mine, pool) for one, mine in asked}
    return [found[index] for index in range(len(source.columns))]


def _tallied(source: Source, column: SourceColumn, tallied: Tallied) -> _Described:
    """A column of which every value was counted."""
    values = Weighted.of(tallied.values, pa.array(tallied.counts), column.kind)
    said = _distribution(values, column)
    return _profile(source, column, _from_values(values, source.rows) | {"top_exact": True, "looked_at": None}), lambda: said


def _profile(source: Source, column: SourceColumn, facts: dict[str, Any]) -> ColumnProfile:
    known = {"field_id": column.field_id, "name": column.name, "type": column.type, "rows": source.rows, "nulls": 0}
    return ColumnProfile(**known | facts)


def _sampled(index: int, column: SourceColumn) -> str:
    name = column.value
    if column.sql_type == "VARCHAR":
        cut = f"left({name}, {LONG}) || '… #' || hash({name})::VARCHAR"
        name = f"CASE WHEN strlen({name}) < {LONG_TEXT} THEN {name} ELSE {cut} END"
    elif column.kind in _OPAQUE:
        # Only whether there is one, and which ones are the same.
        name = f"CASE WHEN {name} IS NULL THEN NULL ELSE hash({name}) END"
    return f"{name} AS c{index}"


def _wanted(index: int, column: SourceColumn, rows: int, sample: Sample, few_columns: bool) -> Wanted:
    opaque = column.kind in _OPAQUE
    long = column.sql_type == "VARCHAR" and _is_long(sample.encoded(index).values)
    if sample.rows.num_rows == rows and not opaque:
        return Wanted(index, column, figures=long, long=long)
    if rows <= EXACT_ROWS and opaque:
        return Wanted(index, column, figures=True, distinct=True)
    likely = sample.likely_distinct(index, rows)
    if not opaque and likely <= FEW // 2 and not long and few_columns:
        # Should there be more after all, the figures are needed, too; they are cheap for what has few values.
        return Wanted(index, column, grouped=True)
    sketch = sketch_for(likely)
    exact = rows <= EXACT_ROWS or not sketch
    return Wanted(index, column, figures=True, distinct=exact, sketch=None if exact else sketch, long=long)


def _is_long(texts: pa.Array) -> bool:
    longest = pc.max(pc.binary_length(texts)).as_py() or 0
    return bool(longest >= LONG)


def _column(source: Source, wanted: Wanted, sample: Sample, mine: Figures, pool: ThreadPoolExecutor) -> _Described:
    column, values, looked_at = wanted.column, None, sample.rows.num_rows
    exact = looked_at == source.rows
    if "values" in mine:
        different, counts = mine["values"]
        if len(different) <= FEW:
            values, exact = Weighted.of(different, counts, column.kind), True
        else:
            sketch = sketch_for(2 * FEW) if source.rows > EXACT_ROWS else None
            wanted = Wanted(wanted.index, column, figures=True, distinct=sketch is None, sketch=sketch)
            [(_, mine)] = ask(source, [wanted])
    if values is None and column.kind not in _OPAQUE:
        values = Weighted.counted(sample.encoded(wanted.index), column.kind)
    facts: dict[str, Any] = {}
    if values is not None and exact:
        facts |= _from_values(values, source.rows)
    facts |= _from_figures(wanted, mine, source.rows)
    if values is not None:
        facts |= {"top_exact": exact, "looked_at": None if exact else looked_at}
    return _profile(source, column, facts), pool.submit(_distribution, values, column).result


def _from_values(values: Weighted, rows: int) -> dict[str, Any]:
    """Figures of a column whose values are all known."""
    facts: dict[str, Any] = {"nulls": rows - values.rows - values.nan - values.infinite, "nan": values.nan, "infinite": values.infinite}
    facts["distinct"] = len(values.values) + values.specials
    if values.kind in (*_MEASURED, "text", "time") and len(values.values):
        ends = pc.min_max(values.values)
        facts |= {"min": _encoded(ends["min"]), "max": _encoded(ends["max"])}
    if values.kind in _SUMMED and values.rows:
        total = values.total()
        facts |= _summed(total, values.rows, values.kind) | {"stddev": values.stddev()}
    if values.kind == "text":
        facts |= _lengths(values)
    return facts


def _lengths(values: Weighted) -> dict[str, Any]:
    blank = pc.equal(pc.utf8_trim_whitespace(values.values), "").to_numpy(zero_copy_only=False)
    lengths = pc.min_max(pc.utf8_length(values.values))
    counted = int(values.counts[blank.astype(bool)].sum()) if len(values.values) else 0
    return {"blank": counted, "min_length": lengths["min"].as_py(), "max_length": lengths["max"].as_py()}


def _from_figures(wanted: Wanted, mine: Figures, rows: int) -> dict[str, Any]:
    """Figures of a column that the engine gave."""
    facts: dict[str, Any] = {}
    if "count" in mine:
        count = mine["count"].as_py()
        facts["nulls"] = rows - count
        plain = {name: mine[name].as_py() for name in ("min_length", "max_length", "blank", "nan") if name in mine}
        facts |= plain | {name: _encoded(mine[name]) for name in ("min", "max") if name in mine}
        finite = mine["finite"].as_py() if "finite" in mine else count
        if "nan" in plain:
            facts["infinite"] = count - finite - plain["nan"]
        if "total" in mine and finite:
            facts |= _summed(mine["total"].as_py(), finite, wanted.column.kind)
        if "rough" in mine and finite:
            facts["mean"] = _finite(mine["rough"].as_py() / finite)
        if "stddev" in mine:
            facts["stddev"] = _finite(mine["stddev"].as_py())
    if "distinct" in mine:
        facts |= {"distinct": mine["distinct"].as_py(), "distinct_exact": True}
    if "sketch" in mine:
        facts |= {"distinct": min(rows, mine["sketch"].as_py() << (wanted.sketch or 0)), "distinct_exact": False}
    return facts


def _summed(total: Any, count: int, kind: str) -> dict[str, Any]:
    if isinstance(total, float):
        return {"total": _finite(total), "mean": _finite(total / count)}
    exact = Fraction(total) / count
    shown = f"{total:f}" if kind == "decimal" and isinstance(total, Decimal) else int(total)
    return {"total": str(shown) if isinstance(shown, int) and abs(shown) > 2**53 else shown, "mean": float(exact)}


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _encoded(scalar: pa.Scalar) -> Any:
    return encode_column(pa.repeat(scalar, 1))[0]


def _distribution(values: Weighted | None, column: SourceColumn) -> dict[str, Any]:
    if values is None:
        return {}
    facts: dict[str, Any] = {"top": values.top()}
    if column.kind in _MEASURED:
        facts |= {"quantiles": values.quantiles(), "histogram": values.histogram(), "outliers": values.outliers()}
    elif column.kind == "text":
        facts |= {"patterns": shapes(values.values, values.counts), "variants": variants(values)}
    return facts | {"semantic": detect(column.name, column.kind, values)}
