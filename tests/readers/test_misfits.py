"""Records that do not parse are set aside with where they stand and why, or are a reason to take nothing; none is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from workbench.core.errors import InvalidInput, UnreadableFile
from workbench.engines.readers import ColumnReading, Reading, Source
from workbench.engines.readers.rejects import REJECTED

Read = Callable[..., Source]
GOOD = "1,x\n2,y\n3,z\n" * 10


def taken(source: Source) -> tuple[int, list[dict[str, Any]]]:
    rows = source.reader().read_all().num_rows
    assert source.rejects().schema == REJECTED and source.rejected == source.rejects().num_rows
    assert source.rows == rows + source.rejected
    return rows, source.rejects().to_pylist()


SHAPES = [
    ("too few", "4", "1 value found where there are 2 columns", {"a": "4"}, "b", None),
    ("too many", "4,5,6", "3 values found where there are 2 columns", {"a": "4", "b": "5"}, None, "6"),
    ("after a quote", '"4"x,5', "its quotes are not closed", {}, None, None),
    ("never closed", '4,"open', "its quotes are not closed", {}, None, None),
    ("over two lines", '"4\n4","5"x', "its quotes are not closed", {}, None, None),
    ("no UTF-8", b"4,\xff\xfe", "it has bytes that are no text", {"a": "4", "b": "\ufffd\ufffd"}, None, None),
    ("a zero", "4,\x00", "it has bytes that are no text", {"a": "4", "b": "\ufffd"}, None, None),
]


@pytest.mark.parametrize(("bad", "reason", "row", "column", "value"), [case[1:] for case in SHAPES], ids=[case[0] for case in SHAPES])
def test_a_record_of_the_wrong_shape_is_set_aside(
    read: Read, bad: str | bytes, reason: str, row: dict[str, str], column: str | None, value: str | None
) -> None:
    content = b"a,b\n1,\xc3\xa9\n" + GOOD.encode() + (bad.encode() if isinstance(bad, str) else bad) + b"\n" + GOOD.encode()
    source = read(content)
    rows, (reject,) = taken(source)
    assert rows == 61
    assert (reject["line"], reject["record"], reject["column"], reject["value"]) == (33, None, column, value)
    assert reason in reject["reason"] and json.loads(reject["row"]) == row
    assert reject["text"] == (bad if isinstance(bad, str) else bad.decode("utf-8", "replace")).replace("\x00", "\ufffd")
    with pytest.raises(UnreadableFile, match=r"line 3[34]: "):
        read(content, reading=Reading(misfits="fail"))


@pytest.mark.parametrize(
    ("good", "bad", "taken_in"),
    [(2, 1, True), (1, 1, False), (11, 10, True), (10, 10, False), (43, 11, False), (44, 11, True), (4, 0, True)],
)
def test_so_many_records_of_the_wrong_shape_can_be_set_aside(read: Read, good: int, bad: int, taken_in: bool) -> None:
    content = "a,b\n" + "1,x\n" * good + "1,2,3\n" * bad
    if taken_in:
        rows, rejects = taken(read(content))
        assert (rows, len(rejects)) == (good, bad)
        return
    with pytest.raises(UnreadableFile, match=f"line {good + 2:,}: 3 values found where the header has 2"):
        read(content)


@pytest.mark.parametrize(("good", "bad", "kind"), [(49, 1, "int64"), (48, 1, "string"), (98, 2, "int64"), (97, 2, "string")])
def test_so_many_values_of_a_column_can_be_set_aside(read: Read, good: int, bad: int, kind: str) -> None:
    source = read("a,b\n" + ",x\n" * 5 + "1,x\n" * good + "word,x\n" * bad)
    assert str(source.schema.field("a").type) == kind
    rows, rejects = taken(source)
    assert len(rejects) == (bad if kind == "int64" else 0)
    assert [(r["line"], r["record"], r["column"], r["value"]) for r in rejects] == [
        (good + 7 + n, good + 6 + n, "a", "word") for n in range(len(rejects))
    ]
    assert rows == 5 + good + bad - len(rejects)


@pytest.mark.parametrize("code", ["007", "9223372036854775808"])
def test_one_code_among_numbers_keeps_them_as_text(read: Read, code: str) -> None:
    """What only looks like a number would lose its zeros: that is no misfit but the key to what the column is."""
    source = read("zip,b\n" + "90210,x\n" * 500 + f"{code},x\n")
    assert source.schema.field("zip").type == pa.string()
    assert taken(source) == (501, [])
    assert "line 502 is the first with" in source.warnings[0]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["7", "00002"], "line 3 is the first with zeros in front (such as 007), which a number would lose."),
        (["00002", "7"], "line 2 is the first with zeros in front (such as 007), which a number would lose."),
        (["7", "+49"], "line 3 is the first with a plus sign in front (such as +49), which a number would lose."),
        (["7", "9" * 25], "line 3 is the first with more digits than a whole number can have (it needs over 64 bits)."),
        (["1.5", "9007199254740993"], "line 3 is the first with a whole number of more digits than a number beside fractions can have."),
        (["1.5", "x"], "line 3 is the first that is no number."),
        (["1.5", "1e400"], "line 3 is the first with a number that is too large for one (beyond 1.8e308)."),
        (
            ["24-12-31", "23-11-30"],
            "24-12-31 could be two days, the year first or last, and no value says which. Say the order of dates (`dates='dmy'`, "
            "`dates='mdy'` or `dates='ymd'`).",
        ),
        (["true", "x"], "line 3 is the first that is no true or false."),
    ],
)
def test_why_a_column_is_text_is_told_in_words_and_with_the_line(read: Read, values: list[str], told: str) -> None:
    source = read("a,b\n" + "".join(f"{value},x\n" for value in values))
    assert f"a is text: {told}" in source.warnings


def test_the_line_is_the_files_own(read: Read) -> None:
    """Behind a title, blank lines, records of several lines and one that was left out."""
    source = read('A report\n\nn,text,b\n1,"x\ny",z\n\n2\n3,x,z\n4,x,z\n5,x,z\nmany,x,z\n' + "6,x,z\n" * 10)
    assert "n is text: line 11 is the first that is no whole number." in source.warnings
    assert read("\nx\n\na,b\n1,2\n3,4\n", reading=Reading(skip=2)).warnings[0].startswith("The header is on line 4;")


def test_lines_are_those_of_the_persons_own_file(read: Read) -> None:
    body = (
        'Sales of "2013\n\nid,text,n\n'
        + '1,"two\nlines",5\n'
        + "2,x\n"
        + "\n"
        + '3,"a""b",x\n'
        + "4,x,6\n" * 60
        + '5,"open,7\n6,z,y\n'
        + "7,x,8\n" * 60
    )
    rows, rejects = taken(read(body.encode("utf-16")))
    lines = body.split("\n")
    assert [reject["line"] for reject in rejects] == [6, 8, 69, 70]
    assert [reject["text"] for reject in rejects] == [lines[reject["line"] - 1] for reject in rejects]
    assert rows == 121


def test_many_misfits_in_many_columns_are_one_for_each_row(read: Read) -> None:
    rows = [[str(n), f"2013-01-{n % 28 + 1:02}", f"{n}.5"] for n in range(1_000)]
    rows[500] = ["x", "y", "z"]
    rows[600][2] = "z"
    source = read("a,b,c\n" + "\n".join(map(",".join, rows)) + "\n")
    found, rejects = taken(source)
    assert found == 998 and [(reject["column"], reject["value"]) for reject in rejects] == [("a", "x"), ("c", "z")]
    assert json.loads(rejects[0]["row"]) == {"a": "x", "b": "y", "c": "z"}
    assert taken(source)[0] == 998 and source.rejected == 2, "read again, they are not counted twice"


def test_what_is_too_large_for_the_dataset_is_set_aside(read: Read) -> None:
    content = "a,b\n" + "1.25,x\n" * 200 + "1.255,x\n"
    source = read(content, target={"a": pa.decimal128(10, 2)})
    assert source.reader().read_all()["a"].to_pylist() == [Decimal("1.25")] * 200
    assert [(reject["line"], reject["value"], reject["reason"]) for reject in source.rejects().to_pylist()] == [
        (202, "1.255", "is no decimal(10, 2)")
    ]
    with pytest.raises(InvalidInput, match=r"decimal\(10, 2\)"):
        read("a,b\n" + "1.25,x\n" * 20 + "1.255,x\n", target={"a": pa.decimal128(10, 2)})


def test_nothing_is_set_aside_where_that_was_refused(read: Read) -> None:
    said = Reading(misfits="fail", columns=(ColumnReading(place=0, type="long"),))
    with pytest.raises(UnreadableFile, match="line 60: the value of a is no whole number") as caught:
        read("a,b\n" + "1,x\n" * 58 + "word,x\n" + "2,x\n" * 50, reading=said).reader().read_all()
    assert caught.value.details["line"] == 60


def test_a_long_text_is_cut(read: Read) -> None:
    source = read("a,b\n" + "1,x\n" * 60 + "2,3," + "é" * 100_000 + "\n")
    _, (reject,) = taken(source)
    assert 60_000 < len(reject["text"].encode()) <= 64 << 10


@pytest.mark.parametrize("header", ["id,temp", "#id,temp"])
def test_a_header_is_found_below_comments_of_any_length(read: Read, header: str) -> None:
    above = "".join(f"# remark {n} of the instrument, with its settings\n" for n in range(30_000))  # more than a sample's megabyte
    source = read(f"{above}{header}\n" + "".join(f"{n},{n / 4}\n" for n in range(100)), "station.csv")
    assert (source.schema.names, source.reader().read_all().num_rows) == (["id", "temp"], 100)
    assert "The header is on line 30,001; the first 30,000 lines are no data." in source.warnings
