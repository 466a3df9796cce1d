"""What a block has read, kept to be read again: while the same questions get the same answers, all that was made of them holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, event

__all__ = ["Reads", "State"]

_LONG = 10_000  # characters: of a longer text its digest is kept


@dataclass
class Reads:
    """Questions to the database, and what it said. Not for what writes."""

    _asked: list[tuple[str, Any]] = field(default_factory=list)
    _said: list[list[tuple[Any, ...]]] = field(default_factory=list)


class State:
    """The state that a block of :meth:`.Store.one_state` reads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def noting(self) -> Iterator[Reads]:
        """Keep what is read within the block; whole when the block has ended."""
        reads = Reads()

        def note(_: Any, __: Any, statement: str, parameters: Any, ___: Any, ____: bool) -> None:
            reads._asked.append((statement, parameters))

        event.listen(self._connection, "before_cursor_execute", note)
        try:
            yield reads
        finally:
            event.remove(self._connection, "before_cursor_execute", note)
        # One transaction, one state: asked a second time, the database says what it said.
        reads._said = [_told(self._connection.exec_driver_sql(*asked)) for asked in reads._asked]

    def still(self, reads: Reads) -> bool:
        """Whether all that was read is as it was; False also where that cannot be told."""
        # As it was sent to the driver, and by the driver alone: what SQLAlchemy does for each costs more than the answer.
        cursor = self._connection.connection.cursor()
        try:
            for asked, said in zip(reads._asked, reads._said, strict=True):
                cursor.execute(*asked)
                if _told(cursor.fetchall()) != said:
                    return False
        except self._connection.dialect.loaded_dbapi.Error:
            return False
        finally:
            cursor.close()
        return True


def _told(rows: Iterable[Iterable[Any]]) -> list[tuple[Any, ...]]:
    return [tuple(map(_short, row)) for row in rows]


def _short(value: Any) -> Any:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest() if isinstance(value, str) and len(value) > _LONG else value
