"""A job is carried out once, whatever happens to the workers."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from typing import Any, cast

import pytest
from sqlalchemy import select, update

from tests.quick import Forked
from workbench.core.config import Settings
from workbench.core.errors import Fenced, InvalidInput, RunNotFound
from workbench.core.ids import new_id
from workbench.governance.users import UserService
from workbench.jobs import fences
from workbench.jobs.context import RunState
from workbench.jobs.reconcile import reconcile
from workbench.jobs.service import Child, JobService
from workbench.runs.log import RunLog
from workbench.runs.records import TERMINAL
from workbench.store import Store
from workbench.store.tables import job_requests, workers

Start = Callable[..., Forked]
Until = Callable[..., None]


def notes(settings: Settings) -> list[str]:
    path = settings.root / "notes.txt"
    return path.read_text().splitlines() if path.exists() else []


def ended(log: RunLog, run_id: str) -> Callable[[], bool]:
    return lambda: log.get(run_id).status in TERMINAL


def test_job_of_a_third_partys_kind_is_carried_out(
    jobs: JobService, log: RunLog, settings: Settings, start_worker: Start, until: Until
) -> None:
    start_worker()
    run_id = jobs.submit("stages", "three", {"stages": 3}, "ada")
    assert jobs.status(run_id).status == "queued"
    until(ended(log, run_id))
    run = log.get(run_id)
    assert (run.status, run.attributes["results"], run.principal) == ("succeeded", [0, 10, 20], "ada")
    assert Counter(line.split()[0] for line in notes(settings)) == {"begin": 3, "end": 3}


def test_unknown_kind_is_refused_at_submission(jobs: JobService) -> None:
    with pytest.raises(InvalidInput, match="'stage'") as raised:
        jobs.submit("stage", "x", {}, "ada")
    assert "'stages'" in str(raised.value)


def test_repeated_key_submits_once(jobs: JobService, log: RunLog) -> None:
    first = jobs.submit("stages", "x", {}, "ada", key="monday")
    assert jobs.submit("stages", "x", {}, "ada", key="monday") == first
    assert jobs.submit("stages", "x", {}, "ada", key="tuesday") != first
    assert log.count() == 2


def test_failure_nobody_foresaw_shows_no_detail(jobs: JobService, log: RunLog, start_worker: Start, until: Until) -> None:
    start_worker()
    run_id = jobs.submit("stages", "x", {"fail": True}, "ada")
    until(ended(log, run_id))
    error = log.get(run_id).error
    assert error is not None
    assert error.code == "internal"
    assert "nobody's business" not in error.message
    assert error.fix


@pytest.mark.parametrize("fail", [False, True])
def test_how_a_job_ended_is_recorded_when_the_store_takes_it_again(
    jobs: JobService, log: RunLog, settings: Settings, store: Store, start_worker: Start, until: Until, fail: bool
) -> None:
    # As with a disk that is full for a while.
    when = "NEW.type IN ('run.succeeded', 'run.failed')"
    trigger = f"CREATE TRIGGER full BEFORE INSERT ON run_events WHEN {when} BEGIN SELECT RAISE(ABORT, 'full'); END"
    with closing(sqlite3.connect(settings.state / "meta.db")) as conn:
        conn.execute(trigger)
        start_worker()
        run_id = jobs.submit("stages", "x", {"stages": 1, "fail": fail}, "ada")
        until(lambda: log.get(run_id).status == "running" and (fail or len(notes(settings)) == 2))
        time.sleep(1)
        assert log.get(run_id).status == "running"
        conn.execute("DROP TRIGGER full")
        conn.commit()
    until(ended(log, run_id))
    assert log.get(run_id).status == ("failed" if fail else "succeeded")
    assert Counter(line.split()[0] for line in notes(settings)) == ({} if fail else {"begin": 1, "end": 1})


@pytest.mark.parametrize("where", [1, "outside"])
def test_a_job_goes_on_when_the_store_is_there_again(
    jobs: JobService, log: RunLog, settings: Settings, start_worker: Start, until: Until, where: int | str
) -> None:
    """A server of PostgreSQL that was started anew failed what ran, and kept that as what came of it."""
    (settings.root / "away").touch()
    first = start_worker()
    run_id = jobs.submit("stages", "x", {"stages": 2, "away": where}, "ada")
    assert first.wait(60) == 1
    assert log.get(run_id).status == "running"
    (settings.root / "away").unlink()
    start_worker()
    until(ended(log, run_id))
    assert log.get(run_id).attributes["results"] == [0, 10]
    counted = Counter(" ".join(line.split()[:2]) for line in notes(settings))
    assert counted == {"begin 0": 1, "end 0": 1, "begin 1": 2 if where == 1 else 1, "end 1": 1}


def test_killed_workers_job_is_taken_over_and_finished_stages_are_not_repeated(
    jobs: JobService, log: RunLog, settings: Settings, start_worker: Start, until: Until
) -> None:
    first = start_worker()
    run_id = jobs.submit("stages", "x", {"stages": 3, "seconds": 0.5}, "ada")
    until(lambda: any(line.startswith("begin 1") for line in notes(settings)))
    first.send_signal(signal.SIGKILL)
    first.wait()
    start_worker()
    until(ended(log, run_id))
    assert log.get(run_id).attributes["results"] == [0, 10, 20]
    counted = Counter(" ".join(line.split()[:2]) for line in notes(settings))
    assert counted == {"begin 0": 1, "end 0": 1, "begin 1": 2, "end 1": 1, "begin 2": 1, "end 2": 1}


def test_graceful_end_leaves_the_job_to_the_next_worker(
    jobs: JobService, log: RunLog, settings: Settings, start_worker: Start, until: Until
) -> None:
    first = start_worker()
    run_id = jobs.submit("stages", "x", {"stages": 2, "seconds": 1}, "ada")
    until(lambda: notes(settings))
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    assert log.get(run_id).status == "running"
    start_worker()
    until(ended(log, run_id))
    assert log.get(run_id).status == "succeeded"


def stopped_outside_of_writing(process: Forked, settings: Settings) -> bool:
    """Stop a worker, but let it go on where it holds the lock of a database, which nobody else gets then."""
    process.send_signal(signal.SIGSTOP)
    for path in settings.state.glob("*.db"):
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as conn:
            try:
                conn.execute("BEGIN IMMEDIATE")
                conn.execute("ROLLBACK")
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
                return False
    return True


def test_sleeping_worker_is_taken_over_and_ends_itself_when_it_wakes(
    jobs: JobService, log: RunLog, settings: Settings, start_worker: Start, until: Until
) -> None:
    quick = {"WORKBENCH_JOBS_HEARTBEAT_SECONDS": "0.2", "WORKBENCH_JOBS_DEAD_AFTER_SECONDS": "1.5"}
    # As if it were on another machine: nobody here may kill it.
    first = start_worker("one", **quick)
    with jobs.store.write() as conn:
        info = conn.execute(select(workers.c.info)).scalar_one()
        conn.execute(update(workers).values(info=info.replace(f'"host": "{os.uname().nodename}"', '"host": "elsewhere"')))
    run_id = jobs.submit("stages", "x", {"stages": 2, "seconds": 1}, "ada")
    until(lambda: notes(settings))
    until(lambda: stopped_outside_of_writing(first, settings))
    start_worker("two", **quick)
    until(ended(log, run_id))
    first.send_signal(signal.SIGCONT)
    assert first.wait(60) == 3
    run = log.get(run_id)
    assert run.status == "succeeded"
    assert [event.type for event in log.events(run_id=run_id)].count("run.succeeded") == 1


def test_two_workers_share_the_queue(jobs: JobService, log: RunLog, settings: Settings, start_worker: Start, until: Until) -> None:
    start_worker("one")
    start_worker("two")
    ids = [jobs.submit("stages", "x", {"stages": 1, "seconds": 0.3}, "ada") for _ in range(8)]
    until(lambda: all(log.get(i).status == "succeeded" for i in ids))
    lines = [line for line in notes(settings) if line.startswith("begin")]
    assert len(lines) == 8
    assert len({line.split()[2] for line in lines}) == 2


def test_second_worker_of_the_same_name_is_refused(start_worker: Start) -> None:
    start_worker()
    assert start_worker().wait(60) == 1


def test_cancelled_job_that_waits_never_starts(
    jobs: JobService, log: RunLog, settings: Settings, start_worker: Start, until: Until
) -> None:
    run_id = jobs.submit("stages", "x", {}, "ada")
    assert jobs.cancel(run_id, "ada").status == "cancelled"
    start_worker()
    other = jobs.submit("stages", "x", {"stages": 1}, "ada")
    until(ended(log, other))
    assert log.get(run_id).status == "cancelled"
    assert len(notes(settings)) == 2


def test_cancelled_job_that_runs_is_stopped_and_fenced(
    jobs: JobService, log: RunLog, store: Store, settings: Settings, start_worker: Start, until: Until
) -> None:
    start_worker()
    run_id = jobs.submit("stages", "x", {"stages": 2, "seconds": 30}, "ada")
    until(lambda: notes(settings))
    with store.read() as conn:
        fences.check(conn, run_id, 1)
    assert jobs.cancel(run_id).status == "cancelled"
    with store.read() as conn, pytest.raises(Fenced):
        fences.check(conn, run_id, 1)
    other = jobs.submit("stages", "y", {"stages": 1}, "ada")
    until(ended(log, other))
    until(lambda: not _waiting(store))
    assert [line for line in notes(settings) if line.startswith("end 0")] == notes(settings)[-1:]
    assert log.get(run_id).status == "cancelled"
    assert jobs.cancel(run_id).status == "cancelled"


def test_jobs_of_a_user_who_is_disabled_are_cancelled_and_say_why(
    jobs: JobService, log: RunLog, store: Store, settings: Settings, start_worker: Start, until: Until
) -> None:
    users = UserService(store, log)
    users.add("eve", ["analyst"])
    start_worker()
    hers = jobs.submit("stages", "x", {"stages": 2, "seconds": 30}, "eve")
    until(lambda: notes(settings))
    # With nothing but what the store says: whoever disabled her has told no worker.
    users.disable("eve")
    until(ended(log, hers))
    assert (log.get(hers).status, str(log.get(hers).error and log.get(hers).error.message)) == ("cancelled", "The user eve was disabled.")
    late, other = jobs.submit("stages", "x", {}, "eve"), jobs.submit("stages", "y", {"stages": 1}, "ada")
    until(ended(log, late))
    until(ended(log, other))
    assert [log.get(run).status for run in (late, other)] == ["cancelled", "succeeded"]
    assert len([line for line in notes(settings) if line.startswith("begin")]) == 2


def test_cancelling_what_has_ended_changes_nothing(jobs: JobService, log: RunLog, start_worker: Start, until: Until) -> None:
    start_worker()
    run_id = jobs.submit("stages", "x", {"stages": 1}, "ada")
    until(ended(log, run_id))
    assert jobs.cancel(run_id).status == "succeeded"
    with pytest.raises(RunNotFound):
        jobs.cancel("0190")


def test_run_whose_workflow_is_missing_is_started_again(
    jobs: JobService, log: RunLog, store: Store, settings: Settings, start_worker: Start, until: Until
) -> None:
    """The job database was lost, or restored from before the run."""
    run_id = jobs.submit("stages", "x", {"stages": 1}, "ada")
    with store.write() as conn:
        conn.execute(update(job_requests).values(handled_at="2026-01-01T00:00:00.000000Z"))
    start_worker()
    until(ended(log, run_id))
    assert log.get(run_id).status == "succeeded"


def test_what_is_below_a_job_that_is_given_up_ends_with_it(jobs: JobService, log: RunLog, store: Store) -> None:
    begun, waits = (Child(id=new_id(), kind="step", job=f"x.{name}") for name in ("begun", "waits"))
    run_id = jobs.submit("stages", "x", {}, "ada", children=[begun, waits])
    for each in (run_id, begun.id):
        RunState(store, log, each).started()

    class GivenUp:
        def statuses(self, workflows: list[str]) -> dict[str, str]:
            return dict.fromkeys(workflows, "MAX_RECOVERY_ATTEMPTS_EXCEEDED")

        def unfinished(self) -> dict[str, Any]:
            return {}

    assert reconcile(log, store, cast(Any, GivenUp()), lambda _: None) == 1
    assert [log.get(each).status for each in (run_id, begun.id, waits.id)] == ["failed", "failed", "skipped"]


def test_workflow_whose_run_is_missing_is_recorded(
    jobs: JobService, log: RunLog, settings: Settings, start_worker: Start, until: Until
) -> None:
    """The store was restored from before the run, the job database was not."""
    first = start_worker()
    run_id = jobs.submit("stages", "x", {"stages": 2, "seconds": 0.5}, "ada")
    until(lambda: notes(settings))
    first.send_signal(signal.SIGKILL)
    first.wait()
    jobs.store.close()
    for path in settings.state.glob("meta.db*"):
        if path.is_file():
            path.unlink()
    restored = Store(settings.store_url)
    restored.migrate()
    # The register of workers is as old as the store: the dead one is in it.
    fresh = RunLog(restored)
    with restored.write() as conn:
        info = '{"name": "worker", "host": "elsewhere", "started": 0, "lost": true}'
        old = _executor(settings)
        row = {"id": old, "epoch": 1, "pid": 1, "started_at": "2026", "heartbeat_at": "2026", "info": info}
        conn.execute(workers.insert().values(**row))
    start_worker()
    until(lambda: any(run.id == run_id and run.status == "succeeded" for run in fresh.list()))
    assert fresh.get(run_id).params == {"stages": 2, "seconds": 0.5}
    restored.close()


def test_jobs_that_ended_long_ago_are_forgotten_but_their_runs_are_not(
    jobs: JobService, log: RunLog, store: Store, settings: Settings, start_worker: Start, until: Until
) -> None:
    first = start_worker()
    run_id = jobs.submit("stages", "x", {"stages": 1}, "ada")
    until(ended(log, run_id))
    until(lambda: _workflows(settings, "SUCCESS") == 1)  # a moment after its run
    first.terminate()
    first.wait()
    start_worker(WORKBENCH_RETENTION_REPLAY_DAYS="0")
    until(lambda: _workflows(settings) == 0)
    with store.read() as conn:
        assert conn.execute(select(job_requests.c.id)).all() == []
    assert log.get(run_id).status == "succeeded"


def _workflows(settings: Settings, status: str = "%") -> int:
    import sqlite3

    with sqlite3.connect(settings.state / "dbos.db") as connection:
        return int(connection.execute("SELECT count(*) FROM workflow_status WHERE status LIKE ?", (status,)).fetchone()[0])


def _executor(settings: Settings) -> str:
    import sqlite3

    with sqlite3.connect(settings.state / "dbos.db") as connection:
        return str(connection.execute("SELECT executor_id FROM workflow_status").fetchone()[0])


def _waiting(store: Store) -> list[str]:
    with store.read() as conn:
        return list(conn.execute(select(job_requests.c.id).where(job_requests.c.handled_at.is_(None))).scalars())


@pytest.mark.postgres
def test_jobs_and_store_on_postgresql(
    settings: Settings, plugin: object, postgres_database: str, start_worker: Start, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(f"{postgres_database}?schema=jobs_test")
    store.migrate()
    log = RunLog(store)
    jobs = JobService(settings, store, log)
    monkeypatch.setenv("WORKBENCH_STORE_URL", f"{postgres_database}?schema=jobs_test")
    monkeypatch.setenv("WORKBENCH_JOBS_URL", postgres_database)
    first = start_worker()
    run_id = jobs.submit("stages", "x", {"stages": 3, "seconds": 0.5}, "ada")
    until(lambda: any(line.startswith("begin 1") for line in notes(settings)))
    first.send_signal(signal.SIGKILL)
    first.wait()
    start_worker()
    until(ended(log, run_id))
    assert log.get(run_id).attributes["results"] == [0, 10, 20]
    counted = Counter(" ".join(line.split()[:2]) for line in notes(settings))
    assert counted == {"begin 0": 1, "end 0": 1, "begin 1": 2, "end 1": 1, "begin 2": 1, "end 2": 1}
    store.close()
