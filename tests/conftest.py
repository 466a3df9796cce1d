"""Fixtures shared by every domain. Real parts only; what a machine lacks is skipped with the reason said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workbench.core.config import Settings, create_workspace_file, load_settings


def pytest_configure(config: pytest.Config) -> None:
    # What the person running the tests has set must not leak into them.
    for name in list(os.environ):
        if name.startswith("WORKBENCH_") and name not in ("WORKBENCH_TEST_SCALE", "WORKBENCH_TEST_KEEP"):
            del os.environ[name]


@pytest.fixture(scope="session")
def scale() -> float:
    """How heavy the heavy tests are: 1.0 is the full count of the issue's text."""
    return float(os.environ.get("WORKBENCH_TEST_SCALE", "0.1"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty workspace folder."""
    folder = tmp_path / "project"
    create_workspace_file(folder, "test")
    return folder


@pytest.fixture
def settings(root: Path) -> Settings:
    return load_settings(root, env={})
