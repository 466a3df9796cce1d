"""Files are read in a process of their own: what one does to its reader is told, and hurts nobody else."""

import os
import signal
import threading
import time
from pathlib import Path

import pyarrow as pa
import pytest

from workbench.core.errors import Cancelled, TooLarge, UnreadableFile
from workbench.engines.duckdb import IsolatedEngine
from workbench.engines.readers import Request, open_source

ROWS = 60_000


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    made = IsolatedEngine(tmp_path_factory.mktemp("spill"), memory_mb=256, threads=1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def lines(tmp_path_factory) -> Path:
    """Rows enough that their reader is at work for a while; two do not parse."""
    path = tmp_path_factory.mktemp("files") / "lines.ndjson"
    with path.open("w", encoding="utf-8") as out:
        for number in range(ROWS):
            out.write(f'{{"id": {number}, "name": "{number:x}", "when": "2026-01-{number % 28 + 1:02}", "in": {{"a": [{number}]}}}}\n')
        out.write('{"id": 1, "name": \n{"id": 2 "name": "x"}\n')
    return path


def asked(path: Path, scratch: Path, opener=None, **more) -> Request:
    scratch.mkdir(parents=True, exist_ok=True)
    return Request(path, path.name, scratch, {}, opener=opener, **more)


def reader_of(engine: IsolatedEngine):
    """The process that is lent."""
    (child,) = engine._lent
    return child


def test_what_is_read_there_is_what_is_read_here(engine, lines, tmp_path):
    here = open_source(asked(lines, tmp_path / "here"))
    with engine.reading("r") as opener:
        there = open_source(asked(lines, tmp_path / "there", opener))
        for name in ("format", "schema", "originals", "warnings", "reading", "seen", "customs", "rows", "left_out", "complete", "sheets"):
            assert getattr(there, name) == getattr(here, name), name
        for _ in range(2):  # it can be read again and again
            assert there.reader().read_all().equals(here.reader().read_all())
            assert there.rejected == here.rejected == 2
            assert there.rejects().equals(here.rejects())


def test_a_look_takes_no_more_than_it_wants(engine, lines, tmp_path):
    with engine.reading("r") as opener:
        source = open_source(asked(lines, tmp_path / "look", opener))
        first = next(source.batches())
        other = open_source(asked(lines, tmp_path / "other", opener))
        assert next(other.batches()).equals(first)
        assert source.reader().read_all().num_rows == ROWS


def test_the_process_serves_again_afterwards(engine, lines, tmp_path):
    with engine.reading("r") as opener:
        open_source(asked(lines, tmp_path / "one", opener))
        first = reader_of(engine)
    with engine.reading("r") as opener:
        open_source(asked(lines, tmp_path / "two", opener))
        assert reader_of(engine) is first
    assert not engine._lent


def test_a_refusal_comes_in_the_readers_words(engine, tmp_path):
    path = tmp_path / "broken.parquet"
    path.write_bytes(b"PAR1" + b"\0" * 100 + b"PAR1")
    with pytest.raises(UnreadableFile) as here:
        open_source(asked(path, tmp_path / "here"))
    with engine.reading("r") as opener, pytest.raises(UnreadableFile) as there:
        open_source(asked(path, tmp_path / "there", opener))
    assert there.value.to_body() == here.value.to_body()


def test_what_the_system_refuses_is_its_error(engine, tmp_path):
    with engine.reading("r") as opener, pytest.raises(FileNotFoundError):
        open_source(asked(tmp_path / "none.csv", tmp_path / "scratch", opener))


def test_a_file_that_breaks_its_reader_breaks_nothing_else(engine, lines, tmp_path):
    with engine.reading("r") as opener:
        source = open_source(asked(lines, tmp_path / "one", opener))
        batches = source.batches()
        next(batches)
        os.kill(reader_of(engine)._process.pid, signal.SIGSEGV)
        with pytest.raises(UnreadableFile, match=r"lines\.ndjson broke the program that reads it"):
            list(batches)
        # The next file of the same load has another process.
        assert open_source(asked(lines, tmp_path / "two", opener)).reader().read_all().num_rows == ROWS
    assert engine.run("q", "SELECT 1 AS one", (), timeout=10).table.column("one").to_pylist() == [1]


def test_a_reader_that_the_system_kills_is_told_as_a_statement_that_it_kills(engine, lines, tmp_path):
    with engine.reading("r") as opener:
        batches = open_source(asked(lines, tmp_path / "one", opener)).batches()
        next(batches)
        os.kill(reader_of(engine)._process.pid, signal.SIGKILL)
        with pytest.raises(TooLarge, match=r"Reading lines\.ndjson: the process was killed, most often because memory ran out"):
            list(batches)


def test_who_takes_too_much_memory_is_ended(lines, tmp_path):
    engine = IsolatedEngine(tmp_path / "spill", memory_mb=64, threads=1)
    few = tmp_path / "few.csv"
    few.write_text("a,b\n1,2\n")
    try:
        with engine.reading("r") as opener:
            open_source(asked(few, tmp_path / "few", opener))
            engine.ceiling_mb = most = reader_of(engine).memory_mb() - 10
            with pytest.raises(TooLarge, match=rf"Reading lines\.ndjson takes more memory than the {most} MB"):
                open_source(asked(lines, tmp_path / "files", opener))
    finally:
        engine.close()


def test_reading_is_stopped_at_once(engine, lines, tmp_path):
    with engine.reading("mine") as opener:
        stopping = threading.Timer(0.3, lambda: engine.interrupt("mine"))
        stopping.start()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            while time.monotonic() - began < 30:
                for _ in open_source(asked(lines, tmp_path / str(time.monotonic()), opener)).batches():
                    pass
        assert time.monotonic() - began < 5


def test_an_answer_that_takes_too_long_is_given_up(engine, lines, tmp_path):
    with engine.reading("r", 0.05) as opener, pytest.raises(TooLarge, match=r"Reading lines\.ndjson took more than 0\.05 seconds"):
        open_source(asked(lines, tmp_path / "files", opener))


def test_a_block_that_is_left_while_a_thread_still_waits_ends_the_process(engine, lines, tmp_path):
    failed: list[Exception] = []

    def left_behind() -> None:
        try:
            open_source(asked(lines, tmp_path / "files", opener))
        except Exception as error:
            failed.append(error)

    with engine.reading("r") as opener:
        thread = threading.Thread(target=left_behind)
        thread.start()
        while not engine._lent:
            time.sleep(0.01)
        time.sleep(0.1)
        process = reader_of(engine)
    thread.join(5)
    assert not thread.is_alive()
    assert isinstance(failed[0], Cancelled)
    assert not process.alive()
    assert not engine._lent


def test_a_source_that_outlives_its_block_asks_nobody(engine, lines, tmp_path):
    with engine.reading("r") as opener:
        source = open_source(asked(lines, tmp_path / "files", opener))
    with pytest.raises(Cancelled, match="Reading files is over"):
        next(source.batches())
    with pytest.raises(Cancelled, match="Reading files is over"):
        open_source(asked(lines, tmp_path / "more", opener))


def test_types_of_arrows_own_come_through(engine, tmp_path):
    import uuid

    table = pa.table(
        {
            "id": pa.array([uuid.uuid4().bytes for _ in range(3)], pa.uuid()),
            "tags": pa.array([["a"], None, []], pa.list_(pa.string())),
            "map": pa.array([[("k", 1)], None, []], pa.map_(pa.string(), pa.int64())),
        }
    )
    path = tmp_path / "types.arrow"
    with pa.ipc.new_file(path, table.schema) as out:
        out.write_table(table)
    here = open_source(asked(path, tmp_path / "here")).reader().read_all()
    with engine.reading("r") as opener:
        there = open_source(asked(path, tmp_path / "there", opener)).reader().read_all()
    assert there.schema.equals(here.schema, check_metadata=True)
    assert there.equals(here)
