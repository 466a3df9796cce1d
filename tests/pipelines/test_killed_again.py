"""Workers that are killed while a run is repaired, published or replayed: it ends as it should, and what it made is there once."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import func, select

from tests import quick
from tests.pipelines.conftest import write_notebook
from tests.quick import Forked
from workbench.app.local import LocalWorkspace
from workbench.core.config import Settings, load_settings
from workbench.runs.records import TERMINAL, Run
from workbench.store import Store
from workbench.store.tables import working_branches

START = "import time, pyarrow as pa, workbench; ws = workbench.open()"
WRITE = "ws.dataset('silver.{0}').write(pa.table({{'n': [{1}, {2}]}}), mode='append'); time.sleep(0.1)"
TWICE = (
    "rows = ws.dataset('bronze.given').read()['n'].to_pylist(); time.sleep(0.3);"
    " ws.dataset('silver.twice').write(pa.table({'n': [2 * n for n in rows]}), mode='overwrite')"
)
YAML = "steps: [{name: first}, {name: second, needs: [first]}]"

Struck = Callable[[LocalWorkspace, str, int], None]


@pytest.fixture
def often(root: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A workspace whose worker says that it lives twice a second."""
    monkeypatch.setenv("WORKBENCH_JOBS_HEARTBEAT_SECONDS", "0.5")
    return load_settings(root)


@pytest.fixture
def strike(often: Settings) -> Iterator[Struck]:
    """Kills the worker so often while a run goes on, at random moments, and waits for the run's end."""
    dice = random.Random(f"{time.time()}")
    worker: list[Forked] = [quick.start_worker("--root", str(often.root))]

    def struck(ws: LocalWorkspace, run_id: str, kills: int) -> None:
        for _ in range(kills):
            moment = time.monotonic() + dice.uniform(0.2, 2.5)
            while time.monotonic() < moment and ws.runs.get(run_id).status not in TERMINAL:
                time.sleep(0.01)
            worker[0].send_signal(signal.SIGKILL)
            worker[0].wait()
            worker[0] = quick.start_worker("--root", str(often.root))
        deadline = time.monotonic() + 120
        while ws.runs.get(run_id).status not in TERMINAL:
            assert time.monotonic() < deadline, ws.runs.get(run_id)
            time.sleep(0.05)

    yield struck
    worker[0].send_signal(signal.SIGKILL)
    worker[0].wait()


def ends(ws: LocalWorkspace, run: Run) -> list[str]:
    return [event.type for event in ws.runs.events(run_id=run.id) if event.type.removeprefix("run.") in TERMINAL]


@pytest.mark.timeout(600)
def test_a_repair_is_published_once_whenever_its_worker_dies(
    often: Settings, strike: Struck, make_pipeline: Callable[..., Path], scale: float
) -> None:
    first, second = ([START, *(WRITE.format(name, n, 10 * n) for n in (1, 2))] for name in ("a", "b"))
    folder = make_pipeline("mended", YAML, first=first, second=[*second, "1 / 0"])
    with LocalWorkspace(often) as ws:
        for turn in range(max(1, int(10 * scale))):
            write_notebook(folder / "second.ipynb", [*second, "1 / 0"])
            broken = ws.pipelines.run("mended", wait=True).run
            assert broken.status == "failed", broken.error
            write_notebook(folder / "second.ipynb", second)
            ws.pipelines.repair(broken.id, source="current")
            strike(ws, broken.id, kills=2)
            done = ws.runs.get(broken.id)
            assert done.status == "succeeded", done.error
            assert ends(ws, done) == ["run.failed", "run.succeeded"]
            for name in ("a", "b"):
                rows = sorted(ws.dataset(f"silver.{name}").read()["n"].to_pylist())
                assert rows == sorted([1, 10, 2, 20] * (turn + 1))
                assert [ref.name for ref in ws.datasets.refs(f"silver.{name}")] == ["main"]
    store = Store(often.store_url)
    with store.read() as conn:
        assert conn.execute(select(func.count()).select_from(working_branches)).scalar() == 0
    store.close()


@pytest.mark.full
@pytest.mark.timeout(600)
def test_a_replay_says_the_same_whenever_its_worker_dies(
    often: Settings, strike: Struck, make_pipeline: Callable[..., Path], scale: float
) -> None:
    make_pipeline("past", "steps: [{name: twice}]", twice=[START, TWICE])
    with LocalWorkspace(often) as ws:
        ws.datasets.write("bronze.given", pa.table({"n": [1, 2, 3]}))
        done = ws.pipelines.run("past", wait=True).run
        assert done.status == "succeeded", done.error
        ws.datasets.write("bronze.given", pa.table({"n": [9]}), mode="overwrite")
        before = ws.datasets.snapshots("silver.twice")
        for _ in range(max(1, int(10 * scale))):
            replay = ws.replay(done.id, wait=False)
            strike(ws, replay.id, kills=2)
            found = ws.runs.get(replay.id)
            assert found.status == "succeeded", found.error
            assert found.attributes["same"], found.attributes["differences"]
        assert ws.datasets.snapshots("silver.twice") == before
    assert not list((often.state / "replays").glob("*"))
