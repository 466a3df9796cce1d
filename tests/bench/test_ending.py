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
        yield Case("slow", lambda: subprocess.run(["sleep", "600"]), seconds=1)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_what_it_started_ends_with_it(tmp_path: Path, number: int) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "slow.py").write_text(BENCHMARK)
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
    assert bench.wait(30) == 130
    assert not psutil.pid_exists(int(pid))
    assert (tmp_path / "scratch-was-there").read_text() == "True"
    assert not Path(scratch).exists()
