"""The texts of statements, apart from the log.

A query's literals may be personal data, and the log is never changed. So events name a statement by its hash, and its text
stands here, where it can be erased.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, select

from workbench.core.batches import batched
from workbench.core.clock import iso, now
from workbench.store.tables import statements
from workbench.store.upsert import insert_if_absent

__all__ = ["erase", "erase_unused", "remember", "texts"]


def remember(conn: Connection, text: str) -> str:
    """Keep a statement's text; returns its hash (``sha256:...``), the same for the same text."""
    digest = "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    insert_if_absent(conn, statements, {"hash": digest, "text": text, "first_at": iso(now())})
    return digest


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
