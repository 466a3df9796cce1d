"""What most tests begin with is as quick as it is meant to be."""

from __future__ import annotations

from pathlib import Path

from tests.patience import slower
from workbench.engines.duckdb.child import Child
from workbench.engines.duckdb.session import Limits


def test_a_forked_engine_imports_nothing(tmp_path: Path) -> None:
    child = Child(Limits(memory_mb=256, threads=1, timezone="UTC", spill=tmp_path), None, ceiling_mb=1024)
    try:
        assert child.run("select 42 as n", (), None, None)[0].to_pylist() == [{"n": 42}]
        assert child.processor_seconds() < 0.25 * slower()  # a twentieth, and half a second where each process imports for itself
    finally:
        child.close()
