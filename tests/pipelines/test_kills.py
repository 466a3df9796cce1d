"""Kill -9 at random: API, worker, supervisor, kernel, while each works. Nothing is lost, doubled or half-written."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pytest

from tests.pipelines.conftest import processes_of
from workbench.app.local import LocalWorkspace
from workbench.app.remote import RemoteWorkspace
from workbench.core.config import Settings, load_settings
from workbench.core.principals import local_principal
from workbench.governance.tokens import TokenService
from workbench.jobs import down, socket_path, state, up
from workbench.runs.log import RunLog
from workbench.runs.records import TERMINAL
from workbench.store import Store

Make = Callable[..., Path]
Until = Callable[..., None]

YAML = "steps: [{name: first}, {name: second, needs: [first]}]"
START = "import os, pyarrow as pa, time, workbench\nws = workbench.open()\nrun = os.environ['WORKBENCH_RUN_ID']"
WRITE = "ws.dataset('bronze.{0}').write(pa.table({{'run': [run], 'n': [{1}]}})); time.sleep(0.1)"
WRITES = 3
TARGETS = ("api", "worker", "supervisor", "kernel")


class Client(threading.Thread):
    """Somebody at the API all the time: each row is sent under a key of its own until the API says that it is there."""

    def __init__(self, settings: Settings, token: str) -> None:
        super().__init__(daemon=True)
        self.workspace = RemoteWorkspace(f"http+unix://{socket_path(settings)}", token)
        self.stop = threading.Event()
        self.acknowledged: list[int] = []
        self.slowest = 0.0
        self.failures: list[str] = []

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            began = time.monotonic()
            row = pa.table({"n": [number]})
            if self._call(lambda row=row, number=number: self.workspace.datasets.write("bronze.api", row, key=f"row-{number}")):
                self.acknowledged.append(number)
                number += 1
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.stop.wait(0.2)

    def _call(self, function: Callable[[], Any]) -> bool:
        for attempt in range(12):
            try:
                function()
                return True
            except Exception as error:
                if attempt == 11:
                    self.failures.append(repr(error))
                time.sleep(0.25)
        return False


@pytest.fixture
def quick(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("WORKBENCH_JOBS_HEARTBEAT_SECONDS", "0.5")
    settings = load_settings(root)
    yield settings
    down(settings, grace=5)


@pytest.mark.timeout(3600)
def test_nothing_is_lost_doubled_or_half_written(
    quick: Settings, make_pipeline: Make, scale: float, until: Until, record_property: Callable[..., None]
) -> None:
    settings = quick
    kills = max(4, round(50 * scale))
    dice = random.Random(f"{time.time()}")
    cells = {name: [START, *(WRITE.format(name, n) for n in range(WRITES))] for name in ("first", "second")}
    make_pipeline("grind", YAML, **cells)
    up(settings, wait=60)
    store = Store(settings.store_url)
    workspace, log = LocalWorkspace(settings), RunLog(store)
    client = Client(settings, TokenService(store).issue(local_principal(), "write").secret)
    client.start()
    submitted: list[str] = []
    sabotaged: set[str] = set()
    done: Counter[str] = Counter()
    order = [TARGETS[i % len(TARGETS)] for i in range(kills)]
    dice.shuffle(order)
    while order:
        target = order.pop()
        while sum(log.get(run).status not in TERMINAL for run in submitted) < 2:
            submitted.append(workspace.pipelines.run("grind").run.id)
        if target == "kernel":
            # On a slow machine both may have ended before one was seen.
            until(lambda: kernels(log, submitted) or all(log.get(run).status in TERMINAL for run in submitted), seconds=90)
        time.sleep(dice.uniform(0, 3))
        if strike(settings, target, log, submitted, sabotaged, dice):
            done[target] += 1
        else:
            order.insert(0, target)  # it had ended by itself just before
        time.sleep(dice.uniform(0, 0.3))
        up(settings, wait=60)
        notebooks_are_whole(settings)
    until(lambda: all(log.get(run).status in TERMINAL for run in submitted), seconds=180)
    client.stop.set()
    client.join(30)
    assert client.failures == []
    assert len(client.acknowledged) > kills
    check(settings, log, workspace, submitted, sabotaged, client)
    facts = {
        "kills": dict(done),
        "pipelines": len(submitted),
        "api rows": len(client.acknowledged),
        "slowest call": round(client.slowest, 1),
    }
    record_property("kills", json.dumps(facts))
    print(facts)


def kernels(log: RunLog, submitted: list[str]) -> list[tuple[int, str]]:
    """(pid, step's run) of the kernels that work now."""
    busy = [step.id for run in submitted[-6:] for step in log.list(parent_id=run) if step.status == "running"]
    return [(pid, run_id) for run_id in busy for pid in processes_of(run_id, "k") or own_kernels(run_id)]


def own_kernels(run_id: str) -> list[int]:
    """Where the pool was not to be had, and a step has started a kernel of its own."""
    launched = (p for p in psutil.process_iter(["cmdline"]) if any("ipykernel" in part for part in p.info["cmdline"] or ()))
    return [process.pid for process in launched if environment(process).get("WORKBENCH_RUN_ID") == run_id]


def strike(settings: Settings, target: str, log: RunLog, submitted: list[str], sabotaged: set[str], dice: random.Random) -> bool:
    if target == "kernel":
        found = kernels(log, submitted)
        if not found:
            return False
        pid, run_id = dice.choice(found)
        sabotaged.add(run_id)
    else:
        pid = state(settings)[target]["pid"]
    if pid is None:
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def notebooks_are_whole(settings: Settings) -> None:
    for path in (settings.state / "executed").glob("*/*.ipynb"):
        assert json.loads(path.read_text())["nbformat"] == 4


def check(settings: Settings, log: RunLog, workspace: LocalWorkspace, submitted: list[str], sabotaged: set[str], client: Client) -> None:
    written: dict[str, list[int]] = {}
    snapshots: set[int] = set()
    for name in ("first", "second"):
        rows = workspace.dataset(f"bronze.{name}").read().to_pylist()
        # But for the empty one that the first run's branch began at.
        snapshots |= {each.id for each in workspace.dataset(f"bronze.{name}").history() if each.parent_id is not None}
        for row in rows:
            written.setdefault(row["run"], []).append(row["n"])
    told: set[int | None] = set()
    for run_id in submitted:
        run = log.get(run_id)
        steps = log.list(parent_id=run_id)
        assert len(steps) == 2
        for step in (run, *steps):
            told |= {io.snapshot_id for io in step.outputs}
            ends = [e.type for e in log.events(run_id=step.id) if e.type.removeprefix("run.") in TERMINAL]
            assert len(ends) == 1, (step.job, ends)
        for step in steps:
            rows = sorted(written.pop(step.id, []))
            # All that the steps of a run have written, or nothing: they are published together.
            assert rows == (list(range(WRITES)) if run.status == "succeeded" else []), (step.id, rows)
            # Only a killed kernel may fail a step.
            assert step.status == "succeeded" or step.id in sabotaged or step.status == "skipped", step.error
        if not sabotaged & {step.id for step in steps}:
            assert run.status == "succeeded", run.error
    assert written == {}
    assert told == snapshots
    rows = Counter(workspace.dataset("bronze.api").read()["n"].to_pylist())
    assert set(rows) >= set(client.acknowledged)
    assert set(rows.values()) == {1}
    roles = Counter(role_of(process) for process in psutil.process_iter())
    mine = {role.split(":")[0]: count for role, count in roles.items() if role.endswith(f":{settings.state}")}
    assert mine == {"api": 1, "worker": 1}
    assert not [1 for process in psutil.process_iter() if environment(process).get("WORKBENCH_RUN_ID") in submitted]
    assert not [1 for run_id in submitted for step in log.list(parent_id=run_id) if processes_of(step.id)]


def environment(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except psutil.Error:
        return {}


def role_of(process: psutil.Process) -> str:
    found = environment(process)
    # What a role started in turn (a query's process) is no second one.
    return found.get("WORKBENCH_ROLE", "") if "workbench.api" in line(process) or "workbench.jobs.worker" in line(process) else ""


def line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
