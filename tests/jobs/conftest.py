"""Real workers: processes of their own on a workspace of their own, with a kind of job that needs no kernel.

They are forked, thirty of them; ``test_supervisor.py`` starts them as a person does.
"""

from __future__ import annotations

import json
import os
import signal
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import quick
from tests.patience import wait_until
from tests.quick import PRELOADED, Forked
from workbench.core.config import Settings
from workbench.jobs import down
from workbench.jobs.service import JobService
from workbench.runs.log import RunLog
from workbench.store import Store

PRELOADED.append("tests.forked_worker")

# A third party's kind of job: each stage writes a line when it begins, waits, and writes another.
STAGES = """
import os, time
from pathlib import Path
from workbench.core.errors import StoreUnreachable
from workbench.jobs.context import JobContext

def note(path, text):
    with open(path, "a") as file:
        file.write(text + "\\n")

def stage(context, index):
    path = Path(context.settings.root) / "notes.txt"
    note(path, f"begin {index} {os.getpid()}")
    until = time.monotonic() + context.run.params.get("seconds", 0)
    while time.monotonic() < until:
        context.check()
        time.sleep(0.01)
    away(context, index)
    note(path, f"end {index} {os.getpid()}")
    return index * 10

def away(context, where):
    # The store, as long as a file says so.
    if context.run.params.get("away") == where and (Path(context.settings.root) / "away").exists():
        raise StoreUnreachable("It was shut down.")

def execute(context: JobContext):
    points = [context.checkpoint(f"stage {i}") for i in range(context.run.params.get("stages", 3))]
    if context.run.params.get("fail"):
        raise ValueError("a detail that is nobody's business")
    results = [point(stage, context, index) for index, point in enumerate(points)]
    away(context, "outside")
    return {"results": results}
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The kind ``stages``, installed as a third party's package would be."""
    folder = tmp_path / "site"
    package = folder / "stages_plugin-1.0.dist-info"
    package.mkdir(parents=True)
    (folder / "stages_plugin.py").write_text(textwrap.dedent(STAGES))
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: stages-plugin\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[workbench.run_kinds]\nstages = stages_plugin:execute\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
    return folder


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    found = Store(settings.store_url)
    found.migrate()
    yield found
    found.close()


@pytest.fixture
def log(store: Store) -> RunLog:
    return RunLog(store)


@pytest.fixture
def jobs(settings: Settings, store: Store, log: RunLog, plugin: Path) -> JobService:
    return JobService(settings, store, log)


@pytest.fixture
def start_worker(settings: Settings, plugin: Path) -> Iterator[Callable[..., Forked]]:
    """Starts a worker process and waits until it is ready."""
    started: list[Forked] = []

    def start(name: str = "worker", **environment: str) -> Forked:
        process = quick.start_worker("--root", str(settings.root), "--name", name, **environment)
        started.append(process)
        ready = settings.state / "run" / f"{name}.json"
        wait_until(lambda: (ready.exists() and json.loads(ready.read_text())["pid"] == process.pid) or process.poll() is not None)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.fixture
def supervised(settings: Settings, plugin: Path) -> Iterator[Settings]:
    """A workspace whose supervisor, if a test starts one, is gone afterwards."""
    yield settings
    down(settings, grace=5)


@pytest.fixture
def until() -> Callable[..., None]:
    return wait_until
