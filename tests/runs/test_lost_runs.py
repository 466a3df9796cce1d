"""Runs whose process died."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import platform
import signal
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.patience import slower
from workbench.core.clock import from_iso, iso, now
from workbench.core.errors import StorageUnavailable, UnreadableFile
from workbench.runs import RunLog
from workbench.runs.process import process_alive, process_id, this_process
from workbench.store import Store
from workbench.store.tables import processes

fork = multiprocessing.get_context("fork")


def _start_and_hang(url: str, pipe: object) -> None:
    with RunLog(Store(url)).run("step", "x", "ada") as run:
        pipe.send(run.id)  # type: ignore[attr-defined]
        time.sleep(60)


@pytest.fixture
def orphan(store_url: str, store: Store) -> str:
    """The id of a run whose process was killed."""
    ours, theirs = fork.Pipe()
    child = fork.Process(target=_start_and_hang, args=(store_url, theirs))
    child.start()
    run_id = str(ours.recv())
    assert process_alive(RunLog(store).get(run_id))
    os.kill(child.pid or 0, signal.SIGKILL)
    child.join()
    return run_id


def test_a_run_whose_process_was_killed_is_found_and_failed_once(log: RunLog, orphan: str) -> None:
    with log.run("step", "x", "ada") as mine:
        assert [run.id for run in log.reconcile()] == [orphan]
        assert log.reconcile() == ()
        assert log.get(mine.id).status == "running"
    lost = log.get(orphan)
    assert (lost.status, lost.error and lost.error.code) == ("failed", "lost")


def test_a_killed_process_that_is_not_yet_reaped_counts_as_dead(log: RunLog) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # a zombie now
    with log.run("step", "x", "ada", attributes={"process": this_process() | {"pid": child}}) as run:
        assert not process_alive(log.get(run.id))
    os.waitpid(child, 0)


def test_a_reused_pid_and_another_boot_are_told_apart_and_another_host_is_left_alone(log: RunLog) -> None:
    cases = [({"born": "1"}, False), ({"boot": "another"}, False), ({"host": "elsewhere", "pid": 1}, True), ({}, True)]
    for change, expected in cases:
        with log.run("step", "x", "ada", attributes={"process": this_process() | change}) as run:
            assert process_alive(log.get(run.id)) is expected, change


def test_machines_of_one_name_that_share_a_store_do_not_look_for_each_others_processes(log: RunLog, store: Store) -> None:
    other = this_process() | {"boot": "another", "born": "1"}
    with log.run("step", "x", "ada", attributes={"process": other}) as run:
        assert process_alive(log.get(run.id), shared=True)
        assert not process_alive(log.get(run.id), silent=[process_id(other)], shared=True)
        # Where the store is one machine's, that was an earlier start of it.
        assert bool(log.reconcile()) is (store.path is not None)


def _run_elsewhere(url: str, pipe: object, life: float) -> None:
    platform.node = lambda: "elsewhere"
    with RunLog(Store(url), life).run("step", "x", "ada") as run:
        pipe.send(run.id)  # type: ignore[attr-defined]
        time.sleep(60)


def test_a_run_of_another_machine_is_lost_when_it_is_not_heard_of_for_too_long(store_url: str, store: Store, log: RunLog) -> None:
    life = 2 * slower()
    ours, theirs = fork.Pipe()
    child = fork.Process(target=_run_elsewhere, args=(store_url, theirs, life))
    child.start()
    run_id, first = str(ours.recv()), _expires(store)
    while _expires(store) == first:  # it says again that it lives
        assert log.reconcile() == ()
        time.sleep(0.05)
    os.kill(child.pid or 0, signal.SIGKILL)
    child.join()
    assert log.reconcile() == () and log.get(run_id).status == "running"
    while not (gone := log.reconcile()):
        assert iso(now()) < iso(from_iso(_expires(store)) + timedelta(seconds=5))
        time.sleep(0.05)
    error = log.get(run_id).error
    assert [run.id for run in gone] == [run_id] and error is not None
    assert (error.code, error.message) == ("lost", "The machine that ran it has not been heard of for minutes.")
    with store.write() as conn:
        conn.execute(update(processes).values(expires_at=iso(now() - timedelta(days=2))))
    assert log.reconcile() == ()
    with store.read() as conn:
        assert conn.execute(select(processes)).all() == []


def _expires(store: Store) -> str:
    with store.read() as conn:
        return str(conn.execute(select(processes.c.expires_at)).scalar_one())


def test_who_knows_more_decides(log: RunLog) -> None:
    with log.run("step", "x", "ada") as run:
        assert log.reconcile(lambda found: found.id == run.id) == ()
        log.reconcile(lambda found: False)
        assert log.get(run.id).status == "failed"
    # It had been given up too early: what it says itself counts more.
    assert (log.get(run.id).status, log.get(run.id).error) == ("succeeded", None)


def test_a_lost_run_is_taken_up_again(log: RunLog, orphan: str) -> None:
    log.reconcile()
    with log.run("step", "x", "ada", run_id=orphan):
        assert process_alive(log.get(orphan))
    assert log.get(orphan).status == "succeeded"


def test_what_was_ended_with_a_cancelled_run_is_cancelled(log: RunLog) -> None:
    above = log.start("step", "x", "ada")
    part = log.start("sql", "sql", "ada", parent_id=above.id)
    above.cancel("ada")
    assert [run.id for run in log.reconcile(lambda run: False)] == [part.id]
    assert (part.state().status, part.state().error) == ("cancelled", None)


def test_a_queued_run_is_nobodys_yet(log: RunLog) -> None:
    queued = log.queue("step", "x", "ada")
    assert log.reconcile(lambda run: False) == ()
    assert log.get(queued).status == "queued"


def test_a_run_that_failed_by_itself_keeps_its_own_error(log: RunLog) -> None:
    with pytest.raises(UnreadableFile), log.run("step", "x", "ada") as run:
        raise UnreadableFile("no")
    log.handle(run.id).succeed()
    assert log.get(run.id).status == "failed"


def test_an_end_that_a_full_disk_refused_is_written_when_there_is_room(tmp_path: Path) -> None:
    """Its process lives on, so nobody else would ever end it."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(tmp_path)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small file system")
    store = Store(f"sqlite:///{tmp_path / 'meta.db'}")
    try:
        store.migrate()
        log = RunLog(store)
        done, failed, other = (log.start("step", name, "ada") for name in ("done", "failed", "other"))
        with contextlib.suppress(OSError), (tmp_path / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(b"x" * 4096)
        with pytest.raises(StorageUnavailable):
            # What the journal still has room for may be written.
            for _ in range(1000):
                other.attributes(text="x" * 4096)
        with pytest.raises(StorageUnavailable):
            done.succeed()
        with pytest.raises(StorageUnavailable):
            failed.fail(UnreadableFile("It was torn."))
        (tmp_path / "filler").unlink()
        assert {log.get(run.id).status for run in (done, failed)} == {"running"}
        log.start("step", "next", "ada")
        assert [log.get(run.id).status for run in (done, failed, other)] == ["succeeded", "failed", "running"]
        assert len([event for event in log.events(run_id=done.id) if event.type == "run.succeeded"]) == 1
        log.reconcile()
        assert log.get(done.id).status == "succeeded"
    finally:
        store.close()
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_a_run_whose_events_come_together_leaves_nothing_to_be_heard_of_for(store: Store) -> None:
    log = RunLog(store)
    with store.write() as conn:
        run = log.start("sql", "sql", "ada", conn=conn)
    assert log._pulse._open == {run.id}
    with store.write() as conn:
        log.append_all(conn, run.id, [("run.metric", {"name": "rows", "value": 1.0}), ("run.succeeded", {"metrics": {}})])
    assert not log._pulse._open
