"""A run log on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.runs import RunLog
from workbench.store import Store


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/meta.db"
    return str(request.getfixturevalue("postgres_store"))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store(url)
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def log(store: Store) -> RunLog:
    return RunLog(store)
