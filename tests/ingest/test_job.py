"""A load on the durable queue: followed, cancelled, and taken up again after its worker was killed, without doubling a row."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests import quick
from tests.quick import PRELOADED, Forked
from workbench.app.local import LocalWorkspace
from workbench.app.services import Services
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.errors import Forbidden, NotFound
from workbench.core.principals import Principal
from workbench.ingest.job import AskedLoads
from workbench.ingest.records import LoadOptions, Progress
from workbench.ingest.sources.reach import Reach
from workbench.runs.records import TERMINAL

StartWorker = Callable[[], Forked]
PRELOADED += ["tests.forked_worker", "workbench.app.services"]


@pytest.fixture
def ws(services: Services) -> LocalWorkspace:
    return LocalWorkspace(services.settings, services=services)


def worker_of(services: Services) -> Forked:
    return quick.start_worker("--root", str(services.settings.root))


def stop(process: Forked) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


@pytest.fixture
def start_worker(services: Services) -> Iterator[StartWorker]:
    started: list[Forked] = []

    def start() -> Forked:
        started.append(worker_of(services))
        return started[-1]

    yield start
    for process in started:
        stop(process)


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorkspace]:
    """A workspace with a worker; it takes its time to start, so one serves several tests."""
    root = tmp_path_factory.mktemp("worked") / "project"
    create_workspace_file(root, "test")
    services = Services(load_settings(root, env={}))
    worker = worker_of(services)
    yield LocalWorkspace(services.settings, services=services)
    stop(worker)
    services.close()


def numbers(path: Path, rows: int, first: int = 0) -> Path:
    pq.write_table(pa.table({"id": np.arange(first, first + rows), "text": pa.repeat("x" * 40, rows)}), path)
    return path


def until(condition: Callable[[], object], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def ended(ws: LocalWorkspace, run_id: str) -> Callable[[], bool]:
    return lambda: ws.runs.get(run_id).status in TERMINAL


def test_a_load_is_carried_out_under_its_id_and_tells_how_far_it_is(worked: LocalWorkspace, tmp_path: Path) -> None:
    ws = worked
    run = ws.ingest.start(str(numbers(tmp_path / "numbers.parquet", 5_000)))
    assert (run.kind, run.job, run.params["dataset"]) == ("ingest", "ingest bronze.numbers", "bronze.numbers")
    with pytest.raises(NotFound, match="has no report"):
        ws.ingest.report(run.id)
    until(ended(ws, run.id))
    report = ws.ingest.report(run.id)
    assert (report.run_id, report.rows, report.created, report.unchanged) == (run.id, 5_000, True, False)
    assert report.dimensions and ws.dataset("numbers").read().num_rows == 5_000
    done = ws.runs.get(run.id)
    assert done.status == "succeeded" and [out.name for out in done.outputs] == ["bronze.numbers"] and done.inputs[0].kind == "file"
    steps = [Progress.model_validate(event.body).step for event in ws.runs.events(run.id) if event.type == "run.progress"]
    assert steps[0] == "detect" and steps[-1] in ("write", "register") and len(steps) >= 4
    assert [event.type for event in ws.runs.events(run.id)].count("run.started") == 1
    assert [path.name for path in AskedLoads(ws.settings.state).folder.iterdir()] == [f"{run.id}.done"]  # what was asked is forgotten


def test_what_goes_wrong_is_the_runs_error(worked: LocalWorkspace, tmp_path: Path) -> None:
    ws = worked
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 this is none")
    run = ws.ingest.start(str(tmp_path / "broken.parquet"))
    until(ended(ws, run.id))
    error = ws.runs.get(run.id).error
    assert error is not None and error.code == "unreadable_file" and error.fix
    with pytest.raises(NotFound, match="failed"):
        ws.ingest.report(run.id)
    with pytest.raises(NotFound, match="not known any more"):  # what it was asked may hold a password
        AskedLoads(ws.services.settings.state).of(run.id)


def test_a_queued_load_that_is_cancelled_never_starts(ws: LocalWorkspace, tmp_path: Path, start_worker: StartWorker) -> None:
    cancelled = ws.ingest.start(str(numbers(tmp_path / "a.parquet", 10)))
    ws.runs.cancel(cancelled.id)
    start_worker()
    after = ws.ingest.start(str(numbers(tmp_path / "b.parquet", 10)))
    until(ended(ws, after.id))
    assert ws.runs.get(cancelled.id).status == "cancelled"
    assert [dataset.name for dataset in ws.catalog.list()] == ["bronze.b"]


def test_a_load_that_is_cancelled_while_it_runs_writes_nothing(worked: LocalWorkspace, tmp_path: Path) -> None:
    ws = worked
    run = ws.ingest.start(str(numbers(tmp_path / "big.parquet", 6_000_000)))
    until(lambda: any(event.type == "run.progress" for event in ws.runs.events(run.id)))
    began = time.monotonic()
    ws.runs.cancel(run.id)
    assert ws.runs.get(run.id).status == "cancelled"
    after = ws.ingest.start(str(numbers(tmp_path / "small.parquet", 10)))
    until(ended(ws, after.id))
    assert time.monotonic() - began < 120
    names = [dataset.name for dataset in ws.catalog.list()]
    assert "bronze.small" in names and "bronze.big" not in names
    with pytest.raises(NotFound, match="cancelled"):
        ws.ingest.report(run.id)


@pytest.mark.timeout(600)
def test_a_load_whose_worker_was_killed_is_completed_by_the_next_one_and_nothing_is_doubled(
    ws: LocalWorkspace, tmp_path: Path, start_worker: StartWorker, scale: float
) -> None:
    rows, times = 400_000, max(2, int(20 * scale))
    worker = start_worker()
    for number in range(times):
        source = numbers(tmp_path / f"part{number}.parquet", rows, number * rows)
        run = ws.ingest.start(str(source), LoadOptions(name="all", mode="append"))
        until(lambda run=run: ws.runs.get(run.id).status != "queued")  # type: ignore[misc]
        time.sleep(random.uniform(0, 1.2))
        worker.kill()
        worker.wait()
        worker = start_worker()
        until(ended(ws, run.id))
        assert ws.runs.get(run.id).status == "succeeded", ws.runs.get(run.id).error
        report = ws.ingest.report(run.id)
        assert (report.run_id, report.rows, report.unchanged) == (run.id, rows, False)
    ids = ws.sql("select count(*) as n, count(distinct id) as ids from bronze.all").arrow().to_pylist()
    assert ids == [{"n": rows * times, "ids": rows * times}]


def test_a_load_that_a_process_carries_out_itself_is_never_taken_for_a_job(
    ws: LocalWorkspace, tmp_path: Path, start_worker: StartWorker
) -> None:
    """What a worker mends are jobs: a load in another process has no workflow, and is none of its business."""
    log = ws.services.log
    with log.run("ingest", "ingest bronze.mine", "ada") as run:
        start_worker()
        queued = ws.ingest.start(str(numbers(tmp_path / "n.parquet", 10)))
        until(ended(ws, queued.id))
        time.sleep(1)
        assert log.get(run.id).status == "running"
        assert [event.type for event in log.events(run_id=run.id)] == ["run.started"]


def test_a_load_that_was_done_when_its_worker_died_is_not_unknown(ws: LocalWorkspace, tmp_path: Path, start_worker: StartWorker) -> None:
    """Between the end of the work and the word of it."""
    run = ws.ingest.start(str(numbers(tmp_path / "n.parquet", 10)))
    AskedLoads(ws.settings.state).done(run.id, {"rows": 10})
    start_worker()
    until(ended(ws, run.id))
    assert (ws.runs.get(run.id).status, ws.runs.get(run.id).error) == ("succeeded", None)


def test_what_is_asked_stays_out_of_the_log(ws: LocalWorkspace, services: Services) -> None:
    source = "https://ada:hunter2@example.org/in/sales.csv?token=abc123"
    run = ws.ingest.start(source)
    told = " ".join(str(event.body) for event in ws.runs.events(run.id))
    assert "hunter2" not in told and "abc123" not in told and "example.org" in told
    asked = AskedLoads(services.settings.state)
    assert asked.of(run.id).source == source and (asked.folder / f"{run.id}.json").stat().st_mode & 0o077 == 0


def test_another_ones_upload_is_refused_before_it_is_queued(ws: LocalWorkspace, tmp_path: Path) -> None:
    staged = ws.ingest.stage(numbers(tmp_path / "n.parquet", 10))
    other = ws.as_principal(Principal(name="eve"))
    for call in (other.ingest.start, other.ingest.preview, other.ingest.load):
        with pytest.raises(NotFound):
            call(staged.source)
    assert other.runs.list() == ()


def test_who_calls_from_afar_queues_files_of_the_workspace_only(settings: object, services: Services, tmp_path: Path) -> None:
    afar = Services(services.settings, reach=Reach(services.settings.root))
    remote = LocalWorkspace(services.settings, services=afar)
    outside, inside = numbers(tmp_path / "n.parquet", 10), numbers(services.settings.root / "n.parquet", 10)
    for call in (remote.ingest.start, remote.ingest.preview, remote.ingest.load):
        with pytest.raises(Forbidden):
            call(str(outside))
        with pytest.raises(Forbidden):
            call(str(services.settings.state / "meta.db"))
    assert remote.ingest.preview(str(inside)).rows == 10
    run = remote.ingest.start("n.parquet")
    assert AskedLoads(services.settings.state).of(run.id).reach == "workspace"
    afar.close()
