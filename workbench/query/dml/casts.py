"""Values on their way into a column: as its type, but only where they lose nothing; the column is named where they would."""

from __future__ import annotations

import re

from workbench.core.errors import InvalidInput, WorkbenchError
from workbench.engines.duckdb import EngineError, literal, quoted
from workbench.lake.plan import PlanColumn

__all__ = ["assigned", "misfit"]

_MARK = re.compile(r"^workbench: (?P<what>misfit|missing) (?P<column>.+)$", re.DOTALL)
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")
# From each to the ones behind it nothing is lost.
_WIDER = {
    "TINYINT": ("SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE"),
    "UTINYINT": ("SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE"),
    "SMALLINT": ("INTEGER", "BIGINT", "FLOAT", "DOUBLE"),
    "USMALLINT": ("INTEGER", "BIGINT", "FLOAT", "DOUBLE"),
    "INTEGER": ("BIGINT", "DOUBLE"),
    "UINTEGER": ("BIGINT", "DOUBLE"),
    "FLOAT": ("DOUBLE",),
    "DATE": ("TIMESTAMP",),
}
_FLOATING = ("FLOAT", "DOUBLE")


def assigned(value: str, kind: str, column: PlanColumn) -> str:
    """SQL of a value of the type ``kind`` as what the column holds; it fails on a value that the type cannot hold as it is, and on NULL
    where the column needs one. A text becomes what it says; a fraction is rounded only in columns of floating point."""
    mark = literal(f"workbench: misfit {column.name}")
    made = value if kind == column.duckdb_type else _cast(value, kind, column.duckdb_type, mark)
    if not column.required:
        return made
    missing = literal(f"workbench: missing {column.name}")
    return f"CASE WHEN ({value}) IS NULL THEN error({missing}) ELSE {made} END"


def _cast(value: str, kind: str, wanted: str, mark: str) -> str:
    if kind in ('"NULL"', "NULL") or wanted in _WIDER.get(kind, ()):
        return f"CAST({value} AS {wanted})"
    cast = f"TRY_CAST({value} AS {wanted})"
    return f"CASE WHEN ({value}) IS NOT NULL AND ({_lossy(value, cast, kind, wanted)}) THEN error({mark}) ELSE {cast} END"


def _lossy(value: str, cast: str, kind: str, wanted: str) -> str:
    lost = f"{cast} IS NULL"
    if wanted == "VARCHAR" or (wanted in _FLOATING and (kind in _FLOATING or kind.startswith("DECIMAL") or kind == "VARCHAR")):
        return lost
    if kind == "VARCHAR":
        # '1.5' becomes 2, and '1.239' the price 1.24.
        if wanted in _WHOLE or wanted.startswith("DECIMAL"):
            return f"{lost} OR TRY_CAST({value} AS DOUBLE) IS DISTINCT FROM CAST({cast} AS DOUBLE)"
        return lost
    return f"{lost} OR TRY_CAST({cast} AS {kind}) IS DISTINCT FROM {value}"


def misfit(error: EngineError, name: str, types: dict[str, str]) -> WorkbenchError | None:
    """What is said where a value did not fit; None for another error. ``types`` are those of the columns, in the catalog's words."""
    found = _MARK.match(error.message)
    if found is None:
        return None
    column = found["column"]
    if found["what"] == "missing":
        return InvalidInput(
            f"The column {column!r} of {name} is required, but a row has none. Nothing was written.",
            fix="Give it a value, or leave such rows out: WHERE ... IS NOT NULL.",
            column=column,
        )
    return InvalidInput(
        f"A value does not fit the column {column!r} of {name}, which holds {types.get(column, 'another type')}. Nothing was written.",
        fix=f"Say what shall become of it: round(...), CAST(...), TRY_CAST(...), or widen the column {quoted(column)} first.",
        column=column,
        expected=types.get(column),
    )
