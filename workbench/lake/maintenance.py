"""Housekeeping: delete what nobody can reach any more, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from workbench.core.clock import iso, now
from workbench.core.errors import WorkbenchError
from workbench.core.refs import MAIN
from workbench.core.telemetry import get_logger
from workbench.lake.claim import MARKER
from workbench.lake.compaction import Rewrite, rewrite
from workbench.lake.facts import forget_facts
from workbench.lake.leases import frozen, leased, leased_tables
from workbench.lake.purged import keep_names
from workbench.lake.reachable import files_of, metadata_files_of
from workbench.lake.records import Maintenance
from workbench.lake.retention import Retention, expirable
from workbench.lake.storage import StoredFile, storage_errors
from workbench.store.tables import dropped_datasets

if TYPE_CHECKING:
    from pyiceberg.table.metadata import TableMetadata
    from sqlalchemy import Connection

    from workbench.lake.lake import Lake

__all__ = ["Maintainer"]

METADATA_SUFFIX = ".metadata.json"

_log = get_logger("lake")


class Maintainer:
    """What ``writes/`` commits or runs as maintenance. Nothing here deletes a file that is being read, or any while a back-up is taken."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def compaction(self, name: str, branch: str = MAIN) -> Rewrite:
        """Merged files, written; to be committed."""
        return rewrite(self._lake, name, branch)

    # --------------------------------------------------------------------------------------------------------- expiry

    def expirable(self, name: str, retention: Retention, moment: datetime | None = None) -> tuple[int, ...]:
        """The snapshots that may be forgotten now."""
        self._lake.leases.give_back_unused()
        metadata = self._lake.table(name).metadata
        with self._lake.store.read() as conn:
            held = leased(conn, str(metadata.table_uuid))
        return expirable(metadata, retention, held, moment or now())

    def delete_unreachable(self, name: str, before: TableMetadata, snapshot_ids: tuple[int, ...]) -> Maintenance:
        """After the snapshots are forgotten: delete the files that only they knew.

        ``before`` is metadata that still has them. Deleting twice does no harm; what is left by a crash `vacuum` finds.
        """
        gone = set(snapshot_ids)
        table = self._lake.table(name)
        with storage_errors(f"delete expired files of {name}"):
            read: dict[str, dict[str, int]] = {}
            kept = files_of(table.metadata.snapshots, table.io, read)
            forgotten = files_of((s for s in before.snapshots if s.snapshot_id in gone), table.io, read)
            doomed = {path: size for path, size in forgotten.items() if path not in kept}
            if self._frozen():
                doomed = {}
            deleted = self._lake.storage.delete(doomed)
        return Maintenance(dataset=name, snapshots_removed=len(gone), files_deleted=deleted, bytes_freed=sum(doomed.values()))

    # -------------------------------------------------------------------------------------------------------- orphans

    def vacuum(self, name: str, grace: timedelta) -> Maintenance:
        """Delete the files below a table's folder that no snapshot knows and nothing has touched for ``grace``.

        The folder is listed before the metadata is read: a file committed in between is known. A write that takes longer
        than the grace period from its first file to its commit could lose files; so keep it at hours.
        """
        self._lake.claim.check()
        location = self._lake.table(name).metadata.location
        with storage_errors(f"look for orphans of {name}"):
            listed = list(self._lake.storage.list(location))
            table = self._lake.table(name)
            known = files_of(table.metadata.snapshots, table.io).keys() | metadata_files_of(table.metadata, table.metadata_location)
            done = self._delete_old(name, [file for file in listed if file.path not in known], grace)
            self._lake.storage.remove_empty_folders(f"{location}/data")
            return done

    def vacuum_lake(self, grace: timedelta) -> Maintenance:
        """Delete old files below the warehouse that belong to no table, dropped ones included: tables that never came to be.

        A folder with table metadata is left alone though this catalog does not know it: it may be another catalog's, or this
        one may have been restored from an older back-up.
        """
        self._lake.claim.check()
        with storage_errors("look for orphans of the lake"):
            listed = list(self._lake.storage.list(self._lake.storage.warehouse))
            current = self._lake.catalog.names().values()
            locations = {*current, *(table.metadata_location for table in self._lake.dropped())}
            known = tuple(f"{self._lake.catalog.read_metadata(location).location}/" for location in locations)
            tables = tuple(f"{_table_folder(file.path)}/" for file in listed if file.path.endswith(METADATA_SUFFIX))
            marker = f"{self._lake.storage.warehouse}/{MARKER}"
            strays = [file for file in listed if file.path != marker and not file.path.startswith(known + tables)]
            done = self._delete_old("*", strays, grace)
            self._lake.storage.remove_empty_folders(self._lake.storage.warehouse)
            return done

    def _delete_old(self, name: str, files: list[StoredFile], grace: timedelta) -> Maintenance:
        limit = now() - grace
        old = [] if self._frozen() else [file for file in files if file.modified <= limit]
        deleted = self._lake.storage.delete(file.path for file in old)
        return Maintenance(dataset=name, files_deleted=deleted, bytes_freed=sum(file.bytes for file in old))

    # ---------------------------------------------------------------------------------------------------------- purge

    def purge(self, moment: datetime | None = None) -> tuple[str, ...]:
        """Delete the files of dropped tables whose time to be brought back is over, and which nobody reads. Returns their names."""
        if self._frozen():
            return ()
        self._lake.claim.check()
        self._lake.leases.give_back_unused()
        with self._lake.store.write() as conn:
            late = dropped_datasets.c.purge_after <= iso(moment or now())
            due = late & dropped_datasets.c.table_uuid.not_in(leased_tables(conn))
            rows = conn.execute(select(dropped_datasets).where(due)).mappings().all()
            rows = [row for row in rows if self._keeps_names(conn, row["table_uuid"], row["metadata_location"])]
            gone = [row["table_uuid"] for row in rows]
            # The entries go first: from here on nobody can bring the tables back while their files are being deleted.
            conn.execute(delete(dropped_datasets).where(dropped_datasets.c.table_uuid.in_(gone)))
            forget_facts(conn, gone)
        for row in rows:
            with storage_errors(f"delete the files of {row['name']}"):
                location = self._lake.catalog.read_metadata(row["metadata_location"]).location
                # The metadata first: what a crash leaves of the folder is then nobody's table, and `vacuum` takes it.
                files = [file.path for file in self._lake.storage.list(location)]
                self._lake.storage.delete(path for path in files if path.endswith(METADATA_SUFFIX))
                self._lake.storage.remove_folder(location)
        return tuple(row["name"] for row in rows)

    def _keeps_names(self, conn: Connection, table_uuid: str, location: str) -> bool:
        """Whether what must be kept of a table is; one that cannot be read now waits for the next time."""
        try:
            keep_names(conn, table_uuid, lambda: self._lake.catalog.read_metadata(location))
        except WorkbenchError:
            _log.warning("the files of the dropped table %s stay: its metadata cannot be read", table_uuid, exc_info=True)
            return False
        return True

    def _frozen(self) -> bool:
        with self._lake.store.read() as conn:
            return frozen(conn)


def _table_folder(metadata_file: str) -> str:
    """The table's folder, two levels above its metadata file."""
    return metadata_file.rsplit("/", 2)[0]
