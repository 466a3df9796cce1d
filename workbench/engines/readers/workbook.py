"""One sheet of a workbook as fastexcel gives it, here or in a process that may not grow large.

What an .xlsx asks for is told beforehand (:mod:`workbench.engines.readers.sheet`). The older and rarer formats (.xls, .xlsb,
.ods) have several ways to ask for more than a machine has, by declared extents and by repeated cells and rows, and the reader
asks for it at once, which ends the process. So those are read by a process of their own, which the system holds to its limits.
"""

from __future__ import annotations

import json
import logging
import mmap
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.core.errors import UnreadableFile
from workbench.engines.readers.fitting import as_text
from workbench.engines.readers.sheet import first_shown, too_many_cells
from workbench.engines.readers.sheet_layout import HEAD_ROWS, Area, Layout, find_layout
from workbench.engines.readers.zipped import open_zip

__all__ = ["Sheet", "Wanted", "by_content", "is_measured", "no_workbook", "read_apart", "read_sheet"]

_MEMORY = 3 << 30
_SECONDS = 120
_UNREADABLE = 3  # the process's exit status
_OTHERS = (".xls", ".xla", ".xlsb", ".ods")
# What only a workbook of a kind has in it, and the endings of its name.
_KINDS = {"xl/workbook.xml": (".xlsx", ".xlsm", ".xlam"), "xl/workbook.bin": (".xlsb",), "content.xml": (".ods",)}
_OLD, _OLD_ENDINGS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", (".xls", ".xla")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


@dataclass(frozen=True)
class Wanted:
    """Which sheet, and what a person said of where its table begins and ends."""

    sheet: str | None = None
    skip: int = 0
    header: bool | None = None
    footer: int = 0


@dataclass(frozen=True)
class Sheet:
    """``body`` is the rows of data, ``layout`` where they begin, ``left`` the sheet's column (from 0) that is the body's first. The body is
    empty where no sheet has the ``name`` asked for. ``footer`` has the rows at the end that are no data, as a person said."""

    sheets: tuple[str, ...]
    name: str
    layout: Layout
    left: int
    body: pa.RecordBatch
    footer: tuple[str, ...] = ()


def by_content(path: Path, scratch: Path) -> tuple[Path, str | None]:
    """The workbook under a name that does not mislead the reader, which goes by the name's ending before the content; and the ending that
    it should have, where it has another."""
    found = _endings(path)
    if not found or not path.suffix or path.suffix.lower() in found:
        return path, None
    link = scratch / "workbook"
    link.unlink(missing_ok=True)
    link.symlink_to(path.absolute())
    return link, found[0]


def _endings(path: Path) -> tuple[str, ...]:
    """Those that a workbook of this content may have; none where that is not sure."""
    with path.open("rb") as stream:
        if stream.read(len(_OLD)) == _OLD:
            return _OLD_ENDINGS
    kinds = _kinds(path)
    return kinds[0] if len(kinds) == 1 else ()


def _kinds(path: Path) -> list[tuple[str, ...]]:
    try:
        with open_zip(path) as archive:
            names = {name.replace("\\", "/").lower() for name in archive.namelist()}
    except zipfile.BadZipFile:
        return []
    return [endings for name, endings in _KINDS.items() if name in names]


def is_measured(path: Path) -> bool:
    """Whether the reader takes the file for an .xlsx, which can be measured: it goes by the name's ending before the content."""
    return path.suffix.lower() not in _OTHERS and _kinds(path) == [_KINDS["xl/workbook.xml"]]


def no_workbook(path: Path, shown: str) -> UnreadableFile:
    """Why a file that is called a workbook is not read."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content[: len(_OLD)] == _OLD and content.find(_ENCRYPTED) >= 0:
            fix = "Open it in Excel, take the password off (File, Info, Protect Workbook, Encrypt), and save it."
            return UnreadableFile(f"{shown} is protected by a password.", fix=fix)
    return UnreadableFile(f"{shown} cannot be read as a workbook.", fix="Open it in Excel and save it again as .xlsx without a password.")


def read_sheet(path: Path, wanted: Wanted, before: Callable[[int], tuple[Area, ...]] = lambda _: ()) -> Sheet:
    """Read one sheet, the first that is shown where none is named. ``before`` is called with its index before it is loaded, and tells its
    merged cells.

    Raises
    ------
    fastexcel.FastExcelError
        The file is no workbook.
    """
    import fastexcel

    logging.getLogger("fastexcel").setLevel(logging.ERROR)  # it reports each empty column
    workbook = fastexcel.read_excel(str(path))
    sheets = tuple(workbook.sheet_names)
    name = wanted.sheet or first_shown(path, sheets)
    if name not in sheets:
        return Sheet(sheets, name, Layout(0, True), 0, pa.RecordBatch.from_pylist([]))
    areas = before(sheets.index(name))

    def load(**options: Any) -> tuple[pa.RecordBatch, int]:
        sheet = workbook.load_sheet(name, skip_whitespace_tail_rows=True, **options)
        columns = sheet.available_columns()
        return sheet.to_arrow(), columns[0].absolute_index if columns else 0

    head, left = load(header_row=None, skip_rows=0, n_rows=max(HEAD_ROWS, wanted.skip + 8), dtypes="string")
    rows = list(zip(*(column.to_pylist() for column in head.columns), strict=True))
    shifted = [Area(area.top, area.left - left, area.bottom, area.right - left) for area in areas]
    layout = find_layout(rows, shifted, wanted.skip, wanted.header)
    # Without a header, "all rows before" is what is skipped; with one, the header's row comes to that.
    place = {"header_row": layout.skip} if layout.header else {"header_row": None, "skip_rows": layout.skip}
    if layout.skip >= len(rows):
        return Sheet(sheets, name, layout, left, pa.RecordBatch.from_pylist([]))
    body = load(schema_sample_rows=None, **place)[0]
    if not wanted.footer:
        return Sheet(sheets, name, layout, left, body)
    filled = [number for number, row in enumerate(_texts(body)) if any(row)]
    first = filled[-wanted.footer :][0] if filled else 0
    footer = tuple(" ".join(filter(None, row)) for row in _texts(body.slice(first)) if any(row))
    # Once more, since words in a last row make text of numbers above them.
    kept = load(schema_sample_rows=None, n_rows=first, **place)[0] if first else body.slice(0, 0)
    return Sheet(sheets, name, layout, left, kept, footer)


def _texts(rows: pa.RecordBatch) -> list[tuple[str | None, ...]]:
    return list(zip(*(as_text(column).to_pylist() for column in rows.columns), strict=True))


def read_apart(path: Path, wanted: Wanted, shown: str) -> Sheet:
    """:func:`read_sheet` in a process of its own, with at most 3 GB of memory and two minutes of computing.

    Raises
    ------
    UnreadableFile
        It is no workbook, or takes more.
    """
    command = [sys.executable, "-P", "-m", "workbench.engines.readers.workbook", str(path), json.dumps(asdict(wanted))]
    environment = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=5 * _SECONDS)  # noqa: S603 - our own module
        if done.returncode == _UNREADABLE:
            raise no_workbook(path, shown)
        if done.returncode == 0:
            body = pa.ipc.open_stream(done.stdout).read_next_batch()
            told = json.loads((body.schema.metadata or {})[b"sheet"])
            layout = Layout(told["skip"], told["header"], tuple(told["names"]), tuple(told["titles"]))
            footer = tuple(told["footer"])
            return Sheet(tuple(told["sheets"]), told["name"], layout, told["left"], body.replace_schema_metadata(None), footer)
    except (subprocess.TimeoutExpired, pa.ArrowException, StopIteration):
        pass
    raise UnreadableFile(
        f"{shown} is damaged, or takes more than {_MEMORY >> 30} GB of memory or {_SECONDS} seconds to read.",
        fix="Open it in Excel, delete the cells that lie far outside of the table, and save it as .xlsx.",
    )


def _hold_to_limits() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Private memory that can be written: what libraries only reserve does not count.
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))


def main() -> int:
    """Read the file named by the first argument as the second says; write the sheet to standard output as an Arrow stream."""
    import fastexcel

    _hold_to_limits()
    path, wanted = Path(sys.argv[1]), Wanted(**json.loads(sys.argv[2]))
    try:
        found = read_sheet(path, wanted)
    except fastexcel.FastExcelError:
        return _UNREADABLE
    if too_many_cells(found.body.num_rows, found.body.num_columns):
        return 1
    told = json.dumps({"sheets": found.sheets, "name": found.name, "left": found.left, "footer": found.footer, **asdict(found.layout)})
    body = found.body.replace_schema_metadata({"sheet": told})
    with pa.ipc.new_stream(sys.stdout.buffer, body.schema) as sink:
        sink.write_batch(body)
    return 0


if __name__ == "__main__":
    sys.exit(main())
