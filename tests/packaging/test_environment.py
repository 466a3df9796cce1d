"""environment.yml gives conda the same set as pyproject.toml, and the lock files name no registry."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

TREE = Path(__file__).resolve().parents[2]

# conda-forge's names, where they differ from PyPI's.
CONDA_NAMES = {"duckdb": "python-duckdb", "torch": "pytorch", "redis": "redis-py"}


def _project() -> dict[str, Requirement]:
    project = tomllib.loads((TREE / "pyproject.toml").read_text())["project"]
    lines = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        lines += extra
    return {Requirement(line).name: Requirement(line) for line in lines}


def _environment() -> tuple[dict[str, Requirement], dict[str, Requirement]]:
    listed = yaml.safe_load((TREE / "environment.yml").read_text())["dependencies"]
    conda = [Requirement(line) for line in listed if isinstance(line, str)]
    pip = [Requirement(line) for line in listed[-1]["pip"]]
    return {r.name: r for r in conda}, {r.name: r for r in pip}


def test_each_dependency_is_in_both_with_the_same_versions() -> None:
    conda, pip = _environment()
    for name, wanted in _project().items():
        found = pip.get(name) or conda.get(CONDA_NAMES.get(name, name))
        assert found is not None, f"{name} is missing in environment.yml"
        assert found.specifier == wanted.specifier, name
        if name in pip:
            assert found.extras == wanted.extras, name
            assert str(found.marker) == str(wanted.marker), name


def test_the_environment_has_nothing_else() -> None:
    conda, pip = _environment()
    known = set(_project()) | {CONDA_NAMES.get(name, name) for name in _project()} | {"python", "pip", "workbench-lab"}
    assert set(conda) | set(pip) <= known


def test_the_same_pythons_are_supported() -> None:
    project = tomllib.loads((TREE / "pyproject.toml").read_text())["project"]
    conda, _ = _environment()
    assert str(conda["python"].specifier) == str(Requirement(f"python{project['requires-python']}").specifier)


@pytest.mark.parametrize("name", ["requirements/lab.txt", "requirements/dev.txt", "package-lock.json", ".npmrc"])
def test_no_lock_file_names_a_registry(name: str) -> None:
    text = (TREE / name).read_text()
    assert not re.search(r"https?://[^\"\s]*\.(tgz|whl|tar\.gz)", text)
    assert '"resolved": "http' not in text
    assert "--index-url" not in text
    assert "registry=" not in text


@pytest.mark.parametrize("name", ["lab", "dev"])
def test_the_lock_files_fit_the_project(name: str) -> None:
    pinned = {}
    for line in (TREE / "requirements" / f"{name}.txt").read_text().splitlines():
        if line and not line.startswith(("#", " ", "-")):
            requirement = Requirement(line)
            pinned.setdefault(requirement.name.lower(), []).append(requirement)
    project = tomllib.loads((TREE / "pyproject.toml").read_text())["project"]
    for line in project["dependencies"]:
        wanted = Requirement(line)
        versions = pinned.get(wanted.name.lower())
        assert versions, f"{wanted.name} is not in requirements/{name}.txt; run `make requirements`"
        for one in versions:
            exact = next(iter(one.specifier)).version
            assert wanted.specifier.contains(exact), one


def test_reading_notebooks_makes_no_grammar_of_addresses() -> None:
    """It takes 3 s of processor time at each start of JupyterLab, MLflow and Voila; notebooks hold none that would be checked by it."""
    code = "import sys, nbformat; print('lark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
