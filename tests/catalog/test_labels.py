"""Tags, the glossary, and the history of what people said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workbench.catalog.labels import Labels
from workbench.core.errors import AlreadyExists, ColumnNotFound, DatasetNotFound, InvalidInput, NotFound
from workbench.lake.records import ColumnChange

if TYPE_CHECKING:
    from conftest import Place


@pytest.fixture
def labels(flights: Place) -> Labels:
    return Labels(flights.store, flights.log, flights.catalog)


def found(place: Place, query: str) -> list[tuple[str, str]]:
    return [(hit.dataset.name, hit.matched) for hit in place.another().search(query)]


def test_a_tag_is_found_filtered_by_counted_and_taken_away(flights: Place, labels: Labels) -> None:
    labels.tag("planes", "  Fleet   register ", principal="ada")
    labels.tag("planes", "fleet register", principal="bob")  # the same one
    labels.tag("planes", "Interior", column="seats")
    assert flights.catalog.get("planes").labels == ("Fleet register",)
    assert {column.name: column.labels for column in flights.catalog.get("planes").columns} == {"tailnum": (), "seats": ("Interior",)}
    assert found(flights, "fleet register") == found(flights, "registr") == [("silver.planes", "tag")]
    assert found(flights, "interior") == [("silver.planes", "tag")]
    assert [(use.tag, use.datasets, use.columns) for use in labels.tags()] == [("Fleet register", 1, 0), ("Interior", 0, 1)]
    labels.untag("planes", "FLEET REGISTER")
    assert found(flights, "register") == []
    with pytest.raises(NotFound):
        labels.untag("planes", "fleet register")


def test_a_column_keeps_its_tag_when_it_is_renamed(flights: Place, labels: Labels) -> None:
    labels.tag("planes", "Interior", column="seats")
    flights.writer.alter("silver.planes", (ColumnChange(action="rename", column="seats", new_name="capacity"),))
    assert {column.name: column.labels for column in flights.catalog.get("planes").columns}["capacity"] == ("Interior",)
    with pytest.raises(ColumnNotFound) as caught:
        labels.tag("planes", "x", column="capacty")
    assert "capacity" in str(caught.value.fix)


def test_what_a_column_holds_is_said_found_kept_through_a_rename_and_taken_away(flights: Place, labels: Labels) -> None:
    labels.describe_column("planes", "seats", "  Berths of the *cabin*. ", principal="ada")
    column = flights.catalog.get("planes").columns[1]
    assert (column.name, column.description, column.about, column.doc) == ("seats", "Berths of the *cabin*.", "Berths of the *cabin*.", "")
    (hit,) = flights.another().search("berths")
    assert (hit.dataset.name, hit.dataset.description, hit.matched, hit.text) == (
        "silver.planes",
        "",
        "description",
        "seats: Berths of the *cabin*.",
    )
    flights.writer.alter("silver.planes", (ColumnChange(action="rename", column="seats", new_name="capacity"),))
    assert [hit.text for hit in flights.another().search("berths")] == ["capacity: Berths of the *cabin*."]
    labels.describe_column("planes", "capacity", "How many sit.", principal="bob")
    said = [(e.by, e.what, e.column, e.before, e.after) for e in labels.edits("planes")]
    assert said == [
        ("bob", "description", "capacity", "Berths of the *cabin*.", "How many sit."),
        ("ada", "description", "seats", None, "Berths of the *cabin*."),
    ]
    labels.describe_column("planes", "capacity", " ")
    assert flights.catalog.get("planes").columns[1].description == ""
    assert found(flights, "berths") == []
    with pytest.raises(ColumnNotFound):
        labels.describe_column("planes", "seats", "gone")
    with pytest.raises(InvalidInput):
        labels.describe_column("planes", "capacity", "x" * 5_001)


def test_a_files_own_word_of_a_column_stands_where_no_person_has_said_one(flights: Place, labels: Labels) -> None:
    flights.writer.alter("silver.planes", (ColumnChange(action="add", column="engine", type="string", doc="Turbofan or propeller."),))
    assert flights.catalog.get("planes").columns[-1].about == "Turbofan or propeller."
    assert found(flights, "turbofan") == [("silver.planes", "description")]
    labels.describe_column("planes", "engine", "What drives it.")
    column = flights.catalog.get("planes").columns[-1]
    assert (column.about, column.doc) == ("What drives it.", "Turbofan or propeller.")
    assert found(flights, "turbofan") == []
    assert found(flights, "drives") == [("silver.planes", "description")]


@pytest.mark.parametrize("tag", ["", "   ", "x" * 61])
def test_a_tag_has_its_bounds(labels: Labels, tag: str) -> None:
    with pytest.raises(InvalidInput):
        labels.tag("planes", tag)
    assert labels.tags() == ()


def test_the_glossary_is_written_linked_found_renamed_and_deleted(flights: Place, labels: Labels) -> None:
    labels.define("Übersitz", "More *passengers* than seats.", principal="ada")
    labels.link("planes", "übersitz")
    term = labels.link("planes", "ubersitz", column="seats")
    assert [(link.dataset, link.column) for link in term.links] == [("silver.planes", None), ("silver.planes", "seats")]
    assert found(flights, "übersitz") == [("silver.planes", "term")]
    assert flights.catalog.get("planes").terms == ("Übersitz",)
    labels.define("Übersitz", "More passengers than seats.", new_name="Overbooking", principal="bob")
    assert (found(flights, "übersitz"), found(flights, "overbooking")) == ([], [("silver.planes", "term")])
    labels.define("Seat", "To sit on.")
    with pytest.raises(AlreadyExists):
        labels.define("Seat", "To sit on.", new_name="OVERBOOKING")
    with pytest.raises(NotFound) as caught:
        labels.link("planes", "overbookin")
    assert "Overbooking" in str(caught.value.fix)
    labels.unlink("planes", "overbooking", column="seats")
    with pytest.raises(NotFound):
        labels.unlink("planes", "overbooking", column="seats")
    labels.remove("overbooking")
    assert found(flights, "overbooking") == []
    assert [term.name for term in labels.terms()] == ["Seat"]


def test_a_term_named_before_the_dataset_is_understood_where_nothing_else_can_be_meant(flights: Place, labels: Labels) -> None:
    for term in ("Fleet", "planes"):
        labels.define(term, "What flies.")
    assert [link.dataset for link in labels.link("fleet", "planes").links] == ["silver.planes"]
    assert labels.unlink("fleet", "planes").links == ()
    # Both are names of a dataset or of a term: as it is written, dataset first.
    assert [link.dataset for link in labels.link("planes", "planes").links] == ["silver.planes"]
    with pytest.raises(DatasetNotFound):
        labels.link("fleet", "plains")
    with pytest.raises(DatasetNotFound):
        labels.link("nothing", "planes")


def test_every_edit_says_who_and_what_stood_there_before(flights: Place, labels: Labels) -> None:
    flights.catalog.describe("planes", "One.", principal="ada")
    flights.catalog.describe("planes", "Two.", "grace", principal="bob")
    labels.tag("planes", "pii", column="tailnum", principal="ada")
    labels.define("Plane", "Flies.", principal="ada")
    labels.define("Plane", "Flies far.", principal="bob")
    said = [(e.by, e.what, e.column, e.before, e.after) for e in labels.edits("planes")]
    assert said[0] == ("ada", "tag", "tailnum", None, "pii")
    assert set(said[1:3]) == {("bob", "description", None, "One.", "Two."), ("bob", "owner", None, None, "grace")}
    assert said[3] == ("ada", "description", None, None, "One.")
    assert [(e.by, e.before, e.after) for e in labels.edits(term="plane")] == [("bob", "Flies.", "Flies far."), ("ada", None, "Flies.")]
    assert len(labels.edits()) == 6
    assert {(e.of, e.what) for e in labels.edits()} >= {("silver.planes", "owner"), ("Plane", "definition")}
    assert len(labels.edits(limit=2)) == 2
    for each in labels.edits():
        run = flights.log.get(each.run_id)
        assert (run.status, run.kind, run.principal) == ("succeeded", "describe", each.by)
    before = len(labels.edits())
    flights.catalog.describe("planes", "Two.")
    assert len(labels.edits()) == before
