"""What a person installs: the wheel holds the built front end and all that Jupyter has to find; no Node is needed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    if not (REPO / "workbench/labextension/package.json").is_file():
        pytest.skip("the front end is not built: npm ci && npm run build")
    target = tmp_path_factory.mktemp("wheel")
    # A PATH without Node: what is built is taken, nothing is built again.
    environment = {**os.environ, "PATH": str(target)}
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(REPO)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return zipfile.ZipFile(next(target.glob("*.whl")))


def shared(wheel: zipfile.ZipFile, path: str) -> bytes:
    found = [name for name in wheel.namelist() if name.endswith(f".data/data/{path}")]
    assert found, f"{path} is not in the wheel"
    return wheel.read(found[0])


def test_the_wheel_holds_the_built_front_end(wheel: zipfile.ZipFile) -> None:
    manifest = json.loads(shared(wheel, "share/jupyter/labextensions/workbench/package.json"))
    entry = manifest["jupyterlab"]["_build"]["load"]
    assert shared(wheel, f"share/jupyter/labextensions/workbench/{entry}")
    assert json.loads(shared(wheel, "share/jupyter/labextensions/workbench/install.json"))["packageManager"] == "python"
    names = wheel.namelist()
    assert {"workbench/panels/static/catalog.js", "workbench/panels/static/lineage.js", "workbench/panels/static/panels.css"} <= set(names)
    assert not [name for name in names if name.startswith("workbench/labextension/") or "node_modules" in name]


def test_jupyter_finds_kernels_server_extension_and_settings(wheel: zipfile.ZipFile) -> None:
    for kernel in ("lake-python", "lake-sql"):
        assert json.loads(shared(wheel, f"share/jupyter/kernels/{kernel}/kernel.json"))["argv"]
    assert b"workbench" in shared(wheel, "etc/jupyter/jupyter_server_config.d/workbench.json")
    assert json.loads(shared(wheel, "etc/jupyter/voila.json"))["VoilaConfiguration"]["template"] == "workbench"
    assert shared(wheel, "share/jupyter/voila/templates/workbench/index.html.j2")
    news = json.loads(shared(wheel, "share/jupyter/lab/settings/overrides.d/workbench.json"))
    assert news["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_no_lock_file_names_a_registry() -> None:
    lock = json.loads((REPO / "package-lock.json").read_text())
    addresses = {name: entry["resolved"] for name, entry in lock["packages"].items() if re.match(r"https?:", entry.get("resolved", ""))}
    assert addresses == {}
    assert "registry" not in (REPO / ".npmrc").read_text().replace("omit-lockfile-registry-resolved", "")


def test_the_versions_are_one() -> None:
    import workbench

    for path in REPO.glob("extensions/*/package.json"):
        assert json.loads(path.read_text())["version"] == workbench.__version__, path
