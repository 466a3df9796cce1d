"""Rows in any order go to few files of their partitions, in bounded memory."""

from __future__ import annotations

from collections import Counter
from datetime import date, time
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyiceberg.io.pyarrow import _determine_partitions

from workbench.core.errors import InvalidInput
from workbench.lake import datafiles
from workbench.lake.split import split


def shuffled(rows: int, parts: int) -> pa.Table:
    numbers = np.random.default_rng(3).permutation(rows)
    return pa.table({"id": numbers, "part": numbers % parts, "text": [f"row {n}" for n in numbers]})


def read(place: Any) -> list[int]:
    return sorted(place.lake.plan("silver.x").to_arrow()["id"].to_pylist())


def test_rows_in_any_order_make_a_file_a_partition(place: Any) -> None:
    given = shuffled(60_000, 200)
    batches = pa.RecordBatchReader.from_batches(given.schema, given.to_batches(max_chunksize=1_000))
    place.writer.write("silver.x", batches, partition_by=["part"])
    files = place.lake.plan("silver.x").files
    assert Counter(file.partition for file in files) == Counter({(("part", part),): 1 for part in range(200)})
    assert {file.rows for file in files} == {300}
    assert read(place) == list(range(60_000))


@pytest.mark.parametrize(("held", "opened"), [(100_000, 3), (0, 1), (1 << 30, 1)])
def test_whatever_there_is_room_for_no_row_is_lost(place: Any, monkeypatch: pytest.MonkeyPatch, held: int, opened: int) -> None:
    most = [0, 0]

    def make_room(files: Any) -> None:
        real(files)
        most[0] = max(most[0], sum(file.held for file in files._open.values()))
        most[1] = max(most[1], sum(file.begun for file in files._open.values()))

    real = datafiles._Files._make_room
    monkeypatch.setattr(datafiles._Files, "_make_room", make_room)
    monkeypatch.setattr(datafiles, "HELD_BYTES", held)
    monkeypatch.setattr(datafiles, "OPEN_FILES", opened)
    monkeypatch.setattr(datafiles, "ROW_GROUP_ROWS", 1_000)
    given = shuffled(10_000, 20)
    place.writer.write("silver.x", given, partition_by=["part"])
    assert read(place) == list(range(10_000))
    assert most[0] <= held and most[1] <= opened
    assert not [run for run in place.log.list() if run.status != "succeeded"]


@pytest.mark.parametrize(
    "partition_by", [["half", "word"], ["truncate(2, word)", "bucket(5, id)"], ["month(day)"], ["identity(ratio)"], ["in.here"]]
)
def test_rows_are_taken_apart_as_pyiceberg_does(place: Any, partition_by: list[str]) -> None:
    """Nulls are a partition of their own; the order of rows stays."""
    count = 5_000
    random = np.random.default_rng(1)
    table = pa.table(
        {
            "id": np.arange(count),
            "half": pa.array([None if n % 7 == 0 else bool(n % 2) for n in range(count)]),
            "word": pa.array([None if n % 11 == 0 else f"w{n}" for n in random.integers(0, 12, count)]),
            "day": pa.array([None if n % 13 == 0 else int(n) for n in random.integers(0, 900, count)], pa.int32()).cast(pa.date32()),
            "ratio": pa.array([None if n % 5 == 0 else n / 4 for n in random.integers(0, 9, count)]),
            "in": pa.array([{"here": int(n)} for n in random.integers(0, 6, count)]),
        }
    ).combine_chunks()
    place.writer.write("silver.x", table, partition_by=partition_by)
    loaded = place.lake.table("silver.x")
    expected = {
        part.partition_key.partition: part.arrow_table_partition["id"].to_pylist()
        for part in _determine_partitions(loaded.spec(), loaded.schema(), loaded.scan().to_arrow().sort_by("id"))
    }
    found = {key.partition: own["id"].to_pylist() for key, own in split(loaded.spec(), loaded.schema(), table)}
    assert found == expected
    assert {file.file.partition: file.rows for file in place.lake.plan("silver.x").files} == {
        key: len(ids) for key, ids in expected.items()
    }


def test_what_is_no_number_is_a_partition_and_no_rows_are_none(place: Any) -> None:
    table = pa.table({"id": [1, 2, 3, 4], "ratio": [float("nan"), 1.0, float("nan"), None]})
    place.writer.write("silver.x", table, partition_by=["ratio"])
    assert read(place) == [1, 2, 3, 4]  # filtered by equality the NaNs would be lost
    loaded = place.lake.table("silver.x")
    assert list(split(loaded.spec(), loaded.schema(), table.slice(0, 0))) == []


@pytest.mark.parametrize("parts", [(), ("part",)])
def test_what_an_overwrite_removes_does_not_hang_on_the_files(place: Any, parts: tuple[str, ...]) -> None:
    nan = float("nan")
    given = pa.table({"id": [1, 2, 3, 4], "part": pa.array([1, 2, None, None], pa.int64()), "v": [1.0, 6.0, 7.0, nan]})
    place.writer.write("silver.x", given, partition_by=parts)
    more = given.slice(0, 0)
    place.writer.write("silver.x", more, "overwrite", where="part != 2")
    assert read(place) == [2, 3, 4]
    place.writer.write("silver.x", more, "overwrite", where="v > 5")
    assert read(place) == [4]


ODD = {
    "text": (pa.string(), ["", "a/b=c?%", "..", "q" * 400, "\ud7ff" * 20, "\U0010ffff" * 20, "é", "a\x00b", " "]),
    "double": (pa.float64(), [0.0, -1.5, float("inf"), float("-inf"), float("nan"), 5e-324]),
    "time": (pa.time64("us"), [time(0), time(23, 59, 59, 999999), time(12)]),
    "uuid": (pa.uuid(), [bytes(16), b"\xff" * 16, b"0123456789abcdef"]),
    "date": (pa.date32(), [date(1, 1, 1), date(1969, 12, 31), date(1970, 1, 1), date(9999, 12, 31)]),
    "decimal": (pa.decimal128(10, 2), [Decimal("0.00"), Decimal("-0.01"), Decimal("99999999.99"), Decimal("-99999999.99")]),
    "binary": (pa.binary(), [b"", b"\xff" * 20, b"\x00"]),
}
BY = {
    "text": ("x", "bucket(4, x)", "truncate(300, x)"),
    "double": ("x",),
    "time": ("x", "bucket(4, x)"),
    "uuid": ("x", "bucket(4, x)"),
    "date": ("x", "year(x)", "month(x)", "day(x)", "bucket(4, x)"),
    "decimal": ("x", "bucket(4, x)", "truncate(3, x)"),
    "binary": ("x", "bucket(4, x)", "truncate(2, x)"),
}


@pytest.mark.parametrize(("kind", "by"), [(kind, by) for kind, every in BY.items() for by in every])
def test_rows_of_any_value_are_written_replaced_and_deleted(place: Any, kind: str, by: str) -> None:
    type_, values = ODD[kind]
    ids = list(range(len(values)))
    place.writer.write("silver.x", pa.table({"id": ids, "x": pa.array(values, type_)}), partition_by=[by])
    place.writer.write("silver.x", pa.table({"id": [99], "x": pa.array([None], type_)}))
    assert read(place) == [*ids, 99]
    renewed = pa.table({"id": [each + 100 for each in ids], "x": pa.array(values, type_)})
    place.writer.write("silver.x", renewed, mode="upsert", keys=["x"])
    assert read(place) == [99, *renewed["id"].to_pylist()]
    found = place.lake.plan("silver.x").to_arrow().sort_by("id")["x"].combine_chunks().drop_null()
    assert found.to_string() == pa.array(values, type_).to_string()  # NaN is not equal to itself
    place.writer.compact("silver.x")
    place.writer.write("silver.x", pa.table({"id": [7], "x": pa.array(values[:1], type_)}), mode="overwrite")
    assert read(place) == [7]


def test_a_value_that_no_partition_holds_is_refused_in_words(place: Any) -> None:
    rows = pa.table({"id": [1], "x": pa.array([Decimal("-99999999.99")], pa.decimal128(10, 2))})
    with pytest.raises(InvalidInput, match="more digits than the column"):
        place.writer.write("silver.x", rows, partition_by=["truncate(1000, x)"])
