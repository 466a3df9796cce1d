"""Compaction: many small files into few of the right size; rows, and every earlier snapshot, stay as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import pyarrow_to_schema
from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.table import FileScanTask

from workbench.core.errors import WorkbenchError
from workbench.core.refs import MAIN, DatasetRef
from workbench.core.telling import tell
from workbench.lake.changes import Replace
from workbench.lake.plan import ReadPlan, read_tasks
from workbench.lake.storage import storage_errors

if TYPE_CHECKING:
    from workbench.lake.lake import Lake

__all__ = ["choose_bins", "rewrite"]

SMALL = 0.75  # of the target size: below this a file is worth merging


@dataclass(frozen=True)
class Rewrite:
    """A prepared compaction (None: nothing to gain) and the file counts it changes."""

    change: Replace | None
    files_before: int
    files_after: int


def choose_bins(files: Sequence[DataFile], target_bytes: int, spec_id: int) -> list[list[DataFile]]:
    """Groups of two or more small files of one partition, each together at most the target size.

    >>> choose_bins([], 100, 0)
    []
    """
    partitions: dict[object, list[DataFile]] = defaultdict(list)
    for file in files:
        if file.file_size_in_bytes < SMALL * target_bytes and file.spec_id == spec_id:
            partitions[file.partition].append(file)
    bins = []
    for small in partitions.values():
        group: list[DataFile] = []
        size = 0
        for file in small:
            if group and size + file.file_size_in_bytes > target_bytes:
                bins.append(group)
                group, size = [], 0
            group.append(file)
            size += file.file_size_in_bytes
        bins.append(group)
    return [group for group in bins if len(group) > 1]


def rewrite(lake: Lake, name: str, branch: str = MAIN) -> Rewrite:
    """Write the merged files of a branch's head; the returned change puts them in the place of the small ones. How many of these have been
    read is told (:mod:`workbench.core.telling`); whatever interrupts it, what was written is deleted."""
    table = lake.table(name)
    ref = DatasetRef(table_uuid=str(table.metadata.table_uuid), name=name, branch=branch)
    with lake.reading(ref) as plan:
        return _rewrite(lake, plan)


def _rewrite(lake: Lake, plan: ReadPlan) -> Rewrite:
    ref = plan.ref
    metadata = plan.table.metadata
    files = [file.file for file in plan.files if file.file is not None]
    bins = [] if plan.has_deletes else choose_bins(files, lake.target_bytes, metadata.default_spec_id)
    removed = [file for group in bins for file in group]
    added: list[DataFile] = []
    rows_of = _Rows(plan, len(removed))
    try:
        for group in bins:
            batches = (batch for file in group for batch in rows_of(file))
            # Room above the target, so that a group becomes one file and a second compaction finds nothing to do.
            added += lake.write_files(metadata, batches, target_bytes=lake.target_bytes * 2)
        rows = sum(file.record_count for file in removed), sum(file.record_count for file in added)
        if rows[0] != rows[1]:
            raise WorkbenchError(f"Compacting {ref.name} read {rows[1]} rows of {rows[0]}.", fix="Nothing was changed. Please report this.")
    except BaseException:
        lake.storage.delete(file.file_path for file in added)
        raise
    after = len(files) - len(removed) + len(added)
    if not removed:
        return Rewrite(None, len(files), after)
    change = Replace(ref.name, ref.table_uuid, tuple(removed), tuple(added), metadata.current_schema_id, ref.branch)
    return Rewrite(change, len(files), after)


class _Rows:
    """Reads one file after the other, and tells how many of ``total`` have been read."""

    def __init__(self, plan: ReadPlan, total: int) -> None:
        self._plan = plan
        self._wanted = _columns(plan.schema)
        self._as_wanted: dict[bytes, bool] = {}
        self._read, self._total = 0, total

    def __call__(self, file: DataFile) -> Iterator[pa.RecordBatch]:
        target = self._plan.arrow_schema
        with (
            storage_errors(f"read {self._plan.ref.name}"),
            self._plan.table.io.new_input(file.file_path).open() as stream,
            pq.ParquetFile(stream) as parquet,
        ):
            if self._is_as_wanted(parquet.schema_arrow):
                # PyIceberg's way to a small file's rows costs three times what reading them does.
                for batch in parquet.iter_batches():
                    yield from pa.Table.from_batches([batch]).cast(target).to_batches()
            else:
                yield from read_tasks(self._plan.table, self._plan.schema, [FileScanTask(file)])
        self._read += 1
        tell(self._read, self._total)

    def _is_as_wanted(self, found: pa.Schema) -> bool:
        """Whether a file has the schema's columns as they are now, under their field ids; many files have the same ones."""
        key = found.serialize().to_pybytes()
        if key not in self._as_wanted:
            self._as_wanted[key] = self._compare(found)
        return self._as_wanted[key]

    def _compare(self, found: pa.Schema) -> bool:
        try:
            found.empty_table().cast(self._plan.arrow_schema)
            return _columns(pyarrow_to_schema(found)) == self._wanted
        except (pa.ArrowException, TypeError, ValueError):  # of another type, or without field ids
            return False


def _columns(schema: Schema) -> list[tuple[object, ...]]:
    return [(field.field_id, field.name, field.field_type) for field in schema.fields]
