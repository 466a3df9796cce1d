"""Files as a relation of a statement."""

from __future__ import annotations

from pathlib import Path

from workbench.engines.duckdb.text import literal, quoted
from workbench.engines.scans import FileScan, Shape

__all__ = ["files_read", "relation", "relation_with_places", "shaped"]

_NONE = str(Path(__file__).with_name("none.parquet"))


def files_read(scan: FileScan) -> tuple[str, ...]:
    """What is opened for the scan's files: these, and beside a single one another without rows.

    By field id DuckDB reads one file in one thread (it plans threads by row groups, which it does not know yet), but the row groups
    of the first of two files in as many threads as there are.
    """
    return (*scan.files, _NONE) if len(scan.files) == 1 else scan.files


def relation(scan: FileScan) -> str:
    """What ``CREATE VIEW name AS`` and ``SELECT ... FROM (...)`` take for the scan's files, read by field id, in the scan's shape."""
    return shaped(_whole(scan), scan.shape)


def shaped(relation: str, shape: Shape | None) -> str:
    """A relation as its reader sees it."""
    if shape is None:
        return relation
    columns = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in shape.columns)
    where = "" if shape.where is None else f" WHERE {shape.where}"
    return f"FROM (SELECT {columns} FROM ({relation}){where})"


def _whole(scan: FileScan) -> str:
    if not scan.files:
        columns = ", ".join(f"CAST(NULL AS {column.type}) AS {quoted(column.name)}" for column in scan.columns)
        return f"SELECT {columns} WHERE false"
    entries = ", ".join(
        f"{column.field_id}: {{name: {literal(column.name)}, type: {literal(column.type)}, default_value: NULL}}" for column in scan.columns
    )
    files = ", ".join(literal(file) for file in files_read(scan))
    # Hive partitioning off: a folder named month=6 must not overrule the file's own column.
    return f"FROM read_parquet([{files}], schema = MAP {{{entries}}}, hive_partitioning = false)"


def relation_with_places(scan: FileScan) -> str:
    """The same with where each row lies: ``__file`` counts the scan's files from 0, ``__row`` the rows of a file. To be written into
    a statement itself: the view of a session does not have them. Who sees only a part of the rows has no business with places."""
    if scan.shape is not None:
        raise ValueError("rows that are seen in part have no places")
    if not scan.files:
        return f"SELECT *, 0 AS __file, 0 AS __row FROM ({relation(scan)})"
    return relation(scan).replace("FROM read_parquet", "SELECT *, file_index AS __file, file_row_number AS __row FROM read_parquet", 1)
