"""One API and one worker, whoever dies."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))

from verbs_faces import run as command_line

from workbench.cli.commands.processes import render_processes
from workbench.core.clock import iso, now
from workbench.core.config import Settings
from workbench.core.errors import ServiceNotRunning, StorageUnavailable, WorkspaceNotFound
from workbench.core.ids import new_id
from workbench.jobs import down, modules, state
from workbench.jobs import up as start_all
from workbench.jobs.files import write_json
from workbench.jobs.modules import code_now
from workbench.jobs.paths import down_marker, log_folder, run_folder, socket_path
from workbench.jobs.processes import Process, kill_marked, marked
from workbench.jobs.renewal import at_work, outdated
from workbench.jobs.service import JobService
from workbench.jobs.supervisor import answers
from workbench.runs.log import RunLog
from workbench.store import Store

Until = Callable[..., None]


def up(settings: Settings, wait: float | None = 90, **options: Any) -> dict[str, Any]:
    """As a person does who waits for as long as it takes."""
    return start_all(settings, wait, **options)


def workers_of(settings: Settings) -> list[int]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if "workbench.jobs.worker" in line and str(settings.root) in line:
            found.append(process.pid)
    return found


def shown(told: dict[str, Any]) -> str:
    console = Console(width=140, record=True, file=io.StringIO())
    render_processes(console, told)
    return console.export_text()


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def test_up_starts_everything_and_a_second_start_attaches(supervised: Settings) -> None:
    first = up(supervised)
    assert answers(supervised)
    assert {role: entry["status"] for role, entry in first.items()}["supervisor"] == "running"
    second = up(supervised)
    assert {role: entry["pid"] for role, entry in second.items()} == {role: entry["pid"] for role, entry in first.items()}
    stopped = down(supervised)
    assert {entry["status"] for entry in stopped.values()} == {"stopped"}
    assert not socket_path(supervised).exists()
    assert workers_of(supervised) == []


def test_what_was_started_before_an_update_is_started_anew_once_no_job_is_at_work(
    supervised: Settings, jobs: JobService, log: RunLog, until: Until
) -> None:
    def started() -> dict[str, int]:
        return {role: entry["pid"] for role, entry in state(supervised).items()}

    up(supervised)
    until(lambda: {entry["status"] for entry in state(supervised).values()} == {"running"})
    assert not outdated(supervised)
    before = started()
    written = run_folder(supervised) / "supervisor.json"
    written.write_text(written.read_text().replace(code_now(), "of another version"))
    assert outdated(supervised)
    run_id = jobs.submit("stages", "x", {"stages": 1, "seconds": 5}, "ada")
    until(lambda: log.get(run_id).status == "running")
    assert "jobs are at work" in command_line(["-C", str(supervised.root), "up"])[2]
    assert started() == before
    until(lambda: log.get(run_id).status == "succeeded")
    code, _, err = command_line(["-C", str(supervised.root), "up"])
    assert code == 0, err
    assert not set(before.values()) & set(started().values())
    assert not outdated(supervised)


def test_a_statement_that_a_process_carries_out_is_not_interrupted_either(supervised: Settings, store: Store, log: RunLog) -> None:
    mine = Process.of(os.getpid())
    assert mine is not None
    write_json(run_folder(supervised) / "supervisor.json", {"processes": {"api": mine.to_json()}})
    assert not at_work(supervised)
    run = log.start("query", "export", "ada")
    assert at_work(supervised)
    write_json(run_folder(supervised) / "supervisor.json", {})
    assert not at_work(supervised), "of a notebook's kernel, which goes on"
    run.succeed()


def test_a_run_that_only_waits_for_a_person_is_not_at_work(supervised: Settings, store: Store, log: RunLog) -> None:
    mine = Process.of(os.getpid())
    assert mine is not None
    write_json(run_folder(supervised) / "supervisor.json", {"processes": {"worker": mine.to_json()}})
    asked, beside, run_id = new_id(), new_id(), new_id()
    said: dict[str, Any] = {"job": "x", "principal": "ada", "params": {}, "attributes": {}}
    with store.write() as conn:
        log.append(conn, run_id, "run.queued", kind="pipeline", **said)
        log.append(conn, run_id, "run.started")
        for step in (asked, beside):
            log.append(conn, step, "run.queued", kind="step", parent_id=run_id, **said)
    assert at_work(supervised)
    with store.write() as conn:
        log.append(conn, asked, "run.started", attributes={"asked_at": iso(now())})
    assert not at_work(supervised)
    with store.write() as conn:
        log.append(conn, beside, "run.started")
    assert at_work(supervised), "a step beside it"


def test_what_modules_there_are_is_told_while_an_update_or_an_editor_is_at_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "workbench" / "jobs"
    folder.mkdir(parents=True)
    (folder / "modules.py").write_text("")
    monkeypatch.setattr(modules, "__file__", str(folder / "modules.py"))
    before = code_now()
    (folder / ".#modules.py").symlink_to("somebody@machine.123:456")  # Emacs, beside a file that is edited
    assert code_now() == before
    (folder / "more.py").write_text("")
    assert code_now() != before


def test_what_carries_out_a_run_in_a_workspace_is_left_alone_by_a_copy_of_it(tmp_path: Path) -> None:
    said = {"WORKBENCH_RUN_ID": new_id(), "WORKBENCH_HOME": str(tmp_path)}
    with subprocess.Popen(["sleep", "60"], env={**os.environ, **said}) as process:
        try:
            assert kill_marked("WORKBENCH_RUN_ID", said["WORKBENCH_RUN_ID"], str(tmp_path / "copy")) == 0
            assert process.poll() is None
        finally:
            assert kill_marked("WORKBENCH_RUN_ID", said["WORKBENCH_RUN_ID"], str(tmp_path)) >= 1


@pytest.mark.skipif(sys.platform != "linux", reason="the system's own limits")
def test_what_is_to_outlive_who_has_started_it_bears_no_stamp() -> None:
    code = (
        "import subprocess, time; from workbench.jobs.processes import stamp, unstamp\n"
        "start = lambda: subprocess.Popen(['sleep', '60'], env={}).pid\n"
        "stamp(); first = start(); unstamp(); print(first, start(), flush=True); time.sleep(60)"
    )
    said = {"WORKBENCH_RUN_ID": new_id(), "WORKBENCH_WORKER": f"worker-{new_id()}"}
    with subprocess.Popen([sys.executable, "-c", code], env={**os.environ, **said}, stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout is not None
        stamped, free = map(int, caller.stdout.readline().split())
        try:
            # Of the one who called, the environment tells.
            assert set(marked("WORKBENCH_RUN_ID", said["WORKBENCH_RUN_ID"])) == {caller.pid, stamped}
            assert set(marked("WORKBENCH_WORKER", said["WORKBENCH_WORKER"])) == {caller.pid, stamped}
            assert not [*marked("WORKBENCH_RUN_ID", said["WORKBENCH_RUN_ID"], WORKBENCH_WORKER="another")]
            assert not [*marked("WORKBENCH_RUN_ID", new_id())]
        finally:
            for pid in (stamped, free, caller.pid):
                os.kill(pid, signal.SIGKILL)


def test_simultaneous_starts_make_one_of_each(supervised: Settings) -> None:
    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(lambda _: up(supervised, roles=("worker",)), range(4)))
    assert len({entry["worker"]["pid"] for entry in states}) == 1
    assert len({entry["supervisor"]["pid"] for entry in states}) == 1
    assert len(workers_of(supervised)) == 1


def test_killed_worker_and_api_come_back(supervised: Settings, until: Until) -> None:
    before = up(supervised)
    for role in ("api", "worker"):
        kill(before[role]["pid"])
        until(lambda role=role: state(supervised)[role]["pid"] not in (None, before[role]["pid"]))
    after = up(supervised)
    assert after["supervisor"]["pid"] == before["supervisor"]["pid"]
    assert (after["api"]["restarts"], after["worker"]["restarts"]) == (1, 1)
    assert answers(supervised)


def test_killed_supervisor_costs_nobody_a_process_and_the_next_adopts_them(supervised: Settings, until: Until) -> None:
    before = up(supervised)
    kill(before["supervisor"]["pid"])
    until(lambda: state(supervised)["supervisor"]["status"] == "stopped")
    assert answers(supervised)
    assert len(workers_of(supervised)) == 1
    assert shown(state(supervised)).count("running, not supervised") == 2
    assert "Run `workbench up`" in shown(state(supervised))
    after = up(supervised)
    assert "not supervised" not in shown(after)
    assert after["supervisor"]["pid"] != before["supervisor"]["pid"]
    assert [after[role]["pid"] for role in ("api", "worker")] == [before[role]["pid"] for role in ("api", "worker")]
    # What was adopted is kept alive too.
    kill(after["worker"]["pid"])
    until(lambda: state(supervised)["worker"]["pid"] not in (None, after["worker"]["pid"]))
    assert len(workers_of(supervised)) == 1


def test_adoption_needs_no_state_file(supervised: Settings, until: Until) -> None:
    before = up(supervised, roles=("worker",))
    kill(before["supervisor"]["pid"])
    until(lambda: state(supervised)["supervisor"]["status"] == "stopped")
    (run_folder(supervised) / "supervisor.json").unlink()
    assert state(supervised)["worker"]["pid"] == before["worker"]["pid"]
    assert "running, not supervised" in shown(state(supervised))
    after = up(supervised, roles=("worker",))
    assert after["worker"]["pid"] == before["worker"]["pid"]


def test_down_stops_what_a_killed_supervisor_left(supervised: Settings, until: Until) -> None:
    before = up(supervised, roles=("worker",))
    kill(before["supervisor"]["pid"])
    until(lambda: state(supervised)["supervisor"]["status"] == "stopped")
    down(supervised)
    assert workers_of(supervised) == []


def test_process_that_cannot_start_is_reported_with_its_words(supervised: Settings) -> None:
    (supervised.state).mkdir(exist_ok=True)
    (supervised.state / "meta.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(ServiceNotRunning, match="not a SQLite database") as raised:
        up(supervised, roles=("worker",))
    assert "worker.out" in str(raised.value)
    told = state(supervised)["worker"]
    assert told["status"] in ("crash-loop", "restarting")
    assert "not a SQLite database" in told["error"]
    assert told["restarts"] >= 4


def test_the_words_of_those_before_are_not_those_of_who_ended(supervised: Settings, until: Until) -> None:
    output = log_folder(supervised) / "worker.out"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("Error: the words of last week\n")
    kill(up(supervised, roles=("worker",))["worker"]["pid"])
    until(lambda: state(supervised)["worker"]["restarts"] == 1)
    assert "last week" not in str(state(supervised))


def test_what_crashes_after_some_seconds_is_not_called_running(supervised: Settings, until: Until) -> None:
    supervised.state.mkdir(exist_ok=True)
    (supervised.state / "dbos.db").write_bytes(b"this is no database" * 100)
    up(supervised, wait=None, roles=("worker",))
    seen = set()

    def crashed_twice() -> bool:
        told = state(supervised)["worker"]
        if told["restarts"]:
            seen.add(told["status"])
        return (told["restarts"] or 0) >= 2

    until(crashed_twice)
    assert seen == {"restarting"}
    told = state(supervised)["worker"]
    assert told["error"] and "Background on this error" not in told["error"]


def test_supervisor_survives_its_callers_session(supervised: Settings, until: Until) -> None:
    load = f"load_settings(Path({str(supervised.root)!r}))"
    imports = "from pathlib import Path\nfrom workbench.core.config import load_settings\nfrom workbench.jobs import up\n"
    code = f"{imports}up({load}, 90, roles=('worker',))"
    caller = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    assert caller.wait(120) == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(caller.pid, signal.SIGKILL)
    time.sleep(0.2)
    assert state(supervised)["worker"]["pid"]
    assert os.getsid(state(supervised)["supervisor"]["pid"]) != os.getsid(0)


def test_nothing_goes_on_for_a_deleted_workspace(supervised: Settings, until: Until) -> None:
    pids = [entry["pid"] for entry in up(supervised).values()]
    # As a person does it: what comes or goes while the processes still run is taken at the next attempt.
    until(lambda: subprocess.run(["rm", "-rf", str(supervised.root)]).returncode == 0, 60)
    until(lambda: not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids), 60)
    assert not supervised.root.exists(), sorted(map(str, supervised.root.rglob("*")))


def test_a_deleted_workspace_is_not_made_again_by_who_looks_after_it(settings: Settings) -> None:
    """A server that has it open still, a page of JupyterLab, a lock that is taken."""
    store = Store(settings.store_url)
    store.migrate()
    with store.lock("first", timeout=5):
        pass
    shutil.rmtree(settings.root)
    with pytest.raises(StorageUnavailable, match="is gone"), store.lock("second", timeout=5):
        pass
    store.engine.dispose()
    with pytest.raises(StorageUnavailable, match="is gone"), store.read():
        pass
    assert not down_marker(settings).exists() and {entry["status"] for entry in down(settings).values()} == {"stopped"}
    with pytest.raises(WorkspaceNotFound, match="is gone"):
        start_all(settings)
    assert not settings.root.exists()


def test_what_a_person_stopped_stays_down_until_somebody_asks(supervised: Settings, until: Until) -> None:
    up(supervised)
    down(supervised)
    # What an open page of JupyterLab does when nothing answers.
    with pytest.raises(ServiceNotRunning, match="stopped") as refused:
        up(supervised, asked=False)
    assert refused.value.details["stopped"] is True
    assert state(supervised)["supervisor"]["status"] == "stopped"
    assert up(supervised)["api"]["status"] in ("starting", "running")
    # One that came up while `down` looked is not told by a signal: it ends by itself.
    down_marker(supervised).touch()
    until(lambda: state(supervised)["supervisor"]["status"] == "stopped")


def test_status_without_anything_running(settings: Settings) -> None:
    assert {entry["status"] for entry in state(settings).values()} == {"stopped"}
    assert {entry["status"] for entry in down(settings).values()} == {"stopped"}
