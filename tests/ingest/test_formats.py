"""Each format comes in with its types, its structure and its names."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
import zstandard
from loads import Loads

from workbench.app.services import Services
from workbench.core.errors import UnreadableFile
from workbench.engines.readers import ColumnReading, Reading, Source

Read = Callable[..., Source]
CSV = b"name,number\nx,1\ny,2\n"
ROWS = [{"name": "x", "number": 1}, {"name": "y", "number": 2}]


def rows_of(source: Source) -> list[dict[str, Any]]:
    return [row for batch in source.batches() for row in batch.to_pylist()]


def zipped(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("inner.csv", content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("x.csv.gz", gzip.compress),
        ("x.csv.zst", zstandard.compress),
        ("x.csv.bz2", bz2.compress),
        ("x.zip", zipped),
        ("x.csv.zip", zipped),
        ("x.csv", gzip.compress),
    ],
)
def test_compressed_files_are_unpacked(read: Read, name: str, pack: Callable[[bytes], bytes]) -> None:
    assert rows_of(read(pack(CSV), name)) == ROWS


def workbook(*sheets: tuple[str, list[list[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_excel_columns_have_one_type_each(read: Read) -> None:
    day = dt.date(2020, 1, 31)
    body = [
        ["Count", "Share", "Code", "Day", "At", "Good", "Mixed", "Missing", None, "Count"],
        [1, 0.5, "007", day, dt.datetime.fromisoformat("2020-01-01T05:30"), True, 1, 5, None, "a"],
        [2**40, 2, "NA", day, dt.datetime.fromisoformat("2020-01-02"), False, "x", "NA", None, "b"],
    ]
    source = read(workbook(("first", body)), "x.xlsx")
    kinds = {field.name: str(field.type) for field in source.schema}
    assert kinds == {
        "count": "int64",
        "share": "double",
        "code": "string",
        "day": "date32[day]",
        "at": "timestamp[us]",
        "good": "bool",
        "mixed": "string",
        "missing": "int64",
        "count_2": "string",
    }
    first, second = rows_of(source)
    assert (first["count"], first["code"], first["day"], first["missing"]) == (1, "007", day, 5)
    assert (second["count"], second["code"], second["mixed"], second["missing"]) == (2**40, "NA", "x", None)
    long = dt.timedelta(hours=30)
    source = read(workbook(("first", [["n", "Took"], [1, long], [2, dt.timedelta(hours=1)]])), "y.xlsx")
    assert rows_of(source)[0]["took"] == 108_000.0 and "took has lengths of time, kept in seconds" in " ".join(source.warnings)
    with pytest.raises(UnreadableFile, match="has days and lengths of time in its column 'Took'"):
        read(workbook(("first", [["n", "Took"], [1, day], [2, long]])), "z.xlsx")


def test_one_sheet_of_a_workbook_is_read_and_the_others_are_named(ingest: Loads, tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    path.write_bytes(workbook(("a", [["x"], [1]]), ("b b", [["y"], [2], [3]])))
    first = ingest.ingest(path)
    assert first.rows == 1
    assert "'a'" in first.warnings[0] and "b b" in first.warnings[0]
    assert ingest.ingest(tmp_path / "report.xlsx#b b", name="other").rows == 2
    assert ingest.ingest(tmp_path / "report.xlsx#b b", name="other").unchanged
    with pytest.raises(UnreadableFile, match="no sheet 'bb'"):
        ingest.ingest(tmp_path / "report.xlsx#bb", name="third")


Written = Callable[[list[dict[str, Any]]], str]
WRITTEN: dict[str, tuple[str, Written]] = {
    "array": ("x.json", json.dumps),
    "indented": ("x.json", lambda rows: json.dumps(rows, indent=2)),
    "one after another": ("x.json", lambda rows: "\n".join(json.dumps(row, indent=1) for row in rows)),
    "ndjson": ("x.ndjson", lambda rows: "\n".join(map(json.dumps, rows)) + "\n"),
    "with a mark": ("x.jsonl", lambda rows: "\ufeff" + "\r\n".join(map(json.dumps, rows))),
}
UPPER = "550E8400-E29B-41D4-A716-446655440000"
FIRST = {"n": 1, "x": 1, "t": "007", "d": "2020-01-31", "at": "2020-01-01T05:00:00Z", "in": {"a": 1, "b": [1, 2]}, "m": 1, "u": UPPER}
SECOND = {"n": 2, "x": 2.5, "t": "1", "d": "2020-02-01", "at": "2020-01-01T07:00:00+02:00", "in": {"a": 2, "b": []}, "m": "x", "only": True}


@pytest.mark.parametrize(("name", "join"), WRITTEN.values(), ids=WRITTEN)
def test_json_keeps_its_types_and_its_structure(read: Read, name: str, join: Written) -> None:
    rows = [FIRST, SECOND]
    source = read(join(rows), name)
    kinds = {field.name: str(field.type) for field in source.schema}
    assert kinds["n"] == "int64" and kinds["x"] == "double" and kinds["t"] == "string" and kinds["m"] == "string"
    assert kinds["d"] == "date32[day]" and kinds["at"] == "timestamp[us, tz=UTC]" and kinds["only"] == "bool"
    first, second = rows_of(source)
    assert first["in"] == {"a": 1, "b": [1, 2]} and second["in"] == {"a": 2, "b": []}
    assert first["at"] == second["at"] == dt.datetime(2020, 1, 1, 5, tzinfo=dt.UTC)
    assert (first["m"], second["m"], first["only"], second["u"]) == ("1", "x", None, None)
    assert first["u"] == UPPER, "text stays as it is written"


def test_json_sees_every_object_before_it_decides(read: Read) -> None:
    rows = [{"a": i, "d": "2020-01-01"} for i in range(50_000)] + [{"a": 0.5, "d": "soon", "late": 1}]
    source = read(json.dumps(rows), "x.json")
    assert {field.name: str(field.type) for field in source.schema} == {"a": "double", "d": "string", "late": "int64"}
    assert sum(batch.num_rows for batch in source.batches()) == len(rows)


def test_json_tells_of_numbers_that_a_few_other_values_make_text(read: Read) -> None:
    rows = [{"id": n, "v": n + 0.5, "w": n, "code": str(n), "note": "x"} for n in range(99)]
    rows[0] |= {"code": "007", "note": 1}
    source = read(json.dumps([*rows, {"id": 99, "v": "abt 3", "w": True, "code": 5, "note": "y"}]), "x.json")
    assert [str(kind) for kind in source.schema.types] == ["int64", "string", "string", "string", "string"]
    told = "{} is text, for its values are of several kinds: 99 of 100 can be read as numbers. Read as {} it can be computed with; "
    rest = "rows with something else in it are then set aside."
    assert source.warnings == (told.format("v", "double") + rest, told.format("w", "long") + rest)
    asked = ColumnReading(place=1, name="v", type="double")
    source = read(json.dumps([*rows, {"id": 99, "v": "abt 3"}]), "x.json", reading=Reading(columns=(asked,)))
    assert source.reader().read_all().num_rows == 99 and source.rejects().column("value").to_pylist() == ["abt 3"]
    assert not any("v is text" in warning for warning in source.warnings)


def test_json_that_is_wrapped_around_its_rows_says_where_they_are(read: Read) -> None:
    answer = {"count": 2, "customer": "Ann", "results": [{"id": 1}, {"id": 2}]}
    source = read(json.dumps(answer), "x.json")
    assert any("2 objects are inside it, in results" in warning for warning in source.warnings)
    for plain in ([answer, answer], {"id": 1, "tags": ["a", "b"]}, {"id": 1, "results": [{"id": 1}]}):
        assert read(json.dumps(plain), "x.json").warnings == ()


@pytest.mark.parametrize("key", ["", "\0"])
def test_json_with_a_key_that_no_field_can_have_is_kept_as_it_is(read: Read, key: str) -> None:
    rows = [{"id": 1, "a": {key: 1, "b": 2}}, {"id": 2, "a": {"b": 3}}]
    source = read(json.dumps(rows), "x.json")
    assert [row | {"a": json.loads(row["a"])} for row in source.reader().read_all().to_pylist()] == rows
    assert source.warnings == ("a is text: objects in it have a key without a name.",)
    assert rows_of(read(json.dumps(rows), "x.json", reading=Reading(flatten=True))) == rows_of(source)


def test_json_keys_that_differ_in_case_lose_nothing(read: Read) -> None:
    assert rows_of(read('[{"a": 1, "id": "550e8400-e29b-41d4-a716-446655440000"}, {"A": 2}]', "x.json")) == [
        {"a": 1, "id": "550e8400-e29b-41d4-a716-446655440000", "a_2": None},
        {"a": None, "id": None, "a_2": 2},
    ]
    assert rows_of(read('[{"id": 1, "ID": 2, "id_1": 3}]', "x.json")) == rows_of(read('[{"id_1": 3, "ID": 2, "id": 1}]', "x.json"))


TABLE = pa.table(
    {
        "Text View": pa.array(["x", None], pa.string_view()),
        "small": pa.array([1, 2], pa.uint8()),
        "large": pa.array([2**63, 1], pa.uint64()),
        "words": pa.array(["a", "b"]).dictionary_encode(),
        "money": pa.array([Decimal("1.50"), None]),
        "at": pa.array([0, 1_000_000_000], pa.timestamp("ns", tz="Europe/Athens")),
        "list": pa.array([[1, 2], []]),
        "nested": pa.array([{"a": 1, "b": "x"}, None]),
    }
)


def parquet() -> bytes:
    stream = io.BytesIO()
    pq.write_table(TABLE, stream)
    return stream.getvalue()


def arrow(stream: bool) -> bytes:
    sink = io.BytesIO()
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(sink, TABLE.schema) as writer:
        writer.write_table(TABLE)
    return sink.getvalue()


def feathered() -> bytes:
    sink = io.BytesIO()
    feather.write_feather(TABLE, sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.parquet", parquet()), ("x.arrow", arrow(False)), ("x.arrows", arrow(True)), ("x.feather", feathered())],
    ids=["parquet", "arrow", "stream", "feather"],
)
def test_columnar_files_keep_their_types(ingest: Loads, services: Services, tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    report = ingest.ingest(path)
    kinds = dict(report.columns)
    assert kinds["text_view"] == "string" and kinds["small"] == "int" and kinds["large"] == "decimal(20, 0)"
    assert kinds["words"] == "string" and kinds["money"] == "decimal(3, 2)" and kinds["at"] == "timestamptz"
    table = services.lake.table("bronze.x").scan().to_arrow()
    assert table["large"].to_pylist() == [2**63, 1]
    assert table["nested"].to_pylist() == [{"a": 1, "b": "x"}, None]
    assert table["at"].to_pylist()[1] == dt.datetime(1970, 1, 1, 0, 0, 1, tzinfo=dt.UTC)
    assert report.warnings == ("Columns were renamed to be usable in SQL: 'Text View' is text_view.",)
    docs = {name: doc for _, name, _, _, doc in services.lake.info("bronze.x").columns}
    assert docs == dict.fromkeys(kinds, "") | {"text_view": "Text View"}
