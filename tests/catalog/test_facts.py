"""What is kept of tables beside the catalog says what their metadata files say, whatever is done to them; what it cannot know is read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import IcebergNamespaceProperties, IcebergTables, SqlCatalog
from sqlalchemy import select

from workbench.core.clock import now
from workbench.core.config import RetentionSettings
from workbench.lake import Lake, Maintainer
from workbench.lake.changes import Evolve
from workbench.lake.facts import TableFacts
from workbench.lake.records import ColumnChange
from workbench.store.tables import dataset_facts, iceberg_namespaces, iceberg_tables
from workbench.writes import Writer

if TYPE_CHECKING:
    from conftest import Place

ROWS = pa.table({"id": pa.array([1, 2], pa.int64())})


def assert_true(place: Place) -> None:
    """Every table's facts are known, and are what a lake that has cached nothing reads from the files."""
    facts = TableFacts(place.store, place.lake.storage.warehouse)
    fresh = Lake(place.store, place.lake.storage.warehouse)
    pointers = facts.pointers()
    assert facts.at(pointers) == {name: fresh.info(name) for name in pointers}


def test_every_change_is_told(place: Place) -> None:
    writer = Writer(place.lake, place.log, RetentionSettings(replay_days=0, min_snapshots=1, orphan_grace_hours=0))
    first = writer.write("silver.x", ROWS, "create")
    place.table("gold.y", rows=7)
    assert_true(place)
    steps = [
        lambda: writer.write("silver.x", ROWS),
        lambda: writer.alter("silver.x", [ColumnChange(action="add", column="note", type="string", doc="said")]),
        lambda: writer.create_tag("silver.x", "first", first.id),
        lambda: writer.create_branch("silver.x", "dev"),
        lambda: writer.write("silver.x", ROWS, branch="dev"),
        lambda: writer.publish(["silver.x"], "dev"),
        lambda: writer.delete_ref("silver.x", "dev"),
        lambda: writer.rollback("silver.x", first.id),
        lambda: writer.write("silver.x", ROWS, "overwrite"),
        lambda: writer.compact("silver.x"),
        lambda: writer.rename("silver.x", "gold.z"),
        lambda: writer.expire("gold.z"),
        lambda: writer.drop("gold.z"),
        lambda: writer.undrop("gold.z"),
        lambda: writer.write("gold.z", ROWS),
    ]
    for step in steps:
        step()
        assert_true(place)
    assert next(d for d in place.another().list() if d.name == "gold.z").rows == 4


def test_a_rollback_shows_the_rows_of_then(place: Place) -> None:
    first = place.writer.write("silver.x", ROWS, "create")
    place.writer.write("silver.x", ROWS)
    assert place.another().get("silver.x").rows == 4
    place.writer.rollback("silver.x", first.id)
    assert place.another().get("silver.x").rows == 2


def test_what_another_iceberg_client_commits_is_seen_at_once(place: Place) -> None:
    place.table("silver.x", rows=3)
    known = place.another()
    assert known.get("silver.x").rows == 3
    url = place.store.engine.url.render_as_string(hide_password=False)
    other = SqlCatalog("workbench", uri=url, warehouse=place.lake.storage.warehouse)
    other.load_table("silver.x").append(ROWS)
    assert known.get("silver.x").rows == place.another().get("silver.x").rows == 5
    assert TableFacts(place.store, place.lake.storage.warehouse).at(place.lake.catalog.names()) == {}
    place.writer.write("silver.x", ROWS)
    assert_true(place)


def test_facts_of_another_version_are_read_from_the_files_again(place: Place) -> None:
    place.table("silver.x", rows=3)
    with place.store.write() as conn:
        conn.execute(dataset_facts.update().values(facts='{"from": "the future"}'))
    assert [d.rows for d in place.another().list()] == [3]


def test_a_new_table_of_a_dropped_ones_name_has_its_own_facts(place: Place) -> None:
    place.table("silver.x", rows=3)
    place.writer.drop("silver.x")
    assert place.another().list() == ()
    place.table("silver.x", "a", "b", rows=5)
    assert_true(place)
    assert [(d.rows, d.columns) for d in place.another().list()] == [(5, 2)]


def test_facts_go_when_a_dropped_table_is_purged(place: Place) -> None:
    place.table("silver.x")
    place.table("silver.y")
    place.writer.drop("silver.x")
    Maintainer(place.lake).purge(now() + timedelta(days=400))
    with place.store.read() as conn:
        kept = conn.execute(select(dataset_facts.c.table_uuid)).scalars().all()
    assert kept == [place.lake.info("silver.y").table_uuid]


def test_a_failed_commit_leaves_the_facts_as_they_were(place: Place) -> None:
    place.table("silver.x", rows=3)

    added = ColumnChange(action="add", column="note", type="string")

    def fail(*_: object) -> None:
        raise RuntimeError("the events could not be recorded")

    with pytest.raises(RuntimeError):
        place.lake.commit_many([Evolve("silver.x", place.lake.info("silver.x").table_uuid, (added,))], commit_key="k", record=fail)
    assert_true(place)
    assert [d.columns for d in place.another().list()] == [1]


def test_a_list_of_many_comes_from_one_look(place: Place, scale: float) -> None:
    place.table("silver.x")
    pointer = place.lake.catalog.names()["silver.x"]
    count = max(300, int(3000 * scale))
    with place.store.write() as conn:
        row = dict(conn.execute(select(iceberg_tables)).mappings().one())
        conn.execute(iceberg_tables.insert(), [row | {"table_name": f"x{i}"} for i in range(count)])
    Path(pointer).unlink()  # nothing but the facts is there to be read
    assert len(place.another().list()) == count + 1


def test_the_catalogs_tables_are_as_pyiceberg_declares_them() -> None:
    for ours, theirs in ((iceberg_tables, IcebergTables.__table__), (iceberg_namespaces, IcebergNamespaceProperties.__table__)):
        assert ours.name == theirs.name  # type: ignore[attr-defined]
        assert [_column(c) for c in ours.columns] == [_column(c) for c in theirs.columns]


def _column(column: object) -> tuple[object, ...]:
    return tuple(str(getattr(column, name)) for name in ("name", "type", "nullable", "primary_key"))
