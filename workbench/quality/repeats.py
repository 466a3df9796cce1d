"""Equal rows where there are too many to count them: what the columns say for certain, and what the rows looked at let expect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from workbench.quality.keys import row_codes
from workbench.quality.records import NearDuplicates, Profile, Spread
from workbench.quality.scanning import Sample

__all__ = ["Likely", "equal_among", "likely_equal", "repeated"]

_LEAST = 100  # rows of those looked at that are equal to an earlier one: their number has a standard error of a tenth
_LEAST_RUNS = 10
_ERROR = 1.05  # what an estimated number of distinct values may be too small by
_TELLING = 8  # columns that are put together first: most rows differ in them

Codes = np.ndarray[Any, np.dtype[np.uint64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]


class Likely(NamedTuple):
    """How many rows are equal to an earlier one, and how that is known."""

    rows: int
    known_by: str


def repeated(codes: Codes) -> Flags:
    """For each row: whether another has its code."""
    _, inverse, sizes = np.unique(codes, return_inverse=True, return_counts=True)
    found: Flags = sizes[inverse] > 1
    return found


def equal_among(sample: Sample, columns: Sequence[int], alike: Flags | None = None) -> NearDuplicates | None:
    """The rows of a sample that are equal in these columns, and how they are spread; None where there are none.

    ``alike`` are the rows that may be: the others are known to differ in some column.
    """
    if alike is None:
        telling = sorted(columns, key=lambda index: -len(sample.encoded(index).values))[:_TELLING]
        alike = repeated(row_codes(sample, telling))
    if not alike.any():
        return None
    codes = row_codes(sample if alike.all() else Sample(sample.rows.filter(pa.array(alike))), columns)
    runs = None if sample.runs is None else sample.runs[alike]
    _, which, sizes = np.unique(codes, return_inverse=True, return_counts=True)
    if len(sizes) == len(codes):
        return None
    seen_in = sizes if runs is None else _runs_of(which, runs)
    alone = int((~alike).sum())
    spread = Spread(
        runs=None if sample.runs is None else len(np.unique(sample.runs)),
        with_equal=None if runs is None else len(np.unique(runs[sizes[which] > 1])),
        places=int(seen_in.sum()) + alone,
        once=int((seen_in == 1).sum()) + alone,
        twice=int((seen_in == 2).sum()),
        pairs=int((seen_in * (seen_in - 1) // 2).sum()),
    )
    rows, groups = len(codes) - len(sizes), int((sizes > 1).sum())
    return NearDuplicates(method="equal", checked=sample.rows.num_rows, rows=rows, groups=groups, spread=spread)


def _runs_of(which: Numbers, runs: Numbers) -> Numbers:
    """In how many runs each different row is."""
    different, numbers = np.unique(runs, return_inverse=True)
    return np.bincount(np.unique(which * len(different) + numbers) // len(different))


def likely_equal(profile: Profile) -> Likely | None:
    """How many rows are equal to an earlier one where nobody counted them; None where nothing says so without doubt."""
    if profile.duplicates is not None or not profile.rows:
        return None
    different = _most_different(profile)
    sure = max(0, profile.rows - different) if different is not None else 0
    looked_at = next((near for near in profile.near_duplicates if near.method == "equal"), None)
    expected = _estimate(looked_at, profile.rows) if looked_at is not None else None
    if looked_at is not None and expected is not None and expected - sure > profile.rows / 100:
        return Likely(expected, f"estimated from {looked_at.checked:,} rows looked at")
    if not sure:
        return None
    return Likely(sure, f"at least: the columns' values make {'one row' if different == 1 else f'{different:,} different rows'} at most")


def _most_different(profile: Profile) -> int | None:
    """How many different rows the columns' values can make; None where not all columns have been counted."""
    product = 1
    for column in profile.columns:
        if column.distinct is None:
            return None
        values = column.distinct if column.distinct_exact else int(column.distinct * _ERROR) + 1
        product *= max(1, values + bool(column.nulls))
        if product >= profile.rows:
            return None
    return product


def _estimate(found: NearDuplicates, rows: int) -> int | None:
    """Rows equal to an earlier one among all ``rows``.

    Those of the same run are taken for as frequent everywhere. How many different rows there are beside, the rows seen in one and in two
    runs tell (Chao and Lin 2012: draws without replacement). That takes all for repeated alike; where few are, the pairs tell better:
    there cannot be more rows to leave out than there are pairs of equal ones. The smaller figure counts.
    """
    spread, share = found.spread, found.checked / rows
    if spread is None or share >= 1 or found.rows < _LEAST:
        return None
    if spread.runs is not None and (spread.runs < _LEAST_RUNS or 2 * (spread.with_equal or 0) < spread.runs):
        return None  # a few runs may be an exception
    drawn = spread.runs or found.checked
    unseen_for = 2 * spread.twice * drawn / (drawn - 1) + spread.once * share / (1 - share)
    by_runs = found.checked - found.rows + (spread.once**2 / unseen_for if spread.once else 0.0)
    by_pairs = spread.places / share - spread.pairs / share**2
    different = min(max(by_runs, by_pairs), spread.places / share)
    return max(0, round(rows - different))
