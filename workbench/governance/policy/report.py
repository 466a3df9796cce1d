"""A decision as people look at it."""

from __future__ import annotations

from workbench.governance.policy.decide import Access
from workbench.governance.records import AccessReport, ColumnAccess, RowFilter

__all__ = ["report"]


def report(access: Access, who: str, version: int) -> AccessReport:
    """The record of a decision."""
    seen = {one.column.field_id: one for one in access.seen}
    columns = []
    for column in access.dataset.columns:
        one = seen.get(column.field_id)
        if one is None:
            columns.append(ColumnAccess(name=column.name, state="hidden"))
        else:
            columns.append(ColumnAccess(name=column.name, state="masked" if one.mask else "seen", mask=one.mask, rules=one.rules))
    return AccessReport(
        dataset=access.dataset.name,
        who=who,
        version=version,
        allowed=access.allowed,
        columns=tuple(columns),
        filters=tuple(RowFilter(rule=rule.name, where=rule.where) for rule in access.filters),
        reasons=access.reasons,
    )
