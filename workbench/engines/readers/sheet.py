"""How large a sheet of an .xlsx is, told before it is read: the reader holds the whole rectangle from the first cell to the
last, and two cells in opposite corners would ask for half a terabyte, which ends the process."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

from workbench.core.errors import UnreadableFile
from workbench.engines.readers.sheet_layout import Area
from workbench.engines.readers.sheet_money import money_columns, money_styles
from workbench.engines.readers.unpack import check_ratio
from workbench.engines.readers.zipped import open_zip

__all__ = ["Measured", "check_sheet", "first_shown", "sheet_names", "too_many_cells"]

_CELLS = 32 << 20  # 32 bytes each
_CHUNK = 4 << 20
_LONGEST = 1 << 20  # Excel allows 32,767 characters in a cell
_BOOK, _RELATIONS, _STYLES = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"
_TAG = re.compile(rb"""<(?:\w+:)?(row|c)(?=[\s/>])((?:[^>"']|"[^"]*"|'[^']*')*)>""")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_USUAL = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"')
_USUAL_ERROR = re.compile(rb'<c r="[^"<>]*"[^<>]* t="e"')
_NUMBER = re.compile(rb'<c r="([A-Z]{1,3})\d{1,7}"(?: s="(\d{1,6})")?(?: t="n")?>')
_TRUTH = re.compile(rb'<c r="([A-Z]{1,3})\d{1,7}"[^<>]* t="b"')
_PLACE = re.compile(rb"""(?:^|\s)r\s*=\s*["']([A-Za-z]*)(\d+)["']""")
_ERROR = re.compile(rb"""(?:^|\s)t\s*=\s*["']e["']""")
_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*["']([A-Za-z]+)(\d+):([A-Za-z]+)(\d+)["']""")
_UNVALUED = re.compile(rb"</(?:\w+:)?f>\s*(?:</(?:\w+:)?c>|<(?:\w+:)?v\s*/>|<(?:\w+:)?v></)")
_MOST_AREAS = 100_000


def too_many_cells(rows: int, columns: int) -> bool:
    """Whether a sheet is larger than what is read."""
    return rows * columns > _CELLS


@dataclass(frozen=True)
class Measured:
    """How many cells of a sheet hold one of Excel's error values, how many have a formula without its result, which are merged, which
    columns (from 0) are shown as money, and how many ``truths`` (TRUE, FALSE) a column has."""

    errors: int = 0
    unvalued: int = 0
    merged: tuple[Area, ...] = ()
    money: frozenset[int] = frozenset()
    truths: Mapping[int, int] = field(default_factory=dict)


@dataclass
class _Notes:
    """What is noticed while the sheet's XML passes by; the formats of numbers where any of the workbook shows ``money``."""

    money: frozenset[bytes]
    formats: Counter[tuple[bytes, bytes]] = field(default_factory=Counter)
    unvalued: int = 0
    merged: list[Area] = field(default_factory=list)
    truths: Counter[bytes] = field(default_factory=Counter)

    def passing(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        before = b""
        for data in pieces:
            # A formula and the result it lacks may stand on either side of a cut.
            joined = before + data
            if b"f>" in joined:
                self.unvalued += sum(found.end() > len(before) for found in _UNVALUED.finditer(joined))
            if b"mergeCell" in data and len(self.merged) < _MOST_AREAS:
                self.merged += [_area(*corners) for corners in _MERGED.findall(data)]
            if b't="b"' in data:
                self.truths.update(_TRUTH.findall(data))
            if self.money:
                self.formats.update(_NUMBER.findall(data))
            before = joined[-64:]
            yield data


def _area(left: bytes, top: bytes, right: bytes, bottom: bytes) -> Area:
    return Area(int(top) - 1, _number(left) - 1, int(bottom) - 1, _number(right) - 1)


def sheet_names(path: Path) -> tuple[str, ...] | None:
    """The names of the sheets of an .xlsx, in its order; None of any other file, and of a damaged one."""
    found = _named(path)
    return None if found is None else tuple(name for name, _ in found)


def first_shown(path: Path, sheets: Sequence[str]) -> str:
    """The sheet that is read where nobody says one: the first that Excel shows. Of other formats than .xlsx the first of all."""
    shown = [name for name, is_shown in _named(path) or () if is_shown and name in sheets]
    return next(iter(shown), sheets[0])


def _named(path: Path) -> tuple[tuple[str, bool], ...] | None:
    """The sheets' names, and whether each is shown."""
    try:
        with open_zip(path) as archive:
            member = next((each for each in archive.infolist() if _plain(each.filename) == _BOOK), None)
            if member is None or member.file_size > _CHUNK:
                return None
            return tuple((each.get("name", ""), each.get("state", "visible") == "visible") for each in _sheets(archive, member))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ElementTree.ParseError, zlib.error):
        return None


def check_sheet(path: Path, index: int, shown: str) -> Measured:
    """What can be told of a sheet before it is read; nothing where the file is no .xlsx.

    Raises
    ------
    UnreadableFile
        It spans too many cells, or the workbook is a bomb.
    """
    try:
        with open_zip(path) as archive:
            members = {_plain(member.filename): member for member in archive.infolist()}
            if _BOOK not in members or _RELATIONS not in members:
                return Measured()
            if len(members) != len(archive.infolist()):
                raise _damaged(shown)
            check_ratio(sum(member.file_size for member in members.values()), path.stat().st_size, shown)
            sheet = members.get(_member(archive, members, index))
            if sheet is None:
                return Measured()
            styles = members.get(_STYLES)
            money = money_styles(_xml(archive, styles)) if styles is not None else frozenset[bytes]()
            notes = _Notes(money)
            errors = _glance(notes.passing(_pieces(archive, sheet, shown)))
            if errors is None:
                notes = _Notes(money)
                errors = _measure(notes.passing(_pieces(archive, sheet, shown)), shown)
            columns = frozenset(_number(letters) - 1 for letters in money_columns(notes.formats, money))
            truths = {_number(letters) - 1: count for letters, count in notes.truths.items()}
            return Measured(errors, notes.unvalued, tuple(notes.merged), columns, truths)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, ElementTree.ParseError, zlib.error) as error:
        raise _damaged(shown) from error


def _plain(name: str) -> str:
    """The reader takes either slash, and either case."""
    return name.replace("\\", "/").lower()


def _member(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], index: int) -> str:
    """Where the sheet lies in the archive."""
    sheets = _sheets(archive, members[_BOOK])
    relations = _xml(archive, members[_RELATIONS])
    if index >= len(sheets):
        return ""
    wanted = next((value for key, value in sheets[index].items() if key.endswith("}id")), None)
    target = next((r.get("Target", "") for r in relations.iter() if r.get("Id") == wanted), "").removeprefix("/")
    return _plain(target if target.startswith("xl/") else f"xl/{target}")


def _sheets(archive: zipfile.ZipFile, book: zipfile.ZipInfo) -> list[ElementTree.Element]:
    return [element for element in _xml(archive, book).iter() if element.tag.rpartition("}")[2] == "sheet"]


def _xml(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> ElementTree.Element:
    return ElementTree.fromstring(archive.read(member))  # noqa: S314 (expat bounds entities)


def _pieces(archive: zipfile.ZipFile, sheet: zipfile.ZipInfo, shown: str) -> Iterator[bytes]:
    """The sheet's XML, cut between tags."""
    held = b""
    with archive.open(sheet) as stream:
        while chunk := stream.read(_CHUNK):
            data = held + chunk
            end = data.rfind(b"<")
            if end < 0 or len(data) - end > _LONGEST:
                raise _damaged(shown)
            yield data[:end]
            held = data[end:]
    yield held


def _glance(pieces: Iterator[bytes]) -> int | None:
    """The number of errors where every cell is written as Excel does it, and all of them, empty ones too, are few enough;
    None: a closer look is needed. Several times as fast."""
    letters: set[bytes] = set()
    last = errors = 0
    for data in pieces:
        cells = _USUAL.findall(data)
        if len(cells) != len(_CELL.findall(data)):
            return None
        letters.update(column for column, _ in cells)
        last = max(last, max((int(row) for _, row in cells), default=0))
        if last * max(map(_number, letters), default=0) > _CELLS:
            return None
        errors += len(_USUAL_ERROR.findall(data)) if b't="e"' in data else 0
    return errors


def _measure(pieces: Iterator[bytes], shown: str) -> int:
    row = column = errors = 0
    top, bottom, left, right = 1 << 62, 0, 1 << 62, 0
    for data in pieces:
        for tag, attributes in _TAG.findall(data):
            place = _PLACE.search(attributes)
            if tag == b"row":
                row, column = (int(place[2]) if place else row + 1), 0
                continue
            here, column = (int(place[2]), _number(place[1])) if place else (row, column + 1)
            if attributes.endswith(b"/"):
                continue  # formatted, but empty: it takes no room
            top, bottom = min(top, here), max(bottom, here)
            left, right = min(left, column), max(right, column)
            errors += _ERROR.search(attributes) is not None
        if bottom and (bottom - top + 1) * (right - left + 1) > _CELLS:
            raise UnreadableFile(
                f"{shown}: the sheet spans {bottom - top + 1:,} rows by {right - left + 1:,} columns; "
                f"at most {_CELLS / 1e6:.0f} million cells are read.",
                fix="Delete the cells that lie far outside of the table, or save the sheet as CSV.",
            )
    return errors


@lru_cache(20_000)
def _number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _damaged(shown: str) -> UnreadableFile:
    return UnreadableFile(f"{shown} cannot be read as a workbook.", fix="Open it in Excel and save it again as .xlsx without a password.")
