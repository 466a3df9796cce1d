"""Files of one column whose numbers have commas, and of two below a title."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from workbench.core.errors import UnreadableFile
from workbench.core.wording import spoken
from workbench.engines.readers import Reading, Source

Read = Callable[..., Source]


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        ("amount\n1,234.50\n2,000.10\n", "decimal128(18, 2)", ["1234.50", "2000.10"]),
        ("amount\n500.00\n1,234,567.10\n2\n-1,000\n", "decimal128(18, 2)", ["500.00", "1234567.10", "2.00", "-1000.00"]),
        ('paid\n$1,234.50\n($20.00)\n"$1,000.00"\n', "decimal128(18, 2)", ["1234.50", "-20.00", "1000.00"]),
        ("n\n1,234,567\n1,234\n", "int64", ["1234567", "1234"]),
        ("betrag\n1.234,50\n12,00\n", "decimal128(18, 2)", ["1234.50", "12.00"]),
        ("x\n1,5\n0,25\n7\n", "double", ["1.5", "0.25", "7.0"]),
    ],
)
def test_a_column_alone_keeps_its_commas(read: Read, content: str, kind: str, expected: list[str]) -> None:
    source = read(content)
    table = source.reader().read_all()
    assert (str(table.schema.types[0]), [str(value) for value in table.column(0).to_pylist()]) == (kind, expected)
    assert read(content, reading=source.reading).reader().read_all().equals(table)


def test_a_column_alone_that_may_mean_two_things_says_so(read: Read) -> None:
    source = read("amount\n1,234\n2,345\n")
    assert source.schema.names == ["amount"] and "1,234 could be 1.234 or 1234" in source.warnings[0]


@pytest.mark.parametrize("content", ["tags\n1,2,3\n4,5,6\n", "note\nHello, you\nWell, well\nSo, what\n", "id\n1,a\n2,b\n"])
def test_what_may_be_several_columns_says_what_to_choose(read: Read, content: str) -> None:
    with pytest.raises(UnreadableFile) as raised:
        read(content)
    assert "If each line is one value" in spoken(str(raised.value.fix), "command line")
    assert "--delimiter '|'" in spoken(str(raised.value.fix), "command line")
    assert read(content, reading=Reading(delimiter="|")).schema.names == [content.partition("\n")[0]]


@pytest.mark.parametrize(
    ("content", "names", "rows"),
    [
        ("Report of sales\nid,x\n1,2\n3,4\n", ["id", "x"], [(1, 2), (3, 4)]),
        ("Report of sales,\n,\nid,x\na,2.5\nb,4.5\n", ["id", "x"], [("a", 2.5), ("b", 4.5)]),
        ("Sales, by day\n\nday;n\n2024-01-31;1\n2024-02-01;2\n", ["day", "n"], None),
        ("name;n\nA, a;1\nB, b;2\nC, c;3\n", ["name", "n"], [("A, a", 1), ("B, b", 2), ("C, c", 3)]),
        ("id,x\n1,2\n3,4\n5,6\n", ["id", "x"], [(1, 2), (3, 4), (5, 6)]),
    ],
)
def test_a_title_above_two_columns_is_no_data(read: Read, content: str, names: list[str], rows: list[tuple[Any, ...]] | None) -> None:
    source = read(content)
    assert source.schema.names == names and source.rejected == 0
    assert rows is None or [tuple(row.values()) for row in source.reader().read_all().to_pylist()] == rows
    above = content.split("\n").index(next(line for line in content.split("\n") if line.startswith(names[0])))
    told = [warning.partition(";")[0] for warning in source.warnings if "no data" in warning]
    assert told == ([f"The header is on line {above + 1}"] if above else [])


def test_money_below_a_title_is_exact(read: Read) -> None:
    table = read("Costs\nitem,price\na,1.50\nb,2.25\n").reader().read_all()
    assert table.column("price").to_pylist() == [Decimal("1.50"), Decimal("2.25")]
