"""Rows in each format, written batch by batch."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

import pyarrow as pa

from workbench.catalog.encode import encode_column, iso_duration, plain_float
from workbench.core.errors import InvalidInput, StorageUnavailable
from workbench.engines.emptied import emptied

__all__ = ["SPOOLED", "Check", "plain_value", "rows_file", "rows_of", "values_of", "write_rows", "writing"]

#: Bytes of a file that stay in memory.
SPOOLED = 8 << 20
#: Called all along while rows are written; raises where that is to end.
Check = Callable[[], None]
_FULL = (errno.ENOSPC, errno.EDQUOT)
_ROW_GROUP = 1 << 20  # as many rows as a Parquet file's parts have by themselves


def _goes_on() -> None:
    """Nobody ends it."""


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Within the block ``what`` is written. A reader of a pipe who has seen enough is no error of ours.

    Raises
    ------
    StorageUnavailable
        The disk is full, or does not take it.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        said = "the disk is full" if error.errno in _FULL else os.strerror(error.errno) if error.errno else str(error)
        raise StorageUnavailable(f"{what} cannot be written: {said}.", fix="Make room there, or take fewer rows.") from error


def write_rows(table: pa.Table, form: str, stream: IO[bytes], check: Check = _goes_on) -> None:
    """Write a table in one of the formats; the stream stays open. ``check`` is called all along, and raises where it is to end.

    CSV holds the values as they are: a text that begins with ``=`` is a formula to some spreadsheets. In Excel's own format every text
    is text.

    Raises
    ------
    TooLarge, InvalidInput
        Excel or Parquet cannot hold it.
    """
    if form == "parquet":
        import pyarrow.parquet as pq

        try:
            with pq.ParquetWriter(stream, table.schema, compression="zstd") as whole:
                for start in range(0, table.num_rows, _ROW_GROUP) or (0,):
                    check()
                    whole.write_table(table.slice(start, _ROW_GROUP))
        except pa.ArrowNotImplementedError as error:
            fix = "Cast it to text or numbers, or take Arrow or CSV."
            raise InvalidInput(f"Parquet has no type for what a column holds: {str(error).splitlines()[0]}", fix=fix) from error
    elif form == "arrow":
        with pa.ipc.new_file(stream, table.schema) as writer:
            for batch in table.to_batches():
                check()
                writer.write_batch(emptied(batch))
    elif form == "csv":
        from workbench.query.export.lines import write_csv

        write_csv(table, stream, check)
    elif form == "xlsx":
        from workbench.query.export.excel import write_excel

        write_excel(table, stream, check)
    else:
        from workbench.query.export.lines import write_json

        write_json(table, stream, form == "ndjson", check)


def rows_file(table: pa.Table, form: str, check: Check = _goes_on) -> IO[bytes]:
    """The same as a file of its own, to be read from its beginning, which is on disk where it is large. Who asked closes it. Raises as
    :func:`write_rows` and :func:`writing` do."""
    stream = cast(IO[bytes], SpooledTemporaryFile(max_size=SPOOLED))  # noqa: SIM115 - who asked closes it
    try:
        with writing("The file with the rows"):
            write_rows(table, form, stream, check)
            stream.seek(0)
    except BaseException:
        stream.close()
        raise
    return stream


def rows_of(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """The rows as Python's values; moments that Python has none for (infinity, the year 10000) as texts."""
    return zip(*map(values_of, batch.columns), strict=True)


def values_of(column: pa.Array) -> list[Any]:
    """A column as Python's values, as :func:`rows_of` gives them."""
    try:
        values: list[Any] = column.to_pylist()
        return values
    except (ValueError, OverflowError):
        return encode_column(column)


def plain_value(value: Any, flat: bool = False) -> Any:
    """A value as JSON has it, a number that JSON has not (NaN, infinity) in the word that answers have for it; ``flat`` makes texts of
    nested ones."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return plain_float(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, pa.MonthDayNano):
        return iso_duration(*value)
    if isinstance(value, dict):
        plain: Any = {key: plain_value(each) for key, each in value.items()}
    elif isinstance(value, list | tuple):
        plain = [plain_value(each) for each in value]
    else:
        return value.isoformat() if hasattr(value, "isoformat") else str(value)
    return json.dumps(plain, ensure_ascii=False) if flat else plain
