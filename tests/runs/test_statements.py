"""A statement's text stands apart from the log, and can be erased."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from workbench.runs import RunLog
from workbench.runs.statements import Room, erase, remember, texts
from workbench.store import Store


def _log(tmp_path: Path) -> RunLog:
    store = Store(f"sqlite:///{tmp_path / 'meta.db'}")
    store.migrate()
    return RunLog(store)


def test_the_same_text_is_kept_once_and_erased_for_good(tmp_path: Path) -> None:
    log = _log(tmp_path)
    with log.store.write() as conn:
        digest = remember(conn, "select 'Ada Lovelace'")
        assert remember(conn, "select 'Ada Lovelace'") == digest
        assert texts(conn, [digest, "sha256:unknown"]) == {digest: "select 'Ada Lovelace'"}
        assert erase(conn, digest)
        assert not erase(conn, digest)
        assert texts(conn, [digest]) == {}


def test_a_run_shows_the_text_until_it_is_erased_and_the_log_never_has_it(tmp_path: Path) -> None:
    log = _log(tmp_path)
    with log.store.write() as conn:
        digest = remember(conn, "select 'Ada Lovelace'")
    with log.run("sql", "sql", "ada", attributes={"statement": digest}) as run:
        pass
    assert log.get(run.id).attributes["sql"] == "select 'Ada Lovelace'"
    assert "Lovelace" not in str([event.body for event in log.events()])
    with log.store.write() as conn:
        erase(conn, digest)
    assert "sql" not in log.get(run.id).attributes
    assert log.list(limit=None)[0].attributes["statement"] == digest


def test_of_long_texts_a_person_leaves_no_more_in_a_day_than_there_is_room_for(tmp_path: Path) -> None:
    log, room = _log(tmp_path), Room(a_day=5_000)
    first, second = (f"select '{letter * 3_000}'" for letter in "ab")
    with log.store.write() as conn:
        kept, cut, again = (remember(conn, text, partial(room.take, "ada")) for text in (first, second, first))
        others = remember(conn, f"{second} ", partial(room.take, "bob"))
        short = remember(conn, "select 'c'", partial(room.take, "ada"))
        found = texts(conn, [kept, cut, others, short])
    assert again == kept
    assert (found[kept], found[others], found[short]) == (first, f"{second} ", "select 'c'")
    assert found[cut].startswith("select 'bbb") and len(found[cut]) < 1_100
    assert found[cut].endswith("more characters, which are not kept.")
