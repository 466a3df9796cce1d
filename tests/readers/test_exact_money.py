"""Money is kept to the last digit where a decimal can; where it cannot, or any number is rounded, that is said."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from workbench.engines.readers import ColumnReading, Reading, Source

Read = Callable[..., Source]


def found(source: Source) -> tuple[str, list[Any]]:
    table = source.reader().read_all()
    return str(table.schema.types[1]), table.column(1).to_pylist()


EXACT = {
    "more decimals": ("price", ["1.23456", "3.1"], "decimal128(18, 5)"),
    "many digits": ("amount", ["123456789012345.67", "-3.1"], "decimal128(18, 2)"),
    "more than 64 bits": ("amount", ["123456789012.12345678", "3"], "decimal128(38, 8)"),
    "more digits than a double keeps": ("cost", ["0.123456789012345678", "2"], "decimal128(38, 18)"),
    "more than a double keeps before the point": ("cost", ["12345678901234567.25", "9007199254740993", "0.5"], "decimal128(38, 2)"),
    "a sign": ("x", ["$1.234567", "$3"], "decimal128(18, 6)"),
    "a sign and many digits": ("x", ["$1,234,567,890,123.456789", "$3"], "decimal128(38, 6)"),
    "decimal commas": ("betrag", ["1.234.567.890.123,567891", "3,5"], "decimal128(38, 6)"),
    "thousands": ("total", ["1,234,567,890,123.567891", "3.5"], "decimal128(38, 6)"),
}


@pytest.mark.parametrize(("name", "values", "kind"), EXACT.values(), ids=EXACT)
def test_money_of_any_digits_is_a_decimal(read: Read, name: str, values: list[str], kind: str) -> None:
    comma = name == "betrag"
    source = read(f"key;{name}\n" + "".join(f"k;{value}\n" for value in values))
    plain = [value.replace(".", "").replace(",", ".") if comma else value.replace("$", "").replace(",", "") for value in values]
    assert found(source) == (kind, [Decimal(text) for text in plain])
    assert any(f"kept as decimal({kind[11:]}" in warning for warning in source.warnings)
    assert found(read(f"key;{name}\n" + "".join(f"k;{value}\n" for value in values), reading=source.reading))[0] == kind


@pytest.mark.parametrize(
    ("name", "values", "kind", "told"),
    [
        ("price", ["1.5", "3e-3"], "double", "may round the last digits of its amounts: some have a power of ten"),
        ("price", ["9" * 15 + ".5", "0." + "1" * 30], "double", "no decimal has digits enough"),
        ("price", ["19.990000000000002", "3.1"], "double", "compute with doubles. Read it as decimal(18, 15) to keep each digit."),
        ("x", ["923456789012345.67", "3.1"], "double", "which are lost unless it is read as decimal(18, 2)."),
        ("x", ["0.1234567890123456789", "3.1"], "double", "which are lost unless it is read as decimal(38, 19)."),
        ("x", ["12345678901234567.25", "3.1"], "string", "line 2 is the first with more digits than a number with decimals can keep."),
    ],
)
def test_what_is_rounded_or_may_be_is_said(read: Read, name: str, values: list[str], kind: str, told: str) -> None:
    source = read(f"key,{name}\n" + "".join(f"k,{value}\n" for value in values))
    assert found(source)[0] == kind
    assert any(told in warning for warning in source.warnings), source.warnings


def test_the_type_that_a_remark_names_keeps_every_digit(read: Read) -> None:
    content = "key,x\nk,923456789012345.67\nk,3.1\n"
    exact = Reading(columns=(ColumnReading(place=1, type="decimal(18, 2)"),))
    source = read(content, reading=exact)
    assert found(source) == ("decimal128(18, 2)", [Decimal("923456789012345.67"), Decimal("3.10")]) and not source.rejected
    assert "decimal(18, 2)" in read(content).seen[1].choices


@pytest.mark.parametrize("values", [["0.30000000000000004", "1e-7"], ["12.5", "1234567.891"], ["123456789.12345679", "0.1"]])
def test_of_what_a_double_keeps_nothing_is_said(read: Read, values: list[str]) -> None:
    source = read("key,x\n" + "".join(f"k,{value}\n" for value in values))
    assert found(source) == ("double", [float(value) for value in values]) and source.warnings == ()
