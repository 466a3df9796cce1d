"""What of a result was read through a mask, and where in it that is seen."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.catalog.records import MaskedColumn
from workbench.query.decide import Verdict
from workbench.query.relations import Planned

__all__ = ["masked_in"]


def masked_in(verdict: Verdict, planned: Sequence[Planned], width: int) -> tuple[MaskedColumn, ...]:
    """The columns that a statement read through masks, each with the places of those of its result, of so many, that are made of it. A
    column of the result whose sources cannot be told is taken to be made of all."""
    found = {(one.ref.table_uuid, each.column): each for one in planned for each in one.masked}
    if not found:
        return ()
    from workbench.query.dml.lineage import made_of

    # What DESCRIBE and SUMMARIZE give are no values of columns.
    made = made_of(verdict.sql, planned, width) if verdict.kind == "select" else []
    return tuple(
        each.model_copy(update={"places": tuple(place for place, sources in enumerate(made) if source in sources)})
        for source, each in found.items()
    )
