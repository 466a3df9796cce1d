"""UPDATE, DELETE, MERGE and TRUNCATE: which rows, what becomes of them, and the files that hold them written anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.core.errors import CommitConflict, InvalidSQL, WorkbenchError
from workbench.engines.duckdb import Transform
from workbench.engines.scans import FileScan, ScanColumn
from workbench.query.dml import steps
from workbench.query.dml.ask import Asked, Asker
from workbench.query.dml.carry import Carrying
from workbench.query.dml.compose import Composed, of_deleted, of_merge, of_orphans, of_updated
from workbench.query.dml.lineage import sources_of_changes
from workbench.query.dml.records import Delete, Merge, Truncate, Update
from workbench.query.dml.rowwise import unchanged_columns
from workbench.query.dml.target import Target, check_over, check_whole, target_of
from workbench.writes.edit import Edited, spooled
from workbench.writes.keyed import without
from workbench.writes.rows import Rows

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile

    from workbench.lake import ReadPlan
    from workbench.lake.records import CommitResult
    from workbench.writes.rows import ParquetFiles

__all__ = ["change", "composed_of"]

Verb = Literal["update", "delete", "merge"]
_ATTEMPTS = 5
_LOCK_SECONDS = 3600.0


@dataclass(frozen=True)
class _Found:
    """What the statement is about: rows by what becomes of them, and how many of each file (by its number) go."""

    counts: Mapping[str, int]
    files: Mapping[int, int]

    @property
    def anything(self) -> bool:
        return any(self.counts.values())


def change(how: Carrying, write: Update | Delete | Merge | Truncate, key: str) -> CommitResult | Target:
    """Carry it out, all or nothing; gives the target where no row is concerned. Where somebody else writes meanwhile, it begins anew.

    Raises
    ------
    CommitConflict
        The dataset never stood still. Nothing was written.
    """
    parts = how.parts
    target = target_of(write.target, how.statement.text, how.names, parts.access, how.who)
    uuid = str(parts.lake.table(target.dataset).metadata.table_uuid)
    # Two that rewrite would only get into each other's way; whoever appends meanwhile does not wait for them.
    with parts.lake.store.lock(f"upsert:{uuid}#{target.branch}", timeout=min(_LOCK_SECONDS, how.left())):
        for attempt in range(_ATTEMPTS):
            try:
                return _attempt(how, write, target, key)
            except CommitConflict:
                if attempt == _ATTEMPTS - 1:
                    raise
    raise AssertionError("unreachable")


def _attempt(how: Carrying, write: Update | Delete | Merge | Truncate, target: Target, key: str) -> CommitResult | Target:
    parts = how.parts
    with ExitStack() as held:
        plan = held.enter_context(parts.lake.reading(target.ref))
        verb: Verb = "update" if isinstance(write, Update) else "merge" if isinstance(write, Merge) else "delete"
        check_whole(parts.access, how.who, plan, type(write).__name__.upper())
        asker = how.asker(plan, held)
        folder = held.enter_context(how.scratch())
        if isinstance(write, Truncate):
            asked: list[Asked] = []
            found = _Found({"delete": plan.rows}, {number: file.rows for number, file in enumerate(plan.files)})
        else:
            asked = [asker.ask(each, how.names) for each in composed_of(write, plan)]
            check_over([one for each in asked for one in each.planned], sources_of_changes(asked, over=True), plan, verb.upper())
            found = _find(how, write, asker, asked, plan, folder)
        columns = [column.name for column in plan.columns]
        same = unchanged_columns(asked, columns, plan.ref.table_uuid)
        run = how.recording([one for each in asked for one in each.planned], sources_of_changes(asked), same, target=(plan, columns))
        if not found.anything:
            return target
        edited = _edited(how, plan, target, verb, found, folder, asker, asked)
        return how.editor.edit(edited, target.key(key), run, how.gate(plan))


def composed_of(write: Update | Delete | Merge, plan: ReadPlan) -> list[Composed]:
    """The queries that say which rows of a state it is about, and what becomes of them."""
    names = [column.name for column in plan.columns]
    if isinstance(write, Delete):
        return [of_deleted(write, plan.ref.name)]
    if isinstance(write, Update):
        return [of_updated(write, plan.ref.name, names)]
    orphans = of_orphans(write, plan.ref.name, names)
    return [of_merge(write, plan.ref.name, names), *([orphans] if orphans is not None else [])]


# -------------------------------------------------------------------------------------------------------- which rows


def _find(how: Carrying, write: Update | Delete | Merge, asker: Asker, asked: list[Asked], plan: ReadPlan, folder: Path) -> _Found:
    """Put the places of rows that go, and those that come, into files of the folder, and count them."""
    made = folder / "found"
    statements = [_hits(write, asked[0], plan)]
    if len(asked) > 1:
        statements.append(steps.orphans_added(asked[1].sql, asked[1].composed, asked[1].kinds, plan.columns))
    params = tuple(each.params for each in asked)
    statements.append(steps.places_copied(str(made)))
    if not isinstance(write, Delete):
        statements.append(steps.rows_copied(plan.columns, str(made)))
    scans = {(scan.schema, scan.name): scan for each in asked for scan in each.scans}
    work = Transform(tuple(scans.values()), tuple(statements), steps.counted(), str(made), params)
    types = {column.name: column.type for column in plan.columns}
    table = how.transform(work, asker, asked, plan.ref.name, types)
    counts, files = {"insert": 0, "update": 0, "delete": 0}, {}
    for row in table.to_pylist():
        if row["kind"] == "file":
            files[int(row["key"])] = int(row["n"])
        elif row["kind"] == "twice":
            _check_once(write, int(row["n"]), plan)
        else:
            counts[row["kind"]] = int(row["n"])
    return _Found(counts, files)


def _hits(write: Update | Delete | Merge, asked: Asked, plan: ReadPlan) -> str:
    if isinstance(write, Delete):
        return steps.hits_of_delete(asked.sql)
    if isinstance(write, Update):
        return steps.hits_of_update(asked.sql, asked.composed, asked.kinds, plan.columns)
    return steps.hits_of_actions(asked.sql, asked.composed, asked.kinds, plan.columns)


def _check_once(write: Update | Delete | Merge, twice: int, plan: ReadPlan) -> None:
    if twice:
        what = "the source" if isinstance(write, Merge) else "FROM"
        raise InvalidSQL(
            f"{twice:,} rows of {plan.ref.name} have several counterparts in {what}: which one counts cannot be told. Nothing was written.",
            fix="Keep one row of each there: GROUP BY the columns that are compared, or QUALIFY row_number() OVER (...) = 1.",
        )


# ------------------------------------------------------------------------------------------------------- what becomes of them


def _edited(
    how: Carrying, plan: ReadPlan, target: Target, verb: Verb, found: _Found, folder: Path, asker: Asker, asked: list[Asked]
) -> Edited:
    files = {number: _data_file(plan, number) for number in found.files}
    partly = [number for number, gone in sorted(found.files.items()) if gone < plan.files[number].rows]
    kept = _kept(how, plan, partly, found, folder, asker, asked) if partly else None
    comes = found.counts.get("insert", 0) + found.counts.get("update", 0)
    rows = spooled(plan.arrow_schema, [folder / "found" / "rows.parquet"]) if comes else None
    counts = {word: found.counts.get(word, 0) for word in ("insert", "update", "delete")}
    return Edited(plan, target.branch, verb, tuple(files.values()), rows, kept, counts["insert"], counts["update"], counts["delete"])


def _data_file(plan: ReadPlan, number: int) -> DataFile:
    file = plan.files[number].file
    assert file is not None
    return file


def _kept(
    how: Carrying, plan: ReadPlan, partly: Sequence[int], found: _Found, folder: Path, asker: Asker, asked: list[Asked]
) -> Rows | ParquetFiles:
    """The rows that stay of files that lose some."""
    scan = plan.scan("target", "rows")
    expected = sum(plan.files[number].rows - found.files[number] for number in partly)
    places = folder / "found" / "places.parquet"
    if not isinstance(scan, FileScan):
        return _kept_here(plan, partly, places)
    some = replace(scan, files=tuple(plan.paths[number] for number in partly), places=True, version=f"{scan.version}+kept")
    columns = (ScanColumn(1, "file", "BIGINT"), ScanColumn(2, "row", "BIGINT"))
    gone = FileScan("target", "places", columns, (str(places),), "places")
    made = folder / "kept"
    numbers = {before: now for now, before in enumerate(partly)}
    copy = steps.kept_rows("target.rows", "target.places", numbers, plan.columns, str(made))
    work = Transform((some, gone), (copy,), "SELECT 1", str(made))
    how.transform(work, asker, asked, plan.ref.name, {})
    if (rows := pq.read_metadata(made / "kept.parquet").num_rows) != expected:
        raise WorkbenchError(
            f"Of the changed files {rows} rows stayed, not {expected}.", fix="Nothing was changed. Run `workbench doctor`."
        )
    return spooled(plan.arrow_schema, [made / "kept.parquet"])


def _kept_here(plan: ReadPlan, partly: Sequence[int], places: Path) -> Rows:
    """The same where the engine must not read the files."""
    gone = pq.read_table(places)
    file_of, row_of = gone["file"].to_numpy(), gone["row"].to_numpy()

    def batches() -> object:
        for number in partly:
            rows = np.sort(row_of[file_of == number])
            yield from without(plan.table, plan.schema, _data_file(plan, number), rows)

    return Rows(pa.RecordBatchReader.from_batches(plan.arrow_schema, batches()))  # type: ignore[arg-type]
