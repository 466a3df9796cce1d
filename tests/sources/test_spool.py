"""Rows that are no file yet, written as one: the same rows make the same file, in batches that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from workbench.engines import spool as spooling
from workbench.engines.spool import spool

ROWS = 1_000
LONG = pa.array(["x" * (n * 7919 % 400) if n % 11 else None for n in range(ROWS)])
COLUMNS = {
    "text": LONG,
    "view": LONG.cast(pa.string_view()),
    "words": LONG.dictionary_encode(),
    "runs": pc.run_end_encode(LONG.take(pa.array([n // 7 for n in range(ROWS)]))),
    "lists": pa.array([["y" * (n % 90)] * (n % 9) if n % 13 else None for n in range(ROWS)]),
    "large": pa.array([[n] * (n % 50) for n in range(ROWS)], pa.large_list(pa.int64())),
    "pairs": pa.array([[("k", "z" * (n % 300))] if n % 3 else None for n in range(ROWS)], pa.map_(pa.string(), pa.string())),
    "parts": pa.array([{"a": n, "b": {"c": b"q" * (n % 250)}} if n % 5 else None for n in range(ROWS)]),
    "fixed": pa.array([[n, n] if n % 4 else None for n in range(ROWS)], pa.list_(pa.int16(), 2)),
    "plain": pa.array([n % 2 == 0 for n in range(ROWS)]),
    "none": pa.nulls(ROWS),
    "id": pa.array([n.to_bytes(16, "big") for n in range(ROWS)], pa.uuid()),
}


def cut(table: pa.RecordBatch, size: int) -> Iterator[pa.RecordBatch]:
    for start in range(0, table.num_rows, size):
        yield table.slice(start, size)


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize(("rows", "size"), [(64, 1 << 30), (1 << 30, 5_000), (10, 5_000), (64, 0)])
def test_how_rows_came_does_not_show_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str, rows: int, size: int
) -> None:
    monkeypatch.setattr(spooling, "ROWS", rows)
    monkeypatch.setattr(spooling, "BYTES", size)
    table = pa.record_batch({"n": pa.array(range(ROWS)), column: COLUMNS[column]})
    files = []
    for number, step in enumerate((1, 7, 100, ROWS)):
        path = tmp_path / f"{number}.arrow"
        assert spool(pa.RecordBatchReader.from_batches(table.schema, cut(table, step)), path) == ROWS
        files.append(path.read_bytes())
        with pa.ipc.open_file(path) as file:
            batches = [file.get_batch(index) for index in range(file.num_record_batches)]
        assert pa.Table.from_batches(batches).column(column).to_pylist() == COLUMNS[column].to_pylist()
        longest = max(len(str(value)) for value in COLUMNS[column].to_pylist())
        assert all(batch.num_rows <= rows and batch.nbytes <= size + 8 * longest + 10_000 for batch in batches)
    assert len(set(files)) == 1


def test_a_dictionary_of_long_words_is_not_written_out_at_once(tmp_path: Path) -> None:
    words = pa.DictionaryArray.from_arrays(pa.array([n % 2 for n in range(400)], pa.int8()), pa.array(["a" * 1_000_000, "b" * 1_000_000]))
    table = pa.record_batch({"word": words})
    usual, watched = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    pa.set_memory_pool(watched)
    try:
        assert spool(pa.RecordBatchReader.from_batches(table.schema, [table]), tmp_path / "rows.arrow") == 400
    finally:
        pa.set_memory_pool(usual)
    assert watched.max_memory() < 150 << 20
