"""The job database, apart from DBOS's own way to open it."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from workbench.core.config import Settings
from workbench.core.errors import StorageUnavailable

__all__ = ["check_database", "sqlite_engine"]

_SUBSECONDS_SINCE = (3, 42, 0)


def check_database(settings: Settings) -> None:
    """See that the job database can be opened, without importing DBOS (SQLite; a server says so itself).

    Raises
    ------
    StorageUnavailable
        The file is damaged, or cannot be made.
    """
    if not settings.jobs_url.startswith("sqlite:///"):
        return
    path = Path(settings.jobs_url.removeprefix("sqlite:///"))
    try:
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA schema_version")
        connection.close()
        path.chmod(0o600)
    except (sqlite3.Error, OSError) as error:
        raise StorageUnavailable(
            f"The job database {path} cannot be used: {error}.",
            fix="Restore a back-up, or move the file away: runs that have not ended are started again.",
        ) from error


def sqlite_engine(url: str) -> Any:
    """An engine in WAL: DBOS's own opens SQLite's rollback journal, where every step waits for the disk."""
    import sqlalchemy as sa

    engine = sa.create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("busy_timeout = 30000", "journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        if sqlite3.sqlite_version_info < _SUBSECONDS_SINCE:
            connection.create_function("unixepoch", 1, _unixepoch)

    return engine


def _unixepoch(modifier: str) -> float:
    """What ``unixepoch('subsec')`` gives from SQLite 3.42 on: seconds with milliseconds. Before, it gives NULL, and DBOS,
    which goes by Python's version (3.12), has it in the defaults of NOT NULL columns."""
    if modifier not in ("subsec", "subsecond"):
        raise ValueError(f"unixepoch({modifier!r}) is not known here")
    return round(time.time(), 3)
