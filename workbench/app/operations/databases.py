"""The databases of a workspace, copied while others write, and their paths changed."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import StorageUnavailable

if TYPE_CHECKING:
    from workbench.app.operations.rewrite import Move
    from workbench.store import Store

__all__ = ["copy_sqlite", "export_store", "metadata_locations", "move_paths", "strip_state"]

# Who holds a lease or works now does not in a copy.
_MOMENTARY = ("leases", "workers", "processes", "job_requests")
_POINTERS = ("metadata_location", "previous_metadata_location")
# MLflow keeps the absolute place of artifacts in several tables; which ones there are depends on its version.
_MLFLOW = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
    ("logged_models", "artifact_location"),
)
_BATCH = 1000


def copy_sqlite(source: Path, target: Path) -> None:
    """One consistent state of a database, by SQLite's own back-up, while others write. The copy has no journal beside it.

    Raises
    ------
    StorageUnavailable
        The database is damaged.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        contextlib.closing(sqlite3.connect(f"file:{_escaped(source)}?mode=ro", uri=True, timeout=60)) as live,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        found = copy.execute("PRAGMA quick_check").fetchone()[0]
    target.chmod(0o600)
    if found != "ok":
        raise StorageUnavailable(f"{source.name} is damaged: {found}.", fix="Restore an earlier back-up; this one was not finished.")


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def export_store(store: Store, target: Path) -> None:
    """The metadata store as a SQLite file, whatever database it is in."""
    if store.dialect == "sqlite":
        assert store.path is not None
        copy_sqlite(store.path, target)
        return
    from workbench.store import Store as NewStore
    from workbench.store.tables import metadata

    target.parent.mkdir(parents=True, exist_ok=True)
    copy = NewStore(f"sqlite:///{target}")
    copy.migrate()
    with store.read() as source, copy.write() as sink:
        for table in metadata.sorted_tables:
            for rows in source.execute(table.select()).mappings().partitions(_BATCH):
                sink.execute(table.insert(), [dict(row) for row in rows])
    copy.close()
    # What kept others out while it was made is no part of it.
    shutil.rmtree(target.with_name(f"{target.name}.locks"), ignore_errors=True)
    with contextlib.closing(sqlite3.connect(target)) as plain:
        plain.execute("PRAGMA journal_mode = DELETE")


def strip_state(database: Path, tokens: bool) -> None:
    """Empty what is true of the original only: leases, workers, processes, requests; tokens too unless they are wanted."""
    tables = _MOMENTARY if tokens else (*_MOMENTARY, "tokens")
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        for table in tables:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names


def metadata_locations(database: Path) -> list[str]:
    """The current metadata file of every table, dropped ones that can be brought back included."""
    with contextlib.closing(sqlite3.connect(f"file:{_escaped(database)}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT metadata_location FROM iceberg_tables UNION SELECT metadata_location FROM dropped_datasets")
        return sorted(row[0] for row in rows if row[0])


def move_paths(state: Path, store: Store, lake: Move, folder: Move) -> None:
    """Give the databases the new paths: the lake's in the store, those of artifacts in MLflow's."""
    from sqlalchemy import text

    with store.write(durable=True) as conn:
        for row in conn.execute(
            text("SELECT catalog_name, table_namespace, table_name, metadata_location, previous_metadata_location FROM iceberg_tables")
        ).mappings():
            values = {name: row[name] and lake(row[name]) for name in _POINTERS}
            conn.execute(
                text(
                    "UPDATE iceberg_tables SET metadata_location = :metadata_location, "
                    "previous_metadata_location = :previous_metadata_location "
                    "WHERE catalog_name = :catalog_name AND table_namespace = :table_namespace AND table_name = :table_name"
                ),
                {**row, **values},
            )
        for uuid, location in conn.execute(text("SELECT table_uuid, metadata_location FROM dropped_datasets")).all():
            conn.execute(text("UPDATE dropped_datasets SET metadata_location = :m WHERE table_uuid = :u"), {"m": lake(location), "u": uuid})
        for uuid, location, facts in conn.execute(text("SELECT table_uuid, metadata_location, facts FROM dataset_facts")).all():
            told = json.loads(facts)
            conn.execute(
                text("UPDATE dataset_facts SET metadata_location = :m, facts = :f WHERE table_uuid = :u"),
                {"m": lake(location), "f": json.dumps(told | {"location": lake(told["location"])}), "u": uuid},
            )
        for key, result in conn.execute(text("SELECT commit_key, result FROM commits")).all():
            moved = json.dumps(lake.value(json.loads(result)))
            conn.execute(text("UPDATE commits SET result = :r WHERE commit_key = :k"), {"r": moved, "k": key})
    _move_mlflow(state / "mlflow.db", folder)


def _move_mlflow(database: Path, folder: Move) -> None:
    if not database.is_file():
        return
    with contextlib.closing(sqlite3.connect(database, timeout=60)) as connection, connection:
        for table, column in _MLFLOW:
            known = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
            if column not in known:
                continue
            rows: list[tuple[int, Any]] = connection.execute(
                f"SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608 - our own names
            ).fetchall()
            changed = [(folder(value), rowid) for rowid, value in rows if folder(value) != value]
            connection.executemany(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", changed)  # noqa: S608
