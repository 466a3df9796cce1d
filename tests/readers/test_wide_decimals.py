"""Decimals of more digits than a table's: kept where all values fit, else text."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.engines.readers import ColumnReading, Reading, Source

Read = Callable[..., Source]


def a_file(kind: pa.DataType, *batches: list[str | None]) -> bytes:
    stream = io.BytesIO()
    with pq.ParquetWriter(stream, pa.schema([("n", pa.int64()), ("x", kind)])) as writer:
        for values in batches:
            column = pa.array([None if value is None else Decimal(value) for value in values], kind)
            writer.write_table(pa.table({"n": list(range(len(values))), "x": column}))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("kind", "batches", "type"),
    [
        (pa.decimal256(50, 2), [["1.50", None], ["-2.25"]], "decimal128(38, 2)"),
        (pa.decimal256(76, 38), [["0.00000000000000000000000015"], ["12345678.5"]], "decimal128(38, 30)"),
        (pa.decimal256(76, 38), [["1.5"], ["123456789012345678901.25"]], "decimal128(38, 9)"),
        (pa.decimal256(50, 0), [["1" * 38]], "decimal128(38, 0)"),
        (pa.decimal256(50, 0), [["2"], ["1" * 39]], "string"),
        # No scale is for both of them.
        (pa.decimal256(76, 38), [["0.00000000000000000000000015"], ["123456789012345678901.25"]], "string"),
    ],
)
def test_all_digits_are_kept(read: Read, kind: pa.DataType, batches: list[list[str | None]], type: str) -> None:
    source = read(a_file(kind, *batches), "a.parquet")
    made = source.reader().read_all().column(1)
    expected = [value and Decimal(value) for batch in batches for value in batch]
    assert str(made.type) == type and source.rejected == 0
    with localcontext(prec=80):
        assert [value and Decimal(value) for value in made.to_pylist()] == expected
    assert any("x is text: a table's decimals have 38 digits" in each for each in source.warnings) == (type == "string")


def test_a_type_can_be_said(read: Read) -> None:
    found: list[Any] = []
    for said in ("string", "double"):
        source = read(a_file(pa.decimal256(50, 2), ["1.50"]), "a.parquet", reading=Reading(columns=(ColumnReading(place=1, type=said),)))
        found += source.reader().read_all().column(1).to_pylist()
    assert found == ["1.50", 1.5]
