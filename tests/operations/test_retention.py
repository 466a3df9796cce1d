"""What runs leave behind goes when its time is over, and not before."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

import workbench.pipelines.retention as retention
from workbench.app import init
from workbench.app.local import LocalWorkspace
from workbench.app.operations.retention import maintain
from workbench.core.clock import iso, now
from workbench.core.config import load_settings
from workbench.core.ids import new_id
from workbench.store.tables import statements


@pytest.fixture
def ws(tmp_path: Path) -> LocalWorkspace:
    return init(tmp_path / "project", "test")


def again(ws: LocalWorkspace, **days: float) -> LocalWorkspace:
    """The workspace with other settings of retention."""
    ws.close()
    env = {f"WORKBENCH_RETENTION_{name.upper()}": str(value) for name, value in days.items()}
    return LocalWorkspace(load_settings(Path(ws.address), env=env))


def executed(ws: LocalWorkspace, run_id: str) -> Path:
    folder = ws.settings.state / "executed" / run_id
    (folder / "source").mkdir(parents=True)
    (folder / "clean.ipynb").write_text("{}" * 50)
    (folder / "source" / "clean.ipynb").write_text("{}" * 50)
    return folder


def known(ws: LocalWorkspace) -> int:
    with ws.services.store.read() as conn:
        return conn.execute(select(func.count()).select_from(statements)).scalar_one()


def test_executed_notebooks_of_ended_runs_go_and_their_runs_stay(ws: LocalWorkspace) -> None:
    log = ws.services.log
    ended, failed, running = log.start("pipeline", "a", "ada"), log.start("pipeline", "a", "ada"), log.start("pipeline", "a", "ada")
    queued = log.queue("pipeline", "a", "ada")
    folders = [executed(ws, each) for each in (ended.id, failed.id, running.id, queued)]
    strange = ws.settings.state / "executed" / "mine"
    strange.mkdir()
    ended.succeed()
    failed.cancel()
    kept = maintain(ws.services)
    assert (kept.runs, kept.bytes) == (0, 0) and all(folder.exists() for folder in folders)
    done = maintain(again(ws, runs_days=0).services)
    assert (done.runs, done.bytes) == (2, 400)
    assert [folder.exists() for folder in folders] == [False, False, True, True] and strange.exists()
    assert ws.runs.get(ended.id).status == "succeeded"
    (told,) = [run for run in ws.runs.list(kind="maintenance") if run.metrics.get("runs")]
    assert told.metrics == {"runs": 2, "dates": 0, "bytes": 400, "statements": 0, "results": 0}


def test_notebooks_that_were_never_submitted_go_a_day_later(ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = executed(ws, new_id())
    ws = again(ws, runs_days=0)
    assert maintain(ws.services).runs == 0
    monkeypatch.setattr(retention, "_PINNING", timedelta(0))
    assert maintain(ws.services).runs == 1 and not folder.exists()


def test_texts_that_nothing_runs_any_more_are_erased(ws: LocalWorkspace) -> None:
    first = ws.query.run("select 'ada@example.org' as mail")
    ws.query.run("select 2 as n")
    assert maintain(ws.services).statements == 0 and known(ws) == 2

    def age(moment: datetime) -> None:
        with ws.services.store.write() as conn:
            conn.execute(update(statements).values(first_at=iso(moment)))

    # Both were first run long ago, and again today: their texts are still of use.
    age(now() - timedelta(days=400))
    assert maintain(ws.services).statements == 0 and known(ws) == 2
    ws = again(ws, statements_days=0)
    done = maintain(ws.services)
    assert done.statements == 2 and known(ws) == 0
    run = ws.runs.get(first.run_id or "")
    assert run.status == "succeeded" and "ada@example.org" not in run.model_dump_json()
    assert ws.query.run("select 2 as n").rows and known(ws) == 1
