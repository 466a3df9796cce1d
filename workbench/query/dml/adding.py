"""INSERT and CREATE TABLE: rows of a query, into a dataset that is there or that is made."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.core.errors import InvalidSQL
from workbench.engines.duckdb import Transform
from workbench.lake.arrow import arrow_schema
from workbench.lake.plan import PlanColumn, duckdb_type
from workbench.lake.types import type_text
from workbench.query.dml import steps
from workbench.query.dml.ask import Asked, Asker
from workbench.query.dml.carry import Carrying
from workbench.query.dml.compose import of_rows
from workbench.query.dml.copies import copied_columns
from workbench.query.dml.lineage import sources
from workbench.query.dml.records import CreateTable, Insert
from workbench.query.dml.rowwise import kept_columns
from workbench.query.dml.target import Target, check_no_view, check_over, check_whole, new_target, no_column, seen_columns, taken, target_of
from workbench.writes.edit import spooled
from workbench.writes.rebuild import Rebuilder

if TYPE_CHECKING:
    from pathlib import Path

    from pyiceberg.schema import Schema

    from workbench.lake.records import CommitResult
    from workbench.writes.rows import ParquetFiles, Rows

__all__ = ["create", "destinations", "insert"]

_ORDERED_BYTES = 2 << 30  # above it several threads write files of their own, and the rows' order is lost


def insert(how: Carrying, write: Insert, key: str) -> CommitResult:
    """Add a query's rows, all or none.

    Raises
    ------
    InvalidInput
        A value does not fit its column.
    """
    parts = how.parts
    target = target_of(write.target, how.statement.text, how.names, parts.access, how.who)
    with ExitStack() as held:
        plan = held.enter_context(parts.lake.reading(target.ref))
        columns = seen_columns(plan, how.shape(plan))
        check = how.gate(plan)
        asker = how.asker(None, held)
        asked = asker.ask(of_rows(write), how.names)
        goes = destinations(write, asked, columns, target.dataset)
        folder = held.enter_context(how.scratch())
        names = [column.name if column is not None else None for column in goes]
        rows = _spooled(how, asker, asked, goes, plan.columns, plan.schema, folder, target.dataset)
        into = plan, [name for name in names if name is not None]
        run = how.recording(asked.planned, sources(asked, names), kept_columns(asked, goes), copied_columns(asked, goes), into)
        return how.editor.append(plan, target.branch, rows, target.key(key), run, check)


def create(how: Carrying, write: CreateTable, key: str) -> CommitResult | Target:
    """Make a dataset of a query's rows; gives the one that is there where that is enough."""
    parts = how.parts
    target, there = makes(how, write)
    if there and not write.replace:
        return target
    rebuilder = Rebuilder(parts.lake, parts.log, parts.settings.retention)
    with ExitStack() as held:
        plan = held.enter_context(parts.lake.reading(target.dataset)) if there else None
        if plan is not None:
            check_whole(parts.access, how.who, plan, "CREATE OR REPLACE")
        asker = how.asker(None, held)
        asked = asker.ask(of_rows(write), how.names)
        schema = _storable(asked)
        made = sources(asked, schema.names)
        if plan is not None:
            check_over(asked.planned, made, plan, "CREATE OR REPLACE")
        gone = [column.name for column in plan.columns if column.name not in schema.names] if plan is not None else []
        place = rebuilder.place(target.dataset, schema, gone)
        every = _plan_columns(place.metadata.schema())
        given: list[PlanColumn | None] = [next(column for column in every if column.name == name) for name in schema.names]
        folder = held.enter_context(how.scratch())
        rows = _spooled(how, asker, asked, given, every, place.metadata.schema(), folder, target.dataset)
        run = how.recording(asked.planned, made, kept_columns(asked, given), copied_columns(asked, given))
        check = how.gate(plan) if plan is not None else None
        return how.editor.put(target.dataset, place, rows, plan, target.key(key), run, check)


def makes(how: Carrying, write: CreateTable) -> tuple[Target, bool]:
    """The dataset that CREATE TABLE is about, and whether it is there (and may be).

    Raises
    ------
    AlreadyExists, InvalidSQL, Forbidden
    """
    target, there = new_target(write.target, how.statement.text, how.names, how.parts.access, how.who)
    check_no_view(how.parts.views, target.dataset)
    if write.replace and write.if_not_exists:
        raise InvalidSQL("OR REPLACE and IF NOT EXISTS do not go together.", fix="Leave one of them out.")
    if there and not write.replace:
        how.parts.lake.check_no_draft(target.dataset)
    if there and not (write.replace or write.if_not_exists):
        raise taken(target.dataset, "Write CREATE OR REPLACE TABLE, CREATE TABLE IF NOT EXISTS, or INSERT INTO.")
    return target, there


def destinations(write: Insert, asked: Asked, columns: Sequence[PlanColumn], dataset: str) -> list[PlanColumn | None]:
    """Which of the ``columns`` that its author sees each of the query's goes into.

    Raises
    ------
    InvalidSQL
        There is none of a name, or they are too many, or too few.
    """
    if write.query is None:
        return [None]
    known = {column.name.casefold(): column for column in columns}

    def find(name: str) -> PlanColumn:
        found = known.get(name.casefold())
        if found is None:
            raise no_column(dataset, name, [column.name for column in columns])
        return found

    if write.by_name:
        wanted = [find(name) for name in asked.schema.names]
    else:
        wanted = [find(name) for name in write.columns] if write.columns is not None else list(columns)
        if len(asked.schema.names) != len(wanted):
            listed = ", ".join(column.name for column in wanted[:20])
            raise InvalidSQL(
                f"The rows have {len(asked.schema.names)} columns, and {len(wanted)} are to be filled: {listed}.",
                fix="Name the columns that you fill: INSERT INTO name (a, b) ..., or write INSERT INTO name BY NAME SELECT ...",
            )
    if len({column.field_id for column in wanted}) < len(wanted):
        raise InvalidSQL("A column is filled twice.", fix="Name each column once.")
    return list(wanted)


def _storable(asked: Asked) -> pa.Schema:
    """The query's columns as a dataset can have them. A whole number that may be of any size is one of 64 bits."""
    return pa.schema(
        [
            pa.field(field.name, pa.int64() if kind in ("HUGEINT", "UHUGEINT") else field.type)
            for field, kind in zip(asked.schema, asked.types, strict=True)
        ]
    )


def _plan_columns(schema: Schema) -> tuple[PlanColumn, ...]:
    return tuple(PlanColumn(f.field_id, f.name, type_text(f.field_type), duckdb_type(f.field_type), f.required) for f in schema.fields)


def _spooled(
    how: Carrying,
    asker: Asker,
    asked: Asked,
    goes: Sequence[PlanColumn | None],
    every: Sequence[PlanColumn],
    schema: Schema,
    folder: Path,
    dataset: str,
) -> Rows | ParquetFiles:
    """The rows, in files of the folder."""
    large = sum(one.plan.bytes for one in asked.planned) > _ORDERED_BYTES
    target = folder / "made"
    query = steps.selected(asked.sql, asked.types, goes, every)
    copy = steps.copied(query, every, str(target), "rows", how.parts.settings.lake.target_file_mb if large else None)
    work = Transform(asked.scans, (copy,), "SELECT 1", str(target), (asked.params,))
    how.transform(work, asker, [asked], dataset, {column.name: column.type for column in every})
    files = sorted(path for path in target.rglob("*") if path.is_file())
    return spooled(arrow_schema(schema), files)
