"""One sheet of a workbook as fastexcel gives it, here or in a process that may not grow large.

What an .xlsx asks for is told beforehand (:mod:`workbench.engines.readers.sheet`). The older and rarer formats (.xls, .xlsb,
.ods) have several ways to ask for more than a machine has, by declared extents and by repeated cells and rows, and the reader
asks for it at once, which ends the process. So those are read by a process of their own, which the system holds to its limits.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.core.errors import UnreadableFile
from workbench.engines.readers.sheet import too_many_cells

__all__ = ["Sheet", "is_measured", "read_apart", "read_sheet"]

_MEMORY = 3 << 30
_SECONDS = 120
_UNREADABLE = 3  # the process's exit status
_OTHERS = (".xls", ".xla", ".xlsb", ".ods")
_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


@dataclass(frozen=True)
class Sheet:
    """``body`` is the rows below the first, ``header`` the first one's texts. Both are empty where no sheet has the ``name`` asked for."""

    sheets: tuple[str, ...]
    name: str
    header: tuple[str | None, ...]
    body: pa.RecordBatch


def is_measured(path: Path) -> bool:
    """Whether the reader takes the file for an .xlsx, which can be measured: it goes by the name's ending before the content."""
    if path.suffix.lower() in _OTHERS:
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.replace("\\", "/").lower() == "xl/workbook.xml" for name in archive.namelist())
    except zipfile.BadZipFile:
        return False


def read_sheet(path: Path, wanted: str | None, before: Callable[[int], None] = lambda _: None) -> Sheet:
    """Read one sheet, the first where none is named. ``before`` is called with its index before it is loaded.

    Raises
    ------
    fastexcel.FastExcelError
        The file is no workbook.
    """
    import fastexcel

    logging.getLogger("fastexcel").setLevel(logging.ERROR)  # it reports each empty column
    workbook = fastexcel.read_excel(str(path))
    sheets = tuple(workbook.sheet_names)
    name = wanted or sheets[0]
    if name not in sheets:
        return Sheet(sheets, name, (), pa.RecordBatch.from_pylist([]))
    before(sheets.index(name))

    def load(**options: Any) -> pa.RecordBatch:
        return workbook.load_sheet(name, skip_whitespace_tail_rows=True, **options).to_arrow()

    body = load(schema_sample_rows=None)
    first = load(header_row=None, n_rows=1, dtypes="string")
    header = tuple(column[0].as_py() for column in first.columns) if first.num_rows else ()
    return Sheet(sheets, name, header, body)


def read_apart(path: Path, wanted: str | None, shown: str) -> Sheet:
    """:func:`read_sheet` in a process of its own, with at most 3 GB of memory and two minutes of computing.

    Raises
    ------
    UnreadableFile
        It is no workbook, or takes more.
    """
    command = [sys.executable, "-P", "-m", "workbench.engines.readers.workbook", str(path), wanted or ""]
    environment = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=5 * _SECONDS)  # noqa: S603 - our own module
        if done.returncode == _UNREADABLE:
            raise UnreadableFile(
                f"{shown} cannot be read as a workbook.", fix="Open it in Excel and save it again as .xlsx without a password."
            )
        if done.returncode == 0:
            body = pa.ipc.open_stream(done.stdout).read_next_batch()
            told = json.loads((body.schema.metadata or {})[b"sheet"])
            return Sheet(tuple(told["sheets"]), told["name"], tuple(told["header"]), body.replace_schema_metadata(None))
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
    """Read the file named by the first argument, its sheet by the second; write it to standard output as an Arrow stream."""
    import fastexcel

    _hold_to_limits()
    path, wanted = Path(sys.argv[1]), sys.argv[2] or None
    try:
        found = read_sheet(path, wanted)
    except fastexcel.FastExcelError:
        return _UNREADABLE
    if too_many_cells(found.body.num_rows, found.body.num_columns):
        return 1
    told = json.dumps({"sheets": found.sheets, "name": found.name, "header": found.header})
    body = found.body.replace_schema_metadata({"sheet": told})
    with pa.ipc.new_stream(sys.stdout.buffer, body.schema) as sink:
        sink.write_batch(body)
    return 0


if __name__ == "__main__":
    sys.exit(main())
