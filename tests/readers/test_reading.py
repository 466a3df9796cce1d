"""What a person says of a file counts; what was understood is handed back, and reads the same file the same way."""

from __future__ import annotations

import csv
import io
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.patience import slower
from tests.quick import examples
from workbench.core.errors import InvalidInput, UnreadableFile
from workbench.engines.readers import ColumnReading, Reading, Request, Source, open_source
from workbench.engines.readers.naming import known_names

Read = Callable[..., Source]
at = datetime.fromisoformat


def rows(source: Source) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = source.reader().read_all().to_pylist()
    return found


def column(source: Source, name: str) -> list[Any]:
    return [row[name] for row in rows(source)]


DATES = ["31.01.2013", "1/2/2013", "03/04/2013", "2013/1/31", "31-Jan-2013", "January 31, 2013", "3. März 2013", "2013-01-31", "20130131"]
CELLS = [
    *DATES,
    *("31.01.2013 14:30", "01/31/2013 2:30 PM", "2013-01-31T10:00:00", "2013-01-31T10:00:00Z", "31.02.2013"),
    *("1", "0", "-2", "007", "+3", "9223372036854775808", "1.5", "1.234", "1,5", "1,234", "1.234,56", "1e3", "00.5", "1.2.3", "inf"),
    *("$1,234.50", "1.234 €", "12,50 €", "€1,234", "$5", "yes", "No", "true", "y", "n", "ja", "nein", "t", "si", "NA", "", " 1 ", "x", "ä"),
]
NAMES = ("a", "ship_date", "price", "is_late", "Total Cost", "a", "")


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Files of columns that have something in common, with odd values, broken records and titles among them."""
    width = draw(st.integers(1, 4))
    kinds = [draw(st.lists(st.sampled_from(CELLS), min_size=1, max_size=3)) for _ in range(width)]
    length = draw(st.sampled_from([1, 3, 60, 120]))
    made: list[list[str]] = [[kind[n % len(kind)] for kind in kinds] for n in range(length)]
    for _ in range(draw(st.integers(0, 3))):
        made[draw(st.integers(0, length - 1))][draw(st.integers(0, width - 1))] = draw(st.sampled_from(CELLS))
    out = io.StringIO(newline="")
    delimiter = draw(st.sampled_from(",;\t|"))
    writer = csv.writer(out, delimiter=delimiter, lineterminator=draw(st.sampled_from(["\n", "\r\n"])))
    if draw(st.booleans()):
        writer.writerow([draw(st.sampled_from(NAMES)) for _ in range(width)])
    writer.writerows(made)
    lines = out.getvalue().splitlines(keepends=True)
    for _ in range(draw(st.integers(0, 2))):
        broken = draw(st.sampled_from(['"x" y\n', "1\n", delimiter * 7 + "\n", '"never closed\n']))
        lines.insert(draw(st.integers(min(1, len(lines)), len(lines))), broken)
    title = draw(st.sampled_from(["", "", "A report\n\n", "# made by hand\n"]))
    return (title + "".join(lines)).encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])), "ignore")


def opened(content: bytes, reading: Reading, look_bytes: int | None = None) -> tuple[Source, pa.Table, pa.Table]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes(content)
        source = open_source(Request(path, "x.csv", Path(folder), {}, reading=reading, look_bytes=look_bytes))
        return source, source.reader().read_all(), source.rejects()


@settings(max_examples=examples(250), deadline=None)
@given(files())
def test_a_reading_given_back_reads_the_same_file_the_same_way(content: bytes) -> None:
    try:
        first, table, rejects = opened(content, Reading())
    except UnreadableFile:
        return
    again, same, aside = opened(content, first.reading)
    assert again.reading == first.reading
    assert same.equals(table) and same.schema.equals(table.schema, check_metadata=True)
    assert aside.drop(["reason"]).equals(rejects.drop(["reason"]))
    assert first.rows == table.num_rows + rejects.num_rows, "no row is lost"
    assert first.rejected == rejects.num_rows and first.complete
    assert len(first.seen) == len(first.reading.columns)
    assert [column.name for column in first.reading.columns if column.take] == table.schema.names
    for seen, kind in zip(first.seen, first.reading.columns, strict=True):
        assert seen.choices[0] == (kind.type or "string") and seen.choices.count("string") == 1


@settings(max_examples=examples(60), deadline=None)
@given(files())
@example(b'a,b\n1,"1,234"\n2,"1,5"\n3,"1,5"\n')  # three decimals after a comma
def test_a_type_that_is_offered_holds_everything_that_was_looked_at(content: bytes) -> None:
    try:
        first, _, _ = opened(content, Reading())
    except UnreadableFile:
        return
    for place, seen in enumerate(first.seen):
        for choice in seen.choices[1:]:
            said = Reading(dates="dmy", decimal=".", columns=(ColumnReading(place=place, type=choice),))
            _, _, aside = opened(content, said)
            mine = [row for row in aside.to_pylist() if row["record"] and row["column"] == first.reading.columns[place].name]
            assert "/" in "".join(seen.examples) or not mine, (choice, mine)


def test_everything_can_be_said(read: Read) -> None:
    content = "Bericht 2013\nnichts;davon;hier\n'Ä';'x^y';03/04/2013;1,234\n'B';007;05/06/2013;2,5\n".replace(";", "^").encode("latin-1")
    said = Reading(
        encoding="latin-1",
        delimiter="^",
        quote="'",
        header=False,
        skip=2,
        decimal=",",
        dates="mdy",
        columns=(
            ColumnReading(place=0, name="letter"),
            ColumnReading(place=1, take=False),
            ColumnReading(place=2, name="day"),
            ColumnReading(place=3, name="share"),
        ),
    )
    source = read(content, "x.txt", reading=said)
    assert rows(source) == [
        {"letter": "Ä", "day": date(2013, 3, 4), "share": 1.234},
        {"letter": "B", "day": date(2013, 5, 6), "share": 2.5},
    ]
    assert source.reading.encoding == "iso8859-1" and source.reading.skip == 2 and source.reading.header is False
    assert [(each.name, each.type, each.take) for each in source.reading.columns] == [
        ("letter", "string", True),
        ("column_2", None, False),
        ("day", "date", True),
        ("share", "double", True),
    ]


@pytest.mark.parametrize(
    ("kind", "cells", "expected"),
    [
        ("long", ["007", "+3", "12"], [7, 3, 12]),
        ("double", ["007", "1.5"], [7.0, 1.5]),
        ("decimal(6, 2)", ["1.5", "$2", "3"], None),
        ("decimal(6, 2)", ["1.5", "2", "003"], [Decimal("1.50"), Decimal("2.00"), Decimal("3.00")]),
        ("boolean", ["0", "1", "1"], [False, True, True]),
        ("boolean", ["y", "y"], [True, True]),
        ("date", ["20130131", "20130201"], [date(2013, 1, 31), date(2013, 2, 1)]),
        (
            "timestamp",
            ["31.01.2013", "01.02.2013 14:30"],
            [datetime.fromisoformat("2013-01-31"), datetime.fromisoformat("2013-02-01T14:30")],
        ),
        ("string", ["1", "2"], ["1", "2"]),
        ("int", ["1", "3000000000"], [1]),
        ("date", ["2013-01-31", "x", "y"], [date(2013, 1, 31)]),
    ],
)
def test_a_type_that_a_person_set_is_kept_whatever_the_share(read: Read, kind: str, cells: list[str], expected: list[Any] | None) -> None:
    content = "key,value\n" + "".join(f"k{n},{cell}\n" for n, cell in enumerate(cells))
    source = read(content, reading=Reading(columns=(ColumnReading(place=1, type=kind),)))
    found = column(source, "value")
    if expected is not None:
        assert found == expected
    assert source.reading.columns[1].type == kind
    assert len(found) + source.rejected == len(cells) == source.rows


def test_a_reading_finds_its_columns_in_another_order(read: Read) -> None:
    said = read("id,zip\n1,2134\n").reading
    said = said.model_copy(
        update={"columns": tuple(each.model_copy(update={"type": "string"}) for each in said.columns if each.place == 1)}
    )
    source = read("name,zip,id\nx,2134,1\n", reading=said)
    assert {field.name: str(field.type) for field in source.schema} == {"name": "string", "zip": "string", "id": "int64"}
    gone = read("name,id\nx,1\n", reading=said)
    assert any("column zip was left aside" in warning for warning in gone.warnings)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"encoding": "klingon"}, "no encoding 'klingon'"),
        ({"encoding": "base64"}, "no encoding 'base64'"),
        ({"encoding": "idna"}, "no encoding 'idna'"),
        ({"encoding": "unicode_escape"}, "no encoding 'unicode_escape'"),
        ({"delimiter": '"', "quote": '"'}, "two different characters"),
        ({"delimiter": "§"}, "two different characters"),
        ({"escape": "!"}, "Only a backslash"),
        ({"columns": (ColumnReading(place=7, name="x"),)}, "no column 8"),
        ({"columns": (ColumnReading(place=0, name="b"), ColumnReading(place=1, name="b"))}, "both to be called"),
        ({"columns": (ColumnReading(place=0, take=False), ColumnReading(place=1, take=False))}, "No column is to be taken"),
        ({"columns": (ColumnReading(place=0, type="number"),)}, "There is no type 'number'"),
        ({"columns": (ColumnReading(place=0, type="binary"),)}, "cannot be read as binary"),
        ({"columns": (ColumnReading(place=1, type="date"),)}, "cannot be read as date yet"),
    ],
)
def test_what_cannot_be_is_refused_with_words(read: Read, said: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        read("a,b\n1,03/04/2013\n2,05/06/2013\n", reading=Reading(**said))
    assert caught.value.fix


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_a_file_that_was_said_to_be_utf_16_needs_no_mark(read: Read, encoding: str) -> None:
    content = "id,name\n1,Zoë\n2,Ann\n".encode(encoding)
    assert rows(read(content, reading=Reading(encoding="utf-16"))) == [{"id": 1, "name": "Zoë"}, {"id": 2, "name": "Ann"}]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_file_that_is_not_what_it_was_said_to_be_is_refused_with_words(read: Read, encoding: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read("id;name\n1;Zoë\n".encode("cp1252"), reading=Reading(encoding=encoding))
    assert f"does not look like {encoding.upper()}" in caught.value.message
    assert f"{encoding}-le" in (caught.value.fix or "")


def test_a_name_that_a_person_gave_is_no_renaming(read: Read) -> None:
    content = "Kunde,Dep Time\na,1\nb,2\n"
    found = read(content, reading=Reading(columns=(ColumnReading(place=0, name="customer"),)))
    told = [warning for warning in found.warnings if "renamed" in warning]
    assert told == ["Columns were renamed to be usable in SQL: 'Dep Time' is dep_time."]
    assert [warning for warning in read(content, reading=found.reading).warnings if "renamed" in warning] == told


def test_a_preview_looks_at_so_much_and_no_more(tmp_path: Path, read: Read) -> None:
    content = "n,text\n" + "".join(f'{n},"a\nb {n}"\n' for n in range(200_000))
    source = read(content, look_bytes=50_000)
    found = rows(source)
    assert not source.complete and source.rows is None and not source.rejected
    assert 3_000 < len(found) < 5_000 and [row["n"] for row in found] == list(range(len(found)))
    whole = read(content[:20_000].rpartition('"\n')[0] + '"\n', look_bytes=50_000)
    assert whole.complete and whole.rows == len(rows(whole))
    for encoding in ("utf-16", "utf-16-be", "cp1252"):
        part = read(content.replace("b", "é").encode(encoding), look_bytes=50_001)
        assert not part.complete and not part.rejected and rows(part)[0] == {"n": 0, "text": "a\né 0"}


def test_columns_of_a_wide_table_are_found_at_once() -> None:
    began = time.process_time()
    known, headers = ([f"{word} {number} (EUR)" for number in range(3_000)] for word in ("Sales", "Costs"))
    assert known_names(headers, known, {}) == {}
    assert known_names([name.upper() for name in known], known, {}) == dict(enumerate(known))
    assert time.process_time() - began < 2 * slower()


def test_more_lines_skipped_than_there_are_is_told_as_that(read: Read) -> None:
    with pytest.raises(UnreadableFile, match="nothing below the 9,999 lines that were said to be no data"):
        read("a,b\n1,2\n", reading=Reading(skip=9_999))
