"""Equal rows where there are too many to count them: what the columns say for certain, and what rows chosen by their values let expect."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from workbench.quality.keys import FIRST, all_differ, mixed, zeros
from workbench.quality.records import ColumnProfile, NearDuplicates, Profile
from workbench.quality.scanning import FEW, Sample, Source

__all__ = ["Likely", "equal_by_value", "likely_equal"]

_ERROR = 1.05  # what an estimated number of distinct values may be too small by


class Likely(NamedTuple):
    """How many rows are equal to an earlier one, and how that is known."""

    rows: int
    known_by: str


def equal_by_value(source: Source, sample: Sample, columns: Sequence[ColumnProfile]) -> NearDuplicates:
    """The equal rows among those of which a hash of all that they hold ends in some zeros: of equal ones all are chosen, or none.

    A row that is very frequent may thus be among them or not. Where there is none, for of the sample all rows differ, the share of
    equal rows among the chosen ones is that among all. Else how many different rows there are is told by how many were chosen.

    Raises
    ------
    TooLarge, Cancelled, StorageUnavailable
        As :meth:`Source.ask`.
    """
    few = zeros(source.rows)
    telling = _telling(source, sample, columns)
    if telling:
        # Rows that differ in some columns need no look at the others.
        found = _chosen(source, telling, few)
        if not found.groups:
            return found
    every = list(range(len(source.columns)))
    found = _chosen(source, every, few) if len(telling) < len(every) else found
    by_share = round(source.rows * found.rows / found.checked) if found.checked else 0
    by_number = source.rows - ((found.checked - found.rows) << few)
    return found.model_copy(update={"expected": by_share if telling else min(max(0, by_number), source.rows - 1)})


def _telling(source: Source, sample: Sample, columns: Sequence[ColumnProfile]) -> list[int]:
    """Columns in which all rows of the sample differ: about as few as it takes; none where not even all of them do."""

    def late(index: int) -> tuple[bool, int]:
        # Long lists of texts take longest to be read.
        return source.columns[index].kind == "text" and (columns[index].distinct or 0) > FEW, -(columns[index].distinct or 0)

    order = sorted(range(len(source.columns)), key=late)
    sizes = [*takewhile(lambda size: size < len(order), (1, 2, 3, 4, *(8 << n for n in range(32)))), len(order)]
    return next((order[:size] for size in sizes if _differ(sample, order[:size])), [])


def _differ(sample: Sample, columns: Sequence[int]) -> bool:
    codes = mixed(sample, columns)
    return all(all_differ(codes[:first]) for first in (*FIRST, len(codes)))


def _chosen(source: Source, columns: list[int], few: int) -> NearDuplicates:
    chosen = [source.columns[index] for index in columns]
    hashed = f"SELECT hash({', '.join(column.sql for column in chosen)}) AS h FROM {source.only(chosen)}"
    counted = f"SELECT count(*) AS n FROM ({hashed}) WHERE h & {(1 << few) - 1} = 0 GROUP BY h"
    row = source.ask(f"SELECT coalesce(sum(n), 0)::BIGINT, count(*), count(*) FILTER (WHERE n > 1) FROM ({counted})").table
    rows, different, groups = (row.column(i)[0].as_py() for i in range(3))
    return NearDuplicates(method="equal", checked=rows, rows=rows - different, groups=groups, expected=0)


def likely_equal(profile: Profile) -> Likely | None:
    """How many rows are equal to an earlier one where nobody counted them; None where nothing says so."""
    if profile.duplicates is not None or not profile.rows:
        return None
    different = _most_different(profile)
    sure = max(0, profile.rows - different) if different is not None else 0
    chosen = next((near for near in profile.near_duplicates if near.expected is not None), None)
    if chosen is not None and (not sure or (chosen.expected or 0) - sure > profile.rows / 100):
        return Likely(chosen.expected or 0, f"estimated from {chosen.checked:,} rows chosen by their values")
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
