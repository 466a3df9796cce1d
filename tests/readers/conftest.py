"""Reading files, without a workspace around them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from workbench.engines.readers import Request, Source, open_source


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Source]:
    """Open content (bytes or text) as a file of a given name."""
    count = 0

    def open_content(content: bytes | str, name: str = "data.csv", target: dict[str, pa.DataType] | None = None, **more: Any) -> Source:
        nonlocal count
        count += 1
        folder = tmp_path / f"file-{count}"
        (folder / "scratch").mkdir(parents=True)
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return open_source(Request(path, name, folder / "scratch", target or {}, **more))

    return open_content
