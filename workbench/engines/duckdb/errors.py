"""DuckDB's errors as facts (``errors_as_json``), and the engine failures that no statement is to blame for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

__all__ = ["EngineError", "Interrupted", "read_error"]


class Interrupted(Exception):
    """The statement was stopped. ``reason`` is ``"timeout"``, ``"cancelled"`` or ``"keyboard"``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class EngineError(Exception):
    """What DuckDB found wrong.

    ``kind`` is DuckDB's exception type (``Binder``, ``Catalog``, ``Conversion``, ``Out of Memory``...), ``position`` a
    character offset into the statement that ran, ``name`` the name it stumbled over.
    """

    kind: str
    message: str
    position: int | None = None
    name: str | None = None
    subtype: str | None = None

    def __str__(self) -> str:
        return self.message


def read_error(error: Exception, sql: str) -> EngineError:
    """A ``duckdb.Error`` as facts. Positions are turned from DuckDB's bytes into characters."""
    text = str(error)
    start = text.find("{")
    facts: dict[str, Any] = {}
    if start >= 0:
        try:
            facts = json.loads(text[start:])
        except ValueError:
            facts = {}
    message = str(facts.get("exception_message") or text.split("\n")[0])
    position = facts.get("position")
    return EngineError(
        kind=str(facts.get("exception_type") or type(error).__name__.removesuffix("Exception")),
        message=message,
        position=None if position is None else byte_to_char(sql, int(position)),
        name=facts.get("name"),
        subtype=facts.get("error_subtype"),
    )


def byte_to_char(text: str, offset: int) -> int | None:
    """A byte offset into the UTF-8 form as a character offset; None when it lies outside."""
    encoded = text.encode()
    return len(encoded[:offset].decode(errors="ignore")) if 0 <= offset <= len(encoded) else None
