"""A line of totals at the end of a large file: known by the files that the engine made, without a look at every value."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.engines.readers.body import last_lines
from workbench.engines.readers.dialect import records
from workbench.engines.readers.doubts import Customs
from workbench.engines.readers.kinds import Kind
from workbench.engines.readers.lines import lines_of_bytes
from workbench.engines.readers.quick import Quick
from workbench.engines.readers.totals import is_total, looks_like_total

__all__ = ["total_below"]

_BLOCK = 64 << 10
Texts = Sequence[str | None]


def total_below(guess: Quick, files: Sequence[Path], rows: int, nulls: Mapping[str, int], aside: Sequence[Texts]) -> tuple[str, ...]:
    """What to say of a last record that is a total of the others, and is not set aside.

    Parameters
    ----------
    rows, nulls
        Of the ``files``; missing values by column.
    aside
        The records that were set aside for a value that does not fit.
    """
    columns, last = guess.columns, _last_record(guess)
    if last is None or not _in_order(guess, files) or len(guess.taken) < len(columns):
        return ()
    byte, texts = last
    if any(not column.takes(text) for column, text in zip(columns, texts, strict=True) if column.kind != Kind.TEXT):
        return ()
    gone = [sum(record[column.place] is None for record in aside) for column in columns]
    missing = [nulls.get(column.name, rows) + more for column, more in zip(columns, gone, strict=True)]
    filled = [count == (text is None) for count, text in zip(missing, texts, strict=True)]

    def above(place: int) -> Iterator[Any]:
        yield from _above_last(files, columns[place].name, rows)
        if aside:
            yield pa.array([record[place] for record in aside], pa.string())

    if not is_total(texts, filled, rows - 1 + len(aside), above, Customs()) or not _is_there(guess, files[-1], texts):
        return ()
    return (looks_like_total("Line", lines_of_bytes(guess.request.path, [byte])[0]),)


def _last_record(guess: Quick) -> tuple[int, list[str | None]] | None:
    """Where the last line that is not blank begins, and its values; None where it is no record by itself."""
    path, dialect = guess.request.path, guess.dialect
    lines, byte = last_lines(path, _BLOCK), path.stat().st_size
    while lines and not lines[-1].strip(b"\r\n"):
        byte -= len(lines.pop())
    if not lines:
        return None
    try:
        text = lines[-1].decode("utf-8").rstrip("\r\n")
        row = next(records([text], dialect.delimiter, dialect.quote, dialect.escape), [])
    except (csv.Error, UnicodeDecodeError):
        return None
    return (byte - len(lines[-1]), [cell or None for cell in row]) if len(row) == dialect.width else None


def _in_order(guess: Quick, files: Sequence[Path]) -> bool:
    """Whether the last record is the last one of the last file: where several threads wrote a file each, nobody knows."""
    return len(files) == 1 or (len(files) > 1 and guess.request.path.stat().st_size <= guess.load.ordered_mb << 20)


def _above_last(files: Sequence[Path], name: str, rows: int) -> Iterator[Any]:
    left = rows - 1
    for batch in (batch for file in files for batch in pq.ParquetFile(file).iter_batches(columns=[name])):
        values = batch.column(0)[: max(left, 0)]
        left -= len(values)
        yield values if pa.types.is_string(values.type) else values.cast(pa.string())


def _is_there(guess: Quick, file: Path, texts: Texts) -> bool:
    """Whether the last row of the file is that record."""
    opened = pq.ParquetFile(file)
    group = opened.read_row_group(opened.num_row_groups - 1)
    row = group.slice(group.num_rows - 1)
    return all(
        column.convert(pa.array([text], pa.string())).equals(row[column.name].combine_chunks())
        for column, text in zip(guess.columns, texts, strict=True)
    )
