"""A run log on each database."""

from __future__ import annotations

import pytest

from workbench.runs import RunLog
from workbench.store import Store


@pytest.fixture
def log(store: Store) -> RunLog:
    return RunLog(store)
