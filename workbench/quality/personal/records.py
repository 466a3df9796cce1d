"""What is found of personal data. Imports little: every face knows these. No record holds a value of anybody's data."""

from __future__ import annotations

from workbench.core.records import Record

__all__ = ["Found"]


class Found(Record):
    """A column seems to hold what ``tag`` says.

    ``matched`` of ``checked`` distinct values voted for it (of what only a name tells: none were asked); ``why`` says it in words,
    without a value.
    """

    tag: str
    confidence: float
    matched: int = 0
    checked: int = 0
    why: str = ""
