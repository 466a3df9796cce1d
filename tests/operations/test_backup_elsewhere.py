"""A team's workspace (PostgreSQL, S3) is backed up to plain files, and restored on a laptop."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from conftest import fill
from state import facts_are_known, history_of, rows_of

import workbench
from workbench.app.local import LocalWorkspace
from workbench.app.operations.backup import backup
from workbench.app.operations.restore import restore
from workbench.core.config import create_workspace_file, load_settings


def told(ws: LocalWorkspace) -> dict[str, object]:
    names = [dataset.name for dataset in ws.catalog.list()]
    rows = {f"{name}@{s.id}": rows_of(ws, f"{name}@{s.id}") for name in names for s in ws.datasets.snapshots(name)}
    return {"rows": rows, "lineage": [ws.lineage.graph(name) for name in names], "refs": [ws.datasets.refs(name) for name in names]}


def check(settings_env: dict[str, str], root: Path, tmp_path: Path) -> None:
    create_workspace_file(root, "team")
    team = LocalWorkspace(load_settings(root, env=settings_env))
    fill(team)
    before, log = told(team), history_of(team)
    backup(team.services, tmp_path / "b.tar.zst")
    team.close()
    restore(tmp_path / "b.tar.zst", tmp_path / "laptop")
    laptop = workbench.open(tmp_path / "laptop")
    assert isinstance(laptop, LocalWorkspace)
    assert history_of(laptop) == log
    assert told(laptop) == before
    assert facts_are_known(laptop)
    assert laptop.services.store.dialect == "sqlite" and laptop.services.lake.storage.local
    laptop.dataset("bronze.people").write({"id": [1000], "name": ["later"]})
    assert laptop.services.log.last() > log[0][-1].seq
    laptop.close()


@pytest.mark.postgres
def test_from_postgresql(postgres_database: str, tmp_path: Path) -> None:
    check({"WORKBENCH_STORE_URL": postgres_database}, tmp_path / "team", tmp_path)


@pytest.mark.s3
def test_from_s3(s3_server: Any, s3_warehouse: str, tmp_path: Path) -> None:
    environment = {
        "WORKBENCH_LAKE_WAREHOUSE": s3_warehouse,
        "WORKBENCH_LAKE_S3_ENDPOINT": s3_server.endpoint,
        "WORKBENCH_LAKE_S3_ACCESS_KEY_ID": s3_server.access_key,
        "WORKBENCH_LAKE_S3_SECRET_ACCESS_KEY": s3_server.secret_key,
    }
    check(environment, tmp_path / "team", tmp_path)
