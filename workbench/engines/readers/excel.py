"""Excel workbooks: one sheet, its first row the header.

A column has one type where all its cells agree (``NA`` and Excel's error values are missing in a column of numbers),
otherwise it is text. Excel knows no integers and no dates without a time: whole numbers become integers, midnights dates.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.errors import MissingDependency, UnreadableFile, nearest
from workbench.engines.readers.naming import check_width, column_names, originals_of, renaming
from workbench.engines.readers.sheet import check_sheet
from workbench.engines.readers.source import Request, Source
from workbench.engines.readers.workbook import Sheet, is_measured, read_apart, read_sheet

__all__ = ["open_excel"]

_EXACT = 2**53
_DAY = 86_400_000_000


def open_excel(request: Request) -> Source:
    """Read one sheet. A sheet has at most 1,048,576 rows, so it is held in memory.

    Raises
    ------
    UnreadableFile
        Not a workbook, no such sheet, no rows, too many cells.
    """
    sheet, warnings = _load(request)
    body = sheet.body
    headers: list[str | None] = [None if name.startswith("__UNNAMED__") else name for name in body.schema.names]
    if len(sheet.header) == len(headers):
        headers = list(sheet.header)  # as written, also where two are the same
    kept = [i for i, header in enumerate(headers) if header or body.column(i).null_count < body.num_rows]
    headers, arrays = [headers[i] for i in kept], [body.column(i) for i in kept]
    if not arrays or not body.num_rows:
        raise UnreadableFile(f"{request.shown} has no rows below its header.", fix="Check that the right sheet comes first.")
    check_width(len(headers), request.shown)
    names = column_names(headers)
    columns = [_column(array, request.target.get(name)) for name, array in zip(names, arrays, strict=True)]
    table = pa.table(dict(zip(names, columns, strict=True)))
    originals = originals_of(headers, names)
    return Source("excel", table.schema, lambda: iter(table.to_batches(65_536)), originals, (*warnings, *renaming(originals)))


def _load(request: Request) -> tuple[Sheet, tuple[str, ...]]:
    try:
        import fastexcel
    except ImportError as error:
        raise MissingDependency("Reading Excel needs the package fastexcel.", fix="pip install fastexcel") from error

    errors = 0

    def measure(index: int) -> None:
        nonlocal errors
        errors = check_sheet(request.path, index, request.shown)

    try:
        if is_measured(request.path):
            sheet = read_sheet(request.path, request.sheet, measure)
        else:
            sheet = read_apart(request.path, request.sheet, request.shown)
    except fastexcel.FastExcelError as error:
        raise UnreadableFile(
            f"{request.shown} cannot be read as a workbook.", fix="Open it in Excel and save it again as .xlsx without a password."
        ) from error
    if sheet.name not in sheet.sheets:
        close = nearest(sheet.name, sheet.sheets)
        hint = f"Did you mean {close!r}?" if close else f"It has: {', '.join(sheet.sheets)}."
        raise UnreadableFile(f"{request.shown} has no sheet {sheet.name!r}.", fix=hint)
    return sheet, tuple(_warnings(request, sheet, errors))


def _warnings(request: Request, sheet: Sheet, errors: int) -> Iterator[str]:
    others = [other for other in sheet.sheets if other != sheet.name]
    if others and request.sheet is None:
        listed = ", ".join(others)
        yield f"Only the sheet {sheet.name!r} was read; the file also has {listed} (write {request.shown}#{others[0]})."
    if errors:
        yield f"{errors:,} cell{'s hold' if errors > 1 else ' holds'} an error of Excel's (such as #DIV/0!), read as missing."


def _column(values: Any, target: pa.DataType | None) -> Any:
    kind = values.type
    if pa.types.is_floating(kind) and not (target is not None and pa.types.is_floating(target)):
        whole = pc.all(pc.and_(pc.equal(values, pc.trunc(values)), pc.less_equal(pc.abs(values), _EXACT))).as_py()
        return values.cast(pa.int64()) if whole else values
    if pa.types.is_timestamp(kind):
        moments = values.cast(pa.timestamp("us"))
        midnights = pc.all(pc.equal(pc.cast(pc.floor_temporal(moments, unit="day"), pa.int64()), pc.cast(moments, pa.int64()))).as_py()
        if midnights and not (target is not None and pa.types.is_timestamp(target)):
            return moments.cast(pa.date32())
        return moments
    if pa.types.is_duration(kind):
        return _clock(values)
    if target is not None and pa.types.is_string(target) and not pa.types.is_string(kind):
        return values.cast(pa.string())
    return values


def _clock(values: Any) -> Any:
    """Durations as times of day where all are below 24 hours, otherwise as seconds."""
    micros = values.cast(pa.duration("us")).cast(pa.int64())
    within = pc.all(pc.and_(pc.greater_equal(micros, 0), pc.less(micros, _DAY))).as_py()
    return micros.cast(pa.time64("us")) if within else pc.divide(micros.cast(pa.float64()), 1_000_000.0)
