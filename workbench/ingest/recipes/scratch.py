"""A folder for the files of one application, on the disk of the lake where that is local: they are moved there."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.core.config import Settings

__all__ = ["scratch"]

_STALE_SECONDS = 86_400


@contextmanager
def scratch(settings: Settings) -> Iterator[Path]:
    """A folder that goes with the block; what a killed one left more than a day ago goes, too."""
    where = settings.state / "tmp"
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in where.glob("recipe-*"):
        if time.time() - old.stat().st_mtime > _STALE_SECONDS:
            shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="recipe-", dir=where) as folder:
        yield Path(folder)
