"""A load tells how far it is, stops when it is told to, and takes several files as one."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from loads import Loads

from workbench.app.services import Services
from workbench.core.errors import Cancelled, InvalidInput, UnreadableFile
from workbench.engines.readers import quick
from workbench.ingest import progress as progress_module
from workbench.ingest.gate import Gate
from workbench.ingest.progress import BETWEEN_SECONDS
from workbench.ingest.records import STEPS, LoadOptions, Progress


def small(folder: Path, name: str = "x.csv", first: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("a,b\n" + "".join(f"{n},t{n}\n" for n in range(first, first + 10)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About 60 MB: long enough to look at it and to stop it."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    block = "".join(f"{n},2026-01-{n % 28 + 1:02},text of row {n},{n / 7:.3f}\n" for n in range(100_000))
    with path.open("w", encoding="utf-8") as stream:
        stream.write("id,day,what,amount\n")
        for _ in range(14):
            stream.write(block)
    return path


def count(services: Services, name: str) -> int:
    return services.lake.plan(name).rows if services.lake.exists(name) else 0


def test_each_step_is_told_in_order(ingest: Loads, tmp_path: Path) -> None:
    told: list[Progress] = []
    ingest.ingest(small(tmp_path), progress=told.append)
    steps = list(dict.fromkeys(progress.step for progress in told))
    assert tuple(steps) == STEPS
    assert any(progress.rows == 10 for progress in told)


def test_a_short_load_leaves_no_events_of_its_progress_and_a_long_one_a_few(
    ingest: Loads, services: Services, tmp_path: Path, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patient:
        patient.setattr(progress_module, "QUIET_SECONDS", 60.0)  # what is short here
        short = ingest.ingest(small(tmp_path))
    assert not [e for e in services.log.events(run_id=short.run_id) if e.type == "run.progress"]

    def slow(progress: Progress) -> None:
        time.sleep(0.03)

    long = ingest.ingest(large, progress=slow)
    events = [e for e in services.log.events(run_id=long.run_id) if e.type == "run.progress"]
    assert events and {event.body["step"] for event in events} <= set(STEPS)
    run = services.log.get(long.run_id)
    assert run.ended_at is not None and run.started_at is not None
    assert len(events) <= (run.ended_at - run.started_at).total_seconds() / BETWEEN_SECONDS + 1


def test_progress_that_cannot_be_told_stops_nothing(ingest: Loads, tmp_path: Path) -> None:
    def broken(progress: Progress) -> None:
        raise ValueError("the screen is gone")

    assert ingest.ingest(small(tmp_path), progress=broken).rows == 10


@pytest.mark.parametrize("step", STEPS)
def test_a_load_stops_at_any_step_and_writes_nothing(ingest: Loads, services: Services, tmp_path: Path, step: str) -> None:
    reached: list[str] = []

    def stop() -> bool:
        return step in reached

    path = small(tmp_path)
    if step == "register":  # then it is committed, and what is left is done
        assert ingest.ingest(path, progress=lambda p: reached.append(p.step)).rows == 10
        return
    with pytest.raises(Cancelled):
        ingest.ingest(path, progress=lambda p: reached.append(p.step), stop=stop)
    assert services.lake.names() == () and not list(services.blobs)
    assert all(run.status == "cancelled" for run in services.log.list(kind="ingest"))
    assert ingest.ingest(path).rows == 10


def test_the_engine_is_stopped_at_once(ingest: Loads, services: Services, large: Path) -> None:
    stopped_at: list[float] = []
    begun = threading.Event()
    shares: list[float] = []

    def watch(progress: Progress) -> None:
        if progress.step == "parse":
            begun.set()
            shares.append(progress.share or 0)
        else:
            assert not begun.is_set(), "it went on to the next step"

    def stop() -> bool:
        if begun.is_set() and not stopped_at:
            stopped_at.append(time.monotonic())
        return bool(stopped_at)

    with pytest.raises(Cancelled):
        ingest.ingest(large, progress=watch, stop=stop)
    assert time.monotonic() - stopped_at[0] < 20
    assert max(shares) < 0.9 and not services.engine._running  # type: ignore[attr-defined]
    assert services.lake.names() == () and not list(services.blobs)
    assert services.log.list(kind="ingest")[0].status == "cancelled"


def test_a_reader_is_stopped_in_its_midst(ingest: Loads, services: Services, large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "LARGE_BYTES", 1 << 40)
    until = time.monotonic() + 1.0
    with pytest.raises(Cancelled):
        ingest.ingest(large, stop=lambda: time.monotonic() > until)
    assert time.monotonic() - until < 20
    assert services.lake.names() == () and not list(services.blobs)


def test_whatever_was_interrupted_it_is_the_load_that_is_told_to_be_stopped(
    ingest: Loads, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*words: object, **more: object) -> None:
        raise Cancelled("Profiling rows was stopped.", fix="Start it again when you want it.")

    monkeypatch.setattr(Gate, "look", interrupted)
    with pytest.raises(Cancelled, match="The load was stopped; nothing was written"):
        ingest.ingest(small(tmp_path))
    assert services.lake.names() == () and services.log.list(kind="ingest")[0].status == "cancelled"


def test_ctrl_c_stops_it_too(ingest: Loads, services: Services, large: Path) -> None:
    at: list[float] = []
    over = threading.Event()

    def insist() -> None:
        # A person presses again where one was lost: Python swallows those that come in a finaliser.
        while not over.wait(3 if at else 0.2):
            at.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

    def begun(progress: Progress) -> None:
        if progress.step == "parse" and not pressing.is_alive() and not at:
            pressing.start()

    pressing = threading.Thread(target=insist)
    try:
        ingest.ingest(large, progress=begun)
    except (KeyboardInterrupt, Cancelled):
        over.set()
    else:
        pytest.fail("it went on to its end")
    finally:
        over.set()
        pressing.join()
    assert time.monotonic() - at[0] < 20
    assert services.lake.names() == () and not list(services.blobs)
    assert services.log.list(kind="ingest")[0].status == "cancelled"
    assert not list((services.settings.state / "tmp").glob("ingest.*"))


def test_a_folder_is_one_load_of_a_commit_a_file(ingest: Loads, services: Services, tmp_path: Path) -> None:
    folder = tmp_path / "sales"
    for number in range(3):
        small(folder, f"{number}.csv", number * 10)
    report = ingest.ingest(folder)
    assert (report.dataset, report.files, report.rows, report.created) == ("bronze.sales", 3, 30, True)
    assert len(services.lake.snapshots("bronze.sales")) == 3
    run = services.log.get(report.run_id)
    assert len(run.inputs) == 3 and run.metrics["rows"] == 30 and len(services.log.list(kind="ingest")) == 1
    assert ingest.ingest(folder).unchanged
    small(folder, "3.csv", 30)
    again = ingest.ingest(folder, mode="append")
    assert (again.rows, again.unchanged) == (40, False) or again.rows == 10
    assert count(services, "bronze.sales") == 40


def test_files_of_one_content_are_counted_once_and_told_of(ingest: Loads, services: Services, tmp_path: Path) -> None:
    """Their rows were reported as stored, and were not there; `force` did not bring them."""
    folder = tmp_path / "sales"
    small(folder, "1.csv")
    small(folder, "2.csv", 10)
    for name in ("3.csv", "4.csv"):
        small(folder, name)
    report = ingest.ingest(folder)
    assert report.rows == services.log.get(report.run_id).metrics["rows"] == count(services, "bronze.sales") == 20
    assert [warning for warning in report.warnings if "very content of 1.csv" in warning] == list(report.warnings)
    assert [warning.partition(":")[0] for warning in report.warnings] == ["3.csv", "4.csv"]
    again = ingest.ingest(folder)
    assert (again.unchanged, again.rows) == (True, 20)
    forced = ingest.ingest(folder, name="all", force=True)
    assert forced.rows == count(services, "bronze.all") == 40 and not forced.warnings
    started = services.log.start("ingest", "ingest bronze.y", "ada")
    for _ in range(2):  # a worker that died is followed by another
        assert ingest.service.ingest(folder, LoadOptions(name="y", force=True), "ada", run_id=started.id).rows == 40
    assert count(services, "bronze.y") == 40


def test_a_file_that_is_refused_says_how_many_are_taken_and_a_rerun_goes_on(ingest: Loads, services: Services, tmp_path: Path) -> None:
    folder = tmp_path / "sales"
    small(folder, "1.csv")
    bad = folder / "2.csv"
    bad.write_text("a,b\nx,y,z\n1\n2,3,4,5\n")
    with pytest.raises((UnreadableFile, InvalidInput)) as caught:
        ingest.ingest(folder)
    assert caught.value.details["taken"] == 1 and "The file before it is taken" in (caught.value.fix or "")
    assert count(services, "bronze.sales") == 10
    small(folder, "2.csv", 10)
    assert ingest.ingest(folder).rows >= 10
    assert count(services, "bronze.sales") == 20


def test_what_the_place_says_becomes_columns(ingest: Loads, services: Services, tmp_path: Path) -> None:
    for month in (1, 2):
        # The same content in two months is not the same rows.
        small(tmp_path / "sales" / f"month={month}")
    report = ingest.ingest(tmp_path / "sales")
    assert dict(report.columns)["month"] in ("long", "int") and report.rows == 20
    assert sorted(services.lake.plan("bronze.sales", ["month"]).to_arrow().column(0).to_pylist()) == [1] * 10 + [2] * 10
    assert ingest.ingest(tmp_path / "sales").unchanged


def test_an_overwrite_by_several_files_replaces_once(ingest: Loads, services: Services, tmp_path: Path) -> None:
    ingest.ingest(small(tmp_path, "old.csv", 900), name="sales")
    folder = tmp_path / "new"
    small(folder, "1.csv")
    small(folder, "2.csv", 10)
    assert ingest.ingest(folder, name="sales", mode="overwrite").rows == 20
    assert count(services, "bronze.sales") == 20
    assert ingest.ingest(folder, name="sales", mode="overwrite").unchanged
    ingest.ingest(small(tmp_path, "more.csv", 500), name="sales", mode="append")
    assert not ingest.ingest(folder, name="sales", mode="overwrite").unchanged
    assert count(services, "bronze.sales") == 20


def test_a_queued_run_is_carried_out_under_its_id_and_again_without_doubling(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path, options = small(tmp_path), LoadOptions(name="x", force=True)
    run_id = services.log.queue("ingest", "ingest bronze.x", "ada")
    report = ingest.service.ingest(path, options, "ada", run_id=run_id)
    run = services.log.get(run_id)
    assert (report.run_id, run.status, run.attributes["report"]["rows"]) == (run_id, "succeeded", 10)
    started = services.log.start("ingest", "ingest bronze.y", "ada")
    for _ in range(2):  # a worker that died after the commit is followed by another
        report = ingest.service.ingest(path, LoadOptions(name="y", force=True), "ada", run_id=started.id)
        assert (report.rows, report.created, report.unchanged) == (10, True, False)
        assert services.log.get(started.id).status == "running", "its worker says how it ended"
    assert count(services, "bronze.y") == 10
