"""Plans say what DuckDB needs, and when it must not read."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from tests.patience import slower
from workbench.core.errors import DatasetNotFound
from workbench.lake import Lake, ReadPlan
from workbench.lake.plan import duckdb_type
from workbench.lake.records import ColumnChange
from workbench.runs.log import RunLog
from workbench.store import Store
from workbench.writes import Writer


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    store = Store(f"sqlite:///{tmp_path / 'meta.db'}")
    store.migrate()
    return Writer(Lake(store, str(tmp_path / "my lake")), RunLog(store))


def by_duckdb(plan: ReadPlan) -> list[tuple[Any, ...]]:
    fields = ", ".join(f"{c.field_id}: {{name: '{c.name}', type: '{c.duckdb_type}', default_value: NULL}}" for c in plan.columns)
    names = ", ".join(f'"{column.name}"' for column in plan.columns)
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT {names} FROM read_parquet(?, schema=MAP {{{fields}}}) ORDER BY ALL", [plan.paths]).fetchall()


def by_pyiceberg(plan: ReadPlan) -> list[tuple[Any, ...]]:
    table = plan.to_arrow()
    return sorted(
        zip(*(table[name].to_pylist() for name in table.column_names), strict=True), key=lambda row: [(v is None, v) for v in row]
    )


def test_duckdb_and_pyiceberg_read_the_same_after_columns_changed(writer: Writer) -> None:
    writer.write("silver.x", pa.table({"id": pa.array([1], pa.int32()), "name": ["a"], "ratio": pa.array([0.5], pa.float32())}))
    writer.alter(
        "silver.x",
        [
            ColumnChange(action="widen", column="id", type="long"),
            ColumnChange(action="widen", column="ratio", type="double"),
            ColumnChange(action="rename", column="name", new_name="label"),
            ColumnChange(action="add", column="name", type="string"),
            ColumnChange(action="add", column="price", type="decimal(9,2)"),
        ],
    )
    price = pa.array([Decimal("1.25")], pa.decimal128(9, 2))
    writer.write("silver.x", pa.table({"id": [2**40], "label": ["b"], "name": ["n"], "ratio": [0.1], "price": price}))
    plan = writer.lake.plan("silver.x")
    assert plan.duckdb_ok and [file.schema_id for file in plan.files] != [0, 0]
    expected = [(1, "a", 0.5, None, None), (2**40, "b", 0.1, "n", Decimal("1.25"))]
    assert by_duckdb(plan) == by_pyiceberg(plan) == expected
    some = writer.lake.plan("silver.x", ["label", "id"])
    assert by_duckdb(some) == [("a", 1), ("b", 2**40)]


def test_nested_and_partitioned_columns_are_read_by_duckdb(writer: Writer) -> None:
    data = pa.table(
        {"k": ["x y", "ü"], "s": [{"a": 1, "b": ["q"]}, None], "m": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64()))}
    )
    writer.write("silver.x", data, partition_by=["k"])
    plan = writer.lake.plan("silver.x")
    assert plan.duckdb_ok
    assert by_duckdb(plan) == [("x y", {"a": 1, "b": ["q"]}, {"k": 1}), ("ü", None, None)]


def test_a_struct_field_whose_name_is_written_otherwise_is_not_duckdbs(writer: Writer) -> None:
    # Parquet files hold "b c" as "b_x20c", and DuckDB would say NULL.
    writer.write("silver.x", pa.table({"top level": [1], "s": [{"b c": 5}]}))
    plan = writer.lake.plan("silver.x")
    assert not plan.duckdb_ok and "'s'" in (plan.reason or "")
    assert plan.to_arrow().to_pylist() == [{"top level": 1, "s": {"b c": 5}}]
    assert by_duckdb(writer.lake.plan("silver.x", ["top level"])) == [(1,)]


def test_rows_that_another_client_marked_as_deleted_are_not_duckdbs(writer: Writer, tmp_path: Path) -> None:
    writer.write("silver.x", pa.table({"id": [1, 2, 3]}))
    plain = SqlCatalog("workbench", uri=f"sqlite:///{tmp_path / 'meta.db'}", warehouse=str(tmp_path / "my lake"))
    plain.load_table("silver.x").delete("id = 2")  # copy on write: a new file, so DuckDB may read it
    plan = writer.lake.plan("silver.x")
    assert plan.duckdb_ok and by_duckdb(plan) == [(1,), (3,)]


def test_types_have_duckdbs_names() -> None:
    from pyiceberg.types import DecimalType, ListType, MapType, NestedField, StringType, StructType, TimestamptzType

    struct = StructType(NestedField(1, 'a"b', StringType()), NestedField(2, "t", TimestamptzType()))
    kind = MapType(3, StringType(), 4, ListType(5, struct))
    assert duckdb_type(kind) == 'MAP(VARCHAR, STRUCT("a""b" VARCHAR, "t" TIMESTAMP WITH TIME ZONE)[])'
    assert duckdb_type(DecimalType(38, 0)) == "DECIMAL(38, 0)"


def test_a_filter_and_a_limit_reach_the_fallback(writer: Writer) -> None:
    first = writer.write("silver.x", pa.table({"id": list(range(100)), "s": [{"a": i} for i in range(100)]}))
    writer.alter("silver.x", [ColumnChange(action="rename", column="id", new_name="key")])
    plan = writer.lake.plan("silver.x", ["s"])
    assert plan.to_arrow("key >= 98").to_pylist() == [{"s": {"a": 98}}, {"s": {"a": 99}}]
    assert writer.lake.plan(f"silver.x@{first.id}").to_arrow("id < 2")["id"].to_pylist() == [0, 1]
    assert plan.to_arrow(limit=3).num_rows == 3


def test_a_warm_plan_takes_milliseconds(writer: Writer) -> None:
    for i in range(30):
        writer.write("silver.x", pa.table({"id": [i]}))
    writer.lake.plan("silver.x")
    took = []
    for _ in range(20):
        start = time.perf_counter()
        writer.lake.plan("silver.x")
        took.append(time.perf_counter() - start)
    assert min(took) < 0.02 * 5 * slower()  # about 1 ms on a quiet machine


def test_a_reference_finds_its_table_after_a_rename_and_not_another_of_its_name(writer: Writer) -> None:
    writer.write("silver.x", pa.table({"id": [1]}))
    ref = writer.lake.resolve("silver.x")
    writer.rename("silver.x", "silver.y")
    writer.write("silver.x", pa.table({"id": [2]}))
    assert writer.lake.plan(ref).to_arrow()["id"].to_pylist() == [1]
    assert writer.lake.resolve(ref).name == "silver.y"
    writer.drop("silver.y")
    with pytest.raises(DatasetNotFound):
        writer.lake.plan(ref)


def test_every_type_is_the_same_to_duckdb(writer: Writer) -> None:
    moment = dt.datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=dt.UTC)
    data = pa.table(
        {
            "id": [1, 2],
            "flag": [True, None],
            "float": pa.array([0.1, None], pa.float32()),
            "huge": pa.array([2**64 - 1, 0], pa.uint64()),
            "decimal": pa.array([Decimal("-12.34"), None], pa.decimal128(9, 2)),
            "date": pa.array([dt.date(1969, 12, 31), None]),
            "time": pa.array([dt.time(23, 59, 59, 999999), None], pa.time64("us")),
            "local": pa.array([moment.replace(tzinfo=None), None], pa.timestamp("us")),
            "zoned": pa.array([moment, None], pa.timestamp("us", "UTC")),
            "bytes": pa.array([b"\x00\xff", None]),
            "fixed": pa.array([b"abcd", None], pa.binary(4)),
            "list": pa.array([[{"a": 1}, None], None], pa.list_(pa.struct([("a", pa.int32())]))),
            "map": pa.array([[("k", [1.5])], []], pa.map_(pa.string(), pa.list_(pa.float64()))),
        }
    )
    writer.write("silver.x", data)
    widen = [("decimal", "decimal(18,2)"), ("float", "double")]
    writer.alter("silver.x", [ColumnChange(action="widen", column=column, type=kind) for column, kind in widen])
    plan = writer.lake.plan("silver.x")
    assert plan.duckdb_ok
    read = plan.to_arrow().to_pylist()
    for row, other in zip(by_duckdb(plan), read, strict=True):
        found = dict(zip(plan.arrow_schema.names, row, strict=True))
        expected = other | {"map": dict(other["map"])}
        assert found | {"zoned": found["zoned"] and found["zoned"].astimezone(dt.UTC)} == expected
