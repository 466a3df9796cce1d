"""The lines of a text file that hold its table: without a report's title above it, and the totals below."""

from __future__ import annotations

import os
import shutil
from itertools import islice
from pathlib import Path

from workbench.engines.readers.dialect import Dialect

__all__ = ["body_of"]

_BLOCK = 64 << 10


def body_of(path: Path, scratch: Path, dialect: Dialect, footer: int) -> tuple[Path, tuple[str, ...]]:
    """The text (UTF-8) from the header on, without the last ``footer`` lines that are not blank, and those lines. The header ends with a
    delimiter where all other records do."""
    if not (dialect.skip or footer or dialect.trailing):
        return path, ()
    target = scratch / "text.body"
    with path.open(encoding="utf-8-sig", newline="") as stream, target.open("w", encoding="utf-8", newline="") as sink:
        for _ in islice(stream, dialect.skip):
            pass
        if dialect.trailing:
            for line in islice(stream, dialect.blank + 1):
                text = line.rstrip("\r\n")
                sink.write(f"{text}{dialect.delimiter}{line[len(text) :]}" if text else line)
        shutil.copyfileobj(stream, sink, 1 << 20)
    return target, _cut_end(target, footer) if footer else ()


def _cut_end(path: Path, count: int) -> tuple[str, ...]:
    """Cut a file before the last lines that are not blank; what they were."""
    size = path.stat().st_size
    block = _BLOCK
    while True:
        begin = max(size - block, 0)
        with path.open("rb") as stream:
            stream.seek(begin)
            lines = stream.read().splitlines(keepends=True)
        # The first of a block may be the end of a longer one.
        whole = lines[1:] if begin else lines
        filled = [number for number, line in enumerate(whole) if line.strip()]
        if len(filled) >= count or not begin:
            break
        block *= 4
    first = filled[-count:][0] if filled else len(whole)
    left = whole[first:]
    os.truncate(path, size - sum(map(len, left)))
    return tuple(line.decode("utf-8", "replace").strip("\r\n") for line in left if line.strip())
