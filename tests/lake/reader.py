"""A reader in a process of its own, which the tests may kill. It says when it has begun."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from workbench.core.config import load_settings
from workbench.engines.duckdb import DuckDBEngine
from workbench.governance.access import AccessService
from workbench.lake import Lake
from workbench.lake.leases import Leases
from workbench.query import QueryService
from workbench.runs.log import RunLog
from workbench.store import Store


def hold(url: str, warehouse: str, life: str) -> None:
    """Plan, wait for a line, and only then read."""
    lake = Lake(Store(url), warehouse)
    lake.leases = Leases(lake.catalog, life=float(life))
    with lake.reading("silver.x") as plan:
        print("begun", flush=True)
        sys.stdin.readline()
        print(sorted(plan.to_arrow()["id"].to_pylist()), flush=True)


def query(url: str, warehouse: str, root: str) -> None:
    """One statement that opens a file a moment, as it gets to them one after the other."""
    store = Store(url)
    settings = load_settings(Path(root), env={"WORKBENCH_QUERY_THREADS": "1"})
    engine = DuckDBEngine(settings.state / "tmp", threads=1)
    lake = Lake(store, warehouse)
    service = QueryService(lake, RunLog(store), engine, settings, AccessService(store, lambda: bytes(32)))
    print("begun", flush=True)
    began = time.monotonic()
    rows = service.arrow("select count(distinct md5(repeat(id::varchar, 3000))) as n, count(*) as ids from silver.x").to_pylist()
    print(rows[0]["ids"], time.monotonic() - began, flush=True)


if __name__ == "__main__":
    {"hold": hold, "query": query}[sys.argv[1]](*sys.argv[2:])
