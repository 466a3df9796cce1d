"""Dates, booleans and amounts as people write them; what may mean two things stays text and says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.quick import examples
from workbench.engines.duckdb import DuckDBEngine
from workbench.engines.readers import Reading, Source, atoms
from workbench.engines.readers.column import TextColumn

Read = Callable[..., Source]
at = datetime.fromisoformat
JANUARY, FEBRUARY = date(2013, 1, 31), date(2013, 2, 1)


def found(source: Source, name: str = "value") -> tuple[str, list[Any]]:
    table = source.reader().read_all()
    return str(table.schema.field(name).type), table[name].to_pylist()


def a_column(name: str, values: list[str]) -> str:
    return f"key;{name}\n" + "".join(f"k{n};{value}\n" for n, value in enumerate(values))


DAYS = [
    ["31.01.2013", "1.2.2013"],
    ["31.1.2013", "01.02.2013"],
    ["01/31/2013", "02/01/2013"],
    ["1/31/2013", "2/1/2013"],
    ["31/01/2013", "01/02/2013"],
    ["31-01-2013", "1-2-2013"],
    ["2013/01/31", "2013/2/1"],
    ["2013.01.31", "2013.02.01"],
    ["2013-1-31", "2013-2-1"],
    ["31-Jan-2013", "1-FEB-2013"],
    ["31 January 2013", "1 Feb 2013"],
    ["January 31, 2013", "Feb 1 2013"],
    ["Thu, 31 Jan 2013", "Friday, 1 February 2013"],
    ["31. Januar 2013", "1. Februar 2013"],
    ["January 31st, 2013", "February 1st, 2013"],
]


@pytest.mark.parametrize("values", DAYS, ids=[values[0] for values in DAYS])
def test_days_are_found_however_they_are_written(read: Read, values: list[str]) -> None:
    source = read(a_column("value", [*values, "NA"]))
    assert found(source) == ("date32[day]", [JANUARY, FEBRUARY, None])
    assert source.seen[1].choices == ("date", "timestamp", "string")
    assert "with day and year" in source.seen[1].why or "Jan" not in values[0], "the day may stand before the month or behind it"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["31.01.2013 14:30", "01.02.2013"], ["2013-01-31T14:30", "2013-02-01"]),
        (["01/31/2013 2:30 PM", "2/1/2013 12:05:07.25 a.m."], ["2013-01-31T14:30", "2013-02-01T00:05:07.250"]),
        (["2013/01/31T23:59:59", "2013/02/01, 0:00"], ["2013-01-31T23:59:59", "2013-02-01"]),
        (["31-Jan-2013 10:00:00.123456", "1-Feb-2013 1:02"], ["2013-01-31T10:00:00.123456", "2013-02-01T01:02"]),
    ],
)
def test_times_may_follow_days(read: Read, values: list[str], expected: list[str]) -> None:
    assert found(read(a_column("value", values))) == ("timestamp[us]", [at(each) for each in expected])


@pytest.mark.parametrize(
    "values",
    [
        ["03/04/2013", "05/06/2013"],
        ["03.04.2013", "05.06.2013"],
        ["31/01/2013", "01/31/2013"],
        ["31/02/2013", "30/02/2013"],
        ["13-01-31", "12-02-28"],
        ["03/04/13", "05/06/13"],
        ["31/13/13", "28/02/13"],
        ["3/4/5", "28/2/1"],
        ["31/01.2013", "28/02.2013"],
        ["00/01/2013", "13/13/2013"],
        ["31/01/0000", "30/01/0000"],
        ["31/01/2013 25:00", "30/01/2013 10:60"],
        ["31/01/2013 13:00 PM", "30/01/2013 0:00 AM"],
        ["31-Foo-2013", "1-Bar-2013"],
        ["20130131", "20130201"],
    ],
)
def test_what_is_no_day_or_two_days_is_not_guessed(read: Read, values: list[str]) -> None:
    kind, cells = found(read(a_column("value", values)))
    assert kind in ("string", "int64") and [str(cell) for cell in cells] == values


def test_the_order_of_days_is_told_or_asked_for(read: Read) -> None:
    content = "a;b;c\n31/01/2013;03/04/2013;1\n01/02/2013;05/06/2013;2\n"
    source = read(content)
    assert found(source, "b") == ("date32[day]", [date(2013, 4, 3), date(2013, 6, 5)])
    assert any("b" in warning and "other columns of the file prove" in warning for warning in source.warnings)
    alone = read(a_column("b", ["03/04/2013", "05/06/2013"]))
    assert "03/04/2013 could be two days" in alone.warnings[0] and alone.seen[1].choices == ("string", "date", "timestamp")
    assert found(read(a_column("b", ["03/04/2013", "05/06/2013"]), reading=Reading(dates="mdy")), "b")[1] == [
        date(2013, 3, 4),
        date(2013, 5, 6),
    ]
    both = read("a;b;c\n31/01/2013;01/31/2013;03/04/2013\n")
    assert [str(kind) for kind in both.schema.types] == ["date32[day]", "date32[day]", "string"], "two orders prove nothing of a third"


def test_what_the_remark_about_days_advises_works(read: Read, engine: DuckDBEngine) -> None:
    source = read(a_column("b", ["03.04.2013", "05.06.2013"]))
    advised = [part.split(" for the")[0] for part in source.warnings[0].split("strptime")[1:]]
    asked = (f"SELECT strptime{each.rstrip(', ')} FROM (SELECT '03.04.2013' AS b)" for each in advised)
    rows = [engine.run("r", sql, (), timeout=None).table.column(0)[0].as_py() for sql in asked]
    assert rows == [at("2013-04-03"), at("2013-03-04")]


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("ship_date", ["20130131", "20130201"], "date32[day]"),
        ("yyyymmdd", ["20130131", ""], "date32[day]"),
        ("number", ["20130131", "20130201"], "int64"),
        ("ship_date", ["20130131", "20130230"], "int64"),
        ("is_late", ["0", "1"], "bool"),
        ("late_flag", ["1", "1"], "bool"),
        ("has_wifi", ["0", "2"], "int64"),
        ("late", ["0", "1"], "int64"),
        ("is_late", ["N", "N"], "bool"),
        ("late", ["N", "N"], "string"),
        ("value", ["y", "N"], "bool"),
        ("value", ["T", "F"], "bool"),
        ("value", ["on", "OFF"], "bool"),
        ("value", ["ja", "nein"], "bool"),
        ("value", ["oui", "non"], "bool"),
        ("value", ["sí", "no"], "bool"),
        ("value", ["si", "no"], "bool"),
        ("value", ["yes", "n"], "string"),
        ("price", ["1.50", "2.255"], "decimal128(18, 3)"),
        ("Total Cost", ["1.5", "2"], "decimal128(18, 2)"),
        ("l_extendedprice", ["24710.35", "56688.12"], "decimal128(18, 2)"),
        ("betrag", ["1,50", "1.234,5"], "decimal128(18, 2)"),
        ("price", ["1", "2"], "int64"),
        ("price", ["1.12345", "2.5"], "decimal128(18, 5)"),
        ("price", ["1e3", "2.5"], "double"),
        ("price", ["1234567890123456.5", "2.5"], "decimal128(18, 2)"),
        ("weight", ["1.50", "2.25"], "double"),
        ("zip", ["02134", "90210"], "string"),
        ("version", ["1.2", "1.2.3"], "string"),
        ("app_version", ["1.10", "1.1"], "string"),
        ("version", ["1", "2"], "int64"),
        ("country", ["NO", "NO"], "string"),
        ("value", ["yes", "YES"], "bool"),
        ("sku", ["1E5", "2E7"], "string"),
        ("value", ["1E5", "2.5"], "double"),
        ("value", ["1E+5", "2e-7"], "double"),
        ("value", ["9007199254740993.0", "1.5"], "string"),
        ("value", ["9007199254740992.0", "1.5"], "double"),
    ],
)
def test_a_name_says_what_values_alone_do_not(read: Read, name: str, values: list[str], kind: str) -> None:
    source = read(a_column(name, values))
    assert str(source.schema.types[1]) == kind
    table = source.reader().read_all()
    if kind.startswith("decimal"):
        assert table.column(1)[0].as_py() == Decimal(values[0].replace(".", "").replace(",", ".") if "," in values[0] else values[0])
    if kind == "bool":
        assert table.column(1).to_pylist() == [value.lower() in ("1", "y", "yes", "t", "on", "ja", "oui", "sí", "si") for value in values]


_CLOCK = r"[ T][0-2][0-9](:[0-6][0-9](:[0-6][0-9](\.[0-9]{1,7})?)?)?"
CELLS = st.one_of(
    st.from_regex(r"[-+]?[0-9]{0,20}[.,]?[0-9]{0,3}([eE][-+]?[0-9]{1,3})?", fullmatch=True),
    st.from_regex(
        r"[0-9]{4}-[0-1][0-9]-[0-3][0-9]([ T][0-2][0-9](:[0-6][0-9](:[0-6][0-9](\.[0-9]{1,7})?)?)?(Z|[+-][0-2][0-9]:?[0-6][0-9])?)?",
        fullmatch=True,
    ),
    st.sampled_from(["0001-01-01", "2013-02-29", "2012-02-29", "-0", "1.", ".5", ".", "-", "+", "1e999", "9007199254740993", "0"]),
)
ARROW = {
    atoms.DATE: pa.date32(),
    atoms.TIMESTAMP: pa.timestamp("us"),
    atoms.MOMENT: pa.timestamp("us", tz="UTC"),
}


def casts(text: str, kind: pa.DataType) -> bool:
    try:
        pa.array([text]).cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


@settings(max_examples=examples(600), deadline=None)
@given(CELLS.filter(lambda text: text.strip() and not text.startswith("0000")))
def test_what_a_value_is_by_itself_is_what_the_parser_takes(text: str) -> None:
    label = int(atoms.labels(pa.array([text]))[0])
    whole = casts(text, pa.int64()) and pa.array([text]).cast(pa.int64()).cast(pa.string())[0].as_py() == text
    assert (label in (atoms.INTEGER, atoms.BIT, atoms.COMPACT, atoms.LARGE)) == whole
    number = casts(text, pa.float64()) and bool(np.isfinite(pa.array([text]).cast(pa.float64())[0].as_py()))
    if label in (atoms.FLOAT, atoms.OPEN_FLOAT):
        assert number
    elif number:
        assert label != atoms.TEXT
    day, time, moment = (casts(text, kind) for kind in ARROW.values())
    assert (label == atoms.DATE) == day
    assert (label == atoms.TIMESTAMP) == (time and not day)
    assert (label == atoms.MOMENT) == (moment and not time)


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=60), st.integers(1, 59))
def test_a_column_is_the_same_in_one_batch_and_in_many(values: list[str], size: int) -> None:
    whole, parts = TextColumn("price", spare=0.02), TextColumn("price", spare=0.02)
    whole.see(pa.array(values))
    for start in range(0, len(values), size):
        parts.see(pa.array(values[start : start + size]))
    assert (whole.kind, whole.settle()) == (parts.kind, parts.settle())
    assert whole.misfits == parts.misfits and whole.remark() == parts.remark()


def test_words_for_a_missing_value_are_kept_in_text_and_told(read: Callable[..., Source]) -> None:
    lines = [
        "id,name,n,code,few",
        "1,NA,NA,-,a",
        "2,Ada,5,-,b",
        "3,null,6,x,c",
        "4,Eve,-,y,d",
        *(f"{n},p,{n},z{n},e" for n in range(5, 10)),
    ]
    source = read("\n".join(lines).encode(), "a.csv")
    rows = source.reader().read_all()
    assert rows["name"].to_pylist()[:3] == ["NA", "Ada", "null"] and rows["code"][0].as_py() == "-"
    told = "\n".join(source.warnings)
    assert "name is text and holds words for a missing value (such as NA) 2 times" in told
    assert "code is text and holds words for a missing value (such as a dash) 2 times; in text they are kept. A recipe makes" in told
    assert "n is text: line 5 is the first that is no whole number. 1 of its values is a dash:" in told and "few" not in told


@pytest.mark.parametrize(
    ("name", "good", "kind", "odd"),
    [("yyyymmdd", "202401{:02}", pa.date32(), odd) for odd in ("0", "12", "x")]
    + [("is_open", "{}", pa.bool_(), odd) for odd in ("2", "x")],
)
def test_a_number_among_days_or_truths_that_a_table_holds_is_set_aside_as_a_word_is(
    read: Read, name: str, good: str, kind: pa.DataType, odd: str
) -> None:
    """Of files of over 16 MB it was; a smaller one was refused as whole numbers, whatever batch the number stood in."""
    values = [good.format(n % 28 + 1 if name == "yyyymmdd" else n % 2) for n in range(100)]
    source = read("\n".join([f"id,{name}", *(f"{n},{value}" for n, value in enumerate([*values, odd]))]) + "\n", target={name: kind})
    assert source.schema.field(name).type == kind and source.reader().read_all().num_rows == 100
    assert source.rejects().column("value").to_pylist() == [odd]
