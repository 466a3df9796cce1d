"""A decision as people look at it."""

from __future__ import annotations

from typing import Literal

from workbench.governance.policy.decide import Access, Filter
from workbench.governance.records import AccessReport, ColumnAccess, RowFilter

__all__ = ["report", "row_filter"]


def report(access: Access, who: str, version: int) -> AccessReport:
    """The record of a decision."""
    seen = {one.column.field_id: one for one in access.seen}
    columns = []
    for column in access.dataset.columns:
        one = seen.get(column.field_id)
        if one is None:
            columns.append(ColumnAccess(name=column.name, state="hidden"))
        else:
            state: Literal["masked", "seen"] = "masked" if one.mask else "seen"
            columns.append(ColumnAccess(name=column.name, state=state, mask=one.mask, rules=one.rules, source=one.source or None))
    return AccessReport(
        dataset=access.dataset.name,
        who=who,
        version=version,
        allowed=access.allowed,
        columns=tuple(columns),
        filters=tuple(map(row_filter, access.rows)),
        reasons=access.reasons,
    )


def row_filter(one: Filter) -> RowFilter:
    """A filter that holds, as people look at it."""
    return RowFilter(rule=one.rule.name, where=one.rule.where, source=one.source or None, lost=one.lost)
