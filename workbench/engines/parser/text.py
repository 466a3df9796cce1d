"""Names and literals as DuckDB reads them."""

from __future__ import annotations

__all__ = ["byte_to_char", "folded", "literal", "quoted", "said_place"]


def folded(name: str) -> str:
    """A name as DuckDB compares it: only ASCII letters lose their case, so that no other letter passes for one of them.

    >>> folded("PG_Settings") == folded("pg_settings"), folded("pg_\u017fettings") == "pg_settings"
    (True, False)
    """
    return name.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def quoted(name: str) -> str:
    """An identifier, quoted.

    >>> quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string literal, quoted.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def byte_to_char(text: str, offset: int) -> int | None:
    """A byte offset into the UTF-8 form as a character offset; None when it lies outside.

    >>> byte_to_char("é = 1", 3), byte_to_char("e = 1", 9)
    (2, None)
    """
    if text.isascii():
        return offset if 0 <= offset <= len(text) else None
    encoded = text.encode()
    return len(encoded[:offset].decode(errors="ignore")) if 0 <= offset <= len(encoded) else None


def said_place(text: str, position: str | int | None, subtype: str | None) -> int | None:
    """The character that an error of DuckDB's is about. Its parser counts characters, as PostgreSQL's does, all others count bytes.

    >>> said_place("é = = 1", "4", "SYNTAX_ERROR"), said_place("é = a", "5", "COLUMN_NOT_FOUND"), said_place("a", None, None)
    (4, 4, None)
    """
    if position is None:
        return None
    return min(int(position), len(text)) if subtype == "SYNTAX_ERROR" else byte_to_char(text, int(position))
