"""Rows as files: CSV, JSON, NDJSON, Parquet, Arrow, Excel.

Names are imported on first use: the command line asks for the formats only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from workbench.query.export.write import rows_file, write_rows

__all__ = ["BINARY", "FORMATS", "MEDIA_TYPES", "ExportFormat", "format_named", "rows_file", "write_rows"]

ExportFormat = Literal["csv", "json", "ndjson", "parquet", "arrow", "xlsx"]
FORMATS: tuple[ExportFormat, ...] = ("csv", "json", "ndjson", "parquet", "arrow", "xlsx")
#: Not for a screen.
BINARY = frozenset({"parquet", "arrow", "xlsx"})
MEDIA_TYPES: dict[str, str] = {
    "csv": "text/csv; charset=utf-8; header=present",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.file",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_OTHER_NAMES: dict[str, ExportFormat] = {"jsonl": "ndjson", "ipc": "arrow", "feather": "arrow", "pq": "parquet", "excel": "xlsx"}


def format_named(suffix: str) -> ExportFormat | None:
    """The format that a file's ending means; None for no known one.

    >>> format_named(".PQ"), format_named(".doc")
    ('parquet', None)
    """
    name = suffix.lower().lstrip(".")
    return _OTHER_NAMES.get(name) or next((known for known in FORMATS if known == name), None)


def __getattr__(name: str) -> Any:
    if name not in ("rows_file", "write_rows"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from workbench.query.export import write

    return getattr(write, name)
