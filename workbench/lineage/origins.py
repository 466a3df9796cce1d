"""Which columns a dataset's columns have ever been made of: written with the commit, so that a tag of a source holds at once for what
is made of it. Nothing is taken away: earlier states can still be read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from workbench.lake.facts import working_facts
from workbench.lineage.row_origins import remember_rows
from workbench.runs.events import decode
from workbench.runs.records import DatasetIO
from workbench.store.tables import column_origins, dataset_facts, run_events
from workbench.store.upsert import insert_if_absent

__all__ = ["ANY", "NO_DATA", "Copies", "Copy", "fields_of", "remember"]

#: In the place of a column's field id: any of the dataset's columns.
ANY = 0
#: What a commit reports that brings no rows of the run's own: it changes columns only, puts the same rows into other files (``replace``:
#: compaction alone; a statement's REPLACE is an ``overwrite``), or makes rows current that another write made.
NO_DATA = frozenset({"alter", "publish", "replace", "rollback"})


class Copy(NamedTuple):
    """A column of a table (``field``: its id) that came over as it was; ``rows``: with all others of its row, and nothing beside them.
    ``into``: the id of the column that it goes into, of a dataset that is there."""

    uuid: str
    column: str
    field: int
    rows: bool = False
    into: int | None = None


#: By the names of columns that are written.
Copies = Mapping[str, Copy]


def remember(conn: Connection, run_id: str, io: DatasetIO, copies: Copies | None = None) -> None:
    """What a run has just written is made of what it read before, less what the write says is unrelated; column by column where the run
    has said so (``column_sources`` of a statement, ``columns`` of a recipe), else each column of all columns that were read.

    ``copies`` are known to be the columns of datasets that were read, untouched, of a write of which nothing else is said.

    Of what a dataset was itself, columns that were read under their names stay what they were, and others that come with rows made anew
    were made of those."""
    if io.operation in NO_DATA:
        return
    reads, said = _so_far(conn, run_id)
    sources = {read.id: read for read in reads if read.kind == "table" and read.id != io.id and read.id not in io.unrelated}
    if "column_sources" in said:
        # A statement may make a column of another of the same dataset.
        sources |= {io.id: io}
    columns = _Columns(conn, reads)
    same = _sure(copies or {}, io, sources, said, columns)
    if same:
        copied: dict[str, list[list[str]]] = {}
        for name, copy in same.items():
            copied.setdefault(copy.uuid, []).append([copy.column, name])
        # A value beside them may be another row's, unless all are of one.
        rows = len(same) == len(copies or ()) and all(copy.rows for copy in same.values())
        said |= {"row_sources": copied if rows else {}, "copied_columns": copied}
    remember_rows(conn, io, reads, said, columns)
    found = _beside(same, reads, sources, columns.names(io.id)) if same else _pairs(io, reads, sources, said)
    pairs = [*found, *_anew(io, reads, said, columns)]
    sources = {**sources, io.id: io}
    for target, source, column in pairs:
        target_field = columns.field(io.id, target)
        for source_field in columns.read(source, column):
            if source == io.id and source_field == target_field and (source_field != ANY or target == column):
                continue
            row = {
                "target_uuid": io.id,
                "target_field": target_field,
                "source_uuid": source,
                "source_field": source_field,
                "source_name": sources[source].name,
                "source_column": column or "",
            }
            insert_if_absent(conn, column_origins, row)


def _so_far(conn: Connection, run_id: str) -> tuple[list[DatasetIO], dict[str, Any]]:
    wanted = run_events.c.type.in_(("run.read", "run.attributes"))
    events = [
        decode(row) for row in conn.execute(select(run_events).where(run_events.c.run_id == run_id, wanted).order_by(run_events.c.seq))
    ]
    said: dict[str, Any] = {}
    for event in events:
        if event.type == "run.attributes":
            said |= event.body["attributes"]
    return [DatasetIO.model_validate(event.body) for event in events if event.type == "run.read"], said


def _pairs(
    io: DatasetIO, reads: Iterable[DatasetIO], sources: dict[str, DatasetIO], said: dict[str, Any]
) -> Iterator[tuple[str | None, str, str | None]]:
    """(target's column, source, source's column); None for any column."""
    if "column_sources" in said:
        for target, pairs in said["column_sources"].items():
            for source, column in pairs:
                if source in sources:
                    yield target, source, column
    elif "columns" in said:
        # A recipe refines one dataset.
        for target, names in said["columns"].items():
            for source in sources:
                for column in names:
                    yield target, source, column
    else:
        for read in reads:
            if read.id in sources:
                for column in read.columns or (None,):
                    yield None, read.id, column


def _sure(copies: Copies, io: DatasetIO, sources: Mapping[str, DatasetIO], said: Mapping[str, Any], columns: _Columns) -> dict[str, Copy]:
    """Those copies, by folded names, whose columns are called today as they were when they were read and when the write was prepared."""
    if "column_sources" in said or "columns" in said or any(copy.uuid == io.id for copy in copies.values()):
        return {}
    return {
        name.casefold(): copy
        for name, copy in copies.items()
        if copy.uuid in sources
        and columns.read(copy.uuid, copy.column) == {copy.field}
        and (target := columns.field(io.id, name)) != ANY
        and copy.into in (None, target)
    }


def _beside(
    same: Mapping[str, Copy], reads: Iterable[DatasetIO], sources: Mapping[str, DatasetIO], names: Iterable[str]
) -> Iterator[tuple[str | None, str, str | None]]:
    """As :func:`_pairs`, where some columns are copies; the others are made of all that was read."""
    for name in names:
        if name in same:
            yield name, same[name].uuid, same[name].column
            continue
        for read in reads:
            if read.id in sources:
                for column in read.columns or (None,):
                    yield name, read.id, column


def _anew(io: DatasetIO, reads: Iterable[DatasetIO], said: dict[str, Any], columns: _Columns) -> Iterator[tuple[str, str, str]]:
    """A dataset that was read, changed and written over: its new columns, of all that was read of it."""
    read = {column for each in reads if each.id == io.id for column in each.columns}
    if io.operation != "overwrite" or "column_sources" in said or "columns" in said or not read:
        return
    then = {name for each in reads if each.id == io.id for name, _ in each.fields}
    known = {column.casefold() for column in read} - then
    for name in columns.names(io.id):
        if name not in known:
            yield from ((name, io.id, column) for column in sorted(read))


class _Columns:
    """Field ids by name, as the datasets are now. A name that is not found (it was renamed since) is any column."""

    def __init__(self, conn: Connection, reads: Iterable[DatasetIO] = ()) -> None:
        self._conn, self._reads = conn, tuple(reads)
        self._known: dict[str, dict[str, int]] = {}

    def read(self, table_uuid: str, name: str | None) -> set[int]:
        """Those of a column as the run has read it, in whichever states."""
        if name is None:
            return {ANY}
        today = self.field(table_uuid, name)
        return {dict(each.fields).get(name.casefold(), today) for each in self._reads if each.id == table_uuid} or {today}

    def field(self, table_uuid: str, name: str | None) -> int:
        return ANY if name is None else self._of(table_uuid).get(name.casefold(), ANY)

    def names(self, table_uuid: str) -> Iterable[str]:
        """What the columns of a dataset are called, folded."""
        return self._of(table_uuid)

    def _of(self, table_uuid: str) -> dict[str, int]:
        if table_uuid not in self._known:
            self._known[table_uuid] = fields_of(self._conn, table_uuid)
        return self._known[table_uuid]


def fields_of(conn: Connection, table_uuid: str) -> dict[str, int]:
    """Field ids of a dataset's columns by their names (folded), as the dataset is now; empty where nothing is known of it."""
    facts = working_facts(conn, (table_uuid,)).get(table_uuid)
    if facts is None:
        facts = conn.execute(select(dataset_facts.c.facts).where(dataset_facts.c.table_uuid == table_uuid)).scalar()
    return {each[1].casefold(): each[0] for each in json.loads(facts)["columns"]} if facts else {}
