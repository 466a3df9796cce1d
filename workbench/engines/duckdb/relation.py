"""Files as a relation of a statement."""

from __future__ import annotations

from pathlib import Path

from workbench.engines.parser.text import literal, quoted
from workbench.engines.scans import FileScan, Shape

__all__ = ["files_read", "relation", "relation_with_places", "shaped"]

_UNTOLD = 100_000  # rows that a plan is made for at least, where the reader must not learn how many there are
_NONE = str(Path(__file__).with_name("none.parquet"))


def files_read(scan: FileScan) -> tuple[str, ...]:
    """What is opened for the scan's files: these, and beside a single one another without rows.

    By field id DuckDB reads one file in one thread (it plans threads by row groups, which it does not know yet), but the row groups
    of the first of two files in as many threads as there are. Of none there is that other one still.
    """
    return (*scan.files, _NONE) if len(scan.files) < 2 else scan.files


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
    filtered = scan.shape is not None and scan.shape.where is not None
    if not scan.files and not filtered:
        columns = ", ".join(f"CAST(NULL AS {column.type}) AS {quoted(column.name)}" for column in scan.columns)
        return f"SELECT {columns} WHERE false"
    entries = ", ".join(
        f"{column.field_id}: {{name: {literal(column.name)}, type: {literal(column.type)}, default_value: NULL}}" for column in scan.columns
    )
    files = ", ".join(literal(file) for file in files_read(scan))
    # By field id DuckDB does not look how many rows there are, takes every relation for a small one, and joins in a bad order.
    told = _told_rows(scan, filtered)
    rows = f", explicit_cardinality = {told}" if told else ""
    # Hive partitioning off: a folder named month=6 must not overrule the file's own column.
    return f"FROM read_parquet([{files}], schema = MAP {{{entries}}}, hive_partitioning = false{rows})"


def _told_rows(scan: FileScan, filtered: bool) -> int:
    """How many rows the plan is made for; 0 for DuckDB's guess.

    That decides on the plan, and a plan on what fails first, and in which order numbers are added. So it is one for whatever is behind a
    filter, also nothing; of large relations, where that would cost too much, the order of magnitude, which the time of a statement tells
    anyway.
    """
    if not filtered:
        return scan.rows
    return max(_UNTOLD, int("1" + "0" * len(str(max(1, scan.rows) - 1))))


def relation_with_places(scan: FileScan) -> str:
    """The same with where each row lies: ``__file`` counts the scan's files from 0, ``__row`` the rows of a file. To be written into
    a statement itself: the view of a session does not have them. Who sees only a part of the rows has no business with places."""
    if scan.shape is not None:
        raise ValueError("rows that are seen in part have no places")
    if not scan.files:
        return f"SELECT *, 0 AS __file, 0 AS __row FROM ({relation(scan)})"
    return relation(scan).replace("FROM read_parquet", "SELECT *, file_index AS __file, file_row_number AS __row FROM read_parquet", 1)
