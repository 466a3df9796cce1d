"""What a person says of a file that is no delimited text is done, and what was understood is told."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.core.errors import InvalidInput, InvalidName, UnreadableFile
from workbench.engines.readers import ColumnReading, Reading, Source

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
from xlsx import book

Read = Callable[..., Source]
ROWS = [{"a": number, "b": f"w{number}"} for number in range(1, 1001)]
WRITTEN: dict[str, bytes] = {
    "x.ndjson": "".join(json.dumps(row) + "\n" for row in ROWS).encode(),
    "x.json": json.dumps(ROWS, indent=1).encode(),
    "y.json": "\n".join(json.dumps(row, indent=1) for row in ROWS).encode(),
}


def parquet(rows: int) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({"a": list(range(rows)), "b": [None] * (rows - 1) + ["x"]}), stream, compression="none")
    return stream.getvalue()


@pytest.mark.parametrize("name", WRITTEN)
def test_only_the_beginning_of_json_is_looked_at_for_a_preview(read: Read, name: str) -> None:
    source = read(WRITTEN[name], name, look_bytes=4000)
    found = source.reader().read_all().to_pylist()
    assert not source.complete
    assert 10 < len(found) < 1000
    assert found == ROWS[: len(found)]
    assert read(WRITTEN[name], name, look_bytes=1 << 20).complete


def test_only_the_beginning_of_parquet_is_looked_at_for_a_preview(read: Read) -> None:
    source = read(parquet(200_000), "x.parquet", look_bytes=1000)
    assert source.reader().read_all().num_rows == 65_536
    assert (source.complete, source.rows) == (False, 200_000)
    assert source.seen[1].null_share == pytest.approx(199_999 / 200_000), "what the file itself says of all of it"


def test_what_was_seen_of_a_column_is_told(read: Read) -> None:
    source = read('[{"a": 1, "when": "2020-01-31"}, {"a": null, "when": "2020-02-01"}]', "x.json")
    number, when = source.seen
    assert (number.examples, number.null_share) == (("1",), 0.5)
    assert number.choices == ("long", "double", "decimal(18, 2)", "boolean", "string")
    assert when.choices[0] == "date" and when.choices[-1] == "string" and "long" not in when.choices


def test_all_sheets_are_told(read: Read) -> None:
    content = book({"one": [["a"], ["x"]], "two": [["b"], ["y"]]})
    source = read(content, "x.xlsx", reading=Reading(sheet="two"))
    assert source.sheets == ("one", "two")
    assert (source.reading.sheet, source.schema.names) == ("two", ["b"])


def test_where_a_table_was_found_is_told(read: Read) -> None:
    source = read(book({"s": [["A report"], [], ["name", "age"], ["Ann", 31]]}), "x.xlsx")
    assert source.reading.skip == 2
    assert "The table was taken to begin in row 3; above it stands: A report." in source.warnings


def test_a_record_that_does_not_fit_can_be_a_reason_to_refuse_the_file(read: Read) -> None:
    said = Reading(columns=(ColumnReading(place=0, type="long"),), misfits="fail")
    with pytest.raises(UnreadableFile, match="line 3: the value of a is no whole number"):
        read(book({"s": [["a"], ["1"], ["x"]]}), "x.xlsx", reading=said).reader().read_all()
    with pytest.raises(UnreadableFile, match="record 2: the value of a is no whole number"):
        read('[{"a": "1"}, {"a": "x"}]', "x.json", reading=said).reader().read_all()


def test_a_misfit_is_kept_with_its_row(read: Read) -> None:
    source = read('[{"a": "x", "b": [1]}]', "x.json", reading=Reading(columns=(ColumnReading(place=0, name="n", type="date"),)))
    assert source.reader().read_all().num_rows == 0
    (misfit,) = source.rejects().to_pylist()
    assert (misfit["record"], misfit["column"], misfit["value"], misfit["reason"]) == (1, "n", "x", "is no date")
    assert json.loads(misfit["row"]) == {"n": "x", "b": "[1]"}


def test_reading_again_collects_misfits_anew(read: Read) -> None:
    source = read(
        '{"a": "x"}\nbroken\n{"a": "1"}\n{"a": "2"}\n', "x.ndjson", reading=Reading(columns=(ColumnReading(place=0, type="long"),))
    )
    for _ in range(2):
        assert source.reader().read_all().num_rows == 2
        assert [each["line"] for each in source.rejects().to_pylist()] == [2, 1]


def test_a_column_is_found_by_its_name_where_another_stands_in_its_place(read: Read) -> None:
    said = (ColumnReading(place=0, original="b", name="bee"), ColumnReading(place=5, original="gone", type="long"))
    source = read('[{"a": 1, "b": 2}]', "x.json", reading=Reading(columns=said))
    assert source.schema.names == ["a", "bee"]
    assert "What was said of the column gone was left aside: the file has no such column." in source.warnings


@pytest.mark.parametrize(
    ("columns", "kind", "words"),
    [
        ((ColumnReading(place=0, name="x y"),), InvalidName, "not a valid column name"),
        ((ColumnReading(place=0, name="c"), ColumnReading(place=1, name="C")), InvalidInput, "both to be called"),
        ((ColumnReading(place=0, type="lnog"),), InvalidInput, "no type 'lnog'"),
        ((ColumnReading(place=0, take=False), ColumnReading(place=1, take=False)), InvalidInput, "No column is to be taken"),
        ((ColumnReading(place=0), ColumnReading(place=0)), InvalidInput, "Two things are said"),
    ],
)
def test_what_cannot_be_said_is_refused(read: Read, columns: tuple[ColumnReading, ...], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        read('[{"a": 1, "b": 2}]', "x.json", reading=Reading(columns=columns))


def test_numbers_are_read_as_other_numbers_where_nothing_is_lost(read: Read) -> None:
    columns = (
        ColumnReading(place=0, type="decimal(4, 2)"),
        ColumnReading(place=1, type="int"),
        ColumnReading(place=2, type="decimal(18, 1)"),
    )
    rows = [{"a": 12, "b": 1, "c": 0.5}, {"a": 123, "b": 1, "c": 0.5}, {"a": 1, "b": 2**40, "c": 0.5}, {"a": 1, "b": 1, "c": 0.25}]
    source = read(json.dumps(rows), "x.json", reading=Reading(columns=columns))
    assert [str(each) for each in source.reader().read_all().to_pylist()[0].values()] == ["12.00", "1", "0.5"]
    assert [(each["record"], each["column"]) for each in source.rejects().to_pylist()] == [(2, "a"), (3, "b"), (4, "c")]


def test_a_format_can_be_said_of_a_file_whose_name_says_none(read: Read) -> None:
    assert read('{"a": 1}\n', "export.dat", reading=Reading(format="ndjson")).schema.names == ["a"]
    with pytest.raises(UnreadableFile, match="its content is text"):
        read('{"a": 1}\n', "export.dat", reading=Reading(format="parquet"))
