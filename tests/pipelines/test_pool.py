"""Kernels that wait for steps: each for one, begun as if it had been started for it, and no loss when it or its parent is gone."""

from __future__ import annotations

import json
import os
import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.pipelines.conftest import Place, processes_of
from workbench.core.config import Settings
from workbench.jobs.paths import make_own, socket_folder
from workbench.jobs.processes import Process
from workbench.pipelines import pool
from workbench.pipelines.pool import pool_of

Until = Callable[..., None]

FACTS = """import json, os, sys
facts = {"pid": os.getpid(), "run": os.environ["WORKBENCH_RUN_ID"], "folder": os.getcwd(), "left": os.environ.get("LEFT")}
facts["oom"] = open("/proc/self/oom_score_adj").read().strip()
facts["modules"] = sorted(sys.modules)
facts["open"] = [os.readlink(each.path) for each in os.scandir("/proc/self/fd") if os.path.lexists(each.path)]
open("facts-" + os.environ["WORKBENCH_STEP"], "w").write(json.dumps(facts))
os.environ["LEFT"] = "behind"
"""


def server(shared: Place, module: str = "") -> psutil.Process:
    """The process that kernels are forked from, or what runs a module. What it has forked shows the same command."""

    def forks(process: psutil.Process | None) -> bool:
        try:
            command = process.cmdline() if process is not None else ()
            return "workbench.pipelines.forkserver" in command and (command[-1] == module) == bool(module) and process.cwd() == root
        except psutil.Error:  # a stranger's, or it has just ended
            return False

    root = str(shared.settings.root)
    (found,) = [each for each in psutil.process_iter() if forks(each) and not forks(each.parent())]
    return found


def waiting(shared: Place) -> list[psutil.Process]:
    return [each for each in server(shared).children() if each.name() == "k waiting"]


def test_a_kernel_is_for_one_step_and_knows_nothing_of_another(shared: Place, until: Until) -> None:
    folder = shared.make("two", "steps: [{name: first}, {name: second, needs: [first]}]", first=[FACTS], second=[FACTS])
    assert shared.pipelines.run("two", wait=True).run.status == "succeeded"
    first, second = (json.loads((folder / f"facts-{step}").read_text()) for step in ("first", "second"))
    assert first["pid"] != second["pid"]
    assert (first["left"], second["left"]) == (None, None)
    assert first["folder"] == second["folder"] == str(folder)
    assert first["run"] != second["run"]
    # Where memory runs out the step is ended, and not a small process of somebody's that has said so, nor what steps come from.
    assert first["oom"] == "1000"
    assert Path(f"/proc/{server(shared).pid}/oom_score_adj").read_text() == Path("/proc/self/oom_score_adj").read_text()
    # What a person's cell would find imported already could not be set up by it any more.
    assert not {"numpy", "pandas", "pyarrow", "duckdb", "torch", "matplotlib"} & set(second["modules"])
    # Nothing of the other step's, or of the worker's, is open in it: the step's token came over such a pipe.
    assert not [name for name in second["open"] if name.startswith("pipe:")]
    until(lambda: not processes_of(first["run"]) and not processes_of(second["run"]), seconds=5)
    until(lambda: len(waiting(shared)) == shared.settings.jobs.kernels_ready, seconds=20)


# What it starts so has no environment that could be seen, or an empty one: it lived on, and wrote to branches that nobody publishes.
LEAVE = (
    "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        {0}\n    os._exit(0)\n"
    "while not os.path.exists('left'): time.sleep(0.01)\n"
)
WAYS = {
    "forked": "open('left', 'w').write(f'{os.getpid()} '); time.sleep(600)",
    "bare": "os.execve('/bin/sh', ['sh', '-c', 'printf \"%s \" $$ > left; exec sleep 600'], {})",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["notebook", "function"])
def test_what_a_step_leaves_in_a_session_of_its_own_ends_with_it(shared: Place, until: Until, kind: str, way: str) -> None:
    name, leave = f"{kind}{way}", LEAVE.replace("{0}", WAYS[way])
    if kind == "function":
        folder = shared.make(name, "steps: [{name: only, function: 'f.py:leave'}]")
        (folder / "f.py").write_text("def leave():\n" + textwrap.indent(leave, "    "))
    else:
        folder = shared.make(name, "steps: [{name: only}]", only=[leave])
    assert shared.pipelines.run(folder.name, wait=True).run.status == "succeeded"
    until(lambda: (folder / "left").read_text().endswith(" "))
    until(lambda: not psutil.pid_exists(int((folder / "left").read_text())), seconds=5)


def test_a_kernel_that_died_while_it_waited_harms_no_step(shared: Place, until: Until) -> None:
    shared.make("one", "steps: [{name: only}]", only=["1"])
    assert shared.pipelines.run("one", wait=True).run.status == "succeeded"
    until(lambda: waiting(shared), seconds=20)
    for each in waiting(shared):
        each.kill()
    assert shared.pipelines.run("one", wait=True).run.status == "succeeded"


def test_a_step_whose_fork_server_was_killed_is_told_and_the_next_has_another(shared: Place, until: Until) -> None:
    folder = shared.make("waits", "steps: [{name: only}]", only=["open('here', 'w').close()\nimport time; time.sleep(60)"])
    queued = shared.pipelines.run("waits")
    until(lambda: (folder / "here").exists())
    pids = processes_of(queued.steps[0].id)
    assert len(pids) == 2
    server(shared).kill()
    until(lambda: shared.log.get(queued.run.id).status == "failed", seconds=10)
    error = shared.log.get(queued.run.id).error
    assert error is not None
    assert error.code == "process_died"
    until(lambda: not any(psutil.pid_exists(pid) for pid in pids), seconds=5)
    shared.make("one", "steps: [{name: only}]", only=["1"])
    assert shared.pipelines.run("one", wait=True).run.status == "succeeded"


def test_folders_of_kernels_whose_fork_server_was_killed_are_removed(shared: Place, until: Until) -> None:
    """Each stop of a worker left some."""
    shared.make("one", "steps: [{name: only}]", only=["1"])
    assert shared.pipelines.run("one", wait=True).run.status == "succeeded"
    until(lambda: len(waiting(shared)) == shared.settings.jobs.kernels_ready, seconds=20)
    left = {path.parent for path in socket_folder(shared.settings).glob("k-*/of")}
    assert len(left) == shared.settings.jobs.kernels_ready
    # Of a process in another container, or one that lives, nothing is known, or nothing left behind.
    stays = [socket_folder(shared.settings) / f"k-{name}" for name in ("elsewhere", "alive")]
    mine = Process.of(os.getpid())
    assert mine is not None
    make_own(stays[0], Process(mine.pid + 1, mine.started, "elsewhere/1"))
    make_own(stays[1], mine)
    server(shared).kill()
    assert shared.pipelines.run("one", wait=True).run.status == "succeeded"
    assert not [path for path in left if path.exists()] and all(path.is_dir() for path in stays)
    for path in stays:
        shutil.rmtree(path)


def test_statements_are_forked_from_a_process_of_their_own_which_is_replaced(shared: Place, until: Until) -> None:
    folder = shared.make("stated", "steps: [{name: one, sql: one.sql}, {name: two, needs: [one]}]", two=[FACTS])
    (folder / "one.sql").write_text("CREATE OR REPLACE TABLE bronze.stated AS SELECT 1 AS n")
    assert shared.pipelines.run("stated", wait=True).run.status == "succeeded"
    found = server(shared, "workbench.app.sql_step")
    assert [each.name() for each in found.children()] == []
    # What it has imported, a notebook has not.
    assert "pyarrow" not in json.loads((folder / "facts-two").read_text())["modules"]
    found.kill()
    until(lambda: not found.is_running() or found.status() == psutil.STATUS_ZOMBIE)
    assert shared.pipelines.run("stated", wait=True).run.status == "succeeded"
    assert server(shared, "workbench.app.sql_step").pid != found.pid


def test_packages_that_are_others_now_are_those_of_the_next_step(settings: Settings, monkeypatch: pytest.MonkeyPatch, until: Until) -> None:
    """What was imported before would be mixed with what is imported from then on. What is at work goes on."""
    first = pool_of(settings, "worker-1", "workbench.app.sql_step")
    assert first is not None and pool_of(settings, "worker-1", "workbench.app.sql_step") is first
    with (settings.root / "log").open("ab") as errors:
        asked = dict(os.environ), settings.root, errors, "workbench.app.sql_step", False
        step = first.execute(*asked)
        monkeypatch.setattr(pool, "environment", lambda: {"hash": "another"})
        second = pool_of(settings, "worker-1", "workbench.app.sql_step")
        assert second is not None and second is not first
        with pytest.raises(OSError, match="changed"):
            first.execute(*asked)
    assert first.alive and step.poll() is None
    for pipe in (step.stdin, step.stdout):
        assert pipe is not None
        pipe.close()
    until(lambda: not first.alive and step.poll() == 1, seconds=20)
    second.close()
