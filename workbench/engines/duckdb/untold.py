"""Types of DuckDB's that Arrow has not, asked for as text before Arrow gets them, and days that no calendar here has."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.names import slug
from workbench.engines.parser.text import quoted

if TYPE_CHECKING:
    import duckdb

__all__ = ["arrow_statement", "beyond_the_calendar", "may_be_text"]

# As Arrow gets them, intervals and unions fit no table, bits have marks of the engine's own, times no zone.
_UNTOLD = re.compile(r"\b(?:BIT|INTERVAL|TIME WITH TIME ZONE|UNION\()")
_WIDE = ("HUGEINT", "UHUGEINT")  # up to 39 digits, of which Arrow's decimals have 38
_TIMES = re.compile(r"(?:DATE|TIMESTAMP.*)\Z")


def may_be_text(connection: duckdb.DuckDBPyConnection, sql: str, params: Sequence[Any], names: Collection[str]) -> list[int]:
    """The places of those columns of a SELECT, of these ``names``, of which values can come that only text holds: whole numbers of 39
    digits, infinite days."""
    statement = f"DESCRIBE SELECT * FROM (\n{sql}\n) AS wanted"  # noqa: S608 - it was checked
    told = (connection.execute(statement, list(params)) if params else connection.execute(statement)).fetchall()
    return [
        place
        for place, (name, kind, *_) in enumerate(told)
        if (name in names or slug(name) in names) and (kind in _WIDE or _TIMES.match(kind))
    ]


def beyond_the_calendar(path: Path) -> dict[int, str]:
    """Which columns of an Arrow file have days or times outside of the years 1 to 9999 (infinite ones are, too), with what they are."""
    import pyarrow as pa

    from workbench.engines.calendar import beyond

    found: dict[int, str] = {}
    with pa.memory_map(str(path)) as stream:
        file = pa.ipc.open_file(stream)
        for number in range(file.num_record_batches):
            for place, column in enumerate(file.get_batch(number).columns):
                if place not in found and beyond(column) is not None:
                    found[place] = "date" if pa.types.is_date(column.type) else "timestamp"
    return found


def arrow_statement(
    connection: duckdb.DuckDBPyConnection, sql: str, params: Sequence[Any], also: Collection[int] = ()
) -> tuple[str, list[str]]:
    """A SELECT whose columns Arrow has types for, by the same ``params``: ``sql`` itself, or one around it. Columns at the places ``also``
    are text, too.

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
    texts = {*also, *wide, *(place for place, (_, kind) in enumerate(columns) if _UNTOLD.search(kind))}
    if not texts:
        return sql, []
    given = (
        f"{f'CAST(c{place} AS VARCHAR)' if place in texts else f'c{place}'} AS {quoted(name)}" for place, (name, _) in enumerate(columns)
    )
    return f"SELECT {', '.join(given)} FROM {source}", [columns[place][0] for place in wide]  # noqa: S608 - the same
