"""Times in nanoseconds, as pandas writes them: kept where a microsecond says the same, set aside where few, else text."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.engines.readers import ColumnReading, Reading, Source

Read = Callable[..., Source]
NANOS = pa.timestamp("ns")
BASE = 1_700_000_000_000_000_000


def a_file(values: list[int | None], kind: pa.DataType = NANOS, name: str = "at") -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({"n": list(range(len(values))), name: pa.array(values, pa.int64()).view(kind)}), stream, version="2.6")
    return stream.getvalue()


def found(source: Source) -> tuple[str, list[Any]]:
    table = source.reader().read_all()
    return str(table.schema.types[1]), table.column(1).cast(pa.string()).to_pylist()


@pytest.mark.parametrize("kind", [pa.timestamp("ns"), pa.timestamp("ns", tz="Europe/Athens"), pa.time64("ns")], ids=str)
@pytest.mark.parametrize("name", ["at", "at.z"])
def test_what_loses_nothing_is_taken(read: Read, kind: pa.DataType, name: str) -> None:
    source = read(a_file([5_000, None, 7_001_000], kind, name), "a.parquet")
    made = source.reader().read_all()
    assert made.column(1).to_pylist() == pa.array([5, None, 7_001]).view(made.schema.types[1]).to_pylist()
    assert made.schema.types[1].unit == "us" and source.rejected == 0 and "nanoseconds" not in str(source.warnings)


def test_a_few_that_are_finer_are_set_aside(read: Read) -> None:
    values: list[int | None] = [BASE + 1000 * n for n in range(99)]
    content = a_file([*values, BASE + 1])
    source = read(content, "a.parquet")
    assert found(source)[0] == "timestamp[us]" and source.rejected == 1
    (row,) = source.rejects().to_pylist()
    assert (row["record"], row["column"], row["value"]) == (100, "at", "2023-11-14 22:13:20.000000001")
    assert source.warnings[0].startswith("at is timestamp: 1 of 100 values has nanoseconds, which it cannot hold; such rows are set aside.")
    again = read(content, "a.parquet", reading=source.reading)
    assert found(again)[0] == "timestamp[us]" and again.rejected == 1
    whole = read(content, "a.parquet", reading=Reading(columns=(ColumnReading(place=1, type="string"),)))
    assert found(whole)[1][-1] == "2023-11-14 22:13:20.000000001" and not whole.rejected
    assert found(read(content, "a.parquet", reading=Reading(misfits="fail")))[0] == "string"


@pytest.mark.parametrize(
    ("kind", "text", "sql"),
    [
        (pa.timestamp("ns"), "1970-01-01 00:00:00.000000001", "cast(substr(at, 1, 26) as timestamp)"),
        (pa.timestamp("ns", tz="Europe/Athens"), "1970-01-01 00:00:00.000000001Z", "cast(substr(at, 1, 26) || '+00' as timestamptz)"),
        (pa.time64("ns"), "00:00:00.000000001", "cast(substr(at, 1, 15) as time)"),
    ],
    ids=str,
)
def test_many_that_are_finer_stay_as_text_that_keeps_them(read: Read, kind: pa.DataType, text: str, sql: str) -> None:
    source = read(a_file([1, None], kind), "a.parquet")
    assert found(source) == ("string", [text, None])
    assert source.warnings[0].endswith(f"Without them it is {sql} in SQL.")
    asked = read(a_file([1, 2_000], kind), "a.parquet", reading=Reading(columns=(ColumnReading(place=1, type=sql.split()[-1][:-1]),)))
    assert asked.reader().read_all().num_rows == 1 and asked.rejected == 1


def test_an_arrow_file_is_read_the_same(read: Read) -> None:
    table = pa.table({"n": [1, 2], "at": pa.array([5_000, 7_001], pa.int64()).view(pa.timestamp("ns"))})
    stream = io.BytesIO()
    with pa.ipc.new_file(stream, table.schema) as sink:
        sink.write_table(table)
    assert found(read(stream.getvalue(), "a.arrow"))[0] == "string"


def test_times_inside_of_other_values_lose_nothing(read: Read) -> None:
    moment = pa.timestamp("ns", tz="Europe/Athens")
    fields = [("fine", pa.struct([("at", moment)])), ("plain", pa.list_(NANOS)), ("map", pa.map_(pa.string(), pa.time64("ns")))]
    rows = [{"fine": {"at": 1}, "plain": [5_000, None], "map": [("a", 7)]}, {"fine": None, "plain": None, "map": []}]
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, pa.schema(fields)), stream, version="2.6")
    source = read(stream.getvalue(), "a.parquet")
    made = source.reader().read_all()
    assert [str(kind) for kind in made.schema.types[:2]] == ["struct<at: string>", "list<element: timestamp[us]>"]
    assert made.column("fine").to_pylist() == [{"at": "1970-01-01 00:00:00.000000001Z"}, None]
    assert made.column("plain").cast(pa.list_(pa.int64())).to_pylist() == [[5, None], None]
    assert made.column("map").to_pylist() == [[("a", "00:00:00.000000007")], []]
    assert [warning.partition(",")[0] for warning in source.warnings] == [
        f"{place} is text: 1 of 1 values has nanoseconds" for place in ("fine.at", "map.value")
    ]


def test_what_arrow_has_and_a_table_has_not_is_taken_as_the_nearest(read: Read) -> None:
    columns = {
        "took": pa.array([90_500, None], pa.duration("ms")),
        "price": pa.array(["1.50", None]).cast(pa.decimal128(5, 2)).cast(pa.decimal32(5, 2)),
        "parts": pa.array([[1, 2], None], pa.list_view(pa.int32())),
    }
    table, stream = pa.table(columns), io.BytesIO()
    with pa.ipc.new_file(stream, table.schema) as sink:
        sink.write_table(table)
    source = read(stream.getvalue(), "a.arrow")
    made = source.reader().read_all()
    assert made.column("took").to_pylist() == [90.5, None] and made.column("parts").to_pylist() == [[1, 2], None]
    assert made.schema.field("price").type == pa.decimal128(5, 2)
    assert source.warnings == ("took has lengths of time, kept in seconds: 30:00:00 is 108000.",)
