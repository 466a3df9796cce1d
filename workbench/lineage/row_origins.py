"""Of which datasets' rows a dataset's rows have ever been made: written with the commit, so that the row filters of a source hold for what
is made of it. Nothing is taken away: earlier states can still be read."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, Row, delete, insert, select

from workbench.runs.records import DatasetIO
from workbench.store.tables import row_origins

__all__ = ["Columns", "Kept", "remember_rows"]

#: A column that came over as it was: the source's field id and name, the target's.
Kept = tuple[int, str, int, str]
# What takes rows away brings none of another dataset.
_BRINGS_NONE = frozenset({"delete", "truncate"})


class Columns(Protocol):
    """Field ids of datasets' columns by the tables' UUIDs and names; 0 where there is none."""

    def field(self, table_uuid: str, name: str | None, /) -> int:
        """Of a column as the dataset is now."""

    def read(self, table_uuid: str, name: str | None, /) -> set[int]:
        """Of a column as the run has read it, in whichever states."""


def remember_rows(conn: Connection, io: DatasetIO, reads: Iterable[DatasetIO], said: Mapping[str, Any], columns: Columns) -> None:
    """What a run has just written (``io``) is made of the rows of what it read before, less what the write says is unrelated.

    Which columns came over as they were, the run says itself (``row_sources`` of a statement, ``columns`` of a recipe); of any other run
    none is known to have. A column counts as kept only as long as every write has kept it, be it one of the dataset's own rows. So does
    one that holds nothing but a column's values as they were (``copied_columns`` of a statement): what is kept is copied, too.

    Parameters
    ----------
    said
        The run's attributes.
    columns
        Gives field ids.
    """
    if io.operation in _BRINGS_NONE:
        return
    reads = tuple(reads)
    sources: dict[str, list[DatasetIO]] = {}
    for read in reads:
        if read.kind == "table" and read.id != io.id and read.id not in io.unrelated:
            sources.setdefault(read.id, []).append(read)
    if any(read.id == io.id for read in reads):
        # Only what is as it was, row by row, is still a copy of what it was made of.
        same = {now for one, other in _said(said, io.id, 0) if columns.read(io.id, one) == {now := columns.field(io.id, other)}}
        _forget_others(conn, io.id, same)
    for uuid, each in sources.items():

        def found(pairs: Iterable[Sequence[str]], source: str = uuid) -> set[Kept]:
            every = [(columns.read(source, one), one, columns.field(io.id, other), other) for one, other in pairs]
            return {(min(fields), one, to, other) for fields, one, to, other in every if len(fields) == 1 and min(fields) and to}

        then = {name for read in each for name, _ in read.fields}
        # Filters know a source's columns by their names, of which one may be another's today.
        kept = found((one, other) for one, other in _said(said, uuid, len(sources)) if one.casefold() not in then)
        copied = kept | found(said.get("copied_columns", {}).get(uuid, ()))
        views = {read.view or "" for read in each}
        _merge(conn, io.id, each[0], kept, copied, views.pop() if len(views) == 1 else "")


def _said(said: Mapping[str, Any], source: str, sources: int) -> list[tuple[str, str]]:
    """(source's column, target's), as the run says it of itself."""
    if "row_sources" in said:
        return [(one, other) for one, other in said["row_sources"].get(source, ())]
    if "columns" in said and "column_sources" not in said and sources == 1:
        # A recipe takes one dataset row by row; a column that no step has touched is as it was.
        changed = said.get("transforms", {})
        return [(names[0], column) for column, names in said["columns"].items() if len(names) == 1 and column not in changed]
    return []


def _forget_others(conn: Connection, target: str, same: Collection[int]) -> None:
    """Of rows that were made of the dataset's own, only these columns are as they came."""
    for row in conn.execute(select(row_origins).where(row_origins.c.target_uuid == target)).all():
        kept, copied = ([one for one in json.loads(every) if one[2] in same] for every in (row.kept, row.copied))
        _put(conn, row, json.dumps(kept), json.dumps(copied), row.view)


def _merge(conn: Connection, target: str, source: DatasetIO, kept: set[Kept], copied: set[Kept], view: str) -> None:
    t = row_origins.c
    here = (t.target_uuid == target) & (t.source_uuid == source.id)
    before = conn.execute(select(row_origins).where(here)).first()
    if before is not None:
        kept, copied = _still(before.kept, kept), _still(before.copied, copied)
        view = view if view == before.view else ""
    text, more = json.dumps(sorted(kept)), json.dumps(sorted(copied))
    if before is not None:
        _put(conn, before, text, more, view)
        return
    same = {"target_uuid": target, "source_uuid": source.id, "source_name": source.name}
    conn.execute(insert(row_origins).values(**same, kept=text, copied=more, view=view))


def _still(before: str, found: Iterable[Kept]) -> set[Kept]:
    """What this write has kept, too. By the fields: a column may have another name since."""
    fields = {(one[0], one[2]) for one in found}
    return {(one[0], one[1], one[2], one[3]) for one in json.loads(before) if (one[0], one[2]) in fields}


def _put(conn: Connection, before: Row[Any], kept: str, copied: str, view: str) -> None:
    if (before.kept, before.copied, before.view) == (kept, copied, view):
        return
    same = {"target_uuid": before.target_uuid, "source_uuid": before.source_uuid, "source_name": before.source_name}
    conn.execute(delete(row_origins).where(row_origins.c.seq == before.seq))
    conn.execute(insert(row_origins).values(**same, kept=kept, copied=copied, view=view))
