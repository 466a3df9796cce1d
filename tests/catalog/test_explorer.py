"""The tree, who uses what, what should be looked at, schemas over time, and the files."""

from __future__ import annotations

import gc
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from sqlalchemy import insert

from workbench.catalog.explorer import Explorer
from workbench.catalog.index import Visible
from workbench.catalog.labels import Labels
from workbench.core.errors import AlreadyExists, ColumnNotFound, DatasetNotFound, Forbidden, InvalidInput, NotFound, SnapshotNotFound
from workbench.lake.facts import CATALOG_NAME
from workbench.lake.records import ColumnChange
from workbench.lake.retention import Retention
from workbench.runs import DatasetIO
from workbench.store.tables import dataset_figures, iceberg_tables

if TYPE_CHECKING:
    from conftest import Place


@pytest.fixture
def explorer(flights: Place, tmp_path: Path) -> Explorer:
    made_from = {"silver.planes": [("gold.fleet", 1), ("gold.report", 2)]}
    return Explorer(
        flights.store,
        flights.log,
        flights.catalog,
        lambda: flights.lake,
        lambda uuid, name: made_from.get(name, []),
        tmp_path,
        tmp_path / ".workbench",
    )


def read(
    place: Place, *names: str, who: str = "ada", kind: str = "sql", notebook: str | None = None, columns: tuple[str, ...] = ()
) -> None:
    with place.log.run(kind, f"{kind} of {who}", who) as run:
        for name in names:
            ref = place.catalog.resolve(name)
            run.read(DatasetIO(kind="table", id=ref.table_uuid, name=name, notebook=notebook, columns=columns))


def test_the_tree_comes_a_level_at_a_time(explorer: Explorer, flights: Place) -> None:
    assert [(node.name, node.datasets) for node in explorer.tree().nodes] == [("bronze", 1), ("gold", 1), ("silver", 2)]
    assert [node.name for node in explorer.tree("silver").nodes] == ["flights", "planes"]
    for name in ("sales_daily", "sales_weekly", "stock", "sales_by_region_eu", "sales_by_region_us"):
        flights.table(f"silver.{name}")
    assert [(node.kind, node.name, node.datasets) for node in explorer.tree("silver", limit=4).nodes] == [
        ("dataset", "flights", 1),
        ("dataset", "planes", 1),
        ("group", "sales_", 4),
        ("dataset", "stock", 1),
    ]
    below = explorer.tree("silver", "sales_", limit=3)
    assert [(node.kind, node.name) for node in below.nodes] == [
        ("group", "sales_by_"),
        ("dataset", "sales_daily"),
        ("dataset", "sales_weekly"),
    ]
    first = explorer.tree("silver", "sales_", limit=2)
    assert first.after == "sales_daily"
    assert [node.name for node in explorer.tree("silver", "sales_", first.after, 2).nodes] == ["sales_weekly"]
    assert explorer.tree("pewter").nodes == ()


def test_the_datasets_of_a_level_come_with_their_lines(explorer: Explorer, flights: Place) -> None:
    flights.catalog.describe("silver.planes", description="Every plane.")
    flights.table("silver.sales_daily")
    flights.table("silver.sales_weekly")
    nodes = {node.name: node.dataset for node in explorer.tree("silver", limit=3).nodes}
    assert nodes.pop("sales_") is None
    assert tuple(nodes.values()) == tuple(line for line in flights.catalog.list("silver") if "sales" not in line.name)
    assert nodes["planes"] is not None
    assert nodes["planes"].description == "Every plane."


def test_a_level_of_many_names_gives_the_garbage_collector_no_work(explorer: Explorer, place: Place) -> None:
    names = [f"sales_{at}" for at in range(20_000)]
    with place.store.write() as conn:
        row = {"catalog_name": CATALOG_NAME, "table_namespace": "bronze", "metadata_location": "elsewhere"}
        conn.execute(insert(iceberg_tables), [row | {"table_name": name} for name in names])
    explorer.tree("bronze")
    passes = 0

    def count(phase: str, _: dict[str, int]) -> None:
        nonlocal passes
        passes += phase == "start"

    gc.callbacks.append(count)
    try:
        nodes = explorer.tree("bronze").nodes
    finally:
        gc.callbacks.remove(count)
    assert [(node.name, node.datasets) for node in nodes] == [("flights", 1), ("sales_", 20_000)]
    assert passes < 10  # an object for each name made them 30, and now and then one looks at all that the process holds


def test_the_tree_counts_what_the_reader_may_see(explorer: Explorer, flights: Place) -> None:
    mine = Visible([flights.catalog.resolve(name).table_uuid for name in ("silver.planes", "gold.daily_delay")])
    assert [(node.name, node.datasets) for node in explorer.tree(visible=mine).nodes] == [("gold", 1), ("silver", 1)]
    assert [node.name for node in explorer.tree("silver", visible=mine).nodes] == ["planes"]


def test_columns_are_found_by_what_they_are_called(explorer: Explorer) -> None:
    hits = explorer.search_by_column("tail number")
    assert [(hit.dataset, hit.column, hit.type) for hit in hits] == [
        ("bronze.flights", "tailnum", "long"),
        ("silver.planes", "tailnum", "long"),
    ]
    assert [hit.column for hit in explorer.search_by_column("delay")] == ["dep_delay", "avg_delay"]
    assert [(hit.dataset, hit.score) for hit in explorer.search_by_column("CARRIER", zone="gold")] == [("gold.daily_delay", 1.0)]
    assert [hit.column for hit in explorer.search_by_column("carier")] == ["carrier", "carrier"]
    assert explorer.search_by_column("planes") == ()  # a dataset's name is no column


def test_popular_is_what_most_work_reads(explorer: Explorer, flights: Place) -> None:
    assert explorer.popular() == ()
    read(flights, "silver.planes", "silver.flights")
    read(flights, "silver.planes", who="bob")
    first, second = explorer.popular()
    assert (first.dataset, first.runs, first.people) == ("silver.planes", 2, 2)
    assert (second.dataset, second.runs) == ("silver.flights", 1)
    (companion,) = explorer.often_used_with("planes")
    assert (companion.dataset, companion.runs, companion.of) == ("silver.flights", 1, 2)
    flights.writer.drop("silver.flights")
    assert explorer.often_used_with("planes") == ()
    assert [each.dataset for each in explorer.popular()] == ["silver.planes"]


def test_looking_at_its_quality_is_no_use_of_a_dataset(explorer: Explorer, flights: Place) -> None:
    read(flights, "silver.planes", "silver.flights", kind="quality")
    assert explorer.popular() == () and explorer.often_used_with("planes") == () and explorer.statistics().read == 0
    readers = explorer.schema_impact("silver.planes", (ColumnChange(action="drop", column="seats"),)).readers
    assert [reader.name for reader in readers] == ["gold.fleet", "gold.report"], "only what is made of it"


def test_insights_name_what_should_be_looked_at(explorer: Explorer, flights: Place) -> None:
    flights.table("silver.planes_copy", "tailnum", "seats", "wings")
    flights.table("silver.planes_again", "wings", "tailnum", "seats")
    flights.catalog.describe("planes", "All.", "ada")
    found = {each.kind: each for each in explorer.insights()}
    assert "silver.planes" not in found["undocumented"].datasets
    assert "silver.flights" in found["unowned"].datasets
    assert found["duplicate"].datasets == ("silver.planes_again", "silver.planes_copy")
    assert all(each.fix and each.message for each in found.values())
    assert [len(each.datasets) for each in explorer.insights(limit=1)] == [1] * len(explorer.insights(limit=1))
    advice = explorer.recommendations("planes_copy")
    assert {each.kind for each in advice} == {"undocumented", "unowned", "duplicate"}
    with pytest.raises(DatasetNotFound):
        explorer.recommendations("nobody")


def drop_elsewhere(place: Place, zone: str, name: str) -> None:
    """As another client drops a table: in the catalog itself, and no event tells of it."""
    columns = iceberg_tables.c
    with place.store.write() as conn:
        conn.execute(iceberg_tables.delete().where(columns.table_namespace == zone, columns.table_name == name))


def test_what_is_told_of_all_datasets_follows_each_change_of_them(explorer: Explorer, flights: Place) -> None:
    """Also one that is no event of ours: another client drops a table in the catalog itself."""

    def names() -> set[str]:
        return {name for each in explorer.insights(100) if each.kind == "unowned" for name in each.datasets}

    everything = {info.name for info in flights.catalog.tables.all()}
    assert names() == everything and explorer.statistics().datasets == 4
    flights.writer.rename("silver.planes", "silver.machines")
    flights.writer.write("silver.machines", flights.lake.plan("silver.machines").to_arrow())
    assert names() == everything - {"silver.planes"} | {"silver.machines"}
    assert explorer.statistics().rows == 14 + 3
    flights.writer.drop("silver.machines")
    assert "silver.machines" not in names() and explorer.statistics().datasets == 3
    flights.writer.undrop("silver.machines")
    flights.table("quarantine.silver_machines", "id")
    assert "silver.machines" in names() and explorer.statistics().datasets == 4, "quarantine is not counted"
    drop_elsewhere(flights, "silver", "flights")
    explorer._figures._looked = (-1, 0.0)  # as some seconds later
    assert "silver.flights" not in names() and explorer.statistics().datasets == 3


def test_stale_is_what_is_read_but_not_written_and_unused_what_nobody_reads(explorer: Explorer, flights: Place) -> None:
    explorer.insights()
    with flights.store.write() as conn:
        old = "2020-01-01T00:00:00.000000Z"
        conn.execute(dataset_figures.update().where(dataset_figures.c.zone == "silver").values(updated_at=old, created_at=old))
    read(flights, "silver.planes")
    found = {each.kind: each for each in explorer.insights()}
    assert found["stale"].datasets == ("silver.planes",) and found["unused"].datasets == ("silver.flights",)
    assert "silver.planes is still read" in found["stale"].message
    assert found["unused"].message == "silver.flights is not read for 90 days."


def test_advice_is_about_the_dataset_itself_first(explorer: Explorer, flights: Place) -> None:
    flights.table("silver.planes_copy", "tailnum", "seats", "wings")
    flights.table("silver.planes_again", "wings", "tailnum", "seats")
    read(flights, "silver.planes_copy", "silver.flights")
    advice = explorer.recommendations("planes_copy")
    assert [each.datasets[0] for each in advice] == ["silver.planes_copy"] * (len(advice) - 1) + ["silver.flights"]
    assert all("datasets are" not in each.message for each in advice), "not about everybody's"
    copies = next(each for each in advice if each.kind == "duplicate")
    assert copies.datasets == ("silver.planes_copy", "silver.planes_again") and "silver.planes_again" in copies.message
    flights.catalog.describe("planes_copy", "All.", "ada")
    flights.catalog.describe("silver.flights", "All.", "ada")
    assert [each.kind for each in explorer.recommendations("planes_copy")] == ["duplicate"]


def test_advice_names_what_waits_in_quarantine_and_columns_apart_from_the_dataset(explorer: Explorer, flights: Place) -> None:
    def told() -> dict[str, str]:
        return {each.kind: each.message for each in explorer.recommendations("planes")}

    assert "set aside" not in told()
    flights.table("quarantine.silver_planes", "id", rows=3)
    assert told()["set aside"] == "3 records that do not fit it wait in quarantine."
    assert "undescribed columns" not in told()
    Labels(flights.store, flights.log, flights.catalog).describe_column("planes", "seats", "How many may sit in it.")
    assert told()["undescribed columns"] == "1 of 2 columns says nothing about itself: tailnum."


def test_advice_survives_what_another_client_has_just_dropped(explorer: Explorer, flights: Place) -> None:
    read(flights, "silver.planes", "silver.flights")
    assert explorer.recommendations("planes")[-1].datasets == ("silver.flights",)
    drop_elsewhere(flights, "silver", "flights")
    assert {each.datasets for each in explorer.recommendations("planes")} == {("silver.planes",)}


def test_statistics_add_up(explorer: Explorer, flights: Place) -> None:
    flights.catalog.describe("planes", "All.", "ada")
    read(flights, "silver.planes")
    found = explorer.statistics()
    assert (found.datasets, found.columns, found.rows, found.described, found.owned, found.read) == (4, 10, 14, 1, 1, 1)
    assert found.updated == 4
    assert [(zone.zone, zone.datasets, zone.rows) for zone in found.zones] == [("bronze", 1, 5), ("gold", 1, 3), ("silver", 2, 6)]


def test_schemas_are_told_apart_over_time(explorer: Explorer, flights: Place) -> None:
    flights.writer.create_tag("silver.planes", "v1")
    changes = (
        ColumnChange(action="rename", column="seats", new_name="capacity"),
        ColumnChange(action="add", column="wings", type="int"),
    )
    flights.writer.alter("silver.planes", changes)
    flights.writer.write("silver.planes", pa.table({"tailnum": [1], "capacity": [2], "wings": pa.array([2], pa.int32())}))
    flights.writer.alter(
        "silver.planes", (ColumnChange(action="widen", column="wings", type="long"), ColumnChange(action="drop", column="tailnum"))
    )
    newest, middle, oldest = explorer.schema_history("planes")
    assert (newest.current, middle.current, oldest.current) == (True, False, False)
    assert oldest.since is not None
    assert {(c.kind, c.column, c.after) for c in middle.changes} == {("renamed", "seats", "capacity"), ("added", "wings", "int")}
    assert {(c.kind, c.column, c.safe) for c in newest.changes} == {("type", "wings", True), ("dropped", "tailnum", False)}
    whole = explorer.schema_compare("planes", "v1")
    assert {(c.kind, c.column) for c in whole.changes} == {("renamed", "seats"), ("added", "wings"), ("dropped", "tailnum")}
    assert explorer.schema_compare("planes", str(oldest.version), "v1").changes == ()
    with pytest.raises(NotFound):
        explorer.schema_compare("planes", "v2")


def test_a_planned_change_names_who_would_feel_it(explorer: Explorer, flights: Place) -> None:
    read(flights, "silver.planes", columns=("seats",), notebook="fleet.ipynb", kind="notebook")
    read(flights, "silver.planes", columns=("tailnum",))
    drop = explorer.schema_impact("planes", (ColumnChange(action="drop", column="seats"),))
    assert drop.breaking
    assert [(r.kind, r.name, r.columns) for r in drop.readers] == [
        ("notebook", "fleet.ipynb", ("seats",)),
        ("dataset", "gold.fleet", ()),
        ("dataset", "gold.report", ()),
    ]
    add = explorer.schema_impact("planes", (ColumnChange(action="add", column="wings", type="int"),))
    assert (add.breaking, add.readers) == (False, ())
    with pytest.raises(ColumnNotFound) as caught:
        explorer.schema_impact("planes", (ColumnChange(action="drop", column="seat"),))
    assert "seats" in str(caught.value.fix)
    # What cannot be made is not told to be safe.
    for change in (
        ColumnChange(action="add", column="Seats", type="int"),
        ColumnChange(action="rename", column="tailnum", new_name="seats"),
    ):
        with pytest.raises(AlreadyExists):
            explorer.schema_impact("planes", (change,))
    with pytest.raises(InvalidInput, match="no column type"):
        explorer.schema_impact("planes", (ColumnChange(action="add", column="wings", type="number"),))
    renamed = (ColumnChange(action="rename", column="seats", new_name="chairs"), ColumnChange(action="add", column="seats", type="int"))
    assert [change.kind for change in explorer.schema_impact("planes", renamed).changes] == ["renamed", "added"]


def test_files_are_shown_and_nothing_that_lets_one_in(explorer: Explorer, tmp_path: Path) -> None:
    state = tmp_path / ".workbench"
    for folder in (state / "secrets", state / "logs", state / "run", tmp_path / "notebooks"):
        folder.mkdir(parents=True)
    for name in (
        "notes.md",
        ".env",
        ".env.local",
        "server.pem",
        "api_token.txt",
        "id_ed25519",
        "tokens.json",
        "keyboard.csv",
        "Größe 订单.csv",
    ):
        (tmp_path / "notebooks" / name).write_text("x")
    (state / "meta.db").write_text("x")
    (tmp_path / "notebooks" / "out").symlink_to("/etc")
    assert [entry.path for entry in explorer.storage().entries] == ["lake", "workspace"]
    assert [entry.name for entry in explorer.storage("workspace/notebooks").entries] == ["Größe 订单.csv", "keyboard.csv", "notes.md"]
    assert [entry.name for entry in explorer.storage("workspace/.workbench").entries] == ["logs"]
    page = explorer.storage("workspace/notebooks", limit=1)
    assert page.after == "Größe 订单.csv"
    assert [entry.name for entry in explorer.storage("workspace/notebooks", page.after, 1).entries] == ["keyboard.csv"]
    (table,) = [entry for entry in explorer.storage("lake/gold").entries if entry.dataset]
    assert table.dataset == "gold.daily_delay"
    assert {entry.name for entry in explorer.storage(table.path).entries} == {"data", "metadata"}
    for path in (
        "workspace/.workbench/secrets",
        "workspace/.workbench/run",
        "workspace/notebooks/out",
        "workspace/notebooks/out/ssl",
        "lake/secrets",
    ):
        with pytest.raises((Forbidden, NotFound)):
            explorer.storage(path)
    for path in ("workspace/../..", "..", "/../etc", "workspace\\..", "workspace/notebooks/notes.md"):
        with pytest.raises((InvalidInput, NotFound)):
            explorer.storage(path)
    for path in ("etc", "/etc", "workspace/nowhere"):
        with pytest.raises(NotFound):
            explorer.storage(path)


def test_a_datasets_files_are_told_by_state_and_what_could_be_saved(explorer: Explorer, flights: Place) -> None:
    nothing_yet = Retention(timedelta(days=30), 1)
    first = explorer.files("planes", nothing_yet)
    (file,) = first.files
    assert (first.dataset, file.kind, file.rows, first.rows, first.states, first.other_files) == ("silver.planes", "rows", 3, 3, 1, 0)
    assert (file.snapshot_id, file.partition, file.bytes) == (first.snapshot_id, None, first.bytes)
    assert {entry.name for entry in explorer.storage(f"{first.place}/data").entries} == {file.path.removeprefix("data/")}
    (listed,) = [entry for entry in explorer.storage("lake/silver").entries if entry.dataset == "silver.planes"]
    assert (listed.path, listed.bytes) == (first.place, first.bytes)
    rows = pa.table({"tailnum": pa.array([7]), "seats": pa.array([1])})
    flights.writer.write("silver.planes", rows, "append", principal="ada")
    flights.writer.write("silver.planes", rows, "overwrite", principal="ada")
    now = explorer.files("planes", nothing_yet)
    assert (now.count, now.rows, now.states, now.savings) == (1, 1, 3, ())
    before = explorer.files(f"planes@{first.snapshot_id}", nothing_yet)
    assert (before.files, before.rows) == (first.files, 3)
    appended = explorer.storage(f"{first.place}/data").entries
    assert len(appended) == 3 and now.other_bytes >= file.bytes
    (saving,) = explorer.files("planes", Retention(timedelta(0), 1)).savings
    assert saving.fix == "workbench datasets expire silver.planes" and saving.bytes is not None and 0 < saving.bytes <= now.other_bytes
    with pytest.raises(SnapshotNotFound):
        explorer.files("planes@12", nothing_yet)


def test_many_files_come_a_page_at_a_time_with_their_partitions(explorer: Explorer, flights: Place) -> None:
    data = pa.table({"day": pa.array([n % 60 for n in range(120)]), "n": pa.array(range(120))})
    flights.writer.write("bronze.many", data, "create", partition_by=["day"], principal="ada")
    keep = Retention(timedelta(days=1), 1)
    page = explorer.files("many", keep, limit=40)
    rest = explorer.files("many", keep, after=page.after, limit=40)
    assert (page.count, len(page.files), len(rest.files), rest.after) == (60, 40, 20, None)
    assert {file.partition for file in (*page.files, *rest.files)} == {f"day={n}" for n in range(60)}
    assert [saving.fix for saving in page.savings] == ["workbench datasets compact bronze.many"]
