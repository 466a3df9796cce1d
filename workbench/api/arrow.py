"""Arrow IPC streams, out batch by batch and in with checks."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import InvalidInput

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["MEDIA_TYPE", "read_stream", "stream_of"]

MEDIA_TYPE = "application/vnd.apache.arrow.stream"
_ROWS = 65_536


def stream_of(table: pa.Table) -> Iterator[bytes]:
    """The table as an IPC stream, at most 65,536 rows or about 32 MB a piece. Blocks while it makes a piece."""
    import pyarrow as pa

    from workbench.engines.pieces import pieces

    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        for batch in chain.from_iterable(map(pieces, table.to_batches(max_chunksize=_ROWS))):
            writer.write_batch(batch)
            yield sink.getvalue()
            sink.seek(0)
            sink.truncate()
    yield sink.getvalue()


def read_stream(path: Path) -> pa.Table:
    """The table in a file that holds an IPC stream, mapped rather than copied. The file must stay as long as the table.

    Raises
    ------
    InvalidInput
        It is none, is cut short, or its buffers contradict each other (they came from outside: each is checked).
    """
    import pyarrow as pa

    try:
        with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as reader:
            table = reader.read_all()
        table.validate(full=True)
    except (pa.ArrowInvalid, OSError) as error:
        raise InvalidInput(
            "The body is not a whole Arrow IPC stream.", fix="Write it with pyarrow.ipc.new_stream and send all of it."
        ) from error
    return table
