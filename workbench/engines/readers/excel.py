"""Excel workbooks: one sheet, the rows below its header.

A column has one type where all its cells agree (``NA`` and Excel's error values are missing in a column of numbers, TRUE and FALSE are
1 and 0 there, which a warning says), otherwise it is text. Excel knows no integers, no decimals and no dates without a time: whole
numbers become integers, money (by its cells' formats, or its name) decimals, midnights dates.
Formulas count as the results that Excel has stored with them. Rows without any value are no rows.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.errors import MissingDependency, UnreadableFile, nearest
from workbench.engines.calendar import has_years
from workbench.engines.readers import hints
from workbench.engines.readers.chosen import Chosen, choose
from workbench.engines.readers.column import Customs
from workbench.engines.readers.fitting import as_text
from workbench.engines.readers.lengths import in_seconds, said_of_length
from workbench.engines.readers.naming import check_width
from workbench.engines.readers.nanoseconds import Settled
from workbench.engines.readers.reading import Reading
from workbench.engines.readers.shape import Shape, see
from workbench.engines.readers.sheet import Measured, check_sheet
from workbench.engines.readers.sheet_layout import Area
from workbench.engines.readers.sheet_money import as_money, said_of_money
from workbench.engines.readers.sheet_texts import said_of_texts
from workbench.engines.readers.source import Request, Source
from workbench.engines.readers.totals import is_total, left_out, looks_like_total
from workbench.engines.readers.workbook import Sheet, Wanted, by_content, is_measured, no_workbook, read_apart, read_sheet
from workbench.engines.readers.years import settle_far, written

__all__ = ["open_excel"]

_EXACT = 2**53
_DAY = 86_400_000_000
_BATCH = 65_536
_COLUMN = re.compile(r"could not determine dtype for column (.+)")
# The day before a calendar of Excel's begins: what has it is a time of day.
_NO_DAYS = pa.array([dt.date(1899, 12, 30), dt.date(1899, 12, 31), dt.date(1904, 1, 1), None], pa.date32())


def open_excel(request: Request) -> Source:
    """Read one sheet. A sheet has at most 1,048,576 rows, so it is held in memory.

    Raises
    ------
    UnreadableFile
        Not a workbook, no such sheet, no rows, too many cells.
    """
    sheet, measured, ending = _load(request)
    arrays, filled, left_empty = _fill_merged(sheet, measured.merged)
    headers = _headers(sheet, len(arrays))
    kept = [place for place, header in enumerate(headers) if header or arrays[place].null_count < len(arrays[place])]
    headers, arrays = [headers[place] for place in kept], [arrays[place] for place in kept]
    present = _present(arrays)
    if not arrays or not len(present):
        of_sheet = f" in its sheet {sheet.name!r}" if len(sheet.sheets) > 1 else ""
        raise UnreadableFile(f"{request.shown} has no rows below its header{of_sheet}.", fix=_no_rows(sheet))
    check_width(len(headers), request.shown)
    chosen = choose(headers, request.reading, request.known)
    shown = [place + sheet.left in measured.money for place in kept]
    money = [_is_money(*each, request.target.get(each[1])) for each in zip(arrays, chosen.names, shown, strict=True)]
    columns = [
        _column(array.take(present), request.target.get(name), of_money)
        for array, name, of_money in zip(arrays, chosen.names, money, strict=True)
    ]
    table, settled = _within_years(pa.table(columns, names=list(chosen.names)), request, chosen)
    nulls = {place: column.null_count / len(column) for place, column in enumerate(columns)}
    empty = sheet.body.num_rows - len(present)
    above = sheet.layout.skip + sheet.layout.header

    def place(row: int) -> tuple[int, int]:
        return row, above + present[row - 1].as_py() + 1

    return Shape(request, chosen, table.schema, settled.fit).source(
        Reading(format="excel", sheet=sheet.name, skip=sheet.layout.skip, header=sheet.layout.header, footer=request.reading.footer),
        lambda: iter(table.to_batches(_BATCH)),
        see(chosen, table.schema, table.slice(0, _BATCH).combine_chunks().to_batches()[0], nulls),
        place=place,
        warnings=(
            *([f"By its content the file is no {Path(request.shown).suffix} but {ending}, and it was read as that."] if ending else ()),
            *_warnings(request, sheet, measured),
            *_said_of_truths(arrays, chosen.names, [measured.truths.get(place + sheet.left, 0) for place in kept]),
            *_said_of_rows(empty, filled, left_empty),
            *_said_of_lengths(arrays, table),
            *_said_of_money(table, [each and name not in request.target for each, name in zip(money, chosen.names, strict=True)], shown),
            *settled.told,
            *said_of_texts(
                table, _settled(request, chosen) | {table.column_names[each] for each in settled.read}, lambda row: place(row)[1]
            ),
            *left_out(sheet.footer, "row"),
            *_total(table, place(table.num_rows)[1]),
        ),
        rows=table.num_rows,
        left_out=len(sheet.footer),
        sheets=sheet.sheets,
    )


def _within_years(table: pa.Table, request: Request, chosen: Chosen) -> tuple[pa.Table, Settled]:
    """The table, and what becomes of days that Excel shows as #### since it knows none of their years: 20240131 typed as a date is one."""
    dated = [place for place in chosen.taken if has_years(table.schema.field(place).type)]
    looked = table.select(dated).to_batches()
    settled = settle_far(Settled({}, {}), dated, looked, table.schema, chosen.types, request.reading.misfits == "quarantine")
    for place in settled.read:
        table = table.set_column(place, table.column_names[place], written(table.column(place).combine_chunks()))
    return table, settled


def _settled(request: Request, chosen: Chosen) -> set[str]:
    """The columns of which somebody says what they are, that are not taken, or that are text in the table that is there."""
    said = {chosen.names[place] for place, one in chosen.said.items() if one.type is not None or not one.take}
    return said | {name for name, kind in request.target.items() if pa.types.is_string(kind)}


def _load(request: Request) -> tuple[Sheet, Measured, str | None]:
    try:
        import fastexcel
    except ImportError as error:
        raise MissingDependency("Reading Excel needs the package fastexcel.", fix="pip install fastexcel") from error

    measured = Measured()

    def measure(index: int) -> tuple[Area, ...]:
        nonlocal measured
        measured = check_sheet(path, index, request.shown)
        return measured.merged

    path, ending = by_content(request.path, request.scratch)

    reading = request.reading
    wanted = Wanted(request.sheet or reading.sheet, reading.skip, reading.header, reading.footer)
    try:
        sheet = read_sheet(path, wanted, measure) if is_measured(path) else read_apart(path, wanted, request.shown)
    except fastexcel.UnsupportedColumnTypeCombinationError as error:
        found = _COLUMN.search(str(error))
        where = f" in its column {found[1]!r}" if found else ""
        raise UnreadableFile(
            f"{request.shown} has days and lengths of time{where}, which are no values of one type.",
            fix="Give the column's cells one format in Excel, then take it in again.",
        ) from error
    except fastexcel.FastExcelError as error:
        raise no_workbook(path, request.shown) from error
    if sheet.name not in sheet.sheets:
        close = nearest(sheet.name, sheet.sheets)
        hint = f"Did you mean {close!r}?" if close else f"It has: {', '.join(sheet.sheets)}."
        raise UnreadableFile(f"{request.shown} has no sheet {sheet.name!r}.", fix=hint)
    return sheet, measured, ending


def _headers(sheet: Sheet, width: int) -> list[str | None]:
    """As written, also where two are the same."""
    if not sheet.layout.header:
        return [None] * width
    names = [*sheet.layout.names, *[None] * width][:width]
    return [name.strip() or None if name else None for name in names]


def _present(arrays: Sequence[Any]) -> Any:
    """Which rows have a value. With one column an empty row is a missing value."""
    rows = len(arrays[0]) if arrays else 0
    if len(arrays) < 2:
        return pa.array(range(rows), pa.int64())
    some = arrays[0].is_valid()
    for array in arrays[1:]:
        some = pc.or_(some, array.is_valid())
    return pc.indices_nonzero(some)


def _no_rows(sheet: Sheet) -> str:
    others = [other for other in sheet.sheets if other != sheet.name]
    return f"Name another sheet: {', '.join(others)}." if others else "Check that the sheet is complete."


def _fill_merged(sheet: Sheet, areas: Sequence[Area]) -> tuple[list[Any], int, int]:
    """The columns, where cells merged over several rows give words and dates to each of them; how many did, and how many numbers did not:
    an amount stands for all of its rows together."""
    arrays, filled, left = list(sheet.body.columns), 0, 0
    top = sheet.layout.skip + sheet.layout.header
    rows = sheet.body.num_rows
    changed: dict[int, list[Any]] = {}
    for area in areas:
        column, first, last = area.left - sheet.left, area.top - top, min(area.bottom - top, rows - 1)
        if not 0 <= column < len(arrays) or first < 0 or last <= first or not arrays[column][first].is_valid:
            continue
        if pa.types.is_floating(arrays[column].type) or pa.types.is_integer(arrays[column].type):
            left += 1
            continue
        values = changed.setdefault(column, arrays[column].to_pylist())
        values[first : last + 1] = [values[first]] * (last + 1 - first)
        filled += 1
    for column, values in changed.items():
        arrays[column] = pa.array(values, arrays[column].type)
    return arrays, filled, left


def _total(table: pa.Table, row: int) -> Iterator[str]:
    """What to say of a last row that is a total of the others."""
    last = tuple(as_text(column.slice(table.num_rows - 1).combine_chunks())[0].as_py() for column in table.columns)
    filled = [column.null_count == (value is None) for column, value in zip(table.columns, last, strict=True)]

    def above(place: int) -> Iterator[Any]:
        yield as_text(table.column(place).slice(0, table.num_rows - 1).combine_chunks())

    if is_total(last, filled, table.num_rows - 1, above, Customs()):
        yield looks_like_total("Row", row)


def _said_of_rows(empty: int, filled: int, left: int) -> Iterator[str]:
    if empty:
        yield f"{empty:,} empty row{'s were' if empty > 1 else ' was'} left out."
    if filled:
        yield f"{_counted(filled, 'merged cell')} over several rows: each of these rows has the value."
    if left:
        yield f"{_counted(left, 'merged number')} over several rows: in the first of them only, where Excel counts it."


def _said_of_lengths(arrays: Sequence[Any], table: pa.Table) -> Iterator[str]:
    for array, name, column in zip(arrays, table.column_names, table.columns, strict=True):
        if pa.types.is_duration(array.type) and pa.types.is_floating(column.type):
            yield said_of_length(name)


def _said_of_truths(arrays: Sequence[Any], names: Sequence[str], truths: Sequence[int]) -> Iterator[str]:
    for array, name, count in zip(arrays, names, truths, strict=True):
        if count and (pa.types.is_floating(array.type) or pa.types.is_integer(array.type)):
            yield f"{name} has {_counted(count, 'cell')} with TRUE or FALSE among numbers, read as 1 and 0."


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' if number > 1 else ''}"


def _warnings(request: Request, sheet: Sheet, measured: Measured) -> Iterator[str]:
    others = [other for other in sheet.sheets if other != sheet.name]
    if others and request.sheet is None and request.reading.sheet is None:
        listed = ", ".join(others)
        yield f"Only the sheet {sheet.name!r} was read; the file also has {listed} (write #{others[0]} behind the file's name)."
    if sheet.layout.titles and not request.reading.skip:
        words = "; ".join(title[:80] for title in sheet.layout.titles[:3])
        yield f"The table was taken to begin in row {sheet.layout.skip + 1:,}; above it stands: {words}."
    if not sheet.layout.header and request.reading.header is None:
        yield "No header was recognised: the first row holds nothing but values."
    if measured.errors:
        holding = _counted(measured.errors, "cell") + (" hold" if measured.errors > 1 else " holds")
        yield f"{holding} an error of Excel's (such as #DIV/0!), read as missing."
    if measured.unvalued:
        formulas = _counted(measured.unvalued, "formula")
        yield f"{formulas} without a stored result, read as missing: open the file in Excel and save it, then take it in again."


def _is_money(values: Any, name: str, shown: bool, target: pa.DataType | None) -> bool:
    """Whether numbers are amounts: by how they are shown, by their column's name where they have decimals, or since the table's are."""
    if not (pa.types.is_floating(values.type) or pa.types.is_integer(values.type)):
        return False
    if target is not None:
        return bool(pa.types.is_decimal(target))
    if shown or not (hints.is_about_money(name) and pa.types.is_floating(values.type)):
        return shown
    return not pc.all(pc.equal(values, pc.trunc(values))).as_py()


def _said_of_money(table: pa.Table, money: Sequence[bool], shown: Sequence[bool]) -> Iterator[str]:
    for field, is_money, by_format in zip(table.schema, money, shown, strict=True):
        if is_money and (told := said_of_money(field.name, field.type, by_format)) is not None:
            yield told


def _column(values: Any, target: pa.DataType | None, money: bool) -> Any:
    kind = values.type
    if money and (amounts := as_money(values, target)) is not None:
        return amounts
    if pa.types.is_floating(kind) and not (target is not None and pa.types.is_floating(target)):
        whole = pc.all(pc.and_(pc.equal(values, pc.trunc(values)), pc.less_equal(pc.abs(values), _EXACT))).as_py()
        return values.cast(pa.int64()) if whole else values
    if pa.types.is_timestamp(kind):
        moments = values.cast(pa.timestamp("us"))
        no_days = pc.all(pc.is_in(moments.cast(pa.date32(), safe=False), value_set=_NO_DAYS), skip_nulls=False).as_py()
        if no_days and (target is None or pa.types.is_time(target)):
            return moments.cast(pa.time64("us"))
        midnights = pc.all(pc.equal(pc.cast(pc.floor_temporal(moments, unit="day"), pa.int64()), pc.cast(moments, pa.int64()))).as_py()
        if midnights and not (target is not None and pa.types.is_timestamp(target)):
            return moments.cast(pa.date32())
        return moments
    if pa.types.is_duration(kind):
        return in_seconds(values) if target is not None and pa.types.is_floating(target) else _clock(values)
    if target is not None and pa.types.is_string(target) and not pa.types.is_string(kind):
        return values.cast(pa.string())
    return values


def _clock(values: Any) -> Any:
    """Durations as times of day where all are below 24 hours, otherwise as seconds."""
    micros = values.cast(pa.duration("us")).cast(pa.int64())
    within = pc.all(pc.and_(pc.greater_equal(micros, 0), pc.less(micros, _DAY))).as_py()
    return micros.cast(pa.time64("us")) if within else in_seconds(values)
