"""Files as a relation of a statement."""

from __future__ import annotations

from workbench.engines.duckdb.text import literal, quoted
from workbench.engines.scans import FileScan

__all__ = ["relation"]


def relation(scan: FileScan) -> str:
    """What ``CREATE VIEW name AS`` and ``SELECT ... FROM (...)`` take for the scan's files, read by field id.

    Written into a statement itself, rather than through the view of a session, it also has ``file_index`` and ``file_row_number``.
    """
    if not scan.files:
        columns = ", ".join(f"CAST(NULL AS {column.type}) AS {quoted(column.name)}" for column in scan.columns)
        return f"SELECT {columns} WHERE false"
    entries = ", ".join(
        f"{column.field_id}: {{name: {literal(column.name)}, type: {literal(column.type)}, default_value: NULL}}" for column in scan.columns
    )
    files = ", ".join(literal(file) for file in scan.files)
    # Hive partitioning off: a folder named month=6 must not overrule the file's own column.
    return f"FROM read_parquet([{files}], schema = MAP {{{entries}}}, hive_partitioning = false)"
