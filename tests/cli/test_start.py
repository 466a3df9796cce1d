"""The command line starts quickly, whatever it could do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.patience import slower
from workbench.app import init
from workbench.cli.root import run

REPOSITORY = Path(__file__).resolve().parents[2]
HEAVY = (
    "IPython", "anywidget", "dask", "dbos", "distributed", "duckdb", "fastapi", "httpx", "jupyterlab", "mlflow", "numpy", "pandas",
    "papermill", "polars", "pyarrow", "pydantic", "pyiceberg", "rich", "spacy", "sqlalchemy", "sqlglot", "torch", "uvicorn",
)  # fmt: skip
_CODE = """
import sys
sys.argv = ["workbench", *{words!r}]
from workbench.cli import main
try:
    main()
except SystemExit as end:
    code = end.code
loaded = sorted(set(sys.modules) & set({heavy!r}))
print("LOADED", code, ",".join(loaded), file=sys.stderr)
"""


def loaded_by(*words: str) -> tuple[str, str]:
    """Exit code and heavy modules after a command."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", _CODE.format(words=list(words), heavy=HEAVY)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=True)
    _, code, *modules = done.stderr.strip().splitlines()[-1].split(" ")
    return code, modules[0] if modules else ""


@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], ["run", "--help"], ["datasets", "--help"], ["backup", "--help"], ["lab", "--help"]]
)
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    assert loaded_by(*words) == ("0", "")


def test_import_workbench_loads_nothing_heavy() -> None:
    code = f"import sys, workbench; print(sorted(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, check=True
    )
    assert done.stdout.strip() == "[]"


def test_help_comes_in_less_than_six_tenths_of_a_second_of_work() -> None:
    # CPU seconds, not the wall's: this machine may do other things. The benchmark `start` measures both.
    before = os.times()
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "--help"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=True,
    )
    wall = time.perf_counter() - began
    after = os.times()
    spent = after.children_user - before.children_user + after.children_system - before.children_system
    assert min(spent, wall) < 0.6 * slower()
    assert done.stdout.startswith("Usage: workbench [OPTIONS] COMMAND"), "as a module it is the same command"


@pytest.mark.parametrize(
    "words", [["datasets", "list"], ["datasets", "show", "silver.x"], ["search", "x"], ["status"], ["lineage", "silver.x"]]
)
def test_a_look_opens_no_table(words: list[str], tmp_path: Path) -> None:
    """PyIceberg and Arrow take most of a second; names, rows and columns are told by the metadata store."""
    with init(tmp_path / "project") as ws:
        ws.dataset("silver.x").write({"id": [1, 2]}, mode="create")
    code, loaded = loaded_by("-C", str(tmp_path / "project"), *words)
    assert code == "0"
    assert not {"pyiceberg", "pyarrow", "numpy", "pandas", "duckdb", "httpx"} & set(loaded.split(","))


def test_a_server_that_a_step_starts_by_hand_belongs_to_no_step(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    for name in ("BRANCH", "FENCE", "RUN_ID"):
        monkeypatch.setenv(f"WORKBENCH_{name}", "run-0190")
    for words in (["serve", "--host", "no.such.host.invalid", "--insecure"], ["lab", "--ip", "10.0.0.1"]):
        os.environ["WORKBENCH_BRANCH"] = "run-0190"
        with pytest.raises(SystemExit):
            run(["-C", str(root), *words])
        assert not {"WORKBENCH_BRANCH", "WORKBENCH_FENCE", "WORKBENCH_RUN_ID"} & set(os.environ)
