"""Recipes: what each step does is counted, the source is never touched, and everything happens once."""

# ruff: noqa: DTZ001 - times without a zone are among what is tested
from __future__ import annotations

import datetime as dt
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.patience import slower
from tests.quick import PRELOADED, start_script
from workbench.app.services import Services
from workbench.core.config import Settings
from workbench.core.errors import CommitConflict, Conflict, Forbidden, HeldBack, InvalidInput, NotFound, WorkbenchError
from workbench.core.principals import Principal
from workbench.ingest.recipes.records import (
    Case,
    Cast,
    Deduplicate,
    Drop,
    Fill,
    Filter,
    MapValues,
    MissingWords,
    ParseDate,
    Recipe,
    RecipeReport,
    RecipeStep,
    Rename,
    Round,
    Trim,
)
from workbench.ingest.recipes.service import RecipeService
from workbench.ingest.recipes.yaml import from_yaml, to_yaml
from workbench.lake.records import ColumnChange
from workbench.lineage import LineageEdge
from workbench.quality.records import Expectation
from workbench.runs.context import use_context

ADA = Principal(name="ada")
CHILD = Path(__file__).with_name("recipe_child.py")
PRELOADED += ["tests.forked_script", "tests.writes.child", "workbench.app.services"]
DIRTY = pa.table(
    {
        "id": ["1", "2", "2", " 3", "x"],
        "city": ["  Rome ", "rome", "rome", "N/A", "Oslo\u00a0"],
        "day": ["01/02/2020", "31/12/2020", "31/12/2020", "", "bad"],
        "amount": [1.234, 2.0, 2.0, None, 5.5],
    }
)
CLEAN = Recipe(
    steps=(
        Trim(),
        MissingWords(words=("n/a", "")),
        MapValues(column="city", values={"rome": "Rome"}),
        Cast(column="id", type="long"),
        ParseDate(column="day", formats=("%d/%m/%Y",), misfits="null"),
        Round(column="amount", digits=1),
        Deduplicate(),
        Rename(column="city", to="town"),
    )
)


@pytest.fixture
def quick(settings: Settings) -> Iterator[Services]:
    """Services whose statements run in this process, as a command's do."""
    built = Services(settings, lasting=False)
    yield built
    built.close()


@pytest.fixture
def recipes(quick: Services) -> RecipeService:
    return quick.recipes


Made = Callable[..., tuple[list[dict[str, Any]], RecipeReport]]


@pytest.fixture
def make(quick: Services) -> Made:
    """Rows made of a table by some steps."""
    count = 0

    def refined(table: pa.Table | dict[str, Any], *steps: RecipeStep) -> tuple[list[dict[str, Any]], RecipeReport]:
        nonlocal count
        count += 1
        quick.writer.write(f"bronze.t{count}", table if isinstance(table, pa.Table) else pa.table(table), "create")
        report = quick.recipes.apply(f"bronze.t{count}", Recipe(steps=steps))
        assert report.rows_in == report.rows + report.removed == report.rows + sum(effect.removed for effect in report.effects)
        rows = rows_of(quick, f"silver.t{count}")
        assert len(rows) == report.rows == report.total
        return rows, report

    return refined


def rows_of(services: Services, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = services.lake.plan(name).to_arrow().to_pylist()
    return found


def column(rows: list[dict[str, Any]], name: str = "a") -> list[Any]:
    return [row[name] for row in rows]


# ------------------------------------------------------------------------------------------------------------ each step


def test_white_space_of_every_kind_is_trimmed(make: Made) -> None:
    rows, report = make(
        {"a": ["  x\t", "\u00a0y\u2003", "\ufeffz\u200b", "a  b", "", None], "b": [" b"] * 6, "n": [1] * 6}, Trim(columns=("a",))
    )
    assert column(rows) == ["x", "y", "z", "a  b", "", None] and column(rows, "b") == [" b"] * 6
    assert report.effects[0].changed == 3
    rows, _ = make({"a": [" a \u00a0\n b "]}, Trim(inside=True))
    assert column(rows) == ["a b"]


def test_words_for_missing_values_become_missing(make: Made) -> None:
    rows, report = make({"a": ["N/A", "n/a", "na", None, "-"], "n": [-999, 1, 2, 3, None]}, MissingWords(words=("n/a", "-")))
    assert column(rows) == [None, None, "na", None, None]
    assert (report.effects[0].changed, report.effects[0].nulled) == (3, 3)
    rows, _ = make(
        {"a": ["N/A", "n/a"], "n": [-999, 1]}, MissingWords(words=("n/a",), exact=True), MissingWords(columns=("n",), words=("-999",))
    )
    assert column(rows) == ["N/A", None] and column(rows, "n") == [None, 1]


def test_values_are_mapped_and_their_case_changes(make: Made) -> None:
    rows, report = make({"a": ["rome", "ROMA", "it's", None]}, MapValues(column="a", values={"ROMA": "rome", "it's": None}))
    assert column(rows) == ["rome", "rome", None, None] and report.effects[0].changed == 2 and report.effects[0].nulled == 1
    rows, _ = make({"a": ["éTÉ à paris", None], "b": ["Ab", "aB"]}, Case(columns=("a",), to="title"), Case(columns=("b",), to="lower"))
    assert column(rows) == ["Été À Paris", None] and column(rows, "b") == ["ab", "ab"]


@pytest.mark.parametrize(
    ("type", "texts", "values"),
    [
        ("long", ["12", "-7", "+1", "1.0", "1e3", "9223372036854775808", "", "x", None], [12, -7, 1, *[None] * 6]),
        ("int", ["12", "2147483648"], [12, None]),
        ("double", ["1.5", "1e3", ".5", "-2.", "inf", "nan", "1,5", "0x1F"], [1.5, 1000.0, 0.5, -2.0, *[None] * 4]),
        ("decimal(6, 2)", ["12.5", "1.239", "1.230", "12345.00", "-.5"], [Decimal("12.50"), None, Decimal("1.23"), None, Decimal("-0.50")]),
        ("boolean", ["Yes", "NO", "t", "0", "maybe"], [True, False, True, False, None]),
        ("date", ["2013-01-31", "2013-02-30", "2013-01-31 10:00", "31.01.2013"], [dt.date(2013, 1, 31), None, None, None]),
        (
            "timestamp",
            ["2013-01-31 10:00:01.5", "2013-01-31", "2013-01-31T10:00:00+02:00", "2013-01-31 10:00:00.1234567"],
            [dt.datetime(2013, 1, 31, 10, 0, 1, 500000), dt.datetime(2013, 1, 31), None, None],
        ),
        ("timestamptz", ["2013-01-31T10:00:00+02:00", "x"], [dt.datetime(2013, 1, 31, 8, tzinfo=dt.UTC), None]),
        ("time", ["10:30", "25:00"], [dt.time(10, 30), None]),
        ("uuid", ["00000000-0000-7000-8000-000000000001", "x"], [UUID("00000000-0000-7000-8000-000000000001"), None]),
    ],
)
def test_a_cast_says_the_same_or_is_a_misfit(make: Made, type: str, texts: list[str | None], values: list[Any]) -> None:
    present = sum(text is not None for text in texts)
    fit = sum(value is not None for value in values)
    rows, report = make({"a": texts, "i": range(len(texts))}, Cast(column="a", type=type, misfits="null"))
    assert column(rows) == values
    assert (report.effects[0].changed, report.effects[0].nulled, report.removed) == (fit, present - fit, 0)
    rows, report = make({"a": texts, "i": range(len(texts))}, Cast(column="a", type=type))
    assert column(rows, "i") == [i for i, (text, value) in enumerate(zip(texts, values, strict=True)) if text is None or value is not None]
    assert report.removed == present - fit
    if present > fit:
        with pytest.raises(InvalidInput, match=r"Step 1 .* values that do not fit"):
            make({"a": texts}, Cast(column="a", type=type, misfits="fail"))


def test_numbers_are_cast_only_where_they_come_back_as_they_were(make: Made) -> None:
    rows, _ = make({"a": [1.0, 1.5, None, 1e300], "b": [2**53 + 1, 1, 2, 3]}, Cast(column="a", type="long", misfits="null"))
    assert column(rows) == [1, None, None, None]
    rows, report = make({"a": [2**53 + 1, 1]}, Cast(column="a", type="double"))
    assert column(rows) == [1.0] and report.removed == 1
    rows, _ = make({"a": [Decimal("1.50"), Decimal("2.00")]}, Cast(column="a", type="string"))
    assert column(rows) == ["1.50", "2.00"]
    rows, _ = make({"a": [{"x": 1}, None]}, Cast(column="a", type="string"))
    assert column(rows) == ['{"x":1}', None]


def test_a_text_that_no_double_is_does_not_become_another_number(make: Made) -> None:
    texts = ["9007199254740993", "9007199254740992", "12345678901234567.89", "18014398509481984.00", "1e20", "0.1", "1" + "0" * 40]
    rows, report = make({"a": texts}, Cast(column="a", type="double"))
    assert column(rows) == [2.0**53, 2.0**54, 1e20, 0.1] and report.removed == 3
    rows, _ = make({"a": ["16777217", "16777218", "0.1"]}, Cast(column="a", type="float", misfits="null"))
    assert [value is None for value in column(rows)] == [True, False, False]
    rows, _ = make({"a": ["9.007.199.254.740.993,5", "1.000,5"]}, Cast(column="a", type="double", decimal=",", groups=True, misfits="null"))
    assert column(rows) == [None, 1000.5]


def test_decimal_commas_and_groups(make: Made) -> None:
    rows, _ = make({"a": ["1.234,50", "12,5", "1,234.5", "7"]}, Cast(column="a", type="double", decimal=",", groups=True, misfits="null"))
    assert column(rows) == [1234.5, 12.5, None, 7.0]
    rows, _ = make({"a": ["1,234.50", "12,34", "1'000"]}, Cast(column="a", type="decimal(10,2)", groups=True, misfits="null"))
    assert column(rows) == [Decimal("1234.50"), None, Decimal("1000.00")]
    with pytest.raises(InvalidInput, match="Only numbers"):
        make({"a": ["x"]}, Cast(column="a", type="date", decimal=","))


def test_dates_are_parsed_by_the_first_format_that_fits(make: Made) -> None:
    texts = ["01/02/2020", "2020-03-04", "30/02/2020", "", None]
    rows, report = make({"a": texts}, ParseDate(column="a", formats=("%d/%m/%Y", "%Y-%m-%d"), misfits="null"))
    assert column(rows) == [dt.date(2020, 2, 1), dt.date(2020, 3, 4), None, None, None]
    assert (report.effects[0].changed, report.effects[0].nulled) == (2, 2)
    rows, report = make(
        {"a": ["01/02/2020 10:30", "01/02/2020 00:00"]}, ParseDate(column="a", formats=("%d/%m/%Y %H:%M",), type="timestamp")
    )
    assert column(rows) == [dt.datetime(2020, 2, 1, 10, 30), dt.datetime(2020, 2, 1)]
    # A date has no time of day to lose.
    rows, report = make({"a": ["01/02/2020 10:30", "01/02/2020 00:00"]}, ParseDate(column="a", formats=("%d/%m/%Y %H:%M",)))
    assert column(rows) == [dt.date(2020, 2, 1)] and report.removed == 1
    rows, _ = make({"a": ["2020-02-01 10:30 +0200"]}, ParseDate(column="a", formats=("%Y-%m-%d %H:%M %z",), type="timestamptz"))
    assert column(rows) == [dt.datetime(2020, 2, 1, 8, 30, tzinfo=dt.UTC)]
    with pytest.raises(InvalidInput, match="time zone"):
        make({"a": ["x"]}, ParseDate(column="a", formats=("%Y %z",), type="timestamp"))
    with pytest.raises(InvalidInput, match=r"Step 1 .* cannot be carried out"):
        make({"a": ["x"]}, ParseDate(column="a", formats=("%Q",)))


def test_rounding_filling_renaming_dropping(make: Made) -> None:
    table = {"a": [1.25, None, -2.35], "b": [Decimal("9.99"), Decimal("1.25"), None], "c": ["x", None, ""], "d": [1, 2, 3]}
    steps = (
        Round(column="a", digits=0),
        Round(column="b", digits=1),
        Fill(column="c", value="none"),
        Fill(column="a", value=0),
        Drop(columns=("d",)),
    )
    rows, report = make(table, *steps, Rename(column="c", to="d"))
    assert rows == [
        {"a": 1.0, "b": Decimal("10.0"), "d": "x"},
        {"a": 0.0, "b": Decimal("1.3"), "d": "none"},
        {"a": -2.0, "b": None, "d": ""},
    ]
    assert [effect.changed for effect in report.effects] == [2, 2, 1, 1, 0, 0]
    with pytest.raises(InvalidInput, match=r"Step 1 \(fill d\): 'many' is no long"):
        make(table, Fill(column="d", value="many"))


def test_of_equal_rows_one_stays_by_keys_and_order(make: Made) -> None:
    table = {"k": [1, 1, 2, None, None, 1], "v": ["b", "a", "c", "d", "d", None], "n": [1.0, 2.0, 0.0, 3.0, 3.0, 9.0]}
    rows, report = make(table, Deduplicate())
    assert len(rows) == 5 and report.removed == 1
    rows, _ = make(table, Deduplicate(keys=("k",)))
    assert [(row["k"], row["v"]) for row in rows] == [(1, "b"), (2, "c"), (None, "d")]
    rows, _ = make(table, Deduplicate(keys=("k",), keep="last"))
    assert [(row["k"], row["v"]) for row in rows] == [(2, "c"), (None, "d"), (1, None)]
    rows, _ = make(table, Deduplicate(keys=("k",), order_by=("v",)))
    assert sorted((row["k"] or 0, row["v"]) for row in rows) == [(0, "d"), (1, "a"), (2, "c")]
    rows, _ = make(table, Deduplicate(keys=("k",), order_by=("n",), keep="last"))
    assert sorted((row["k"] or 0, row["n"]) for row in rows) == [(0, 3.0), (1, 9.0), (2, 0.0)]
    # NaN and the two zeros are equal to themselves, as in SQL.
    rows, _ = make({"a": [float("nan"), float("nan"), 0.0, -0.0]}, Deduplicate())
    assert len(rows) == 2
    rows, _ = make({"a": [[1, None], [1, None], None, [1]], "s": [{"x": 1}, {"x": 1}, None, None]}, Deduplicate())
    assert len(rows) == 3


def test_rows_that_fail_an_expectation_go(make: Made) -> None:
    table = {"a": [1, 5, None, 9], "b": ["x", "y", "z", None]}
    rows, report = make(table, Filter(expectation=Expectation(kind="in_range", column="a", low=2, high=8)))
    assert column(rows) == [5, None] and report.removed == 2
    rows, _ = make(
        table,
        Filter(expectation=Expectation(kind="not_null", column="a")),
        Filter(expectation=Expectation(kind="matches", column="b", pattern="[xy]")),
    )
    assert column(rows) == [1, 5, 9]
    rows, _ = make(table, Filter(expectation=Expectation(kind="expression", expression="a > 3 OR b = 'z' -- a comment")))
    assert column(rows) == [5, None, 9]
    with pytest.raises(InvalidInput, match=r"Step 1 .* which rows fail"):
        make(table, Filter(expectation=Expectation(kind="row_count", low=1)))
    for expression in ("(SELECT count(*) FROM duckdb_settings()) > 0", "true), (1", "getenv('HOME') = ''", "c0 = 1; DROP TABLE x"):
        with pytest.raises(WorkbenchError, match="Step 1"):
            make(table, Filter(expectation=Expectation(kind="expression", expression=expression)))


def test_a_step_sees_what_the_ones_before_it_made(make: Made) -> None:
    rows, report = make(
        {"a": [" 7 ", "n/a", "oops", "7"], "b": ["x", "y", "z", "x"]},
        Trim(),
        Cast(column="a", type="long"),
        Rename(column="a", to="b2"),
        Filter(expectation=Expectation(kind="expression", expression="b2 = 7")),
        Deduplicate(keys=("b2",)),
    )
    assert rows == [{"b2": 7, "b": "x"}]
    assert [effect.removed for effect in report.effects] == [0, 2, 0, 0, 1]
    # Who has gone is counted by the step that took it, and by no other.
    assert [effect.rows for effect in report.effects] == [4, 4, 2, 2, 2]


def test_what_is_wrong_with_a_step_is_said_with_its_number(make: Made) -> None:
    for step, words in [
        (Cast(column="A", type="long"), r"Step 2 \(A as long\): There is no column 'A'.* Did you mean 'a'"),
        (Cast(column="a", type="money"), "Step 2 .*There is no type 'money'"),
        (Case(columns=("n",), to="upper"), "Step 2 .*takes text"),
        (Rename(column="a", to="N"), "Step 2 .*There is a column 'N' already"),
        (Drop(columns=("a", "n")), "Step 2 .*No column would be left"),
        (Round(column="n", digits=1), "Step 2 .*no decimals"),
    ]:
        with pytest.raises(WorkbenchError, match=words):
            make({"a": ["x"], "n": [1]}, Trim(), step)


# ------------------------------------------------------------------------------------------------- columns of every kind


def test_columns_of_every_type_come_through(make: Made) -> None:
    table = pa.table(
        {
            "i": pa.array([1, None], pa.int32()),
            "f": pa.array([1.5, float("nan")], pa.float32()),
            "m": pa.array([Decimal("1.50"), None], pa.decimal128(38, 2)),
            "t": pa.array([dt.datetime(2020, 1, 1, tzinfo=dt.UTC), None], pa.timestamp("us", "UTC")),
            "c": pa.array([dt.time(1, 2), None], pa.time64("us")),
            "b": pa.array([b"\x00\xff", None], pa.binary()),
            "x": pa.array([b"1234", None], pa.binary(4)),
            "u": pa.array([UUID(int=1).bytes, None], pa.uuid()),
            "l": pa.array([["a", None], []], pa.list_(pa.string())),
            "s": pa.array([{"p": 1, "q": ["z"]}, None], pa.struct([("p", pa.int64()), ("q", pa.list_(pa.string()))])),
            "k": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
            "w": pa.array([" w ", None], pa.string()),
        }
    )
    rows, report = make(table, Trim())
    expected = table.set_column(11, "w", pa.array(["w", None])).to_pylist()
    assert str(rows) == str(expected)
    assert [origin.type for origin in report.columns] == [
        "int", "float", "decimal(38, 2)", "timestamptz", "time", "binary", "fixed[4]", "uuid", "list<string>",
        "struct<p: long, q: list<string>>", "map<string, long>", "string",
    ]  # fmt: skip


NAMES = [
    "c0",
    "c_gone",
    '"; DROP TABLE x; --',
    "it's",
    "größe",
    "数量",
    "a.b",
    "file_row_number",
    "__file",
    "__row",
    "filename",
    "x\ty",
    "select",
    "_c1",
    "🦆",
]


def test_hostile_and_foreign_names(make: Made, quick: Services) -> None:
    table = pa.table({name: [f" {i} ", f" {i} "] for i, name in enumerate(NAMES)})
    steps = [Trim(), *(Cast(column=name, type="long") for name in NAMES), Filter(expectation=Expectation(kind="not_null", column=NAMES[2]))]
    rows, _ = make(table, *steps, Deduplicate(), Rename(column="a.b", to="c1"), Rename(column="select", to="e.gone"))
    names = ["c1" if name == "a.b" else "e.gone" if name == "select" else name for name in NAMES]
    assert rows == [dict(zip(names, range(len(NAMES)), strict=True))]
    assert (
        quick.engine.run("x", "SELECT count(*) FROM s.t", (quick.lake.plan("silver.t1").scan("s", "t"),), timeout=60)
        .table.column(0)[0]
        .as_py()
        == 1
    )


def test_a_recipe_of_a_hundred_steps(make: Made) -> None:
    rows, report = make({"a": ["x0"]}, *(MapValues(column="a", values={f"x{i}": f"x{i + 1}"}) for i in range(100)))
    assert column(rows) == ["x100"] and all(effect.changed == 1 for effect in report.effects)


def test_a_renamed_nested_field_and_rows_in_memory(quick: Services, recipes: RecipeService) -> None:
    quick.writer.write("bronze.n", pa.table({"s": [{"p": 1}, {"p": 1}], "a": [" x", " x"]}), "create")
    quick.writer.alter("bronze.n", [ColumnChange(action="rename", column="s.p", new_name="q")])
    quick.writer.write("bronze.n", pa.table({"s": [{"q": 2}], "a": ["y"]}))
    assert not quick.lake.plan("bronze.n").duckdb_ok
    report = recipes.apply("bronze.n", Recipe(steps=(Trim(), Deduplicate())))
    assert sorted(str(row) for row in rows_of(quick, "silver.n")) == ["{'s': {'q': 1}, 'a': 'x'}", "{'s': {'q': 2}, 'a': 'y'}"]
    assert report.removed == 1


# ------------------------------------------------------------------------------------------------------- again and back


def test_silver_is_made_and_bronze_stays(quick: Services, recipes: RecipeService) -> None:
    quick.writer.write("bronze.orders", DIRTY, "create")
    before = quick.lake.info("bronze.orders")
    report = recipes.apply("orders", CLEAN, principal=ADA)
    assert (report.mode, report.version, report.target, report.rows_in, report.rows, report.removed) == (
        "create",
        1,
        "silver.orders",
        5,
        3,
        2,
    )
    assert rows_of(quick, "silver.orders") == [
        {"id": 1, "town": "Rome", "day": dt.date(2020, 2, 1), "amount": 1.2},
        {"id": 2, "town": "Rome", "day": dt.date(2020, 12, 31), "amount": 2.0},
        {"id": 3, "town": None, "day": None, "amount": None},
    ]
    assert quick.lake.info("bronze.orders") == before and rows_of(quick, "bronze.orders") == DIRTY.to_pylist()
    assert report.quality is not None and quick.quality.current("silver.orders").score == report.quality


def test_the_run_says_what_each_step_touched_and_which_column_comes_from_which(quick: Services, recipes: RecipeService) -> None:
    quick.writer.write("bronze.orders", DIRTY, "create")
    report = recipes.apply("bronze.orders", Recipe(steps=(*CLEAN.steps, Drop(columns=("amount",)))), principal=ADA)
    run = quick.log.get(report.run_id)
    assert (run.kind, run.job, run.status, run.principal) == ("recipe", "refine silver.orders", "succeeded", "ada")
    assert run.metrics == {
        "rows_in": 5, "rows": 3, "removed": 2, "step 1 changed": 3, "step 2 changed": 2, "step 2 nulled": 2, "step 3 changed": 2,
        "step 4 changed": 4, "step 4 removed": 1, "step 5 changed": 3, "step 6 changed": 1, "step 7 removed": 1,
    }  # fmt: skip
    assert run.attributes["columns"] == {"id": ["id"], "town": ["city"], "day": ["day"]}
    assert run.inputs[0].columns == ("id", "city", "day") and run.inputs[0].snapshot_id == quick.lake.info("bronze.orders").snapshot_id
    assert run.outputs[0].columns == ("id", "town", "day") and run.outputs[0].snapshot_id == report.snapshot_id
    graph = quick.lineage.graph(quick.lake.info("silver.orders").table_uuid, "silver.orders", "upstream")
    assert [node.name for node in graph.nodes] == ["silver.orders", "bronze.orders"]
    assert {(column.source, column.target): column.transforms for column in graph.edges[0].columns} == {
        ("id", "id"): ("trim texts", "missing words in texts", "id as long"),
        ("city", "town"): ("trim texts", "missing words in texts", "map values of city", "city is called town"),
        ("day", "day"): ("trim texts", "missing words in texts", "day as date"),
    }
    # The log holds no value: words and mappings stand in the store's own table.
    assert "rome" not in " ".join(event.model_dump_json() for event in quick.log.events(run_id=report.run_id, limit=None))


def test_applied_again_nothing_is_written(quick: Services, recipes: RecipeService) -> None:
    quick.writer.write("bronze.orders", DIRTY, "create")
    first = recipes.apply("bronze.orders", CLEAN)
    told = CLEAN.model_copy(update={"steps": tuple(step.model_copy(update={"name": "x", "evidence": "y"}) for step in CLEAN.steps)})
    again = recipes.apply("bronze.orders", told)
    assert again.unchanged and (again.run_id, again.snapshot_id, again.rows, again.removed) == (first.run_id, first.snapshot_id, 3, 2)
    quick.writer.compact("silver.orders")
    assert recipes.apply("bronze.orders", CLEAN).unchanged
    assert len(quick.log.list(kind="recipe")) == 1


def test_new_rows_are_appended_where_each_row_stands_alone(quick: Services, recipes: RecipeService) -> None:
    alone = Recipe(steps=tuple(step for step in CLEAN.steps if step.kind != "deduplicate"))
    quick.writer.write("bronze.orders", DIRTY, "create")
    recipes.apply("bronze.orders", alone)
    quick.writer.write("bronze.orders", DIRTY.slice(0, 2))
    quick.writer.write("bronze.orders", DIRTY.slice(4, 1))
    report = recipes.apply("bronze.orders", alone)
    assert (report.mode, report.rows_in, report.rows, report.removed, report.total, report.version) == ("append", 3, 2, 1, 6, 1)
    assert recipes.apply("bronze.orders", alone).unchanged
    files = set(quick.lake.plan("silver.orders").paths)
    # What was rewritten in the source is made anew as a whole, and gives the same rows.
    made = sorted(map(str, rows_of(quick, "silver.orders")))
    quick.writer.compact("bronze.orders")
    report = recipes.apply("bronze.orders", alone)
    assert report.mode == "overwrite" and report.rows == 6 and sorted(map(str, rows_of(quick, "silver.orders"))) == made
    assert not files & set(quick.lake.plan("silver.orders").paths)
    quick.writer.write("bronze.orders", DIRTY, "overwrite")
    assert recipes.apply("bronze.orders", alone).total == 4


def test_with_a_step_that_looks_at_all_rows_they_are_made_anew(quick: Services, recipes: RecipeService) -> None:
    quick.writer.write("bronze.orders", DIRTY, "create")
    recipes.apply("bronze.orders", CLEAN)
    quick.writer.write("bronze.orders", DIRTY)
    report = recipes.apply("bronze.orders", CLEAN)
    assert (report.mode, report.rows_in, report.rows, report.removed) == ("overwrite", 10, 3, 7)
    removed = recipes.removed("silver.orders", limit=4)
    assert removed.columns[0][0] == "step" and len(removed.rows) == 4 and removed.cut_at == 4
    assert [row[1] for row in recipes.removed("silver.orders", step=4).rows] == ["x", "x"]


def test_another_recipe_changes_the_columns_in_the_same_commit_and_undo_brings_all_back(quick: Services, recipes: RecipeService) -> None:
    quick.writer.write("bronze.orders", DIRTY, "create")
    first = recipes.apply("bronze.orders", CLEAN)
    rows = rows_of(quick, "silver.orders")
    other = Recipe(steps=(Trim(), Cast(column="id", type="string"), Cast(column="amount", type="decimal(9,3)"), Drop(columns=("day",))))
    second = recipes.apply("bronze.orders", other)
    assert (second.version, second.mode, second.rows) == (2, "overwrite", 5)
    assert [(c[1], c[2]) for c in quick.lake.info("silver.orders").columns] == [
        ("id", "string"),
        ("city", "string"),
        ("amount", "decimal(9, 3)"),
    ]
    assert rows_of(quick, "silver.orders")[0] == {"id": "1", "city": "Rome", "amount": Decimal("1.234")}
    assert recipes.get("silver.orders").steps == other.steps
    undone = recipes.undo("silver.orders", ADA)
    assert (undone.mode, undone.version, undone.snapshot_id) == ("rollback", 1, first.snapshot_id)
    assert rows_of(quick, "silver.orders") == rows and recipes.get("silver.orders").steps == CLEAN.steps
    # The recipe that was there before is not a third one.
    assert recipes.apply("bronze.orders", other).version == 2
    with pytest.raises(NotFound, match="Nothing is left"):
        recipes.undo("silver.orders")
        recipes.undo("silver.orders")


def test_undo_brings_the_column_lineage_of_the_rows_that_are_there_again(quick: Services, recipes: RecipeService) -> None:
    def edge() -> LineageEdge:
        (found,) = quick.lineage.graph(quick.lake.info("silver.orders").table_uuid, "silver.orders", "upstream").edges
        return found

    quick.writer.write("bronze.orders", DIRTY, "create")
    recipes.apply("bronze.orders", CLEAN)
    first = edge()
    assert [column.target for column in first.columns] == ["id", "town", "day", "amount"]
    recipes.apply("bronze.orders", Recipe(steps=(Drop(columns=("day",)),)))
    assert [column.target for column in edge().columns] == ["id", "city", "amount"]
    recipes.undo("silver.orders", ADA)
    assert (edge().columns, edge().run_id, edge().runs) == (first.columns, first.run_id, 2)
    # What was there before any recipe comes from no column, and that a recipe was applied stays told.
    quick.writer.write("silver.mine", DIRTY, "create")
    before = quick.lake.info("silver.mine").snapshot_id
    assert before is not None
    recipes.apply("bronze.orders", CLEAN, target="silver.mine", force=True)
    quick.writer.rollback("silver.mine", before, "bob")
    (mine,) = quick.lineage.graph(quick.lake.info("silver.mine").table_uuid, "silver.mine", "upstream").edges
    assert (mine.columns, mine.runs, quick.log.get(mine.run_id).principal) == ((), 1, "bob")


def test_a_rollback_brings_the_recipe_of_that_time_back(quick: Services, recipes: RecipeService) -> None:
    quick.writer.write("bronze.orders", DIRTY, "create")
    first = recipes.apply("bronze.orders", CLEAN)
    recipes.apply("bronze.orders", Recipe(steps=(*CLEAN.steps, Fill(column="town", value="?"))))
    assert recipes.get("silver.orders").version == 2
    assert first.snapshot_id is not None
    quick.writer.rollback("silver.orders", first.snapshot_id)
    found = recipes.get("silver.orders")
    assert (found.version, found.steps, found.source, found.by) == (1, CLEAN.steps, "bronze.orders", quick.log.get(first.run_id).principal)
    assert recipes.apply("bronze.orders", CLEAN).unchanged


def test_a_rollback_brings_the_columns_of_the_recipe_of_that_time_back(quick: Services, recipes: RecipeService) -> None:
    quick.writer.write("bronze.orders", DIRTY, "create")
    first = recipes.apply("bronze.orders", CLEAN)
    rows = rows_of(quick, "silver.orders")
    recipes.apply("bronze.orders", Recipe(steps=(Drop(columns=("day",)),)))
    assert first.snapshot_id is not None
    quick.writer.rollback("silver.orders", first.snapshot_id)
    assert rows_of(quick, "silver.orders") == rows
    assert recipes.apply("bronze.orders", CLEAN).unchanged


def test_a_column_that_somebody_took_away_since_is_made_anew(quick: Services, recipes: RecipeService) -> None:
    quick.writer.write("bronze.orders", DIRTY, "create")
    recipes.apply("bronze.orders", CLEAN)
    rows = rows_of(quick, "silver.orders")
    quick.writer.alter("silver.orders", [ColumnChange(action="drop", column="day")])
    again = recipes.apply("bronze.orders", CLEAN)
    assert (again.mode, again.version) == ("overwrite", 1) and rows_of(quick, "silver.orders") == rows
    assert recipes.apply("bronze.orders", CLEAN).unchanged


def test_who_writes_meanwhile_loses_nothing(quick: Services, recipes: RecipeService, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.ingest.recipes.carry import Carrier

    carry_out = Carrier.carry_out

    def slow(*arguments: Any) -> Any:
        done = carry_out(*arguments)
        quick.writer.write("silver.orders", pa.table({"id": [7]}))
        return done

    for recipe in (CLEAN, Recipe(steps=(Cast(column="id", type="long"),))):
        quick.writer.write("bronze.orders", DIRTY, "overwrite")
        recipes.apply("bronze.orders", recipe, force=True)
        quick.writer.write("bronze.orders", DIRTY)
        with monkeypatch.context() as patched:
            patched.setattr(Carrier, "carry_out", slow)
            with pytest.raises(CommitConflict):
                recipes.apply("bronze.orders", recipe)
        assert 7 in column(rows_of(quick, "silver.orders"), "id")


def test_names_follow_renames(quick: Services, recipes: RecipeService) -> None:
    quick.writer.write("bronze.orders", DIRTY, "create")
    recipes.apply("bronze.orders", CLEAN)
    quick.writer.rename("bronze.orders", "bronze.sales")
    quick.writer.rename("silver.orders", "silver.sales")
    assert recipes.get("silver.sales").source == "bronze.sales"
    assert recipes.apply("bronze.sales", CLEAN).unchanged
    assert len(recipes.removed("silver.sales").rows) == 2


def test_rows_that_no_recipe_made_are_not_replaced(quick: Services, recipes: RecipeService) -> None:
    quick.writer.write("bronze.orders", DIRTY, "create")
    quick.writer.write("bronze.other", DIRTY, "create")
    quick.writer.write("silver.orders", pa.table({"mine": [1]}), "create")
    with pytest.raises(Conflict, match="no recipe"):
        recipes.apply("bronze.orders", CLEAN)
    assert rows_of(quick, "silver.orders") == [{"mine": 1}]
    recipes.apply("bronze.orders", CLEAN, force=True)
    # A column that no recipe made stays, empty.
    assert rows_of(quick, "silver.orders")[0] == {"id": 1, "town": "Rome", "day": dt.date(2020, 2, 1), "amount": 1.2, "mine": None}
    with pytest.raises(Conflict, match="another dataset's recipe"):
        recipes.apply("bronze.other", CLEAN, "silver.orders")
    quick.writer.write("silver.orders", pa.table({"mine": [2]}))
    with pytest.raises(Conflict, match="no recipe"):
        recipes.apply("bronze.orders", CLEAN)


@pytest.mark.parametrize("target", ["bronze.x", "quarantine.x", "bronze.orders", "nowhere.x", "silver.no good", "a.b.c"])
def test_a_target_that_is_no_place_for_refined_rows_is_refused(quick: Services, recipes: RecipeService, target: str) -> None:
    quick.writer.write("bronze.orders", DIRTY, "create")
    with pytest.raises(InvalidInput):
        recipes.apply("bronze.orders", CLEAN, target)
    assert quick.lake.names() == ("bronze.orders",)


def test_what_fails_leaves_nothing_behind(quick: Services, recipes: RecipeService, settings: Settings) -> None:
    quick.writer.write("bronze.orders", DIRTY, "create")
    with pytest.raises(InvalidInput, match=r"Step 2 \(id as long\) found 1 values"):
        recipes.apply("bronze.orders", Recipe(steps=(Trim(), Cast(column="id", type="long", misfits="fail"))))
    assert quick.lake.names() == ("bronze.orders",)
    assert not list((settings.state / "tmp").glob("recipe-*"))
    assert [file for file in (settings.state / "lake").rglob("*.parquet") if "silver" in str(file)] == []
    assert quick.log.list(kind="recipe")[0].status == "failed"


def test_an_empty_dataset_and_a_recipe_that_leaves_no_row(make: Made, quick: Services) -> None:
    rows, report = make(pa.table({"a": pa.array([], pa.string())}), Trim(), Cast(column="a", type="long"), Deduplicate())
    assert rows == [] and report.rows_in == 0 and report.columns[0].type == "long"
    rows, report = make({"a": ["x", "y"]}, Cast(column="a", type="long"))
    assert rows == [] and report.removed == 2
    assert [c[2] for c in quick.lake.info("silver.t2").columns] == ["long"]


def test_two_at_once_write_once(quick: Services, recipes: RecipeService) -> None:
    quick.writer.write("bronze.orders", DIRTY, "create")
    modes: list[str] = []
    threads = [threading.Thread(target=lambda: modes.append(recipes.apply("bronze.orders", CLEAN).mode)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(modes) == ["create", "unchanged", "unchanged", "unchanged"]
    assert len(rows_of(quick, "silver.orders")) == 3


def test_random_recipes_lose_no_row_unseen(make: Made) -> None:
    for seed in range(8):
        chance = random.Random(seed)
        rows = [
            (chance.choice([" 1", "2", "n/a", "x", None, "3.5"]), chance.choice(["a", "A ", None]), chance.random()) for _ in range(200)
        ]
        table = pa.table({"p": [r[0] for r in rows], "q": [r[1] for r in rows], "r": [r[2] for r in rows]})
        steps: list[RecipeStep] = [
            Trim(),
            MissingWords(words=("n/a",)),
            Cast(column="p", type=chance.choice(["long", "double"]), misfits=chance.choice(["aside", "null"])),  # type: ignore[arg-type]
            Deduplicate(keys=("p", "q")),
            Filter(expectation=Expectation(kind="in_range", column="r", low=0.1, high=0.9)),
            Case(columns=("q",), to="upper"),
            Deduplicate(keys=("q",), keep="last"),
        ]
        chance.shuffle(steps)
        make(table, *steps)  # which looks that rows in = rows out + removed by a step


# ------------------------------------------------------------------------------------------------------ gates and gold


def test_a_gate_holds_the_rows_back(quick: Services, recipes: RecipeService) -> None:
    quick.writer.write("bronze.orders", DIRTY, "create")
    recipes.apply("bronze.orders", CLEAN)
    quick.quality.expect("silver.orders", Expectation(kind="in_range", column="id", low=0, high=100, severity="gate"))
    quick.quality.expect("silver.orders", Expectation(kind="unique", column="id", severity="gate"))
    quick.writer.write("bronze.orders", pa.table({"id": ["500"]}))
    with pytest.raises(HeldBack, match="1 of 4 rows fails"):
        recipes.apply("bronze.orders", CLEAN)
    assert len(rows_of(quick, "silver.orders")) == 3
    assert recipes.apply("bronze.orders", CLEAN, force=True).rows == 4


def test_a_gate_over_all_rows_looks_at_old_and_new_together(quick: Services, recipes: RecipeService) -> None:
    alone = Recipe(steps=(Cast(column="id", type="long"),))
    quick.writer.write("bronze.orders", pa.table({"id": ["1", "2"]}), "create")
    recipes.apply("bronze.orders", alone)
    quick.quality.expect("silver.orders", Expectation(kind="unique", column="id", severity="gate"))
    quick.writer.write("bronze.orders", pa.table({"id": ["3"]}))
    assert recipes.apply("bronze.orders", alone).mode == "append"
    quick.writer.write("bronze.orders", pa.table({"id": ["1"]}))
    with pytest.raises(HeldBack):
        recipes.apply("bronze.orders", alone)
    assert column(rows_of(quick, "silver.orders"), "id") == [1, 2, 3]


def test_gold_needs_a_persons_word(quick: Services, recipes: RecipeService, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.api.auth import Caller
    from workbench.api.scopes import check_scope
    from workbench.app.protocol import RecipeVerbs
    from workbench.app.verbs import verb_named

    quick.writer.write("bronze.orders", DIRTY, "create")
    recipes.apply("bronze.orders", CLEAN)
    with pytest.raises(InvalidInput, match="only silver is promoted"):
        recipes.promote("bronze.orders", principal=ADA)
    with pytest.raises(Forbidden, match="Only a person"):
        recipes.promote("silver.orders", principal=Principal(name="nightly", kind="service"))
    with pytest.raises(Forbidden):
        check_scope(Caller(ADA, "token", "run", run_id="x"), "recipes.promote", verb_named(RecipeVerbs, "promote"))
    with monkeypatch.context() as step:
        step.setenv("WORKBENCH_FENCE", "run:1")
        with pytest.raises(Forbidden, match="Only a person"):
            recipes.promote("silver.orders", principal=ADA)
    with pytest.raises(InvalidInput, match="gold is not made of it directly") as refused:
        recipes.apply("bronze.orders", CLEAN, "gold.orders", principal=ADA)
    assert "promote silver.orders" in (refused.value.fix or "") and not quick.lake.exists("gold.orders")
    report = recipes.promote("silver.orders", principal=ADA)
    assert (report.target, report.mode, report.by, report.rows) == ("gold.orders", "create", "ada", 3)
    run = quick.log.get(report.run_id)
    assert (run.job, run.principal) == ("promote gold.orders", "ada")
    assert rows_of(quick, "gold.orders") == rows_of(quick, "silver.orders")
    assert recipes.promote("silver.orders", principal=ADA).unchanged


def test_what_is_not_good_enough_for_gold_says_why(quick: Services, recipes: RecipeService) -> None:
    bad = pa.table({"a": [None, None, "x", "x"], "b": [None, None, float("nan"), float("nan")]})
    quick.writer.write("silver.bad", bad, "create")
    with pytest.raises(HeldBack, match=r"scores 0\.\d+, and gold takes 0.8 or more \(.*completeness 0.500"):
        recipes.promote("silver.bad", principal=ADA)
    assert not quick.lake.exists("gold.bad")
    assert recipes.promote("silver.bad", force=True, principal=ADA).rows == 4
    quick.writer.write("silver.good", pa.table({"a": [1, 2, 3]}), "create")
    quick.quality.expect("silver.good", Expectation(kind="in_range", column="a", high=2, severity="gate"))
    with pytest.raises(HeldBack, match="1 of 3 rows"):
        recipes.promote("silver.good", principal=ADA)
    with pytest.raises(InvalidInput, match="is not gold"):
        recipes.promote("silver.good", "silver.better", principal=ADA)


# ------------------------------------------------------------------------------------------------ preview and proposal


def test_a_preview_shows_rows_side_by_side_and_writes_nothing(quick: Services, recipes: RecipeService) -> None:
    quick.writer.write("bronze.orders", DIRTY, "create")
    found = recipes.preview("bronze.orders", CLEAN)
    assert (found.rows_in, found.rows_out, found.removed, found.sampled, found.target) == (5, 3, 2, None, "silver.orders")
    assert [name for name, _ in found.before.columns] == ["id", "city", "day", "amount"]
    assert found.after.columns == (("id", "long"), ("town", "string"), ("day", "date"), ("amount", "double"))
    assert found.before.rows[0] == ("1", "  Rome ", "01/02/2020", 1.234) and found.after.rows[0] == (1, "Rome", "2020-02-01", 1.2)
    gone = {before[0]: step for before, step in zip(found.before.rows, found.removed_by, strict=True) if step is not None}
    assert gone == {"2": 7, "x": 4} and found.effects == recipes.apply("bronze.orders", CLEAN).effects
    failing = recipes.preview("bronze.orders", Recipe(steps=(Cast(column="id", type="long", misfits="fail"),)))
    assert failing.warnings == ("Step 1 (id as long) would fail: 2 values do not fit.",)


def test_a_proposal_names_what_it_rests_on_and_works(quick: Services, recipes: RecipeService) -> None:
    count = 60
    table = pa.table(
        {
            "Order No": [str(i) if i else "unknown" for i in range(count)],
            "city": [("Rome", "rome ", "Oslo", "n/a")[i % 4] for i in range(count)],
            "zip": [f"0{i:04}" for i in range(count)],
            "day": [f"{1 + i % 28:02}/{1 + i % 12:02}/2020" for i in range(count)],
            "either": [f"{1 + i % 12:02}/{1 + (i * 5) % 12:02}/2020" for i in range(count)],
            "price": [f"{i},{i % 100:02}" for i in range(count)],
            "open": [("yes", "no")[i % 2] for i in range(count)],
            "n": list(range(count)),
        }
    )
    quick.writer.write("bronze.o", pa.concat_tables([table, table.slice(0, 5)]), "create")
    found = recipes.propose("bronze.o", ADA)
    kinds = [(step.kind, getattr(step, "column", "")) for step in found.steps]
    assert kinds == [
        ("trim", ""), ("missing", ""), ("missing", ""), ("cast", "Order No"), ("parse_date", "day"), ("cast", "price"), ("cast", "open"),
        ("map", "city"), ("deduplicate", ""), ("rename", "Order No"),
    ]  # fmt: skip
    assert all(step.proposed and step.evidence for step in found.steps)
    assert found.steps[0].evidence == "texts with white space at their ends: 16" and found.steps[0].values_touched == 16
    assert found.steps[8].evidence == "rows equal to an earlier one: 5 of 65"
    report = recipes.apply("bronze.o", found)
    assert (report.rows, report.removed) == (count, 5)
    row = rows_of(quick, "silver.o")[1]
    assert row == {
        "order_no": 1, "city": "Rome", "zip": "00001", "day": dt.date(2020, 2, 2), "either": "02/06/2020", "price": 1.01,
        "open": False, "n": 1,
    }  # fmt: skip
    # What is clean needs nothing.
    assert recipes.propose("silver.o").steps == ()
    assert from_yaml(to_yaml(found)).fingerprint == found.fingerprint


def test_nothing_is_proposed_that_would_round_a_number(quick: Services, recipes: RecipeService) -> None:
    count = 60
    table = pa.table(
        {
            "whole": [str(i * 7) if i % 9 else "9007199254740993.5" for i in range(count)],
            "one": [f"{i}.5" if i else "12345678901234567.89" for i in range(count)],
            "marked": [f"{i},{i % 100:02}" if i else "90.071.992.547.409,931" for i in range(count)],
            "beyond": [f"{i},1" if i else "123.456.789.012.345.678,9" for i in range(count)],
            "small": [f"{i}.5" for i in range(count)],
            "long": [str(2**53 + i) for i in range(count)],
        }
    )
    quick.writer.write("bronze.o", table, "create")
    found = {(step.column, step.type) for step in recipes.propose("bronze.o", ADA).steps if step.kind == "cast"}
    assert found == {("small", "double"), ("long", "long"), ("marked", "double")}


def test_a_recipe_in_yaml_is_checked() -> None:
    assert from_yaml("- {kind: trim}\n- {kind: cast, column: id, type: long}").steps == (Trim(), Cast(column="id", type="long"))
    for text, words in [
        ("- {kind: trimm}", "steps.0"),
        ("- {kind: cast, column: id}", "type: it is missing"),
        ("- {kind: trim, colums: [a]}", "colums: there is no such field"),
        ("- [", "no YAML"),
        ("- {kind: fill, column: day, value: 2024-13-01}", "no YAML"),
        ("[" * 5000, "no YAML"),
        ("7", "it is no list"),
    ]:
        with pytest.raises(InvalidInput, match=words):
            from_yaml(text)


# ------------------------------------------------------------------------------------------------ killed; large; isolated


@pytest.mark.parametrize("point", ["data files written", "in the transaction", "committed"])
def test_killed_and_started_again_it_happens_once(quick: Services, recipes: RecipeService, settings: Settings, point: str) -> None:
    quick.writer.write("bronze.orders", DIRTY, "create")
    recipes.apply("bronze.orders", Recipe(steps=(Trim(),)))
    quick.writer.write("bronze.orders", DIRTY)
    said = settings.root.parent / "said"
    child = start_script(CHILD, str(settings.root), point, output=said)
    child.wait(120)
    assert child.returncode == -signal.SIGKILL, said.read_text()[-3000:]
    with closing(Services(settings, lasting=False)) as fresh:
        done = point == "committed"
        assert len(rows_of(fresh, "silver.orders")) == (3 if done else 5)
        assert fresh.recipes.get("silver.orders").version == (2 if done else 1)
        report = fresh.recipes.apply("bronze.orders", CLEAN)
        assert report.unchanged is done and (report.version, report.rows, report.removed) == (2, 3, 7)
        assert len(rows_of(fresh, "silver.orders")) == 3 and len(rows_of(fresh, "bronze.orders")) == 10
        assert [recipe.version for _, recipe in fresh.recipes.kept.versions(fresh.lake.info("silver.orders").table_uuid)] == [1, 2]


def test_equal_rows_of_more_than_a_million_are_proposed_to_go(quick: Services, recipes: RecipeService) -> None:
    rows = 1_000_001
    quick.writer.write("bronze.same", pa.table({"a": pa.array([1] * rows, pa.int8())}), "create")
    (step,) = recipes.propose("bronze.same", ADA).steps
    assert step.kind == "deduplicate" and step.values_touched == 1_000_000
    assert step.evidence == ("rows equal to an earlier one: 1,000,000 of 1,000,001 (at least: the columns' values make one row at most)")


def test_a_million_rows_take_seconds_and_little_memory(settings: Settings) -> None:
    rows = 1_000_000
    numbers = pa.array(range(rows))
    texts = pc.binary_join_element_wise(" ", pc.cast(numbers, pa.string()), "")
    table = pa.table({"id": texts, "k": pc.cast(pc.bit_wise_and(numbers, 0x7FFFF), pa.string()), "v": pc.cast(numbers, pa.float64())})
    query = settings.query.model_copy(update={"memory_limit_mb": 256, "threads": 2})
    services = Services(settings.model_copy(update={"query": query}), lasting=False)
    services.writer.write("bronze.large", table, "create")
    began, used = time.monotonic(), time.process_time()
    recipe = Recipe(steps=(Trim(), Cast(column="id", type="long"), Cast(column="k", type="int"), Deduplicate(keys=("k",), keep="last")))
    report = services.recipes.apply("bronze.large", recipe)
    took, used = time.monotonic() - began, time.process_time() - used
    assert (report.rows, report.removed) == (1 << 19, rows - (1 << 19))
    found = services.engine.run(
        "x", "SELECT min(id), max(id), count(DISTINCT k) FROM s.t", (services.lake.plan("silver.large").scan("s", "t"),), timeout=60
    )
    assert found.table.to_pylist()[0] == dict(zip(found.table.column_names, (rows - (1 << 19), rows - 1, 1 << 19), strict=True))
    preview = services.recipes.preview("bronze.large", recipe)
    assert preview.sampled is not None and 0 < preview.sampled < rows
    services.close()
    print(f"1,000,000 rows: {took:.1f} s, {used:.1f} s of the processor")
    assert used < 15 * slower()  # other work on the machine does not count


def test_the_engine_in_a_process_of_its_own(services: Services) -> None:
    services.writer.write("bronze.orders", DIRTY, "create")
    assert type(services.engine).__name__ == "IsolatedEngine"
    assert services.recipes.apply("bronze.orders", CLEAN).rows == 3
    bad = ParseDate(column="day", formats=("%Q",))
    with pytest.raises(InvalidInput, match=r"Step 2 \(day as date\) cannot be carried out"):
        services.recipes.apply("bronze.orders", Recipe(steps=(Trim(), bad)), force=True)


def test_in_a_notebook_the_run_belongs_to_the_session(quick: Services, recipes: RecipeService) -> None:
    quick.writer.write("bronze.orders", DIRTY, "create")
    session = quick.log.start("notebook", "clean.ipynb", ADA)
    with use_context(session.context("clean.ipynb", "cell-1")):
        report = recipes.apply("bronze.orders", CLEAN, principal=ADA)
    run = quick.log.get(report.run_id)
    assert run.parent_id == session.id and run.outputs[0].cell == "cell-1"
    assert os.environ.get("WORKBENCH_FENCE") is None


def test_the_document_names_every_step_and_its_fields() -> None:
    from typing import get_args

    from workbench.ingest.recipes.records import _Step

    text = (Path(__file__).parents[2] / "docs" / "zones.md").read_text(encoding="utf-8")
    table = {line.split("|")[1].strip(" `"): line.split("|")[2] for line in text.splitlines() if line.startswith("| `")}
    kinds = {kind.model_fields["kind"].default: kind for kind in get_args(get_args(RecipeStep)[0])}
    assert set(table) == set(kinds)
    for name, kind in kinds.items():
        fields = [f"`{field}`" for field in kind.model_fields if field not in _Step.model_fields and field != "kind"]
        assert table[name].strip() == ", ".join(fields), name
    example = text.split("```yaml\n")[1].split("```")[0]
    assert [step.kind for step in from_yaml(example).steps] == ["trim", "missing", "cast", "parse_date", "deduplicate", "filter"]
