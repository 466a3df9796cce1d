"""History tells what main is at, what it came from, and what a rollback has left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from workbench.app import init
from workbench.app.dataset import DatasetHandle
from workbench.core.errors import CommitConflict
from workbench.lake.records import ColumnChange, Snapshot


@pytest.fixture
def people(tmp_path: Path) -> Iterator[DatasetHandle]:
    with init(tmp_path / "project") as ws:
        yield ws.dataset("silver.people")


def states(people: DatasetHandle) -> list[str | None]:
    """Oldest first."""
    return [snapshot.state for snapshot in reversed(people.history())]


def written(people: DatasetHandle, count: int) -> list[Snapshot]:
    return [people.write({"id": [i]}, mode="append" if i else "create") for i in range(count)]


def test_a_rollback_is_seen(people: DatasetHandle) -> None:
    first, second, third = written(people, 3)
    assert states(people) == ["ancestor", "ancestor", "current"]
    back = people.rollback(first)
    assert states(people) == ["current", "rolled_back", "rolled_back"]
    assert back.id == first.id and back.state == "current"
    assert back.made_current_at is not None and back.made_current_at > third.at
    fourth = people.write({"id": [9]})
    assert states(people) == ["ancestor", "rolled_back", "rolled_back", "current"] and fourth.state == "current"
    people.rollback(second)
    assert states(people) == ["ancestor", "current", "rolled_back", "rolled_back"]


def test_a_branch_is_told_apart_from_what_main_has_had(people: DatasetHandle) -> None:
    (first,) = written(people, 1)
    branch = people.branch("dev", create=True)
    branch.write({"id": [1]})
    branch.write({"id": [2]})
    assert states(people) == ["current", "branch", "branch"]
    assert [s.made_current_at for s in people.history()][:2] == [None, None]
    branch.publish()
    assert states(people) == ["ancestor", "ancestor", "current"]
    people.rollback(first)
    assert states(people) == ["current", "rolled_back", "rolled_back"]
    assert people.history()[0].refs == ("dev",)


def columns(people: DatasetHandle) -> list[tuple[str, str]]:
    return [(column.name, column.type) for column in people.info.columns]


def test_a_rollback_brings_the_columns_of_that_time_back_and_forth_again(people: DatasetHandle) -> None:
    first = people.write(pa.table({"id": pa.array([1], pa.int32()), "town": ["Rome"]}), mode="create")
    people.alter(ColumnChange(action="widen", column="id", type="long"), ColumnChange(action="rename", column="town", new_name="city"))
    people.alter(ColumnChange(action="add", column="score", type="double"))
    second = people.write({"id": [2**40], "city": ["Oslo"], "score": [0.5]})
    assert people.at(first).read().to_pylist() == [{"id": 1, "town": "Rome"}], "time travel reads the columns of then"
    runs = len(people.history())
    people.rollback(first)
    assert columns(people) == [("id", "int"), ("town", "string")] and len(people.history()) == runs
    assert people.read().to_pylist() == [{"id": 1, "town": "Rome"}]
    people.write({"id": [3], "town": ["Bonn"]})
    assert people.read().num_rows == 2
    people.rollback(second)
    assert columns(people) == [("id", "long"), ("city", "string"), ("score", "double")]
    assert sorted(row["id"] for row in people.read().to_pylist()) == [1, 2**40]


def wider_branch(people: DatasetHandle) -> DatasetHandle:
    """A branch with a value that only a wider type holds, of a dataset that was rolled back to the narrower one."""
    first = people.write(pa.table({"id": pa.array([1], pa.int32())}), mode="create")
    people.alter(ColumnChange(action="widen", column="id", type="long"))
    people.write({"id": [2]})
    branch = people.branch("dev", create=True)
    branch.write({"id": [2**40]})
    people.rollback(first)
    return branch


def test_a_branch_of_wider_values_is_read_and_published_after_a_rollback(people: DatasetHandle) -> None:
    branch = wider_branch(people)
    assert columns(people) == [("id", "int")]
    assert sorted(row["id"] for row in branch.read().to_pylist()) == [1, 2, 2**40]
    branch.publish()
    assert columns(people) == [("id", "long")]
    assert sorted(row["id"] for row in people.read().to_pylist()) == [1, 2, 2**40]


def test_rows_of_a_wider_type_do_not_join_after_a_rollback_made_it_narrower(people: DatasetHandle) -> None:
    branch = wider_branch(people)
    people.write({"id": [3]})
    with pytest.raises(CommitConflict):
        branch.publish()
    assert sorted(row["id"] for row in people.read().to_pylist()) == [1, 3]
    assert sorted(row["id"] for row in branch.read().to_pylist()) == [1, 2, 2**40]


def test_a_partitioned_dataset_does_not_lose_the_column_it_is_partitioned_by(people: DatasetHandle) -> None:
    writer = people._ws.services.writer  # type: ignore[attr-defined]
    first = writer.write("silver.people", pa.table({"id": [1], "town": ["Rome"]}), "create", partition_by=("town",))
    people.alter(ColumnChange(action="rename", column="town", new_name="city"))
    people.write({"id": [2], "city": ["Oslo"]})
    people.rollback(first)
    assert people.read().to_pylist() == [{"id": 1, "town": "Rome"}]
    people.write({"id": [3], "town": ["Bonn"]})
    assert sorted(row["town"] for row in people.read().to_pylist()) == ["Bonn", "Rome"]
