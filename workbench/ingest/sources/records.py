"""What is told of saved connections and watched folders."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from workbench.core.records import Record
from workbench.ingest.records import LoadOptions
from workbench.ingest.sources.databases.base import TableFound
from workbench.runs.records import RunStatus

__all__ = ["Connection", "ConnectionTest", "DatabaseKind", "DatabaseOption", "TableFound", "Watch"]


class DatabaseOption(Record):
    """Something that a kind of database is asked for. ``kind`` is what its values are: of a ``path`` a file of the workspace's machine,
    of a ``choice`` one of ``choices``."""

    name: str
    kind: Literal["text", "number", "yes or no", "choice", "path"] = "text"
    required: bool = False
    default: str | int | float | bool | None = None
    choices: tuple[str, ...] = ()


class DatabaseKind(Record):
    """A kind of database that can be connected: its ``options``, and what its ``secret`` is called (empty: it takes none). ``problem`` says
    why it cannot be used here."""

    name: str
    options: tuple[DatabaseOption, ...] = ()
    secret: str = ""
    problem: str | None = None


class Connection(Record):
    """A saved connection. Its secret is never told, only whether it has one."""

    name: str
    kind: str
    options: dict[str, Any]
    has_secret: bool = False
    changed_at: datetime
    changed_by: str


class ConnectionTest(Record):
    """Whether the database answers: its ``version`` and how many ``tables`` can be read, or a ``message`` with what to do."""

    ok: bool
    version: str | None = None
    tables: int | None = None
    message: str | None = None
    fix: str | None = None
    seconds: float


class Watch(Record):
    """A folder or pattern whose new files are taken in as they come. ``error`` is why the last look failed; ``files`` counts those that
    were handed on: of them ``taken`` were taken in, of ``repeated`` the dataset had the content already, ``loading`` are on their way, the
    load of ``failed`` failed or was cancelled (why, ``failures`` says file by file, the newest first, at most twenty; ``last_failure`` is
    the first of them). ``waiting`` counts those that still grow. ``last_run`` is the newest load: of which file, and how it stands."""

    id: str
    source: str
    options: LoadOptions
    by: str
    made_at: datetime
    looked_at: datetime | None = None
    error: str | None = None
    files: int = 0
    taken: int = 0
    repeated: int = 0
    loading: int = 0
    waiting: int = 0
    failed: int = 0
    failures: tuple[str, ...] = ()
    last_failure: str | None = None
    last_run: str | None = None
    last_file: str | None = None
    last_status: RunStatus | None = None
