"""A connection to PostgreSQL that is lost in the middle."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from sqlalchemy import Connection, text

from workbench.core.errors import StorageUnavailable
from workbench.store import Store

pytestmark = pytest.mark.postgres


def _lose(conn: Connection) -> None:
    assert conn.connection.driver_connection is not None
    conn.connection.driver_connection.close()


def _once(store: Store) -> None:
    with store.write() as conn:
        _lose(conn)
        conn.execute(text("SELECT 1"))


def _and_goes_on(store: Store) -> None:
    with store.write() as conn:
        _lose(conn)
        for _ in range(2):
            with suppress(StorageUnavailable), store.write() as inner:
                inner.execute(text("SELECT 1"))
        conn.execute(text("SELECT 1"))


def _thrown_out(store: Store) -> None:
    with store.write() as conn:
        conn.execute(text("SET LOCAL idle_in_transaction_session_timeout = 10"))
        time.sleep(0.2)
        conn.execute(text("SELECT 'a value'"))


CASES = {_once: "cannot be reached", _and_goes_on: "cannot be reached", _thrown_out: "stood still for a minute, and was undone"}


def test_it_is_told_in_the_stores_words_whatever_the_block_does_then(postgres_store: str) -> None:
    store = Store(postgres_store)
    for work, said in CASES.items():
        with pytest.raises(StorageUnavailable, match=said) as told:
            work(store)
        assert not {"127.0.0.1", "value", "sqlalche"} & set(str(told.value).replace("'", " ").split())
        with store.read() as conn:
            assert conn.execute(text("SELECT 1")).scalar() == 1
    store.close()
