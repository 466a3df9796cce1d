"""The command line in this process, on a workspace with a little in it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))

from verbs_faces import run

from workbench.app import init

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli() -> Run:
    """Runs a command: exit code, standard output, standard error."""
    return lambda *words: run(list(words))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace that is the current folder, with one small dataset."""
    folder = tmp_path / "my project"
    ws = init(folder)
    ws.dataset("silver.people").write({"id": [1, 2, 3], "name": ["Ada", "Zoë", None]})
    ws.close()
    monkeypatch.chdir(folder)
    return folder
