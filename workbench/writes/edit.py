"""What statements do to datasets, each in one commit: rows that are added, changed or taken out, and datasets made of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from workbench.core.refs import MAIN, DatasetRef
from workbench.lake.changes import Append, Change, Edit, Overwrite, beside
from workbench.writes.base import Committing, new_files
from workbench.writes.recording import Recording, commit_key
from workbench.writes.rows import ParquetFiles, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyiceberg.manifest import DataFile
    from pyiceberg.schema import Schema
    from pyiceberg.table.metadata import TableMetadata

    from workbench.lake import ReadPlan
    from workbench.lake.records import CommitResult
    from workbench.writes.rebuild import Place

__all__ = ["Edited", "Editor", "spooled", "statement_key"]

#: Looks at the files of new rows, at all of the dataset's as they will be, and at its columns; raises to commit nothing.
Check = Callable[[Sequence["DataFile"], Sequence["DataFile"], "Schema"], None]


def statement_key(name: str, branch: str, key: str) -> str:
    """The commit key of a statement that writes to a dataset's branch.

    >>> statement_key("gold.totals", "main", "0190")
    'sql/gold.totals#main/0190'
    """
    return commit_key("sql", [f"{name}#{branch}"], key)


def spooled(schema: pa.Schema, paths: Sequence[Path]) -> Rows | ParquetFiles:
    """Rows that the engine has written to files, on their way into a table of this schema."""
    if any(pa.types.is_nested(kind) for kind in schema.types):
        # The fields inside nested columns have ids, too, which these files do not say.
        return Rows(pa.RecordBatchReader.from_batches(schema, _batches(schema, paths)))
    return ParquetFiles(schema, tuple(paths))


def _batches(schema: pa.Schema, paths: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    import pyarrow.parquet as pq

    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                yield from pa.Table.from_batches([batch]).cast(schema).to_batches()


@dataclass(frozen=True)
class Edited:
    """Rows of one state of a branch that are changed: the files ``removed`` give way to ``rows`` and to what else was in them, ``kept``."""

    plan: ReadPlan
    branch: str
    verb: Literal["update", "delete", "merge"]
    removed: tuple[DataFile, ...]
    rows: Rows | ParquetFiles | None
    kept: Rows | ParquetFiles | None
    inserted: int
    updated: int
    deleted: int


class Editor(Committing):
    """Commits what statements do. Each call belongs to the run that is handed in, and is made once for its key."""

    def append(
        self, plan: ReadPlan, branch: str, rows: Rows | ParquetFiles, key: str, run: Recording, check: Check | None = None
    ) -> CommitResult:
        """Further rows. Raises as :meth:`workbench.writes.writer.Writer.write` does, and whatever the check does.

        What is checked joins the rows that it was looked at beside; where others have come since, it is looked at beside those."""
        metadata, name = plan.table.metadata, plan.ref.name
        files = rows.written(self.lake, metadata, name)
        change = Append(name, plan.ref.table_uuid, files, metadata.current_schema_id, branch)

        def look(changes: Sequence[Change]) -> Sequence[Change]:
            assert check is not None
            with self.lake.reading(DatasetRef(table_uuid=plan.ref.table_uuid, name=name, branch=branch)) as newest:
                check(files, [*_files(newest), *files], newest.schema)
                return beside(changes, plan.ref.table_uuid, newest.ref.snapshot_id)

        return self._commit([change], key, run, None, look if check is not None else None)

    def edit(self, done: Edited, key: str, run: Recording, check: Check | None = None) -> CommitResult:
        """Changed rows.

        Raises
        ------
        CommitConflict
            The branch has moved since. Nothing was written.
        """
        plan, metadata = done.plan, done.plan.table.metadata
        added: list[DataFile] = []
        new: tuple[DataFile, ...] = ()
        try:
            for part in (done.kept, done.rows):
                new = part.written(self.lake, metadata, plan.ref.name) if part is not None else ()
                added += new
        except BaseException:
            self._remove_files([file.file_path for file in added], None)
            raise
        change = Edit(
            plan.ref.name,
            plan.ref.table_uuid,
            done.removed,
            tuple(added),
            metadata.current_schema_id,
            plan.ref.snapshot_id,
            done.branch,
            rows_added=done.inserted,
            rows_updated=done.updated,
            rows_deleted=done.deleted,
            verb=done.verb,
        )
        gone = {file.file_path for file in done.removed}
        after = [*(file for file in _files(plan) if file.file_path not in gone), *added]
        return self._checked([change], new, after, metadata, key, run, check)

    def put(
        self,
        name: str,
        place: Place,
        rows: Rows | ParquetFiles,
        plan: ReadPlan | None,
        key: str,
        run: Recording,
        check: Check | None = None,
    ) -> CommitResult:
        """A dataset made of rows; ``plan`` is its state so far, whose rows all give way.

        Raises
        ------
        AlreadyExists, CommitConflict
            Somebody else created it, or wrote to it, meanwhile. Nothing was written.
        """
        metadata = place.metadata
        files = rows.written(self.lake, metadata, name)
        uuid, schema_id = str(metadata.table_uuid), metadata.current_schema_id
        if plan is None:
            change: Change = Append(name, uuid, files, schema_id)
        else:
            removed = tuple(file.file for file in plan.files if file.file is not None)
            change = Overwrite(name, uuid, removed, files, schema_id, plan.ref.snapshot_id, MAIN)
        return self._checked([*place.before, change], files, files, metadata, key, run, check)

    def _checked(
        self,
        changes: Sequence[Change],
        new: Sequence[DataFile],
        after: Sequence[DataFile],
        metadata: TableMetadata,
        key: str,
        run: Recording,
        check: Check | None,
    ) -> CommitResult:
        try:
            if check is not None:
                check(new, after, metadata.schema())
        except BaseException:
            self._remove_files(new_files(*changes), None)
            raise
        return self._commit(changes, key, run, None)


def _files(plan: ReadPlan) -> list[DataFile]:
    return [file.file for file in plan.files if file.file is not None]
