from __future__ import annotations

import datetime as dt
import decimal
import json
import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.quick import examples
from workbench.catalog.encode import table_data
from workbench.catalog.records import TableData
from workbench.core.errors import TooLarge
from workbench.engines import shown
from workbench.engines.types import type_name

PLAIN = st.one_of(st.integers(-(2**63), 2**63 - 1), st.none())
naive = st.datetimes(min_value=dt.datetime(1, 1, 1), max_value=dt.datetime(9999, 12, 31))  # noqa: DTZ001
CASES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.int8(), st.integers(-128, 127)),
    (pa.float64(), st.floats()),
    (pa.bool_(), st.booleans()),
    (pa.string(), st.text()),
    (pa.large_string(), st.text()),
    (pa.binary(), st.binary()),
    (pa.decimal128(20, 4), st.decimals(-(10**15), 10**15, places=4, allow_nan=False)),
    (pa.date32(), st.dates()),
    (pa.timestamp("us"), naive),
    (pa.timestamp("us", "UTC"), naive.map(lambda m: m.replace(tzinfo=dt.UTC))),
    (pa.time64("us"), st.times()),
    (pa.list_(pa.int64()), st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), max_size=4)),
    (
        pa.struct([("a", pa.float64()), ("b", pa.list_(pa.string()))]),
        st.fixed_dictionaries({"a": st.floats(), "b": st.lists(st.text(), max_size=3)}),
    ),
    (pa.map_(pa.string(), pa.int64()), st.dictionaries(st.text(), st.integers(0, 2**60), max_size=3).map(lambda d: list(d.items()))),
]


def expected(kind: pa.DataType, value: Any) -> Any:
    """The contract once more, written value by value."""
    if value is None:
        return None
    if pa.types.is_integer(kind):
        return value if abs(value) <= 2**53 else str(value)
    if pa.types.is_floating(kind):
        return value if math.isfinite(value) else "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if pa.types.is_decimal(kind):
        return f"{value:f}"
    if pa.types.is_binary(kind):
        return value.hex()
    if pa.types.is_timestamp(kind):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f").zfill(26) + ("Z" if kind.tz else "")
    if pa.types.is_date(kind) or pa.types.is_time(kind):
        return value.isoformat() if pa.types.is_date(kind) else value.isoformat(timespec="microseconds")
    if pa.types.is_list(kind):
        return [expected(kind.value_type, one) for one in value]
    if pa.types.is_struct(kind):
        return {kind.field(i).name: expected(kind.field(i).type, value[kind.field(i).name]) for i in range(kind.num_fields)}
    if pa.types.is_map(kind):
        return {key: expected(kind.item_type, one) for key, one in value}
    return value


@settings(max_examples=examples(150), deadline=None)
@given(st.data())
def test_every_value_keeps_its_meaning_in_json(data: st.DataObject) -> None:
    kind, values = data.draw(st.sampled_from(CASES))
    column = data.draw(st.lists(st.one_of(st.none(), values), max_size=6))
    array = pa.array(column, kind)
    table = pa.table({"v": pa.chunked_array([array.slice(0, 2), array.slice(2)])})
    found = [row[0] for row in table_data(table).rows]
    assert found == [expected(kind, value) for value in column]
    # Exact also after a trip as JSON, which knows no NaN and no integers beyond 2^53.
    again = TableData.from_json(json.loads(json.dumps(table_data(table).to_json(), allow_nan=False)))
    assert [row[0] for row in again.rows] == found


@pytest.mark.parametrize(
    ("array", "values"),
    [
        (
            pa.array([2**63 - 1, -(2**63 - 1), 0], pa.int64()).cast(pa.timestamp("us")),
            ["Infinity", "-Infinity", "1970-01-01T00:00:00.000000"],
        ),
        (pa.array([253402300800000000], pa.int64()).cast(pa.timestamp("us")), ["10000-01-01T00:00:00.000000"]),
        (pa.array([1], pa.int64()).cast(pa.timestamp("ns", "UTC")), ["1970-01-01T00:00:00.000000001Z"]),
        (pa.array([1], pa.int64()).cast(pa.timestamp("s")), ["1970-01-01T00:00:01.000000"]),
        (pa.array(["a", None, "a"]).dictionary_encode(), ["a", None, "a"]),
        (pa.array([(1, 2, 3_500_000_000), (0, 0, 0), None], pa.month_day_nano_interval()), ["P1M2DT3.5S", "PT0S", None]),
        (pa.array([[1, 2], None], pa.list_(pa.int32(), 2)), [[1, 2], None]),
        (pa.array([{"a": None}, None], pa.struct([("a", pa.int32())])), [{"a": None}, None]),
        (pa.array([decimal.Decimal("1E-7")], pa.decimal128(10, 9)), ["0.000000100"]),
        (pa.array([b"\x01" * 16], pa.uuid()), ["01010101-0101-0101-0101-010101010101"]),
        (pa.array([[(1, 2)]], pa.map_(pa.int32(), pa.int32())), [{"1": 2}]),
        (pa.array([None, None]), [None, None]),
    ],
    ids=str,
)
def test_unusual_values(array: pa.Array, values: list[Any]) -> None:
    assert [row[0] for row in table_data(pa.table({"v": array})).rows] == values


def test_types_speak_the_catalogs_words() -> None:
    names = [
        pa.int32(),
        pa.int64(),
        pa.float32(),
        pa.string(),
        pa.bool_(),
        pa.timestamp("us", "UTC"),
        pa.timestamp("us"),
        pa.decimal128(12, 2),
    ]
    assert [type_name(kind) for kind in names] == [
        "int",
        "long",
        "float",
        "string",
        "boolean",
        "timestamptz",
        "timestamp",
        "decimal(12, 2)",
    ]
    assert type_name(pa.struct([("a", pa.map_(pa.string(), pa.binary()))])) == "struct<a: map<string, binary>>"


def test_every_duckdb_type_is_shown(place: Any) -> None:
    # The tables that DuckDB's own tests use for "one column of each type" are out of reach for SQL here, so by name:
    kinds = [
        "1::tinyint",
        "1::utinyint",
        "1::ubigint",
        "1::hugeint",
        "1::uhugeint",
        "1.5::decimal(38, 10)",
        "'a'::varchar",
        "'\\xAA'::blob",
    ]
    kinds += [
        "date '2026-01-02'",
        "time '01:02:03'",
        "timestamp '2026-01-02 03:04:05'",
        "timestamptz '2026-01-02 03:04:05+02'",
        "1::bignum",
    ]
    kinds += [
        "interval 3 month",
        "'101'::bit",
        "uuid()",
        "'a'::enum('a', 'b')",
        "union_value(k := 1)",
        "{'a': [1]}",
        "map {'k': {'x': 1}}",
        "null",
    ]
    kinds += [
        "timestamp_ns '2026-01-02 03:04:05.123456789'",
        "'infinity'::date",
        "timetz '01:02:03+02'",
        "'{\"a\": 1}'::json",
        "array[1, 2]::int[2]",
    ]
    data = place.query.run(f"select {', '.join(kinds)}")
    assert len(data.rows[0]) == len(kinds) and json.dumps(data.to_json(), allow_nan=False)
    assert data.rows[0][11] == "2026-01-02T01:04:05.000000Z" and data.rows[0][21] == "2026-01-02T03:04:05.123456789"


def test_columns_of_the_same_name_are_all_there(place: Any) -> None:
    data = place.query.run("select 1 as a, 2 as a")
    assert data.columns == (("a", "int"), ("a", "int")) and data.rows == ((1, 2),)


ENUM = pa.array(["x" * 100] * 50).dictionary_encode()


@pytest.mark.parametrize(
    ("column", "rows"),
    [
        (pa.array(["x" * 100] * 50), 19),
        (pa.array(list(range(50))), 30),  # no more values than that
        (pa.array(["x" * 5_000] + ["x"] * 49), None),
        (ENUM, 20),  # written out, each value is there again
        (pa.array([["x" * 50, "x" * 50]] * 50), 17),
        (pa.StructArray.from_arrays([ENUM], ["e"]), 20),
        (pa.ListArray.from_arrays(pa.array(range(51), pa.int32()), ENUM), 19),
        (pa.MapArray.from_arrays(pa.array(range(51), pa.int32()), pa.array(range(50)), ENUM), 18),
    ],
)
def test_an_answer_is_cut_where_it_is_too_large_to_be_shown(column: pa.Array, rows: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "MOST_BYTES", 2_000)
    monkeypatch.setattr(shown, "MOST_CELLS", 30)
    table = pa.table({"a": column})
    if rows is None:
        with pytest.raises(TooLarge, match="first row alone"):
            table_data(table)
        return
    data = table_data(table, total=50)
    assert len(data.rows) == data.cut_at == rows and data.total == 50
    assert table_data(table.slice(0, 2), cut_at=2).cut_at == 2
