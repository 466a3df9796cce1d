"""Which columns tell rows apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.quality.records import ColumnProfile, Key
from workbench.quality.scanning import Source

__all__ = ["find_keys", "row_codes"]

_TRIES = 12
_WIDTH = 8  # columns that are put together
_KINDS = ("integer", "text", "date", "timestamp", "decimal")
_EXACT_ROWS = 1_000_000
_FIRST = 10_000

Codes = np.ndarray[Any, np.dtype[np.uint64]]


def find_keys(source: Source, sample: pa.Table, columns: list[ColumnProfile], whole: bool) -> tuple[Key, ...]:
    """Single columns that are keys; where there are none, the pairs, else the triples that are."""
    if not source.rows:
        return ()
    usable = [(i, c) for i, c in enumerate(columns) if source.columns[i].kind in _KINDS and not c.nulls and c.distinct]
    single = [(i, c) for i, c in usable if c.distinct == source.rows or (not c.distinct_exact and _unique(sample, i))]
    certain = tuple(Key(columns=(c.name,)) for _, c in single if c.distinct_exact)
    maybe = [(i,) for i, c in single if not c.distinct_exact]
    found = certain + _verified(source, maybe)
    # Of more rows a sample says too little: most pairs of wide columns are unique in it.
    return found or (_together(source, sample, usable, whole) if source.rows <= _EXACT_ROWS else ())


def _together(source: Source, sample: pa.Table, usable: list[tuple[int, ColumnProfile]], whole: bool) -> tuple[Key, ...]:
    best = sorted(usable, key=lambda pair: -(pair[1].distinct or 0))[:_WIDTH]
    # Most sets fall with the first few rows.
    stages = [sample.slice(0, _FIRST), sample]
    codes = [{i: _codes(rows, i) for i, _ in best} for rows in stages]
    for width in (2, 3):
        sets = sorted(combinations(best, width), key=lambda chosen: -_product(chosen))
        likely = [tuple(sorted(i for i, _ in chosen)) for chosen in sets if _product(chosen) >= source.rows][:_TRIES]
        held = [chosen for chosen in likely if all(_all_differ(stage, chosen) for stage in codes)][:3]
        if whole and held:
            return tuple(Key(columns=tuple(source.columns[i].name for i in chosen)) for chosen in held)
        if found := _verified(source, held):
            return found
    return ()


def _verified(source: Source, sets: list[Any]) -> tuple[Key, ...]:
    """Those sets of columns that are keys of all rows."""
    if not sets:
        return ()
    named = [tuple(source.columns[i].name for i in chosen) for chosen in sets]
    counted = []
    for chosen in sets:
        listed = ", ".join(source.columns[i].sql for i in chosen)
        counted.append(f"count(DISTINCT {listed if len(chosen) == 1 else f'hash({listed})'})")
    row = source.ask(f"SELECT {', '.join(f'{sql} AS k{i}' for i, sql in enumerate(counted))} FROM {source.relation}").table
    return tuple(Key(columns=names) for i, names in enumerate(named) if row.column(i)[0].as_py() == source.rows)


def _product(chosen: tuple[tuple[int, ColumnProfile], ...]) -> int:
    size = 1
    for _, column in chosen:
        size *= column.distinct or 0
    return size


def _unique(sample: pa.Table, index: int) -> bool:
    return bool(pc.count_distinct(sample.column(index).combine_chunks()).as_py() == sample.num_rows)


def _all_differ(codes: dict[int, Codes], chosen: tuple[int, ...]) -> bool:
    together = _mixed([codes[index] for index in chosen])
    return bool(pc.count_distinct(pa.array(together)).as_py() == len(together))


def row_codes(sample: pa.Table, chosen: Sequence[int]) -> Codes:
    """A number for each row, equal for rows that are equal in these columns (and, by chance of 2^-64, for others)."""
    return _mixed([_codes(sample, index) for index in chosen])


def _codes(sample: pa.Table, index: int) -> Codes:
    encoded = sample.column(index).combine_chunks().dictionary_encode(null_encoding="encode")
    found: Codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.uint64)
    return found


def _mixed(columns: Sequence[Codes]) -> Codes:
    # splitmix64's steps, column by column: near numbers become far ones.
    codes = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        codes = codes * np.uint64(0x9E3779B97F4A7C15) + column + np.uint64(1)
        codes = (codes ^ (codes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        codes = (codes ^ (codes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        codes ^= codes >> np.uint64(31)
    return codes
