"""What happens to a run, and what of it is recorded."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from workbench.core.errors import Cancelled, Conflict, FormatMismatch, InvalidInput, RunNotFound, UnreadableFile
from workbench.core.principals import Principal
from workbench.runs import DatasetIO, Run, RunLog
from workbench.runs.events import SCHEMA_VERSION, _upcasters, upcaster
from workbench.store import Store
from workbench.store.tables import run_events

FLIGHTS = DatasetIO(kind="table", id="0190-a", name="bronze.flights", snapshot_id=2**62, columns=("year", "carrier"))
DELAYS = DatasetIO(kind="table", id="0190-b", name="gold.delays", snapshot_id=7, rows=16, bytes=900, operation="create", cell="c1")


def types(log: RunLog, run_id: str) -> list[str]:
    return [event.type for event in log.events(run_id=run_id)]


def test_a_run_that_ends_well_tells_what_it_did(log: RunLog) -> None:
    ada = Principal(name="ada", display_name="Ada")
    with log.run("step", "delays", ada, params={"month": 6, "day": date(2013, 6, 1)}, attributes={"try": 1}) as run:
        assert log.get(run.id).status == "running"
        run.read(FLIGHTS)
        run.wrote(DELAYS)
        run.metric("rows", 3)
        run.metric("rows", 16)
        run.attributes(notebook="executed/x.ipynb")
    done = log.get(run.id)
    assert (done.kind, done.job, done.status, done.principal) == ("step", "delays", "succeeded", "ada")
    assert done.params == {"month": 6, "day": "2013-06-01"}
    assert done.inputs == (FLIGHTS,)
    assert done.outputs == (DELAYS,)
    assert done.metrics == {"rows": 16}
    assert done.attributes["try"] == 1
    assert done.attributes["notebook"] == "executed/x.ipynb"
    assert done.attributes["process"]["pid"] == os.getpid()
    assert done.started_at is not None
    assert done.ended_at is not None
    assert done.started_at <= done.ended_at
    assert Run.from_json(done.to_json()) == done


def test_a_run_that_fails_keeps_what_it_read_and_not_what_it_did_not_write(log: RunLog, store: Store) -> None:
    with pytest.raises(UnreadableFile), log.run("ingest", "x.csv", "ada") as run:
        run.read(FLIGHTS)
        with store.write() as conn:
            run.wrote(DELAYS, conn)
            raise UnreadableFile("Line 3 has 5 fields.", fix="Correct the file.")
    failed = log.get(run.id)
    assert failed.status == "failed"
    assert failed.inputs == (FLIGHTS,)
    assert failed.outputs == ()
    assert failed.error is not None
    assert (failed.error.code, failed.error.message, failed.error.fix) == ("unreadable_file", "Line 3 has 5 fields.", "Correct the file.")


def test_a_write_that_was_committed_before_a_failure_stays(log: RunLog, store: Store) -> None:
    with pytest.raises(UnreadableFile), log.run("ingest", "x.csv", "ada") as run:
        with store.write() as conn:
            run.wrote(DELAYS, conn)
        raise UnreadableFile("later")
    assert log.get(run.id).outputs == (DELAYS,)


def test_the_words_of_a_foreign_error_stay_out_of_the_log(log: RunLog) -> None:
    with pytest.raises(ValueError, match="Lovelace"), log.run("step", "x", "ada") as run:
        raise ValueError("invalid literal: 'Ada Lovelace, 1815-12-10'")
    error = log.get(run.id).error
    assert error is not None
    assert (error.code, error.message) == ("internal", "ValueError was raised.")
    assert "Lovelace" not in str([event.body for event in log.events(limit=None)])


@pytest.mark.parametrize("error", [Cancelled("stop"), KeyboardInterrupt(), asyncio.CancelledError()])
def test_stopping_a_run_cancels_it(log: RunLog, error: BaseException) -> None:
    with pytest.raises(type(error)), log.run("step", "x", "ada") as run:
        raise error
    assert log.get(run.id).status == "cancelled"


def test_the_first_end_counts(log: RunLog) -> None:
    with log.run("step", "x", "ada") as run:
        run.cancel(by="bob")
    assert log.get(run.id).status == "cancelled"


def test_a_queued_run_is_started_under_its_id(log: RunLog) -> None:
    run_id = log.queue("pipeline", "flights", "ada", params={"month": 6})
    queued = log.get(run_id)
    assert (queued.status, queued.started_at) == ("queued", None)
    with log.run("pipeline", "flights", "ada", run_id=run_id):
        assert log.get(run_id).status == "running"
    done = log.get(run_id)
    assert (done.status, done.params, done.queued_at) == ("succeeded", {"month": 6}, queued.queued_at)


def test_a_cancelled_run_never_starts_and_a_finished_one_not_again(log: RunLog) -> None:
    run_id = log.queue("pipeline", "flights", "ada")
    log.handle(run_id).cancel()
    with pytest.raises(Cancelled), log.run("pipeline", "flights", "ada", run_id=run_id):
        pytest.fail("it was carried out")
    with log.run("pipeline", "flights", "ada") as done:
        pass
    with pytest.raises(Conflict):
        log.start("pipeline", "flights", "ada", run_id=done.id)
    assert types(log, run_id) == ["run.queued", "run.cancelled"]


def test_a_failed_run_can_be_taken_up_again(log: RunLog) -> None:
    with pytest.raises(UnreadableFile), log.run("step", "x", "ada") as run:
        raise UnreadableFile("no")
    with log.run("step", "x", "ada", run_id=run.id):
        again = log.get(run.id)
        assert (again.status, again.error, again.ended_at) == ("running", None, None)
    assert log.get(run.id).status == "succeeded"


def test_credentials_are_replaced_before_they_are_stored(log: RunLog, store: Store) -> None:
    secret = "hunter2-and-more"
    params = {"password": secret, "nested": {"api_key": secret}, "url": f"postgresql://me:{secret}@db/x", "rows": 3}
    with pytest.raises(UnreadableFile), log.run("ingest", "db", "ada", params=params, attributes={"token": secret}) as run:
        run.attributes(access_key=secret, other=1)
        raise UnreadableFile(f"Connection with password={secret} failed.", fix=f"token: {secret}")
    with store.read() as conn:
        assert secret not in str(conn.execute(select(run_events)).all())
    kept = log.get(run.id)
    assert kept.params["rows"] == 3
    assert kept.params["password"] == "***"
    assert secret not in kept.model_dump_json()


def test_columns_that_are_called_like_credentials_are_told(log: RunLog) -> None:
    said = {"token": ["api_key"], "password": ["id"]}
    with log.run("recipe", "refine silver.keys", "ada") as run:
        run.attributes(
            columns=said, transforms={"token": ["token is upper"]}, column_sources=said, row_sources={"secret": [["token", "id"]]}
        )
    kept = log.get(run.id).attributes
    assert (kept["columns"], kept["column_sources"], kept["transforms"]) == (said, said, {"token": ["token is upper"]})
    assert kept["row_sources"] == {"secret": [["token", "id"]]}


def test_reading_the_same_again_is_said_once(log: RunLog) -> None:
    with log.run("step", "x", "ada") as run:
        for _ in range(5):
            run.read(FLIGHTS)
            log.handle(run.id).read(FLIGHTS)
        run.read(FLIGHTS.model_copy(update={"snapshot_id": 3}))
    assert len(log.get(run.id).inputs) == 2


def test_a_read_whose_transaction_was_undone_is_said_again(log: RunLog, store: Store) -> None:
    with log.run("step", "x", "ada") as run:
        for hand_in in (True, False):
            with pytest.raises(ZeroDivisionError), store.write() as conn:
                run.read(FLIGHTS, conn if hand_in else None)
                raise ZeroDivisionError
        assert log.get(run.id).inputs == ()
        run.read(FLIGHTS)
    assert log.get(run.id).inputs == (FLIGHTS,)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_metric_is_a_finite_number(log: RunLog, value: float) -> None:
    with log.run("step", "x", "ada") as run:
        with pytest.raises(InvalidInput):
            run.metric("loss", value)
        run.metric("loss", 1)
    assert log.get(run.id).metrics == {"loss": 1.0}


@pytest.mark.parametrize(
    ("type", "body"),
    [
        ("run.queued", {"kind": "x"}),
        ("run.metric", {"name": "x"}),
        ("run.failed", {}),
        ("dataset.renamed", {"table_uuid": "u", "name": "a.b"}),
        ("no type", {}),
        ("run.attributes", {"attributes": {"x": object()}}),
        ("run.attributes", {"attributes": None}),
    ],
)
def test_an_incomplete_event_is_refused_and_nothing_is_written(log: RunLog, store: Store, type: str, body: dict[str, object]) -> None:
    with pytest.raises(InvalidInput), store.write() as conn:
        log.append(conn, "r", type, **body)
    assert log.last() == 0


def test_text_that_a_database_cannot_hold_harms_no_projection(log: RunLog) -> None:
    odd = "a\0b\ud800c"
    with log.run("step", "job " * 2000, odd, params={odd: odd, "backslash": "\\u0000"}) as run:
        run.read(FLIGHTS.model_copy(update={"name": odd + "x" * 5000, "columns": (odd,)}))
    done = log.get(run.id)
    assert done.status == "succeeded"
    assert done.params["backslash"] == "\\u0000"
    assert done.principal == "a\ufffdb?c"
    for update in ({"id": "x" * 100}, {"snapshot_id": 2**63}, {"operation": "x" * 40}):
        with pytest.raises(InvalidInput):
            run.wrote(FLIGHTS.model_copy(update=update))


def test_an_event_of_an_older_version_is_read_in_todays_form(log: RunLog, store: Store) -> None:
    # Version 0 is invented: it called the kind "type" and the job "name".
    @upcaster("run.started", 0)
    def _(body: dict[str, object]) -> dict[str, object]:
        return {"kind": body["type"], "job": body["name"], "principal": body["principal"]}

    old = {"id": "e0", "run_id": "r0", "type": "run.started", "at": "2020-01-01T00:00:00.000000Z", "schema_version": 0}
    try:
        with store.write() as conn:
            conn.execute(insert(run_events).values(old | {"body": json.dumps({"type": "ingest", "name": "old.csv", "principal": "ada"})}))
        assert (log.get("r0").kind, log.get("r0").job) == ("ingest", "old.csv")
        (event,) = log.events(run_id="r0")
        assert (event.schema_version, event.body["kind"]) == (SCHEMA_VERSION, "ingest")
    finally:
        del _upcasters["run.started", 0]


def test_an_event_of_a_newer_version_is_said_so(log: RunLog, store: Store) -> None:
    row = {"id": "e9", "run_id": "r9", "type": "run.started", "at": "2020-01-01T00:00:00.000000Z", "schema_version": 99, "body": "{}"}
    with store.write() as conn:
        conn.execute(insert(run_events).values(row))
    with pytest.raises(FormatMismatch):
        log.get("r9")


def test_an_event_of_an_unknown_type_is_kept_and_disturbs_nothing(log: RunLog, store: Store) -> None:
    with log.run("step", "x", "ada") as run, store.write() as conn:
        log.append(conn, run.id, "model.promoted", alias="champion")
    assert log.get(run.id).status == "succeeded"
    assert [event.body for event in log.events(run_id=run.id) if event.type == "model.promoted"] == [{"alias": "champion"}]


def test_runs_are_listed_newest_first_and_by_what_they_are(log: RunLog) -> None:
    ids = []
    for index in range(6):
        with log.run("sql" if index % 2 else "ingest", f"job-{index % 3}", "ada", parent_id=ids[0] if ids else None) as run:
            ids.append(run.id)
    queued = log.queue("pipeline", "flights", "ada")
    assert [run.id for run in log.list()] == [queued, *reversed(ids)]
    assert [run.id for run in log.list(limit=2)] == [queued, ids[5]]
    assert {run.id for run in log.list(kind="sql")} == {ids[1], ids[3], ids[5]}
    assert [run.id for run in log.list(kind="sql", job="job-0")] == [ids[3]]
    assert [run.id for run in log.list(status="queued")] == [queued]
    assert len(log.list(parent_id=ids[0])) == 5
    assert (log.count(), log.count("succeeded")) == (7, 6)
    assert log.done_by("ada", [*ids[:2], "none"]) == set(ids[:2]) and not log.done_by("bob", ids)


def test_a_run_that_is_not_there_is_said_so(log: RunLog) -> None:
    with pytest.raises(RunNotFound) as caught:
        log.get("nope")
    assert caught.value.fix


def test_events_are_paged_by_their_numbers(log: RunLog) -> None:
    with log.run("step", "x", "ada") as run:
        for index in range(7):
            run.metric("n", index)
    first = log.events(limit=4)
    rest = log.events(after=first[-1].seq)
    assert [event.seq for event in first + rest] == sorted({event.seq for event in first + rest})
    assert len(first + rest) == 9
    assert log.last() == rest[-1].seq


def test_waiting_ends_with_the_next_event_and_at_its_time(log: RunLog, store: Store) -> None:
    start = time.monotonic()
    assert not log.wait(log.last(), 0.2)
    assert 0.15 < time.monotonic() - start < 60
    threading.Timer(0.2, lambda: log.queue("step", "x", "ada")).start()
    start = time.monotonic()
    assert log.wait(0, 600)
    assert time.monotonic() - start < 60
    assert log.wait(0, 0)
    with store.write() as conn:  # a commit that is no event wakes nobody up
        conn.execute(run_events.delete().where(run_events.c.seq < 0))
    assert not log.wait(log.last(), 0.1)


def test_no_event_is_missed_between_two_waits(log: RunLog) -> None:
    def produce() -> None:
        for _ in range(30):
            log.queue("step", "x", "ada")

    producer = threading.Thread(target=produce)
    producer.start()
    seen: list[int] = []
    while len(seen) < 30:
        assert log.wait(seen[-1] if seen else 0, 20)
        seen += [event.seq for event in log.events(after=seen[-1] if seen else 0)]
    producer.join()
    assert len(set(seen)) == 30


def test_a_child_forked_inside_a_run_does_not_end_it(log: RunLog) -> None:
    with log.run("step", "x", "ada") as run:
        child = os.fork()
        if child == 0:
            try:
                raise SystemExit(3)
            except SystemExit:
                os._exit(0)
        os.waitpid(child, 0)
        assert types(log, run.id) == ["run.started"]


def test_a_whole_run_inside_a_transaction_is_undone_with_it(log: RunLog, store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write(), log.run("describe", "x", "ada") as run:
        raise ZeroDivisionError
    assert types(log, run.id) == []


def test_records_and_context_need_no_database_library(tmp_path: Path) -> None:
    code = "import sys; from workbench.runs import RunContext, Run, current_context; print('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"
