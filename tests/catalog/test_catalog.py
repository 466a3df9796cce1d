"""Datasets listed, shown, described; names turned into references."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from tests.patience import slower
from workbench.core.errors import DatasetNotFound, InvalidInput, InvalidName, NotFound, SnapshotNotFound
from workbench.core.refs import DatasetRef
from workbench.lake.records import ColumnChange

if TYPE_CHECKING:
    from conftest import Place


def test_an_empty_lake_lists_nothing(place: Place) -> None:
    assert place.catalog.list() == ()
    assert place.catalog.search("x") == ()
    with pytest.raises(DatasetNotFound) as caught:
        place.catalog.resolve("x")
    assert caught.value.fix


def test_all_datasets_are_listed_by_name_and_by_zone(flights: Place) -> None:
    assert [each.name for each in flights.catalog.list()] == ["bronze.flights", "gold.daily_delay", "silver.flights", "silver.planes"]
    (bronze,) = flights.catalog.list("bronze")
    assert (bronze.zone, bronze.rows, bronze.columns) == ("bronze", 5, 3)
    assert bronze.bytes > 0
    assert flights.catalog.list("platinum") == ()
    assert flights.another().list() == flights.catalog.list()


def test_a_dataset_is_shown_in_full(flights: Place) -> None:
    found = flights.catalog.get("silver.flights")
    assert [(column.name, column.type) for column in found.columns] == [("year", "long"), ("carrier", "long")]
    assert len({column.field_id for column in found.columns}) == 2
    assert (found.rows, found.files, found.zone, found.branches, found.tags) == (3, 1, "silver", ("main",), ())
    assert found.ref == DatasetRef(table_uuid=found.ref.table_uuid, name="silver.flights")
    assert found.created_at is not None
    assert found.updated_at is not None
    assert type(found).from_json(found.to_json()) == found


def test_a_branch_a_snapshot_and_a_tag_are_shown_as_they_are(flights: Place) -> None:
    first = flights.lake.snapshots("silver.flights")[0]
    flights.writer.create_tag("silver.flights", "first")
    flights.writer.alter("silver.flights", (ColumnChange(action="rename", column="carrier", new_name="airline"),))
    flights.writer.write("silver.flights", pa.table({"year": [1], "airline": [1]}), branch="dev")
    flights.writer.write("silver.flights", pa.table({"year": [1, 2], "airline": [1, 2]}))
    catalog = flights.catalog
    assert catalog.get("silver.flights").rows == 5
    dev = catalog.get("silver.flights#dev")
    assert (dev.rows, dev.ref.branch, dev.ref.snapshot_id, dev.branches, dev.tags) == (4, "dev", None, ("main", "dev"), ("first",))
    assert [column.name for column in dev.columns] == ["year", "airline"]
    for text in (f"silver.flights@{first.id}", "silver.flights#first"):
        old = catalog.get(text)
        assert (old.rows, old.ref.snapshot_id) == (3, first.id)
        assert [column.name for column in old.columns] == ["year", "carrier"]
    with pytest.raises(SnapshotNotFound):
        catalog.get("silver.flights@12345")
    with pytest.raises(NotFound):
        catalog.get("silver.flights#nope")


def test_names_are_resolved_as_people_write_them(flights: Place) -> None:
    resolve = flights.catalog.resolve
    planes = resolve("silver.planes")
    assert resolve("planes") == resolve(" Planes ") == resolve("SILVER.Planes") == planes
    assert resolve("planes#dev@42") == planes.model_copy(update={"branch": "dev", "snapshot_id": 42})
    assert resolve("silver.flights").table_uuid != resolve("bronze.flights").table_uuid


def test_a_bare_name_of_several_datasets_is_refused_and_they_are_named(flights: Place) -> None:
    with pytest.raises(InvalidName) as caught:
        flights.catalog.resolve("flights")
    assert str(caught.value).endswith("Write the full name, one of: silver.flights, bronze.flights.")  # the most trusted first
    assert caught.value.details["names"] == ["silver.flights", "bronze.flights"]


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [("silver.flihgts", "silver.flights"), ("plane", "silver.planes"), ("gold.daily_delays", "gold.daily_delay"), ("xyzzy", None)],
)
def test_a_name_that_is_not_there_suggests_the_nearest(flights: Place, text: str, suggestion: str | None) -> None:
    with pytest.raises(DatasetNotFound) as caught:
        flights.catalog.get(text)
    assert caught.value.details["suggestion"] == suggestion
    assert caught.value.fix


@pytest.mark.parametrize("text", ["", "#dev", "a.b.c", "silver.flights@x", "a b", "x'; drop table", "../etc"])
def test_what_is_no_name_is_said_so(flights: Place, text: str) -> None:
    with pytest.raises((InvalidName, DatasetNotFound)):
        flights.catalog.resolve(text)


def test_a_reference_outlives_a_rename_and_ends_with_its_dataset(flights: Place) -> None:
    ref = flights.catalog.resolve("silver.planes#dev")
    flights.writer.rename("silver.planes", "gold.aircraft")
    assert flights.catalog.resolve(ref) == ref.model_copy(update={"name": "gold.aircraft"})
    flights.table("silver.planes")  # another one under the old name
    assert flights.catalog.resolve(ref).name == "gold.aircraft"
    flights.writer.drop("gold.aircraft")
    with pytest.raises(DatasetNotFound):
        flights.catalog.resolve(ref)


def test_a_description_stays_with_its_dataset(flights: Place) -> None:
    catalog = flights.catalog
    described = catalog.describe("planes", "  Every *aircraft*.  ", principal="bob")
    assert (described.description, described.owner) == ("Every *aircraft*.", "")
    assert catalog.describe("planes", owner="ada").description == "Every *aircraft*."
    flights.writer.rename("silver.planes", "gold.aircraft")
    assert flights.another().get("aircraft").owner == "ada"
    assert catalog.list("gold")[0].description == "Every *aircraft*."
    assert catalog.describe("aircraft", description="").description == ""
    runs = flights.log.list(kind="describe")
    assert [run.status for run in runs] == ["succeeded"] * 3
    assert runs[-1].principal == "bob"
    (event,) = [event for event in flights.log.events(run_id=runs[-1].id) if event.type == "dataset.described"]
    assert event.body["name"] == "silver.planes"


def test_describing_with_nothing_to_say_is_no_run(flights: Place) -> None:
    before = flights.log.last()
    flights.catalog.describe("planes")
    assert flights.log.last() == before


def test_a_description_has_its_bounds(flights: Place) -> None:
    with pytest.raises(InvalidInput):
        flights.catalog.describe("planes", "x" * 20_001)
    with pytest.raises(InvalidInput):
        flights.catalog.describe("planes", owner="x" * 201)
    assert flights.catalog.get("planes").description == ""


def test_what_others_write_and_drop_is_seen_at_once(flights: Place) -> None:
    other = flights.another()
    assert other.get("silver.planes").rows == 3
    flights.writer.write("silver.planes", pa.table({"tailnum": [1], "seats": [2]}))
    assert other.get("silver.planes").rows == 4
    flights.writer.drop("silver.planes")
    with pytest.raises(DatasetNotFound):
        other.get("silver.planes")
    flights.writer.undrop("silver.planes")
    assert other.get("silver.planes").rows == 4


def test_a_hit_says_where_it_matched(flights: Place) -> None:
    catalog = flights.catalog
    catalog.describe("daily_delay", "Average departure delay of each carrier.", owner="grace")
    assert [(hit.dataset.name, hit.matched) for hit in catalog.search("flights")][:2] == [
        ("bronze.flights", "name"),
        ("silver.flights", "name"),
    ]
    assert {(hit.dataset.name, hit.matched, hit.text) for hit in catalog.search("tail number")} == {
        ("bronze.flights", "column", "tailnum"),
        ("silver.planes", "column", "tailnum"),
    }
    (departure,) = [hit for hit in catalog.search("departure") if hit.matched == "description"]
    assert departure.text == "Average departure delay of each carrier."
    assert [(hit.dataset.name, hit.matched, hit.text) for hit in catalog.search("grace")] == [("gold.daily_delay", "owner", "grace")]
    assert catalog.search("flihgts")[0].dataset.name.endswith(".flights")
    assert len(catalog.search("flights", limit=1)) == 1


def test_a_thousand_datasets_are_listed_and_searched_at_once(place: Place, scale: float) -> None:
    count = max(100, int(1000 * scale))
    from workbench.lake.changes import Create

    schema = pa.schema([(f"column_{index}", pa.int64()) for index in range(20)])
    creates: list[Create] = [place.lake.new_table(f"silver.table_{index:04d}", schema) for index in range(count)]
    for start in range(0, count, 100):
        place.lake.commit_many(creates[start : start + 100], commit_key=f"k{start}")
    assert len(place.catalog.list()) == count
    for call in (place.catalog.list, lambda: place.catalog.search("table 0099"), lambda: place.catalog.search("tabel_0042")):
        took = []
        for _ in range(5):
            start_time = time.perf_counter()
            assert call()
            took.append(time.perf_counter() - start_time)
        assert min(took) < 0.2 * max(count / 1000, 0.25) * 5 * slower()
