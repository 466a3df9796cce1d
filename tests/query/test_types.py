"""Types have one language wherever people look: Iceberg's, as in the catalog."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from workbench.app import init
from workbench.app.local import LocalWorkspace
from workbench.core.errors import InvalidInput
from workbench.core.values import params_from_json, params_in_json

TABLE = pa.table(
    {
        "whole": pa.array([1], pa.int64()),
        "text": ["a"],
        "price": pa.array([Decimal("1.50")], pa.decimal128(12, 2)),
        "moment": pa.array([dt.datetime(2026, 1, 1, tzinfo=dt.UTC)], pa.timestamp("us", "UTC")),
        "key": pa.array([b"0123456789abcdef"], pa.binary(16)),
        "nested": pa.array([{"x": 1, "tags": ["a"], "by": [("k", 1.5)]}], pa.struct(
            [("x", pa.int32()), ("tags", pa.list_(pa.string())), ("by", pa.map_(pa.string(), pa.float64()))]
        )),
    }
)  # fmt: skip
NESTED = "struct<x: int, tags: list<string>, by: map<string, double>>"
TYPES = {"whole": "long", "text": "string", "price": "decimal(12, 2)", "moment": "timestamptz", "key": "fixed[16]", "nested": NESTED}


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorkspace]:
    with init(Path(tmp_path_factory.mktemp("types")) / "project") as made:
        made.dataset("silver.x").write(TABLE, mode="create")
        yield made


def told(ws: LocalWorkspace, sql: str, params: tuple[object, ...] | None = None) -> dict[str, str]:
    table = ws.sql(sql, params).arrow()
    return dict(zip(table["column_name"].to_pylist(), table["column_type"].to_pylist(), strict=True))


def test_the_catalog_and_describe_say_the_same(ws: LocalWorkspace) -> None:
    assert {column.name: column.type for column in ws.dataset("silver.x").columns} == TYPES
    snapshot = ws.dataset("silver.x").history()[0].id
    assert {column.name: column.type for column in ws.catalog.get(f"silver.x@{snapshot}").columns} == TYPES
    for sql in ("describe silver.x", "DESC x", "show silver.x", "summarize silver.x"):
        assert told(ws, sql) == TYPES, sql
    assert {c.text: c.detail for c in ws.query.complete("select  from silver.x", 7) if c.text in TYPES} == TYPES


def test_a_query_is_described_in_the_words_of_its_result(ws: LocalWorkspace) -> None:
    query = "select whole + ? as n, nested.tags as t, nested.by as b, moment::date as d, price / 3 as p from silver.x"
    described = told(ws, f"describe {query}", (1,))
    assert described == {"n": "long", "t": "list<string>", "b": "map<string, double>", "d": "date", "p": "double"}
    assert described == dict(ws.query.run(query, (1,)).columns) == dict(ws.query.explain(query, (1,)).columns)


def test_a_description_cut_short_keeps_its_types(ws: LocalWorkspace) -> None:
    shown = ws.query.run("describe silver.x", limit=2)
    assert [row[:2] for row in shown.rows] == [("whole", "long"), ("text", "string")] and shown.cut_at == 2


def test_rows_in_a_notebook_are_headed_by_the_same_words(ws: LocalWorkspace) -> None:
    result = ws.sql("select whole, price from silver.x")
    result.arrow()
    assert "decimal(12, 2)" in result._repr_html_() and "decimal128" not in result._repr_html_()


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"a": inner}], ids=["lists", "structs"])
def test_values_nested_without_end_are_refused_in_words(ws: LocalWorkspace, wrap: Callable[[Any], Any]) -> None:
    """They ended in an internal error, or took the statement's process along."""

    def nested(levels: int) -> Any:
        made: Any = 1
        for _ in range(levels):
            made = wrap(made)
        return made

    assert ws.query.run("select len($x::varchar) as n", {"x": nested(50)}).rows
    for levels in (51, 200, 5_000):
        for refused in (lambda given: ws.query.run("select $x", given), params_from_json, params_in_json):
            with pytest.raises(InvalidInput, match="over 50 levels"):
                refused({"x": nested(levels)})
