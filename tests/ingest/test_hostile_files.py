"""Small files made to break a reader are refused with words: the process lives, and its memory and the disk are spared."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.core.errors import StorageUnavailable, UnreadableFile
from workbench.engines.readers import Source, unpack
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


def test_deep_parquet_is_refused(read: Read) -> None:
    kind: pa.DataType = pa.int64()
    for _ in range(70):
        kind = pa.list_(kind)
    stream = io.BytesIO()
    pq.write_table(pa.table({"a": pa.nulls(1, kind)}), stream)
    with pytest.raises(UnreadableFile, match="nested over 64 levels"):
        read(stream.getvalue(), "x.parquet")


def test_a_bomb_is_not_unpacked(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "_HARMLESS", 8 << 20)
    bomb = gzip.compress(b"a\n" * (8 << 20))
    with pytest.raises(UnreadableFile, match="more than a hundred times its size"):
        read(bomb, "x.csv.gz")


def test_a_disk_that_is_nearly_full_is_left_alone(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "_SPARE", 1 << 60)
    with pytest.raises(StorageUnavailable, match="no room to unpack"):
        read(gzip.compress(b"a,b\n1,2\n"), "x.csv.gz")


def test_a_line_without_end_is_refused(read: Read) -> None:
    with pytest.raises(UnreadableFile, match="line 2: a line of over 64 MB"):
        read(gzip.compress(b"a,b\n1," + b"a" * (65 << 20), 1), "x.csv.gz")


def test_too_many_columns_are_refused_at_once(read: Read) -> None:
    wide = ",".join(f"c{i}" for i in range(20_000)) + "\n" + ",".join("1" * 20_000) + "\n"
    with pytest.raises(UnreadableFile, match="20,000 columns; at most 5,000"):
        read(wide)


@pytest.mark.timeout(10)
def test_names_of_many_columns_are_distinct_soon() -> None:
    assert len(set(column_names(["a", "a_2"] * 10_000))) == 20_000
