"""JSON, Parquet, Arrow, compressed files, and what is no table at all."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import io
import json
import random
import zipfile
from decimal import Decimal
from functools import cache

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from cases import Case, table
from xlsx import book, packed

from workbench.engines.readers.reading import ColumnReading, Reading

__all__ = ["CASES"]

D = dt.date.fromisoformat
PEOPLE = table("name:string age:long", ("Ann", 31), ("Bob", 28))
CSV = "name,age\nAnn,31\nBob,28\n"
ORDERS = [
    {
        "id": 1,
        "customer": {"name": "Ann", "address": {"city": "Oslo", "zip": "0150"}},
        "items": [{"sku": "a", "n": 2}, {"sku": "b", "n": 1}],
    },
    {"id": 2, "customer": {"name": "Bob", "address": None}, "items": []},
    {"id": 3, "customer": None},
]
_ADDRESS = pa.struct([("city", pa.string()), ("zip", pa.string())])
_ITEMS = pa.list_(pa.struct([("sku", pa.string()), ("n", pa.int64())]))
FLAT = {
    "id": pa.int64(),
    "customer_name": pa.string(),
    "customer_address_city": pa.string(),
    "customer_address_zip": pa.string(),
    "items": _ITEMS,
}
NESTED = {"id": pa.int64(), "customer": pa.struct([("name", pa.string()), ("address", _ADDRESS)]), "items": _ITEMS}
DEEP = "[" * 70 + "1" + "]" * 70

JSON = [
    Case("orders.json", json.dumps(ORDERS), table(NESTED, *[(o["id"], o["customer"], o.get("items")) for o in ORDERS]), 3),
    Case(
        "orders.json",
        json.dumps(ORDERS),
        table(
            FLAT,
            (1, "Ann", "Oslo", "0150", [{"sku": "a", "n": 2}, {"sku": "b", "n": 1}]),
            (2, "Bob", None, None, []),
            (3, None, None, None, None),
        ),
        3,
        reading=Reading(flatten=True),
        variant="flat",
    ),
    Case(
        "ragged.ndjson",
        '{"a": 1}\n{"b": "x"}\n{}\n{"c": true, "a": 2.5}\n',
        table("a:double b:string c:boolean", (1.0, None, None), (None, "x", None), (None, None, None), (2.5, None, True)),
        4,
    ),
    Case(
        "broken_line.ndjson",
        '{"a": 1}\n\n{"a": \n{"a": 3}\r\n[4]\n{"a": 5}\n{"a": 6, "a": 7}\n{"a": 8}\n{"a": 9}\n',
        table("a:long", (1,), (3,), (5,), (8,), (9,)),
        8,
        aside={3: None, 5: None, 7: None},
    ),
    Case(
        "bytes_that_are_no_text.ndjson",
        '{"a": "é"}\n{"a": "x"}\n{"a": "'.encode() + b'\xff"}\n{"a": "y"}\n',
        table("a:string", ("é",), ("x",), ("y",)),
        4,
        aside={3: None},
    ),
    Case("broken_lines.ndjson", '{"a": 1}\nx\n{"a"\n{"a": 3}\n', error="line 2: not valid JSON"),
    Case(
        "broken_line.ndjson",
        '{"a": 1}\n\n{"a": \n{"a": 3}\r\n[4]\n{"a": 5}\n{"a": 6, "a": 7}\n{"a": 8}\n{"a": 9}\n',
        error="line 3: not valid JSON",
        reading=Reading(misfits="fail"),
        variant="strict",
    ),
    Case("one_after_another.json", '{"name": "Ann",\n "age": 31}\n{"name": "Bob", "age": 28}', PEOPLE, 2),
    Case("lines_named_json.json", '{"name": "Ann", "age": 31}\n{"name": "Cid"]\n{"name": "Bob", "age": 28}\n', PEOPLE, 3, aside={2: None}),
    Case("one_object.json", '{"name": "Ann", "age": 31}', table("name:string age:long", ("Ann", 31)), 1),
    Case("mark.json", b"\xef\xbb\xbf" + b'[{"name": "Ann", "age": 31}, {"name": "Bob", "age": 28}]', PEOPLE, 2),
    Case("utf16.json", '[{"name": "Zoë", "age": 31}]'.encode("utf-16"), table("name:string age:long", ("Zoë", 31)), 1),
    Case(
        "mixed_kinds.json",
        '[{"v": 1, "w": [1]}, {"v": "x", "w": 2}, {"v": {"k": true}, "w": null}]',
        table("v:string w:string", ("1", "[1]"), ("x", "2"), ('{"k":true}', None)),
        3,
    ),
    Case(
        "huge_integers.ndjson",
        '{"a": 12345678901234567890123, "b": 9223372036854775807}\n{"a": 1, "b": 1}\n',
        table("a:string b:long", ("12345678901234567890123", 2**63 - 1), ("1", 1)),
        2,
    ),
    Case(
        "unsigned_integers.ndjson",
        '{"a": 18446744073709551615}\n{"a": 1}\n',
        table("a:decimal(38,0)", (Decimal(2**64 - 1),), (Decimal(1),)),
        2,
    ),
    Case("integers_and_fractions.ndjson", '{"a": 9007199254740993}\n{"a": 1.5}\n', table("a:string", ("9007199254740993",), ("1.5",)), 2),
    Case("nan.ndjson", '{"x": NaN}\n{"x": 1.5}\n{"x": -Infinity}\n', table("x:double", (float("nan"),), (1.5,), (float("-inf"),)), 3),
    Case(
        "text_that_looks.json",
        json.dumps([{"n": "007", "d": "2020-01-31", "t": "true"}, {"n": "1", "d": "2020-02-05", "t": "false"}]),
        table("n:string d:date t:string", ("007", D("2020-01-31"), "true"), ("1", D("2020-02-05"), "false")),
        2,
    ),
    Case(
        "keys_of_all_kinds.json",
        '[{"Dep Time": 1, "dep_time": 2, "": 3, "größe": 4, "😀": 5, "a.b": 6}]',
        table("dep_time_2:long dep_time:long column_3:long größe:long unnamed:long a_b:long", (1, 2, 3, 4, 5, 6)),
        1,
    ),
    Case("nothing_but_null.json", '[{"a": null, "b": 1}, {"a": null, "b": 2}]', table("a:string b:long", (None, 1), (None, 2)), 2),
    Case("escapes.json", r'[{"a": "\u00e9\ud83d\ude00\n\"q\"", "b": "x\\y"}]', table("a:string b:string", ('é😀\n"q"', "x\\y")), 1),
    Case("carriage_returns.ndjson", '{"name": "Ann", "age": 31}\r{"name": "Bob", "age": 28}\r', PEOPLE, 2),
    Case(
        "type_said.ndjson",
        '{"a": "1", "b": 1.0}\n{"a": "x", "b": 2.5}\n{"a": "3", "b": 3}\n',
        table("a:long b:long", (1, 1), (3, 3)),
        3,
        aside={2: "a"},
        variant="said",
        reading=Reading(columns=(ColumnReading(place=0, type="long"), ColumnReading(place=1, type="long"))),
    ),
    Case("key_twice.json", '[{"a": 1, "a": 2}]', error="twice in one object"),
    Case("numbers.json", "[1, 2, 3]", error="no objects"),
    Case("empty_array.json", "[]", error="holds no objects"),
    Case("cut_off.json", '[{"a": 1},\n {"a": 2}', error="line 2: not valid JSON"),
    Case("deep.json", f'[{{"a": {DEEP}}}]', error="more than 64 brackets"),
]


def parquet(data: pa.Table) -> bytes:
    stream = io.BytesIO()
    pq.write_table(data, stream)
    return stream.getvalue()


def arrow(data: pa.Table, stream: bool = False) -> bytes:
    sink = io.BytesIO()
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(sink, data.schema) as writer:
        writer.write_table(data)
    return sink.getvalue()


ODD = pa.table(
    [pa.array([1, 2], pa.uint8()), pa.array([2**63, None], pa.uint64()), pa.array(["x", "y"]).dictionary_encode(), pa.array([[1], []])],
    names=["Small", "large", "word", "list"],
)
ODD_MEANT = table(
    {"small": pa.int32(), "large": pa.decimal128(20, 0), "word": pa.string(), "list": pa.list_(pa.int64())},
    (1, Decimal(2**63), "x", [1]),
    (2, None, "y", []),
)
TWICE = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
FLOATS = pa.table({"x": pa.array([1.0, 2.5, float("nan"), None])})

COLUMNAR = [
    Case("odd_types.parquet", lambda: parquet(ODD), ODD_MEANT, 2, stable=False),
    Case("odd_types.arrow", lambda: arrow(ODD), ODD_MEANT, 2, stable=False),
    Case("people_stream.arrows", lambda: arrow(PEOPLE, stream=True), PEOPLE, 2, stable=False),
    Case("same_name_twice.arrow", lambda: arrow(TWICE), table("a:long a_2:long", (1, 2)), 1, stable=False),
    Case(
        "type_said.parquet",
        lambda: parquet(FLOATS),
        table("x:long", (1,), (None,)),
        4,
        aside={2: "x", 3: "x"},
        stable=False,
        variant="said",
        reading=Reading(columns=(ColumnReading(place=0, type="long"),)),
    ),
    Case("no_rows.parquet", lambda: parquet(PEOPLE.slice(0, 0)), PEOPLE.slice(0, 0), 0, stable=False),
    Case("cut_off.parquet", lambda: parquet(PEOPLE)[:-20], error="damaged or incomplete Parquet", stable=False),
    Case("cut_off.arrow", b"ARROW1\x00\x00abc", error="damaged or incomplete Arrow"),
]


@cache
def bomb() -> bytes:
    """1.1 GB of zeros in less than a kilobyte."""
    stream, member = io.BytesIO(), zipfile.ZipInfo("zeros.csv")
    member.compress_type = zipfile.ZIP_BZIP2
    with zipfile.ZipFile(stream, "w") as archive, archive.open(member, "w", force_zip64=True) as sink:
        for _ in range(1100):
            sink.write(b"0" * 1_000_000)
    return stream.getvalue()


def locked() -> bytes:
    """A zip archive whose file says that it needs a password."""
    plain = bytearray(packed({"people.csv": CSV}, zipfile.ZIP_STORED))
    plain[6] |= 1
    plain[plain.index(b"PK\x01\x02") + 8] |= 1
    return bytes(plain)


BOTH = packed({"people.csv": CSV, "folder/towns.ndjson": '{"town": "Oslo"}\n'})
PACKED = [
    Case("people.csv.gz", gzip.compress(CSV.encode(), mtime=0), PEOPLE, 2),
    Case("people.csv.zst", lambda: zstandard.compress(CSV.encode()), PEOPLE, 2, stable=False),
    Case("people.csv.bz2", bz2.compress(CSV.encode()), PEOPLE, 2),
    Case("people.zip", packed({"people.csv": CSV, "__MACOSX/._people.csv": "x"}), PEOPLE, 2),
    Case("packed_but_named.csv", gzip.compress(CSV.encode(), mtime=0), PEOPLE, 2),
    Case("packed_twice.zip", packed({"people.csv.gz": gzip.compress(CSV.encode(), mtime=0)}), PEOPLE, 2),
    Case("two_files.zip", BOTH, PEOPLE, 2, sheet="people.csv", variant="people"),
    Case("two_files.zip", BOTH, table("town:string", ("Oslo",)), 1, sheet="folder/towns.ndjson", variant="towns"),
    Case("two_files.zip", BOTH, sheet="folder/town.ndjson", error="no file 'folder/town.ndjson'", variant="none"),
    Case(
        "sheet_in_zip.zip",
        packed({"b.xlsx": book({"s": [["x"], ["z"]], "people": [["name", "age"], ["Ann", 31], ["Bob", 28]]})}),
        PEOPLE,
        2,
        sheet="people",
        variant="people",
    ),
    Case("cut_off.csv.gz", gzip.compress(CSV.encode() * 100, mtime=0)[:-12], error="damaged gzip"),
    Case("locked.zip", locked(), error="protected by a password"),
    Case("bomb.zip", bomb, error="more than a hundred times its size", stable=False),
]

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + random.Random(1).randbytes(400)
NO_TABLES = [
    Case("empty.csv", b"", error="is empty"),
    Case("blank.csv", "\n \n\n", error="is empty"),
    Case("only_a_mark.csv", b"\xef\xbb\xbf\n", error="is empty"),
    Case("picture.csv", PNG, error="binary data"),
    Case("workbook.csv", book({"s": [["a"], [1]]}), error="its content is Excel"),
    Case("parquet.csv", lambda: parquet(PEOPLE), error="its content is Parquet", stable=False),
    Case("document.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n", error="PDF"),
    Case("web_page.csv", "<!DOCTYPE html>\n<html><body><h1>404, not found</h1></body></html>\n", error="web page"),
    Case("data.unknown", CSV, error="ends in '.unknown'"),
    Case("folder.csv/readme.md", "A folder that is called like a file.\n", error="ends in '.md'"),
]

CASES = [*JSON, *COLUMNAR, *PACKED, *NO_TABLES]
