"""The lines of a text file that hold its table: without a report's title above it, and the totals below."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path

from workbench.engines.readers.dialect import Dialect

__all__ = ["Body", "body_of", "last_lines"]

_BLOCK = 64 << 10


@dataclass(frozen=True)
class Body:
    """The text is at ``path``, without the lines of the ``footer``; so many lines at its end are ``empty``: delimiters alone."""

    path: Path
    footer: tuple[str, ...] = ()
    empty: int = 0

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person should know of the empty lines."""
        if not self.empty:
            return ()
        what = f"The last {self.empty:,} lines have" if self.empty > 1 else "The last line has"
        return (f"{what} nothing but delimiters, taken as missing values. To leave that out, say footer={self.empty}.",)


def body_of(path: Path, scratch: Path, dialect: Dialect, footer: int | None) -> Body:
    """The text (UTF-8) from the header on, without the last ``footer`` lines that are not blank (None: its end is not there). The header
    ends with a delimiter where all other records do."""
    gone: tuple[str, ...] = ()
    if dialect.skip or footer or dialect.trailing:
        path = _copied(path, scratch / "text.body", dialect)
        gone = _cut_end(path, footer) if footer else ()
    return Body(path, gone, _empty_at_end(path, dialect.delimiter) if footer is not None and dialect.width > 1 else 0)


def _copied(path: Path, target: Path, dialect: Dialect) -> Path:
    with path.open(encoding="utf-8-sig", newline="") as stream, target.open("w", encoding="utf-8", newline="") as sink:
        for _ in islice(stream, dialect.skip):
            pass
        if dialect.trailing:
            for line in islice(stream, dialect.blank + 1):
                text = line.rstrip("\r\n")
                sink.write(f"{text}{dialect.delimiter}{line[len(text) :]}" if text else line)
        shutil.copyfileobj(stream, sink, 1 << 20)
    return target


def _empty_at_end(path: Path, delimiter: str) -> int:
    """How many of the last lines, as far as one look goes, have nothing but delimiters."""
    filled = [line for line in last_lines(path, _BLOCK) if line.strip(b"\r\n")]
    return sum(1 for _ in takewhile(lambda line: not line.replace(delimiter.encode(), b"").strip(), reversed(filled)))


def last_lines(path: Path, block: int) -> list[bytes]:
    """The whole lines in the last so many bytes; one at least, where there is one."""
    size = path.stat().st_size
    while True:
        begin = max(size - block, 0)
        with path.open("rb") as stream:
            stream.seek(begin)
            lines = stream.read().splitlines(keepends=True)
        # The first of a block may be the end of a longer one.
        if not begin or len(lines) > 1:
            return lines[1:] if begin else lines
        block *= 4


def _cut_end(path: Path, count: int) -> tuple[str, ...]:
    """Cut a file before the last lines that are not blank; what they were."""
    size, block = path.stat().st_size, _BLOCK
    while True:
        lines = last_lines(path, block)
        filled = [number for number, line in enumerate(lines) if line.strip(b"\r\n")]
        if len(filled) >= count or block >= size:
            break
        block *= 4
    first = filled[-count:][0] if filled else len(lines)
    left = lines[first:]
    os.truncate(path, size - sum(map(len, left)))
    return tuple(line.decode("utf-8", "replace").strip("\r\n") for line in left if line.strip(b"\r\n"))
