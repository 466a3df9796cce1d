"""That a statement's datasets still have the columns it was decided on, asked in the transaction of its commit."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from workbench.core.errors import CommitConflict
from workbench.lineage.origins import fields_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.lake import ReadPlan

__all__ = ["State", "check_columns"]

#: A state that a statement reads or writes to, and the columns that it names there.
State = tuple["ReadPlan", Collection[str]]


def check_columns(conn: Connection, states: Iterable[State]) -> None:
    """Where a column's values come from (and with it tags, masks and row filters) is told by names: they must still be the same columns'.

    Raises
    ------
    CommitConflict
        One was renamed or dropped since the statement was decided, or another has its name.
    """
    now: dict[str, dict[str, int]] = {}
    for plan, names in states:
        uuid = plan.ref.table_uuid
        if uuid not in now:
            now[uuid] = fields_of(conn, uuid)
        then = {field.name.casefold(): field.field_id for field in plan.metadata.schema().fields}
        if now[uuid] and any(then.get(name.casefold()) != now[uuid].get(name.casefold()) for name in names):
            raise CommitConflict(
                f"Columns of {plan.ref.name} were renamed or dropped while the statement ran; nothing was written.",
                fix="Run it again, with the names of today.",
            )
