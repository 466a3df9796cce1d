"""Search over the index, which is brought up to date before it is asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import func, select

from workbench.catalog.index import Entry, Filters, Found, Reason, SearchIndex, Visible
from workbench.catalog.index.engine import Damaged, State
from workbench.catalog.index.text import fold
from workbench.catalog.tables import Tables
from workbench.core.clock import iso
from workbench.core.errors import Unavailable
from workbench.core.names import QUARANTINE, is_quarantine
from workbench.core.telemetry import get_logger
from workbench.lake.facts import LISTED
from workbench.lake.records import TableInfo
from workbench.runs.records import RunEvent
from workbench.store.tables import iceberg_tables

if TYPE_CHECKING:
    from workbench.catalog.said import Said
    from workbench.runs.log import RunLog
    from workbench.store.store import Store

__all__ = ["Finder", "entry_of"]

_BATCH = 2_000  # events behind, beyond which building anew is quicker
_PATIENCE = 0.5  # seconds that a search waits for another process that is bringing the index up to date
_BUILDING = 600.0  # seconds that it waits for one that builds it, since then there is nothing to search in
_COUNTED = 5.0  # seconds between two looks whether tables came or went without an event
_FORGOTTEN = 500  # events without a consequence for the index, after which it is noted that they were seen
T = TypeVar("T")


class Finder:
    """The search index of one workspace as a projection of the run log.

    An event that is committed is found by the next search. The index may be deleted, or damaged, at any time: it is built again.
    Another Iceberg client's commit is no event; that a table came or went is noticed within seconds, that one's columns changed
    with the next event about it.
    """

    def __init__(
        self,
        index: SearchIndex,
        store: Store,
        log: RunLog,
        tables: Tables,
        said: Callable[[Collection[TableInfo]], dict[str, Said]],
    ) -> None:
        self.index = index
        self._store = store
        self._log = log
        self._tables = tables
        self._said = said
        # The index's state, and how far the log was looked at beyond it: what followed had no consequence for the index.
        self._looked = (State(-1), State(-1))
        self._counted_at = 0.0

    def search(
        self,
        text: str,
        limit: int = 20,
        filters: Filters | None = None,
        visible: Visible | None = None,
        *,
        columns_only: bool = False,
    ) -> list[Found]:
        """See :meth:`.index.SearchIndex.search`."""
        named = [] if columns_only else self._quarantined(text, limit, filters, visible)
        found = self._asked(lambda: self.index.search(text, limit, filters, visible, columns_only=columns_only))
        return [*named, *found][:limit] if named else found

    def having(self, columns: Sequence[str], least: int, limit: int, visible: Visible | None = None) -> list[Entry]:
        """See :meth:`.index.SearchIndex.having`."""
        return self._asked(lambda: self.index.having(columns, least, limit, visible))

    def _asked(self, ask: Callable[[], list[T]]) -> list[T]:
        for _ in range(2):
            try:
                self.catch_up()
                return ask()
            except Damaged as error:
                get_logger("catalog").info("the search index is built again: %s", error)
                self._build(self._looked[0])
        raise Unavailable("The search index cannot be built.", fix="See that the disk has room, then try again.")

    def catch_up(self) -> None:
        """Put into the index what was committed since; build it where there is none, or where it is another store's.

        Where another process is at it, this does not wait: the search then sees what the index had before.
        """
        index = self.index.state()
        looked = self._looked
        if looked[0] != index:
            self._looked = looked = (index, index)
        state, last = looked[1], self._log.last()
        if last == state.offset and not self._miscounted(state, last):
            return
        # The last event that was looked at comes with those after it: it tells whether this is the log that it was.
        events = self._log.events(after=max(state.offset - 1, 0), limit=_BATCH + 1) if last > state.offset else ()
        known = state.offset == 0 or (events and events[0].seq == state.offset and events[0].id == state.event)
        if not known or len(events) > _BATCH:
            self._build(index)
            return
        self._advance(index, state, [event for event in events if event.seq > state.offset])

    def rebuild(self) -> None:
        """Build the index anew, whatever there is."""
        with self.index.lock(_BUILDING):
            self._replace()

    def _advance(self, index: State, state: State, events: list[RunEvent]) -> None:
        if not events:
            return
        names, uuids = _touched(events)
        ahead = State(events[-1].seq, events[-1].id, state.datasets)
        due = ahead.offset - index.offset >= _FORGOTTEN
        if not names and not uuids and not due:
            self._looked = (index, ahead)
            return
        try:
            with self.index.lock(_PATIENCE):
                changed, gone, more = self._difference(names, uuids)
                if changed or gone or due:
                    ahead = State(ahead.offset, ahead.event, state.datasets + more)
                    self.index.update(changed, gone, ahead)
        except Unavailable:
            return
        self._looked = (index, ahead)

    def _difference(self, names: set[str], uuids: set[str]) -> tuple[list[Entry], list[str], int]:
        """What is to be put in, what to be forgotten, and by how many datasets there are more."""
        known = self.index.entries(uuids)
        names = names | {entry.name for entry in known.values()}
        found = self._tables.some(sorted(name for name in names if not is_quarantine(name)), drafts=False)
        infos = {info.table_uuid: info for info in found.values()}
        known |= self.index.entries(set(infos) - set(known))
        now = {entry.table_uuid: entry for entry in self._entries(infos.values())}
        gone = [uuid for uuid in known if uuid not in now]
        return [entry for uuid, entry in now.items() if known.get(uuid) != entry], gone, len(now) - len(known)

    def _build(self, stale: State) -> None:
        with self.index.lock(_BUILDING):
            try:
                if self.index.state() != stale:
                    return  # another process has built it meanwhile
            except Damaged:
                pass
            self._replace()

    def _replace(self) -> None:
        # The offset first: what is committed while the tables are read is then seen twice, which does no harm.
        (newest,) = self._log.events(after=max(self._log.last() - 1, 0), limit=1) or (None,)
        datasets = self._count()
        state = State(newest.seq, newest.id, datasets) if newest else State(datasets=datasets)
        self.index.replace(self._entries(info for info in self._tables.all(drafts=False) if not is_quarantine(info.name)), state)

    def _entries(self, infos: Iterable[TableInfo]) -> Iterator[Entry]:
        every = tuple(infos)
        said = self._said(every)
        for info in every:
            yield entry_of(info, said.get(info.table_uuid))

    def _miscounted(self, state: State, last: int) -> bool:
        """Whether tables came or went without an event; looked at every few seconds, and only where no event came meanwhile."""
        if time.monotonic() - self._counted_at < _COUNTED:
            return False
        self._counted_at = time.monotonic()
        return self._count() != state.datasets and self._log.last() == last

    def _quarantined(self, text: str, limit: int, filters: Filters | None, visible: Visible | None) -> list[Found]:
        """Quarantine is in no index: its tables, where the text or the filter names it, are found by the words of their names."""
        words = fold(text).replace(".", " ").split()
        if QUARANTINE not in words and not (filters is not None and filters.zone == QUARANTINE):
            return []
        infos = [info for info in self._tables.all() if is_quarantine(info.name)]
        named = [info for info in infos if all(word in fold(info.name) for word in words)]
        seen = [info for info in named if visible is None or info.table_uuid in visible.table_uuids][:limit]
        why = (Reason(word=QUARANTINE, where="name", text=QUARANTINE, how="word"),)
        return [Found(entry, 1.0, why) for entry in self._entries(seen)]

    def _count(self) -> int:
        with self._store.read() as conn:
            indexed = iceberg_tables.c.table_namespace != QUARANTINE
            return int(conn.execute(select(func.count()).select_from(iceberg_tables).where(indexed, LISTED)).scalar_one())


def entry_of(info: TableInfo, words: Said | None) -> Entry:
    """A dataset for the index, with what is said of it and of its columns."""
    words = words.on(column[0] for column in info.columns) if words is not None else None
    return Entry(
        table_uuid=info.table_uuid,
        name=info.name,
        columns=tuple(column[1] for column in info.columns),
        description=words.description if words else "",
        notes=_notes(info, words.described if words else {}),
        owner=words.owner if words else "",
        tags=words.tags if words else (),
        terms=words.terms if words else (),
        updated_at=iso(info.updated_at) if info.updated_at else "",
        rows=info.rows,
        size=info.bytes,
    )


def _notes(info: TableInfo, described: dict[int, str]) -> tuple[str, ...]:
    """What is said of columns: a person's word, else the file's."""
    about = ((name, described.get(field_id) or doc) for field_id, name, _, _, doc in info.columns)
    return tuple(f"{name}: {text}" for name, text in about if text)


def _touched(events: Iterable[RunEvent]) -> tuple[set[str], set[str]]:
    """The names and the UUIDs of the datasets that events are about."""
    names: set[str] = set()
    uuids: set[str] = set()
    for event in events:
        body = event.body
        if event.type == "run.wrote" and body.get("kind") == "table":
            names.add(body["name"])
            uuids.add(body["id"])
        elif event.type.startswith("dataset."):
            names |= {body[key] for key in ("name", "new_name") if body.get(key)}
            uuids.add(body["table_uuid"])
        elif event.type.startswith("term."):
            uuids |= set(body["tables"])
    return names, uuids
