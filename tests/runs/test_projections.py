"""Projections: every event once and in order, from any number of processes; rebuilt to the same."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import tempfile
import time
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Table, insert, select, update

from tests.quick import PRELOADED
from workbench.core.ids import new_id
from workbench.runs import DatasetIO, Projection, RunError, RunEvent, RunLog
from workbench.store import Store
from workbench.store.tables import fences, projection_offsets

# A fresh process to fork from: threads of other tests may be inside SQLite, whose locks a fork would never open again.
fork = multiprocessing.get_context("forkserver")
PRELOADED.append(__name__)
fork.set_forkserver_preload(PRELOADED)


class Counting(Projection):
    """Counts events, and that each comes after the one before."""

    name: ClassVar[str] = "counting"
    tables: ClassVar[tuple[Table, ...]] = (fences,)

    def apply(self, conn: Connection, event: RunEvent) -> None:
        for name, value in (("count", fences.c.epoch + 1), ("last", event.seq)):
            if conn.execute(update(fences).where(fences.c.name == name).values(epoch=value)).rowcount == 0:
                conn.execute(insert(fences).values(name=name, epoch=1 if name == "count" else event.seq))

    def figures(self) -> dict[str, int]:
        with self.reading() as conn:
            return {row.name: row.epoch for row in conn.execute(select(fences))}


def _append_and_read(url: str, times: int) -> None:
    log = RunLog(Store(url))
    counting = Counting(log)
    for index in range(times):
        with log.run("step", "x", "ada") as run:
            run.metric("index", index)
        assert log.get(run.id).status == "succeeded"
        counting.figures()


def _append_pairs(url: str) -> None:
    store = Store(url)
    log = RunLog(store)
    while True:
        with store.write() as conn:
            run_id = new_id()
            log.append(conn, run_id, "run.queued", kind="x", job="x", principal="ada")
            log.append(conn, run_id, "run.cancelled")
        log.list(limit=1)


def test_processes_that_append_and_read_at_once_apply_each_event_once(log: RunLog, store_url: str, scale: float) -> None:
    times = max(5, int(40 * scale))
    children = [fork.Process(target=_append_and_read, args=(store_url, times)) for _ in range(6)]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    assert [child.exitcode for child in children] == [0] * 6
    assert Counting(log).figures() == {"count": 6 * times * 3, "last": log.last()}
    assert log.count("succeeded") == 6 * times


def test_a_process_killed_while_it_appends_leaves_whole_transactions(log: RunLog, store_url: str, store: Store, scale: float) -> None:
    for _ in range(max(3, int(20 * scale))):
        child = fork.Process(target=_append_pairs, args=(store_url,))
        child.start()
        before = log.last()
        assert log.wait(before, 60)
        time.sleep(random.uniform(0, 0.05))
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
        queued = [event.run_id for event in log.events(limit=None) if event.type == "run.queued"]
        ended = [event.run_id for event in log.events(limit=None) if event.type == "run.cancelled"]
        assert sorted(queued) == sorted(ended)
        assert log.count("cancelled") == len(queued)
    incremental = log.list(limit=None)
    log.rebuild("runs")
    assert log.list(limit=None) == incremental


def test_being_up_to_date_is_seen_without_writing(log: RunLog, store: Store) -> None:
    with log.run("step", "x", "ada") as run:
        pass
    log.get(run.id)
    with store.write():  # a reader that would write now waits
        import threading

        found: list[str] = []
        thread = threading.Thread(target=lambda: found.append(log.get(run.id).status))
        thread.start()
        thread.join(60)
        assert found == ["succeeded"]


def test_a_reader_inside_a_transaction_sees_its_events(log: RunLog, store: Store) -> None:
    with store.write() as conn:
        run_id = log.queue("step", "x", "ada", conn=conn)
        assert log.get(run_id).status == "queued"


def test_rebuilding_takes_a_log_longer_than_one_batch(log: RunLog, store: Store) -> None:
    with store.write() as conn:
        for _ in range(1200):
            log.queue("step", "x", "ada", conn=conn)
    counting = Counting(log)
    assert counting.figures()["count"] == 1200
    counting.rebuild()
    assert counting.figures()["count"] == 1200
    assert counting.lag() == 0
    with pytest.raises(KeyError):
        log.rebuild("nothing")


def test_an_event_that_cannot_be_applied_moves_no_offset(log: RunLog, store: Store) -> None:
    class Broken(Counting):
        name: ClassVar[str] = "broken"

        def apply(self, conn: Connection, event: RunEvent) -> None:
            super().apply(conn, event)
            raise ZeroDivisionError

    broken = Broken(log)
    log.queue("step", "x", "ada")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            broken.figures()
    with store.read() as conn:
        assert conn.execute(select(fences)).all() == []
        assert conn.execute(select(projection_offsets.c.offset).where(projection_offsets.c.name == "broken")).scalar() is None


IO = st.builds(
    DatasetIO,
    kind=st.sampled_from(["table", "file"]),
    id=st.sampled_from(["a", "b", "c"]),
    name=st.text(max_size=5),
    snapshot_id=st.none() | st.integers(0, 2**63 - 1),
    columns=st.tuples(st.text(max_size=3)),
    cell=st.none() | st.sampled_from(["c1", "c2"]),
)
EVENTS = st.one_of(
    st.tuples(
        st.just("run.queued"), st.fixed_dictionaries({"kind": st.just("k"), "job": st.text(max_size=3), "principal": st.just("ada")})
    ),
    st.tuples(st.just("run.started"), st.just({"kind": "k", "job": "j", "principal": "ada"})),
    st.tuples(st.sampled_from(["run.read", "run.wrote"]), IO.map(lambda io: io.model_dump())),
    st.tuples(
        st.just("run.metric"),
        st.fixed_dictionaries({"name": st.text(max_size=2), "value": st.floats(allow_nan=False, allow_infinity=False)}),
    ),
    st.tuples(st.just("run.attributes"), st.fixed_dictionaries({"attributes": st.dictionaries(st.text(max_size=2), st.integers())})),
    st.tuples(st.sampled_from(["run.succeeded", "run.cancelled"]), st.just({})),
    st.tuples(st.just("run.failed"), st.sampled_from(["lost", "internal"]).map(lambda code: {"error": RunError(code=code, message="m")})),
)


@settings(max_examples=40, deadline=None)
@given(history=st.lists(st.tuples(st.sampled_from(["r1", "r2", "r3"]), EVENTS, st.booleans()), max_size=25))
def test_whatever_happened_reading_along_and_rebuilding_give_the_same(
    history: list[tuple[str, tuple[str, dict[str, object]], bool]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder)}/meta.db")
        store.migrate()
        log = RunLog(store)
        for run_id, (type, body), look in history:
            with store.write() as conn:
                log.append(conn, run_id, type, **body)
            if look:
                log.list()
        incremental = log.list(limit=None)
        log.rebuild()
        assert log.list(limit=None) == incremental
        ended = {event.run_id for event in log.events() if event.type in ("run.succeeded", "run.cancelled")}
        opened: set[str] = set()
        for event in log.events():
            if event.type in ("run.queued", "run.started"):
                opened.add(event.run_id)
        assert {run.id for run in incremental} == opened
        assert all(run.status not in ("succeeded", "cancelled") or run.id in ended for run in incremental)
        store.close()
