"""What is told of statements that were run."""

from __future__ import annotations

from datetime import datetime

from workbench.core.records import Record
from workbench.runs.records import RunError, RunStatus

__all__ = ["PastStatement", "StatementDiff", "StatementMetrics"]


class PastStatement(Record):
    """A statement that was run. ``sql`` is None where the text has been erased; ``withheld`` says why a text that was shared is told
    without its values, or not at all. ``seconds``, ``bytes`` and ``cached`` where who ran it
    saw a part only of what it read (administrators are told all the same). ``shared``: others who may see its datasets may open it by
    its id."""

    id: str
    sql: str | None
    principal: str
    status: RunStatus
    started_at: datetime | None = None
    seconds: float | None = None
    rows: int | None = None
    bytes: int | None = None
    cached: bool | None = None
    datasets: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    shared: bool = False
    withheld: str | None = None
    error: RunError | None = None


class StatementDiff(Record):
    """What differs between two statements: ``text`` line by line (unified), the columns that only one gives as (name, type), and the rows
    that each gave; None where that is not known."""

    first: PastStatement
    second: PastStatement
    text: str
    only_first: tuple[tuple[str, str], ...] = ()
    only_second: tuple[tuple[str, str], ...] = ()


class StatementMetrics(Record):
    """Statements since a moment, in figures: one's own, or (administrators) everybody's. Seconds are from beginning to end.
    What stands for all of them is None where some are not told (see :class:`PastStatement`)."""

    since: datetime
    count: int
    succeeded: int
    failed: int
    cancelled: int
    cached: int | None
    bytes: int | None
    seconds_p50: float | None
    seconds_p95: float | None
    slowest: tuple[PastStatement, ...] = ()
