"""A statement that is broken off in the middle: a process killed, a disk that is full. The old state stands, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from somebody import Place

from workbench.core.errors import StorageUnavailable, TooLarge, WorkbenchError
from workbench.governance.audit.acting import with_token
from workbench.governance.audit.log import audit_log_of
from workbench.store import SecretBox

# Far more than any test waits for, so that it is surely in the middle of it.
ENDLESS = "insert into silver.t (id) select count(*) from range(100000000) a, range(1000000) b where (a.range * b.range) % 7 = 3"
CHANGES = "update silver.t set id = (select count(*) from range(100000000) a, range(1000000) b where (a.range * b.range) % 7 = 3)"

SCRIPT = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from somebody import Place
place = Place(Path(sys.argv[2]))
if sys.argv[3] == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (6 << 20, 6 << 20))
    try:
        place.do(sys.argv[4])
    except Exception as error:
        print(type(error).__name__, error)
else:
    print("ready", flush=True)
    place.do(sys.argv[4])
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / "project", isolated=True)
    made.writer.write("silver.t", pa.table({"id": pa.array([1, 2], pa.int64())}))
    yield made
    made.close()


def files(place: Place) -> set[str]:
    found = {str(path) for path in (place.settings.state / "lake").rglob("*.parquet")}
    assert found
    return found


def until(what: Callable[[], Any]) -> Any:
    for _ in range(1200):
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it never came to that")


def scratch(place: Place) -> list[Path]:
    return list((place.settings.state / "tmp").glob("statement.*"))


@pytest.mark.parametrize("sql", [ENDLESS, CHANGES], ids=["insert", "update"])
def test_the_query_process_is_killed(place: Place, sql: str) -> None:
    before, head, caught = files(place), place.head("silver.t"), []

    def run() -> None:
        try:
            place.do(sql)
        except WorkbenchError as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    until(lambda: [made for folder in scratch(place) for made in folder.iterdir()])  # the rows are on their way to files
    running = until(lambda: list(place.engine._running))  # type: ignore[union-attr]
    os.kill(running[0].child._process.pid, signal.SIGKILL)
    thread.join(60)
    assert len(caught) == 1 and isinstance(caught[0], TooLarge) and "was killed, most often because memory" in caught[0].message
    assert caught[0].fix is not None and "Run it again" in caught[0].fix and "fewer columns or rows" in caught[0].fix
    assert (place.head("silver.t"), files(place), scratch(place)) == (head, before, [])
    assert place.log.list("sql", limit=1)[0].status == "failed"
    assert place.counts("insert into silver.t values (3)") == (1, 0, 0)  # and another process goes on


def test_who_asked_is_killed(place: Place) -> None:
    before, head = files(place), place.head("silver.t")
    command = [sys.executable, "-c", SCRIPT, str(Path(__file__).parent), str(place.settings.root), "kill", ENDLESS]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        until(lambda: scratch(place))
    finally:
        process.kill()
        process.communicate()
    assert (place.head("silver.t"), files(place)) == (head, before)
    assert place.counts("insert into silver.t values (3)") == (1, 0, 0)
    assert not scratch(place)  # what the dead one left went with the next statement


def test_files_of_a_statement_that_died_before_its_commit_are_swept(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    before, head = files(place), place.head("silver.t")

    class Dead(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Dead

    with monkeypatch.context() as broken, pytest.raises(Dead):
        broken.setattr(place.lake._committer, "commit", die)
        broken.setattr(place.lake.storage, "delete", lambda *_: None)  # nor could it clean up any more
        place.do("update silver.t set id = id + 10 where id = 1")
    assert place.head("silver.t") == head and len(files(place) - before) == 2
    place.writer.vacuum("silver.t", grace_hours=0)
    assert files(place) == before and place.rows("from silver.t order by id") == [(1,), (2,)]


def test_a_full_disk_says_so(place: Place) -> None:
    before, head = files(place), place.head("silver.t")
    sql = "insert into silver.t select (hash(range) // 2)::bigint from range(1500000)"
    command = [sys.executable, "-c", SCRIPT, str(Path(__file__).parent), str(place.settings.root), "full", sql]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.startswith(StorageUnavailable.__name__) and "room" in done.stdout, done.stdout + done.stderr
    assert (place.head("silver.t"), files(place), scratch(place)) == (head, before, [])
    assert place.counts(sql.replace("1500000", "10")) == (10, 0, 0)


@pytest.mark.parametrize(
    ("sql", "how"),
    [
        ("select id from silver.t", "failed"),  # nobody has got an answer
        ("select id from silver.t where error('no') is null", "failed"),
        ("insert into silver.t (id) values (7)", "succeeded"),
    ],
)
def test_a_statement_whose_end_found_no_room_ends_when_there_is_some(
    place: Place, sql: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be running as long as the server lives, and the audit log would not tell of it."""
    place.access.audit = audit = audit_log_of(place.store, place.settings.state, SecretBox(place.settings.state / "secrets"))
    append = place.log.append_all

    def full(conn: Any, run_id: str, events: Any) -> Any:
        append(conn, run_id, events)
        raise StorageUnavailable("The metadata store could not grow: the disk is full.")

    with monkeypatch.context() as patch, with_token("a token"):
        patch.setattr(place.log, "append_all", full)
        with pytest.raises(WorkbenchError):
            place.query.run(sql)
        run = place.log.list(kind="sql")[0]
        place.log.reconcile()  # there is no room yet
        assert place.log.get(run.id).status == "running"
    place.log.reconcile()
    ended = place.log.get(run.id)
    assert ended.status == how and (ended.error is None) == (how == "succeeded")
    told = [(entry.outcome, entry.token_id) for entry in audit.list() if entry.run_id == run.id]
    assert told == [("allowed" if how == "succeeded" else told[0][0], "a token")]
    if how == "succeeded":
        assert place.rows("select count(*) from silver.t") == [(3,)]
    else:
        assert [io.name for io in ended.inputs] == ["silver.t"]
