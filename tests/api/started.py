"""Fixtures of real servers, started once a module, for the folders that talk to one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from serving import Jupyter

from workbench.core.config import Settings, create_workspace_file, load_settings
from workbench.jobs.supervisor import down

__all__ = ["jupyter", "workspace"]


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
    """A real `jupyter server` on the module's workspace."""
    server = Jupyter(workspace.root, tmp_path_factory.mktemp("jupyter"))
    yield server
    server.stop()
