"""Columns settled on a table's types: what does not fit is told of all of them at once, so that a file is read anew but once."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from workbench.core.errors import InvalidInput
from workbench.engines.readers.column import TextColumn

__all__ = ["settle", "together", "unfitting"]


def settle(columns: Iterable[tuple[TextColumn, pa.DataType | None]]) -> None:
    """Settle each on its type.

    Raises
    ------
    InvalidInput
        Of the first that does not fit; :func:`unfitting` has the others.
    """
    errors = []
    for column, kind in columns:
        try:
            column.settle(kind)
        except InvalidInput as error:
            errors.append(error)
    if errors:
        raise together(errors)


def together(errors: list[InvalidInput]) -> InvalidInput:
    """The first of several errors of columns, which knows the columns of all."""
    errors[0].details["columns"] = [str(error.details.get("column")) for error in errors]
    return errors[0]


def unfitting(error: InvalidInput) -> list[str]:
    """The columns that do not fit a table's types."""
    found = error.details.get("columns") or [error.details.get("column")]
    return [str(column) for column in found]
