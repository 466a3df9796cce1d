"""Amounts in workbooks, which Excel keeps as doubles: exact decimals where their cells or their names say that they are money."""

from __future__ import annotations

import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from workbench.engines.readers import Source

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
