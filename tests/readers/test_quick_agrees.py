"""The quick way and the thorough one: the same table, the same misfits with the same lines and reasons, the same remarks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.engines.duckdb import DuckDBEngine, plain
from workbench.engines.readers import ColumnReading, Reading, Request, Source, open_source, quick
from workbench.engines.readers.judge import Converted, convert

ROWS = 3_000
ODD = ROWS * 19 // 20

GOOD: dict[str, Callable[[int], str]] = {
    "whole": lambda n: str(n * 37 - 5000),
    "real": lambda n: f"{n / 7:.3f}" if n % 5 else "",
    "text": lambda n: f'"a ""quoted"" {n}, é"' if n % 3 else f"t{n}",
    "day": lambda n: f"20{n % 90 + 10}-0{n % 9 + 1}-1{n % 9}",
    "at": lambda n: f"2013-01-02T{n % 24:02}:{n % 60:02}:00",
    "written": lambda n: f"{n % 28 + 1:02}.{n % 12 + 1:02}.2013",
    "yyyymmdd": lambda n: f"2013{n % 12 + 1:02}{n % 28 + 1:02}",
    "price": lambda n: f"{n % 9973}.{n % 100:02}",
    "is_late": lambda n: str(n % 2),
    "truth": lambda n: ("true", "False", "")[n % 3],
    "none": lambda n: "",
}


@pytest.fixture(autouse=True)
def little_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guess is made from the beginning only: what stands further down comes as a surprise."""
    monkeypatch.setattr(quick, "LARGE_BYTES", 0)
    monkeypatch.setattr(quick, "_SLICES", 0)
    monkeypatch.setattr(quick, "sample_of", lambda path: (path.read_text(encoding="utf-8")[:60_000], False))


def a_file(path: Path, odd: dict[str, str] | None = None, *, rows: int = ROWS, lines: dict[int, str] | None = None) -> Path:
    """A file of good values, but for the ``odd`` ones of one row in the last tenth, and whole ``lines`` (from 1) put in instead."""
    made = [",".join(GOOD)]
    for n in range(rows):
        values = {name: make(n) for name, make in GOOD.items()}
        made.append(",".join((values | (odd or {}) if n == rows * 19 // 20 else values).values()))
    for line, text in (lines or {}).items():
        made[line - 1] = text
    path.write_text("\n".join(made) + "\n", encoding="utf-8")
    return path


def both(engine: DuckDBEngine, path: Path, **more: Any) -> tuple[Source, Converted | None]:
    scratch = path.with_suffix(".scratch")
    scratch.mkdir()
    request = Request(path, path.name, scratch, more.pop("target", {}), **more)
    thorough = open_source(request)
    table = thorough.reader().read_all()
    guess = quick.quick_load(request, scratch / "files", None, 128)
    found = convert(guess, lambda load: engine.load("r", load)) if guess is not None else None
    assert thorough.rows == table.num_rows + thorough.rejected, "no row is lost"
    if found is not None:
        files = pa.concat_tables([pq.read_table(file) for file in found.files])
        assert files.cast(table.schema).equals(table) and files.schema.equals(table.schema, check_metadata=False)
        assert found.rejects.to_pylist() == thorough.rejects().to_pylist()
        assert (found.guess.warnings, found.guess.reading) == (thorough.warnings, thorough.reading)
        assert found.rows == table.num_rows
    return thorough, found


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"whole": "12a"},
        {"price": "1e2"},
        {"day": "0000-01-01"},
        {"day": "-201-01-02"},
        {"at": "soon", "real": "none"},
        {"at": "0000-01-01T00:00:00"},
        {"whole": "-0"},
    ],
)
def test_what_needs_no_engine_agrees_too(
    engine: DuckDBEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: dict[str, str]
) -> None:
    of_the_engine = ("written", "yyyymmdd", "is_late", "truth")
    monkeypatch.setattr(sys.modules[__name__], "GOOD", {name: make for name, make in GOOD.items() if name not in of_the_engine})
    ways: list[bool] = []
    without = plain.load_plain

    def watched(*given: Any) -> Any:
        done = without(*given)
        ways.append(done is not None)
        return done

    monkeypatch.setattr(plain, "load_plain", watched)
    _, found = both(engine, a_file(tmp_path / "in.csv", odd))
    assert ways[0] and found is not None


def test_good_values_take_the_quick_way(engine: DuckDBEngine, tmp_path: Path) -> None:
    thorough, found = both(engine, a_file(tmp_path / "good.csv"))
    assert found is not None and thorough.rejected == 0
    assert [str(kind) for kind in thorough.schema.types] == [
        *("int64", "double", "string", "date32[day]", "timestamp[us]", "date32[day]", "date32[day]"),
        *("decimal128(18, 2)", "bool", "bool", "string"),
    ]


VALUES = {
    "whole": [
        "1.5",
        "-inf",
        "007",
        "+3",
        "1e3",
        " 4",
        "9223372036854775808",
        "NA",
        '""',
        "x",
        "1_000",
        "1,5",
        "20130131",
        "5",
        "-0",
        "5-",
        "(5)",
    ],
    "real": [
        *("+1.5", "00.5", "inf", "+Infinity", "nan", "NA", "1_0.5", "1.5 ", "9007199254740993", "1,5", "5", "1.", ".5"),
        *("-0", "1.2.3", "1e400", "12.5-", "(12.5)", "5%"),
    ],
    "day": ["2013/01/02", "2013-1-2", "2013-01-02 10:00:00", "2013-02-30", "infinity", "epoch", "NA", "20130131"],
    "at": ["2013-01-02", "2013-01-02T24:00:00", "2013-01-02T10:00:00Z", "2013-01-02 10:00:00.1234567", "2013-01-02T10"],
    "written": ["1.2.2013", "31.04.2013", "2013-01-31", "12/31/2013", "31.01.13", "NA", "01.02.2013 10:00", "12.31.2013", " 1.2.2013"],
    "yyyymmdd": ["20130230", "99999999", "0", "2013-01-31", "NA", "x"],
    "price": [
        "1.005",
        "1.5",
        "5",
        "-0",
        ".5",
        "1e3",
        "007",
        "x",
        "12345678901234567",
        "1,50",
        "$5",
        "1.123456",
        "12345678901234567.25",
        "inf",
        "0.30000000000000004",
    ],
    "is_late": ["2", "true", "NA", "x", " 1", "01"],
    "truth": ["yes", "1", "t", " true", "TRUE", "x"],
    "none": ["x", '""', "NA", "1"],
    "text": ['""', '"a\nb"', "", "١", "5"],  # words for a missing value that stand in text are counted only where they are seen
}


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(("column", "value"), [(column, value) for column, values in VALUES.items() for value in values])
def test_one_odd_value_far_down_makes_no_difference(engine: DuckDBEngine, tmp_path: Path, column: str, value: str) -> None:
    both(engine, a_file(tmp_path / "odd.csv", {column: f'"{value}"' if "," in value else value}))


@pytest.mark.parametrize(
    ("content", "more"),
    [
        ("n,text,\n" + "1,a,\n" * 20_000, {}),
        ("n,text\n" + "1,a,\n" * 20_000, {}),
        ("n,text\n" + "1'234,a\n" * 20_000, {}),
        ("n,text\n" + "1.5-,a\n2.5,b\n" * 10_000, {}),
        ("n,text\n" + "1.5%,a\n" * 20_000, {}),
        ("n,text\n" + "31.12.24,a\n01.02.24,b\n" * 10_000, {}),
        ("n,m,text\nkg,mm,-\n" + "1,2.5,a\n" * 20_000, {}),
        ("n,text\n" + "1,a\n" * 20_000 + "Total,b\n", {"reading": Reading(footer=1)}),
    ],
    ids=[
        "a delimiter at the end",
        "but the header",
        "marks of thousands",
        "a minus behind",
        "percentages",
        "years of two digits",
        "units",
        "a footer",
    ],
)
def test_what_only_who_sees_every_line_can_say_goes_the_thorough_way(
    engine: DuckDBEngine, tmp_path: Path, content: str, more: dict[str, Any]
) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(content, encoding="utf-8")
    thorough, found = both(engine, path, **more)
    assert found is None and not pa.types.is_string(thorough.schema.field("n").type)


def test_bad_values_cost_a_second_pass_and_are_set_aside(engine: DuckDBEngine, tmp_path: Path) -> None:
    odd = {"whole": "12a", "day": "2013-02-30", "written": "31.04.2013", "price": "?", "truth": "maybe", "is_late": "x"}
    thorough, found = both(engine, a_file(tmp_path / "bad.csv", odd))
    assert found is not None
    (row,) = found.rejects.to_pylist()
    assert (row["line"], row["record"], row["column"], row["value"], row["reason"]) == (
        ODD + 2,
        ODD + 1,
        "whole",
        "12a",
        "is no whole number",
    )
    assert row["text"].startswith("12a,") and '"price": "?"' in row["row"]
    assert sum("such rows are set aside" in warning for warning in thorough.warnings) == 6


@pytest.mark.parametrize(
    ("broken", "quickly"), [("1,2", True), ("1," * 20, True), ('1,2,"x" y' + "," * 8, False)], ids=["few", "many", "quote"]
)
def test_a_broken_row_is_set_aside_with_its_line(engine: DuckDBEngine, tmp_path: Path, broken: str, quickly: bool) -> None:
    thorough, found = both(
        engine, a_file(tmp_path / "broken.csv", {"whole": "12a", "text": '"a\n\nb"'}, lines={2_000: broken, 2_500: broken})
    )
    assert (found is not None) == quickly
    assert [row["line"] for row in thorough.rejects().to_pylist()] == [2_000, 2_500, ODD + 2]
    assert thorough.rejects().to_pylist()[0]["text"] == broken


def test_a_guess_that_does_not_hold_is_made_anew(engine: DuckDBEngine, tmp_path: Path) -> None:
    rows = [f"{n},{n % 99}.25,k{n}" for n in range(20_000)]
    rows[15_000:15_003] = ["1.5,2.125,a", "NA,3,b", "x,4,c"]
    path = tmp_path / "anew.csv"
    path.write_text("n,price,key\n" + "\n".join(rows) + "\n", encoding="utf-8")
    thorough, found = both(engine, path)
    assert found is not None and not found.guess.load.folder.endswith("files")
    assert [str(kind) for kind in thorough.schema.types] == ["double", "decimal128(18, 3)", "string"]
    assert [row["value"] for row in found.rejects.to_pylist()] == ["x"]


@pytest.mark.parametrize("count", [50, 70], ids=["few", "too many"])
def test_how_many_misfits_a_column_can_spare_is_the_same(engine: DuckDBEngine, tmp_path: Path, count: int) -> None:
    rows = [f"{n},{n}" for n in range(ROWS)]
    for n in range(count):
        rows[2_000 + n] = f"word{n},{n}"
    path = tmp_path / "spare.csv"
    path.write_text("a,b\n" + "\n".join(rows) + "\n", encoding="utf-8")
    thorough, found = both(engine, path)
    assert thorough.rejected == (50 if count == 50 else 0)
    assert (found is not None) == (count == 50)


def test_what_a_person_said_holds_both_ways(engine: DuckDBEngine, tmp_path: Path) -> None:
    said = Reading(
        columns=(
            ColumnReading(place=0, name="number", type="double"),
            ColumnReading(place=2, take=False),
            ColumnReading(place=5, type="string"),
            ColumnReading(place=7, type="decimal(12, 2)"),
        )
    )
    thorough, found = both(engine, a_file(tmp_path / "said.csv", {"whole": "x"}), reading=said)
    assert found is not None and thorough.schema.names[:2] == ["number", "real"] and "text" not in thorough.schema.names
    assert thorough.rejected == 1
    strict = said.model_copy(update={"misfits": "fail"})
    _, refused = both(engine, a_file(tmp_path / "strict.csv"), reading=strict)
    assert refused is not None


def test_zeros_below_zero_far_down_are_whole_numbers_without_a_look_at_every_value(engine: DuckDBEngine, tmp_path: Path) -> None:
    thorough, found = both(engine, a_file(tmp_path / "zeros.csv", {"whole": "-0"}))
    assert found is not None and thorough.rejected == 0 and "whole has -0, which is kept as 0." in thorough.warnings


TOTALS = {
    "called": ("Total,{total},", True),
    "not called": (",{total},", True),
    "blank lines behind it": ("Total,{total},\n\n", True),
    "no sum": ("Total,5,", False),
    "a row as any other": ("k7,5,x", False),
}


@pytest.mark.parametrize(("line", "is_one"), TOTALS.values(), ids=TOTALS)
@pytest.mark.parametrize("odd", [False, True], ids=["good", "one odd value"])
def test_a_total_below_many_rows_is_told_both_ways(engine: DuckDBEngine, tmp_path: Path, line: str, is_one: bool, odd: bool) -> None:
    rows = [f"k{n},{n % 97}.5,x" for n in range(20_000)]
    total = sum(n % 97 + 0.5 for n in range(20_000)) - (15_000 % 97 + 0.5 if odd else 0)
    if odd:
        rows[15_000] = "k,many,x"
    path = tmp_path / "total.csv"
    path.write_text("key,n,text\n" + "\n".join(rows) + "\n" + line.format(total=total) + "\n", encoding="utf-8")
    thorough, found = both(engine, path)
    assert found is not None and thorough.rejected == odd
    assert any(told.startswith("Line 20,002 looks like a total") for told in found.guess.warnings) == is_one
