"""pandas, polars and Arrow meet in one place, and what a person wrote comes back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from workbench.app.frames import to_arrow, to_pandas, to_polars
from workbench.app.local import LocalWorkspace
from workbench.core.errors import InvalidInput

TABLE = pa.table({"a": pa.array([1, None], pa.int64()), "b": ["x", None], "c": pa.array([Decimal("1.50"), None], pa.decimal128(5, 2))})


@pytest.mark.parametrize(
    "data",
    [
        TABLE,
        TABLE.to_batches()[0],
        TABLE.to_reader(),
        pl.from_arrow(TABLE),
        pl.from_arrow(TABLE).lazy(),  # type: ignore[union-attr]
        TABLE.to_pydict(),
        TABLE.to_pylist(),
    ],
    ids=["table", "batch", "reader", "polars", "polars-lazy", "mapping", "rows"],
)
def test_rows_in_any_form_become_the_same_table(data: Any) -> None:
    found = to_arrow(data)
    assert found.to_pylist() == TABLE.to_pylist()
    assert not any("view" in str(field.type) for field in found.schema)


def test_a_pandas_frame_keeps_the_index_that_has_a_name_and_no_other() -> None:
    frame = pd.DataFrame({"k": ["x", "y", "x"], "n": [1, 2, 3]})
    assert to_arrow(frame).column_names == ["k", "n"]
    assert to_arrow(frame[frame.n > 1]).column_names == ["k", "n"]
    assert to_arrow(frame.groupby("k").sum()).to_pylist() == [{"k": "x", "n": 4}, {"k": "y", "n": 2}]
    assert to_arrow(frame.groupby("k").n.sum()).to_pylist() == [{"k": "x", "n": 4}, {"k": "y", "n": 2}]

    # Names of rows, days and levels are data, too.
    assert to_arrow(pd.DataFrame({"n": [1, 2]}, index=["x", "y"])).to_pylist() == [{"index": "x", "n": 1}, {"index": "y", "n": 2}]
    assert to_arrow(frame.groupby(["k", "n"]).size().rename_axis([None, None])).column_names == ["level_0", "level_1", "value"]


def test_periods_are_text_and_what_arrow_has_no_type_for_is_refused() -> None:
    months = pd.DataFrame({"m": pd.Series(["2024-01", None], dtype="period[M]")})
    assert to_arrow(months).to_pylist() == [{"m": "2024-01"}, {"m": None}]
    for column in (pl.Series("o", [object()], dtype=pl.Object), pl.Series("o", [1], dtype=pl.Int128)):
        for data in (column, column.to_frame(), column.to_frame().lazy()):
            with pytest.raises(InvalidInput, match="The column 'o' has polars' type"):
                to_arrow(data)


def test_categories_and_views_become_plain_types() -> None:
    frame = pl.DataFrame({"c": pl.Series(["a", "b"], dtype=pl.Categorical), "l": [["x"], []]})
    assert to_arrow(frame).schema.field("c").type in (pa.string(), pa.large_string())
    assert to_arrow(
        pa.table({"v": pa.array(["a"], pa.string_view()), "s": pa.array([["b"]], pa.list_(pa.string_view()))})
    ).schema == pa.schema([("v", pa.string()), ("s", pa.list_(pa.string()))])


def test_whole_numbers_with_gaps_stay_whole_in_pandas() -> None:
    big = 2**60 + 1
    frame = to_pandas(pa.table({"n": pa.array([big, None]), "ok": pa.array([True, None]), "full": [1, 2]}))
    assert frame.n[0] == big
    assert frame.n.isna().tolist() == [False, True]
    assert str(frame.full.dtype) == "int64"
    assert to_arrow(frame).to_pylist() == [{"n": big, "ok": True, "full": 1}, {"n": None, "ok": None, "full": 2}]


@pytest.mark.parametrize("data", [7, "text", [1, 2], [], None, {"a": [1], "b": [1, 2]}, object()])
def test_what_is_no_table_is_refused_with_what_to_do(data: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        to_arrow(data)
    assert caught.value.fix


@pytest.mark.parametrize("make", [to_pandas, to_polars, lambda table: table])
def test_a_frame_written_and_read_is_the_same(ws: LocalWorkspace, make: Any) -> None:
    table = pa.table(
        {
            "i": pa.array([1, 2, None], pa.int64()),
            "f": [0.5, None, -1e300],
            "s": ["é", "", None],
            "d": pa.array([dt.date(2026, 1, 1), None, dt.date(1900, 1, 1)]),
            "t": pa.array([dt.datetime(2026, 1, 1, 12, 0, 0, 1, tzinfo=dt.UTC), None, None], pa.timestamp("us", "UTC")),
            "ok": [True, None, False],
        }
    )
    ws.dataset("silver.t").write(make(table))
    assert ws.dataset("silver.t").read().to_pylist() == table.to_pylist()
    assert to_arrow(ws.dataset("silver.t").polars()).to_pylist() == table.to_pylist()
    assert len(ws.dataset("silver.t").pandas(columns=["i"]).columns) == 1


def test_columns_of_one_name_are_told_where_polars_has_no_frame_for_them() -> None:
    table = pa.table([[1], [2]], names=["a", "a"])
    assert list(to_pandas(table).columns) == ["a", "a"]
    with pytest.raises(InvalidInput, match="Two columns are called 'a'"):
        to_polars(table)
