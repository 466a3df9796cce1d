"""Rows that somebody sends as an Arrow stream, written anew as what can be believed. What is sent may be made to break who reads it: where
the engine has processes of its own, one of these does."""

from __future__ import annotations

import errno
import shutil
import threading
from contextlib import nullcontext
from pathlib import Path

import pyarrow as pa

from workbench.core.errors import InvalidInput, StorageUnavailable, TooLarge
from workbench.engines.packed import held, in_full

__all__ = ["write_plain"]

_SPARE = 512 << 20  # bytes of the disk
_LARGEST = 1 << 30  # bytes of a packed batch, which is in memory when it is unpacked
_ROWS_A_BYTE, _ROWS = 8, 1_000_000  # a column of booleans has eight; so many may have nothing but missing values
_FULL = (errno.ENOSPC, errno.EDQUOT)
_unpacking = threading.Lock()  # one at a time: each needs memory


def write_plain(path: Path, target: Path, most: int) -> None:
    """The same rows in another file, batch by batch: whole, sound, and with nothing compressed.

    Raises
    ------
    InvalidInput
        It is no stream, is cut short, or its buffers contradict each other (they came from outside: each is checked).
    TooLarge
        What it holds takes more than ``most`` bytes when it is unpacked, or a batch of it more than can be unpacked at once.
    StorageUnavailable
        The disk has no room for it.
    """
    try:
        packed = _is_packed(path, most)
        _write(path, target, most, packed)
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            raise _no_room() from error
        raise InvalidInput(
            "The body is not a whole Arrow IPC stream.", fix="Write it with pyarrow.ipc.new_stream and send all of it."
        ) from error


def _is_packed(path: Path, most: int) -> bool:
    """Whether anything in it is compressed."""
    packed, size, rows = False, 0, 0
    with pa.memory_map(str(path)) as source:
        for message in held(source):
            packed, size, rows = packed or message.packed, size + message.bytes, rows + message.rows
            if size > most or (message.packed and message.bytes > _LARGEST) or rows > size * _ROWS_A_BYTE + _ROWS:
                raise _too_large(min(most, _LARGEST) if message.packed else most)
    if shutil.disk_usage(path.parent).free < size + _SPARE:
        raise _no_room()
    return packed


def _write(path: Path, target: Path, most: int, packed: bool) -> None:
    size = 0
    with (
        pa.OSFile(str(path)) as source,
        pa.ipc.open_stream(source) as reader,
        pa.OSFile(str(target), "wb") as sink,
        pa.ipc.new_stream(sink, reader.schema) as writer,
    ):
        str(reader.schema)  # raises where a name is no text
        while True:
            with _unpacking if packed else nullcontext():
                try:
                    batch = reader.read_next_batch()
                except StopIteration:
                    return
                batch.validate(full=True)
                size += sum(map(in_full, batch.columns))
                if size > most:
                    raise _too_large(most)
                writer.write_batch(batch)


def _no_room() -> StorageUnavailable:
    fix = "Try again later; who administers the workspace frees space on its disk."
    return StorageUnavailable("There is no room for what is sent.", fix=fix)


def _too_large(most: int) -> TooLarge:
    return TooLarge(
        f"The rows take more than the {most >> 20:,} MB, unpacked, that are taken.",
        fix="Send fewer at once, or smaller batches; api.max_upload_mb says how much may come.",
        limit=most,
    )
