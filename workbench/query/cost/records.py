"""What is told of a statement's cost."""

from __future__ import annotations

from typing import Any, Literal

from workbench.core.records import Record
from workbench.query.records import Budget, StatementKind

__all__ = ["Advice", "Estimate", "PlanNode", "Profile", "Size", "TableCost", "Validation"]

Size = Literal["small", "medium", "large"]


class TableCost(Record):
    """What a statement would read of a dataset: ``files`` of ``of_files`` after those left out whose values cannot fit, their ``rows``, and
    the ``bytes`` of the columns it names, both as often as it names the dataset (``times``). None where the reader sees a part only, which
    nothing is told about as a whole."""

    dataset: str
    snapshot_id: int | None = None
    files: int | None = None
    of_files: int | None = None
    rows: int | None = None
    bytes: int | None = None
    times: int = 1


class Advice(Record):
    """What would make a statement cheaper, or what it may not mean, with the evidence. ``in_part``: what it would write is not what is
    stored where it reads, for its author sees that through masks, or a part of its rows."""

    code: Literal["partition", "wide", "multiplies", "sorts", "leading_wildcard", "in_part"]
    message: str
    fix: str


class Estimate(Record):
    """What a statement would cost. ``seconds`` come from past runs; ``based_on`` is how many.

    ``size`` is all that is told to who sees a part only of what it reads: it comes from the statement and the declared columns, and is the
    same however much there is. ``budget``: what is used of the day's, where there is one.
    """

    tables: tuple[TableCost, ...]
    rows: int | None = None
    bytes: int | None = None
    seconds: float | None = None
    based_on: int = 0
    size: Size
    asks: str | None = None
    advice: tuple[Advice, ...] = ()
    budget: Budget | None = None


class Validation(Record):
    """Whether a statement may run. ``error`` has code, message, fix, and the place where it is known. ``notes`` say what it would write
    otherwise than it is stored: masks, and of which datasets only the rows that its author sees."""

    valid: bool
    kind: StatementKind | None = None
    tables: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    error: dict[str, Any] | None = None
    notes: tuple[str, ...] = ()


class PlanNode(Record):
    """An operator of a plan that was carried out: the ``rows`` it gave, the ``seconds`` it took itself (of all threads together), and their
    ``share`` of all operators'."""

    operator: str
    detail: str = ""
    rows: int
    seconds: float
    share: float
    children: tuple[PlanNode, ...] = ()


class Profile(Record):
    """How a statement was carried out."""

    run_id: str
    seconds: float
    plan: PlanNode
