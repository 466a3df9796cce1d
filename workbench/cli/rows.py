"""Rows on the screen or in a file."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from workbench.core.errors import InvalidInput

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console

    from workbench.catalog.records import TableData

__all__ = ["FORMATS", "format_of", "render_rows", "save", "save_text"]

FORMATS = ("csv", "json", "ndjson", "parquet", "arrow")
_BINARY = ("parquet", "arrow")
_NUMBERS = ("int", "long", "float", "double", "decimal", "bigint", "hugeint", "smallint", "tinyint", "uint")
_CELL = 60


def render_rows(console: Console, data: TableData) -> None:
    """A table of rows with their types, and what was cut."""
    from rich.text import Text

    from workbench.cli import style

    right = [i for i, (_, kind) in enumerate(data.columns) if kind.lower().startswith(_NUMBERS)]
    rows = [[_cell(value) for value in row] for row in data.rows]
    made = style.table([name for name, _ in data.columns], rows, right)
    console.print(made)
    shown = len(data.rows)
    words = f"{shown:,} row{'' if shown == 1 else 's'}"
    if data.cut_at is not None:
        words = f"first {words}; there are more: --limit N, or -o FILE for all"
    console.print(Text(words, style="dim"))


def _cell(value: Any) -> Any:
    from rich.text import Text

    if value is None:
        return Text("null", style="dim")
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | tuple) else str(value)
    # A control character in data must not move the reader's cursor.
    text = "".join(c if c.isprintable() else "·" for c in text)
    return text if len(text) <= _CELL else f"{text[: _CELL - 1]}…"


def format_of(path: Path | None, given: str | None) -> str | None:
    """The format asked for, else the one the file's name says; None: for the screen."""
    if given:
        return given
    if path is None:
        return None
    suffix = path.suffix.lower().lstrip(".")
    known = {"jsonl": "ndjson", "ipc": "arrow", "feather": "arrow", "pq": "parquet"}.get(suffix, suffix)
    if known not in FORMATS:
        raise InvalidInput(f"{path.name} does not say which format is meant.", fix=f"Add --format {' | '.join(FORMATS)}.")
    return known


def save(table: pa.Table, form: str, path: Path | None) -> None:
    """Write rows to a file (which appears when it is complete) or to standard output."""
    if path is None:
        if form in _BINARY and sys.stdout.isatty():
            raise InvalidInput(f"{form} is not for a screen.", fix="Add -o FILE, or pipe it on.")
        _write(table, form, sys.stdout.buffer)
        sys.stdout.flush()
        return
    with _whole(path) as stream:
        _write(table, form, stream)


def save_text(text: str, path: Path) -> None:
    """Write a text to a file, which appears when it is complete."""
    with _whole(path) as stream:
        stream.write(text.encode())


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}.", fix="Choose another folder.") from error
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _write(table: pa.Table, form: str, stream: IO[bytes]) -> None:
    if form == "parquet":
        import pyarrow.parquet as pq

        pq.write_table(table, stream, compression="zstd")
    elif form == "arrow":
        import pyarrow as pa

        with pa.ipc.new_file(stream, table.schema) as writer:
            writer.write_table(table)
    elif form == "csv":
        _write_csv(table, stream)
    else:
        _write_json(table, stream, lines=form == "ndjson")


def _write_csv(table: pa.Table, stream: IO[bytes]) -> None:
    import io

    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    for batch in table.to_batches(max_chunksize=10_000):
        writer.writerows([_plain(v, for_csv=True) for v in row] for row in zip(*(c.to_pylist() for c in batch.columns), strict=True))
    text.detach()


def _write_json(table: pa.Table, stream: IO[bytes], lines: bool) -> None:
    first = True
    if not lines:
        stream.write(b"[")
    for batch in table.to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            text = json.dumps({k: _plain(v) for k, v in row.items()}, ensure_ascii=False)
            before = "" if lines else "\n" if first else ",\n"
            stream.write(f"{before}{text}{chr(10) if lines else ''}".encode())
            first = False
    if not lines:
        stream.write(b"\n]\n" if not first else b"]\n")


def _plain(value: Any, for_csv: bool = False) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if for_csv or (value == value and abs(value) != float("inf")) else None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        plain: Any = {k: _plain(v) for k, v in value.items()}
    elif isinstance(value, list | tuple):
        plain = [_plain(v) for v in value]
    else:
        return value.isoformat() if hasattr(value, "isoformat") else str(value)
    return json.dumps(plain, ensure_ascii=False) if for_csv else plain
