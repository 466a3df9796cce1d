"""From data to changes: the files are written here, nothing is committed yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import pyarrow as pa

from workbench.core.refs import MAIN, DatasetRef
from workbench.lake.changes import Append, Change, Edit, Grow, Overwrite
from workbench.lake.lake import Lake
from workbench.lake.overwrite import removal
from workbench.writes.keyed import KeyedRows
from workbench.writes.rows import ParquetFiles, Rows

__all__ = ["prepare_append", "prepare_create", "prepare_overwrite"]


def prepare_create(lake: Lake, name: str, rows: Rows | ParquetFiles | KeyedRows, branch: str, partition_by: Sequence[str]) -> list[Change]:
    """A new table with its first rows. Rows for a branch leave main empty."""
    create = lake.new_table(name, rows.schema, partition_by)
    schema = create.metadata.schema()
    files = rows.written(lake, create.metadata, name)
    first = Append(name, create.table_uuid, files if branch == MAIN else (), schema.schema_id)
    if branch == MAIN:
        return [create, first]
    return [create, first, Append(name, create.table_uuid, files, schema.schema_id, branch)]


def prepare_append(lake: Lake, name: str, rows: Rows | ParquetFiles | KeyedRows, branch: str, grow: Grow | None = None) -> list[Change]:
    """Further rows."""
    metadata = lake.grown(grow) if grow is not None else lake.table(name).metadata
    files = rows.written(lake, metadata, name)
    append = Append(name, str(metadata.table_uuid), files, metadata.current_schema_id, branch)
    return [grow, append] if grow is not None else [append]


def prepare_overwrite(
    lake: Lake, name: str, rows: Rows | ParquetFiles | KeyedRows, branch: str, where: str | None, grow: Grow | None = None
) -> list[Change]:
    """Rows in the place of all of a branch's, or of those that match ``where``. Rows that are written again only because they share a file
    with one that gives way are no news, and what brought them still has."""
    table = lake.table(name)
    # A branch that is not there yet will start at main's head.
    source = branch if branch in table.metadata.refs else MAIN
    with lake.reading(DatasetRef(table_uuid=str(table.metadata.table_uuid), name=name, branch=source)) as plan:
        metadata = lake.grown(grow) if grow is not None else plan.table.metadata
        gone, kept = removal(plan, where), _Counted()
        if where is None:
            files = rows.written(lake, metadata, name)
        else:
            files = lake.write_files(metadata, chain(kept.of(gone.kept), rows.fitted(metadata.schema(), name)))
    table_uuid = str(metadata.table_uuid)
    overwrite = Overwrite(name, table_uuid, tuple(gone.files), files, metadata.current_schema_id, plan.ref.snapshot_id, branch)
    if where is not None and (kept.rows or len(gone.files) < len(plan.files)):
        added, deleted = (sum(file.record_count for file in each) - kept.rows for each in (files, gone.files))
        overwrite = Edit(**vars(overwrite), rows_added=added, rows_deleted=deleted, verb="overwrite")
    return [grow, overwrite] if grow is not None else [overwrite]


class _Counted:
    """Counts ``rows`` as they pass."""

    def __init__(self) -> None:
        self.rows = 0

    def of(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            self.rows += batch.num_rows
            yield batch
