"""Numbers as programs of offices write them, and those that no type can hold: read where the whole column says how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from workbench.engines.readers import ColumnReading, Reading, Source

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
