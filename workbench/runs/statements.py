"""The texts of statements, apart from the log.

A query's literals may be personal data, and the log is never changed. So events name a statement by its hash, and its text
stands here, where it can be erased.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, select

from workbench.core.batches import batched
from workbench.core.clock import iso, now
from workbench.store.tables import statements
from workbench.store.upsert import insert_if_absent

__all__ = ["Room", "erase", "erase_unused", "remember", "texts"]

_BEGINNING = 1_000  # characters; what a run's events take beside them is as much
_A_DAY = 50_000_000


class Room:
    """How many characters each person's statements may leave in a day, as far as this process knows: they are kept for months, those that
    fail, too, and who may only look could fill the disk with them. Thread-safe.

    >>> room = Room(a_day=10)
    >>> room.take("ada", 6), room.take("ada", 6), room.take("bob", 6)
    (True, False, True)
    """

    def __init__(self, a_day: int = _A_DAY) -> None:
        self._a_day = a_day
        self._taken = Counter[str]()
        self._day = now().date()
        self._guard = threading.Lock()

    def take(self, who: str, size: int) -> bool:
        """Whether there was room for so much more, which is taken then."""
        with self._guard:
            if (today := now().date()) != self._day:
                self._day = today
                self._taken.clear()
            fits = self._taken[who] + size <= self._a_day
            self._taken[who] += size if fits else 0
            return fits


def remember(conn: Connection, text: str, has_room: Callable[[int], bool] = lambda size: True) -> str:
    """Keep a statement's text; returns its hash (``sha256:...``), the same for the same text. ``has_room`` is asked whether a long one may
    be kept that is not yet: else its beginning is, which cannot be run."""
    digest = "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    if len(text) > _BEGINNING and not _is_kept(conn, digest) and not has_room(len(text)):
        text = f"{text[:_BEGINNING]}\n… and {len(text) - _BEGINNING:,} more characters, which are not kept."
    insert_if_absent(conn, statements, {"hash": digest, "text": text, "first_at": iso(now())})
    return digest


def _is_kept(conn: Connection, digest: str) -> bool:
    return conn.execute(select(statements.c.hash).where(statements.c.hash == digest)).first() is not None


def texts(conn: Connection, hashes: Iterable[str]) -> dict[str, str]:
    """The texts that are still known, by hash."""
    found: dict[str, str] = {}
    for some in batched(hashes):
        query = select(statements.c.hash, statements.c.text).where(statements.c.hash.in_(some))
        found.update({row.hash: row.text for row in conn.execute(query)})
    return found


def erase_unused(conn: Connection, used: Collection[str], before: datetime) -> int:
    """Forget the texts that were first seen before a moment, but for ``used``; returns how many."""
    old = conn.execute(select(statements.c.hash).where(statements.c.first_at < iso(before))).scalars()
    doomed = [digest for digest in old if digest not in used]
    for some in batched(doomed):
        conn.execute(delete(statements).where(statements.c.hash.in_(some)))
    return len(doomed)


def erase(conn: Connection, digest: str) -> bool:
    """Forget a statement's text for good; whether it was known. The runs that ran it keep its hash."""
    return conn.execute(delete(statements).where(statements.c.hash == digest)).rowcount > 0
