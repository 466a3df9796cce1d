"""The job database, apart from DBOS's own way to open it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from workbench.core.config import Settings
from workbench.core.errors import StorageUnavailable

__all__ = ["check_database", "sqlite_engine"]


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

    return engine
