"""Columns of a workbook that are text, as their cells are, though their values are numbers or dates: what to say of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import pyarrow as pa

from workbench.engines.readers import atoms
from workbench.engines.readers.column import SPARE, TextColumn
from workbench.engines.readers.kinds import Kind
from workbench.engines.readers.remarks import remark
from workbench.engines.types import type_name

__all__ = ["said_of_texts"]

# Yes and no mean little else as text than as truths.
_MEANT = {
    Kind.INTEGER: "a whole number",
    Kind.FLOAT: "a number",
    Kind.THOUSANDS: "a number with commas of thousands",
    Kind.COMMA: "a number with a decimal comma",
    Kind.MONEY: "an amount of money",
    Kind.COMMA_MONEY: "an amount with a decimal comma",
    Kind.PERCENT: "a percentage",
    Kind.COMMA_PERCENT: "a percentage with a decimal comma",
    Kind.DATE: "a date",
    Kind.DAY: "a date",
    Kind.TIMESTAMP: "a date with a time",
    Kind.TIME: "a date with a time",
    Kind.MOMENT: "a time with a time zone",
}
_COMMAS = (Kind.COMMA, Kind.COMMA_MONEY, Kind.COMMA_PERCENT)


def said_of_texts(table: pa.Table, known: Collection[str], place: Callable[[int], int]) -> Iterator[str]:
    """Of each column of text that is none of those ``known``, whose types are somebody's word, what its values are and how to have them
    so: a sheet's cells say themselves whether they are text, and nothing is made of them unasked. Or which of them is no number, where
    those before it are. ``place`` is which row of the sheet a row is, both from 1."""
    for field, values in zip(table.schema, table.columns, strict=True):
        if field.name in known or not pa.types.is_string(field.type):
            continue
        column = TextColumn(field.name, spare=SPARE)
        for chunk in values.chunks:
            column.see(chunk)
        column.where = lambda row: f"row {place(row):,}"
        if (meant := _MEANT.get(column.kind)) is not None:
            yield _said(column, meant)
        elif column.kind == Kind.TEXT and atoms.ZEROS not in column.tally and (told := remark(column)) is not None:
            yield told  # that zeros in front are kept is why such cells are text


def _said(column: TextColumn, meant: str) -> str:
    which = f"each of its values but {column.misfits:,}" if column.misfits else "each of its values"
    return (
        f"{column.name} is text: so are its cells, though {which} is {meant}, such as {column.examples[0]}. "
        f"Read as {type_name(column.way.type)}{_also(column)} it can be computed with."
    )


def _also(column: TextColumn) -> str:
    """What is to be said besides, where it may mean two things."""
    if column.kind in _COMMAS:
        return " with `decimal=','`"
    style = column.way.style
    if style is None or style.order not in ("dmy", "mdy") or column.proven_order is not None:
        return ""
    return " with `dates='dmy'` or `dates='mdy'`"
