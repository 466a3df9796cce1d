"""Folders whose files are taken in as they come, by real workers."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.app.local import LocalWorkspace
from workbench.app.services import Services
from workbench.core.config import Settings
from workbench.core.errors import Forbidden, InvalidInput, NotFound, Unavailable, UnreadableFile
from workbench.ingest.job import AskedLoads
from workbench.ingest.records import LoadOptions
from workbench.ingest.sources.base import Notes
from workbench.ingest.sources.files import open_files
from workbench.ingest.sources.reach import ForeignLink, Reach
from workbench.ingest.watch import Ready, Watches
from workbench.jobs.watching import Watching

QUICK = {"WORKBENCH_INGEST_WATCH_SECONDS": "0.2"}


@pytest.fixture
def incoming(tmp_path: Path) -> Path:
    folder = tmp_path / "incoming"
    folder.mkdir()
    return folder


@pytest.fixture
def taken(services: Services) -> Iterator[list[str]]:
    yield []


@pytest.fixture
def look(services: Services, taken: list[str]) -> Callable[[], list[str]]:
    """Look once, as a worker would; gives the names handed on so far."""

    def hand_on(ready: Ready) -> Any:
        taken.extend(Path(path).name for path in ready.paths)
        return [services.log.start("ingest", "x", ready.by).id for _ in ready.paths], lambda: None

    def once() -> list[str]:
        services.watches.look(hand_on)
        return taken

    return once


def test_a_file_is_taken_when_two_looks_found_it_the_same(services: Services, incoming: Path, look: Callable[[], list[str]]) -> None:
    services.watches.add(str(incoming))
    (incoming / "a.csv").write_text("a\n")
    assert look() == []
    (incoming / "a.csv").write_text("a\n1\n")
    assert look() == []
    assert look() == ["a.csv"]
    assert look() == ["a.csv"]
    (watch,) = services.watches.all()
    assert (watch.files, watch.waiting, watch.error, watch.looked_at is not None) == (1, 0, None, True)


def test_a_look_that_a_person_asks_for_queues_what_lies_there_still(services: Services, settings: Settings, incoming: Path) -> None:
    watch = services.watches.add(str(incoming))
    other = services.watches.add(f"{incoming.parent}/*.csv")
    (incoming / "a.csv").write_text("a\n1\n")
    watching = Watching(settings, services.store, services.log)
    assert watching.look_now(watch.id) == 1
    found = services.watches.get(watch.id)
    assert (found.files, found.waiting, found.last_file, found.last_status) == (1, 0, "a.csv", "queued")
    assert services.watches.get(other.id).looked_at is None
    assert watching.look_now(watch.id) == 0
    with pytest.raises(NotFound):
        watching.look_now("nobody")


def test_a_file_that_changes_is_taken_again(services: Services, incoming: Path, look: Callable[[], list[str]]) -> None:
    services.watches.add(str(incoming))
    (incoming / "a.csv").write_text("a\n1\n")
    look(), look()
    (incoming / "a.csv").write_text("a\n1\n2\n")
    look()
    assert look() == ["a.csv", "a.csv"]


def test_hidden_and_half_written_files_wait(services: Services, incoming: Path, look: Callable[[], list[str]]) -> None:
    services.watches.add(f"{incoming}/*.csv")
    for name in (".a.csv", "b.csv.part", "c.json", "d.csv", "deep"):
        (incoming / name).write_text("a\n1\n")
    look()
    assert look() == ["d.csv"]
    (incoming / "b.csv.part").rename(incoming / "b.csv")
    look()
    assert look() == ["d.csv", "b.csv"]


def test_what_is_known_outlives_the_process(services: Services, settings: Settings, incoming: Path, look: Callable[[], list[str]]) -> None:
    services.watches.add(str(incoming))
    (incoming / "a.csv").write_text("a\n1\n")
    look(), look()
    again = Services(settings)
    assert again.watches.look(lambda ready: pytest.fail("taken twice")) == 0
    again.close()


def test_one_folder_that_is_gone_holds_back_no_other(
    services: Services, incoming: Path, tmp_path: Path, look: Callable[[], list[str]]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    services.watches.add(str(gone))
    services.watches.add(str(incoming))
    shutil.rmtree(gone)
    (incoming / "a.csv").write_text("a\n1\n")
    look()
    assert look() == ["a.csv"]
    assert "not there" in (services.watches.all()[0].error or "")
    gone.mkdir()
    look()
    assert services.watches.all()[0].error is None


def test_whatever_is_wrong_with_one_folder_holds_back_no_other(
    services: Services, incoming: Path, tmp_path: Path, look: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    services.watches.add(str(wrong))
    services.watches.add(str(incoming))
    (incoming / "a.csv").write_text("a\n1\n")
    listed = Watches._listed

    def failing(self: Watches, path: Path, reach: Reach, links: list[str]) -> Any:
        if path == wrong:
            raise ValueError("hunter2")
        return listed(self, path, reach)

    monkeypatch.setattr(Watches, "_listed", failing)
    look()
    assert look() == ["a.csv"]
    first, second = services.watches.all()
    assert ("failed (ValueError)" in (first.error or ""), second.error) == (True, None)


def test_a_file_whose_name_is_no_text_is_told_and_holds_back_no_other(services: Services, settings: Settings, incoming: Path) -> None:
    watch = services.watches.add(str(incoming))
    for name in (b"caf\xe9.csv", b"a.csv"):
        Path(os.fsdecode(os.fsencode(incoming) + b"/" + name)).write_text("a\n1\n")
    assert Watching(settings, services.store, services.log).look_now(watch.id) == 1
    found = services.watches.get(watch.id)
    assert (found.last_file, found.error) == ("a.csv", "The name of caf\ufffd.csv is not UTF-8; it is not taken. Rename it.")


def test_a_killed_look_hands_nothing_on_twice(services: Services, settings: Settings, incoming: Path) -> None:
    """Between queueing loads and noting them down: neither has happened then."""
    services.watches.add(str(incoming))
    for name in ("a.csv", "b.csv"):
        (incoming / name).write_text("a\n1\n")
    watching = Watching(settings, services.store, services.log)
    watching.look()

    def killed(ready: Ready) -> Any:
        run_ids, queue = watching._queue(ready)
        return run_ids, lambda: (queue(), sys.exit())

    with pytest.raises(SystemExit):
        services.watches.look(killed)
    assert (watching.look(), watching.look()) == (2, 0)
    (batch,) = services.log.list(kind="ingest_batch")
    assert batch.params["files"] == 2 and batch.params["source"] == str(incoming)
    loads = services.log.list(kind="ingest")
    assert sorted(Path(run.params["source"]).name for run in loads) == ["a.csv", "b.csv"] and {run.parent_id for run in loads} == {batch.id}
    # Who cancels it cancels what has not begun.
    services.jobs.cancel(batch.id)
    assert {run.status for run in services.log.list(kind="ingest")} == {"cancelled"}
    assert services.watches.all()[0].failed == 2


def test_of_two_workers_one_looks(services: Services, settings: Settings, incoming: Path) -> None:
    script = (
        "import sys, time; from workbench.store import Store; from workbench.core.config import load_settings; "
        "store = Store(load_settings(__import__('pathlib').Path(sys.argv[1]), env={}).store_url)\n"
        "with store.lock('watches'):\n print('held', flush=True); time.sleep(30)"
    )
    other = subprocess.Popen([sys.executable, "-c", script, str(settings.root)], stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        assert Watching(settings, services.store, services.log).look() == 0, "where nothing is watched nobody is waited for"
        services.watches.add(str(incoming))
        with pytest.raises(Unavailable):
            Watching(settings, services.store, services.log).look()
    finally:
        other.kill()
        other.wait()
    assert Watching(settings, services.store, services.log).look() == 0


def test_options_are_for_many_files(services: Services, incoming: Path) -> None:
    watch = services.watches.add(str(incoming))
    assert (watch.options.name, watch.options.mode) == ("bronze.incoming", "append")
    again = services.watches.add(str(incoming), LoadOptions(name="silver.x", mode="upsert", keys=("id",)))
    assert (again.id, again.options.name, again.options.mode) == (watch.id, "silver.x", "upsert")
    assert services.watches.remove(watch.id) == ()


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("s3://b/k", InvalidInput),
        ("/no/such/folder", UnreadableFile),
        ("connection:x/y", InvalidInput),
        ("", InvalidInput),
        ("/a/**.csv", InvalidInput),
    ],
)
def test_what_cannot_be_watched_is_refused(services: Services, source: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        services.watches.add(source)


def test_who_calls_from_afar_watches_the_workspaces_folder_only(settings: Settings, incoming: Path, look: Callable[[], list[str]]) -> None:
    services = Services(settings, reach=Reach(settings.root))
    with pytest.raises(Forbidden):
        services.watches.add(str(incoming))
    with pytest.raises(Forbidden):
        services.watches.add(".workbench")
    (settings.root / "inbox").mkdir()
    (incoming / "secret.csv").write_text("a\n1\n")
    (settings.root / "inbox" / "link.csv").symlink_to(incoming / "secret.csv")
    services.watches.add("inbox")
    look()
    assert look() == []
    services.close()


@pytest.fixture
def somebody_elses_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes a link is another user of the machine than who watches."""
    lstat = Path.lstat

    def told(self: Path) -> os.stat_result:
        facts = lstat(self)
        return os.stat_result((*facts[:4], 4711, *facts[5:10])) if stat.S_ISLNK(facts.st_mode) else facts

    monkeypatch.setattr(Path, "lstat", told)


@pytest.mark.usefixtures("somebody_elses_links")
@pytest.mark.parametrize("pattern", ["", "*.csv", "*/*.csv"])
def test_who_puts_files_into_a_folder_reads_no_others_by_a_link(
    services: Services, incoming: Path, tmp_path: Path, look: Callable[[], list[str]], pattern: str
) -> None:
    """The server reads them with rights that are not hers: its keys, others' homes, /etc/shadow."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "keys.csv").write_text("a\n1\n")
    (incoming / "own").mkdir()
    (incoming / "own" / "in.csv").write_text("a\n1\n")
    (incoming / "out.csv").symlink_to(tmp_path / "secret" / "keys.csv")
    (incoming / "further").symlink_to(tmp_path / "secret")
    (incoming / "near.csv").symlink_to(incoming / "own" / "in.csv")
    services.watches.add(str(incoming / pattern))
    look()
    assert set(look()) == {"": {"in.csv", "near.csv"}, "*.csv": {"near.csv"}, "*/*.csv": {"in.csv"}}[pattern]
    (watch,) = services.watches.all()
    if pattern != "*/*.csv":
        assert watch.error is not None and watch.error.startswith("out.csv is a link that somebody else has put there")


@pytest.mark.usefixtures("somebody_elses_links")
def test_a_link_that_is_put_there_after_the_look_is_not_followed_either(
    services: Services, settings: Settings, incoming: Path, tmp_path: Path
) -> None:
    (tmp_path / "keys.csv").write_text("key\n1\n")
    watch = services.watches.add(str(incoming))
    (incoming / "a.csv").write_text("a\n1\n")
    asked = AskedLoads(settings.state)
    Watching(settings, services.store, services.log).look_now(watch.id)
    (run,) = services.log.list(kind="ingest")
    kept = asked.of(run.id)
    reach = Reach.named(kept.reach, settings.root).into(Path(str(kept.below)))
    (incoming / "a.csv").unlink()
    (incoming / "a.csv").symlink_to(tmp_path / "keys.csv")
    with pytest.raises(ForeignLink):
        next(open_files(kept.source, reach, tmp_path, Notes(lambda _: None)))


def test_ones_own_links_lead_anywhere(services: Services, incoming: Path, tmp_path: Path, look: Callable[[], list[str]]) -> None:
    (tmp_path / "far.csv").write_text("a\n1\n")
    (incoming / "link.csv").symlink_to(tmp_path / "far.csv")
    services.watches.add(str(incoming))
    look()
    assert look() == ["link.csv"]


def test_an_unknown_watch_is_told(services: Services) -> None:
    with pytest.raises(NotFound):
        services.watches.remove("x")


@pytest.fixture
def worker(settings: Settings) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "workbench.jobs.worker", "--root", str(settings.root)]
        started.append(subprocess.Popen(command, env={**os.environ, **QUICK}, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


def until(condition: Callable[[], Any], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def test_each_file_that_was_not_taken_is_told_with_its_reason(services: Services, incoming: Path) -> None:
    wrong = {"2.csv": "It is no table.", "3.csv": "It is empty."}

    def hand_on(ready: Ready) -> Any:
        runs = []
        for name in (Path(path).name for path in ready.paths):
            runs.append(run := services.log.start("ingest", "x", ready.by))
            if name in wrong:
                run.fail(UnreadableFile(wrong[name]))
            elif name != "4.csv":
                run.succeed()
        return [run.id for run in runs], lambda: None

    services.watches.add(str(incoming))
    for name in ("1.csv", "2.csv", "3.csv", "4.csv", "5.csv"):
        (incoming / name).write_text(f"id\n{name}\n")
    services.watches.look(hand_on)
    services.watches.look(hand_on)
    (incoming / "6.csv").write_text("id\n")
    services.watches.look(hand_on)
    (watch,) = services.watches.all()
    assert (watch.files, watch.taken, watch.loading, watch.failed, watch.waiting) == (5, 2, 1, 2, 1)
    assert watch.failures == ("3.csv: It is empty.", "2.csv: It is no table.")
    assert watch.last_failure == watch.failures[0]


def test_a_worker_takes_in_what_comes_and_reports_a_bad_file_once(
    settings: Settings, incoming: Path, worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    with LocalWorkspace(settings) as workspace:
        workspace.sources.watch(str(incoming), LoadOptions(name="orders"))
        (incoming / "1.csv").write_text("id,price\n1,2.50\n2,3.50\n")
        first = worker()
        until(lambda: [run.status for run in workspace.runs.list(kind="ingest")] == ["succeeded"])
        # Killed at any moment: what comes meanwhile is taken by the next one, and nothing twice.
        first.send_signal(signal.SIGKILL)
        first.wait()
        more = [100 + number for number in range(9)]
        for number in more:
            (incoming / f"{number}.csv").write_text(f"id,price\n{number},4.50\n")
        (incoming / "2.csv").write_text("id,price\n3,4.50\n")
        (incoming / "3.csv").write_bytes(b"\x00\x01\x02\x03" * 100)
        shutil.copy(incoming / "1.csv", incoming / "4.csv")
        second = worker()
        # All of them by one job, each by itself: killed in the middle, it goes on with those that are left.
        until(lambda: len(workspace.runs.list(kind="ingest", status="succeeded")) > 3)
        second.send_signal(signal.SIGKILL)
        second.wait()
        worker()
        until(lambda: (lambda w: w.files == 13 and w.failed == 1)(workspace.sources.watches()[0]))
        until(lambda: all(run.status in ("succeeded", "failed") for run in workspace.runs.list(kind="ingest")))
        time.sleep(1)
        (watch,) = workspace.sources.watches()
        assert sorted(workspace.datasets.read("bronze.orders").column("id").to_pylist()) == [1, 2, 3, *more]
        assert (watch.failed, watch.files, watch.taken, watch.repeated, watch.loading) == (1, 13, 11, 1, 0), "4.csv is 1.csv again"
        until(lambda: [run.status for run in workspace.runs.list(kind="ingest_batch")] == ["succeeded"])
        (batch,) = workspace.runs.list(kind="ingest_batch")
        assert batch.attributes["loads"] == {"succeeded": 11, "failed": 1} and batch.params["files"] == 12
        assert (watch.last_failure or "").startswith("3.csv: ")
        (incoming / "3.csv").write_text("id,price\n5,6.50\n")
        until(lambda: workspace.sources.watches()[0].failed == 0 and workspace.sources.watches()[0].waiting == 0)
        until(lambda: workspace.datasets.read("bronze.orders").num_rows == 4 + len(more))


@pytest.fixture
def loading(services: Services) -> Callable[[], int]:
    """Look twice, and take in what is complete; gives how many loads there were so far."""
    loads = 0

    def hand_on(ready: Ready) -> Any:
        nonlocal loads
        reports = [services.ingest.ingest(path, ready.options, principal=ready.by) for path in ready.paths]
        loads += len(reports)
        return [report.run_id for report in reports], lambda: None

    def both() -> int:
        services.watches.look(hand_on)
        services.watches.look(hand_on)
        return loads

    return both


def in_its_place(path: Path, text: str) -> None:
    """Another file of that name, with the very size and time of change."""
    facts, other = path.stat(), path.with_name(f".{path.name}")
    other.write_text(text)
    assert other.stat().st_size == facts.st_size
    os.utime(other, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    other.replace(path)


def test_another_file_of_the_same_size_and_time_is_taken(services: Services, incoming: Path, loading: Callable[[], int]) -> None:
    services.watches.add(str(incoming), LoadOptions(name="towns"))
    path = incoming / "a.csv"
    path.write_text("town,n\nAthens,1\n")
    assert loading() == 1
    in_its_place(path, "town,n\nBerlin,2\n")
    assert loading() == 2
    facts = path.stat()
    path.write_text("town,n\nCaerns,3\n")  # in the file itself, and its time put back
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert loading() == 3
    assert services.lake.plan("bronze.towns").to_arrow().column("town").to_pylist() == ["Athens", "Berlin", "Caerns"]


def test_what_is_done_to_a_file_but_to_its_content_takes_it_not_again(
    services: Services, incoming: Path, loading: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    services.watches.add(str(incoming), LoadOptions(name="towns", mode="overwrite"))
    for name in ("a", "b"):
        (incoming / f"{name}.csv").write_text(f"town,n\n{name},1\n")
    assert loading() == 2
    (incoming / "a.csv").chmod(0o640)
    in_its_place(incoming / "b.csv", "town,n\nb,1\n")
    assert loading() == 2  # though the first one's rows are not there any more
    assert services.lake.plan("bronze.towns").to_arrow().column("town").to_pylist() == ["b"]
    # More than a look may read is asked at the next.
    monkeypatch.setattr("workbench.ingest.stamps._AT_ONCE", 12)
    for name in ("a", "b"):
        in_its_place(incoming / f"{name}.csv", f"town,n\n{name.upper()},1\n")
    assert loading() == 3 and loading() == 4


def test_a_folder_that_is_watched_since_an_older_version_is_not_taken_again(
    services: Services, incoming: Path, look: Callable[[], list[str]]
) -> None:
    from sqlalchemy import select, update

    from workbench.store.tables import watched_files

    services.watches.add(str(incoming))
    (incoming / "a.csv").write_text("a\n1\n")
    look(), look()
    facts = (incoming / "a.csv").stat()
    with services.store.write() as conn:
        conn.execute(update(watched_files).values(stamp=f"{facts.st_size}:{facts.st_mtime_ns}"))
    assert look() == ["a.csv"] and look() == ["a.csv"]
    with services.store.read() as conn:
        assert (
            conn.execute(select(watched_files.c.stamp)).scalar()
            == f"{facts.st_size}:{facts.st_mtime_ns}:{facts.st_ctime_ns}:{facts.st_ino}"
        )
    (incoming / "a.csv").write_text("a\n2\n3\n")
    look()
    assert look() == ["a.csv", "a.csv"]
