"""COMMENT ON as a record, word by word: sqlglot reads no NULL there."""

from __future__ import annotations

from typing import Any

from workbench.core.errors import InvalidSQL
from workbench.engines.duckdb import EngineError, kind_of
from workbench.query.dml.cursor import Cursor, unread
from workbench.query.dml.records import Comment, Named

__all__ = ["read_comment"]

_TEXTS = frozenset({"STRING", "HEREDOC_STRING", "RAW_STRING"})


def read_comment(body: str, offset: int, tokens: list[Any]) -> Comment:
    """The record of a statement that begins with COMMENT.

    Raises
    ------
    InvalidSQL
        It is none of the forms that are known; DuckDB's parser must take it for one, too.
    """
    cursor = Cursor(body, offset, tokens)
    cursor.take("COMMENT", "ON")
    kind = next((word for word in ("TABLE", "VIEW", "COLUMN") if cursor.may_take(word)), None)
    if kind is None or not _is_comment(body):
        raise InvalidSQL("The statement does not parse.", fix="Write COMMENT ON TABLE | VIEW | COLUMN silver.name IS 'words' (or NULL).")
    start, parts = cursor.tokens[cursor.at].start, [cursor.name()]
    while cursor.may_take("."):
        parts.append(cursor.name())
    cursor.take("IS")
    text = "" if cursor.may_take("NULL") else _text(cursor)
    if not cursor.done:
        raise unread()
    column = parts.pop() if kind == "COLUMN" else None
    if not 1 <= len(parts) <= 2:
        raise InvalidSQL("A name has a namespace and a table.", fix="Write silver.flights, and silver.flights.carrier for its column.")
    return Comment(Named(tuple(parts), offset + start), kind == "VIEW", column, text)


def _is_comment(body: str) -> bool:
    try:
        return kind_of(body) == "ALTER"
    except EngineError:
        return False


def _text(cursor: Cursor) -> str:
    token = cursor.tokens[cursor.at] if not cursor.done else None
    if token is None or token.token_type.name not in _TEXTS:
        raise InvalidSQL("A description is a plain text.", fix="Write it in single quotes, a quote in it twice: IS 'it''s late'.")
    cursor.at += 1
    return str(token.text).strip()
