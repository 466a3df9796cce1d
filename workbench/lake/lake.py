"""The lake: Iceberg tables of a workspace, read by anyone here and committed to through one door."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pyarrow as pa
from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema, assign_fresh_schema_ids
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata, new_table_metadata
from pyiceberg.table.snapshots import latest_ancestor_before_timestamp
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.types import NestedField
from sqlalchemy import select

from workbench.core.clock import from_iso
from workbench.core.errors import AlreadyExists, DatasetNotFound, NotFound, SnapshotNotFound, nearest
from workbench.core.ids import new_id
from workbench.core.names import split_name
from workbench.core.refs import MAIN, DatasetRef
from workbench.core.working import sees_drafts, working_branch
from workbench.lake.arrow import normalise
from workbench.lake.catalog import LakeCatalog
from workbench.lake.changes import Change, Create, FieldPath, Grow, Staging
from workbench.lake.claim import Claim
from workbench.lake.commit import Committer, Fence, RecordEvents
from workbench.lake.datafiles import write_data_files
from workbench.lake.describe import describe_refs, describe_snapshots, describe_table, table_name
from workbench.lake.facts import Names, is_draft, pointers_of
from workbench.lake.leases import Leases
from workbench.lake.narrowing import schema_at, too_narrow
from workbench.lake.partitioning import parse_partitioning
from workbench.lake.plan import Planner, ReadPlan
from workbench.lake.records import CommitResult, DroppedTable, Ref, Snapshot, TableInfo
from workbench.lake.staging import StagedTransaction
from workbench.lake.storage import Storage
from workbench.lake.working import working_schema
from workbench.store.tables import dropped_datasets

if TYPE_CHECKING:
    from workbench.store.store import Store

__all__ = ["Lake"]

# Manifests are merged and old metadata is deleted, or each append would cost more than the one before.
_PROPERTIES = {
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.min-count-to-merge": "20",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
}

_READ_ATTEMPTS = 5


class Lake:
    """Tables named ``namespace.table`` below one warehouse.

    Parameters
    ----------
    store
        The metadata store; its database holds the Iceberg catalog too.
    warehouse
        A folder (path or ``file://`` URI) or ``s3://bucket/prefix``.
    properties
        PyIceberg's storage properties (:func:`workbench.lake.storage.s3_properties`).
    target_file_mb
        Size that data files are closed at, in MB.
    """

    def __init__(self, store: Store, warehouse: str, properties: Mapping[str, str] | None = None, *, target_file_mb: int = 128) -> None:
        self.store = store
        self.storage = Storage(warehouse, properties)
        self.catalog = LakeCatalog(store, self.storage)
        self.leases = Leases(self.catalog)
        self._names = Names(store)
        self.claim = Claim(store, self.storage)
        self.target_bytes = target_file_mb << 20
        self._planner = Planner(self.storage)
        self._committer = Committer(self.catalog)

    # -------------------------------------------------------------------------------------------------------- reading

    def names(self) -> tuple[str, ...]:
        """Every table, sorted by name."""
        return self._names()

    def pointers(self, names: Iterable[str]) -> dict[str, str]:
        """Where the metadata of tables is at one moment, of those that are there: for several to be read as they were together."""
        return pointers_of(self.store, names)

    def listed(self) -> tuple[str, ...]:
        """The same without drafts, which their runs have yet to publish; of a run's process all."""
        return self._names() if sees_drafts() else tuple(pointers_of(self.store, drafts=False))

    def exists(self, name: str) -> bool:
        return self.catalog.pointer(name) is not None

    def is_draft(self, name: str) -> bool:
        """Whether it is a dataset that a run has made and not published, and this process is of no run."""
        return not sees_drafts() and is_draft(self.store, name)

    def check_no_draft(self, name: str) -> None:
        """For who is to make a dataset of that name.

        Raises
        ------
        AlreadyExists
            A run is making one: it :meth:`is_draft`.
        """
        if self.is_draft(name):
            fix = f"Choose another name, wait for the run, or take away what it has made: DROP TABLE {name}."
            raise AlreadyExists(f"A pipeline's run is making a dataset {name!r}, and has not published it yet.", fix=fix)

    def table(self, name: str) -> Table:
        """The PyIceberg table as it is now, for reading.

        Raises
        ------
        DatasetNotFound
        """
        return self.catalog.current(name)

    def info(self, name: str) -> TableInfo:
        return describe_table(self.table(name))

    def info_at(self, name: str, location: str) -> TableInfo:
        """A table as the metadata file at ``location`` says, whatever the catalog says of its name."""
        return describe_table(self.catalog.table_at(name, location))

    def infos(self) -> tuple[TableInfo, ...]:
        """All tables without drafts, as :meth:`listed`, sorted by name; one query, and metadata that is mostly cached."""
        pointers = pointers_of(self.store, drafts=sees_drafts())
        return tuple(self.info_at(name, location) for name, location in pointers.items())

    def snapshots(self, name: str) -> tuple[Snapshot, ...]:
        """The history that is kept, of all branches, newest first."""
        return describe_snapshots(self.table(name))

    def refs(self, name: str) -> tuple[Ref, ...]:
        """Branches and tags, main first."""
        return describe_refs(self.table(name))

    def snapshot_at(self, name: str, moment: datetime) -> DatasetRef:
        """The dataset as main was at a moment.

        Raises
        ------
        SnapshotNotFound
            It did not exist then, or that state has expired.
        """
        table = self.table(name)
        limit = int(moment.timestamp() * 1000)
        entries = [entry for entry in table.metadata.snapshot_log if entry.timestamp_ms <= limit]
        found = entries[-1].snapshot_id if entries else None
        if found is None and (older := latest_ancestor_before_timestamp(table.metadata, limit)) is not None:
            found = older.snapshot_id
        if found is None or table.metadata.snapshot_by_id(found) is None:
            raise SnapshotNotFound(f"{name} has no snapshot from before that time.", fix="The dataset's history lists those kept.")
        return DatasetRef(table_uuid=str(table.metadata.table_uuid), name=name, snapshot_id=found)

    def resolve(self, ref: str | DatasetRef) -> DatasetRef:
        """A reference (``name``, ``name#branch``, ``name#tag``, ``name@snapshot``) with its table and snapshot filled in.

        A :class:`DatasetRef` is found by its table's UUID, also after a rename.
        """
        return self._locate(ref)[1]

    def plan(self, ref: str | DatasetRef, columns: Sequence[str] | None = None) -> ReadPlan:
        """How to read a dataset: at a branch's head under today's schema, at a snapshot or tag under the schema of that time. So is a
        branch that has wider values than today's columns, after a rollback.

        Raises
        ------
        DatasetNotFound, SnapshotNotFound, NotFound, ColumnNotFound
            The dataset, its snapshot, branch or a column is not there.
        """
        table, resolved, schema = self._locate(ref)
        return self._planner.plan(table, resolved, schema, columns)

    @contextmanager
    def reading(
        self, ref: str | DatasetRef, columns: Sequence[str] | None = None, at: Mapping[str, str] | None = None
    ) -> Iterator[ReadPlan]:
        """The same plan, whose files no expiry deletes for the length of the block. ``at`` are a moment's :meth:`pointers`, which are
        followed where they still lead somewhere.

        Raises
        ------
        DatasetNotFound, SnapshotNotFound, NotFound, ColumnNotFound
            As :meth:`plan` does.
        """
        with ExitStack() as held:
            for attempt in range(_READ_ATTEMPTS):
                table, resolved, schema = self._locate(ref, None if attempt else at)
                try:
                    held.enter_context(self.leases.read(resolved))
                    break
                except (SnapshotNotFound, DatasetNotFound):
                    # It has moved since we looked; what was asked for, a branch's head say, may be another snapshot by now.
                    if attempt == _READ_ATTEMPTS - 1:
                        raise
            yield self._planner.plan(table, resolved, schema, columns)

    def _find(self, ref: DatasetRef) -> Table:
        """The table of a reference: by its UUID, whatever it is called by now."""
        usual = self.catalog.pointer(ref.name)
        if usual is not None and _is(found := self.catalog.table_at(ref.name, usual), ref):
            return found
        for name, location in self.catalog.names().items():
            if _is(found := self.catalog.table_at(name, location), ref):
                return found
        raise self.catalog.not_found(ref.name)

    def _locate(self, ref: str | DatasetRef, at: Mapping[str, str] | None = None) -> tuple[Table, DatasetRef, Schema]:
        if isinstance(ref, DatasetRef):
            table, branch, snapshot_id = self._find(ref), ref.branch, ref.snapshot_id
        else:
            name, branch, snapshot_id = DatasetRef.split(ref)
            table = self.catalog.current(name, at.get(name) if at is not None else None)
        name = table_name(table)
        metadata = table.metadata
        working = working_branch()
        branch = MAIN if branch == working else branch
        found = metadata.refs.get(branch)
        if snapshot_id is None and found is None and branch != MAIN:
            close = nearest(branch, metadata.refs)
            hint = f"Did you mean {close!r}?" if close else f"It has: {', '.join(metadata.refs)}."
            raise NotFound(f"{name} has no branch or tag {branch!r}.", fix=hint)
        fixed = snapshot_id is not None or (found is not None and found.snapshot_ref_type == "tag")
        target = snapshot_id if snapshot_id is not None else found.snapshot_id if found is not None else None
        snapshot = metadata.snapshot_by_id(target) if target is not None else None
        if target is not None and snapshot is None:
            raise SnapshotNotFound(f"{name} has no snapshot {target}.", fix="It may have expired; the dataset's history lists those kept.")
        own = working_schema(metadata, branch) if not fixed else None
        schema = (metadata.schema_by_id(own.id) if own is not None else None) or metadata.schema()
        written = schema_at(metadata, target)
        # Today's columns may be narrower than a branch's rows: main was rolled back.
        if written is not None and written.schema_id != schema.schema_id and (fixed or too_narrow(schema, written)):
            schema = written
        if branch == MAIN and working is not None and working in self.catalog.read_metadata(table.metadata_location).refs:
            branch = working  # what it is called, though it stands in main's place here
        resolved = DatasetRef(table_uuid=str(metadata.table_uuid), name=name, branch=branch, snapshot_id=target)
        return table, resolved, schema

    # ---------------------------------------------------------------------------------- preparing and committing (writes/)

    def new_table(
        self, name: str, schema: pa.Schema, partition_by: Sequence[str] = (), properties: Mapping[str, str] | None = None
    ) -> Create:
        """A table that is to be, with its UUID and location; nothing is written yet.

        Raises
        ------
        InvalidName, InvalidInput, ColumnNotFound
            The name, a column's type, or the partitioning is not possible.
        Conflict
            The workspace was moved or copied, or the warehouse is another one's.
        """
        self.catalog.check_place()
        self.claim.check()
        namespace, table = split_name(name)
        table_uuid = new_id()
        converted = self.catalog._convert_schema_if_needed(normalise(schema))
        fresh = assign_fresh_schema_ids(converted)
        metadata = new_table_metadata(
            schema=fresh,
            partition_spec=parse_partitioning(partition_by, fresh),
            sort_order=UNSORTED_SORT_ORDER,
            location=self.storage.table_location(namespace, table, table_uuid),
            properties={
                **_PROPERTIES,
                "write.target-file-size-bytes": str(self.target_bytes),
                "workbench.created-ms": str(int(time.time() * 1000)),
                **(properties or {}),
            },
            table_uuid=UUID(table_uuid),
        )
        return Create(name, table_uuid, metadata)

    def schema_of(self, schema: pa.Schema, field_ids: Mapping[str, int]) -> Schema:
        """The Iceberg schema of files whose plain columns have these field ids."""
        converted = self.catalog._convert_schema_if_needed(normalise(schema))
        return Schema(*(field.model_copy(update={"field_id": field_ids[field.name]}) for field in converted.fields))

    def growth(self, name: str, added: Mapping[FieldPath, pa.Field], widened: Mapping[FieldPath, pa.Field]) -> Grow:
        """A change that gives a table further columns, and columns wider types; see :meth:`grown` for what it then is. Each is named by the
        path that leads to it: a column, and within one fields of structs, ``element`` of lists and ``value`` of maps.

        Raises
        ------
        DatasetNotFound, InvalidInput
            There is no such table, or no table can hold a column's type.
        """
        metadata = self.table(name).metadata

        def field(one: pa.Field) -> NestedField:
            return self.catalog._convert_schema_if_needed(normalise(pa.schema([one]))).fields[0]

        wider = tuple((path, field(one).field_type) for path, one in widened.items())
        more = tuple((path[:-1], field(one.with_name(path[-1]))) for path, one in added.items())
        return Grow(name, str(metadata.table_uuid), more, wider, Grow.base_of(metadata))

    def grown(self, grow: Grow) -> TableMetadata:
        """A table's metadata as it will be after the change; nothing is written.

        Raises
        ------
        DatasetNotFound, CommitConflict, InvalidInput
            The table is gone or has other columns by now, or a type does not widen so.
        """
        transaction = StagedTransaction(self.table(grow.name))
        grow.stage(Staging(transaction, {}))
        return transaction.table_metadata

    def write_files(
        self, metadata: TableMetadata, batches: Iterable[pa.RecordBatch], target_bytes: int | None = None
    ) -> tuple[DataFile, ...]:
        """Write batches that fit the table (:func:`workbench.lake.arrow.fit`) into data files, made durable, not yet committed.

        Raises
        ------
        Conflict
            The warehouse is another workspace's.
        """
        self.claim.check()
        return write_data_files(self.storage, metadata, batches, target_bytes or self.target_bytes)

    def take_files(self, metadata: TableMetadata, paths: Sequence[Path]) -> tuple[DataFile, ...]:
        """Move local Parquet files into a table's place, not yet committed; none are taken where one is not as the table wants it.

        Raises
        ------
        Conflict
            The warehouse is another workspace's.
        StorageUnavailable
            It cannot be written.
        """
        from workbench.lake.adopt import adopt_files

        self.claim.check()
        return adopt_files(self.storage, metadata, paths)

    def committed(self, commit_key: str) -> CommitResult | None:
        """What was committed under a key, or None."""
        return self._committer.result_of(commit_key)

    def commit_many(
        self,
        changes: Sequence[Change],
        *,
        commit_key: str,
        fence: Fence | None = None,
        record: RecordEvents | None = None,
        run_id: str | None = None,
    ) -> CommitResult:
        """Commit changes to one or several tables: all of them or none. Called by ``writes/`` only.

        Parameters
        ----------
        changes
            Applied in order; several may be of one table.
        commit_key
            Unique. Committed before, the first result comes back (``repeated``), nothing is done, and the new data files go.
        fence
            (name, epoch) of the worker that acts; refused where a newer epoch is known.
        record
            Called with the connection and the result inside the transaction: appends the run's events, or raises to undo all.
        run_id
            The run that commits; kept in the snapshots' summaries beside the key.

        Raises
        ------
        CommitConflict
            A table is no longer what a change was prepared on. Appends are staged again instead. Nothing was written.
        Fenced
            A newer worker has taken over.
        AlreadyExists
            A table or reference to be made is there.
        Conflict
            The warehouse is another workspace's.
        """
        self.claim.check()
        return self._committer.commit(changes, commit_key, fence, record, run_id)

    # -------------------------------------------------------------------------------------------------------- dropped

    def dropped(self) -> tuple[DroppedTable, ...]:
        """Dropped tables that can be brought back, newest first."""
        with self.store.read() as conn:
            rows = conn.execute(select(dropped_datasets).order_by(dropped_datasets.c.dropped_at.desc())).mappings().all()
        times = ("dropped_at", "purge_after")
        return tuple(DroppedTable(**{**row, **{key: from_iso(row[key]) for key in times}}) for row in rows)


def _is(table: Table, ref: DatasetRef) -> bool:
    return str(table.metadata.table_uuid) == ref.table_uuid
