"""What a person corrected once holds for the next file of the same source, and for no other."""

from __future__ import annotations

import pytest

from workbench.app.services import Services
from workbench.core.errors import NotFound
from workbench.engines.readers.reading import ColumnReading, Reading
from workbench.ingest.remember import Readings, corrections, source_key

HEADER = ("id", "amount")
SAID = Reading(delimiter=";", columns=(ColumnReading(place=1, original="amount", type="decimal(12, 2)"),))


@pytest.fixture
def readings(services: Services) -> Readings:
    return services.readings


def keep(readings: Readings, services: Services, origin: str, reading: Reading = SAID, header: tuple[str, ...] = HEADER) -> None:
    with services.store.write() as conn:
        readings.keep(conn, origin, header, "bronze.sales", reading, "ada")


def test_the_next_file_of_the_source_is_read_as_it_was_said(readings: Readings, services: Services) -> None:
    keep(readings, services, "/in/sales_2024-01.csv")
    assert readings.known("/in/sales_2024-02.csv", HEADER) == SAID
    assert readings.known("/in/sales_2025-11.csv", HEADER) == SAID


def test_another_source_or_header_is_another_matter(readings: Readings, services: Services) -> None:
    keep(readings, services, "/in/sales_2024-01.csv")
    assert readings.known("/in/returns_2024-02.csv", HEADER) is None
    assert readings.known("/in/sales_2024-02.csv", ("id", "amount", "currency")) is None


def test_the_header_is_what_the_file_has_when_read_as_remembered(readings: Readings, services: Services) -> None:
    keep(readings, services, "/in/sales_1.csv")
    asked: list[Reading] = []

    def header(reading: Reading) -> tuple[str, ...]:
        asked.append(reading)
        return HEADER if reading.delimiter == ";" else ("id;amount",)

    assert readings.known("/in/sales_2.csv", header) == SAID and asked == [SAID]
    assert readings.known("/in/sales_2.csv", lambda reading: None) is None


def test_a_source_that_nobody_spoke_of_is_not_even_looked_at(readings: Readings) -> None:
    assert readings.known("/in/new.csv", lambda reading: pytest.fail("it was read")) is None


def test_who_corrects_again_is_believed(readings: Readings, services: Services) -> None:
    again = Reading(delimiter="\t")
    keep(readings, services, "/in/sales_1.csv")
    keep(readings, services, "/in/sales_2.csv", again)
    assert readings.known("/in/sales_3.csv", HEADER) == again
    assert len(readings.list()) == 1


def test_it_can_be_forgotten(readings: Readings, services: Services) -> None:
    keep(readings, services, "/in/sales_1.csv")
    (kept,) = readings.list()
    assert (kept.source, kept.header, kept.dataset, kept.by) == ("/in/sales_#.csv", HEADER, "bronze.sales", "ada")
    readings.forget(kept.id)
    assert readings.known("/in/sales_2.csv", HEADER) is None
    with pytest.raises(NotFound):
        readings.forget(kept.id)


def test_uploads_of_one_name_are_one_source_whatever_their_id() -> None:
    assert source_key(f"upload:{'0a' * 16}/May 2024.csv") == source_key(f"upload:{'b7' * 16}/May 2025.csv") == "upload:May #.csv"


def test_what_a_newer_version_wrote_is_passed_over(readings: Readings, services: Services) -> None:
    from sqlalchemy import update

    from workbench.store.tables import source_readings

    keep(readings, services, "/in/sales_1.csv")
    with services.store.write() as conn:
        conn.execute(update(source_readings).values(body='{"reading": {"colour": "red"}}'))
    assert readings.known("/in/sales_2.csv", HEADER) is None and readings.list() == ()


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
