"""Several statements whose rows go to files: only below the folder that was named, and only of the relations that were given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.engines.duckdb import (
    DuckDBEngine,
    Engine,
    EngineError,
    Interrupted,
    IsolatedEngine,
    Transform,
    literal,
    relation_with_places,
)
from workbench.engines.scans import ArrowScan, FileScan, ScanColumn

ROWS = pa.table({"n": pa.array([3, 1, 2], pa.int64())}, schema=pa.schema([pa.field("n", pa.int64(), metadata={"PARQUET:field_id": "1"})]))


@pytest.fixture(params=[DuckDBEngine, IsolatedEngine], ids=["inside", "isolated"])
def engine(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    made = request.param(tmp_path / "spill", memory_mb=512, threads=2)
    yield made
    made.close()


def the_files(tmp_path: Path) -> FileScan:
    path = tmp_path / "in.parquet"
    pq.write_table(ROWS, path)
    return FileScan("s", "t", (ScanColumn(1, "n", "BIGINT"),), (str(path),), "1")


def test_rows_go_to_files_and_figures_come_back(engine: Engine, tmp_path: Path) -> None:
    scan, out = the_files(tmp_path), tmp_path / "out"
    made = f"CREATE TEMP TABLE large AS SELECT n FROM ({relation_with_places(scan)}) WHERE n > 1"
    copy = f"COPY (SELECT n * 10 AS m FROM large ORDER BY m) TO {literal(str(out / 'rows.parquet'))} (FORMAT parquet, FIELD_IDS {{m: 4}})"
    result = engine.transform("r", Transform((scan,), (made, copy), "SELECT count(*) AS rows FROM large", str(out)))
    assert result.to_pylist() == [{"rows": 2}]
    table = pq.read_table(out / "rows.parquet")
    assert table.to_pylist() == [{"m": 20}, {"m": 30}]
    assert table.schema.field("m").metadata[b"PARQUET:field_id"] == b"4"


def test_rows_in_memory_are_seen_too(engine: Engine) -> None:
    scan = ArrowScan("s", "t", lambda: ROWS)
    assert engine.transform("r", Transform((scan,), (), "SELECT sum(n)::BIGINT AS s FROM s.t")).to_pylist() == [{"s": 6}]


@pytest.mark.parametrize("where", ["elsewhere", "out/../elsewhere"])
def test_nothing_is_written_outside_of_the_folder(engine: Engine, tmp_path: Path, where: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    copy = f"COPY (SELECT 1 AS x) TO {literal(str(tmp_path / where / 'x.parquet'))} (FORMAT parquet)"
    with pytest.raises(EngineError) as caught:
        engine.transform("r", Transform((the_files(tmp_path),), (copy,), "SELECT 1", str(tmp_path / "out")))
    assert caught.value.kind == "Permission"
    assert not list((tmp_path / "elsewhere").iterdir())


def test_without_a_folder_nothing_is_written_and_no_other_file_is_read(engine: Engine, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    for sql in (f"COPY (SELECT 1) TO {literal(str(tmp_path / 'x.csv'))}", f"CREATE TEMP TABLE x AS FROM read_csv({literal(str(secret))})"):
        with pytest.raises(EngineError):
            engine.transform("r", Transform((the_files(tmp_path),), (sql,), "SELECT 1"))
    assert not (tmp_path / "x.csv").exists()


def test_one_that_takes_too_long_is_stopped(engine: Engine) -> None:
    endless = "CREATE TEMP TABLE x AS SELECT sum(a.i * b.i) FROM range(10_000_000) AS a(i), range(10_000_000) AS b(i)"
    with pytest.raises(Interrupted) as caught:
        engine.transform("r", Transform((), (endless,), "SELECT 1"), timeout=0.5)
    assert caught.value.reason == "timeout"
