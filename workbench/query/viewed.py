"""What a view gives who asks: its columns, and which of them are made of something that is seen through a mask. No row is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.catalog.encode import type_name
from workbench.catalog.view_records import ViewColumn
from workbench.query.masked import masked_in
from workbench.query.relations import in_part

if TYPE_CHECKING:
    from workbench.query.decide import Verdict
    from workbench.query.execute import Executor
    from workbench.query.relations import Planned

__all__ = ["Viewed", "viewed"]


@dataclass(frozen=True)
class Viewed:
    """A view's columns as its reader gets them; ``whole``: all that it reads is seen as it is."""

    columns: tuple[ViewColumn, ...]
    whole: bool


def viewed(executor: Executor, verdict: Verdict, planned: Sequence[Planned]) -> Viewed:
    """The columns of a query over views. Raises as :meth:`.execute.Executor.run` does."""
    fields = list(executor.columns(verdict, planned))
    masks = masked_in(verdict, planned, len(fields))
    columns = []
    for place, field in enumerate(fields):
        through = tuple(each.model_copy(update={"places": ()}) for each in masks if place in each.places)
        columns.append(ViewColumn(name=field.name, type=type_name(field.type), masked=bool(through), made_of=through))
    return Viewed(tuple(columns), whole=not in_part(planned))
