"""Rows in any order go to few files of their partitions, in bounded memory."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from workbench.lake import datafiles


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
