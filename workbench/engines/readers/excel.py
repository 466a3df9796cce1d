"""Excel workbooks: one sheet, its first row the header.

A column has one type where all its cells agree (``NA`` and Excel's error values are missing in a column of numbers),
otherwise it is text. Excel knows no integers and no dates without a time: whole numbers become integers, midnights dates.
"""

from __future__ import annotations

import logging
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.errors import MissingDependency, UnreadableFile, nearest
from workbench.engines.readers.naming import check_width, column_names, originals_of, renaming
from workbench.engines.readers.sheet import check_sheet
from workbench.engines.readers.source import Request, Source

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
    sheet, body, warnings = _load(request)
    headers: list[str | None] = [None if name.startswith("__UNNAMED__") else name for name in body.schema.names]
    first = sheet(header_row=None, n_rows=1, dtypes="string").to_arrow()
    if first.num_columns == len(headers):
        headers = [value.as_py() for value in (column[0] for column in first.columns)]  # as written, also where two are the same
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


def _load(request: Request) -> tuple[Any, pa.RecordBatch, tuple[str, ...]]:
    try:
        import fastexcel
    except ImportError as error:
        raise MissingDependency("Reading Excel needs the package fastexcel.", fix="pip install fastexcel") from error

    logging.getLogger("fastexcel").setLevel(logging.ERROR)  # it reports each empty column
    try:
        workbook = fastexcel.read_excel(str(request.path))
        sheets = list(workbook.sheet_names)
        name = request.sheet or sheets[0]
        if name not in sheets:
            close = nearest(name, sheets)
            hint = f"Did you mean {close!r}?" if close else f"It has: {', '.join(sheets)}."
            raise UnreadableFile(f"{request.shown} has no sheet {name!r}.", fix=hint)

        errors = check_sheet(request.path, sheets.index(name), request.shown)

        def sheet(**options: Any) -> Any:
            return workbook.load_sheet(name, skip_whitespace_tail_rows=True, **options)

        body = sheet(schema_sample_rows=None).to_arrow()
    except fastexcel.FastExcelError as error:
        raise UnreadableFile(
            f"{request.shown} cannot be read as a workbook.", fix="Open it in Excel and save it again as .xlsx without a password."
        ) from error
    others = [other for other in sheets if other != name]
    told = f"Only the sheet {name!r} was read; the file also has {', '.join(others)} (write {request.shown}#{others[0]})." if others else ""
    warnings = [told] if told and request.sheet is None else []
    if errors:
        warnings.append(f"{errors:,} cell{'s hold' if errors > 1 else ' holds'} an error of Excel's (such as #DIV/0!), read as missing.")
    return sheet, body, tuple(warnings)


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
