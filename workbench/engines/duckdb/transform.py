"""Several statements over the same relations, whose rows go to files: what is made of a dataset without ever being in memory as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.engines.duckdb.errors import read_error
from workbench.engines.scans import Scan

if TYPE_CHECKING:
    import duckdb

__all__ = ["Transform", "all_rows", "run_transform"]

# DuckDB asks for all of a batch's memory at once: with its usual million rows 24 GB for one row of 3,000 numbers. And a column's texts in
# one may have 2 GB, which a million texts of 2 kB pass.
_ROWS = 2048


def all_rows(cursor: duckdb.DuckDBPyConnection) -> pa.Table:
    """What a statement returned, in batches of as many rows as DuckDB makes at once."""
    return cursor.to_arrow_table(_ROWS)


@dataclass(frozen=True)
class Transform:
    """``statements`` are carried out in order, on a database of their own: temporary tables, and ``COPY ... TO`` below ``folder``
    (made here; it must not exist; None: nothing is written). The rows of ``result`` are given back.

    ``scans`` are what they see as ``schema.name``; a scan of files may also be written into a statement itself
    (:func:`workbench.engines.duckdb.relation`). Whoever makes the statements quotes what is in them; ``params`` are what is bound
    to the first, the second, ...
    """

    scans: tuple[Scan, ...]
    statements: tuple[str, ...]
    result: str
    folder: str | None = None
    params: tuple[Any, ...] = ()


def run_transform(connection: duckdb.DuckDBPyConnection, transform: Transform) -> pa.Table:
    """Carry it out.

    Raises
    ------
    EngineError
        DuckDB refused a statement.
    """
    import duckdb

    if transform.folder is not None:
        Path(transform.folder).mkdir(parents=True)
    statement = ""
    try:
        for number, statement in enumerate(transform.statements):
            bound = transform.params[number] if number < len(transform.params) else None
            connection.execute(statement, bound) if bound else connection.execute(statement)
        statement = transform.result
        return all_rows(connection.execute(statement))
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise read_error(error, statement) from None
