"""Sources, with real files and servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from workbench.app.services import Services
from workbench.core.config import Settings
from workbench.ingest.sources.base import Fetched

Opened = tuple[list[Fetched], list[str]]


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    built = Services(settings)
    yield built
    built.close()


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def fetch(services: Services, scratch: Path) -> Callable[..., Opened]:
    """Open a source in full: its files, and what was noted."""

    def opened(source: Any, **more: Any) -> Opened:
        notes: list[str] = []
        return list(services.sources.open(source, scratch, notes.append, **more)), notes

    return opened


@pytest.fixture
def rows(fetch: Callable[..., Opened]) -> Callable[..., pa.Table]:
    """The rows of a source that gives one Arrow file."""

    def read(source: Any, **more: Any) -> pa.Table:
        (file,), _ = fetch(source, **more)
        with pa.memory_map(str(file.path)) as stream:
            return pa.ipc.open_file(stream).read_all()

    return read
