"""From where on a database is read: above the greatest value that the dataset itself has.

Nothing is kept beside the dataset, so a load and how far it came are one commit: what was not committed is read again, what was
rolled back too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.errors import ColumnNotFound, InvalidInput, nearest
from workbench.core.ids import new_id
from workbench.core.names import slug
from workbench.engines.duckdb import in_words, quoted
from workbench.ingest.sources.base import Since

if TYPE_CHECKING:
    from workbench.engines.duckdb import Engine
    from workbench.ingest.records import LoadOptions
    from workbench.lake.lake import Lake
    from workbench.lake.plan import PlanColumn, ReadPlan

__all__ = ["check_since", "in_words_of", "since_of"]

_GROWING = ("int", "long", "decimal", "date", "timestamp", "timestamptz", "string", "float", "double")


def since_of(
    lake: Lake, engine: Engine, dataset: str, options: LoadOptions, *, run_id: str | None = None, seconds: float = 300
) -> Since | None:
    """What ``options.since`` means for a dataset; None where nothing is said.

    With ``upsert`` rows at the greatest value are read too: others may have been written at the same moment since, and those that are there
    already replace themselves. Without it they are not, or they would be there twice.

    Raises
    ------
    InvalidInput
        The mode gives up the rows that would not be read, the column's type has no greatest value, or no row of the dataset has one.
    ColumnNotFound
        The dataset has no such column.
    """
    column = options.since
    if column is None:
        return None
    if not lake.exists(dataset):
        check_since(options, dataset, None)
        return Since(column, None)
    with lake.reading(dataset) as plan:
        name = check_since(options, dataset, [(each.name, each.type) for each in plan.columns])
        here = next(each for each in plan.columns if each.name == name)
        greatest, without = _greatest(plan, here, engine, run_id or new_id(), seconds)
        if greatest is None and without and options.mode != "upsert":
            fix = "Choose another column, or set `mode='upsert'` and name the keys: rows that are there then replace themselves."
            raise InvalidInput(f"No row of {dataset} has a value of {name}: all rows would come again.", fix=fix)
        return Since(column, greatest, options.mode == "upsert", without)


def in_words_of(since: Since | None) -> str:
    """Which rows come, as a sentence; empty where all do."""
    if since is None or since.value is None:
        return ""
    which = f"{since.value} or above" if since.inclusive else f"above {since.value}"
    return f"Only rows whose {since.column} is {which} come."


def check_since(options: LoadOptions, dataset: str, columns: Sequence[tuple[str, str]] | None) -> str | None:
    """Make sure that only new rows can be read; returns the dataset's column that tells. ``columns`` are its names and types; None: it is
    not there yet.

    Raises
    ------
    InvalidInput, ColumnNotFound
        As :func:`since_of`.
    """
    column = options.since
    if column is None:
        return None
    if options.mode == "overwrite":
        fix = "Use `mode='append'` or `mode='upsert'` with since."
        raise InvalidInput("Overwriting with the new rows alone would lose the others.", fix=fix)
    if columns is None:
        return None
    # The database's name of it may have been made an identifier.
    here = next(((name, kind) for name, kind in columns if name in (column, slug(column))), None)
    if here is None:
        names = [name for name, _ in columns]
        close = nearest(column, names)
        fix = f"Did you mean {close!r}?" if close else f"It has: {', '.join(names[:20])}."
        raise ColumnNotFound(f"{dataset} has no column {column!r}.", fix=fix)
    name, kind = here
    if kind.partition("(")[0] not in _GROWING:
        raise InvalidInput(f"{name} holds {kind}, of which none is the greatest.", fix="Choose a number, a date or a time.")
    return name


def _greatest(plan: ReadPlan, column: PlanColumn, engine: Engine, run_id: str, seconds: float) -> tuple[Any, int]:
    """The greatest value, and how many rows have none."""
    name = quoted(column.name)
    # NaN counts as greater than every number; a row that has it must not end all reading.
    where = f" FILTER (NOT isnan({name}))" if column.type in ("float", "double") else ""
    sql = f"SELECT max({name}){where}, count(*) FILTER ({name} IS NULL) FROM lake.data"  # noqa: S608 - the name is quoted
    with in_words("Reading", plan.ref.name, seconds):
        result = engine.run(run_id, sql, (plan.scan("lake", "data"),), timeout=seconds)
    greatest, without = (each[0].as_py() for each in result.table.columns)
    return greatest, without
