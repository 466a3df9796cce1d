"""Pipelines beside Papermill's command line, ploomber-engine and Elyra's local runner.

A worker runs as it does for a person, with two kernels that wait. The peers start a process for each notebook, as their commands do.
ploomber-engine and Elyra live in a virtual environment of their own outside the tree: name its Python in
``WORKBENCH_BENCH_PIPELINE_PEERS`` (``python -m venv /tmp/peers && /tmp/peers/bin/pip install ploomber-engine elyra ipykernel pandas``).
Submissions are timed on PostgreSQL, too, where ``WORKBENCH_BENCH_POSTGRESQL`` names a server whose user may make databases
(``postgresql+psycopg://user:password@127.0.0.1:5432/postgres``).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from workbench.cli.bench import Case, Context
from workbench.core.config import Settings, create_workspace_file, load_settings
from workbench.jobs.service import JobService
from workbench.pipelines.service import PipelineService
from workbench.pipelines.snapshot import notebook_file
from workbench.runs.log import RunLog
from workbench.runs.records import TERMINAL, Run
from workbench.store import Store

sys.path.insert(0, str(Path(__file__).parent))

from _pipeline_peers import cells_seconds, elyra, notebook_of, papermill, peers, ploomber

STEPS = 20
ONE = ["1 + 1"]
PANDAS = ["import pandas as pd", "pd.DataFrame({'n': [1, 2]}).sum()"]
LARGE = ["print('x' * 200_000)"] * 100
SUBMITTED = 200


class Stage:
    """A workspace with a worker, and its pipelines: ``one``, ``chain`` of 20 steps, ``large``, and ``free``, which has nothing to do."""

    def __init__(self, root: Path) -> None:
        create_workspace_file(root, "bench")
        self.settings: Settings = load_settings(root)
        self.store = Store(self.settings.store_url)
        self.store.migrate()
        self.log = RunLog(self.store)
        self.pipelines = PipelineService(self.settings, JobService(self.settings, self.store, self.log), self.log)
        self._make("one", ONE, 1)
        self._make("chain", PANDAS, STEPS)
        self._make("large", LARGE, 1)

    def _make(self, name: str, cells: list[str], steps: int) -> None:
        folder = self.settings.root / "notebooks" / "pipelines" / name
        folder.mkdir(parents=True)
        notebook_of(folder / "step.ipynb", cells)
        lines = [f"  - {{name: s{at}, notebook: step.ipynb" + (f", needs: [s{at - 1}]}}" if at else "}") for at in range(steps)]
        (folder / "pipeline.yaml").write_text("\n".join(["steps:", *lines]))

    def run(self, name: str) -> tuple[Run, tuple[Run, ...]]:
        """One run and its steps, from submission to its end."""
        queued = self.pipelines.run(name).run
        while (found := self.log.get(queued.id)).status not in TERMINAL:
            time.sleep(0.001)
        assert found.status == "succeeded", found.error
        return found, tuple(self.log.get(step.id) for step in self.log.list(parent_id=found.id))

    def beside_its_cell(self) -> float:
        """Seconds that a step of one cell takes, less those of its cell."""
        (step,) = self.run("one")[1]
        assert step.started_at
        assert step.ended_at
        return (step.ended_at - step.started_at).total_seconds() - cells_seconds(notebook_file(self.settings, step))

    def submit(self) -> tuple[float, float]:
        """95 of 100 submissions, and starts after them while a slot is free, take at most so many seconds."""
        submitted, started = [], []
        for _ in range(SUBMITTED):
            began = time.perf_counter()
            queued = self.pipelines.run("one").run
            submitted.append(time.perf_counter() - began)
            while (found := self.log.get(queued.id)).status not in TERMINAL:
                time.sleep(0.005)
            (step,) = self.log.list(parent_id=found.id)
            assert found.queued_at
            assert step.started_at
            started.append((step.started_at - found.queued_at).total_seconds())
        at = int(SUBMITTED * 0.95)
        return sorted(submitted)[at], sorted(started)[at]


@contextlib.contextmanager
def _worker(settings: Settings) -> Iterator[psutil.Process]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "workbench.jobs.worker", "--root", str(settings.root)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _pool(worker: psutil.Process) -> list[psutil.Process]:
    """The fork server and what waits in it."""
    servers = [child for child in worker.children() if any("forkserver" in word for word in child.cmdline())]
    return [process for server in servers for process in (server, *server.children())]


def _idle(worker: psutil.Process, settled: float = 3.0) -> str:
    """What the pool costs while nobody needs it, and what a kernel costs to make."""
    time.sleep(settled)
    server, *kernels = _pool(worker)
    # Pages that several of them share count in parts.
    memory = [process.memory_full_info().pss / 1e6 for process in (server, *kernels)]
    spent = [sum(kernel.cpu_times()[:2]) for kernel in kernels]
    line = f"two kernels wait: {sum(memory):.0f} MB in all ({memory[0]:.0f} of the process they are forked from); "
    return line + f"a kernel takes {max(spent) * 1000:.0f} ms of processor time to make"


def _settled() -> None:
    time.sleep(1.0)


def cases(context: Context) -> Iterator[Case]:
    """Must show 1 and the embedded part of 2 of the pipelines issue."""
    stage = Stage(context.scratch / "project")
    folder = context.scratch / "peers"
    folder.mkdir()
    one, chain, large = (
        notebook_of(folder / f"{name}.ipynb", cells) for name, cells in (("one", ONE), ("chain", PANDAS), ("large", LARGE))
    )
    commands = peers()

    def beside_papermills_cell() -> float:
        began = time.perf_counter()
        papermill(one)
        return time.perf_counter() - began - cells_seconds(folder / "papermill-0.ipynb")

    with _worker(stage.settings) as worker:
        stage.run("one")
        note = _idle(worker)
        beside = "a step of one cell, beside the cell"
        yield Case(beside, stage.beside_its_cell, beside_papermills_cell, "papermill", ratio=1.0, seconds=0.1, before=_settled, note=note)
        name = f"{STEPS} steps that import pandas"
        yield Case(name, lambda: _run(stage, "chain"), lambda: papermill(chain, STEPS), "papermill", ratio=0.5, pairs=3)
        if commands is None:
            context.say("ploomber-engine and Elyra are not compared: WORKBENCH_BENCH_PIPELINE_PEERS names no Python that has them\n")
        else:
            runs = elyra(commands, chain, STEPS)
            yield Case(name, lambda: _run(stage, "chain"), lambda: ploomber(commands, chain, STEPS), "ploomber-engine", ratio=1.0, pairs=2)
            yield Case(name, lambda: _run(stage, "chain"), runs, "Elyra's local runner", ratio=1.0, pairs=2)
        yield Case(
            "100 cells of 200 kB", lambda: _run(stage, "large"), lambda: papermill(large), "papermill", ratio=1.0, seconds=3.0, pairs=3
        )
        yield from _submissions(stage, "SQLite")
    server = os.environ.get("WORKBENCH_BENCH_POSTGRESQL")
    if server is None:
        context.say("PostgreSQL is left out: WORKBENCH_BENCH_POSTGRESQL names no server\n")
        return
    with _database(server, "store") as store, _database(server, "jobs") as jobs, _environment(store, jobs):
        stage = Stage(context.scratch / "on-postgresql")
        with _worker(stage.settings) as worker:
            stage.run("one")
            _idle(worker)
            yield from _submissions(stage, "PostgreSQL")
        stage.store.close()


def _submissions(stage: Stage, store: str) -> Iterator[Case]:
    submitted, started = stage.submit()
    yield Case(f"95 of 100 submissions take at most, on {store}", lambda: submitted, seconds=0.02, pairs=1)
    yield Case(f"95 of 100 begin, a slot free, within, on {store}", lambda: started, seconds=0.05, pairs=1)


@contextlib.contextmanager
def _database(server: str, called: str) -> Iterator[str]:
    """A database of the server for as long as the block lasts."""
    import psycopg

    name = f"workbench_bench_{called}_{os.urandom(4).hex()}"
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield server.rsplit("/", 1)[0] + f"/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def _environment(store: str, jobs: str) -> Iterator[None]:
    """Workspaces that are opened in the block, and workers, keep their store and jobs there."""
    said = {"WORKBENCH_STORE_URL": store, "WORKBENCH_JOBS_URL": jobs}
    os.environ |= said
    try:
        yield
    finally:
        for name in said:
            del os.environ[name]


def _run(stage: Stage, name: str) -> None:
    stage.run(name)
