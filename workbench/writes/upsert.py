"""Rows that replace those of the same key, and join the others. Only files that hold such a key are written anew, without them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyiceberg.manifest import DataFile

from workbench.core.errors import CommitConflict, InvalidInput
from workbench.core.refs import MAIN, DatasetRef
from workbench.engines.duckdb import relation_with_places
from workbench.lake.changes import Change, Grow, Upsert
from workbench.lake.ranges import KeyRanges
from workbench.lake.records import CommitResult
from workbench.runs.context import current_fence
from workbench.writes.base import Committing, Last, new_files
from workbench.writes.keyed import Duplicates, KeyedRows, Keys, without
from workbench.writes.recording import Recording
from workbench.writes.rows import ParquetFiles, Rows

if TYPE_CHECKING:
    from pyiceberg.table.metadata import TableMetadata

    from workbench.lake.lake import Lake
    from workbench.lake.plan import ReadPlan

__all__ = ["Merge", "Upserting"]

_ATTEMPTS = 20
_LOCK_SECONDS = 3600
_GROUP_ROWS = 2_000_000  # of files that are compared by one statement, which bounds what it can find

Fence = tuple[str, int]
Places = np.ndarray[tuple[int], np.dtype[np.int64]]


class Upserting(Committing):
    """Commits rows by key."""

    def _keyed(self, name: str, rows: Rows | ParquetFiles, keys: Sequence[str], duplicates: Duplicates, run: Recording) -> KeyedRows:
        if self.engine is None:
            raise RuntimeError("this Writer was made without an engine, which finds rows by key")
        return KeyedRows(rows, Keys(self.engine(), run.run.id, name, keys), duplicates)

    def _upsert(
        self, rows: KeyedRows, branch: str, key: str, run: Recording, fence: Fence | None, grow: Grow | None, last: Last | None
    ) -> CommitResult:
        """Into a dataset that is there. Where the branch moves meanwhile, it is prepared again on the new state."""
        name = rows.keys.name
        metadata = self.lake.grown(grow) if grow is not None else self.lake.table(name).metadata
        merge = Merge(self.lake, rows.keys, metadata, rows.written(self.lake, metadata, name), branch)
        changes: Sequence[Change] = ()
        fence = fence or current_fence()
        try:
            # Upserts into one branch would only get into each other's way; whoever appends meanwhile does not wait for them.
            with self.lake.store.lock(f"upsert:{metadata.table_uuid}#{branch}", timeout=_LOCK_SECONDS):
                for attempts in range(_ATTEMPTS, 0, -1):
                    change = merge.change()
                    prepared: list[Change] = [grow, change] if grow is not None else [change]
                    # What was asked of the rows beside those that are there holds for these alone: it is asked on each state anew.
                    changes = last(prepared) if last is not None else prepared
                    try:
                        done = self.lake.commit_many(changes, commit_key=key, fence=fence, record=run.record, run_id=run.run.id)
                        break
                    except CommitConflict:
                        if attempts == 1 or not any(each is change for each in changes):
                            raise
                    self._remove_files(new_files(*changes) - set(merge.files()), key)
                    changes = ()
        except BaseException:
            self._remove_files({*merge.files(), *new_files(*changes)}, key)
            raise
        self._remove_files(set(merge.files()) - new_files(*changes), None)
        return done


class Merge:
    """New rows, written already, on their way into a branch.

    Prepared on a state that has moved meanwhile it is prepared again, and only files that have come since are looked at: a data
    file never changes, so what was found in it stays true.

    Parameters
    ----------
    lake
        Where the dataset is.
    keys
        What the rows are known by.
    metadata
        Under which the new rows were written.
    added
        The new rows' files.
    branch
        Where they go; one that is not there starts at main's head.
    """

    def __init__(self, lake: Lake, keys: Keys, metadata: TableMetadata, added: Sequence[DataFile], branch: str = MAIN) -> None:
        self._lake, self._keys, self._metadata, self._branch = lake, keys, metadata, branch
        self._added = tuple(added)
        self._ranges = KeyRanges(metadata.schema(), keys.columns, added)
        self._starts = np.cumsum([0, *(file.record_count for file in added)])
        self._known: set[str] = set()  # files without any of the keys
        self._kept: list[DataFile] = []
        self._forget()

    def change(self) -> Upsert:
        """The change to the dataset as it is now.

        Raises
        ------
        DatasetNotFound
            It has been dropped.
        InvalidInput
            It has rows marked as deleted by another client.
        TooLarge, Cancelled, StorageUnavailable
            It took too much memory, somebody stopped it, or a file cannot be read.
        """
        table_uuid = str(self._metadata.table_uuid)
        there = DatasetRef(table_uuid=table_uuid, name=self._keys.name, branch=self._branch)
        if self._branch not in self._lake.table(self._keys.name).metadata.refs:
            there = there.model_copy(update={"branch": MAIN})
        with self._lake.reading(there) as plan:
            if plan.has_deletes:
                raise InvalidInput(
                    f"{self._keys.name} has rows marked as deleted by another Iceberg client.", fix="Compact it there first."
                )
            files = {file.path: file.file for file in plan.files if file.file is not None}
            if not self._removed.keys() <= files.keys():
                self.discard()
            new = [file for path, file in files.items() if path not in self._known and path not in self._removed]
            self._kept += self._lake.write_files(plan.table.metadata, self._staying(plan, new))
        updated = int(self._replaced.sum())
        return Upsert(
            plan.ref.name,
            table_uuid,
            tuple(self._removed.values()),
            (*self._kept, *self._added),
            self._metadata.current_schema_id,
            plan.ref.snapshot_id,
            self._branch,
            rows_added=len(self._replaced) - updated,
            rows_updated=updated,
            rows_deleted=self._gone - updated,
            kept=len(self._kept),
        )

    def files(self) -> list[str]:
        """Everything that was written for it."""
        return [file.file_path for file in (*self._kept, *self._added)]

    def discard(self) -> None:
        """Begin again: what was kept of files that are gone themselves must not come back."""
        self._lake.storage.delete(file.file_path for file in self._kept)
        self._forget()

    def _forget(self) -> None:
        self._kept = []
        self._removed: dict[str, DataFile] = {}
        self._replaced = np.zeros(int(self._starts[-1]), dtype=bool)  # which of the new rows take the place of one
        self._gone = 0

    def _staying(self, plan: ReadPlan, files: Sequence[DataFile]) -> Iterator[pa.RecordBatch]:
        """Rows of files that hold a key, but those that have one."""
        near = [file for file in files if self._ranges.may_share(file)]
        self._known |= {file.file_path for file in files} - {file.file_path for file in near}
        for group in _groups(near):
            for file, rows in self._found(group):
                if not len(rows):
                    self._known.add(file.file_path)
                    continue
                self._removed[file.file_path] = file
                self._gone += len(rows)
                if len(rows) < file.record_count:
                    yield from without(plan.table, plan.schema, file, rows)

    def _found(self, files: Sequence[DataFile]) -> Iterator[tuple[DataFile, Places]]:
        """For each file the places of rows whose key is among the new rows'."""
        schema = self._metadata.schema()
        old, new = self._keys.scan("old", schema, files), self._keys.scan("new", schema, self._added)
        same = " AND ".join(f"o.{key} = n.{key}" for key in self._keys.listed.split(", "))
        pairs = self._keys.ask(
            "SELECT o.__file AS file, o.__row AS place, n.__file AS new_file, n.__row AS new_place "
            f"FROM ({relation_with_places(old)}) AS o JOIN ({relation_with_places(new)}) AS n ON {same}",
            old,
            new,
        )
        file_of, place, new_file, new_place = (column.to_numpy() for column in pairs.columns)
        self._replaced[self._starts[new_file] + new_place] = True
        order = np.argsort(file_of, kind="stable")
        ends = np.searchsorted(file_of[order], np.arange(len(files) + 1, dtype=file_of.dtype))
        for number, file in enumerate(files):
            yield file, place[order[ends[number] : ends[number + 1]]]


def _groups(files: Sequence[DataFile]) -> Iterator[list[DataFile]]:
    group: list[DataFile] = []
    rows = 0
    for file in files:
        if group and rows + file.record_count > _GROUP_ROWS:
            yield group
            group, rows = [], 0
        group.append(file)
        rows += file.record_count
    if group:
        yield group
