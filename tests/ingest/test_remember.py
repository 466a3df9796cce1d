"""What a person corrected once holds for the next file of the same source, and for no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.app.local import LocalWorkspace
from workbench.app.services import Services
from workbench.core.errors import NotFound
from workbench.core.principals import Principal
from workbench.engines.readers.reading import ColumnReading, Reading
from workbench.ingest.records import LoadOptions
from workbench.ingest.remember import Header, Readings, corrections, source_key

HEADER = ("id", "amount")
SAID = Reading(delimiter=";", columns=(ColumnReading(place=1, original="amount", type="decimal(12, 2)"),))


ADMIN = Principal(name="root")


def nowhere(dataset: str) -> bool:
    return False


@pytest.fixture
def readings(services: Services) -> Readings:
    return services.readings


def keep(
    readings: Readings, services: Services, origin: str, reading: Reading = SAID, dataset: str = "bronze.sales", by: str = "ada"
) -> None:
    with services.store.write() as conn:
        readings.keep(conn, origin, HEADER, dataset, reading, by)


def known(readings: Readings, origin: str, header: Header = HEADER, by: str = "ada", dataset: str = "bronze.other") -> Reading | None:
    return readings.known(origin, header, by, dataset)


def test_the_next_file_of_the_source_is_read_as_it_was_said(readings: Readings, services: Services) -> None:
    keep(readings, services, "/in/sales_2024-01.csv")
    assert known(readings, "/in/sales_2024-02.csv", HEADER) == SAID
    assert known(readings, "/in/sales_2025-11.csv", HEADER) == SAID


def test_another_source_or_header_is_another_matter(readings: Readings, services: Services) -> None:
    keep(readings, services, "/in/sales_2024-01.csv")
    assert known(readings, "/in/returns_2024-02.csv", HEADER) is None
    assert known(readings, "/in/sales_2024-02.csv", ("id", "amount", "currency")) is None


def test_the_header_is_what_the_file_has_when_read_as_remembered(readings: Readings, services: Services) -> None:
    keep(readings, services, "/in/sales_1.csv")
    asked: list[Reading] = []

    def header(reading: Reading) -> tuple[str, ...]:
        asked.append(reading)
        return HEADER if reading.delimiter == ";" else ("id;amount",)

    assert known(readings, "/in/sales_2.csv", header) == SAID and asked == [SAID]
    assert known(readings, "/in/sales_2.csv", lambda reading: None) is None


def test_a_source_that_nobody_spoke_of_is_not_even_looked_at(readings: Readings) -> None:
    assert known(readings, "/in/new.csv", lambda reading: pytest.fail("it was read")) is None


def test_who_corrects_again_is_believed(readings: Readings, services: Services) -> None:
    again = Reading(delimiter="\t")
    keep(readings, services, "/in/sales_1.csv")
    keep(readings, services, "/in/sales_2.csv", again)
    assert known(readings, "/in/sales_3.csv", HEADER) == again
    assert len(readings.list(ADMIN, nowhere)) == 1


UPLOADS = f"upload:{'0a' * 16}/sales.csv", f"upload:{'b7' * 16}/sales.csv"


@pytest.mark.parametrize(("first", "second"), [UPLOADS, ("/in/sales_1.csv", "/in/sales_2.csv")], ids=["uploads", "paths"])
def test_what_one_has_said_holds_for_another_only_in_the_same_dataset(
    readings: Readings, services: Services, first: str, second: str
) -> None:
    keep(readings, services, first, SAID)
    assert known(readings, second, by="bob") is None
    assert known(readings, second, by="bob", dataset="bronze.sales") == SAID
    assert known(readings, second) == SAID  # her own file, wherever it goes


def test_each_has_a_word_of_their_own_and_in_a_dataset_the_newest_counts(readings: Readings, services: Services) -> None:
    hers, his = SAID, Reading(delimiter="|")
    keep(readings, services, UPLOADS[0], hers)
    keep(readings, services, UPLOADS[1], his, by="bob", dataset="bronze.his")
    assert (known(readings, UPLOADS[0]), known(readings, UPLOADS[0], by="bob")) == (hers, his)
    assert known(readings, UPLOADS[0], by="bob", dataset="bronze.sales") == hers
    keep(readings, services, UPLOADS[1], his, by="bob")
    assert known(readings, UPLOADS[0], by="ada", dataset="bronze.sales") == his
    assert len(readings.list(ADMIN, nowhere)) == 2


def test_an_upload_is_read_as_its_own_sender_has_said(services: Services, tmp_path: Path) -> None:
    """Of two people who send files of one name, the second is looked at and taken in as it is found."""
    ann, bob = (LocalWorkspace(services.settings, services=services, principal=Principal(name=name)) for name in ("ann", "bob"))
    path = tmp_path / "sales.csv"
    path.write_text("id,amount\n" + "".join(f"{n},{n}\n" for n in range(20)))
    said = Reading(columns=(ColumnReading(place=1, original="amount", type="string"),))
    ann.ingest.load(ann.ingest.stage(path).source, LoadOptions(name="hers", reading=said))
    again = ann.ingest.preview(ann.ingest.stage(path).source, LoadOptions(name="more"))
    assert again.remembered and again.columns[1].type == "string"
    his = bob.ingest.stage(path).source
    seen = bob.ingest.preview(his, LoadOptions(name="his"))
    assert not seen.remembered and seen.columns[1].type == "long"
    assert dict(bob.ingest.load(his, LoadOptions(name="his")).columns)["amount"] == "long"
    path.write_text("id,amount\n21,x\n")
    joined = bob.ingest.preview(bob.ingest.stage(path).source, LoadOptions(name="hers", mode="append"))
    assert joined.remembered and joined.columns[1].type == "string"


def test_it_can_be_forgotten(readings: Readings, services: Services) -> None:
    keep(readings, services, "/in/sales_1.csv")
    (kept,) = readings.list(ADMIN, nowhere)
    assert (kept.source, kept.header, kept.dataset, kept.by) == ("/in/sales_#.csv", HEADER, "bronze.sales", "ada")
    readings.forget(kept.id, ADMIN, nowhere)
    assert known(readings, "/in/sales_2.csv", HEADER) is None
    with pytest.raises(NotFound):
        readings.forget(kept.id, ADMIN, nowhere)


def test_each_sees_and_forgets_their_own_and_those_of_datasets_they_write(services: Services, tmp_path: Path) -> None:
    def opened(name: str, *roles: str) -> LocalWorkspace:
        return LocalWorkspace(services.settings, services=services, principal=Principal(name=name, roles=roles))

    ann, bob, chief = opened("ann", "engineer"), opened("bob", "engineer"), opened("chief", "admin")
    for number, dataset in enumerate(("shared", "gone")):
        path = tmp_path / f"{dataset}_of_ann.csv"
        path.write_text(f"id,amount_{number}\n1,2\n")
        said = Reading(columns=(ColumnReading(place=0, original="id", type="string"),))
        ann.ingest(services.staging.stage(path, ann.principal).source, name=dataset, reading=said)
    chief.datasets.drop("bronze.gone")

    def seen(ws: LocalWorkspace) -> list[str]:
        return sorted(kept.dataset for kept in ws.ingest.readings())

    assert (seen(ann), seen(bob), seen(chief)) == (["bronze.gone", "bronze.shared"], ["bronze.shared"], ["bronze.gone", "bronze.shared"])
    ids = {kept.dataset: kept.id for kept in ann.ingest.readings()}
    with pytest.raises(NotFound, match="no such reading"):
        bob.ingest.forget(ids["bronze.gone"])
    assert bob.ingest.forget(ids["bronze.shared"]) == () and seen(ann) == ["bronze.gone"]
    assert ann.ingest.forget(ids["bronze.gone"]) == () and seen(chief) == []


def test_uploads_of_one_name_are_one_source_whatever_their_id() -> None:
    assert source_key(f"upload:{'0a' * 16}/May 2024.csv") == source_key(f"upload:{'b7' * 16}/May 2025.csv") == "upload:May #.csv"


def test_what_a_newer_version_wrote_is_passed_over(readings: Readings, services: Services) -> None:
    from sqlalchemy import update

    from workbench.store.tables import source_readings

    keep(readings, services, "/in/sales_1.csv")
    with services.store.write() as conn:
        conn.execute(update(source_readings).values(body='{"reading": {"colour": "red"}}'))
    assert known(readings, "/in/sales_2.csv", HEADER) is None and readings.list(ADMIN, nowhere) == ()


FOUND = Reading(
    format="csv",
    encoding="utf-8",
    delimiter=",",
    header=True,
    columns=(
        ColumnReading(place=0, original="id", name="id", type="long"),
        ColumnReading(place=1, original="amount", name="amount", type="string"),
    ),
)


def test_of_a_whole_reading_only_what_was_changed_counts() -> None:
    assert corrections(lambda reading: FOUND, FOUND) is None
    typed = FOUND.columns[1].model_copy(update={"type": "double"})
    given = FOUND.model_copy(update={"columns": (FOUND.columns[0], typed)})
    assert corrections(lambda reading: FOUND, given) == Reading(columns=(ColumnReading(place=1, original="amount", type="double"),))


def test_columns_are_compared_with_what_the_corrected_dialect_finds() -> None:
    one = Reading(format="csv", delimiter=",", columns=(ColumnReading(place=0, original="id;amount", name="id_amount", type="string"),))

    def look(reading: Reading) -> Reading:
        return FOUND.model_copy(update={"delimiter": ";"}) if reading.delimiter == ";" else one

    given = FOUND.model_copy(update={"delimiter": ";"})
    found = corrections(look, given)
    assert found is not None and found.delimiter == ";" and found.columns == ()


def test_a_column_that_is_not_to_be_taken_is_a_correction() -> None:
    given = FOUND.model_copy(update={"columns": (FOUND.columns[0].model_copy(update={"take": False}), FOUND.columns[1])})
    assert corrections(lambda reading: FOUND, given) == Reading(columns=(ColumnReading(place=0, original="id", take=False),))
