"""Rows that come as an Arrow stream: what it unpacks to is looked at before it is unpacked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.patience import wait_until
from workbench.api import arrow as api_arrow
from workbench.core.errors import InvalidInput, StorageUnavailable, TooLarge
from workbench.engines import arrived
from workbench.engines.duckdb import DuckDBEngine, IsolatedEngine
from workbench.engines.packed import in_full

MOST = 64 << 20
WORD = "word " * 100_000  # of half a megabyte


def read_stream(path: Path, most: int) -> pa.Table:
    """In this process, where what is allocated can be counted."""
    return api_arrow.read_stream(path, most, DuckDBEngine(path.parent / "spill"))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IsolatedEngine]:
    made = IsolatedEngine(tmp_path_factory.mktemp("spill"), memory_mb=512, threads=1)
    yield made
    made.close()


def stream(path: Path, table: pa.Table, packed: str | None = None, rows: int | None = None) -> Path:
    how = pa.ipc.IpcWriteOptions(compression=packed)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema, options=how) as writer:
        writer.write_table(table, rows)
    return path


def large() -> dict[str, tuple[pa.Table, str | None]]:
    """A few kilobytes each, but for what is written out of them."""
    zeros, thousand = np.zeros(10_000_000, "i8"), pa.array(np.zeros(1000, "i4"))
    words = pa.DictionaryArray.from_arrays(thousand, pa.array([WORD]))
    # A thousand times the same view of one word.
    _, view, *word = pa.array([WORD], pa.string_view()).buffers()
    views = pa.Array.from_buffers(pa.string_view(), 1000, [None, pa.py_buffer(bytes(view)[:16] * 1000), *word])
    return {
        "zstd": (pa.table({"n": zeros}), "zstd"),
        "lz4": (pa.table({"n": zeros, "m": zeros}), "lz4"),
        "dictionary": (pa.table({"w": words}), None),
        "packed dictionary": (pa.table({"w": words}), "zstd"),
        "nested dictionary": (pa.table({"s": pa.StructArray.from_arrays([words], ["w"])}), None),
        "in lists": (pa.table({"l": pa.ListArray.from_arrays(pa.array([0, 1000], "i4"), words)}), None),
        "views": (pa.table({"w": views}), None),
        "lists": (pa.table({"l": pa.ListViewArray.from_arrays([0] * 1000, [100_000] * 1000, pa.array(range(100_000)))}), None),
        "lists of words": (pa.table({"l": pa.ListViewArray.from_arrays([0] * 300, [1] * 300, pa.array([WORD, *[""] * 300]))}), None),
        "nothing": (pa.table({"n": pa.nulls(100_000_000)}), None),
    }


KINDS = ("dictionary", "in lists", "lists", "lists of words", "lz4", "nested dictionary", "nothing", "packed dictionary", "views", "zstd")


@pytest.mark.parametrize("kind", KINDS)
def test_a_small_body_is_not_unpacked_to_a_large_one(tmp_path: Path, kind: str) -> None:
    table, packed = large()[kind]
    path = stream(tmp_path / "rows.arrows", table, packed)
    assert path.stat().st_size < MOST
    before = pa.total_allocated_bytes()
    with pytest.raises(TooLarge, match="unpacked") as refused:
        read_stream(path, MOST)
    assert refused.value.details["limit"] == MOST
    assert pa.total_allocated_bytes() - before < MOST


@pytest.mark.parametrize("packed", [None, "zstd", "lz4"])
def test_rows_are_what_they_were_however_they_are_packed(tmp_path: Path, packed: str | None) -> None:
    nested = [[{"a": 1, "w": "x"}], None, []]
    table = pa.table(
        {
            "n": [1, None, 3],
            "t": ["a", "ß", None],
            "b": [True, None, False],
            "l": nested,
            "d": pa.array(["x", "y", "x"]).dictionary_encode(),
            "v": pa.array(["short", "a text of more than twelve letters", None], pa.string_view()),
            "lv": pa.array([[1, 2], None, [3]], pa.list_view(pa.int64())),
            "none": pa.nulls(3),
        }
    )
    found = read_stream(stream(tmp_path / "rows.arrows", pa.concat_tables([table] * 3), packed, rows=2), MOST)
    assert found.to_pylist() == table.to_pylist() * 3
    assert found.schema == table.schema


@pytest.mark.parametrize("packed", [None, "zstd"])
def test_what_is_sent_needs_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: str | None) -> None:
    class Full:
        free = arrived._SPARE

    path = stream(tmp_path / "rows.arrows", pa.table({"n": [1]}), packed)
    with monkeypatch.context() as patch:
        patch.setattr(arrived.shutil, "disk_usage", lambda _: Full)
        with pytest.raises(StorageUnavailable, match="no room"):
            read_stream(path, MOST)
    assert read_stream(path, MOST).to_pydict() == {"n": [1]}


@pytest.mark.parametrize("packed", [None, "zstd"])
def test_a_body_that_is_damaged_anywhere_is_refused_and_nothing_else(tmp_path: Path, packed: str | None, engine: IsolatedEngine) -> None:
    table = pa.table({"n": list(range(50)), "t": [f"text {n}" for n in range(50)], "d": pa.array(["x", "y"] * 25).dictionary_encode()})
    whole = stream(tmp_path / "rows.arrows", table, packed).read_bytes()
    chance: Any = np.random.default_rng(4)
    for number in range(300):
        body = bytearray(whole)
        for _ in range(3):
            body[chance.integers(len(body))] = chance.integers(256)
        path = tmp_path / f"{number}.arrows"
        path.write_bytes(body[: chance.integers(len(body))] if number % 3 == 0 else body)
        try:
            api_arrow.read_stream(path, MOST, engine)
        except (InvalidInput, TooLarge):
            continue


def breaking(path: Path) -> Path:
    """A packed stream of lists of which one says that it begins far behind the values: Arrow's writer, which looks at nothing, ends its
    process."""
    whole = stream(path, pa.table({"l": [[1, 2], [3]]}), "zstd").read_bytes()
    ends = np.array([0, 2, 3], "i4").tobytes()
    assert whole.count(ends) == 1  # of so few nothing is packed
    path.write_bytes(whole.replace(ends, np.array([1 << 24, 2, 3], "i4").tobytes()))
    return path


def test_a_batch_is_looked_at_before_anything_is_done_with_it(tmp_path: Path) -> None:
    path = breaking(tmp_path / "rows.arrows")
    unlooked = """
import io, sys, pyarrow as pa
reader = pa.ipc.open_stream(pa.memory_map(sys.argv[1]))
pa.ipc.new_stream(io.BytesIO(), reader.schema).write_batch(reader.read_next_batch())
"""
    assert subprocess.run([sys.executable, "-c", unlooked, str(path)], capture_output=True).returncode < 0  # or this would show nothing
    with pytest.raises(InvalidInput, match="not a whole Arrow IPC stream"):
        read_stream(path, MOST)


def test_a_body_that_breaks_its_reader_breaks_nothing_else(tmp_path: Path, engine: IsolatedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrived, "write_plain", None)  # not here
    waits = tmp_path / "waits.arrows"
    os.mkfifo(waits)  # nobody writes into it: who reads it is there until it is ended

    def end() -> None:
        wait_until(lambda: engine._lent and len(engine._running) == 1)
        time.sleep(0.3)
        os.kill(next(iter(engine._lent))._process.pid, signal.SIGSEGV)

    thread = threading.Thread(target=end)
    thread.start()
    with pytest.raises(InvalidInput, match="What was sent broke the program that reads it"):
        api_arrow.read_stream(waits, MOST, engine)
    thread.join()
    assert api_arrow.read_stream(stream(tmp_path / "rows.arrows", pa.table({"n": [1]})), MOST, engine).to_pydict() == {"n": [1]}


def named_once(kind: str) -> pa.Table:
    """Ten thousand rows, each one of ten thousand values: written out they are less than a megabyte."""
    from decimal import Decimal

    words = {
        "views": pa.array([f"a word of some length, {n}" for n in range(10_000)], pa.string_view()),
        "decimals": pa.array([Decimal(n) for n in range(10_000)], pa.decimal128(18, 2)),
        "bytes": pa.array([n.to_bytes(16, "big") for n in range(10_000)], pa.binary(16)),
    }[kind]
    return pa.table({"w": pa.DictionaryArray.from_arrays(pa.array(range(10_000), pa.uint32()), words)})


@pytest.mark.parametrize("kind", ["views", "decimals", "bytes"])
def test_values_that_stand_once_and_are_pointed_to_are_counted_as_they_are(tmp_path: Path, kind: str) -> None:
    """Categories as Polars writes them, among others."""
    table = named_once(kind)
    assert read_stream(stream(tmp_path / "rows.arrows", table), MOST).equals(table)
    assert in_full(table["w"]) < 1 << 20


def test_where_a_view_is_missing_it_says_nothing() -> None:
    _, view, *word = pa.array(["a text of more than twelve letters", "x"], pa.string_view()).buffers()
    odd = pa.py_buffer(bytes(view)[:16] + bytes([255, 255, 255, 127]) + bytes(12))
    assert in_full(pa.Array.from_buffers(pa.string_view(), 2, [pa.py_buffer(b"\x01"), odd, *word])) == 34
