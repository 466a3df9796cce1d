"""Servers are started once a module: they are real processes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "api"))

from serving import Jupyter

from workbench.core.config import Settings, create_workspace_file, load_settings
from workbench.jobs.supervisor import down


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A workspace for all tests of a module; its processes are stopped afterwards."""
    folder = tmp_path_factory.mktemp("workspace")
    create_workspace_file(folder, "test")
    settings = load_settings(folder, env={})
    yield settings
    down(settings, grace=5)


@pytest.fixture(scope="module")
def jupyter(workspace: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    server = Jupyter(workspace.root, tmp_path_factory.mktemp("jupyter"))
    yield server
    server.stop()
