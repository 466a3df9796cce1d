"""Rows in each format, written batch by batch."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

import pyarrow as pa

from workbench.catalog.encode import encode_column

__all__ = ["plain_value", "rows_file", "rows_of", "write_rows"]

_BATCH = 10_000  # rows
_SPOOLED = 8 << 20  # bytes that stay in memory


def write_rows(table: pa.Table, form: str, stream: IO[bytes]) -> None:
    """Write a table in one of the formats; the stream stays open.

    CSV holds the values as they are: a text that begins with ``=`` is a formula to some spreadsheets. In Excel's own format every text
    is text.

    Raises
    ------
    TooLarge, InvalidInput
        Excel cannot hold it.
    """
    if form == "parquet":
        import pyarrow.parquet as pq

        pq.write_table(table, stream, compression="zstd")
    elif form == "arrow":
        with pa.ipc.new_file(stream, table.schema) as writer:
            writer.write_table(table)
    elif form == "csv":
        _write_csv(table, stream)
    elif form == "xlsx":
        from workbench.query.export.excel import write_excel

        write_excel(table, stream)
    else:
        _write_json(table, stream, lines=form == "ndjson")


def rows_file(table: pa.Table, form: str) -> IO[bytes]:
    """The same as a file of its own, to be read from its beginning, which is on disk where it is large. Who asked closes it. Raises as
    :func:`write_rows` does."""
    stream = cast(IO[bytes], SpooledTemporaryFile(max_size=_SPOOLED))  # noqa: SIM115 - who asked closes it
    try:
        write_rows(table, form, stream)
        stream.seek(0)
    except BaseException:
        stream.close()
        raise
    return stream


def _write_csv(table: pa.Table, stream: IO[bytes]) -> None:
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    for batch in table.to_batches(max_chunksize=_BATCH):
        writer.writerows([plain_value(value, flat=True) for value in row] for row in rows_of(batch))
    text.detach()


def _write_json(table: pa.Table, stream: IO[bytes], lines: bool) -> None:
    first = True
    if not lines:
        stream.write(b"[")
    for row in _mappings(table):
        text = json.dumps({key: plain_value(value) for key, value in row.items()}, ensure_ascii=False)
        before = "" if lines else "\n" if first else ",\n"
        stream.write(f"{before}{text}{chr(10) if lines else ''}".encode())
        first = False
    if not lines:
        stream.write(b"\n]\n" if not first else b"]\n")


def rows_of(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """The rows as Python's values; moments that Python has none for (infinity, the year 10000) as texts."""
    return zip(*map(_values, batch.columns), strict=True)


def _values(column: pa.Array) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
        return values
    except (ValueError, OverflowError):
        return encode_column(column)


def _mappings(table: pa.Table) -> Iterator[dict[str, Any]]:
    # Two columns may have the same name, and a mapping would hold the second one only.
    names = _apart(table.column_names)
    for batch in table.to_batches(max_chunksize=_BATCH):
        for row in rows_of(batch):
            yield dict(zip(names, row, strict=True))


def _apart(names: list[str]) -> list[str]:
    """The same names, those that were there before with a number.

    >>> _apart(["a", "b", "a"])
    ['a', 'b', 'a_2']
    """
    taken = set(names)
    seen: set[str] = set()
    found = []
    for name in names:
        given, number = name, 1
        while given in seen or (number > 1 and given in taken):
            number += 1
            given = f"{name}_{number}"
        seen.add(given)
        found.append(given)
    return found


def plain_value(value: Any, flat: bool = False) -> Any:
    """A value as JSON has it; ``flat`` makes texts of nested ones."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if flat or (value == value and abs(value) != float("inf")) else None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        plain: Any = {key: plain_value(each) for key, each in value.items()}
    elif isinstance(value, list | tuple):
        plain = [plain_value(each) for each in value]
    else:
        return value.isoformat() if hasattr(value, "isoformat") else str(value)
    return json.dumps(plain, ensure_ascii=False) if flat else plain
