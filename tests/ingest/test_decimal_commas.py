"""Numbers as much of Europe writes them, and those that could mean two things."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from itertools import permutations
from typing import Any

import pyarrow as pa
import pytest
from loads import Loads

from workbench.core.errors import InvalidInput
from workbench.engines.readers import Source, rows

pytestmark = pytest.mark.sampled(every=2, of="file")

Read = Callable[..., Source]
DOUBLE, LONG, TEXT, MONEY = pa.float64(), pa.int64(), pa.string(), pa.decimal128(18, 2)


def column(source: Source, name: str = "value") -> list[Any]:
    return [value for batch in source.batches() for value in batch.column(name).to_pylist()]


@pytest.mark.parametrize("delimiter", [";", "\t"], ids=["semicolon", "tab"])
@pytest.mark.parametrize(
    ("values", "kind", "expected", "warned"),
    [
        (["1,5", "-2,25", "3"], DOUBLE, [1.5, -2.25, 3.0], "decimal commas"),
        (["1.234,56", "1.234.567,8", "12"], DOUBLE, [1234.56, 1234567.8, 12.0], "decimal commas"),
        (["1.234", "1,5"], DOUBLE, [1234.0, 1.5], "decimal commas"),
        (["0,125", "1,234"], DOUBLE, [0.125, 1.234], "decimal commas"),
        (["1,5E+03", "NA", " 2,5 "], DOUBLE, [1500.0, None, 2.5], "decimal commas"),
        (["1,234", "5,678"], TEXT, ["1,234", "5,678"], "1.234 or 1234"),
        (["1.5", "2,5"], TEXT, ["1.5", "2,5"], "line 3 is the first"),
        (["1,234,567", "1"], LONG, [1234567, 1], "commas of thousands"),
        (["1,234,567", "285,601"], LONG, [1234567, 285601], "commas of thousands"),
        (["1,234.5", "1,200", "2.125"], DOUBLE, [1234.5, 1200.0, 2.125], "commas of thousands"),
        (["1,234,567", "1,5"], TEXT, ["1,234,567", "1,5"], "line 3 is the first"),
        (["1,23,456", "1"], TEXT, ["1,23,456", "1"], ""),
        (["1.234.567", "12.500", "7"], LONG, [1234567, 12500, 7], "points of thousands"),
        (["1.234.567", "12.500,5"], DOUBLE, [1234567.0, 12500.5], "decimal commas"),
        (["192.168.100.200", "192.168.100.201"], TEXT, ["192.168.100.200", "192.168.100.201"], ""),
        (["1\u00a0234\u00a0567", "2\u202f000", "7"], LONG, [1234567, 2000, 7], ""),
        (["1\u00a0234,5", "2\u202f000"], DOUBLE, [1234.5, 2000.0], "decimal commas"),
        (["1'234.50", "12'000", "7"], DOUBLE, [1234.5, 12000.0, 7.0], ""),
        (["1'234,567", "7"], DOUBLE, [1234.567, 7.0], "decimal commas"),
        (["12'00", "7"], TEXT, ["12'00", "7"], ""),
        (["1 234", "7"], TEXT, ["1 234", "7"], ""),
        (["1\u00a0234,50\u00a0€", "12\u00a0€"], MONEY, ["1234.50", "12.00"], "decimal commas"),
        (["CHF", "1'234"], TEXT, ["CHF", "1'234"], ""),
        (["1,5", "1,2,3"], TEXT, ["1,5", "1,2,3"], "line 3 is the first"),
        (["007,5", "1,5"], TEXT, ["007,5", "1,5"], ""),
        (["1.5", "2.25"], DOUBLE, [1.5, 2.25], ""),
        (["1.234", "5.678"], DOUBLE, [1.234, 5.678], "no value settles it"),
        (["1.234", "5.67"], DOUBLE, [1.234, 5.67], ""),
        (["1.234,56 €", "-12,5 €", "3 €", "1.234 €"], MONEY, ["1234.56", "-12.50", "3.00", "1234.00"], "decimal commas"),
        (["€ 1.234,56", "NA", "€ 1.234.567"], MONEY, ["1234.56", None, "1234567.00"], "decimal commas"),
        (["0,125 €", "1,234 €"], pa.decimal128(18, 3), ["0.125", "1.234"], "decimal commas"),
        (["1.234 €", "5.678 €"], TEXT, ["1.234 €", "5.678 €"], "1.234 and 1,234 could be"),
        (["1.234 €", "0.999 €"], pa.decimal128(18, 3), ["1.234", "0.999"], "is in €"),
        (["$1,234", "$5,678.50"], MONEY, ["1234.00", "5678.50"], "is in $"),
        (["1,234 €", "5,678 €"], MONEY, ["1234.00", "5678.00"], "no value settles it"),
        (["1.50 €", "2,50 €"], TEXT, ["1.50 €", "2,50 €"], "line 3 is the first"),
    ],
)
def test_a_column_of_decimal_commas_is_numbers(
    read: Read, delimiter: str, values: list[str], kind: pa.DataType, expected: list[Any], warned: str
) -> None:
    source = read(f"key{delimiter}value\n" + "".join(f"k{i}{delimiter}{v}\n" for i, v in enumerate(values)))
    assert source.schema.field("value").type == kind
    assert column(source) == [Decimal(v) if v is not None and pa.types.is_decimal(kind) else v for v in expected]
    assert warned in " ".join(source.warnings)
    assert bool(warned) == bool(source.warnings)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of a sixteenth, so that few rows make some."""
    monkeypatch.setattr(rows, "_BLOCKS", tuple(size >> 4 for size in rows._BLOCKS))


@pytest.mark.usefixtures("small_batches")
def test_neither_the_order_nor_where_a_batch_ends_makes_a_difference(read: Read) -> None:
    blocks = ("1.234", "1,5", "7")
    source = read("key;value\n" + "".join(f"k;{value}\n" * 150_000 for value in blocks))  # some batches of each
    assert source.schema.field("value").type == DOUBLE
    assert sum(column(source)) == pytest.approx(150_000 * (1234 + 1.5 + 7))
    for order in permutations(["1.234", "1,5", "7", "1.5"]):
        assert read("key;value\n" + "".join(f"k;{value}\n" for value in order)).schema.field("value").type == TEXT


@pytest.mark.usefixtures("small_batches")
def test_of_money_neither_the_order_nor_where_a_batch_ends_makes_a_difference(read: Read) -> None:
    blocks = ("1.234 €", "1,234 €", "7 €", "1,5 €")
    source = read("key;value\n" + "".join(f"k;{value}\n" * 100_000 for value in blocks))  # some batches of each
    assert source.schema.field("value").type == pa.decimal128(18, 3)
    assert sum(column(source)) == 100_000 * Decimal("1243.734")
    for order in permutations(["1.234 €", "1,5 €", "7 €"]):
        assert read("key;value\n" + "".join(f"k;{value}\n" for value in order)).schema.field("value").type == MONEY


@pytest.mark.parametrize("amounts", [("1.234 €", "5.678 €"), ("€1,234", "€5,678"), ("€1.234", "€5,678")])
def test_thousands_of_money_beside_decimal_commas_are_not_guessed(read: Read, amounts: tuple[str, str]) -> None:
    source = read(f"x;price\n1,5;{amounts[0]}\n2,5;{amounts[1]}\n")
    assert column(source, "price") == list(amounts)
    assert any("price is text" in warning and "decimal(18, 3)" in warning for warning in source.warnings)


def test_money_in_a_file_separated_by_commas_says_how_it_was_read(read: Read) -> None:
    source = read('key,price,cost\na,1.234 €,"12,50 €"\nb,5.678 €,"3,00 €"\n')
    assert source.schema.types == [TEXT, TEXT, TEXT]  # the costs prove decimal commas
    alone = read("key,price\na,1.234 €\nb,5.678 €\n")
    assert column(alone, "price") == [Decimal("1.234"), Decimal("5.678")]
    assert "no value settles it" in alone.warnings[0]


def test_thousands_beside_decimal_commas_are_not_taken_for_decimals(read: Read) -> None:
    source = read("weight;count\n1,5;1.234\n2,5;2.500\n")
    assert source.schema.types == [DOUBLE, TEXT]
    assert any("count is text" in warning and "as bigint" in warning for warning in source.warnings)


@pytest.mark.parametrize("content", ["1,5;2,5\n3,5;4,5\n", "1;2,5\n2,5;3\n4;1,5\n"])
def test_a_file_without_a_header_is_not_split_at_its_decimal_commas(read: Read, content: str) -> None:
    source = read(content)
    assert source.schema.types == [DOUBLE, DOUBLE]
    assert sum(batch.num_rows for batch in source.batches()) == content.count("\n")


def test_in_a_file_separated_by_commas_they_stay_text_and_the_warning_says_what_to_do(read: Read) -> None:
    source = read('key,value\na,"1,5"\nb,"2,5"\n')
    assert column(source) == ["1,5", "2,5"]
    assert "cast(replace(" in source.warnings[0]


def test_a_dataset_that_is_there_decides_between_number_and_text(read: Read) -> None:
    content = "key;value\na;1,50\nb;2,25\n"
    assert column(read(content, target={"value": pa.decimal128(9, 2)})) == [Decimal("1.50"), Decimal("2.25")]
    as_text = read(content, target={"value": TEXT})
    assert column(as_text) == ["1,50", "2,25"]
    assert not as_text.warnings
    with pytest.raises(InvalidInput, match="may mean two numbers"):
        read("key;value\na;1,234\n", target={"value": DOUBLE})


def test_what_the_warning_advises_works(ingest: Loads, services: Any, tmp_path: Any) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("shop;price;open;paid\nA;1.234,50;1,234;1.234 €\nB;2,25;5,678;€ 5.678\n")
    report = ingest.ingest(path)
    assert dict(report.columns) == {"shop": "string", "price": "decimal(18, 2)", "open": "string", "paid": "string"}
    assert len(report.warnings) == 3
    rows = services.query.run("select sum(price), sum(cast(replace(open, ',', '.') as double)) from bronze.sales").rows
    assert (Decimal(rows[0][0]), rows[0][1]) == (Decimal("1236.75"), pytest.approx(6.912))
    for advised, expected in zip(re.findall(r"cast\(.+?as decimal\(18, \d\)\)", report.warnings[2]), ("6912", "6.912"), strict=True):
        (total,) = services.query.run(f"select sum({advised}) from bronze.sales").rows[0]
        assert Decimal(total) == Decimal(expected)
