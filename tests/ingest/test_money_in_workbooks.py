"""Amounts in workbooks, which Excel keeps as doubles: exact decimals where their cells or their names say that they are money."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from loads import Loads

from workbench.core.errors import InvalidInput
from workbench.engines.readers import ColumnReading, Reading, Source
from workbench.engines.types import type_name

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
from xlsx import Shown, book

Read = Callable[..., Source]


def a_column(name: str, values: list[Any], code: str | None) -> bytes:
    return book({"s": [["key", name], *([n, value if code is None else Shown(value, code)] for n, value in enumerate(values))]})


def found(source: Source) -> tuple[str, list[Any]]:
    table = source.reader().read_all()
    return str(table.schema.types[1]), [str(v) if isinstance(v, Decimal) else v for v in table.column(1).to_pylist()]


@pytest.mark.parametrize(
    ("name", "values", "code", "kind", "expected"),
    [
        ("x", [12.5, 0.1 + 0.2, -1234567.89], '"$"#,##0.00', "decimal128(18, 2)", ["12.50", "0.30", "-1234567.89"]),
        ("x", [5, 10], "[$€-407] #,##0", "decimal128(18, 2)", ["5.00", "10.00"]),
        ("x", [1.5, 1.12345], "0.00", "decimal128(18, 5)", ["1.50000", "1.12345"]),
        ("x", [1.5, 10 / 3], "#,##0.00", "double", [1.5, 10 / 3]),
        ("x", [1.5, 0.25], "0.00%", "double", [1.5, 0.25]),
        ("x", [1.5, 0.25], "0.000", "double", [1.5, 0.25]),
        ("x", [1.5, 0.25], None, "double", [1.5, 0.25]),
        ("price", [1.5, 0.25], None, "decimal128(18, 2)", ["1.50", "0.25"]),
        ("price", [1, 2], None, "int64", [1, 2]),
    ],
)
def test_amounts_are_decimals(read: Read, name: str, values: list[float], code: str | None, kind: str, expected: list[Any]) -> None:
    source = read(a_column(name, values, code), "a.xlsx")
    assert found(source) == (kind, expected)
    told = [warning for warning in source.warnings if "is money" in warning]
    assert bool(told) == ("decimal" in kind or code == "#,##0.00"), source.warnings
    if code == "#,##0.00":
        assert told == [
            "x is money, which its cells are shown as, but kept as double: it has amounts of more than 8 decimals or 15 digits."
        ]


@pytest.mark.parametrize(
    ("target", "kind"), [(pa.float64(), "double"), (pa.int64(), "int64"), (pa.decimal128(18, 4), "decimal128(18, 4)")], ids=str
)
def test_a_table_that_is_there_decides(read: Read, target: pa.DataType, kind: str) -> None:
    targets = {"key": pa.int64(), "x": target}
    for code in ("0.00", None):
        source = read(a_column("x", [5, 7], code), "a.xlsx", target=targets)
        assert found(source)[0] == kind and source.warnings == ()


def test_a_missing_amount_is_missing(read: Read) -> None:
    rows = [["key", "x"], [1, Shown(1.5, "0.00")], [2, None], [3, Shown(2, "0.00")]]
    assert found(read(book({"s": rows}), "a.xlsx")) == ("decimal128(18, 2)", ["1.50", None, "2.00"])


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["$1,234.50", "$5.00"], "each of its values is an amount of money, such as $1,234.50. Read as decimal(18, 2) it"),
        (["CHF 1'234.50", "CHF 5.00"], "each of its values is an amount of money, such as CHF 1'234.50. Read as decimal(18, 2) it"),
        (["1.234,50 €", "5,00 €"], "an amount with a decimal comma, such as 1.234,50 €. Read as decimal(18, 2) with `decimal=','` it"),
        (["1234.5", "n/a"], "each of its values is a number, such as 1234.5. Read as double it"),
        ([1234.5, "5.25"], "each of its values is a number, such as 1234.5. Read as double it"),
        (["12 %", "7.5 %"], "each of its values is a percentage, such as 12 %. Read as double it"),
        (["31.01.2024", "01.02.2024"], "each of its values is a date, such as 31.01.2024. Read as date it"),
        (["03/04/2024", "05/06/2024"], "is a date, such as 03/04/2024. Read as date with `dates='dmy'` or `dates='mdy'` it"),
        (["10115", "20095"], "each of its values is a whole number, such as 10115. Read as long it"),
        ([*(f"{n}.5" for n in range(99)), "about 5"], "each of its values but 1 is a number, such as 0.5. Read as double it"),
        (["01234", "10115"], ""),
        (["$1.50", "€2.50"], "its amounts are in several currencies ($, €)"),
        ([1.5, "unknown", 2.5], "row 3 is the first that is no number."),
        ([1.5, "about 5", "-"], "row 3 is the first that is no number. 1 of its values is a dash"),
        (["5 kg", "6 kg"], ""),
        (["yes", "no"], ""),
        ([1.5, 2.5], ""),
    ],
)
def test_cells_of_text_that_hold_numbers_or_dates_are_told_of(read: Read, values: list[Any], told: str) -> None:
    """They stay what the workbook says they are; it was said nowhere."""
    source = read(a_column("x", values, None), "a.xlsx")
    found = [warning for warning in source.warnings if "is text" in warning]
    assert len(found) == bool(told) and all(told in warning for warning in found)
    if "Read as" not in "".join(found):
        return
    # What is said there is what does it.
    kind = re.search(r"Read as (\w+(?:\([\d, ]+\))?)", found[0])
    assert kind is not None
    more = {"decimal": ","} if "decimal=" in told else {"dates": "dmy"} if "dates=" in told else {}
    asked = read(a_column("x", values, None), "a.xlsx", reading=Reading(columns=(ColumnReading(place=1, type=kind[1]),), **more))
    assert type_name(asked.schema.types[1]) == kind[1] and not [warning for warning in asked.warnings if "is text" in warning]
    assert asked.reader().read_all().num_rows + asked.rejected == len(values)
    assert asked.rejected == (" but 1 " in told)


def test_a_refused_workbook_says_that_its_numbers_are_text(ingest: Loads, tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(a_column("x", [1.5, 2.5], None))
    ingest.ingest(path)
    path.write_bytes(a_column("x", ["$3.50", "$4.25"], None))
    with pytest.raises(InvalidInput, match=r"string in the file\. x is text: so are its cells, though each of its values is an amount"):
        ingest.ingest(path, mode="append")
