"""Small files made to break a reader are refused with words: the process lives, and its memory and the disk are spared."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import re
import signal
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.patience import slower
from workbench.core.errors import StorageUnavailable, UnreadableFile, WorkbenchError
from workbench.engines.readers import Source, columnar
from workbench.engines.readers import unpack as unpack_module
from workbench.engines.readers.naming import column_names

Read = Callable[..., Source]


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("x.json", "[" * 100_000 + "]" * 100_000, 1),
        ("x.ndjson", '{"a":' * 5000, 1),
        ("x.ndjson", "]" * 500 + "\n" + '{"a":' * 5000, 2),
        ("x.ndjson", '{"a":"never closed\n' + '{"a":' * 5000, 2),
        ("x.json", '[{"a": 1},\n{"a": ' + '"' + "\\" * 10_000_000 + '", "b":' + "[" * 100, 2),
    ],
    ids=["array", "objects", "after closing brackets", "after an open string", "after many escapes"],
)
def test_deep_json_never_reaches_the_parser(read: Read, name: str, content: str, line: int) -> None:
    with pytest.raises(UnreadableFile, match=f"line {line}: more than 64 brackets are open"):
        read(content, name)


def test_json_may_be_nested_and_hold_brackets_in_text(read: Read) -> None:
    assert read('[{"a":' + "[" * 60 + "1" + "]" * 60 + "}]", "x.json").schema.names == ["a"]
    brackets = '[{\\\\\\"' * 1_000_000  # across the chunks that are looked at
    (row,) = read('{"a": "' + brackets + '"}\n', "x.ndjson").reader().read_all().to_pylist()
    assert row["a"] == '[{\\"' * 1_000_000


@pytest.mark.parametrize(("name", "content"), [("x.csv", "a,b\n{},1\n-{},2\n"), ("x.json", '[{{"a": {}}}, {{"a": -{}}}]')])
def test_a_number_of_any_length_is_text(read: Read, name: str, content: str) -> None:
    digits = "9" * 10_000
    table = read(content.format(digits, digits), name).reader().read_all()
    assert table["a"].to_pylist() == [digits, f"-{digits}"]


def test_deep_parquet_is_refused(read: Read) -> None:
    kind: pa.DataType = pa.int64()
    for _ in range(70):
        kind = pa.list_(kind)
    stream = io.BytesIO()
    pq.write_table(pa.table({"a": pa.nulls(1, kind)}), stream)
    with pytest.raises(UnreadableFile, match="nested over 64 levels"):
        read(stream.getvalue(), "x.parquet")


@pytest.mark.parametrize(("kind", "damage"), [("parquet", "text"), ("arrow", "text"), ("arrow", "offsets")])
def test_values_that_are_not_what_their_type_says_are_refused(read: Read, kind: str, damage: str) -> None:
    stream = io.BytesIO()
    if kind == "parquet":
        pq.write_table(pa.table({"a": ["good", "evil"]}), stream, compression="none", use_dictionary=False, write_statistics=False)
        content = stream.getvalue().replace(b"evil", b"e\xffil")
    else:
        with pa.ipc.new_file(stream, pa.schema([("a", pa.string())])) as writer:
            writer.write_batch(pa.record_batch({"a": ["good", "evil"]}))
        old, new = (b"goodevil", b"goode\xffil") if damage == "text" else (b"\x04\0\0\0\x08\0\0\0", b"\x04\0\0\0\xff\xff\xff\x7f")
        content = stream.getvalue()
        assert old in content
        content = content.replace(old, new)
    with pytest.raises(UnreadableFile, match="damaged"):
        read(content, f"x.{kind}").reader().read_all()


def test_a_bomb_is_not_unpacked(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack_module, "_HARMLESS", 8 << 20)
    bomb = gzip.compress(b"a\n" * (8 << 20))
    with pytest.raises(UnreadableFile, match="more than a hundred times its size"):
        read(bomb, "x.csv.gz")


@pytest.mark.parametrize("codec", ["gzip", "zstd", "bz2"])
def test_400_mb_in_a_small_file_are_a_bomb(read: Read, codec: str, tmp_path: Path) -> None:
    """As they come, with no limit moved: 100 times four megabytes, packed a thousand times and more."""
    block = b"1,2\n" * (1 << 20)
    piece = bz2.compress(block, 1) if codec == "bz2" else pa.compress(block, codec, asbytes=True)
    with pytest.raises(UnreadableFile, match="more than a hundred times its size"):
        read(piece * 100, f"x.csv.{codec}")
    written = max(path.stat().st_size for path in tmp_path.rglob("unpacked"))
    assert written <= 129 << 20


@pytest.mark.parametrize("kind", ["x.arrow", "x.arrows"])
def test_a_batch_of_arrow_that_is_a_bomb_is_not_unpacked(read: Read, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """It is in memory as a whole: fifty kilobytes of zeros may be gigabytes."""

    def written(table: pa.Table, packed: str | None) -> bytes:
        sink, how = io.BytesIO(), pa.ipc.IpcWriteOptions(compression=packed)
        with (pa.ipc.new_file if kind == "x.arrow" else pa.ipc.new_stream)(sink, table.schema, options=how) as writer:
            writer.write_table(table)
        return sink.getvalue()

    zeros = pa.table({"n": pa.array([0] * 1_000_000), "t": pa.array(["x"] * 1_000_000).dictionary_encode()})
    for packed in ("zstd", "lz4", None):
        assert read(written(zeros, packed), kind).reader().read_all().num_rows == 1_000_000
    monkeypatch.setattr(columnar, "_LARGEST", 8_000_000)
    assert read(written(zeros, None), kind).reader().read_all().num_rows == 1_000_000, "it is as large as it is"
    long = pa.table({"t": pa.DictionaryArray.from_arrays(pa.array([0] * 1000), pa.array(["x" * 100_000]))})
    for table, packed in ((zeros, "zstd"), (zeros, "lz4"), (long, None), (long, "zstd")):
        with pytest.raises(UnreadableFile, match="unpacked"):
            read(written(table, packed), kind).reader().read_all()


def test_a_word_that_each_row_of_a_parquet_file_has_is_not_written_out_for_all_at_once(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """283 bytes were four gigabytes in the server, and a few more rows all that it had."""
    monkeypatch.setattr(columnar, "BYTES", 2 << 20)
    word, rows = "x" * 1_000_000, 500
    texts = [word if n % 2 else None for n in range(rows)]
    table = pa.table(
        {"n": range(rows), "w": pa.array(texts).dictionary_encode(), "b": pa.array([b"y", b"z"] * (rows // 2)).dictionary_encode()}
    )
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd", store_schema=False, dictionary_pagesize_limit=4 << 20)
    assert len(stream.getvalue()) < 20_000
    seen, most = 0, 0
    for batch in read(stream.getvalue(), "x.parquet").reader():
        assert batch["w"].to_pylist() == texts[seen : seen + batch.num_rows]
        assert batch["b"].to_pylist()[:1] == [b"y" if seen % 2 == 0 else b"z"] and batch["n"][0].as_py() == seen
        seen, most = seen + batch.num_rows, max(most, batch.nbytes)
    assert seen == rows and most <= 4 << 20


def test_a_word_within_columns_is_not_written_out_for_all_rows_at_once_either(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a nested column nothing was kept within bounds, and in one neither."""
    came: list[int] = []
    write_out = columnar._written_out

    def noted(batch: pa.RecordBatch, *more: Any) -> Iterator[pa.RecordBatch]:
        came.append(batch.nbytes)
        return write_out(batch, *more)

    monkeypatch.setattr(columnar, "BYTES", 2 << 20)
    monkeypatch.setattr(columnar, "_written_out", noted)
    word = "x" * 1_000_000
    rows: list[dict[str, Any]] = [
        {"w": word, "s": {"a": None, "b": n}, "l": [{"t": word if n % 9 == 0 else "y"}, None], "m": [("k", "v")], "r": [b"z", None]}
        if n % 7
        else {"w": None, "s": None, "l": None, "m": None, "r": []}
        for n in range(200)
    ]
    nested = pa.struct([("a", pa.string()), ("b", pa.int64())])
    kinds = {"w": pa.string(), "s": nested, "l": pa.list_(pa.struct([("t", pa.string())])), "m": pa.map_(pa.string(), pa.string())}
    table = pa.Table.from_pylist(rows, pa.schema({**kinds, "r": pa.large_list(pa.binary())}))
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd", dictionary_pagesize_limit=4 << 20)
    assert len(stream.getvalue()) < 40_000
    found = list(read(stream.getvalue(), "x.parquet").reader())
    assert max(came) <= 4 << 20 and max(batch.nbytes for batch in found) <= 4 << 20
    assert [row for batch in found for row in batch.to_pylist()] == rows


def test_what_is_packed_well_is_no_bomb(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    same = b"town,country\n" + b"Oslo,Norway\n" * 500_000
    packed = gzip.compress(same)
    assert len(same) > 200 * len(packed) and read(packed, "same.csv.gz").reader().read_all().num_rows == 500_000
    monkeypatch.setattr(unpack_module, "_HARMLESS", 1 << 20)
    table = "day,kind,amount\n" + "".join(f"2013-01-{n % 28 + 1:02},sold,{n % 97}\n" for n in range(100_000))
    packed = gzip.compress(table.encode())
    assert len(table) > 3 << 19 and 5 * len(packed) < len(table)
    assert read(packed, "table.csv.gz").reader().read_all().num_rows == 100_000


def test_what_says_that_it_needs_more_than_there_is_room_for_is_not_begun(
    read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("x.csv", "a\n" + "12345678\n" * 1_000)
    monkeypatch.setattr(unpack_module.shutil, "disk_usage", lambda path: SimpleNamespace(free=unpack_module._SPARE + 5_000))
    with pytest.raises(StorageUnavailable, match=r"no room to unpack x\.zip"):
        read(content.getvalue(), "x.zip")
    assert not list(tmp_path.rglob("unpacked"))


def test_a_disk_that_is_nearly_full_is_left_alone(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack_module, "_SPARE", 1 << 60)
    with pytest.raises(StorageUnavailable, match="no room to unpack"):
        read(gzip.compress(b"a,b\n1,2\n"), "x.csv.gz")


def test_a_line_without_end_is_refused(read: Read) -> None:
    with pytest.raises(UnreadableFile, match="line 2: a line of over 64 MB"):
        read(gzip.compress(b"a,b\n1," + b"a" * (65 << 20), 1), "x.csv.gz")


def test_too_many_columns_are_refused_at_once(read: Read) -> None:
    wide = ",".join(f"c{i}" for i in range(20_000)) + "\n" + ",".join("1" * 20_000) + "\n"
    with pytest.raises(UnreadableFile, match="20,000 columns; at most 5,000"):
        read(wide)


def test_names_of_many_columns_are_distinct_soon() -> None:
    began = time.thread_time()
    assert len(set(column_names(["a", "a_2"] * 10_000))) == 20_000
    assert time.thread_time() - began < 1 * slower()


def workbook(rows: str) -> bytes:
    """A real workbook whose sheet has these rows instead of its own."""
    made, stream = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(made)
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(stream, "w") as target:
        for member in source.namelist():
            content = source.read(member)
            if member.endswith("sheet1.xml"):
                content = re.sub(rb"<sheetData ?/>|<sheetData>.*</sheetData>", f"<sheetData>{rows}</sheetData>".encode(), content)
            target.writestr(member, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row><c><v>1</v></c></row><row r="1048576">' + "<c><v>1</v></c>" * 100 + "</row>",
        "<row><c><v>1</v></c></row><row r='1048576'><c x='>' r = 'xfd1048576'><v>1</v></c></row>",
    ],
    ids=["two corners", "cells without a place", "written in another way"],
)
def test_a_sheet_that_spans_everything_is_refused(read: Read, rows: str) -> None:
    with pytest.raises(UnreadableFile, match="the sheet spans 1,048,576 rows by") as error:
        read(workbook(rows), "x.xlsx")
    assert "Delete the cells" in str(error.value)


def test_formatted_but_empty_cells_do_no_harm(read: Read) -> None:
    rows = '<row><c><v>1</v></c></row><row><c><v>2</v></c></row><row r="1048576"><c r="XFD1048576" s="0"/></row>'
    assert read(workbook(rows), "x.xlsx").reader().read_all().num_rows == 2


def test_a_workbook_that_is_a_bomb_is_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack_module, "_HARMLESS", 1000)
    content = io.BytesIO(workbook("<row><c><v>1</v></c></row>" * 2))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/more.xml", b" " * 20_000_000)
    with pytest.raises(UnreadableFile, match="more than a hundred times its size"):
        read(content.getvalue(), "x.xlsx")


def test_errors_of_excel_are_told(read: Read) -> None:
    rows = '<row><c><v>1</v></c></row><row><c><v>2</v></c></row><row><c t="e"><v>#DIV/0!</v></c></row>'
    source = read(workbook(rows), "x.xlsx")
    assert source.reader().read_all().column(0).to_pylist() == [1, 2, None]
    assert "1 cell holds an error of Excel's (such as #DIV/0!), read as missing." in source.warnings


@pytest.mark.parametrize("looks", [False, True], ids=["load", "look"])
def test_a_file_that_breaks_its_reader_is_told_and_hurts_nothing(services: Any, ingest: Any, tmp_path: Path, looks: bool) -> None:
    path = tmp_path / "data" / "lines.ndjson"
    path.parent.mkdir()
    path.write_text("".join(f'{{"id": {number}, "name": "{number:x}", "in": {{"a": [{number}]}}}}\n' for number in range(50_000)))
    engine = services.engine
    asked = threading.Event()

    def end_the_reader() -> None:
        while not asked.is_set():
            for child in list(engine._lent):
                with suppress(ProcessLookupError):
                    os.kill(child._process.pid, signal.SIGSEGV)  # as a fault in the code that reads Parquet would
            time.sleep(0.01)

    breaking = threading.Thread(target=end_the_reader)
    breaking.start()
    try:
        with pytest.raises(WorkbenchError, match=r"broke the program that reads it|reads files does not start"):
            services.preview.preview(path) if looks else ingest.ingest(path, name="lines")
    finally:
        asked.set()
        breaking.join()
    assert not services.lake.exists("bronze.lines")
    assert ingest.ingest(path, name="lines").rows == 50_000
