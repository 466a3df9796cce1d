"""A workspace in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.app import init
from workbench.app.local import LocalWorkspace


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[LocalWorkspace]:
    made = init(tmp_path / "project")
    yield made
    made.close()
