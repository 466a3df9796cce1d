"""Texts of others: on their way to a person, and what in them is none."""

from __future__ import annotations

import re

__all__ = ["NO_TEXT", "last_words"]

#: What not every database, file and answer can hold.
NO_TEXT = re.compile("[\0\ud800-\udfff]")


def last_words(text: str) -> str:
    """The last line of an exception or a log, without what SQLAlchemy puts below its own: the statement, its values, an address.

    >>> last_words("(sqlite3.OperationalError) no such table: t\\n[SQL: select *\\nfrom t]\\n(Background on this error at: https://...)")
    '(sqlite3.OperationalError) no such table: t'
    """
    lines = text.strip().splitlines()
    if lines and lines[-1].startswith("(Background on this error at: "):
        statement = next((place for place in reversed(range(len(lines))) if lines[place].startswith("[SQL: ")), len(lines) - 1)
        lines = lines[:statement]
    return lines[-1].strip() if lines else ""
