"""Rows that a process sends, taken in: few are held in memory, many lie in a file of their own, which goes with the last who looks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import IO

import pyarrow as pa

from workbench.engines.duckdb.errors import NO_ROOM, EngineError

__all__ = ["received"]

_IN_MEMORY = 64 << 20  # bytes


def received(stream: IO[bytes], folder: Path) -> pa.Table:
    """The rows of an Arrow stream, of which no more than 64 MB and a batch are held in memory; more are mapped from the folder's disk.

    Raises
    ------
    EngineError
        There is no room for them.
    """
    reader = pa.ipc.open_stream(stream)
    batches: list[pa.RecordBatch] = []
    size = 0
    for batch in reader:
        batches.append(batch)
        size += batch.nbytes
        if size > _IN_MEMORY:
            return _mapped(chain(_taken(batches), reader), reader.schema, folder)
    return pa.Table.from_batches(batches, reader.schema)


def _taken(batches: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    while batches:
        yield batches.pop(0)


def _mapped(batches: Iterable[pa.RecordBatch], schema: pa.Schema, folder: Path) -> pa.Table:
    with _writing():
        descriptor, path = tempfile.mkstemp(".rows", dir=folder)
        os.close(descriptor)
    try:
        _write(batches, schema, path)
        with pa.ipc.open_stream(pa.memory_map(path)) as mapped:
            return mapped.read_all()
    finally:
        # What is mapped stays until nobody holds it.
        with suppress(OSError):
            Path(path).unlink()


def _write(batches: Iterable[pa.RecordBatch], schema: pa.Schema, path: str) -> None:
    with _writing():
        sink = pa.OSFile(path, "wb")
    try:
        writer = pa.ipc.new_stream(sink, schema)
        for batch in batches:
            with _writing():
                writer.write_batch(batch)
        with _writing():
            writer.close()
    finally:
        with suppress(OSError):  # what could not be written has been said
            sink.close()


@contextmanager
def _writing() -> Iterator[None]:
    """The disk's errors, told apart from those of who sends."""
    try:
        yield
    except OSError as error:
        raise EngineError("IO", "There is no room on the disk for the rows.", subtype=NO_ROOM) from error
