"""Arrow IPC streams that come in, with checks."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import InvalidInput, StorageUnavailable, TooLarge

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["read_stream"]

_SPARE = 512 << 20  # bytes of the disk
_LARGEST = 1 << 30  # bytes of a packed batch, which is in memory when it is unpacked
_ROWS_A_BYTE, _ROWS = 8, 1_000_000  # a column of booleans has eight; so many may have nothing but missing values
_unpacking = threading.Lock()  # one at a time: each needs memory


def read_stream(path: Path, most: int) -> pa.Table:
    """The table in a file that holds an IPC stream, mapped rather than copied. The file must stay as long as the table.

    Raises
    ------
    InvalidInput
        It is none, is cut short, or its buffers contradict each other (they came from outside: each is checked).
    TooLarge
        What it holds takes more than ``most`` bytes when it is unpacked, or a batch of it more than can be unpacked at once.
    StorageUnavailable
        The disk has no room to unpack it.
    """
    import pyarrow as pa

    from workbench.engines.packed import in_full

    try:
        if _is_packed(path, most):
            path = _unpacked(path)
        with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as reader:
            table = reader.read_all()
        table.validate(full=True)
        written_out = sum(map(in_full, table.columns))
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(
            "The body is not a whole Arrow IPC stream.", fix="Write it with pyarrow.ipc.new_stream and send all of it."
        ) from error
    if written_out > most:
        raise _too_large(most)
    return table


def _is_packed(path: Path, most: int) -> bool:
    """Whether anything in it is compressed."""
    import pyarrow as pa

    from workbench.engines.packed import held

    packed, size, rows = False, 0, 0
    with pa.memory_map(str(path)) as source:
        for message in held(source):
            packed, size, rows = packed or message.packed, size + message.bytes, rows + message.rows
            if size > most or (message.packed and message.bytes > _LARGEST) or rows > size * _ROWS_A_BYTE + _ROWS:
                raise _too_large(min(most, _LARGEST) if message.packed else most)
    if packed and shutil.disk_usage(path.parent).free < size + _SPARE:
        fix = "Try again later; who administers the workspace frees space on its disk."
        raise StorageUnavailable("There is no room for what is sent.", fix=fix)
    return packed


def _unpacked(path: Path) -> Path:
    """The same beside it, with nothing compressed: what a process holds of it is one batch, and nobody else's meanwhile."""
    import pyarrow as pa

    plain = path.with_suffix(".plain")
    with (
        pa.memory_map(str(path)) as source,
        pa.ipc.open_stream(source) as reader,
        pa.OSFile(str(plain), "wb") as sink,
        pa.ipc.new_stream(sink, reader.schema) as writer,
    ):
        while True:
            with _unpacking:
                try:
                    writer.write_batch(reader.read_next_batch())
                except StopIteration:
                    return plain


def _too_large(most: int) -> TooLarge:
    return TooLarge(
        f"The rows take more than the {most >> 20:,} MB, unpacked, that are taken.",
        fix="Send fewer at once, or smaller batches; api.max_upload_mb says how much may come.",
        limit=most,
    )
