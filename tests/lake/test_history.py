"""History tells what main is at, what it came from, and what a rollback has left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.app import init
from workbench.app.dataset import DatasetHandle
from workbench.lake.records import Snapshot


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
