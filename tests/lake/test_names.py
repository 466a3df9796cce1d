"""The names of tables, as each statement of SQL asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from workbench.lake import Lake
from workbench.runs import RunLog
from workbench.store import Store
from workbench.writes import Writer

ONE = pa.table({"id": [1]})


@pytest.fixture
def two(store_url: str, tmp_path: Path) -> Iterator[tuple[Lake, Writer]]:
    """A lake, and who writes to it from elsewhere."""
    stores = [Store(store_url), Store(store_url)]
    stores[0].migrate()
    lake, other = (Lake(store, str(tmp_path / "lake")) for store in stores)
    yield lake, Writer(other, RunLog(stores[1]))
    for store in stores:
        store.close()


def test_names_are_those_of_now_whoever_changes_them(two: tuple[Lake, Writer]) -> None:
    lake, writer = two
    assert lake.names() == ()
    for name in ("silver.b", "bronze.ä", "silver.a"):
        writer.write(name, ONE, "create")
    assert lake.names() == ("bronze.ä", "silver.a", "silver.b")
    writer.rename("silver.a", "gold.a")
    assert lake.names() == ("bronze.ä", "gold.a", "silver.b")
    writer.drop("silver.b")
    assert lake.names() == ("bronze.ä", "gold.a")
    assert set(lake.pointers(["gold.a", "bronze.ä", "silver.a"])) == {"bronze.ä", "gold.a"}


def test_while_nothing_changes_they_are_the_same_object(two: tuple[Lake, Writer]) -> None:
    lake, writer = two
    writer.write("silver.a", ONE, "create")
    before = lake.names()
    writer.write("silver.a", ONE, "append")
    assert lake.names() is before
    writer.write("silver.b", ONE, "create")
    assert lake.names()[0] is before[0]
