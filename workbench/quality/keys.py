"""Which columns tell rows apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.quality.records import ColumnProfile, Key
from workbench.quality.scanning import Sample, Source, SourceColumn

__all__ = ["EXACT_ROWS", "FIRST", "all_differ", "equal_rows", "find_keys", "mixed", "single_keys", "zeros"]

EXACT_ROWS = 250_000  # up to here equal rows are counted, and all distinct values; above they are estimated
_TOGETHER_ROWS = 1_000_000  # up to here columns are put together

_CHOSEN = 16_384
_TRIES = 12
_WIDTH = 8  # columns that are put together
_KINDS = ("integer", "text", "date", "timestamp", "decimal")
FIRST = (500, 4_000)  # rows with which most sets fall

Codes = np.ndarray[Any, np.dtype[np.uint64]]


def find_keys(source: Source, sample: Sample, columns: list[ColumnProfile], whole: bool) -> tuple[Key, ...]:
    """Single columns that are keys; where there are none, the pairs, else the triples that are."""
    if not source.rows:
        return ()
    usable = _usable(source, columns)
    single = single_keys(source, sample, columns)
    certain = tuple(Key(columns=(c.name,)) for _, c in single if c.distinct_exact)
    maybe = [(i,) for i, c in single if not c.distinct_exact]
    found = certain + _verified(source, maybe)
    # Of more rows a sample says too little: most pairs of wide columns are unique in it.
    return found or (_together(source, sample, usable, whole) if source.rows <= _TOGETHER_ROWS else ())


def single_keys(source: Source, sample: Sample, columns: list[ColumnProfile]) -> list[tuple[int, ColumnProfile]]:
    """Columns that are keys, or may be: of which the sample has no value twice."""
    usable = _usable(source, columns)
    return [(i, c) for i, c in usable if c.distinct == source.rows or (not c.distinct_exact and _unique(sample, i))]


def _usable(source: Source, columns: list[ColumnProfile]) -> list[tuple[int, ColumnProfile]]:
    return [(i, c) for i, c in enumerate(columns) if source.columns[i].kind in _KINDS and not c.nulls and c.distinct]


def equal_rows(source: Source) -> int | None:
    """How many rows are equal to an earlier one; None where there are too many to count."""
    if source.rows > EXACT_ROWS:
        return None
    listed = ", ".join(column.sql for column in source.columns)
    different = source.ask(f"SELECT count(DISTINCT hash({listed})) FROM {source.relation}").table
    return source.rows - int(different.column(0)[0].as_py())


def _unique(sample: Sample, index: int) -> bool:
    return bool(len(sample.encoded(index).values) == sample.rows.num_rows)


def _together(source: Source, sample: Sample, usable: list[tuple[int, ColumnProfile]], whole: bool) -> tuple[Key, ...]:
    best = sorted(usable, key=lambda pair: -(pair[1].distinct or 0))[:_WIDTH]
    every = {i: _codes(sample, i) for i, _ in best}
    codes = [*({i: column[:first] for i, column in every.items()} for first in FIRST), every]
    for width in (2, 3):
        sets = sorted(combinations(best, width), key=lambda chosen: -_product(chosen))
        likely = [tuple(sorted(i for i, _ in chosen)) for chosen in sets if _product(chosen) >= source.rows][:_TRIES]
        held = [chosen for chosen in likely if all(all_differ(_mixed([stage[index] for index in chosen])) for stage in codes)][:3]
        if whole and held:
            return tuple(Key(columns=tuple(source.columns[i].name for i in chosen)) for chosen in held)
        if found := _verified(source, held):
            return found
    return ()


def _verified(source: Source, sets: list[Any]) -> tuple[Key, ...]:
    """Those sets of columns that are keys of all rows."""
    held = [[source.columns[i] for i in chosen] for chosen in sets]
    if source.rows > EXACT_ROWS:
        # Most that are none are found out by rows chosen by their values, at a fraction of what all rows take.
        several = [f"h{place} & {(1 << zeros(source.rows)) - 1} = 0" for place in range(len(held))]
        held = _without_repeats(source, held, [f"FILTER (WHERE {condition})" for condition in several])
    return tuple(Key(columns=tuple(column.name for column in chosen)) for chosen in _without_repeats(source, held))


def _without_repeats(source: Source, sets: list[list[SourceColumn]], filters: Sequence[str] = ()) -> list[list[SourceColumn]]:
    """Those sets whose values differ in all rows, or in all that ``filters`` (of the set's hash, named h and its place) let through."""
    if not sets:
        return []
    hashes = [f"hash({', '.join(column.sql for column in chosen)}) AS h{place}" for place, chosen in enumerate(sets)]
    counts = [f"count(DISTINCT h{place}) {only}, count(*) {only}" for place, only in enumerate(filters or [""] * len(sets))]
    row = source.ask(f"SELECT {', '.join(counts)} FROM (SELECT {', '.join(hashes)} FROM {source.relation})").table
    different, rows = ([row.column(place)[0].as_py() for place in range(first, 2 * len(sets), 2)] for first in (0, 1))
    return [chosen for chosen, n, of in zip(sets, different, rows, strict=True) if n == of]


def zeros(rows: int) -> int:
    """How many zeros a row's hash must end in for 16,384 to 32,768 different ones to be chosen where all differ: their number has a
    standard error of 1/128. Of equal rows all are chosen, or none."""
    return max(0, int(math.log2(max(1, rows) / _CHOSEN)))


def _product(chosen: tuple[tuple[int, ColumnProfile], ...]) -> int:
    size = 1
    for _, column in chosen:
        size *= column.distinct or 0
    return size


def mixed(sample: Sample, chosen: Sequence[int]) -> Codes:
    """A number for each row, equal for rows that are equal in these columns (and, by chance of 2^-64, for others)."""
    return _mixed([_codes(sample, index) for index in chosen])


def all_differ(codes: Codes) -> bool:
    """Whether no two rows have the same number."""
    return bool(pc.count_distinct(pa.array(codes)).as_py() == len(codes))


def _codes(sample: Sample, index: int) -> Codes:
    return sample.encoded(index).codes.astype(np.uint64)


def _mixed(columns: Sequence[Codes]) -> Codes:
    # splitmix64's steps, column by column: near numbers become far ones.
    codes = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        codes = codes * np.uint64(0x9E3779B97F4A7C15) + column + np.uint64(1)
        codes = (codes ^ (codes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        codes = (codes ^ (codes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        codes ^= codes >> np.uint64(31)
    return codes
