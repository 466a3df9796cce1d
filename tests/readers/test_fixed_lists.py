"""Parquet's lists of one length, of which some are missing: Arrow writes them and cannot read them again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.engines.readers import ColumnReading, Reading, Source

Read = Callable[..., Source]


def written(path: Path, table: pa.Table, **how: Any) -> bytes:
    pq.write_table(table, path / "x.parquet", **how)
    return (path / "x.parquet").read_bytes()


@pytest.mark.parametrize("group", [1_000_000, 7_000])
def test_a_missing_list_is_missing_and_all_else_as_it_was(read: Read, tmp_path: Path, group: int) -> None:
    count = 150_000
    numbers = [None if n % 3 == 1 else [float(n), None if n % 5 else 0.5] for n in range(count)]
    inner = pa.struct([("x", pa.list_(pa.int8(), 2))])
    table = pa.table(
        {
            "id": pa.array(range(count)),
            "e": pa.array(numbers, pa.list_(pa.float32(), 2)),
            "long": pa.array([None if n % 7 == 0 else timedelta(seconds=n) for n in range(count)], pa.duration("us")),
            "s": pa.array([None if n % 4 == 0 else {"x": None if n % 2 else [n % 100, 1]} for n in range(count)], inner),
            "word": pa.array([f"w{n % 9}" for n in range(count)], pa.large_string()),
            "full": pa.array([[n, n] for n in range(count)], pa.list_(pa.int64(), 2)),
        }
    )  # fmt: skip
    found = read(written(tmp_path, table, row_group_size=group), "x.parquet").reader().read_all()
    assert found.column_names == table.column_names and found.num_rows == count
    for name in ("id", "e", "s", "word", "full"):
        assert found.column(name).to_pylist() == table.column(name).to_pylist(), name
    assert found.column("long").to_pylist() == [None if n % 7 == 0 else float(n) for n in range(count)]


def test_such_a_column_alone_and_one_that_is_left_out(read: Read, tmp_path: Path) -> None:
    lists = [[b"a", b"bc"], None, [b"", None]]
    content = written(tmp_path, pa.table({"e": pa.array(lists, pa.list_(pa.binary(), 2))}))
    assert read(content, "x.parquet").reader().read_all().to_pylist() == [{"e": each} for each in lists]
    content = written(tmp_path, pa.table({"id": [1, 2, 3], "e": pa.array(lists, pa.list_(pa.binary(), 2))}))
    reading = Reading(columns=(ColumnReading(place=1, original="e", take=False),))
    assert read(content, "x.parquet", reading=reading).reader().read_all().to_pylist() == [{"id": n} for n in (1, 2, 3)]
