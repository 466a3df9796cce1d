"""Dates with years of two digits: read where the column leaves one reading, told in words; else text with how to say it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from workbench.engines.readers import Reading, Source

Read = Callable[..., Source]
at = datetime.fromisoformat


def a_column(values: list[str], name: str = "at") -> str:
    return f"key;{name}\n" + "".join(f"k{number};{value}\n" for number, value in enumerate(values))


def found(source: Source, place: int = 1) -> tuple[str, list[Any]]:
    table = source.reader().read_all()
    return str(table.schema.types[place]), table.column(place).to_pylist()


DAYS = {
    "day first": (["31/12/24", "1/2/24"], [date(2024, 12, 31), date(2024, 2, 1)], "day/month/yy"),
    "with points": (["31.12.24", "05.02.24"], [date(2024, 12, 31), date(2024, 2, 5)], "day.month.yy"),
    "month first": (["12/31/24", "02/05/24"], [date(2024, 12, 31), date(2024, 2, 5)], "month/day/yy"),
    "year first": (["24-12-31", "24-11-05"], [date(2024, 12, 31), date(2024, 11, 5)], "yy-month-day"),
    "day first with dashes": (["31-12-24", "05-11-24"], [date(2024, 12, 31), date(2024, 11, 5)], "day-month-yy"),
    "the last century": (["31/12/69", "05/02/99"], [date(1969, 12, 31), date(1999, 2, 5)], "day/month/yy"),
    "this one": (["31/12/68", "05/02/00"], [date(2068, 12, 31), date(2000, 2, 5)], "day/month/yy"),
    "proven by the last century": (["98-01-02", "03-04-05"], [date(1998, 1, 2), date(2003, 4, 5)], "yy-month-day"),
    "proven by a day of one digit": (["24-12-1", "23-11-2"], [date(2024, 12, 1), date(2023, 11, 2)], "yy-month-day"),
}


@pytest.mark.parametrize(("values", "expected", "order"), DAYS.values(), ids=DAYS)
def test_years_of_two_digits_are_read_where_one_reading_is_left(read: Read, values: list[str], expected: list[date], order: str) -> None:
    source = read(a_column([*values, ""]))
    assert found(source) == ("date32[day]", [*expected, None])
    (told,) = source.warnings
    assert f"dates written as {order};" in told and "69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068." in told
    assert source.seen[1].why == told and source.seen[1].choices == ("date", "timestamp", "string")
    assert found(read(a_column([*values, ""]), reading=source.reading)) == found(source)


def test_a_time_may_follow(read: Read) -> None:
    assert found(read(a_column(["31/12/24 14:30", "01/02/24 9:05 PM"])))[1] == [at("2024-12-31T14:30"), at("2024-02-01T21:05")]


OPEN = {
    "a day or a month": (["03/04/24", "05/06/24"], "03/04/24 could be two days, day or month first", "'%d/%m/%y'"),
    "a year or a day": (["24-12-31", "23-11-30"], "24-12-31 could be two days, the year first or last", "dates='ymd'"),
    "slashes with the year first": (["24/12/31", "98/11/30"], "the year first or last", "dates='ymd'"),
    "firsts of months": ([f"{year:02}-05-01" for year in range(4, 24)], "the year first or last", "dates='ymd'"),
}


@pytest.mark.parametrize(("values", "why", "how"), OPEN.values(), ids=OPEN)
def test_what_could_be_two_days_stays_text_and_says_how_to_say_it(read: Read, values: list[str], why: str, how: str) -> None:
    source = read(a_column(values))
    assert found(source) == ("string", values)
    assert why in source.warnings[0] and how in source.warnings[0]


def test_the_order_is_said_or_told_by_another_column(read: Read) -> None:
    assert found(read(a_column(["24-12-31", "23-11-30"]), reading=Reading(dates="ymd")))[1] == [date(2024, 12, 31), date(2023, 11, 30)]
    assert found(read(a_column(["24-12-31", "23-11-30"]), reading=Reading(dates="dmy")))[1] == [date(2031, 12, 24), date(2030, 11, 23)]
    for values in (["24/12/31", "23/11/30"], ["24/12/31", "98/11/30"]):
        assert found(read(a_column(values), reading=Reading(dates="ymd")))[1][0] == date(2024, 12, 31)
    assert found(read(a_column(["03/04/24"]), reading=Reading(dates="mdy")))[1] == [date(2024, 3, 4)]
    source = read("a;b\n31/01/2013;03/04/13\n01/02/2013;05/06/13\n")
    assert found(source)[1] == [date(2013, 4, 3), date(2013, 6, 5)]
    assert any("b" in told and "other columns of the file prove" in told for told in source.warnings)


@pytest.mark.parametrize(
    ("name", "values"),
    [("version", ["20.04.01", "22.04.13"]), ("v", ["1.2", "1.2.10"]), ("sort_code", ["20-00-12", "40-47-81"]), ("at", ["31/02/24"])],
)
def test_what_is_no_day_stays_text(read: Read, name: str, values: list[str]) -> None:
    assert found(read(a_column(values, name))) == ("string", values)


@pytest.mark.parametrize("mark", ["/", "-", "."])
@pytest.mark.parametrize("wrong", ["31{0}02{0}24", "99{0}12{0}24"], ids=["no such day", "no such day at all"])
def test_one_mistake_does_not_turn_days_into_years(read: Read, mark: str, wrong: str) -> None:
    days = [date(2023 + month // 7, month, day) for month in range(1, 13) for day in (1, 2, 13, 19, 28)]
    values = [day.strftime(f"%d{mark}%m{mark}%y") for day in days]
    source = read(a_column([*values, wrong.format(mark)]))
    assert found(source) == ("date32[day]", days)
    assert [row["value"] for row in source.rejects().to_pylist()] == [wrong.format(mark)]
    assert found(read(a_column([*values[:8], wrong.format(mark)])))[0] == "string", "one of a few is too many"


def test_a_version_among_numbers_makes_text_of_them(read: Read) -> None:
    values = [*(f"1.{number}" for number in range(99)), "1.2.10"]
    assert found(read(a_column(values, "v"))) == ("string", values)
