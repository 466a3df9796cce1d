"""Numbers as programs of offices write them, and those that no type can hold: read where the whole column says how."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from workbench.engines.readers import ColumnReading, Reading, Source
from workbench.engines.readers.digits import Digits

Read = Callable[..., Source]


def a_column(values: list[str], name: str = "n") -> str:
    return f"key;{name}\n" + "".join(f"k{number};{value}\n" for number, value in enumerate(values))


def found(source: Source) -> tuple[str, list[Any]]:
    table = source.reader().read_all()
    return str(table.schema.types[1]), table.column(1).to_pylist()


@pytest.mark.parametrize(
    ("values", "kind", "expected", "told"),
    [
        (["7", "-0", "-3"], "int64", [7, 0, -3], True),
        (["-0", "-0"], "int64", [0, 0], True),
        (["1.5", "-0"], "double", [1.5, -0.0], False),
        (["007", "-0"], "string", ["007", "-0"], False),
    ],
)
def test_a_zero_below_zero_makes_no_fraction_of_whole_numbers(
    read: Read, values: list[str], kind: str, expected: list[Any], told: bool
) -> None:
    source = read(a_column(values))
    assert found(source) == (kind, expected)
    assert ("n has -0, which is kept as 0." in source.warnings) == told


def test_a_zero_below_zero_joins_the_whole_numbers_of_a_table(read: Read) -> None:
    assert found(read(a_column(["1", "-0"]), target={"key": pa.string(), "n": pa.int32()})) == ("int32", [1, 0])


@pytest.mark.parametrize("far", ["1e400", "-1e400", "1,5e400", "9" * 400 + ".5"])
def test_a_number_that_is_too_large_is_set_aside_and_never_infinite(read: Read, far: str) -> None:
    values = [f"{n},5" if "," in far else f"{n}.5" for n in range(99)]
    source = read(a_column([*values, far]))
    assert found(source) == ("double", [n + 0.5 for n in range(99)])
    (row,) = source.rejects().to_pylist()
    assert (row["line"], row["column"], row["value"], row["reason"]) == (101, "n", far, "is too large for a number")
    assert any("1 of 100 values is too large for a number (beyond 1.8e308); such rows" in warning for warning in source.warnings)


def test_a_number_that_is_too_large_for_the_type_that_was_asked_for_is_set_aside(read: Read) -> None:
    source = read(a_column(["1.5", "1e39"]), reading=Reading(columns=(ColumnReading(place=1, type="float"),)))
    assert found(source) == ("float", [1.5])
    assert [row["reason"] for row in source.rejects().to_pylist()] == ["is too large for a number of 32 bits"]


SHARES = {
    "with a point": ("key,n\na,12.5%\nb,100 %\nc,-0.125%\nd,NA\n", [0.125, 1.0, -0.00125, None]),
    "with a comma": ("key;n\na;12,5 %\nb;7%\nc;1.234,5%\n", [0.125, 0.07, 12.345]),
    "with a space that does not break": ("key;n\na;12,5\u202f%\nb;1\u00a0234\u00a0%\n", [0.125, 12.34]),
    "of growth": ("key,n\na,+1.25%\nb,-0.5%\nc,0%\n", [0.0125, -0.005, 0.0]),
    "of many decimals": ("key,n\na,12.345678%\nb,7%\n", [0.12345678, 0.07]),
    "in brackets": ("key,n\na,(1.5%)\nb,7%\n", [-0.015, 0.07]),
}


@pytest.mark.parametrize(("content", "expected"), SHARES.values(), ids=SHARES)
def test_percentages_are_shares(read: Read, content: str, expected: list[Any]) -> None:
    source = read(content)
    assert found(source) == ("double", expected), "to the last digit"
    assert any("kept as shares: 12.5 % is 0.125." in warning for warning in source.warnings)
    again = read(content, reading=source.reading)
    assert found(again) == ("double", expected)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("key,n\na,12.5%\nb,7\nc,x\n", "n is text"),
        ("key;n\na;12,5 %\nb;7\n", "convert it in SQL: replace(rtrim(n, ' %'), ',', '.')::DOUBLE / 100."),
        ("key;n\na;1.234%\nb;5.678 %\n", "1.234% and 1,234% could be a little over 1 % or 1234 %"),
        ('key,n\na,"12,5%"\nb,"7,25%"\n', "its percentages have decimal commas"),
    ],
)
def test_percentages_that_leave_something_open_stay_as_they_are(read: Read, content: str, told: str) -> None:
    source = read(content)
    assert found(source)[0] == "string" and any(told in warning for warning in source.warnings)


def test_percentages_are_read_as_a_person_says(read: Read) -> None:
    assert found(read("key;n\na;1.234%\nb;5.678 %\n", reading=Reading(decimal="."))) == ("double", [0.01234, 0.05678])
    assert found(read("key;n\na;1.234%\n", reading=Reading(decimal=",")))[1] == [12.34]
    assert found(read('key,n\na,"12,5%"\n', reading=Reading(decimal=",")))[1] == [0.125]
    source = read("key,n\na,12.5%\n", reading=Reading(columns=(ColumnReading(place=1, type="string"),)))
    assert found(source) == ("string", ["12.5%"])
    source = read("key,n\na,12.5%\nb,7%\n")
    exact = next(choice for choice in source.seen[1].choices if choice.startswith("decimal"))
    again = read("key,n\na,12.5%\nb,7%\n", reading=Reading(columns=(ColumnReading(place=1, type=exact),)))
    assert [str(value) for value in found(again)[1]] == ["0.1250", "0.0700"] and not again.rejected


MINUSES = {
    "SAP": ("key;n\na;1.234,56-\nb;12,00\nc;0,50-\n", "double", [-1234.56, 12.0, -0.5], "behind"),
    "SAP, all below zero": ("key;n\na;1.234,56-\nb;12,00-\n", "double", [-1234.56, -12.0], "behind"),
    "whole": ("key,n\na,5-\nb,1 234-\nc,7\n".replace(" ", "\u00a0"), "int64", [-5, -1234, 7], "behind"),
    "accounting": ('key,n\na,"(1,234.50)"\nb,20.00\nc,(3.25)\n', "double", [-1234.5, 20.0, -3.25], "brackets"),
    "dollars": ('key,n\na,"($1,234.50)"\nb,$20.00\nc,$ (3.25)\n', "decimal128(18, 2)", ["-1234.50", "20.00", "-3.25"], "brackets"),
    "euros": ("key;n\na;12,50 €-\nb;3,00- €\nc;1,00 €\n", "decimal128(18, 2)", ["-12.50", "-3.00", "1.00"], "behind"),
    "money by name": ("key;betrag\na;12,50-\nb;3,00\n", "decimal128(18, 2)", ["-12.50", "3.00"], "behind"),
}


@pytest.mark.parametrize(("content", "kind", "expected", "where"), MINUSES.values(), ids=MINUSES)
def test_a_minus_behind_a_number_or_brackets_around_it_are_read(
    read: Read, content: str, kind: str, expected: list[Any], where: str
) -> None:
    source = read(content)
    made = found(source)
    assert (made[0], [str(value) for value in made[1]] if "decimal" in kind else made[1]) == (kind, expected)
    assert any(f"{where}" in warning and "is -5." in warning for warning in source.warnings)
    again = read(content, reading=source.reading)
    assert found(again) == made


@pytest.mark.parametrize(
    "values",
    [["(1)", "(2)", "(3)"], ["18-", "60-"], ["(5)", "-5", "7"], ["5-", "-5", "7"], ["(030)", "7"], ["a-", "5"], ["(5-", "7"], ["5)", "7"]],
    ids=["remarks", "ages", "brackets and a minus", "two places", "area codes", "words", "half", "other half"],
)
def test_what_may_be_no_minus_stays_text(read: Read, values: list[str]) -> None:
    assert found(read(a_column(values))) == ("string", values)


def test_a_minus_behind_one_of_many_with_theirs_in_front_is_set_aside(read: Read) -> None:
    source = read(a_column([*map(str, range(-50, 50)), "12-"]))
    assert found(source) == ("int64", list(range(-50, 50)))
    assert [(row["value"], row["reason"]) for row in source.rejects().to_pylist()] == [("12-", "is no whole number")]


@pytest.mark.parametrize("rows", [["(5.00),a", "7.25,b"], ["12.5%,a", "7%,b"], ['"1,234,567",a', "5,b", '"7,000,000",c']])
def test_a_first_row_of_such_numbers_is_no_header(read: Read, rows: list[str]) -> None:
    source = read("\n".join(rows) + "\n8,c\n" if "%" not in rows[0] else "\n".join(rows) + "\n8%,c\n")
    assert source.rows == len(rows) + 1 and source.schema.names == ["column_1", "column_2"]


def test_infinite_numbers_are_told_and_may_be_of_32_bits(read: Read) -> None:
    source = read(a_column(["1.5", "-inf"]))
    assert source.warnings == ("n has infinite numbers (inf), which are kept: sums and averages over them are infinite, too.",)
    assert found(read(a_column(["1.5", "-inf"]), target={"key": pa.string(), "n": pa.float32()})) == ("float", [1.5, float("-inf")])
    source = read(a_column(["1.5", "inf"], "price"))
    assert found(source) == ("double", [1.5, float("inf")])
    assert "price is kept as double, which may round the last digits of its amounts: some are infinite (inf)." in source.warnings[0]


def test_the_most_digits_before_a_point_are_found_however_long_the_texts_beside_them() -> None:
    random = Random(5)
    for _ in range(200):
        signs, behind = ("", "-", "$", "(", "€ "), ("", ".5", ".25", ".123456789", " EUR")
        values = [f"{random.choice(signs)}{random.randrange(10 ** random.randrange(1, 12))}{random.choice(behind)}" for _ in range(20)]
        digits = Digits()
        for batch in (values[:7], values[7:]):
            digits.see(pa.array(batch), pa.array([], pa.string()))
        assert digits.before_point == max(sum(map(str.isdigit, value.split(".")[0])) for value in values), values
