"""Written once, whatever happens: many writers at a time, and writers that are killed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

POINTS = ["data files written", "metadata staged", "in the transaction", "committed"]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("created_before", [True, False])
def test_eight_processes_append_to_one_table_and_every_row_is_there_once(place: Any, scale: float, created_before: bool) -> None:
    times = max(int(1000 * scale * (1 if created_before else 0.1)) // 8, 3)
    if created_before:
        place.writer.write("silver.x", pa.table({"id": pa.array([], pa.int64()), "worker": pa.array([], pa.string())}))
    started = time.monotonic()
    child = place.start("append", "silver.x", "8", str(times))
    _, errors = child.communicate(timeout=800)
    assert child.returncode == 0, errors.decode()[-3000:]
    took = time.monotonic() - started
    expected = sorted(v for w in range(8) for s in range(times) for v in (w * 1_000_000 + s, -(w * 1_000_000 + s) - 1))
    found = place.plain_ids("silver.x")
    assert len(found) == 16 * times and sum(found) == sum(expected) and found == expected
    # Each append is a run that succeeded, with what it wrote.
    wrote = [run.outputs[0] for run in place.log.list(kind="write", status="succeeded", limit=None)]
    assert sum(io.rows or 0 for io in wrote) == 16 * times
    assert len({io.snapshot_id for io in wrote}) == len(wrote) == 8 * times + created_before
    print(f"{8 * times} appends by 8 processes: {took:.1f} s")


@pytest.mark.postgres
@pytest.mark.timeout(900)
def test_eight_processes_append_with_the_catalog_in_postgresql(place_at: Any, tmp_path: Path, postgres_store: str, scale: float) -> None:
    times = max(int(100 * scale), 3)
    place = place_at(postgres_store, str(tmp_path / "lake"))
    child = place.start("append", "silver.x", "8", str(times))
    _, errors = child.communicate(timeout=800)
    assert child.returncode == 0, errors.decode()[-3000:]
    assert len(set(place.plain_ids("silver.x"))) == len(place.plain_ids("silver.x")) == 16 * times
    place.store.close()


@pytest.mark.parametrize("point", POINTS)
def test_a_writer_killed_and_run_again_with_its_key_writes_once(place: Any, point: str) -> None:
    place.writer.write("silver.x", pa.table({"id": [1]}))
    place.killed("write", point)
    assert place.plain_ids("silver.x") == ([1, 7] if point == "committed" else [1])
    for _ in range(2):
        again = place.writer.write("silver.x", pa.table({"id": [7]}), key="step")
        assert again.rows_added == 1
    assert place.plain_ids("silver.x") == [1, 7]
    # The killed one's events are there exactly when its rows are.
    wrote = [event.body["snapshot_id"] for event in place.log.events(limit=None) if event.type == "run.wrote"]
    assert len(wrote) == len(set(wrote)) == 2 and again.id == wrote[-1]
    # What it left behind is found, and nothing else is.
    place.writer.vacuum("silver.x")
    assert place.plain_ids("silver.x") == [1, 7]
    listed = {
        file.path for file in place.lake.storage.list(place.lake.table("silver.x").metadata.location) if file.path.endswith("parquet")
    }
    assert listed == set(place.lake.plan("silver.x").paths)


@pytest.mark.parametrize("point", POINTS[1:])
def test_two_tables_are_published_together_or_not_at_all_though_the_process_dies(place: Any, point: str) -> None:
    for name in ("silver.a", "silver.b"):
        place.writer.write(name, pa.table({"id": [1]}))
        place.writer.write(name, pa.table({"id": [2]}), branch="run")
    place.writer.write("silver.b", pa.table({"id": [3]}))  # of b's branch the rows are staged again, a is fast-forwarded
    place.killed("publish", point)
    published = point == "committed"
    assert place.plain_ids("silver.a") == ([1, 2] if published else [1])
    assert place.plain_ids("silver.b") == ([1, 2, 3] if published else [1, 3])
    place.writer.publish(["silver.a", "silver.b"], "run", key="step")
    place.writer.publish(["silver.a", "silver.b"], "run", key="step")
    assert place.plain_ids("silver.a") == [1, 2] and place.plain_ids("silver.b") == [1, 2, 3]
    kinds = [event.body["operation"] for event in place.log.events(limit=None) if event.type == "run.wrote"]
    assert kinds.count("publish") == 2
