"""Many runs at once, on SQLite and on PostgreSQL with two workers that are killed: each ends once, each row is there once."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog
from sqlalchemy import func, select

from tests import quick
from tests.pipelines.conftest import maker
from tests.quick import Forked
from workbench.app.local import LocalWorkspace
from workbench.core.config import Settings, load_settings
from workbench.runs.log import RunLog
from workbench.runs.records import TERMINAL
from workbench.store import Store
from workbench.store.tables import job_requests, runs, working_branches

TABLES = 8
ROWS = 3
WRITE = [
    "import workbench, pyarrow as pa",
    "ws = workbench.open()",
    f"ws.dataset(f'bronze.t{{n % {TABLES}}}').write(pa.table({{'run': [n] * {ROWS}, 'row': list(range({ROWS}))}}))",
]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.full])])
def stored(request: pytest.FixtureRequest, root: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A workspace that keeps its store and its jobs in that database."""
    if request.param == "postgresql":
        monkeypatch.setenv("WORKBENCH_STORE_URL", request.getfixturevalue("postgres_store"))
        monkeypatch.setenv("WORKBENCH_JOBS_URL", request.getfixturevalue("postgres_database"))
    monkeypatch.setenv("WORKBENCH_JOBS_HEARTBEAT_SECONDS", "0.5")
    return load_settings(root)


@pytest.mark.timeout(7200)
def test_each_of_many_runs_ends_once_and_its_rows_are_there_once(
    stored: Settings, root: Path, scale: float, until: Callable[..., None], record_property: Callable[..., None]
) -> None:
    count, kills = (1000, 50) if scale >= 1 else (max(8, round(100 * scale)), max(2, round(20 * scale)))
    names = ["one"] if stored.store_url.startswith("sqlite") else ["one", "two"]
    dice = random.Random(f"{time.time()}")
    maker(root)("append", "parameters: [{name: n, type: int, default: 0}]\nsteps: [{name: write}]\n", write=("n = 0", WRITE))
    store = Store(stored.store_url)
    store.migrate()
    log, workspace = RunLog(store), LocalWorkspace(stored)
    for table in range(TABLES):
        workspace.datasets.write(f"bronze.t{table}", [{"run": -1, "row": 0}], "create")
    began = time.monotonic()
    submitted = [workspace.pipelines.run("append", {"n": n}).run.id for n in range(count)]
    took = time.monotonic() - began
    workers = {name: quick.start_worker("--root", str(root), "--name", name) for name in names}
    try:
        done = kill_at_random(workers, root, kills, count, dice, lambda: ended(log))
        until(lambda: ended(log) == count, seconds=60 + 3 * count, every=0.5)
    finally:
        for worker in workers.values():
            worker.send_signal(signal.SIGKILL)
            worker.wait()
    lasted = time.monotonic() - began
    for run_id in submitted:
        run, (step,) = log.get(run_id), log.list(parent_id=run_id)
        assert (run.status, step.status) == ("succeeded", "succeeded"), (run.error, step.error)
        for each in (run, step):
            assert [event.type.removeprefix("run.") in TERMINAL for event in log.events(run_id=each.id)].count(True) == 1
    plain = SqlCatalog("workbench", uri=stored.store_url, warehouse=str(stored.warehouse))
    for table in range(TABLES):
        found = plain.load_table(f"bronze.t{table}").scan().to_arrow().to_pylist()
        rows = Counter((row["run"], row["row"]) for row in found if row["run"] >= 0)
        assert rows == {(n, row): 1 for n in range(table, count, TABLES) for row in range(ROWS)}
        assert [ref.name for ref in workspace.datasets.refs(f"bronze.t{table}")] == ["main"]
    with store.read() as conn:
        assert conn.execute(select(func.count()).select_from(working_branches)).scalar() == 0
        assert conn.execute(select(func.count()).select_from(job_requests).where(job_requests.c.handled_at.is_(None))).scalar() == 0
    workspace.close()
    store.close()
    facts = {"runs": count, "kills": done, "submitted in s": round(took, 2), "ended in s": round(lasted, 1)}
    record_property("many", json.dumps(facts))
    print(facts)


def ended(log: RunLog) -> int:
    """How many runs of pipelines have: counted, for a thousand are not read ten times a second. Workers keep the table up to date."""
    with log.store.read() as conn:
        over = runs.c.kind == "pipeline", runs.c.status.in_(sorted(TERMINAL))
        return int(conn.execute(select(func.count()).select_from(runs).where(*over)).scalar() or 0)


def kill_at_random(workers: dict[str, Forked], root: Path, kills: int, count: int, dice: random.Random, so_far: Callable[[], int]) -> int:
    """Kill a worker and start it again, so often, each after a share of the runs has ended."""
    for number in range(kills):
        # So that there is work for all of them: the last is killed before the last run ends.
        while so_far() < count * number // (kills + 1):
            time.sleep(0.1)
        time.sleep(dice.uniform(0, 1.5))
        name = dice.choice(list(workers))
        workers[name].send_signal(signal.SIGKILL)
        workers[name].wait()
        workers[name] = quick.start_worker("--root", str(root), "--name", name)
    return kills
