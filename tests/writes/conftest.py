"""A workspace's lake with its writer, and a way to run parts of it in other processes."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog

from tests.quick import PRELOADED, start_script
from workbench.core.config import RetentionSettings
from workbench.engines.duckdb import DuckDBEngine
from workbench.lake import Lake
from workbench.runs.log import RunLog
from workbench.store import Store
from workbench.writes import Writer

CHILD = Path(__file__).with_name("child.py")
PRELOADED += ["tests.forked_script", "tests.writes.child"]


@dataclass
class Place:
    url: str
    warehouse: str

    def __post_init__(self) -> None:
        self.store = Store(self.url)
        self.store.migrate()
        self.lake = Lake(self.store, self.warehouse)
        self.log = RunLog(self.store)
        self.engine = DuckDBEngine(Path(self.warehouse).parent / "spill", threads=2, memory_mb=512)
        kept = RetentionSettings(replay_days=0, min_snapshots=1, orphan_grace_hours=0)
        self.writer = Writer(self.lake, self.log, kept, lambda: self.engine)

    def killed(self, verb: str, point: str) -> None:
        """Do that in a process which kills itself at that point."""
        said = Path(self.warehouse).parent / "said"
        child = start_script(CHILD, verb, self.url, self.warehouse, point, output=said)
        child.wait(timeout=60)
        assert child.returncode == -signal.SIGKILL, said.read_text()

    def start(self, verb: str, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, str(CHILD), verb, self.url, self.warehouse, *arguments], stderr=subprocess.PIPE)

    def plain_ids(self, name: str) -> list[int]:
        """The ids in a table as PyIceberg without us sees them."""
        catalog = SqlCatalog("workbench", uri=self.url, warehouse=self.warehouse)
        return sorted(catalog.load_table(name).scan().to_arrow()["id"].to_pylist())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    found = Place(f"sqlite:///{tmp_path / 'meta.db'}", str(tmp_path / "lake"))
    yield found
    found.store.close()


@pytest.fixture
def place_at() -> type[Place]:
    """For a place with an address of its own."""
    return Place
