"""The texts of statements, apart from the log.

A query's literals may be personal data, and the log is never changed. So events name a statement by its hash, and its text
stands here, where it can be erased.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy import Connection, delete, select

from workbench.core.clock import iso, now
from workbench.store.tables import statements
from workbench.store.upsert import insert_if_absent

__all__ = ["erase", "remember", "texts"]

_BATCH = 500  # SQLite takes a limited number of bound values


def remember(conn: Connection, text: str) -> str:
    """Keep a statement's text; returns its hash (``sha256:...``), the same for the same text."""
    digest = "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    insert_if_absent(conn, statements, {"hash": digest, "text": text, "first_at": iso(now())})
    return digest


def texts(conn: Connection, hashes: Iterable[str]) -> dict[str, str]:
    """The texts that are still known, by hash."""
    wanted, found = list(hashes), {}
    for start in range(0, len(wanted), _BATCH):
        query = select(statements.c.hash, statements.c.text).where(statements.c.hash.in_(wanted[start : start + _BATCH]))
        found.update({row.hash: row.text for row in conn.execute(query)})
    return found


def erase(conn: Connection, digest: str) -> bool:
    """Forget a statement's text for good; whether it was known. The runs that ran it keep its hash."""
    return conn.execute(delete(statements).where(statements.c.hash == digest)).rowcount > 0
