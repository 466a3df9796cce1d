"""From data to changes: the files are written here, nothing is committed yet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from workbench.core.refs import MAIN, DatasetRef
from workbench.lake.changes import Append, Change, Grow, Overwrite
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
    """Rows in the place of all of a branch's, or of those that match ``where``."""
    table = lake.table(name)
    # A branch that is not there yet will start at main's head.
    source = branch if branch in table.metadata.refs else MAIN
    with lake.reading(DatasetRef(table_uuid=str(table.metadata.table_uuid), name=name, branch=source)) as plan:
        metadata = lake.grown(grow) if grow is not None else plan.table.metadata
        gone = removal(plan, where)
        if where is None:
            files = rows.written(lake, metadata, name)
        else:
            files = lake.write_files(metadata, chain(gone.kept, rows.fitted(metadata.schema(), name)))
    table_uuid = str(metadata.table_uuid)
    overwrite = Overwrite(name, table_uuid, tuple(gone.files), files, metadata.current_schema_id, plan.ref.snapshot_id, branch)
    return [grow, overwrite] if grow is not None else [overwrite]
