"""The engine by itself: what a session can reach, and what it gives back."""

from __future__ import annotations

import datetime as dt
import decimal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.patience import interrupting, wait_until
from workbench.engines.duckdb import DuckDBEngine, Engine, EngineError, Interrupted, IsolatedEngine, relation, session
from workbench.engines.duckdb.relation import files_read
from workbench.engines.scans import ArrowScan, FileScan, ScanColumn


def with_ids(table: pa.Table, first: int = 1) -> pa.Table:
    fields = [field.with_metadata({b"PARQUET:field_id": str(first + i).encode()}) for i, field in enumerate(table.schema)]
    return table.cast(pa.schema(fields))


@pytest.fixture(params=[DuckDBEngine, IsolatedEngine], ids=["inside", "isolated"], scope="module")
def kind(request: pytest.FixtureRequest) -> Any:
    """Both engines pass every test here: here, and in a process of its own."""
    return request.param


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, kind: Any) -> Iterator[Engine]:
    """One for all of them: what a session may reach must not depend on what another could."""
    made = kind(tmp_path_factory.mktemp("engine") / "spill", memory_mb=512, threads=2)
    yield made
    made.close()


@pytest.fixture
def scan(tmp_path: Path) -> FileScan:
    # A folder and a name that would mislead: hive partitioning, quotes, spaces.
    folder = tmp_path / "month=7" / "it's here"
    folder.mkdir(parents=True)
    path = folder / "part 0.parquet"
    pq.write_table(with_ids(pa.table({"month": pa.array([1, 6], pa.int32()), "who": ["a", "b"]})), path)
    columns = (ScanColumn(1, "month", "BIGINT"), ScanColumn(2, "name", "VARCHAR"), ScanColumn(9, "added", "DOUBLE"))
    return FileScan("silver", "t", columns, (str(path),), "1")


def run(engine: Engine, sql: str, *scans: Any, **options: Any) -> list[tuple[Any, ...]]:
    table = engine.run("r", sql, scans, timeout=options.pop("timeout", 30), **options).table
    return [tuple(row.values()) for row in table.to_pylist()]


def test_files_are_read_by_field_id(engine: Engine, scan: FileScan) -> None:
    assert run(engine, "select * from silver.t order by month", scan) == [(1, "a", None), (6, "b", None)]


ATTACKS = [
    "select * from read_parquet('{other}')",
    "select * from '{other}'",
    "select * from read_text('/etc/passwd')",
    "select * from read_csv('/etc/passwd')",
    "select * from glob('/*')",
    "attach '{folder}/x.db' as x",
    "copy (select 1) to '{folder}/x.parquet'",
    "copy (select 1) to '{file}'",
    "export database '{folder}/x'",
    "install spatial",
    "load httpfs",
    "load '{folder}/x.duckdb_extension'",
    "set enable_external_access = true",
    "set allowed_paths = ['/etc/passwd']",
    "set lock_configuration = false",
    "set memory_limit = '100GB'",
    "reset enable_external_access",
    "set temp_directory = '{folder}'",
    "pragma enable_external_access = true",
    "select getenv('HOME')",
    "create secret s (type s3, key_id 'a', secret 'b')",
    "select * from outside",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_session_reaches_its_own_files_and_nothing_else(engine: Engine, scan: FileScan, tmp_path: Path, attack: str) -> None:
    outside = pa.table({"secret": [1]})  # noqa: F841 - what a replacement scan would find
    other = tmp_path / "other.parquet"
    pq.write_table(pa.table({"secret": [1]}), other)
    before = {path: path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()}
    text = attack.format(other=other, folder=tmp_path, file=scan.files[0])
    with pytest.raises(EngineError):
        run(engine, text, scan)
    assert {path: path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()} == before
    assert run(engine, "select count(*) from silver.t", scan) == [(2,)]


def test_sessions_of_different_statements_do_not_share_files(engine: Engine, scan: FileScan) -> None:
    run(engine, "select 1 from silver.t", scan)
    with pytest.raises(EngineError):
        run(engine, "select 1 from silver.t")
    changed = FileScan(scan.schema, scan.name, scan.columns[:1], scan.files, "2")
    assert run(engine, "select * from silver.t limit 1", changed) == [(1,)]


def test_arrow_rows_and_tables_without_files(engine: Engine, scan: FileScan) -> None:
    rows = ArrowScan("silver", "rows", lambda: pa.table({"month": [6], "s": [{"a": 1}]}))
    none = FileScan("gold", "none", (ScanColumn(1, "when", "TIMESTAMP WITH TIME ZONE"), ScanColumn(2, "s", 'STRUCT("a" BIGINT)')), (), "0")
    joined = "select t.name, r.s.a as found, n.s.a as lost from silver.t join silver.rows r using (month) left join gold.none n on true"
    assert run(engine, joined, scan, rows, none) == [("b", 1, None)]


def test_every_type_comes_through(engine: Engine, tmp_path: Path) -> None:
    moment = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    table = pa.table(
        {
            "d": pa.array([decimal.Decimal("1.23")], pa.decimal128(12, 2)),
            "at": pa.array([moment], pa.timestamp("us", "UTC")),
            "s": pa.array([{"a": 1, "b": ["x"]}]),
            "m": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
            "b": pa.array([b"\x00\xff"]),
            "t": pa.array([dt.time(1, 2, 3)], pa.time64("us")),
        }
    )
    path = tmp_path / "x.parquet"
    pq.write_table(with_ids(table), path)
    kinds = ["DECIMAL(12, 2)", "TIMESTAMP WITH TIME ZONE", 'STRUCT("a" BIGINT, "b" VARCHAR[])', "MAP(VARCHAR, BIGINT)", "BLOB", "TIME"]
    columns = tuple(ScanColumn(i + 1, name, kind) for i, (name, kind) in enumerate(zip(table.column_names, kinds, strict=True)))
    result = engine.run("r", "from a.x", (FileScan("a", "x", columns, (str(path),), "1"),), timeout=30)
    assert result.table.to_pylist() == table.to_pylist()


def test_sums_of_integers_are_integers(engine: Engine) -> None:
    table = engine.run("r", "select sum(range) as s from range(10)", (), timeout=30).table
    assert table.schema.field("s").type == pa.int64() and table["s"].to_pylist() == [45]
    large = engine.run("r", "select sum(9223372036854775807) as s from range(3)", (), timeout=30).table
    assert large["s"].to_pylist() == [decimal.Decimal(3 * (2**63 - 1))]


def test_limits_cut_and_the_session_goes_on(engine: Engine, scan: FileScan) -> None:
    result = engine.run("r", "select * from silver.t", (scan,), timeout=30, limit=1)
    assert result.table.num_rows == 1 and result.cut
    whole = engine.run("r", "select * from silver.t", (scan,), timeout=30, limit=2)
    assert whole.table.num_rows == 2 and not whole.cut
    endless = engine.run("r", "select * from range(100000000000)", (), timeout=30, limit=5)
    assert endless.table.num_rows == 5 and endless.cut


def test_no_more_is_gathered_than_can_be_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "MOST_BYTES", 100_000)
    found = DuckDBEngine(tmp_path).run("r", "select repeat('x', 100) as x from range(100000000)", (), timeout=30, limit=100_000)
    assert found.cut and 0 < found.table.num_rows < 10_000


def test_time_out_and_interrupt(engine: Engine) -> None:
    endless = "select count(*) from range(100000000000) t(a) where hash(a) = 1"
    with pytest.raises(Interrupted) as late:
        run(engine, endless, timeout=0.2)
    assert late.value.reason == "timeout"
    assert engine.interrupt("nobody") is False
    with interrupting(engine), pytest.raises(Interrupted) as stopped:
        run(engine, endless, timeout=60)
    assert stopped.value.reason == "cancelled" and run(engine, "select 1") == [(1,)]


def test_a_run_that_does_several_things_at_once_is_stopped_as_a_whole(engine: Engine) -> None:
    """A profile asks from two threads: what ends first leaves the other one known, to whoever stops the run and to its time limit."""
    endless = "select count(*) from range(100000000000) t(a) where hash(a) = 1"

    def outcome(timeout: float) -> str:
        try:
            engine.run("profile", endless, (), timeout=timeout)
        except Interrupted as stop:
            return stop.reason
        return "ended"

    with ThreadPoolExecutor() as pool:
        long = pool.submit(outcome, 600)
        wait_until(lambda: len(engine._running) == 1)  # type: ignore[attr-defined]
        short = pool.submit(outcome, 1.5)
        for _ in range(3):
            assert engine.run("profile", "select 1", (), timeout=60).table.num_rows == 1
        assert short.result(timeout=60) == "timeout"
        assert engine.interrupt("profile") and long.result(timeout=60) == "cancelled"
        both = [pool.submit(outcome, 600) for _ in range(2)]
        wait_until(lambda: len(engine._running) == 2)  # type: ignore[attr-defined]
        assert engine.interrupt("profile") and [each.result(timeout=60) for each in both] == ["cancelled"] * 2
    assert engine.interrupt("profile") is False


def test_what_does_not_fit_spills_to_the_folder(tmp_path: Path, kind: Any) -> None:
    engine = kind(tmp_path / "spill", memory_mb=128, threads=2)
    sql = "select count(*), max(s) from (select range as x, md5(range::varchar) as s from range(2000000) order by s offset 1)"
    assert run(engine, sql, timeout=120)[0][0] == 1_999_999
    engine.close()


def test_times_are_shown_in_the_workspaces_zone(tmp_path: Path, kind: Any) -> None:
    engine = kind(tmp_path / "spill", memory_mb=256, threads=1, timezone="Europe/Athens")
    assert run(engine, "select hour(timestamptz '2026-01-02 03:00:00+00') as h") == [(5,)]
    engine.close()


@pytest.mark.parametrize("offset_text", ["select 'é', nope", "select\n  'éé', nope"])
def test_error_positions_count_characters(engine: Engine, offset_text: str) -> None:
    with pytest.raises(EngineError) as caught:
        run(engine, offset_text)
    assert caught.value.position == offset_text.index("nope") and caught.value.name == "nope"


def test_one_file_is_read_by_several_threads(tmp_path: Path) -> None:
    """DuckDB reads a single file by field id in one thread, which took twice the time on two cores."""
    path = tmp_path / "one.parquet"
    seen: set[int] = set()
    several = threading.Event()
    pq.write_table(with_ids(pa.table({"n": range(4 * 2048)})), path, row_group_size=2048)
    scan = FileScan("a", "x", (ScanColumn(1, "n", "BIGINT"),), (str(path),), "1")

    def note(n: int) -> int:
        if threading.get_ident() not in seen:
            seen.add(threading.get_ident())
            if len(seen) > 1:
                several.set()
            several.wait(30)  # meanwhile another must come
        return n

    with duckdb.connect(config={"threads": 2}) as connection:
        connection.create_function("note", note, ["BIGINT"], "BIGINT", side_effects=True)
        total, files = connection.execute(f"SELECT sum(note(n)), max(file_index) {relation(scan)}").fetchall()[0]
    assert (total, files) == (sum(range(4 * 2048)), 0)
    assert len(seen) == 2
    assert [pq.read_metadata(file).num_rows for file in files_read(scan)] == [4 * 2048, 0]
