"""The corpus of nasty files: ``python tests/data/make.py`` writes them, and beside each the table that it means.

The files are checked in, so that what is tested is what is there, not what is made. The tables are written by hand in the modules
beside this one (:mod:`delimited`, :mod:`values`, :mod:`exports`, :mod:`workbook_cases`, :mod:`other_cases`), never taken from our readers.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parent))
import delimited
import exports
import other_cases
import values
import workbook_cases
from cases import EXPECTED, FILES, Case

__all__ = ["CASES", "main"]

CASES: tuple[Case, ...] = (*delimited.CASES, *values.CASES, *workbook_cases.CASES, *other_cases.CASES, *exports.CASES)


def main() -> None:
    """Write all files and tables; what is there already and the same stays as it is, and what no case names goes."""
    FILES.mkdir(exist_ok=True)
    EXPECTED.mkdir(exist_ok=True)
    for case in CASES:
        case.path.parent.mkdir(exist_ok=True)
        if not (case.path.exists() and not case.stable):
            case.path.write_bytes(case.made())
        if case.expect is not None:
            with pa.OSFile(str(case.expected), "wb") as sink, pa.ipc.new_file(sink, case.expect.schema) as writer:
                writer.write_table(case.expect)
    known = {case.path for case in CASES} | {case.expected for case in CASES if case.expect is not None}
    for path in (*FILES.rglob("*"), *EXPECTED.iterdir()):
        if path.is_file() and path not in known:
            path.unlink()
    tables = sum(case.expect is not None for case in CASES)
    sys.stdout.write(f"{len({case.file for case in CASES})} files, {len(CASES)} cases: {tables} tables, {len(CASES) - tables} refused\n")


if __name__ == "__main__":
    main()
