"""Which state the tables are in, and how they get to the newest one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from workbench.core.errors import FormatMismatch

if TYPE_CHECKING:
    from workbench.store.store import Store

__all__ = ["HEAD", "VERSION_TABLE", "current", "migrate"]

#: The newest migration, said here so that a start which has nothing to migrate need not import Alembic.
HEAD = "0022"
#: MLflow and Optuna both keep an ``alembic_version``: ours has a name of its own.
VERSION_TABLE = "workbench_version"


def current(store: Store) -> str | None:
    """The migration that the database is at, or None for an empty one."""
    try:
        with store.read() as connection:
            found: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
            return found
    except (OperationalError, ProgrammingError) as error:
        if _no_such_table(error):
            return None
        raise


def migrate(store: Store) -> None:
    """See :meth:`Store.migrate`."""
    if current(store) == HEAD:
        return
    with store.lock("migrate"), store.write(durable=True) as connection:
        store.backend.prepare(connection)
        _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        if "Can't locate revision" not in str(error):
            raise
        raise FormatMismatch("A newer version of the workbench has used this metadata store.", fix="Install that version.") from error


def _no_such_table(error: DBAPIError) -> bool:
    return "no such table" in str(error.orig) or getattr(error.orig, "sqlstate", None) in ("42P01", "3F000")
