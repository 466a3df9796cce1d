"""What every metadata store must do, whatever database it is on. A new backend inherits ``StoreSuite``."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from multiprocessing.context import BaseContext
from pathlib import Path

import pytest
from sqlalchemy import insert, inspect, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.patience import slower
from tests.quick import PRELOADED
from workbench.core.errors import FormatMismatch, Unavailable
from workbench.store import Store
from workbench.store.tables import commits, fences, metadata, run_events

fork = multiprocessing.get_context("fork")
# Of a process of its own: one that is forked beside another test's thread, while that is inside SQLite, may wait forever.
apart = multiprocessing.get_context("forkserver")
PRELOADED.append(__name__)
apart.set_forkserver_preload(PRELOADED)


def _increment(store: Store, times: int) -> None:
    for _ in range(times):
        with store.write() as conn:
            before = conn.execute(select(fences.c.epoch).where(fences.c.name == "counter")).scalar_one()
            conn.execute(update(fences).where(fences.c.name == "counter").values(epoch=before + 1))


def _increment_apart(url: str, times: int) -> None:
    _increment(Store(url), times)


def _migrate_apart(url: str) -> None:
    Store(url).migrate()


def _increment_file(url: str, path: str, times: int) -> None:
    store, file = Store(url), Path(path)
    for _ in range(times):
        with store.lock("file", timeout=60):
            file.write_text(str(int(file.read_text()) + 1))


def _hold_lock(url: str, ready: object) -> None:
    with Store(url).lock("table:1"):
        ready.set()  # type: ignore[attr-defined]
        time.sleep(60)


def _hold_write(url: str, ready: object) -> None:
    with Store(url).write() as conn:
        conn.execute(insert(fences).values(name="half", epoch=1))
        ready.set()  # type: ignore[attr-defined]
        time.sleep(60)


def _write_in_child(store: Store) -> None:
    with store.write() as conn:
        conn.execute(insert(fences).values(name="child", epoch=os.getpid()))


def _expect_busy_here(store: Store) -> None:
    try:
        with store.lock("parent", timeout=0.2):
            os._exit(1)
    except Unavailable:
        os._exit(0)


def _expect_busy(url: str) -> None:
    _expect_busy_here(Store(url))


def _run_all(target: Callable[..., None], arguments: list[tuple[object, ...]], by: BaseContext = apart) -> list[int | None]:
    children = [by.Process(target=target, args=each) for each in arguments]  # type: ignore[attr-defined]
    for child in children:
        child.start()
    for child in children:
        child.join(500)
    return [child.exitcode for child in children]


class StoreSuite:
    @pytest.fixture
    def url(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def store(self, url: str) -> Iterator[Store]:
        store = Store(url)
        store.migrate()
        with store.write() as conn:
            conn.execute(insert(fences).values(name="counter", epoch=0))
        yield store
        store.close()

    def _counter(self, store: Store) -> int:
        with store.read() as conn:
            return int(conn.execute(select(fences.c.epoch).where(fences.c.name == "counter")).scalar_one())

    def test_migration_makes_every_declared_table_and_column(self, store: Store) -> None:
        with store.read() as conn:
            found = inspect(conn)
            for table in metadata.sorted_tables:
                assert {column["name"] for column in found.get_columns(table.name)} == set(table.columns.keys()), table.name
                assert {index["name"] for index in found.get_indexes(table.name)} >= {index.name for index in table.indexes}, table.name
            assert not found.has_table("alembic_version")

    def test_migration_and_declaration_agree(self, store: Store) -> None:
        from alembic.autogenerate import compare_metadata
        from alembic.runtime.migration import MigrationContext

        with store.read() as conn:
            context = MigrationContext.configure(conn, opts={"version_table": "workbench_version"})
            differences = [d for d in compare_metadata(context, metadata) if d[0] != "remove_table"]
        assert differences == []

    def test_first_migrations_of_several_processes_at_once_do_not_collide(self, url: str) -> None:
        assert _run_all(_migrate_apart, [(url,)] * 4) == [0] * 4
        with Store(url).read() as conn:
            assert conn.execute(text("SELECT count(*) FROM workbench_version")).scalar() == 1

    def test_migrating_again_costs_nothing(self, store: Store) -> None:
        took = []
        for _ in range(20):
            start = time.perf_counter()
            store.migrate()
            took.append(time.perf_counter() - start)
        assert min(took) < (0.003 if store.dialect == "sqlite" else 0.01) * 5 * slower()

    def test_a_store_of_a_newer_version_is_refused(self, store: Store) -> None:
        with store.write() as conn:
            conn.execute(text("UPDATE workbench_version SET version_num = '9999'"))
        with pytest.raises(FormatMismatch):
            store.migrate()

    def test_a_block_that_raises_changes_nothing(self, store: Store) -> None:
        with pytest.raises(ZeroDivisionError), store.write() as conn:
            conn.execute(update(fences).values(epoch=7))
            raise ZeroDivisionError
        assert self._counter(store) == 0

    def test_a_reader_sees_one_state_while_others_write(self, store: Store) -> None:
        query = select(fences.c.epoch).where(fences.c.name == "counter")
        with store.read() as conn:
            before = conn.execute(query).scalar_one()
            thread = threading.Thread(target=_increment, args=(store, 3))
            thread.start()
            thread.join()
            assert conn.execute(query).scalar_one() == before
        assert self._counter(store) == 3

    def test_a_reader_cannot_write(self, store: Store) -> None:
        with pytest.raises(Exception, match=r"(?i)read-?only|cannot be written"), store.read() as conn:
            conn.execute(update(fences).values(epoch=7))
        with store.write() as conn:  # and the connection it used still can
            conn.execute(update(fences).values(epoch=8))

    def test_a_block_inside_a_block_is_undone_alone_and_committed_with_it(self, store: Store) -> None:
        with store.write() as outer:
            outer.execute(insert(fences).values(name="outer", epoch=1))
            with pytest.raises(IntegrityError), store.write() as inner:
                inner.execute(insert(fences).values(name="inner", epoch=1))
                inner.execute(insert(fences).values(name="outer", epoch=2))
            with store.read() as conn:
                assert conn.execute(select(fences.c.name).order_by(fences.c.name)).scalars().all() == ["counter", "outer"]
        with store.read() as conn:
            assert conn.execute(select(fences.c.name).order_by(fences.c.name)).scalars().all() == ["counter", "outer"]

    def test_eight_processes_read_then_write_and_none_fails_or_is_lost(self, store: Store, url: str, scale: float) -> None:
        times = max(10, int(100 * scale))
        assert _run_all(_increment_apart, [(url, times)] * 8) == [0] * 8
        assert self._counter(store) == 8 * times

    def test_threads_of_one_process_read_then_write_and_none_is_lost(self, store: Store) -> None:
        threads = [threading.Thread(target=_increment, args=(store, 20)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert self._counter(store) == 120

    def test_numbers_of_the_log_follow_the_order_of_commits(self, store: Store) -> None:
        seen: list[int] = []
        stop = threading.Event()

        def append(number: int) -> None:
            for index in range(15):
                with store.write() as conn:
                    name = f"{number}-{index}"
                    row = {"id": name, "run_id": "r", "type": "run.read", "at": "", "schema_version": 1, "body": "{}"}
                    conn.execute(insert(run_events).values(row))
                    time.sleep(0.001 * (number % 3))

        def follow() -> None:
            last = False
            while not last:
                last = stop.is_set()  # once more after the last of them
                with store.read() as conn:
                    seen.extend(
                        conn.execute(select(run_events.c.seq).where(run_events.c.seq > (seen[-1] if seen else 0)).order_by("seq")).scalars()
                    )

        follower = threading.Thread(target=follow)
        follower.start()
        writers = [threading.Thread(target=append, args=(number,)) for number in range(5)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        stop.set()
        follower.join()
        assert len(seen) == 75

    def test_a_number_of_the_log_is_never_given_twice(self, store: Store) -> None:
        row: dict[str, object] = {"run_id": "r", "type": "run.read", "at": "", "schema_version": 1, "body": "{}"}
        with store.write() as conn:
            first = conn.execute(insert(run_events).values(row | {"id": "a"})).inserted_primary_key[0]
        with store.write() as conn:
            conn.execute(text("DELETE FROM run_events"))
            second = conn.execute(insert(run_events).values(row | {"id": "b"})).inserted_primary_key[0]
        assert second > first

    def test_a_writer_that_dies_leaves_nothing_and_frees_the_others(self, store: Store, url: str) -> None:
        ready = fork.Event()
        child = fork.Process(target=_hold_write, args=(url, ready))
        child.start()
        assert ready.wait(60)
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        with store.write() as conn:
            assert conn.execute(select(fences.c.name).where(fences.c.name == "half")).scalar() is None

    def test_a_forked_child_uses_the_store_and_so_does_its_parent(self, store: Store) -> None:
        with store.read() as conn:  # a connection is open in the parent while it forks
            conn.execute(select(fences)).all()
            assert _run_all(_write_in_child, [(store,)], fork) == [0]
            conn.execute(select(fences)).all()
        with store.read() as conn:
            assert conn.execute(select(fences.c.epoch).where(fences.c.name == "child")).scalar()
        with store.write() as conn:
            conn.execute(update(fences).values(epoch=1))

    def test_a_child_that_leaves_its_parents_blocks_ends_neither_transaction_nor_lock(self, store: Store, url: str) -> None:
        child = 0
        try:
            with store.lock("parent"), store.write() as conn:
                conn.execute(insert(fences).values(name="before", epoch=1))
                child = os.fork()
                if child == 0:
                    raise SystemExit
                assert os.waitpid(child, 0)[1] == 0
                conn.execute(insert(fences).values(name="after", epoch=1))
                other = fork.Process(target=_expect_busy, args=(url,))
                other.start()
                other.join()
                assert other.exitcode == 0
        except SystemExit:
            with store.read() as conn:
                found = conn.execute(select(fences.c.name).where(fences.c.name == "before")).scalar()
            os._exit(0 if found is None else 1)
        with store.read() as conn:
            assert {"before", "after"} <= set(conn.execute(select(fences.c.name)).scalars())

    def test_a_child_waits_for_its_parents_lock(self, store: Store) -> None:
        with store.lock("parent"):
            assert _run_all(_expect_busy_here, [(store,)], fork) == [0]

    def test_a_lock_lets_one_process_in_at_a_time(self, url: str, tmp_path: Path) -> None:
        path = tmp_path / "number"
        path.write_text("0")
        assert _run_all(_increment_file, [(url, str(path), 15)] * 4) == [0] * 4
        assert path.read_text() == "60"

    def test_a_lock_lets_one_thread_in_at_a_time(self, store: Store) -> None:
        inside, most = [0], [0]

        def enter() -> None:
            for _ in range(10):
                with store.lock("threads"):
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                    time.sleep(0.0005)
                    inside[0] -= 1

        threads = [threading.Thread(target=enter) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert most[0] == 1

    def test_the_holder_of_a_lock_may_take_it_again(self, store: Store) -> None:
        with store.lock("again", timeout=1), store.lock("again", timeout=1):
            pass
        with Store(store_url(store)).lock("again", timeout=1):
            pass

    def test_two_hundred_locks_are_held_at_once(self, store: Store, url: str) -> None:
        names = [f"table:{index}" for index in range(200)]
        with ExitStack() as held:
            for name in names:
                held.enter_context(store.lock(name))
            with store.read(), store.write():
                pass
        with Store(url).lock(names[0], timeout=1), Store(url).lock(names[-1], timeout=1):
            pass

    def test_waiting_for_a_lock_ends_with_an_error_that_says_what_to_do(self, store: Store, url: str) -> None:
        ready = fork.Event()
        child = fork.Process(target=_hold_lock, args=(url, ready))
        child.start()
        try:
            assert ready.wait(60)
            start = time.monotonic()
            with pytest.raises(Unavailable) as caught, store.lock("table:1", timeout=0.2):
                pass
            assert time.monotonic() - start < 60
            assert caught.value.fix
            with store.lock("table:2", timeout=0.2):
                pass
        finally:
            os.kill(child.pid, signal.SIGKILL)
            child.join()
        with store.lock("table:1", timeout=60):  # its death frees the lock
            pass

    def test_a_forked_child_does_not_hold_its_parents_locks(self, store: Store, url: str) -> None:
        with store.lock("parent"):
            child = fork.Process(target=time.sleep, args=(30,))
            child.start()
        try:
            with Store(url).lock("parent", timeout=2):
                pass
        finally:
            child.kill()
            child.join()

    def test_a_commit_key_is_there_once(self, store: Store) -> None:
        row = {"commit_key": "run/step/table", "at": "", "result": "{}"}
        with store.write() as conn:
            conn.execute(insert(commits).values(row))
        with pytest.raises(IntegrityError), store.write() as conn:
            conn.execute(insert(commits).values(row))

    def test_sessions_on_the_engine_write_and_on_the_reader_read(self, store: Store) -> None:
        with Session(store.engine) as session:
            session.execute(insert(fences).values(name="session", epoch=1))
            session.commit()
        with store.write(), Session(store.reader) as session:  # does not wait for the writer
            assert session.execute(select(fences.c.epoch).where(fences.c.name == "session")).scalar() == 1

    def test_watching_tells_of_other_connections_commits(self, store: Store) -> None:
        with store.watch() as version:
            before = version()
            with store.write() as conn:
                conn.execute(update(fences).values(epoch=5))
            assert version() != before

    def test_values_stay_out_of_error_messages(self, store: Store) -> None:
        with pytest.raises(IntegrityError) as caught, store.write() as conn:
            conn.execute(insert(fences), [{"name": "ada lovelace", "epoch": 1}, {"name": "ada lovelace", "epoch": 1}])
        assert store.dialect == "postgresql" or "lovelace" not in str(caught.value)


def store_url(store: Store) -> str:
    return store.backend.shown if store.dialect == "sqlite" else store.engine.url.render_as_string(hide_password=False)


class TestSqlite(StoreSuite):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/state/meta.db"


@pytest.mark.postgres
class TestPostgres(StoreSuite):
    @pytest.fixture
    def url(self, postgres_database: str) -> str:
        return postgres_database


@pytest.mark.postgres
@pytest.mark.sampled(every=3, of="file")
class TestPostgresSchema(TestPostgres):
    """In a schema of its own, beside another workspace in the same database."""

    @pytest.fixture
    def url(self, postgres_database: str) -> str:
        Store(f"{postgres_database}?schema=neighbour").migrate()
        return f"{postgres_database}?schema=ours"
