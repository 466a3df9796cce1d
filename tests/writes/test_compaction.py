"""Many small files become few: it is told while it goes on, and nothing is left of a compaction that stops."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import select

from workbench.core.telling import told_to
from workbench.lake import compaction
from workbench.lake.plan import read_tasks
from workbench.lake.records import ColumnChange
from workbench.lineage.projection import LineageProjection
from workbench.runs.context import use_context
from workbench.runs.records import DatasetIO
from workbench.store.tables import column_origins, lineage_edges


def every_kind(n: int) -> pa.Table:
    """A row of all kinds of values."""
    return pa.table(
        {
            "id": pa.array([n], pa.int32()),
            "text": [f"row {n}" if n % 2 else None],
            "day": [dt.date(2024, 1, 1) + dt.timedelta(days=n)],
            "moment": pa.array([dt.datetime(2024, 1, 1, n % 24, tzinfo=dt.UTC)], pa.timestamp("us", "UTC")),
            "money": pa.array([Decimal(n) / 4], pa.decimal128(12, 2)),
            "raw": [bytes([n])],
            "list": pa.array([[n, None]], pa.list_(pa.int64())),
            "map": pa.array([[("k", n)]], pa.map_(pa.string(), pa.int64())),
            "struct": pa.array([{"a": n, "b b": str(n)}], pa.struct([("a", pa.int64()), ("b b", pa.string())])),
        }
    )


def rows(place: Any) -> list[dict[str, Any]]:
    return sorted(place.lake.plan("silver.x").to_arrow().to_pylist(), key=lambda row: row["id"])


def files(place: Any) -> set[Path]:
    return set(Path(place.warehouse).rglob("*.parquet"))


@pytest.fixture
def by_pyiceberg(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that PyIceberg read."""
    read: list[str] = []

    def reading(table: Any, schema: Any, tasks: Any) -> Any:
        read.extend(task.file.file_path for task in tasks)
        return read_tasks(table, schema, tasks)

    monkeypatch.setattr(compaction, "read_tasks", reading)
    return read


def test_files_that_are_as_the_table_is_are_read_as_they_are(place: Any, by_pyiceberg: list[str]) -> None:
    for n in range(6):
        place.writer.write("silver.x", every_kind(n).drop_columns("struct"))
    before = rows(place)
    assert place.writer.compact("silver.x").files_after == 1
    assert rows(place) == before and not by_pyiceberg


def test_files_of_another_schema_are_brought_to_todays(place: Any, by_pyiceberg: list[str]) -> None:
    for n in range(3):
        place.writer.write("silver.x", every_kind(n))
    place.writer.alter(
        "silver.x",
        [
            ColumnChange(action="rename", column="text", new_name="words"),
            ColumnChange(action="widen", column="id", type="long"),
            ColumnChange(action="add", column="text", type="string"),
            ColumnChange(action="rename", column="struct.a", new_name="c"),
            ColumnChange(action="drop", column="raw"),
        ],
    )
    before = rows(place)
    assert before[1]["words"] == "row 1" and before[1]["text"] is None and before[1]["struct"] == {"c": 1, "b b": "1"}
    assert place.writer.compact("silver.x").files_after == 1
    assert rows(place) == before and len(by_pyiceberg) == 3


def test_what_swaps_names_is_not_taken_for_the_same_columns(place: Any, by_pyiceberg: list[str]) -> None:
    for n in range(2):
        place.writer.write("silver.x", pa.table({"id": [n], "a": [f"a{n}"], "b": [f"b{n}"]}))
    for old, new in (("a", "c"), ("b", "a"), ("c", "b")):
        place.writer.alter("silver.x", [ColumnChange(action="rename", column=old, new_name=new)])
    before = rows(place)
    assert (before[0]["a"], before[0]["b"]) == ("b0", "a0")
    place.writer.compact("silver.x")
    assert rows(place) == before and len(by_pyiceberg) == 2


def test_a_compaction_makes_nothing_of_what_its_run_has_read(place: Any) -> None:
    projection = LineageProjection(place.log)
    place.writer.write("bronze.people", pa.table({"name": ["Ada"]}))
    for n in range(3):
        place.writer.write("silver.x", pa.table({"id": [n]}))
    people = DatasetIO(kind="table", id=place.lake.info("bronze.people").table_uuid, name="bronze.people", columns=("name",))

    def made() -> tuple[int, int]:
        with projection.reading() as conn:
            return tuple(len(conn.execute(select(table)).all()) for table in (column_origins, lineage_edges))  # type: ignore[return-value]

    with place.log.run("notebook", "tidy.ipynb", "ada") as run, use_context(run.context()):
        run.read(people)
        assert place.writer.compact("silver.x").files_after == 1
    assert place.log.get(run.id).outputs[0].operation == "replace" and made() == (0, 0)
    # What puts other rows in the place of all there are is made of what was read.
    with place.log.run("notebook", "derive.ipynb", "ada") as run, use_context(run.context()):
        run.read(people)
        place.writer.write("silver.x", pa.table({"id": [9]}), "overwrite")
    assert made() == (1, 1)


def test_a_compaction_tells_how_many_files_it_has_read(place: Any) -> None:
    for n in range(4):
        place.writer.write("silver.x", every_kind(n))
    told: list[tuple[int, int]] = []
    with told_to(lambda done, total: told.append((done, total))):
        place.writer.compact("silver.x")
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_an_interrupted_compaction_leaves_the_table_and_its_folder_as_they_were(place: Any) -> None:
    for n in range(8):
        place.writer.write("silver.x", pa.table({"id": [n], "part": [n % 2]}), partition_by=["part"])
    before, snapshots, written = rows(place), place.lake.snapshots("silver.x"), files(place)
    assert len(written) == 8

    def interrupted(done: int, total: int) -> None:
        if done == 6:  # the first partition's rows are written, the second's are being read
            assert len(files(place)) > 8
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), told_to(interrupted):
        place.writer.compact("silver.x")
    assert rows(place) == before and place.lake.snapshots("silver.x") == snapshots and files(place) == written
    assert place.writer.compact("silver.x").files_after == 2
    assert rows(place) == before
