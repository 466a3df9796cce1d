"""What the query service decides and reports."""

from __future__ import annotations

from typing import Literal

from workbench.core.records import Record
from workbench.core.refs import DatasetRef

__all__ = ["Completion", "Decision", "Explanation", "StatementKind"]

StatementKind = Literal["select", "explain", "show", "describe"]


class Decision(Record):
    """The pure decision about a statement, taken before anything is executed.

    ``tables`` are the datasets it would read, ``reasons`` why it was allowed (or not), ``sql`` the text as it will run.
    """

    allowed: bool
    kind: StatementKind | None
    tables: tuple[DatasetRef, ...] = ()
    reasons: tuple[str, ...] = ()


class Explanation(Record):
    """What a statement would do: the decision, the columns it returns and DuckDB's plan as text."""

    decision: Decision
    columns: tuple[tuple[str, str], ...]
    plan: str


class Completion(Record):
    """A word that fits at the cursor: ``text`` replaces the characters from ``start`` to ``end`` of the statement."""

    text: str
    kind: Literal["table", "column", "keyword", "function", "namespace"]
    detail: str = ""
    start: int
    end: int
