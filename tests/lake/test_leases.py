"""What somebody reads is not deleted, whoever reads it and however short the retention is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import func, select, update

from tests.patience import wait_until
from workbench.core.clock import iso, now
from workbench.core.config import RetentionSettings, create_workspace_file
from workbench.core.errors import SnapshotNotFound
from workbench.lake import Lake
from workbench.lake.leases import Leases
from workbench.runs.log import RunLog
from workbench.store import Store
from workbench.store.tables import leases
from workbench.writes import Writer

NOTHING_KEPT = RetentionSettings(replay_days=0, min_snapshots=1, orphan_grace_hours=0, undo_days=0)


class Place:
    def __init__(self, url: str, warehouse: Path) -> None:
        self.url, self.warehouse = url, str(warehouse)
        self.store = Store(url)
        self.store.migrate()
        self.lake = Lake(self.store, self.warehouse)
        self.writer = Writer(self.lake, RunLog(self.store), NOTHING_KEPT)

    def write(self, *ids: int, mode: str = "overwrite") -> int:
        return self.writer.write("silver.x", pa.table({"id": pa.array(ids, pa.int64())}), mode=mode).id  # type: ignore[arg-type]

    def count(self) -> int:
        with self.store.read() as conn:
            return conn.execute(select(func.count()).select_from(leases)).scalar_one()

    def ends(self, reader: subprocess.Popen[str]) -> str:
        """When the reader's lease runs out."""
        with self.store.read() as conn:
            return conn.execute(select(leases.c.expires_at).where(leases.c.holder == f"process {reader.pid}")).scalar_one()

    def begin(self, verb: str, argument: str) -> subprocess.Popen[str]:
        child = Path(__file__).with_name("reader.py")
        command = [sys.executable, str(child), verb, self.url, self.warehouse, argument]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None and process.stdout.readline() == "begun\n"
        return process


@pytest.fixture
def place(store_url: str, tmp_path: Path) -> Iterator[Place]:
    found = Place(store_url, tmp_path / "lake")
    yield found
    found.lake.leases.give_back_unused()
    found.store.close()


def test_what_another_process_reads_outlives_expiry_until_it_has_read(place: Place) -> None:
    place.write(1)
    path = Path(place.lake.plan("silver.x").paths[0])
    reader = place.begin("hold", "60")
    for i in (2, 3):
        place.write(i)
    assert place.writer.expire("silver.x").snapshots_removed == 1
    place.writer.sweep()
    assert path.exists()
    out, _ = reader.communicate("\n", timeout=60)
    assert out == "[1]\n" and reader.returncode == 0
    assert place.count() == 0
    assert place.writer.expire("silver.x").snapshots_removed == 1 and not path.exists()


def test_a_killed_readers_lease_runs_out(place: Place) -> None:
    place.write(1)
    reader = place.begin("hold", "30")
    taken = place.ends(reader)
    place.write(2)
    wait_until(lambda: place.ends(reader) > taken, what="the renewal")
    assert place.writer.expire("silver.x").snapshots_removed == 0
    os.kill(reader.pid, signal.SIGKILL)
    reader.communicate()
    assert place.writer.expire("silver.x").snapshots_removed == 0
    with place.store.write() as conn:  # as if its time were over
        conn.execute(update(leases).where(leases.c.holder == f"process {reader.pid}").values(expires_at=iso(now() - timedelta(seconds=1))))
    assert place.writer.expire("silver.x").snapshots_removed == 1


def test_a_slow_statement_reads_all_its_files_while_they_expire(tmp_path: Path, scale: float) -> None:
    root = tmp_path / "project"
    create_workspace_file(root, "test")
    place = Place(f"sqlite:///{tmp_path / 'meta.db'}", tmp_path / "lake")
    files = 30
    rows = max(2000, int(20_000 * scale))
    for i in range(files):
        place.write(*range(i * rows, (i + 1) * rows), mode="append")
    paths = [Path(path) for path in place.lake.plan("silver.x").paths]
    reader = place.begin("query", str(root))
    wait_until(lambda: place.count() > 0)
    place.write(-1)
    while reader.poll() is None:
        place.writer.sweep()
    ended = reader.communicate()[0].split()
    assert int(ended[0]) == files * rows and reader.returncode == 0
    place.writer.expire("silver.x")
    assert not any(path.exists() for path in paths)


def test_a_dropped_dataset_is_purged_after_its_readers(place: Place) -> None:
    place.write(1)
    reader = place.begin("hold", "60")
    place.writer.drop("silver.x")
    time.sleep(0.01)
    assert place.writer.purge() == ()
    assert reader.communicate("\n", timeout=60)[0] == "[1]\n"
    assert place.writer.purge() == ("silver.x",)


def test_a_process_has_one_lease_however_often_it_reads_and_gives_it_back_later(place: Place) -> None:
    place.lake.leases = Leases(place.lake.catalog, life=18)
    place.write(1)
    for _ in range(20):
        with place.lake.reading("silver.x"), place.lake.reading("silver.x#main"):
            assert place.count() == 1
    assert place.count() == 1
    wait_until(lambda: place.count() == 0)
    with place.lake.reading("silver.x") as plan:
        assert plan.rows == 1 and place.count() == 1


def test_what_has_expired_cannot_be_leased_and_a_head_that_moved_is_looked_up_again(place: Place) -> None:
    first = place.write(1)
    old = place.lake.resolve("silver.x")
    place.write(2)
    assert place.writer.expire("silver.x").snapshots_removed == 1
    with pytest.raises(SnapshotNotFound), place.lake.leases.read(old):
        pass
    with pytest.raises(SnapshotNotFound), place.lake.reading(f"silver.x@{first}"):
        pass
    assert place.count() == 0
