"""What the query service decides and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from workbench.catalog.records import MaskedColumn
from workbench.core.records import Record
from workbench.core.refs import DatasetRef
from workbench.query.masked import through

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Completion", "Decision", "Explanation", "StatementKind", "Written", "written_table"]

StatementKind = Literal[
    "select",
    "explain",
    "show",
    "describe",
    "insert",
    "update",
    "delete",
    "merge",
    "create",
    "truncate",
    "alter",
    "drop",
    "create_view",
    "drop_view",
    "comment",
]


class Decision(Record):
    """The pure decision about a statement, taken before anything is executed.

    ``tables`` are the datasets it would read, ``reasons`` why it was allowed (or not).
    """

    allowed: bool
    kind: StatementKind | None
    tables: tuple[DatasetRef, ...] = ()
    reasons: tuple[str, ...] = ()


class Budget(Record):
    """What the caller's own statements of today (UTC) have read and how long they ran, of what they may; None where that has no bound.
    ``bytes`` are those of datasets that she sees as a whole."""

    bytes: int | None = None
    bytes_a_day: int | None = None
    seconds: int | None = None
    seconds_a_day: float | None = None


class Explanation(Record):
    """What a statement would do: the decision, the columns it returns and DuckDB's plan as text, an operator a line. ``notes``: what
    would be written otherwise than it is stored (masks, rows that its author does not see), in sentences that are among the reasons.
    ``budget``: what is used of the day's, where there is one."""

    decision: Decision
    columns: tuple[tuple[str, str], ...]
    plan: str
    notes: tuple[str, ...] = ()
    budget: Budget | None = None


class Writable(Record):
    """Where the caller may make datasets and views. ``zones``: under any name in these; ``others``: patterns beside them
    (``silver.team_*``). ``proposed`` is how a name may begin; None: nowhere, and ``problem`` says why.

    Of a name that was asked about, ``problem`` and ``fix`` say why it cannot be written to, and ``taken`` what has it already. ``in_part``:
    the caller sees only a part of that dataset, and may add rows to it and change nothing.
    """

    zones: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    proposed: str | None = None
    problem: str | None = None
    fix: str | None = None
    taken: Literal["dataset", "view"] | None = None
    in_part: bool = False


class Completion(Record):
    """A word that fits at the cursor: ``text`` replaces the characters from ``start`` to ``end`` of the statement."""

    text: str
    kind: Literal["table", "column", "keyword", "function", "namespace"]
    detail: str = ""
    start: int
    end: int


class Written(Record):
    """What a statement wrote: rows ``inserted``, ``updated`` and ``deleted``, and the ``snapshot_id`` with them (None: nothing was to be
    done, or no rows are concerned). ``done`` is False where it found things as it wants them; ``undo`` says how to take it back,
    where its author may. ``masked`` are columns whose masks, not values, went ``into`` its own; ``filtered`` datasets that it read only
    those rows of that its author may see."""

    action: str
    dataset: str
    branch: str = "main"
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    snapshot_id: int | None = None
    done: bool = True
    undo: str | None = None
    masked: tuple[MaskedColumn, ...] = ()
    filtered: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """The same in a sentence."""
        where = self.dataset if self.branch == "main" else f"{self.dataset}, branch {self.branch}"
        if self.action in _SHAPES:
            verb = _SHAPES[self.action] if self.done else "as it should be already"
            return f"{where} {verb}.{f' Undo with {self.undo}' if self.undo else ''}"
        if self.snapshot_id is None:
            return f"Nothing to do in {where}."
        if self.action in ("create", "replace"):
            what = f"{where} {'created' if self.action == 'create' else 'made anew'} with {_rows(self.inserted)}"
        else:
            words = (("inserted", "into"), ("updated", "in"), ("deleted", "from"))
            told = [(getattr(self, word), word, place) for word, place in words if getattr(self, word)]
            place = told[0][2] if len(told) == 1 else "in"
            what = f"{', '.join(f'{_rows(count)} {word}' for count, word, _ in told) or 'No row changed'} {place} {where}"
        undo = [f"Undo with {self.undo}"] if self.undo else []
        return " ".join([f"{what}, snapshot {self.snapshot_id}.", *through(self.masked, self.filtered), *undo])


_SHAPES = {
    "alter": "altered",
    "drop": "dropped",
    "create_view": "is a view now",
    "drop_view": "is no view any more",
    "comment": "described",
}


def written_table(written: Written) -> pa.Table:
    """The same as the one row that a statement gives."""
    import pyarrow as pa

    numbers = {name: pa.array([getattr(written, name)], pa.int64()) for name in ("inserted", "updated", "deleted", "snapshot_id")}
    texts = {name: pa.array([getattr(written, name)], pa.string()) for name in ("action", "dataset", "branch", "undo")}
    return pa.table({name: (numbers | texts)[name] for name in ("action", "dataset", "branch", *numbers, "undo")})


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
