"""Two workers on one PostgreSQL, as on two machines: one falls silent in the middle of a step, the other takes over."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from sqlalchemy import select, update

from tests import quick
from tests.pipelines.conftest import maker
from workbench.app.local import LocalWorkspace
from workbench.core.clock import now
from workbench.core.config import Settings, load_settings
from workbench.runs.log import RunLog
from workbench.runs.records import TERMINAL
from workbench.store import Store
from workbench.store.tables import workers

AWAKE = "awake.txt"
STEP = [
    "import os, pathlib, time, workbench, pyarrow as pa",
    "ws = workbench.open()",
    "root = pathlib.Path(os.environ['WORKBENCH_HOME']); said = root / 'attempts.txt'",
    "attempt = len(said.read_text().splitlines()) if said.exists() else 0",
    "said.open('a').write(f'{time.time()}\\n')",
    # The first waits until it has been taken over, and then writes all the same.
    f"while attempt == 0 and not (root / '{AWAKE}').exists(): time.sleep(0.05)",
    "try:\n    ws.dataset('bronze.rows').write(pa.table({'attempt': [attempt]}))\n    outcome = 'written'\n"
    "except Exception as error:\n    outcome = type(error).__name__",
    "(root / f'outcome-{attempt}.txt').write_text(outcome)",
]


@pytest.fixture
def team(root: Path, postgres_store: str, postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("WORKBENCH_STORE_URL", postgres_store)
    monkeypatch.setenv("WORKBENCH_JOBS_URL", postgres_database)
    return load_settings(root)


@pytest.mark.postgres
def test_a_silent_worker_is_taken_over_within_ten_seconds_and_can_commit_nothing(
    team: Settings, root: Path, until: Callable[..., None]
) -> None:
    """With the settings as they come."""
    maker(root)("append", "steps: [{name: write}]", write=STEP)
    store = Store(team.store_url)
    log, workspace = RunLog(store), LocalWorkspace(team)
    workspace.datasets.write("bronze.rows", pa.table({"attempt": [-1]}), "create")
    first = quick.start_worker("--root", str(root), "--name", "one")
    second = None
    try:
        run_id = workspace.pipelines.run("append").run.id
        until((root / "attempts.txt").exists)
        # As if it were on another machine: nobody here may kill it, only its silence tells.
        with store.write() as conn:
            told = json.loads(conn.execute(select(workers.c.info)).scalar_one())
            conn.execute(update(workers).values(info=json.dumps(told | {"host": "elsewhere"})))
        second = quick.start_worker("--root", str(root), "--name", "two")
        until((team.state / "run" / "two.json").exists)
        first.send_signal(signal.SIGSTOP)
        stopped = now()
        until(lambda: len((root / "attempts.txt").read_text().splitlines()) == 2)
        (step,) = log.list(parent_id=run_id)
        taken_over = [event.at for event in log.events(run_id=step.id) if event.type == "run.started"][-1]
        assert timedelta(0) < taken_over - stopped < timedelta(seconds=10)
        # The kernel of the first was never stopped, and now its worker wakes, too.
        (root / AWAKE).touch()
        first.send_signal(signal.SIGCONT)
        assert first.wait(60) == 3
        until(lambda: log.get(run_id).status in TERMINAL)
        assert log.get(run_id).status == "succeeded"
    finally:
        for worker in filter(None, (first, second)):
            worker.send_signal(signal.SIGCONT)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
    outcome = root / "outcome-0.txt"
    assert not outcome.exists() or outcome.read_text() == "Fenced"
    plain = SqlCatalog("workbench", uri=team.store_url, warehouse=str(team.warehouse))
    assert sorted(plain.load_table("bronze.rows").scan().to_arrow()["attempt"].to_pylist()) == [-1, 1]
    workspace.close()
    store.close()
