"""Steps that change which columns and rows there are."""

from __future__ import annotations

from dataclasses import replace

from workbench.core.errors import AlreadyExists, InvalidInput
from workbench.ingest.recipes.draft import Columns, Effect
from workbench.ingest.recipes.records import Deduplicate, Drop, Filter, Rename
from workbench.quality.checks import check_of

__all__ = ["deduplicate", "drop", "filter_", "rename"]

_BY_ROW = ("not_null", "in_range", "in_set", "matches", "expression")


def rename(step: Rename, columns: Columns) -> Effect:
    """:class:`~..records.Rename`."""
    column = columns.named(step.column)
    if not step.to.strip():
        raise InvalidInput("A column needs a name.", fix="Say which: to.")
    others = {each.name.casefold() for each in columns.all if each.slot != column.slot}
    if step.to.casefold() in others:
        raise AlreadyExists(f"There is a column {step.to!r} already.", fix="Choose another name, or drop that one in a step before.")
    return Effect(columns.with_column(replace(column, name=step.to)))


def drop(step: Drop, columns: Columns) -> Effect:
    """:class:`~..records.Drop`."""
    left = columns.without(columns.chosen(step.columns))
    if not left.all:
        raise InvalidInput("No column would be left.", fix="Keep at least one.")
    return Effect(left)


def deduplicate(step: Deduplicate, columns: Columns) -> Effect:
    """:class:`~..records.Deduplicate`."""
    keys = columns.chosen(step.keys) or columns.all
    order = "ASC" if step.keep == "first" else "DESC"
    ordered = tuple(f"{columns.inside(column)} {order} NULLS LAST" for column in columns.chosen(step.order_by))
    place = f"{columns.prefix}_place {order}"
    return Effect(columns, keys=tuple(columns.inside(column) for column in keys), order=(*ordered, place))


def filter_(step: Filter, columns: Columns) -> Effect:
    """:class:`~..records.Filter`."""
    expectation = step.expectation
    if expectation.kind not in _BY_ROW:
        raise InvalidInput(
            f"An expectation of kind {expectation.kind} does not tell which rows fail by themselves.",
            fix=f"Use one of: {', '.join(_BY_ROW)}.",
        )
    check = check_of(expectation, columns.as_source())
    assert check is not None
    return Effect(columns, removed=f"({check.among}) AND ({check.failing})", by_name=True)
