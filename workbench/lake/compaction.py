"""Compaction: many small files into few of the right size; rows, and every earlier snapshot, stay as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask

from workbench.core.errors import WorkbenchError
from workbench.core.refs import MAIN, DatasetRef
from workbench.lake.changes import Replace
from workbench.lake.plan import ReadPlan, read_tasks

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
    """Write the merged files of a branch's head; the returned change puts them in the place of the small ones."""
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
    try:
        for group in bins:
            batches = read_tasks(plan.table, plan.schema, [FileScanTask(file) for file in group])
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
