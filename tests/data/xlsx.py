"""Workbooks written byte by byte, so that they are the same each time and hold what no library writes: results beside formulas."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

__all__ = ["Error", "Formula", "Shown", "book", "members", "packed"]

_SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_STYLES = (0, 22, 14, 21, 46)  # general, date and time, date, time, hours beyond a day
_QUOTE = {'"': "&quot;"}
_EPOCHS = {False: dt.datetime.fromisoformat("1899-12-30"), True: dt.datetime.fromisoformat("1904-01-01")}


@dataclass(frozen=True)
class Formula:
    """A formula with the result that Excel stored; None: none was."""

    text: str
    result: float | str | None = None


@dataclass(frozen=True)
class Error:
    """One of Excel's error values."""

    text: str = "#DIV/0!"


@dataclass(frozen=True)
class Shown:
    """A number in a format of its own."""

    number: float
    code: str


def packed(files: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive that is the same each time."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content, method)
    return stream.getvalue()


def members(archive: bytes) -> dict[str, bytes]:
    """The files in a zip archive."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def book(
    sheets: Mapping[str, Sequence[Sequence[Any]]], merged: Mapping[str, Sequence[str]] | None = None, since_1904: bool = False
) -> bytes:
    """A workbook; ``merged`` has the merged cells of a sheet (``A1:C1``). An empty row is written as none."""
    rels, listed, files = "", "", {}
    codes = sorted({cell.code for rows in sheets.values() for row in rows for cell in row if isinstance(cell, Shown)})
    for number, (name, rows) in enumerate(sheets.items(), 1):
        listed += f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>'
        rels += f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        files[f"xl/worksheets/sheet{number}.xml"] = _sheet(rows, (merged or {}).get(name, ()), since_1904, codes)
    rels += f'<Relationship Id="rId99" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    flag = '<workbookPr date1904="1"/>' if since_1904 else ""
    own = "".join(f'<numFmt numFmtId="{164 + place}" formatCode="{escape(code, _QUOTE)}"/>' for place, code in enumerate(codes))
    own = f'<numFmts count="{len(codes)}">{own}</numFmts>' if codes else ""
    styles = (*_STYLES, *range(164, 164 + len(codes)))
    formats = "".join(f'<xf numFmtId="{number}" applyNumberFormat="1"/>' for number in styles)
    parts = [
        f'<Override PartName="/{name}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        for name in files
    ]
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    types = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    types += f'<Override PartName="/xl/workbook.xml" ContentType="{main}"/>'
    return packed(
        {
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">{types}{"".join(parts)}</Types>',
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{_SPACE}" xmlns:r="{_OFFICE}">{flag}<sheets>{listed}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{rels}</Relationships>',
            "xl/styles.xml": f'<styleSheet xmlns="{_SPACE}">{own}<cellXfs count="{len(styles)}">{formats}</cellXfs></styleSheet>',
            **files,
        }
    )


def _sheet(rows: Sequence[Sequence[Any]], merged: Sequence[str], since_1904: bool, codes: Sequence[str]) -> str:
    body = ""
    for number, row in enumerate(rows, 1):
        filled = [(place, value) for place, value in enumerate(row) if value is not None]
        cells = "".join(_cell(f"{_letters(place)}{number}", value, since_1904, codes) for place, value in filled)
        body += f'<row r="{number}">{cells}</row>' if cells else ""
    areas = "".join(f'<mergeCell ref="{area}"/>' for area in merged)
    tail = f'<mergeCells count="{len(merged)}">{areas}</mergeCells>' if merged else ""
    return f'<worksheet xmlns="{_SPACE}"><sheetData>{body}</sheetData>{tail}</worksheet>'


def _cell(place: str, value: Any, since_1904: bool, codes: Sequence[str]) -> str:
    if isinstance(value, Shown):
        return f'<c r="{place}" s="{len(_STYLES) + codes.index(value.code)}"><v>{value.number!r}</v></c>'
    if isinstance(value, Formula):
        formula = f"<f>{escape(value.text)}</f>"
        if isinstance(value.result, str):
            return f'<c r="{place}" t="str">{formula}<v>{escape(value.result)}</v></c>'
        return f'<c r="{place}">{formula}<v>{"" if value.result is None else repr(value.result)}</v></c>'
    if isinstance(value, Error):
        return f'<c r="{place}" t="e"><v>{value.text}</v></c>'
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    style, number = _number(value, since_1904)
    return f'<c r="{place}" s="{style}"><v>{number!r}</v></c>'


def _number(value: Any, since_1904: bool) -> tuple[int, float]:
    if isinstance(value, dt.datetime):
        return 1, (value - _EPOCHS[since_1904]) / dt.timedelta(days=1)
    if isinstance(value, dt.date):
        return 2, (dt.datetime.combine(value, dt.time()) - _EPOCHS[since_1904]).days
    if isinstance(value, dt.time):
        return 3, (value.hour * 3600 + value.minute * 60 + value.second) / 86_400
    if isinstance(value, dt.timedelta):
        return 4, value / dt.timedelta(days=1)
    return 0, value


def _letters(place: int) -> str:
    text, number = "", place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text
