"""Which type a column of text gets: the whole column decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from workbench.core.errors import InvalidInput
from workbench.engines.readers import Reading, Source

pytestmark = pytest.mark.sampled(every=2, of="file")

Read = Callable[..., Source]
at = datetime.fromisoformat
INF = float("inf")
UTC_MICROS = pa.timestamp("us", tz="UTC")

CASES: list[tuple[str, list[str], pa.DataType, list[Any]]] = [
    ("integers", ["1", "-2", "0"], pa.int64(), [1, -2, 0]),
    ("largest integers", ["9223372036854775807", "-9223372036854775808"], pa.int64(), [2**63 - 1, -(2**63)]),
    ("too large for 64 bits", ["9223372036854775808", "1"], pa.string(), ["9223372036854775808", "1"]),
    ("leading zeros", ["02134", "90210"], pa.string(), ["02134", "90210"]),
    ("telephone numbers", ["+302101234567", "+15551234"], pa.string(), ["+302101234567", "+15551234"]),
    ("floats", ["1.5", "-.5", "1e3"], pa.float64(), [1.5, -0.5, 1000.0]),
    ("integers and floats", ["1", "2.5"], pa.float64(), [1.0, 2.5]),
    ("a float would round the integer", ["9007199254740993", "0.5"], pa.string(), ["9007199254740993", "0.5"]),
    ("infinity beside numbers", ["1.5", "inf", "-Infinity", "+Inf"], pa.float64(), [1.5, INF, -INF, INF]),
    ("infinity beside whole numbers", ["1", "INF", "NaN"], pa.float64(), [1.0, INF, None]),
    ("infinity alone is a word", ["inf", "inf"], pa.string(), ["inf", "inf"]),
    ("infinity beside words", ["x", "inf", "1.5"], pa.string(), ["x", "inf", "1.5"]),
    ("infinity beside codes", ["007", "inf"], pa.string(), ["007", "inf"]),
    ("hexadecimal", ["0x1F", "0x20"], pa.string(), ["0x1F", "0x20"]),
    ("truth", ["true", "FALSE", "True"], pa.bool_(), [True, False, True]),
    ("yes and no", ["yes", "No"], pa.bool_(), [True, False]),
    ("two kinds of truth", ["yes", "true"], pa.string(), ["yes", "true"]),
    ("days", ["2013-01-31", "0001-01-01"], pa.date32(), [date(2013, 1, 31), date(1, 1, 1)]),
    ("a day that is none", ["2013-02-30", "2013-02-28"], pa.string(), ["2013-02-30", "2013-02-28"]),
    ("days that depend on the country", ["01/02/2013", "03/04/2013"], pa.string(), ["01/02/2013", "03/04/2013"]),
    (
        "timestamps",
        ["2013-01-01T05:00:00", "2013-01-01 06:30:00.25"],
        pa.timestamp("us"),
        [at("2013-01-01T05"), at("2013-01-01T06:30:00.250")],
    ),
    ("days and timestamps", ["2013-01-01", "2013-01-01T05:00:00"], pa.timestamp("us"), [at("2013-01-01"), at("2013-01-01T05")]),
    (
        "moments",
        ["2013-01-01T05:00:00Z", "2013-01-01T05:00:00+02:00"],
        UTC_MICROS,
        [datetime(2013, 1, 1, 5, tzinfo=UTC), datetime(2013, 1, 1, 3, tzinfo=UTC)],
    ),
    (
        "with and without an offset",
        ["2013-01-01T05:00:00Z", "2013-01-01T05:00:00"],
        pa.string(),
        ["2013-01-01T05:00:00Z", "2013-01-01T05:00:00"],
    ),
    ("nanoseconds are not cut", ["2013-01-01T05:00:00.123456789"] * 2, pa.string(), ["2013-01-01T05:00:00.123456789"] * 2),
    ("money", ["$1,234.50", "-$3", "$0.999"], pa.decimal128(18, 3), [Decimal("1234.500"), Decimal("-3.000"), Decimal("0.999")]),
    ("money with the sign behind", ["12.50 €", "3 €"], pa.decimal128(18, 2), [Decimal("12.50"), Decimal("3.00")]),
    ("two currencies", ["$1", "€1"], pa.string(), ["$1", "€1"]),
    ("amounts without a sign", ["12.50", "3.25"], pa.float64(), [12.5, 3.25]),
    ("missing numbers", ["1", "NA", "n/a", "null", ""], pa.int64(), [1, None, None, None, None]),
    ("missing text", ["x", "NA", ""], pa.string(), ["x", "NA", None]),
    ("spaces around numbers", [" 1", "2 "], pa.int64(), [1, 2]),
    ("spaces around text", [" x", "y "], pa.string(), [" x", "y "]),
    ("nothing but words for missing", ["NA", "NA"], pa.string(), ["NA", "NA"]),
    ("nothing at all", ["", ""], pa.string(), [None, None]),
]


def column(source: Source, name: str = "value") -> list[Any]:
    return [value for batch in source.batches() for value in batch.column(name).to_pylist()]


@pytest.mark.parametrize(("values", "kind", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_column_of_text_gets_the_narrowest_type_for_all_its_values(
    read: Read, values: list[str], kind: pa.DataType, expected: list[Any]
) -> None:
    source = read("key,value\n" + "".join(f'k{i},"{v}"\n' if "," in v else f"k{i},{v}\n" for i, v in enumerate(values)))
    assert source.schema.field("value").type == kind
    assert column(source) == expected


@pytest.mark.parametrize("words", [("NA",), ("unknown",)], ids=["a word for missing", "text"])
def test_a_value_far_down_decides_as_one_at_the_top(read: Read, words: tuple[str]) -> None:
    rows = 300_000
    source = read("a,b\n" + "".join(f"{i},x\n" for i in range(rows)) + f"{words[0]},x\n")
    if words == ("NA",):
        assert source.schema.field("a").type == pa.int64()
        return
    assert source.schema.field("a").type == pa.int64()
    assert source.warnings == ("a is long: 1 of 300,001 values is no whole number; such rows are set aside.",)
    assert sum(batch.num_rows for batch in source.batches()) == rows
    (reject,) = source.rejects().to_pylist()
    assert (reject["line"], reject["record"], reject["column"], reject["value"]) == (rows + 2, rows + 1, "a", "unknown")
    assert (reject["row"], reject["text"], reject["reason"]) == ('{"a": "unknown", "b": "x"}', "unknown,x", "is no whole number")
    as_before = read("a,b\n" + "".join(f"{i},x\n" for i in range(100)) + "unknown,x\n", reading=Reading(misfits="fail"))
    assert as_before.schema.field("a").type == pa.string()
    told = "a is text: line 102 is the first that is no whole number. Where the last line is no data, leave it out (`footer=1`)."
    assert as_before.warnings == (told,)


def test_an_empty_field_is_missing_and_empty_quotes_are_empty_text(read: Read) -> None:
    source = read('a,b,n\n,"",""\nx,y,1\n')
    assert [batch.to_pylist() for batch in source.batches()] == [[{"a": None, "b": "", "n": None}, {"a": "x", "b": "y", "n": 1}]]


def test_the_types_of_a_dataset_that_is_there_decide(read: Read) -> None:
    target = {"a": pa.float64(), "b": pa.string(), "c": pa.timestamp("us"), "d": pa.int64(), "e": pa.decimal128(10, 2)}
    source = read("a,b,c,d,e\n1,2,2013-01-01,,1.5\n2,3,2013-01-02,,2\n", target=target)
    assert dict(zip(source.schema.names, source.schema.types, strict=True)) == target
    assert [value for batch in source.batches() for value in batch.column("e").to_pylist()] == [Decimal("1.50"), Decimal("2.00")]


@pytest.mark.parametrize(
    ("content", "target", "words"),
    [
        ("a,b\n1,x\nx,x\n", pa.int64(), "line 3 is the first"),
        ("a,b\n1.5,x\n", pa.int64(), "the file's is a number with decimals"),
        ("a,b\n1.555,x\n", pa.decimal128(10, 2), r"decimal\(10, 2\)"),
        ("a,b\n2013-01-01T00:00:00Z,x\n", pa.date32(), "the file's is a timestamp with a time zone"),
    ],
)
def test_a_column_that_does_not_fit_the_dataset_is_refused(read: Read, content: str, target: pa.DataType, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        list(read(content, target={"a": target}).batches())
    assert caught.value.details["column"] == "a"
    assert caught.value.fix


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("Dep Time,dep_time,,2013\n1,2,3,4\n", ["dep_time", "dep_time_2", "column_3", "n2013"]),
        ("1,2\n3,4\n", ["column_1", "column_2"]),
        ("2013-01-01,5\n2013-01-02,6\n", ["column_1", "column_2"]),
        ("name,day\nx,y\n", ["name", "day"]),
        ("0,1,2\n5,6,7\n", ["n0", "n1", "n2"]),
        ("Größe (cm);Name\n1;x\n", ["größe_cm", "name"]),
        ("a\tb\n1\t2\n", ["a", "b"]),
        ("a|b\n1|2\n", ["a", "b"]),
        ("'a','b'\n'1,5','x'\n'2,5','y'\n", ["a", "b"]),
        ("\n\na\n1\n", ["a"]),
        ("a,a_2,a\n1,2,3\n", ["a", "a_2", "a_3"]),
    ],
)
def test_delimiter_quote_and_header_are_found(read: Read, content: str, names: list[str]) -> None:
    source = read(content)
    assert source.schema.names == names
    rows = [line for line in content.split("\n") if line]
    assert sum(batch.num_rows for batch in source.batches()) == len(rows) - (0 if names[0] == "column_1" else 1)


def test_backslash_before_quotes_is_understood(read: Read) -> None:
    source = read('a,b\n"say \\"hi\\", twice",1\nx,2\n')
    assert column(source, "a") == ['say "hi", twice', "x"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_encodings_are_found(read: Read, encoding: str) -> None:
    source = read("name,price\nCafé – Zürich,1\n".encode(encoding))
    assert column(source, "name") == ["Café – Zürich"]
    assert bool(source.warnings) == (encoding == "cp1252")


def test_types_are_told_in_the_words_of_the_catalog(read: Read) -> None:
    assert [str(each) for each in read("a,b\n$1.50,x\n").warnings] == ["a is in $, kept as decimal(18, 2)."]
