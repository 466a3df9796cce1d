"""A benchmark that is ended from outside leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

BENCHMARK = """
import contextlib, os, subprocess
from pathlib import Path
from workbench.cli.bench import Case

@contextlib.contextmanager
def server(scratch):
    process = subprocess.Popen(["sleep", "600"], start_new_session=True)
    Path("told").write_text(f"{process.pid} {scratch}")
    try:
        yield
    finally:
        Path("scratch-was-there").write_text(str(scratch.is_dir()))
        process.kill()
        process.wait()

def cases(context):
    with server(context.scratch):
        yield Case("slow", {work}, seconds=1)
"""


SLEEP = 'lambda: subprocess.run(["sleep", "600"])'
QUERY = '__import__("duckdb").connect().sql("from range(100000000000) a, range(9) b select count(a.range % 7 = b.range)").fetchall'


@pytest.mark.parametrize(("number", "work"), [(signal.SIGTERM, SLEEP), (signal.SIGINT, QUERY), (signal.SIGHUP, SLEEP)])
def test_what_it_started_ends_with_it(tmp_path: Path, number: int, work: str) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "slow.py").write_text(BENCHMARK.replace("{work}", work))
    (tmp_path / "pyproject.toml").write_text("")
    told = tmp_path / "told"
    bench = subprocess.Popen([sys.executable, "-m", "workbench.cli", "bench", "slow"], cwd=tmp_path, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not (told.exists() and told.read_text()):
        assert time.monotonic() < deadline and bench.poll() is None
        time.sleep(0.05)
    pid, scratch = told.read_text().split(maxsplit=1)
    time.sleep(0.5)
    os.kill(bench.pid, number)
    assert bench.stderr is not None and (bench.wait(30), bench.stderr.read().strip()) == (130, b"Interrupted.")
    assert not psutil.pid_exists(int(pid))
    assert (tmp_path / "scratch-was-there").read_text() == "True"
    assert not Path(scratch).exists()
