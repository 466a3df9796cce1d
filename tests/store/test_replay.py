"""What was read in one state, asked again in another."""

from __future__ import annotations

from sqlalchemy import delete, select

from workbench.runs.statements import remember
from workbench.store import Store
from workbench.store.replay import Reads
from workbench.store.tables import statements

LONG = "SELECT " + "1, " * 10_000 + "1"


def _noted(store: Store) -> Reads:
    with store.one_state() as state:
        assert state is not None
        with state.noting() as reads, store.read() as conn:
            conn.execute(select(statements.c.text)).all()
            conn.execute(select(statements.c.hash).where(statements.c.text.in_(["SELECT 1", "SELECT 2"]))).all()
        assert state.still(reads)
    return reads


def _still(store: Store, reads: Reads) -> bool:
    with store.one_state() as state:
        assert state is not None
        return state.still(reads)


def test_what_was_read_still_is_until_it_changes(store: Store) -> None:
    with store.write() as conn:
        remember(conn, LONG)
    before = _noted(store)
    assert _still(store, before)
    with store.write() as conn:
        digest = remember(conn, "SELECT 2")
    assert not _still(store, before)
    with store.write() as conn:
        conn.execute(delete(statements).where(statements.c.hash == digest))
    assert _still(store, before)  # it is as it was
    with store.write() as conn:
        conn.execute(statements.update().values(text=LONG.replace("1", "2", 1)))
    assert not _still(store, before)  # of a long text its digest is compared


def test_only_what_the_block_itself_reads_is_noted(store: Store) -> None:
    with store.one_state() as state:
        assert state is not None
        with state.noting() as reads:
            pass
        with store.one_state() as inner, store.read() as conn:
            assert inner is None
            conn.execute(select(statements.c.text)).all()
    with store.write() as conn:
        remember(conn, "SELECT 1")
    assert _still(store, reads)


def test_what_cannot_be_asked_again_is_taken_for_changed(store: Store) -> None:
    reads = _noted(store)
    with store.write() as conn:
        statements.drop(conn)
    assert not _still(store, reads)
