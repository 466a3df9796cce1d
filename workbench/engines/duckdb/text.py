"""Names and literals as DuckDB reads them."""

from __future__ import annotations

__all__ = ["folded", "literal", "quoted"]


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
