"""What a thread reads within one block, and what others write meanwhile."""

from __future__ import annotations

from threading import Thread

import pytest

from workbench.runs.statements import remember, texts
from workbench.store import Store


def _remember(store: Store, text: str) -> str:
    with store.write() as conn:
        return remember(conn, text)


def _known(store: Store, *hashes: str) -> set[str]:
    with store.read() as conn:
        return set(texts(conn, hashes).values())


def test_all_that_a_thread_reads_in_the_block_is_of_one_state(store: Store) -> None:
    first = _remember(store, "SELECT 1")
    written: list[str] = []
    seen: list[set[str]] = []
    with store.one_state():
        assert _known(store, first) == {"SELECT 1"}
        for work in (lambda: written.append(_remember(store, "SELECT 2")), lambda: seen.append(_known(store, first, *written))):
            thread = Thread(target=work)
            thread.start()
            thread.join()
        # The other thread's blocks are its own, and it has seen its own row.
        assert seen == [{"SELECT 1", "SELECT 2"}]
        with store.one_state():
            assert _known(store, first, *written) == {"SELECT 1"}
        assert _known(store, first, *written) == {"SELECT 1"}
    assert _known(store, first, *written) == {"SELECT 1", "SELECT 2"}


def test_a_block_that_writes_is_seen_by_itself(store: Store) -> None:
    with store.one_state():
        assert _known(store) == set()
        with store.write() as conn:
            written = remember(conn, "SELECT 3")
            assert _known(store, written) == {"SELECT 3"}
    assert _known(store, written) == {"SELECT 3"}


def test_an_error_in_the_block_ends_it(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.one_state():
        raise ZeroDivisionError
    assert _known(store, _remember(store, "SELECT 4")) == {"SELECT 4"}
