"""Small pipelines with real notebooks, a real worker and a real lake."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
import pytest

from tests import quick
from tests.quick import PRELOADED, Forked
from workbench.core.config import Settings, create_workspace_file, load_settings
from workbench.jobs.service import JobService
from workbench.pipelines.service import PipelineService
from workbench.runs.log import RunLog
from workbench.store import Store

Cells = list[str]
PRELOADED.append("tests.forked_worker")


def write_notebook(path: Path, cells: Cells, parameters: str | None = None) -> None:
    notebook = nbformat.v4.new_notebook()
    if parameters is not None:
        cell = nbformat.v4.new_code_cell(parameters)
        cell.metadata["tags"] = ["parameters"]
        notebook.cells.append(cell)
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in cells]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def processes_of(run_id: str, kind: str = "ks") -> list[int]:
    """The processes of a step: its kernel (``k``) and what executes the notebook (``s``), by the names they are shown under."""
    names = {f"{letter} {run_id[-12:]}" for letter in kind}
    return [process.pid for process in psutil.process_iter(["name"]) if process.info["name"] in names]


def maker(root: Path) -> Callable[..., Path]:
    """Writes ``notebooks/pipelines/<name>``: the YAML text, and a notebook for each entry (cells, with the parameters cell)."""

    def make(name: str, yaml: str, **notebooks: Cells | tuple[str, Cells]) -> Path:
        folder = root / "notebooks" / "pipelines" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pipeline.yaml").write_text(yaml)
        for step, cells in notebooks.items():
            if isinstance(cells, tuple):
                write_notebook(folder / f"{step}.ipynb", cells[1], cells[0])
            else:
                write_notebook(folder / f"{step}.ipynb", cells)
        return folder

    return make


@pytest.fixture
def make_pipeline(root: Path) -> Callable[..., Path]:
    return maker(root)


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
def jobs(settings: Settings, store: Store, log: RunLog) -> JobService:
    return JobService(settings, store, log)


@pytest.fixture
def pipelines(settings: Settings, jobs: JobService, log: RunLog) -> PipelineService:
    return PipelineService(settings, jobs, log)


@contextlib.contextmanager
def workers(settings: Settings) -> Iterator[Callable[[], Forked]]:
    """Starts workers, and ends them."""
    started: list[Forked] = []

    def start() -> Forked:
        started.append(quick.start_worker("--root", str(settings.root)))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()


@pytest.fixture
def start_worker(settings: Settings) -> Iterator[Callable[[], Forked]]:
    with workers(settings) as start:
        yield start


@dataclass(frozen=True)
class Place:
    """A workspace and what works in it."""

    settings: Settings
    store: Store
    log: RunLog
    jobs: JobService
    pipelines: PipelineService
    make: Callable[..., Path]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One workspace with a worker, for the tests that end neither."""
    root = tmp_path_factory.mktemp("shared") / "project"
    create_workspace_file(root, "shared")
    settings = load_settings(root, env={})
    store = Store(settings.store_url)
    store.migrate()
    log = RunLog(store)
    jobs = JobService(settings, store, log)
    with workers(settings) as start:
        start()
        yield Place(settings, store, log, jobs, PipelineService(settings, jobs, log), maker(root))
    store.close()


@pytest.fixture
def until() -> Callable[..., None]:
    def wait(condition: Callable[[], object], seconds: float = 60, every: float = 0.02) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(every)

    return wait
