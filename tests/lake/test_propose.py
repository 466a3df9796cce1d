"""Partitioning is proposed where it pays, from a real profile."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest

from workbench.core.errors import InvalidInput
from workbench.engines.duckdb import DuckDBEngine
from workbench.engines.scans import ArrowScan
from workbench.lake.partitioning import check_partitioning, parse_partitioning
from workbench.lake.propose import propose, propose_from_first
from workbench.quality.profile import profile
from workbench.quality.records import Profile

GB = 1 << 30


def profiled(engine: DuckDBEngine, columns: dict[str, object]) -> Profile:
    table = pa.table(columns)
    return profile(engine, ArrowScan("s", "t", lambda: table))


def days(count: int, rows: int = 1200, start: date = date(2024, 1, 1)) -> list[date]:
    return [start + timedelta(days=n * count // rows) for n in range(rows)]


@pytest.mark.parametrize(
    ("span", "size", "expected"),
    [
        (365, 100 * GB, ("day(at)",)),
        (365, 2 * GB, ("month(at)",)),  # days would be of 6 MB
        (3650, 2 * GB, ("year(at)",)),  # months of 17 MB
        (365, GB // 8, ()),  # small
        (2, 2 * GB, ()),  # two days are too few to read less
        (36500, GB // 2, ()),  # years of 5 MB
    ],
)
def test_time_is_divided_as_finely_as_the_size_allows(engine: DuckDBEngine, span: int, size: int, expected: tuple[str, ...]) -> None:
    found = propose(profiled(engine, {"n": range(1200), "at": days(span)}), 10_000_000, size)
    assert found.partition_by == expected and found.reason and bool(found) is bool(expected)


def test_a_timestamp_counts_and_a_stray_date_does_not(engine: DuckDBEngine) -> None:
    moments = [datetime.fromisoformat("2024-01-01") + timedelta(hours=n) for n in range(8000)]
    moments[7] = datetime.fromisoformat("1900-01-01")
    found = propose(profiled(engine, {"at": moments}), 1_000_000, 2 * GB)
    assert found.partition_by == ("month(at)",) and "11 months" in found.reason


def test_a_column_with_missing_moments_is_not_proposed(engine: DuckDBEngine) -> None:
    assert not propose(profiled(engine, {"at": [None, *days(365)[1:]]}), 1_000_000, 2 * GB)


def test_few_values_are_proposed_where_none_has_nearly_all_rows(engine: DuckDBEngine) -> None:
    even = [f"c{n % 8}" for n in range(1000)]
    found = propose(profiled(engine, {"id": range(1000), "carrier": even}), 1_000_000, 2 * GB)
    assert found.partition_by == ("carrier",) and "8 values of about 256 MB" in found.reason
    one = ["x"] * 990 + [f"c{n}" for n in range(10)]
    assert not propose(profiled(engine, {"carrier": one}), 1_000_000, 2 * GB)
    assert not propose(profiled(engine, {"carrier": [f"c{n % 500}" for n in range(1000)]}), 1_000_000, 2 * GB)
    assert not propose(profiled(engine, {"price": [n % 8 + 0.5 for n in range(1000)]}), 1_000_000, 2 * GB)


def test_time_goes_before_values_and_what_is_proposed_can_be_made(engine: DuckDBEngine) -> None:
    from pyiceberg.schema import Schema
    from pyiceberg.types import DateType, NestedField, StringType

    found = propose(profiled(engine, {"kind": [f"c{n % 8}" for n in range(1200)], "at": days(365)}), 1_000_000, 2 * GB)
    assert found.partition_by == ("month(at)",)
    schema = Schema(NestedField(1, "kind", StringType()), NestedField(2, "at", DateType()))
    assert len(parse_partitioning(found.partition_by, schema).fields) == 1


def test_nothing_is_proposed_for_nothing(engine: DuckDBEngine) -> None:
    assert not propose(profiled(engine, {"at": pa.array([], pa.date32())}), 0, 0)


def test_of_the_first_rows_what_is_in_order_goes_on() -> None:
    january = pa.table({"day": days(31), "hour": [n % 24 for n in range(1200)], "kind": [f"c{n // 300}" for n in range(1200)]})
    found = propose_from_first(january, 14_400, 2 * GB)
    assert found.partition_by == ("month(day)",) and "12 months" in found.reason
    mixed = january.take(pa.array([n * 7 % 1200 for n in range(1200)]))
    assert propose_from_first(mixed, 14_400, 2 * GB).partition_by == ("day(day)",)  # all of a month in any part: no more will come
    assert propose_from_first(january.select(["kind"]), 14_400, 2 * GB).partition_by == ()
    assert propose_from_first(mixed.select(["kind"]), 14_400, 2 * GB).partition_by == ("kind",)
    assert propose_from_first(january, 14_400, GB // 8).partition_by == ()


def test_of_first_rows_that_no_calendar_holds_nothing_is_said() -> None:
    far = pa.table({"at": pa.array([0, 2**62], pa.timestamp("us"))})
    assert propose_from_first(far, 100, 2 * GB).partition_by == ()
    assert propose_from_first(pa.table({"at": pa.array([], pa.date32())}), 0, 2 * GB).partition_by == ()


@pytest.mark.parametrize("asked", [["bucket(0, id)"], ["truncate(0, id)"], ["bucket(2147483648, id)"], ["id", "bucket(4, id)"]])
def test_what_nobody_can_partition_by_is_refused(asked: list[str]) -> None:
    with pytest.raises(InvalidInput):
        check_partitioning(asked, pa.schema([("id", pa.int64())]))
