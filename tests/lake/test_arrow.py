"""Data goes in without loss, or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.quick import examples
from workbench.core.errors import InvalidInput
from workbench.lake import Lake
from workbench.lake.arrow import normalise
from workbench.runs.log import RunLog
from workbench.store import Store
from workbench.writes import Writer


@pytest.fixture(scope="module")
def writer() -> Iterator[Writer]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'meta.db'}")
        store.migrate()
        yield Writer(Lake(store, str(Path(folder) / "lake")), RunLog(store))
        store.close()


STRUCT = pa.struct([("x", pa.int64()), ("y", pa.string())])
NESTED = pa.schema(
    [
        ("id", pa.int64()),
        ("lists", pa.list_(STRUCT)),
        ("maps", pa.map_(pa.string(), STRUCT)),
        ("deep", pa.struct([("inner", pa.list_(STRUCT)), ("flag", pa.bool_())])),
        ("lol", pa.list_(pa.list_(pa.string()))),
    ]
)
structs = st.none() | st.fixed_dictionaries({"x": st.none() | st.integers(-(2**63), 2**63 - 1), "y": st.none() | st.text(max_size=3)})
lists = st.none() | st.lists(structs, max_size=3)
row = st.fixed_dictionaries(
    {
        "lists": lists,
        "maps": st.none() | st.dictionaries(st.text(max_size=2), structs, max_size=2).map(lambda found: list(found.items())),
        "deep": st.none() | st.fixed_dictionaries({"inner": lists, "flag": st.none() | st.booleans()}),
        "lol": st.none() | st.lists(st.none() | st.lists(st.none() | st.text(max_size=2), max_size=2), max_size=2),
    }
)


@settings(max_examples=examples(25, least=10), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(row, min_size=1, max_size=8), cut=st.integers(0, 7))
def test_nested_rows_with_missing_parts_survive_writing_compaction_and_slices(
    writer: Writer, values: list[dict[str, Any]], cut: int
) -> None:
    table = pa.Table.from_pylist([{"id": i, **value} for i, value in enumerate(values)], NESTED)
    cut = min(cut, table.num_rows)
    writer.write("silver.nested", table.slice(0, cut), mode="overwrite")
    writer.write("silver.nested", table.slice(cut))
    expected = table.to_pylist()
    assert sorted(writer.lake.plan("silver.nested").to_arrow().to_pylist(), key=lambda found: found["id"]) == expected
    writer.compact("silver.nested")
    writer.write("silver.nested", table.slice(0, 0), mode="overwrite", where="id = -1")
    assert sorted(writer.lake.plan("silver.nested").to_arrow().to_pylist(), key=lambda found: found["id"]) == expected


def test_a_missing_list_of_structs_is_no_empty_one(writer: Writer) -> None:
    values = [[{"x": 1, "y": "a"}], None, [], [None]]
    for kind in (pa.list_(STRUCT), pa.large_list(STRUCT), pa.list_view(STRUCT)):
        name = f"silver.t_{kind.id}"
        writer.write(name, pa.table({"v": pa.array(values, kind)}).slice(0))
        writer.write(name, pa.table({"v": pa.array(values, kind).slice(1)}))
        found = writer.lake.plan(name).to_arrow()["v"].to_pylist()
        assert sorted(map(str, found)) == sorted(map(str, values + values[1:]))


def test_what_a_table_cannot_hold_is_refused() -> None:
    for schema, words in [
        (pa.schema([]), "no columns"),
        (pa.schema([("", pa.int64())]), "no name"),
        (pa.schema([("a", pa.int64()), ("A", pa.int64())]), "same name"),
        (pa.schema([("a", pa.duration("s"))]), r"cannot hold\. Cast it to int64"),
        (pa.schema([("a", pa.list_(pa.duration("s")))]), r"'a\.element' .* Cast it to int64"),
        (pa.schema([("a", pa.sparse_union([pa.field("x", pa.int64())]))]), "a column of each of its types"),
        (pa.schema([("a", pa.month_day_nano_interval())]), "months"),
        (pa.schema([("a", pa.decimal256(60, 2))]), r"cannot hold\. .* at most 38 digits"),
        (pa.schema([("a", pa.list_(pa.struct([])))]), "struct without fields"),
    ]:
        with pytest.raises(InvalidInput, match=words):
            normalise(schema)


def test_types_are_widened_never_narrowed() -> None:
    kinds = {
        pa.int8(): pa.int32(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64(), pa.uint64(): pa.decimal128(20, 0),
        pa.float16(): pa.float32(), pa.date64(): pa.date32(), pa.time32("s"): pa.time64("us"),
        pa.timestamp("s", "Asia/Tokyo"): pa.timestamp("us", "UTC"),
        pa.large_string(): pa.string(), pa.dictionary(pa.int8(), pa.large_string()): pa.string(), pa.binary_view(): pa.binary(),
        pa.fixed_shape_tensor(pa.float32(), (2,)): pa.list_(pa.field("element", pa.float32())), pa.null(): pa.string(),
    }  # fmt: skip
    for given_kind, kept in kinds.items():
        assert normalise(pa.schema([("a", given_kind)])).field("a").type == kept, given_kind


def test_nanoseconds_are_kept_or_refused(writer: Writer) -> None:
    whole = pa.table({"t": pa.array([1_000], pa.timestamp("ns"))})
    writer.write("silver.ns", whole)
    with pytest.raises(InvalidInput, match="'t' does not fit"):
        writer.write("silver.ns", pa.table({"t": pa.array([1_001], pa.timestamp("ns"))}))
    assert writer.lake.info("silver.ns").rows == 1


@pytest.mark.parametrize("kind", [pa.date32(), pa.timestamp("us"), pa.timestamp("us", "UTC")])
def test_days_and_times_outside_the_years_1_to_9999_are_refused(writer: Writer, kind: pa.DataType) -> None:
    day = 1 if pa.types.is_date(kind) else 86_400_000_000
    name = "silver.years_" + "".join(filter(str.isalnum, str(kind)))
    first, last = -719_162 * day, 2_932_897 * day - 1
    for values in (pa.array([first, None, last]), pa.array([None], pa.int64())):
        writer.write(name, pa.table({"t": values.cast(pa.int32() if day == 1 else pa.int64()).cast(kind)}))
    for outside in (first - 1, last + 1):
        array = pa.array([outside], pa.int32() if day == 1 else pa.int64()).cast(kind)
        nested = pa.array([[{"a": outside}]], pa.list_(pa.struct([("a", pa.int32() if day == 1 else pa.int64())])))
        nested = nested.cast(pa.list_(pa.struct([("a", kind)])))
        for table, path in ((pa.table({"t": array}), "'t'"), (pa.table({"t": nested}), r"'t\.element\.a'")):
            with pytest.raises(InvalidInput, match=f"{path} holds a day or a time outside the years"):
                writer.write(name if table["t"].type == kind else f"{name}_nested", table)


def test_a_required_column_stays_complete(writer: Writer) -> None:
    schema = pa.schema([pa.field("id", pa.int64(), nullable=False), ("v", pa.string())])
    writer.write("silver.required", pa.table({"id": [1], "v": ["a"]}, schema=schema))
    writer.write("silver.required", pa.table({"id": [2]}))
    with pytest.raises(InvalidInput, match="requires it"):
        writer.write("silver.required", pa.table({"v": ["b"]}))
    with pytest.raises(InvalidInput, match="'id' is required, but 1 of its values are missing"):
        writer.write("silver.required", pa.table({"id": pa.array([None, 3], pa.int64())}))
    assert sorted(writer.lake.plan("silver.required").to_arrow()["id"].to_pylist()) == [1, 2]
