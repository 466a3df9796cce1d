"""The doctor sees what is wrong, says what to do, and mends what is harmless."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from workbench.app.local import LocalWorkspace
from workbench.app.operations import doctor
from workbench.app.operations.doctor import examine
from workbench.app.operations.mend import mend_harmless, rebuild_projections
from workbench.app.operations.retention import maintain
from workbench.app.records import Health

EXPECTED = {
    "api", "audit log", "disk", "file system", "front end", "gpu", "kernels", "metadata store", "paths", "permissions", "port",
    "projections", "query", "settings", "socket", "storage", "supervisor", "versions", "worker",
}  # fmt: skip


def found(ws: LocalWorkspace, check: str) -> Health:
    return next(health for health in examine(ws.services) if health.check == check)


def test_every_part_is_looked_at_and_a_healthy_one_has_not_failed(ws: LocalWorkspace) -> None:
    health = examine(ws.services)
    assert {check.check for check in health} >= EXPECTED
    assert [check for check in health if check.status == "failed"] == []
    assert all(check.fix for check in health if check.status != "ok")


def test_a_mistyped_variable_is_seen(ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_QUERY__ROW_LIMIT", "5")
    told = [health for health in examine(ws.services) if health.check == "settings" and health.status == "warning"]
    assert [health.fix for health in told] == ["Did you mean WORKBENCH_QUERY_ROW_LIMIT?"]


def test_open_keys_are_seen_and_closed(ws: LocalWorkspace) -> None:
    ws.services.secrets.key("assertion")
    (Path(ws.address) / ".workbench" / "secrets").chmod(0o755)
    (Path(ws.address) / ".workbench" / "meta.db").chmod(0o644)
    assert found(ws, "permissions").status == "warning"
    assert any("Closed" in line for line in mend_harmless(ws.services))
    assert found(ws, "permissions").status == "ok"
    assert mend_harmless(ws.services) == ("Nothing to mend.",)


def test_a_log_that_would_fill_the_disk_is_told_of_before(ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    ws.users.new_token()
    check = found(ws, "audit log")
    assert check.status == "ok" and check.message.endswith("in the last day") and not check.message.startswith("0 entries")
    monkeypatch.setattr(doctor, "_CALL_BYTES", 10**15)
    check = found(ws, "audit log")
    assert check.status == "warning" and "within a month" in check.message and "requests_per_second" in str(check.fix)


def test_a_damaged_database_is_seen(ws: LocalWorkspace) -> None:
    (Path(ws.address) / ".workbench" / "mlflow.db").write_bytes(b"SQLite format 3\x00" + b"\xff" * 8192)
    check = found(ws, "mlflow.db")
    assert check.status == "failed"
    assert "back-up" in (check.fix or "")


def test_a_lake_that_cannot_be_written_is_seen(ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Path(ws.address) / ".workbench" / "lake"
    lake.rename(lake.with_name("put-away"))
    lake.write_text("a file in the way")
    assert found(ws, "storage").status == "failed"


def test_a_table_that_cannot_be_queried_is_seen(ws: LocalWorkspace) -> None:
    runs = len(ws.runs.list(limit=1000))
    assert found(ws, "query").status == "ok"
    assert len(ws.runs.list(limit=1000)) == runs  # looking leaves no run behind
    first = ws.services.lake.names()[0]
    for path in ws.services.lake.plan(first).paths:
        Path(path).unlink()
    assert found(ws, "query").status == "failed"


def test_projections_are_rebuilt_from_the_log(ws: LocalWorkspace) -> None:
    before = ws.lineage.graph("gold.merged"), ws.runs.list(limit=1000)
    with ws.services.store.write() as conn:
        for table in ("runs", "run_datasets", "lineage_edges", "lineage_nodes"):
            conn.execute(text(f"DELETE FROM {table}"))
    assert ws.runs.list(limit=1000) == ()
    assert len(rebuild_projections(ws.services)) == 2
    assert (ws.lineage.graph("gold.merged"), ws.runs.list(limit=1000)) == before


def test_runs_nobody_carries_out_any_more_are_marked(ws: LocalWorkspace) -> None:
    import os
    import subprocess
    import sys

    repository = Path(__file__).resolve().parents[2]
    code = "import os, sys, workbench; ws = workbench.open(sys.argv[1]); ws.services.log.start('sql', 'sql', 'ada'); os._exit(9)"
    subprocess.run([sys.executable, "-c", code, ws.address], env={**os.environ, "PYTHONPATH": str(repository)}, check=False)
    assert ws.system.status().running == 1
    assert any("marked as failed" in line for line in mend_harmless(ws.services))
    assert ws.system.status().running == 0


def test_maintenance_deletes_what_nothing_needs(ws: LocalWorkspace) -> None:
    import os
    import time

    stray = Path(ws.address) / ".workbench" / "lake" / "bronze" / "stray.parquet"
    stray.write_bytes(b"x" * 100)
    young = stray.with_name("young.parquet")
    young.write_bytes(b"x")
    old = time.time() - 3 * 86_400
    os.utime(stray, (old, old))
    done = maintain(ws.services)
    assert [(each.dataset, each.files_deleted, each.bytes_freed) for each in done.datasets] == [("*", 1, 100)]
    assert not stray.exists() and young.exists()
    assert ws.dataset("bronze.people").read().num_rows == 7
