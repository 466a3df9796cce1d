"""What kinds of database that are one file have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from pydantic import Field

from workbench.core.errors import NotFound
from workbench.core.records import Record
from workbench.ingest.sources.databases.base import Limits, Session

__all__ = ["FileDatabase", "FileOptions"]


class FileOptions(Record):
    path: str = Field(min_length=1)


class FileDatabase:
    """A file of this machine, without a secret. A kind says its ``dialect``, and how a file that is there is opened."""

    options: type[Record] = FileOptions
    paths: tuple[str, ...] = ("path",)
    secret = ""

    @contextmanager
    def connect(self, options: Any, secret: str | None, limits: Limits) -> Iterator[Session]:
        path = Path(options.path)
        if not path.is_file():
            raise NotFound(f"There is no file {path}.", fix="Save the connection again with the right path.")
        with self.open(path, limits) as session:
            yield session

    def open(self, path: Path, limits: Limits) -> AbstractContextManager[Session]:
        raise NotImplementedError
