"""Amounts with a currency's code: decimals where a column has one, text and a word about it where it has several."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from workbench.engines.readers import Source

Read = Callable[..., Source]


def found(source: Source) -> tuple[str, list[Any]]:
    table = source.reader().read_all()
    return str(table.schema.types[1]), table.column(1).to_pylist()


def a_column(values: list[str], name: str = "v", delimiter: str = ";") -> str:
    return f"key{delimiter}{name}\n" + "".join(f'k{number}{delimiter}"{value}"\n' for number, value in enumerate(values))


@pytest.mark.parametrize(
    ("values", "code", "amounts"),
    [
        (["CHF 1'234.50", "CHF 12", "-CHF 3.5", "CHF -4"], "CHF", ["1234.50", "12", "-3.5", "-4"]),
        (["CHF 1\u2019234.50", "CHF\u00a02"], "CHF", ["1234.50", "2"]),
        (["1,234.50 EUR", "2.00 EUR", "n/a"], "EUR", ["1234.50", "2", None]),
        (["USD 12", "USD 13"], "USD", ["12", "13"]),
        (["USD12.50", "1,213.00USD"], "USD", ["12.50", "1213"]),
        (["12.00- EUR", "13.00 EUR"], "EUR", ["-12", "13"]),
        (["(USD 12.00)", "(5.00 USD)", "USD 1"], "USD", ["-12", "-5", "1"]),
        (["1.234,50 EUR", "2,00 EUR"], "EUR", ["1234.50", "2"]),
        (["PEN 12", "PEN 13.50"], "PEN", ["12", "13.50"]),
    ],
)
def test_one_code_makes_a_decimal(read: Read, values: list[str], code: str, amounts: list[str | None]) -> None:
    source = read(a_column(values))
    assert found(source) == ("decimal128(18, 2)", [None if each is None else Decimal(each) for each in amounts])
    assert any(told.startswith(f"v is in {code},") for told in source.warnings)


@pytest.mark.parametrize("values", [["TOP 10", "TOP 20"], ["USD12", "USD13"], ["CVE-2021", "CVE-2022"], ["XXX 5", "XXX 6"], ["Eur 5"]])
def test_what_may_be_a_name_stays_as_it_is(read: Read, values: list[str]) -> None:
    assert found(read(a_column(values))) == ("string", values)


def test_a_name_that_speaks_of_money_says_what_a_word_is(read: Read) -> None:
    assert found(read(a_column(["TOP 10", "TOP 20"], "price"))) == ("decimal128(18, 2)", [Decimal(10), Decimal(20)])


@pytest.mark.parametrize(
    ("values", "named"), [(["CHF 5", "EUR 6.50"], "CHF, EUR"), (["$5", "\u20ac6"], "$, \u20ac"), (["EUR 5", "$6"], "$, EUR")]
)
def test_several_currencies_stay_text_and_are_named(read: Read, values: list[str], named: str) -> None:
    source = read(a_column(values))
    assert found(source) == ("string", values)
    assert any(told.startswith(f"v is text: its amounts are in several currencies ({named})") for told in source.warnings)


def test_amounts_join_a_table_of_decimals_and_of_text(read: Read) -> None:
    text = a_column(["CHF 1'234.50", "CHF 12"])
    assert found(read(text, target={"v": pa.decimal128(18, 2)})) == ("decimal128(18, 2)", [Decimal("1234.50"), Decimal(12)])
    assert found(read(text, target={"v": pa.string()})) == ("string", ["CHF 1'234.50", "CHF 12"])


def test_a_few_others_are_set_aside_and_a_mark_of_its_own_is_no_code(read: Read) -> None:
    source = read(a_column([*(f"EUR {n}.50" for n in range(99)), "unknown"]))
    assert (found(source)[0], [row["value"] for row in source.rejects().to_pylist()]) == ("decimal128(18, 2)", ["unknown"])
    assert found(read(a_column(["\ue0a4 12.50", "\ue0a4 13"])))[0] == "string"


def test_a_file_of_one_column_and_one_with_decimal_commas_are_divided_rightly(read: Read) -> None:
    one = read("amount\nCHF 1,234.50\nCHF 2.00\n").reader().read_all()
    assert (one.num_columns, one.column(0).to_pylist()) == (1, [Decimal("1234.50"), Decimal("2.00")])
    two = read("a;b\nEUR 1,50;2,5\n3,50 EUR;4,5\n").reader().read_all()
    assert two.to_pylist() == [{"a": Decimal("1.50"), "b": 2.5}, {"a": Decimal("3.50"), "b": 4.5}]
