"""Who waits for something in the store is called as soon as it is committed, where the database can call."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from workbench.store import Store


@contextmanager
def heard(store: Store, name: str) -> Iterator[queue.SimpleQueue[None]]:
    """What comes while a thread listens."""
    calls: queue.SimpleQueue[None] = queue.SimpleQueue()
    stopping = threading.Event()
    thread = threading.Thread(target=store.hear, args=(name, lambda: calls.put(None), stopping), daemon=True)
    thread.start()
    try:
        yield calls
    finally:
        stopping.set()
        thread.join(30)
        assert not thread.is_alive()


def call(store: Store, name: str) -> None:
    with store.write() as conn:
        store.call(conn, name)


def until_heard(store: Store, calls: queue.SimpleQueue[None]) -> None:
    """Call until somebody listens."""
    for _ in range(600):
        call(store, "work")
        try:
            return calls.get(timeout=0.1)
        except queue.Empty:
            continue
    pytest.fail("nothing is heard")


def emptied(calls: queue.SimpleQueue[None]) -> None:
    while not calls.empty():
        calls.get()


@pytest.mark.postgres
def test_a_call_is_heard_once_it_is_committed_and_in_its_own_schema_alone(postgres_store: str) -> None:
    store, other = Store(postgres_store), Store(f"{postgres_store}?schema=other")
    other.migrate()
    with heard(store, "work") as calls:
        until_heard(store, calls)
        emptied(calls)
        call(other, "work")
        call(store, "play")
        with pytest.raises(ZeroDivisionError), store.write() as conn:
            store.call(conn, "work")
            1 / 0  # noqa: B018
        with pytest.raises(queue.Empty):
            calls.get(timeout=0.3)
        call(store, "work")
        calls.get(timeout=30)
    store.close()
    other.close()


@pytest.mark.postgres
def test_who_listens_on_a_connection_that_is_lost_listens_on_another(postgres_store: str) -> None:
    store = Store(postgres_store)
    with heard(store, "work") as calls:
        until_heard(store, calls)
        with store.write() as conn:
            listening = "query LIKE 'LISTEN%' AND datname = current_database()"
            ended = conn.execute(text(f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {listening}")).scalar()
        assert ended == 1
        emptied(calls)
        until_heard(store, calls)
    store.close()


def test_sqlite_calls_nobody(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'meta.db'}")
    store.migrate()
    call(store, "work")
    store.hear("work", pytest.fail, threading.Event())  # it returns at once
    store.close()
