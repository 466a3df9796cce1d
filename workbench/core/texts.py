"""Texts of others: on their way to a person, and what in them is none."""

from __future__ import annotations

import re

__all__ = ["NO_TEXT", "last_words", "on_screen", "utf8"]

#: What not every database, file and answer can hold.
NO_TEXT = re.compile("[\0\ud800-\udfff]")
# Of a character that was cut in two: UTF-8 has none.
_HALF = re.compile("[\ud800-\udfff]")
# What a terminal obeys instead of showing it, and what turns the direction of what follows. Lines and tabs stay.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def on_screen(text: str) -> str:
    r"""A text with a dot for each character that would move a terminal's cursor, or do more there: anybody may have written it.

    >>> on_screen("a\x1b[2Jb\r\n\tc")
    'a·[2Jb·\n\tc'
    """
    return text if text.isprintable() else _OBEYED.sub("·", text)


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


def utf8(text: str) -> bytes:
    r"""A text's bytes, with the sign for what is no character in the place of each half of a pair of surrogates.

    >>> utf8("cut \ud83d here").decode()
    'cut � here'
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _HALF.sub("\ufffd", text).encode()
