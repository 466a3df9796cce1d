"""Which function makes SQL of which step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.ingest.recipes.draft import Columns, Effect
from workbench.ingest.recipes.transforms import shape, texts, types
from workbench.quality.checks import describe

__all__ = ["effect_of", "name_of"]

_KINDS: dict[str, Callable[[Any, Columns], Effect]] = {
    "trim": texts.trim,
    "missing": texts.missing,
    "map": texts.map_values,
    "case": texts.case,
    "cast": types.cast,
    "parse_date": types.parse_date,
    "round": types.round_,
    "fill": types.fill,
    "rename": shape.rename,
    "drop": shape.drop,
    "deduplicate": shape.deduplicate,
    "filter": shape.filter_,
}


def effect_of(step: Any, columns: Columns) -> Effect:
    """What a step does to rows of these columns.

    Raises
    ------
    ColumnNotFound, InvalidInput, AlreadyExists, Forbidden, InvalidSQL
        It names a column that is not there at this point, or does not go with the column's type; its SQL is not allowed.
    """
    return _KINDS[step.kind](step, columns)


def name_of(step: Any) -> str:
    """A step's name: what a person called it, else what it does."""
    if step.name:
        return str(step.name)
    named = getattr(step, "columns", None) or getattr(step, "keys", None) or ()
    columns = getattr(step, "column", None) or ", ".join(named[:3]) + (" ..." if len(named) > 3 else "")
    words = {
        "trim": f"trim {columns or 'texts'}",
        "missing": f"missing words in {columns or 'texts'}",
        "map": f"map values of {columns}",
        "case": f"case of {columns}",
        "cast": f"{columns} as {getattr(step, 'type', '')}",
        "parse_date": f"{columns} as {getattr(step, 'type', '')}",
        "round": f"round {columns}",
        "fill": f"fill {columns}",
        "rename": f"{columns} is called {getattr(step, 'to', '')}",
        "drop": f"drop {columns}",
        "deduplicate": f"one row for each {columns}" if columns else "equal rows once",
        "filter": f"only where {describe(step.expectation)}" if step.kind == "filter" else "",
    }
    return words[step.kind][:200]
