"""Tables that are read off the log: caught up before they are read, emptied and rebuilt at will."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from workbench.runs.events import decode
from workbench.runs.records import RunEvent
from workbench.store.tables import projection_offsets, run_events

if TYPE_CHECKING:
    from workbench.runs.log import RunLog

__all__ = ["Projection"]

_BATCH = 1000


class Projection(ABC):
    """A view of the log kept in tables.

    A subclass names itself and its ``tables`` and says in :meth:`apply` what one event changes. Events come in order, each
    once, in the transaction that also moves the offset; types it does not know it ignores.
    """

    name: ClassVar[str]
    tables: ClassVar[tuple[Table, ...]]

    def __init__(self, log: RunLog) -> None:
        self.log = log
        self.store = log.store
        log.projections[self.name] = self

    @abstractmethod
    def apply(self, conn: Connection, event: RunEvent) -> None:
        """Change the tables by one event."""

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reading the tables, with every event applied that was committed before."""
        with self.store.read() as conn:
            if self._behind(conn) == 0:
                yield conn
                return
        self.catch_up()
        with self.store.read() as conn:
            yield conn

    def lag(self) -> int:
        """How far the offset is behind the log (0: up to date)."""
        with self.store.read() as conn:
            return self._behind(conn)

    def catch_up(self) -> None:
        """Apply what is new. Several processes may do so at once: each event is applied by one of them."""
        while self._step():
            pass

    def keep_up(self, conn: Connection) -> None:
        """Apply what is new within a write transaction, as a rule what it has just added itself: who reads next need not write first, and
        so waits for no other writer. Of a table that is far behind it does a part."""
        self._advance(conn)

    def rebuild(self) -> None:
        """Empty the tables and apply the whole log again, in one transaction: readers see the old state or the new one."""
        with self.store.write() as conn:
            for table in self.tables:
                conn.execute(delete(table))
            conn.execute(delete(projection_offsets).where(projection_offsets.c.name == self.name))
            while self._advance(conn):
                pass

    def _behind(self, conn: Connection) -> int:
        last = select(func.max(run_events.c.seq)).scalar_subquery()
        offset = select(projection_offsets.c.offset).where(projection_offsets.c.name == self.name).scalar_subquery()
        found, at = conn.execute(select(last, offset)).one()
        return (found or 0) - (at or 0)

    def _step(self) -> bool:
        with self.store.write() as conn:
            return self._advance(conn)

    def _advance(self, conn: Connection) -> bool:
        """Apply at most one batch; whether there may be more."""
        # The write lock is held: nobody else reads this offset before we have moved it.
        query = select(projection_offsets.c.offset).where(projection_offsets.c.name == self.name)
        offset = conn.execute(query).scalar()
        if offset is None:
            conn.execute(insert(projection_offsets).values(name=self.name, offset=0))
        rows = conn.execute(select(run_events).where(run_events.c.seq > (offset or 0)).order_by(run_events.c.seq).limit(_BATCH)).all()
        for row in rows:
            self.apply(conn, decode(row))
        if rows:
            here = (projection_offsets.c.name == self.name) & (projection_offsets.c.offset == (offset or 0))
            moved = conn.execute(update(projection_offsets).where(here).values(offset=rows[-1].seq)).rowcount
            if moved != 1:
                raise RuntimeError(f"the offset of {self.name!r} moved under its write lock")
        return len(rows) == _BATCH
