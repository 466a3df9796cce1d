"""Whom a worker takes over, told from the register alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from workbench.core.clock import iso, now
from workbench.core.config import Settings
from workbench.jobs import overview
from workbench.jobs import workers as module
from workbench.jobs.processes import Process
from workbench.jobs.service import JobService
from workbench.jobs.worker import Worker
from workbench.jobs.workers import Register
from workbench.runs.log import RunLog
from workbench.store import Store
from workbench.store.tables import workers


@pytest.mark.parametrize(("facts", "shared", "alone"), [({}, True, True), ({"boot": "another"}, False, True), ({"boot": None}, True, True)])
def test_a_worker_of_a_machine_of_the_same_name_is_left_alone_while_it_is_heard_of(
    store: Store, facts: dict[str, Any], shared: bool, alone: bool
) -> None:
    mine, other = Register(store, "a-1", "a", 60), Register(store, "a-2", "a", 60)
    other.enter()
    with store.write() as conn:
        info = {
            name: value
            for name, value in (json.loads(conn.execute(select(workers.c.info)).scalar_one()) | facts).items()
            if value is not None
        }
        conn.execute(update(workers).values(info=json.dumps(info)))
    # Of our own name on our own machine it is an earlier incarnation; a record without a boot is older than that fact.
    assert [one.id for one in mine.dead()] == (["a-2"] if (shared if store.path is None else alone) else [])
    other.leave()
    assert [(one.id, one.here) for one in mine.dead()] == [("a-2", shared if store.path is None else alone)]


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=1), timedelta(hours=-1)])
def test_who_is_silent_is_told_by_no_clock_that_may_differ(store: Store, monkeypatch: pytest.MonkeyPatch, ahead: timedelta) -> None:
    passed = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: passed)
    mine, other = Register(store, "a-1", "a", 5), Register(store, "b-1", "b", 5)
    other.enter()

    def later(seconds: float, *, beats: bool) -> list[str]:
        nonlocal passed
        passed += seconds
        if beats:
            at = iso(now() - ahead + timedelta(seconds=passed))  # by its own clock
            with store.write() as conn:
                conn.execute(update(workers).where(workers.c.id == "b-1").values(heartbeat_at=at))
        return [one.id for one in mine.dead()]

    monkeypatch.setattr(module, "now", lambda: now() + timedelta(seconds=passed))
    assert [later(2, beats=True) for _ in range(10)] == [[]] * 10
    # Whoever was heard of since the last look lives, also where that look was long ago: we waited for the store ourselves.
    assert later(6, beats=True) == [] and later(2, beats=True) == []
    assert later(2, beats=False) == [] and later(4, beats=False) == ["b-1"]
    # Who was silent itself, with the others, gives them time.
    assert later(2, beats=True) == later(60, beats=False) == later(2, beats=True) == []


@pytest.mark.parametrize(
    ("host", "ago", "alive"), [("elsewhere", 50, True), ("elsewhere", 70, False), ("here", 50, False), ("here", 2, True)]
)
def test_whether_a_worker_of_another_machine_lives_is_told_with_the_patience_that_clocks_need(
    settings: Settings, jobs: JobService, store: Store, log: RunLog, host: str, ago: int, alive: bool
) -> None:
    register = Register(store, "a-1", "a", settings.jobs.dead_after_seconds)
    if host == "elsewhere":
        register.machine = {"host": "elsewhere", "boot": "another"}
    register.enter()
    with store.write() as conn:
        conn.execute(update(workers).values(heartbeat_at=iso(now() - timedelta(seconds=ago))))
    assert jobs.workers_alive() is alive
    jobs.submit("stages", "x", {}, "ada")
    assert [each.status for each in overview.workers(settings, store, log)] == ["alive" if alive else "silent"]
    assert ("none runs" in overview.queue(settings, store, log, 10)[0].waits_for) is not alive


def test_a_copy_of_a_workspace_leaves_the_workers_of_the_original_alone(tmp_path: Path) -> None:
    """They live, and their numbers and names stand in the copied register, too."""
    first = Store(f"sqlite:///{tmp_path}/first/meta.db")
    first.migrate()
    Register(first, "a-1", "worker", 5, tmp_path / "first").enter()
    first.close()
    shutil.copytree(tmp_path / "first", tmp_path / "copy")
    (tmp_path / "first").rename(tmp_path / "moved")
    for name, dead in (("copy", []), ("moved", [("a-1", True)])):
        store = Store(f"sqlite:///{tmp_path}/{name}/meta.db")
        register = Register(store, "a-2", "worker", 5, tmp_path / name)
        assert [(one.id, one.here) for one in register.dead()] == dead
        store.close()


def test_workers_of_one_name_in_two_folders_with_one_store_leave_each_other_alone(store: Store, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    one, two = (Register(store, f"worker-{folder.name}", "worker", 60, folder) for folder in folders)
    one.enter()
    two.enter()
    assert one.dead() == two.dead() == []
    again = Register(store, "worker-again", "worker", 60, folders[0])
    assert [each.id for each in again.dead()] == ["worker-one"]


def test_a_heart_beats_on_whatever_is_wrong_with_others(
    settings: Settings, store: Store, log: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(settings, store, log, "a")
    worker.register.enter()
    beats = []

    def dead() -> list[Any]:
        beats.append(1)
        if len(beats) == 3:
            worker._stopping.set()
        raise ProcessLookupError("it has just ended, or is another user's")

    monkeypatch.setattr(worker.register, "dead", dead)
    monkeypatch.setattr(
        worker, "settings", settings.model_copy(update={"jobs": settings.jobs.model_copy(update={"heartbeat_seconds": 0.01})})
    )
    worker._beat()
    assert len(beats) == 3


def test_a_process_is_the_same_whatever_the_clock_is_set_to(monkeypatch: pytest.MonkeyPatch) -> None:
    # psutil tells when a process was started by when the machine was, which moves with the clock.
    from psutil import _psplatform

    mine = Process.of(os.getpid())
    assert mine is not None and mine.alive()
    written = mine.to_json()
    booted = _psplatform.boot_time()
    monkeypatch.setattr(_psplatform, "boot_time", lambda: booted + 3600)
    assert mine.alive()
    assert (read := Process.from_json_or_none(written)) is not None and read.alive()
    # What an older version has written says no more than that.
    del written["born"]
    assert (old := Process.from_json_or_none(written)) is not None and not old.alive()
    monkeypatch.undo()
    assert old.alive()
    assert not Process(mine.pid, mine.started, mine.born + "1").alive()
    with subprocess.Popen(["true"]) as ended:
        pass
    assert Process.of(ended.pid) is None
