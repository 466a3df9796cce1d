"""Rows as a workbook of Excel's. Nothing in it is a formula, whatever a text begins with."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import pyarrow as pa

from workbench.catalog.encode import plain_float
from workbench.core.errors import InvalidInput, MissingDependency, TooLarge
from workbench.query.export.write import SPOOLED, Check, plain_value, rows_of

__all__ = ["MOST_COLUMNS", "MOST_ROWS", "write_excel"]

#: What a sheet holds, its head line among them.
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
_LONGEST = 32_767  # characters of a cell
_EXACT = 10**15  # Excel's numbers have 15 digits
_FIRST_DAY = date(1900, 3, 1)  # before it Excel's days are off by one, for it has a 29 February 1900
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LIKE_AN_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # what Excel would read as a character
_BATCH = 1000


def write_excel(table: pa.Table, stream: IO[bytes], check: Check) -> None:
    """Write a table as one sheet; the first row holds the names.

    Numbers of more than 15 digits, times with a zone or of less than a millisecond, and days before March 1900 are texts, as Excel would
    change them.

    Raises
    ------
    TooLarge
        It has more rows or columns than a sheet, or a text longer than a cell.
    InvalidInput
        It has no columns.
    """
    if table.num_rows + 1 > MOST_ROWS or table.num_columns > MOST_COLUMNS:
        raise TooLarge(
            f"{table.num_rows:,} rows of {table.num_columns:,} columns do not fit into a sheet: it holds {MOST_ROWS - 1:,} rows of "
            f"{MOST_COLUMNS:,} columns.",
            fix="Take Parquet or CSV, or fewer rows.",
        )
    if not table.num_columns:
        raise InvalidInput("There is no column to write.", fix="Select at least one.")
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise MissingDependency("Writing Excel files needs openpyxl.", fix="pip install openpyxl") from error
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Rows")
    sheet.freeze_panes = "A2"
    try:
        sheet.append([_text(name, sheet) for name in table.column_names])
        for number, row in enumerate(_rows(table), 2):
            check()
            sheet.append([_cell(value, sheet, number, name) for value, name in zip(row, table.column_names, strict=True)])
        # Apart: an archive that is not whole tries to write its end once more, and Python shows how that fails, too.
        with SpooledTemporaryFile(max_size=SPOOLED) as made:
            book.save(made)
            made.seek(0)
            shutil.copyfileobj(made, stream)
    finally:
        if not sheet.closed:
            sheet.close()


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    for batch in table.to_batches(max_chunksize=_BATCH):
        yield from rows_of(batch)


def _cell(value: Any, sheet: Any, row: int, column: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < _EXACT else str(value)
    if isinstance(value, float):
        return plain_float(value)
    if isinstance(value, datetime | date | time):
        return _moment(value)
    kind = type(value).__name__
    if kind == "Decimal":
        return value if value.is_finite() and len(value.as_tuple().digits) <= 15 else f"{value:f}"
    text = value if isinstance(value, str) else str(plain_value(value, flat=True))
    if len(text) > _LONGEST:
        raise TooLarge(
            f"A text of {column!r} (row {row - 1:,}) has {len(text):,} characters; a cell of Excel's holds {_LONGEST:,}.",
            fix="Take Parquet or CSV, or shorten it: left(text, 32767).",
        )
    return _text(text, sheet)


def _moment(value: datetime | date | time) -> Any:
    if isinstance(value, time):
        return value.isoformat() if value.microsecond % 1000 else value
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            return value.astimezone(UTC).isoformat(sep=" ").replace("+00:00", "Z")
        return value if value.date() >= _FIRST_DAY and not value.microsecond % 1000 else value.isoformat(sep=" ")
    return value if value >= _FIRST_DAY else value.isoformat()


def _text(text: str, sheet: Any) -> Any:
    clean = _CONTROLS.sub("\ufffd", _LIKE_AN_ESCAPE.sub("_x005F_", text)).replace("\r", "_x000D_")
    if clean[:1] not in ("=", "#"):
        return clean
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, clean)
    cell.data_type = "s"  # neither a formula nor an error
    return cell
