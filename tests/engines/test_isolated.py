"""What only an engine in a process of its own can do: survive the statement."""

from __future__ import annotations

import copy
import os
import resource
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.patience import interrupting, pressing, wait_until
from workbench.engines.duckdb import CsvColumn, CsvLoad, EngineError, Interrupted, IsolatedEngine, Spread, Tally, replies, tallied
from workbench.engines.duckdb import child as child_module
from workbench.engines.duckdb.errors import NO_ROOM
from workbench.engines.scans import ArrowScan, FileScan, ScanColumn
from workbench.engines.shown import MOST_BYTES

ENDLESS = "select count(*) from range(100000000000) t(a) where hash(a) = 1"
# One function call that makes ten gigabytes of text: DuckDB counts none of it, and never looks up.
HUNGRY = "select length(replace(repeat('x', 1000000), 'x', repeat('y', 10000)))"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[IsolatedEngine]:
    made = IsolatedEngine(tmp_path / "spill", memory_mb=256, threads=1)
    yield made
    made.close()


def children() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            if "workbench.engines.duckdb.serve" in child.cmdline():
                found.append(child)
    return found


def run(engine: IsolatedEngine, sql: str, *, timeout: float = 30, run_id: str = "r") -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in engine.run(run_id, sql, (), timeout=timeout).table.to_pylist()]


def test_one_row_of_many_columns_takes_little_memory(engine: IsolatedEngine) -> None:
    """Room for a million rows was asked for at once, which 3,000 columns made 24 GB."""
    sql = "select " + ", ".join(f"{number}::bigint as c{number}" for number in range(3000))
    assert run(engine, sql) == [tuple(range(3000))]


def test_many_rows_come_in_batches_whose_texts_may_be_long() -> None:
    """A column's texts in one batch may have 2 GB: with a million rows in it, 2 kB each were too long."""
    import duckdb

    from workbench.engines.duckdb.transform import all_rows

    table = all_rows(duckdb.connect().execute("select i, 'x' as t from range(10000) r(i)"))
    assert table.column("i").to_pylist() == list(range(10000))
    assert max(len(chunk) for chunk in table.column("i").chunks) == 2048


def test_a_statement_that_takes_the_memory_is_killed_and_the_next_one_runs(engine: IsolatedEngine) -> None:
    most = 0

    def look() -> None:
        nonlocal most
        while not done.is_set():
            with suppress(psutil.Error):
                most = max([most, *(child.memory_info().rss >> 20 for child in children())])
            time.sleep(0.01)

    done = threading.Event()
    watcher = threading.Thread(target=look)
    watcher.start()
    with pytest.raises(EngineError) as caught:
        run(engine, HUNGRY)
    done.set()
    watcher.join()
    assert caught.value.kind == "Out of Memory"
    assert most < 2 * engine.ceiling_mb + 1024
    assert run(engine, "select 1") == [(1,)]


def test_the_time_out_holds_for_what_never_looks_up(engine: IsolatedEngine) -> None:
    unstoppable = "select levenshtein(repeat('x', 200000), repeat('y', 200000))"
    engine.warm()
    begun = time.monotonic()
    with pytest.raises(Interrupted) as caught:
        run(engine, unstoppable, timeout=0.5)
    assert caught.value.reason == "timeout" and time.monotonic() - begun < 20


def test_one_statement_is_stopped_and_the_others_go_on(engine: IsolatedEngine) -> None:
    outcome: dict[str, str] = {}

    def ask(name: str) -> None:
        try:
            outcome[name] = str(run(engine, ENDLESS, run_id=name, timeout=600))
        except Interrupted as stop:
            outcome[name] = stop.reason

    threads = [threading.Thread(target=ask, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(engine._running) == 2)
    assert engine.interrupt("one") and not engine.interrupt("nobody")
    threads[0].join(60)
    assert outcome == {"one": "cancelled"} and list(engine._running.values()) == ["other"]
    assert engine.interrupt("other", "timeout")
    threads[1].join(60)
    assert outcome == {"one": "cancelled", "other": "timeout"}


def test_killed_by_somebody_else_is_an_error_and_no_end(engine: IsolatedEngine) -> None:
    def kill() -> None:
        for child in children():
            os.kill(child.pid, signal.SIGKILL)

    assert run(engine, "select 1") == [(1,)]  # a process that is killed before it has begun is replaced, and nobody notices
    with pressing(kill, lambda: engine._running, first=0.3, every=5), pytest.raises(EngineError) as caught:
        run(engine, ENDLESS, timeout=120)
    assert (caught.value.kind, caught.value.subtype) == ("Out of Memory", "KILLED")
    assert run(engine, "select 2") == [(2,)]
    kill()
    assert run(engine, "select 3") == [(3,)]


def test_a_large_result_comes_whole(engine: IsolatedEngine) -> None:
    table = engine.run("r", "select range as i, repeat('é', 20) as s from range(500000)", (), timeout=60).table
    assert table.num_rows == 500_000 and table["i"].to_numpy().sum() == sum(range(500_000)) and table["s"][499_999].as_py() == "é" * 20


def test_processes_wait_for_the_next_statement_and_hold_no_secret(engine: IsolatedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_TOKEN", "wb_secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    engine.warm()
    (child,) = children()
    assert run(engine, "select 1") == run(engine, "select 1") == [(1,)]
    assert children() == [child]
    assert not {"WORKBENCH_TOKEN", "AWS_SECRET_ACCESS_KEY"} & set(child.environ())
    engine.close()
    assert children() == []


def test_spilled_files_go_with_the_process(engine: IsolatedEngine, tmp_path: Path) -> None:
    def spilled() -> bool:
        return any(path.is_file() and path.stat().st_size for path in (tmp_path / "spill").rglob("*"))

    sorting = "select count(*) from (select md5(range::varchar) s, range from range(100000000) order by s)"
    with interrupting(engine, begun=spilled, pause=0), pytest.raises(Interrupted) as caught:
        run(engine, sorting, timeout=120)
    assert caught.value.reason == "cancelled"
    engine.close()
    assert list((tmp_path / "spill").iterdir()) == []


def test_who_asked_is_killed_and_nothing_is_left(tmp_path: Path) -> None:
    script = textwrap.dedent(
        f"""
        from pathlib import Path
        from workbench.engines.duckdb import IsolatedEngine
        engine = IsolatedEngine(Path({str(tmp_path / "spill")!r}), memory_mb=256, threads=1)
        engine.warm()
        print(engine._idle[0]._process.pid, flush=True)
        engine.run("r", {ENDLESS!r}, (), timeout=60)
        """
    )
    asking = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert asking.stdout is not None
    pid = int(asking.stdout.readline())
    time.sleep(1)
    asking.kill()
    asking.wait()
    asking.stdout.close()
    wait_until(lambda: not psutil.pid_exists(pid))
    IsolatedEngine(tmp_path / "spill", memory_mb=256)
    assert list((tmp_path / "spill").iterdir()) == []


def test_ctrl_c_stops_the_statement_only(tmp_path: Path) -> None:
    script = textwrap.dedent(
        f"""
        import threading, time
        from pathlib import Path
        from workbench.engines.duckdb import IsolatedEngine, Interrupted
        engine = IsolatedEngine(Path({str(tmp_path / "spill")!r}), memory_mb=256, threads=1)
        engine.run("r", "select 1", (), timeout=60)

        def tell():
            while not engine._running:
                time.sleep(0.01)
            print("running", flush=True)

        try:
            threading.Thread(target=tell).start()
            engine.run("r", {ENDLESS!r}, (), timeout=60)
        except Interrupted as stop:
            print(stop.reason, engine.run("r", "select 5 as x", (), timeout=60).table.to_pylist(), flush=True)
        """
    )
    asking = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert asking.stdout is not None and asking.stdout.readline() == "running\n"
    time.sleep(0.3)
    asking.send_signal(signal.SIGINT)
    out, _ = asking.communicate(timeout=60)
    assert out == "keyboard [{'x': 5}]\n"


def test_a_forked_process_starts_its_own(engine: IsolatedEngine) -> None:
    assert run(engine, "select 1") == [(1,)]
    pid = os.fork()
    if pid == 0:
        good = run(engine, "select 2") == [(2,)]
        engine.close()
        os._exit(0 if good else 1)
    assert run(engine, "select 3") == [(3,)]
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert run(engine, "select 4") == [(4,)]


def test_rows_read_here_are_sent_there(engine: IsolatedEngine) -> None:
    rows = ArrowScan("silver", "rows", lambda: pa.table({"s": [{"a": 1}, None]}))
    assert engine.run("r", "select s.a from silver.rows", (rows,), timeout=30).table.to_pylist() == [{"a": 1}, {"a": None}]


def test_a_process_that_fell_out_of_step_is_asked_no_more(engine: IsolatedEngine, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("n\n" + "".join(f"{n}\n" for n in range(3_000_000)))
    column = CsvColumn("n", 1, "try_cast({x} AS BIGINT)", "{v}::VARCHAR <> {x}")
    load = CsvLoad(str(path), (column,), ",", '"', None, 1, str(tmp_path / "out"))

    def burst(share: float) -> None:
        raise RuntimeError(share)

    with pytest.raises(RuntimeError):
        engine.load("r", load, burst)
    assert [run(engine, f"select {n} as n") for n in range(3)] == [[(0,)], [(1,)], [(2,)]]


HOSTILE = [[1], {"error": "x"}, {"error": {"nonsense": 1}}, {"types": [], "cut": False}, {"number": 0, "types": []}, None]


@pytest.mark.parametrize("reply", HOSTILE, ids=str)
def test_a_hostile_reply_is_no_result(engine: IsolatedEngine, reply: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run(engine, "select 1")
    monkeypatch.setattr(child_module, "json", SimpleNamespace(loads=lambda _: copy.deepcopy(reply)))
    with pytest.raises(EngineError):
        engine.run("r", "select 1", (), timeout=30)
    monkeypatch.undo()
    assert run(engine, "select 2") == [(2,)]


def test_no_more_file_descriptors_is_an_error_that_passes(engine: IsolatedEngine, tmp_path: Path) -> None:
    run(engine, "select 1")
    engine.close()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        with pytest.raises(EngineError) as caught:
            run(engine, "select 1")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert caught.value.kind == "Crash" and list((tmp_path / "spill").iterdir()) == []
    assert run(engine, "select 1") == [(1,)]


def test_many_rows_are_mapped_from_a_file_that_goes_with_them(engine: IsolatedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = "select range as n, 'text ' || range as t, [range] as l, (['a', 'b'])[range % 2 + 1]::enum('a', 'b') as e from range(200000)"
    held = engine.run("run", sql, (), timeout=60).table
    monkeypatch.setattr(replies, "_IN_MEMORY", 1 << 20)
    before = pa.total_allocated_bytes()
    mapped = engine.run("run", sql, (), timeout=60).table
    assert mapped.nbytes > 5 << 20 and pa.total_allocated_bytes() - before < 2 << 20
    assert mapped.equals(held) and not list(engine.limits.spill.rglob("*.rows"))
    # The process goes on, and what is mapped stays readable when it has gone.
    assert run(engine, "select 1") == [(1,)]
    engine.close()
    assert mapped.slice(199_999).to_pylist() == [{"n": 199_999, "t": "text 199999", "l": [199_999], "e": "b"}]


def test_long_values_come_in_batches_of_few_bytes_and_not_more_of_them_than_can_be_shown(engine: IsolatedEngine) -> None:
    sql = "select repeat('x', 1000000) as t, range as n from range(100)"
    whole = engine.run("run", sql, (), timeout=60).table
    assert max(batch.nbytes for batch in whole.to_batches()) < 35_000_000
    assert whole["n"].to_pylist() == list(range(100)) and {len(text.as_buffer()) for text in whole["t"]} == {1_000_000}
    shown = engine.run("run", sql, (), limit=1000, timeout=60)
    assert shown.cut and MOST_BYTES < shown.table.nbytes < MOST_BYTES + 2_000_000


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is of Linux")
def test_no_room_for_the_rows_is_said_and_no_end(engine: IsolatedEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: object, **__: object) -> tuple[int, str]:
        link = tmp_path / "full"
        link.symlink_to("/dev/full")
        return os.open(link, os.O_WRONLY), str(link)

    with monkeypatch.context() as patch:
        patch.setattr(replies, "_IN_MEMORY", 1 << 20)
        patch.setattr(tempfile, "mkstemp", full)
        with pytest.raises(EngineError) as caught:
            engine.run("run", "select 'text ' || range as t from range(400000)", (), timeout=60)
    assert caught.value.subtype == NO_ROOM and not (tmp_path / "full").is_symlink()
    assert run(engine, "select 2") == [(2,)]


def test_values_are_counted_in_the_process(engine: IsolatedEngine, tmp_path: Path) -> None:
    table = pa.table({"x": pa.array([1, 2, None] * 10, pa.int64())})
    field = table.schema.field(0).with_metadata({"PARQUET:field_id": "1"})
    pq.write_table(table.cast(pa.schema([field])), tmp_path / "x.parquet")
    scan = FileScan("d", "x", (ScanColumn(1, "x", "BIGINT"),), (str(tmp_path / "x.parquet"),), "1")
    wanted = Tally(scan, table.schema, Spread(2, 5, "1"), 10, 10)
    parts: list[pa.Table] = []
    engine.tally("r", wanted, parts.append, timeout=60)
    (runs, _), (_, columns) = map(tallied, parts)
    assert runs is not None
    assert runs.tolist() == [1] * 5 + [3] * 5 + [5] * 5
    assert columns[0].values.to_pylist() == [1, 2, None]
    assert columns[0].counts.tolist() == [10] * 3
    assert columns[0].values.take(pa.array(columns[0].codes)).to_pylist()[:5] == table["x"].to_pylist()[5:10]
    # Who looks at a part fails with an error of its own, and the process answers the next request.
    before = engine._idle[0]
    with pytest.raises(ZeroDivisionError):
        engine.tally("r", wanted, lambda _: 1 // 0, timeout=60)
    assert run(engine, "select 3") == [(3,)] and engine._idle == [before]
