"""A workspace whose clock stands until it is put forward. Runs are queued, and ended by hand: no worker is there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workbench.app.local import LocalWorkspace
from workbench.core.config import Settings
from workbench.pipelines.schedules import service
from workbench.runs.records import Run

YAML = """
name: nightly
parameters:
  - {name: day, type: date, default: 2026-01-31}
  - {name: label, type: str, default: ""}
steps:
  - {name: only, sql: only.sql}
"""
START = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Clocked:
    """A workspace with a pipeline, whose clock stands until it is put forward."""

    def __init__(self, workspace: LocalWorkspace, patch: pytest.MonkeyPatch) -> None:
        self.ws, self.at = workspace, START
        folder = workspace.settings.root / "notebooks/pipelines/nightly"
        folder.mkdir(parents=True)
        (folder / "pipeline.yaml").write_text(YAML)
        (folder / "only.sql").write_text("delete from gold.x where day = $day")
        self.folder = folder
        patch.setattr(service, "now", lambda: self.at)

    def tick(self, later: timedelta = timedelta()) -> int:
        self.at += later
        return self.ws.services.schedules.ticker.tick(self.at)

    def runs(self) -> list[Run]:
        return sorted(self.ws.services.log.list(kind="pipeline", limit=None), key=lambda run: run.attributes["schedule"]["due"])

    def due(self) -> list[str]:
        return [run.attributes["schedule"]["due"][:16] for run in self.runs()]

    def end(self, how: str = "run.succeeded", **body: Any) -> None:
        log = self.ws.services.log
        for run in log.list(kind="pipeline", status="queued", limit=None):
            with log.store.write() as conn:
                log.append(conn, run.id, how, **body)

    def told(self, name: str = "nightly") -> list[tuple[str, str, str | None]]:
        return [(each.due.isoformat()[:16], each.state, each.note) for each in self.ws.schedules.dates(name)]


@pytest.fixture
def here(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Clocked:
    workspace = LocalWorkspace(settings)
    return Clocked(workspace, monkeypatch)
