"""Equal rows of more than can be counted: known from the columns' values, or estimated from rows chosen by theirs."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from workbench.engines.duckdb import DuckDBEngine
from workbench.engines.scans import FileScan, Scan
from workbench.quality.assess import assess
from workbench.quality.dimensions import dimensions, own_checks
from workbench.quality.profile import profile
from workbench.quality.records import ColumnProfile, Dimension, Profile
from workbench.quality.repeats import likely_equal

ROWS = 1_100_000  # of more than a million no columns are put together to a key
RNG = np.random.default_rng(7)
Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]


def rows_of(ids: Numbers) -> pa.Table:
    """Rows that are equal where their numbers are; no column tells them apart by itself."""
    return pa.table({"a": ids // 1000, "b": ids % 1000, "c": pa.array((ids % 7).astype(str))})


def uniqueness(found: tuple[Dimension, ...]) -> Dimension:
    return next(d for d in found if d.name == "uniqueness")


@pytest.mark.parametrize(
    ("ids", "share"),
    [
        (RNG.permutation(np.repeat(np.arange(ROWS // 2), 2)), 0.5),
        (np.repeat(np.arange(ROWS // 2), 2), 0.5),
        (RNG.permutation(np.concatenate([np.arange(ROWS // 2), np.repeat(np.arange(ROWS // 2, ROWS * 3 // 4), 2)])), 0.25),
        (RNG.permutation(np.concatenate([np.arange(ROWS * 9 // 10), np.full(ROWS // 10, ROWS)])), 0.1),
        (RNG.permutation(np.repeat(np.arange(ROWS // 10), 10)), 0.9),
        (np.concatenate([np.arange(ROWS * 19 // 20), np.repeat(ROWS + np.arange(ROWS // 40), 2)]), 0.025),
        (np.arange(ROWS), 0.0),
    ],
    ids=["pairs anywhere", "pairs of neighbours", "half of them in pairs", "one row often", "each ten times", "in one place only", "none"],
)
def test_equal_rows_are_estimated_from_those_chosen_by_their_values(
    engine: DuckDBEngine, as_scan: Callable[[pa.Table], Scan], ids: Numbers, share: float
) -> None:
    found = assess(engine, as_scan(rows_of(ids)))
    said = uniqueness(found.assessment.dimensions)
    assert found.profile.duplicates is None, "they are not counted"
    # Four standard errors of the number of different rows; of rows that all differ none is thought equal.
    assert said.score == pytest.approx(1 - share, abs=4 / 128 * (1 - share) if share else 0)
    assert "rows equal to an earlier one" in said.evidence and "estimated from " in said.evidence
    assert " rows chosen by their values" in said.evidence
    assert "uniqueness" in [check.id for check in own_checks(found.profile)], "the rows are a click away"


def test_of_rows_that_are_equal_but_for_one_column_none_is_thought_equal(engine: DuckDBEngine, as_files: Callable[..., FileScan]) -> None:
    """Four columns tell all rows of the sample apart; of those chosen, a few are equal in these four, and differ in the fifth."""
    ids = np.arange(ROWS)
    ids[1:500_000:1500] = ids[500_001::1500][:334]
    columns = {"a": ids // 1000, "b": ids % 1000, "c": ids % 7, "d": ids % 11, "e": np.arange(ROWS) < 500_000}
    found = assess(engine, as_files(pa.table(columns)))
    assert uniqueness(found.assessment.dimensions).score == 1


def test_rows_that_must_repeat_are_known_without_a_look(engine: DuckDBEngine, as_files: Callable[..., FileScan]) -> None:
    found = assess(engine, as_files(pa.table({"a": np.ones(ROWS, dtype=np.int64), "b": ["x"] * ROWS})))
    said = uniqueness(found.assessment.dimensions)
    assert (said.checked, said.failed) == (ROWS, ROWS - 1)
    assert "at least: the columns' values make one row at most" in said.evidence
    assert found.assessment.score is not None and found.assessment.score < 0.8


def column(name: str, distinct: int | None, nulls: int = 0, exact: bool = True) -> ColumnProfile:
    return ColumnProfile(field_id=1, name=name, type="long", rows=2_000_000, nulls=nulls, distinct=distinct, distinct_exact=exact)


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        ((column("a", 1000), column("b", 1000)), 1_000_000),
        ((column("a", 1000, nulls=5), column("b", 1000)), 999_000),
        ((column("a", 0, nulls=2_000_000),), 1_999_999),
        ((column("a", 1_000_000, exact=False),), 949_999),
        ((column("a", 1000), column("b", 2000)), None),
        ((column("a", 1000), column("b", None)), None),
    ],
    ids=["values of both", "missing is one more", "nothing at all", "an estimate may be too small", "as many as rows", "not counted"],
)
def test_the_product_of_the_columns_values_bounds_the_different_rows(columns: tuple[ColumnProfile, ...], rows: int | None) -> None:
    found = likely_equal(Profile(rows=2_000_000, columns=columns))
    assert (found.rows if found is not None else None) == rows


def test_what_was_counted_needs_no_estimate(engine: DuckDBEngine, as_files: Callable[..., FileScan]) -> None:
    found = profile(engine, as_files(rows_of(np.repeat(np.arange(100_000), 2))))
    assert found.duplicates == 100_000 and likely_equal(found) is None
    assert uniqueness(dimensions(found, (), {})).evidence == "rows equal to an earlier one: 100,000 of 200,000"


def test_the_command_line_says_how_equal_rows_are_known() -> None:
    from rich.console import Console

    from workbench.cli.commands.quality import _draw_profile

    console = Console(record=True, width=200, file=io.StringIO())
    _draw_profile(console, Profile(rows=2_000_000, columns=(column("a", 1000), column("b", 1000))))
    assert "1,000,000 rows are equal to an earlier one (at least: the columns' values make 1,000,000" in console.export_text()
