"""Files as a relation of a statement."""

from __future__ import annotations

from workbench.engines.duckdb.text import literal, quoted
from workbench.engines.scans import FileScan

__all__ = ["relation", "relation_with_places"]


def relation(scan: FileScan) -> str:
    """What ``CREATE VIEW name AS`` and ``SELECT ... FROM (...)`` take for the scan's files, read by field id."""
    if not scan.files:
        columns = ", ".join(f"CAST(NULL AS {column.type}) AS {quoted(column.name)}" for column in scan.columns)
        return f"SELECT {columns} WHERE false"
    entries = ", ".join(
        f"{column.field_id}: {{name: {literal(column.name)}, type: {literal(column.type)}, default_value: NULL}}" for column in scan.columns
    )
    files = ", ".join(literal(file) for file in scan.files)
    # Hive partitioning off: a folder named month=6 must not overrule the file's own column.
    return f"FROM read_parquet([{files}], schema = MAP {{{entries}}}, hive_partitioning = false)"


def relation_with_places(scan: FileScan) -> str:
    """The same with where each row lies: ``__file`` counts the scan's files from 0, ``__row`` the rows of a file. To be written into
    a statement itself: the view of a session does not have them."""
    if not scan.files:
        return f"SELECT *, 0 AS __file, 0 AS __row FROM ({relation(scan)})"
    return relation(scan).replace("FROM read_parquet", "SELECT *, file_index AS __file, file_row_number AS __row FROM read_parquet", 1)
