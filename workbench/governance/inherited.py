"""What columns have because of what they are made of: tags, and (:mod:`.inherited_masks`) masks of rules that name a source. Worked out
when a decision is made, so that a tag which a source gets later holds at once, and one that is taken from it no longer does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, func, select

from workbench.catalog.index.text import fold
from workbench.core.batches import batched
from workbench.governance.called import Called, ColumnNames, called
from workbench.governance.policy.decide import MANY
from workbench.lineage.origins import ANY
from workbench.lineage.upstream import upstream
from workbench.store.tables import catalog_tags, cleared_tags, column_origins, named_tags, personal_findings, row_origins

__all__ = ["NOTHING", "Column", "Edge", "Inheritance", "Inherited", "Source", "Version", "all_likely", "likely", "spread"]

_TOLD = 16  # sources by their names: each is followed to all that is made of it
_SURE = 0.8  # how sure a finding is that masks before it is confirmed
_KEPT = 20_000  # datasets whose origins are kept in memory
# Asked of each relation of each statement, so put together once.
_newest_column, _newest_row = (select(func.coalesce(func.max(each.c.seq), 0)).scalar_subquery() for each in (column_origins, row_origins))
_VERSION = select(_newest_column, _newest_row)
_ABOVE = select(column_origins).where(column_origins.c.target_uuid.in_(upstream(column_origins)))
_KEPT_ABOVE = select(row_origins).where(row_origins.c.target_uuid.in_(upstream(column_origins)))
#: The last origins of columns and of rows that there are: what is kept of what was made of what is of one version.
Version = tuple[int, int]
#: A table's UUID and a field id, which is :data:`.origins.ANY` for any column.
Column = tuple[str, int]


@dataclass(frozen=True)
class Source:
    """The column that something comes from first; ``column`` is empty where it is any of the dataset's. ``plain``: all that came of it came
    over as it was. ``others``: what else it comes from, :data:`.decide.MANY` where that is much."""

    dataset: str
    column: str
    plain: bool = True
    others: frozenset[str] = frozenset()

    @property
    def said(self) -> str:
        """Its full name."""
        return f"{self.dataset}.{self.column}" if self.column else self.dataset

    @property
    def every(self) -> frozenset[str]:
        """The full names of all that it comes from."""
        return self.others | {self.said}

    def beside(self, other: Source, plain: bool) -> Source:
        """Both of them, with this one first."""
        others = (self.others | other.every) - {self.said}
        return replace(
            self, plain=self.plain and plain, others=others if len(others) <= _TOLD and MANY not in others else frozenset({MANY})
        )


@dataclass(frozen=True)
class Inherited:
    """The inherited tags (folded) of a dataset's columns, or the names of rules that mask them, with where each comes from."""

    tags: Mapping[int, Mapping[str, Source]]
    cleared: Mapping[int, Collection[str]]

    def at(self, field_id: int) -> dict[str, Source]:
        """Those of one column, without what a person has cleared of it."""
        everywhere, own, cleared = self.tags.get(ANY, {}), self.tags.get(field_id, {}), self.cleared.get(field_id, ())
        found = {tag: source for tag, source in {**everywhere, **own}.items() if tag not in cleared}
        return {tag: source.beside(other := everywhere.get(tag, source), other.plain) for tag, source in found.items()}


NOTHING = Inherited({}, {})


@dataclass(frozen=True)
class Edge:
    """A column (``target``) was made of another (``source``), whose dataset and column were called so then. ``plain``: in no write it had
    more of the other than values as they were."""

    target: Column
    source: Column
    name: str
    column: str
    plain: bool = False


class Inheritance:
    """Follows columns to what they were ever made of. Thread-safe; what it keeps is thrown away when a write adds an origin.

    Parameters
    ----------
    unconfirmed
        Whether what detectors are sure of in a source (:func:`likely`) counts as its tag before anybody has confirmed it.
    columns
        The names of a dataset's columns by where its metadata lies; where that cannot be read now, it raises. None: they are not known.
    """

    def __init__(self, unconfirmed: bool = False, columns: Callable[[str], ColumnNames] | None = None) -> None:
        self._unconfirmed, self._columns = unconfirmed, columns
        self._guard = threading.Lock()
        self._version: Version = (-1, -1)
        self._edges: dict[str, tuple[Edge, ...]] = {}

    def of(self, conn: Connection, table_uuid: str, version: Version | None = None) -> Inherited:
        """What the columns of a dataset inherit. A tag that was cleared on the way here is not handed on. ``version``: that of this
        transaction, for who knows it already."""
        edges = self.upstream(conn, table_uuid, version)
        own = self._own_tags(conn, edges) if edges else {}
        if not own:
            return NOTHING
        cleared = _cleared(conn, edges)
        mine = {field: tags for (uuid, field), tags in cleared.items() if uuid == table_uuid}
        return Inherited(spread(table_uuid, edges, own, cleared), mine)

    def upstream(self, conn: Connection, table_uuid: str, version: Version | None = None) -> tuple[Edge, ...]:
        """All that a dataset was made of, directly or not. ``version`` as for :meth:`of`."""
        if version is None:
            version = conn.execute(_VERSION).one()._tuple()
        with self._guard:
            if version != self._version or len(self._edges) > _KEPT:
                self._version, self._edges = version, {}
            known = self._edges.get(table_uuid)
        if known is None:
            known = _walk(conn, table_uuid)
            with self._guard:
                if self._version == version:
                    self._edges[table_uuid] = known
        return known

    def _own_tags(self, conn: Connection, edges: Sequence[Edge]) -> dict[Column, dict[str, Source]]:
        """What people have put on the sources: by id, and by the names that they have or had, which hold for what is made anew, too."""
        found: dict[Column, dict[str, Source]] = {}
        names = {edge.source[0]: edge.name for edge in edges}
        written = {edge.source: edge.column for edge in edges}
        for some in batched(names) if self._unconfirmed else ():
            for uuid, field, tag in conn.execute(likely(some)):
                found.setdefault((uuid, field), {})[fold(tag)] = Source(names[uuid], written.get((uuid, field), ""))
        for some in batched(names):
            said = catalog_tags.c
            for uuid, field, tag in conn.execute(select(said.table_uuid, said.field_id, said.folded).where(said.table_uuid.in_(some))):
                found.setdefault((uuid, field), {})[tag] = Source(names[uuid], written.get((uuid, field), ""))
        sources = called(conn, edges)
        by_name: dict[str, list[str]] = {}
        for uuid, one in sources.items():
            for name in one.every:
                by_name.setdefault(name, []).append(uuid)
        tagged = [row for some in batched(by_name) for row in conn.execute(select(named_tags).where(named_tags.c.dataset.in_(some)))]
        for row in tagged:
            for uuid in by_name[row.dataset]:
                for field in self._fields(sources[uuid], uuid, edges, row.column) if row.column else (ANY,):
                    found.setdefault((uuid, field), {})[row.folded] = Source(row.dataset, row.column)
        return found

    def _fields(self, one: Called, uuid: str, edges: Iterable[Edge], column: str) -> Iterable[int]:
        """The columns of a source that have or had this name."""
        if self._columns is not None and one.location:
            return [field for field, names in self._columns(one.location).items() if column in names]
        # What is known of one that is there no more is what its columns were called when others were made of them.
        return {edge.source[1] for edge in edges if edge.source[0] == uuid and edge.column in ("", column)}


def _walk(conn: Connection, table_uuid: str) -> tuple[Edge, ...]:
    """All that a dataset was made of, directly or not."""
    rows = conn.execute(_ABOVE, {"uuid": table_uuid}).all()
    copied = {
        (row.target_uuid, target, row.source_uuid, source)
        for row in (conn.execute(_KEPT_ABOVE, {"uuid": table_uuid}) if rows else ())
        for source, _, target, _ in json.loads(row.copied)
    }
    found = ((row, (row.target_uuid, row.target_field), (row.source_uuid, row.source_field)) for row in rows)
    return tuple(Edge(to, of, row.source_name, row.source_column, (*to, *of) in copied) for row, to, of in found)


def likely(table_uuids: Collection[str]) -> Any:
    """What waits to be confirmed of datasets' columns (table UUID, field id, tag), where the detectors are sure."""
    t = personal_findings.c
    return select(t.table_uuid, t.field_id, t.tag).where(t.table_uuid.in_(table_uuids), *_waits())


def all_likely() -> Any:
    """The same of all datasets, without the columns."""
    return select(personal_findings.c.table_uuid, personal_findings.c.tag).where(*_waits())


def _waits() -> tuple[Any, ...]:
    return personal_findings.c.state == "proposed", personal_findings.c.confidence >= _SURE


def _cleared(conn: Connection, edges: Sequence[Edge]) -> dict[Column, set[str]]:
    found: dict[Column, set[str]] = {}
    for some in batched({edge.target[0] for edge in edges}):
        for row in conn.execute(select(cleared_tags).where(cleared_tags.c.table_uuid.in_(some))):
            found.setdefault((row.table_uuid, row.field_id), set()).add(row.folded)
    return found


def spread(
    table_uuid: str, edges: Sequence[Edge], own: Mapping[Column, Mapping[str, Source]], cleared: Mapping[Column, set[str]]
) -> dict[int, dict[str, Source]]:
    """What columns have by themselves (``own``: tags, or names of rules) goes on to what is made of them, until nothing changes; not where
    a person has ``cleared`` it. Gives what the columns of a dataset have of it, and whether it came on every way as it was."""
    down: dict[str, list[Edge]] = {}
    for edge in edges:
        down.setdefault(edge.source[0], []).append(edge)
    inherited: dict[Column, dict[str, Source]] = {}
    left: list[tuple[Column, str, Source]] = [(column, tag, source) for column, tags in own.items() for tag, source in tags.items()]
    while left:
        (uuid, field), tag, source = left.pop()
        for edge in down.get(uuid, ()):
            # A tag of the whole dataset is each column's; a column of which it was cleared does not hand it on.
            if ANY not in (field, edge.source[1]) and edge.source[1] != field:
                continue
            if field == ANY and tag in cleared.get(edge.source, ()) and tag not in own.get((uuid, ANY), {}):
                continue
            if tag in cleared.get(edge.target, ()):
                continue
            there = inherited.setdefault(edge.target, {})
            known = there.get(tag)
            came = (known or source).beside(source, source.plain and edge.plain)
            if came != known:
                there[tag] = came
                # What has it by itself hands on its own.
                if not any(tag in own.get(each, ()) for each in (edge.target, (edge.target[0], ANY))):
                    left.append((edge.target, tag, came))
    return {field: tags for (uuid, field), tags in inherited.items() if uuid == table_uuid}
