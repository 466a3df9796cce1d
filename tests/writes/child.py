"""What the tests run in processes of their own, which they may kill. Faults are put in here, not in the product."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.engines.duckdb import DuckDBEngine
from workbench.lake import Lake
from workbench.lake.commit import Committer
from workbench.runs.log import RunLog
from workbench.store import Store
from workbench.writes import Writer


def open_writer(url: str, warehouse: str) -> Writer:
    store = Store(url)
    return Writer(Lake(store, warehouse), RunLog(store), engine=lambda: DuckDBEngine(Path(warehouse).parent / "spill"))


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def plant(point: str) -> None:
    """Make this process die at a point of a commit."""

    def die_after(method: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*arguments: Any, **options: Any) -> None:
            method(*arguments, **options)
            die()

        return wrapper

    if point == "data files written":
        Committer.commit = die  # type: ignore[method-assign, assignment]
    elif point == "metadata staged":
        Committer._stage = die_after(Committer._stage)  # type: ignore[method-assign]
    elif point == "in the transaction":
        # After the pointers have moved and the events are appended, before COMMIT.
        import workbench.lake.commit as commit

        commit.frozen = die  # type: ignore[assignment]
    elif point == "committed":
        Committer._after = die  # type: ignore[method-assign, assignment]
    else:
        raise ValueError(point)


def append(url: str, warehouse: str, name: str, workers: str, times: str) -> None:
    """So many processes append at once, each so many times; forked here, where nothing runs yet, to import only once."""
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=append_alone, args=(url, warehouse, name, worker, int(times))) for worker in range(int(workers))]
    for child in children:
        child.start()
    for child in children:
        child.join()
    sys.exit(max(abs(child.exitcode or 0) for child in children))


def append_alone(url: str, warehouse: str, name: str, worker: int, times: int) -> None:
    """Append rows (worker * 1,000,000 + step, and its negative), one commit each."""
    writer = open_writer(url, warehouse)
    for step in range(times):
        value = worker * 1_000_000 + step
        data = pa.table({"id": [value, -value - 1], "worker": [f"w{worker}"] * 2})
        writer.write(name, data, key=f"{worker}/{step}", principal=f"w{worker}")


def write_and_die(url: str, warehouse: str, point: str) -> None:
    plant(point)
    open_writer(url, warehouse).write("silver.x", pa.table({"id": [7]}), key="step", principal="test")


def upsert_and_die(url: str, warehouse: str, point: str) -> None:
    plant(point)
    rows = pa.table({"id": [2, 3], "v": [7, 7]})
    open_writer(url, warehouse).write("silver.x", rows, "upsert", keys=["id"], key="step", principal="test")


def publish_and_die(url: str, warehouse: str, point: str) -> None:
    plant(point)
    open_writer(url, warehouse).publish(["silver.a", "silver.b"], "run", key="step", principal="test")


if __name__ == "__main__":
    {"append": append, "write": write_and_die, "publish": publish_and_die, "upsert": upsert_and_die}[sys.argv[1]](*sys.argv[2:])
