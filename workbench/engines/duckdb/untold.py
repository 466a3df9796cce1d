"""Types of DuckDB's that Arrow has not, asked for as text before Arrow gets them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.engines.duckdb.text import quoted

if TYPE_CHECKING:
    import duckdb

__all__ = ["arrow_statement"]

# As Arrow gets them, intervals and unions fit no table, bits have marks of the engine's own, times no zone.
_UNTOLD = re.compile(r"\b(?:BIT|INTERVAL|TIME WITH TIME ZONE|UNION\()")
_WIDE = ("HUGEINT", "UHUGEINT")  # up to 39 digits, of which Arrow's decimals have 38


def arrow_statement(connection: duckdb.DuckDBPyConnection, sql: str, params: Sequence[Any]) -> tuple[str, list[str]]:
    """A SELECT whose columns Arrow has types for, by the same ``params``: ``sql`` itself, or one around it.

    Returns it, and the columns of whole numbers that are text in it, since one of them has 39 digits.
    """

    def asked(statement: str) -> list[Any]:
        return connection.execute(statement, list(params)).fetchall() if params else connection.execute(statement).fetchall()

    columns = [(name, kind) for name, kind, *_ in asked(f"DESCRIBE SELECT * FROM (\n{sql}\n) AS wanted")]  # noqa: S608 - it was checked
    source = f"(\n{sql}\n) AS wanted({', '.join(f'c{place}' for place in range(len(columns)))})"
    wide = [place for place, (_, kind) in enumerate(columns) if kind in _WIDE]
    if wide:
        looked = ", ".join(f"bool_or(c{place} IS NOT NULL AND try_cast(c{place} AS DECIMAL(38, 0)) IS NULL)" for place in wide)
        wide = [place for place, found in zip(wide, asked(f"SELECT {looked} FROM {source}")[0], strict=True) if found]  # noqa: S608 - the same
    texts = {*wide, *(place for place, (_, kind) in enumerate(columns) if _UNTOLD.search(kind))}
    if not texts:
        return sql, []
    given = (
        f"{f'CAST(c{place} AS VARCHAR)' if place in texts else f'c{place}'} AS {quoted(name)}" for place, (name, _) in enumerate(columns)
    )
    return f"SELECT {', '.join(given)} FROM {source}", [columns[place][0] for place in wide]  # noqa: S608 - the same
