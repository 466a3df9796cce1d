"""Rows between a server and who calls it: an Arrow IPC stream, batch by batch, written alike on both sides."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ARROW_STREAM", "stream_of"]

ARROW_STREAM = "application/vnd.apache.arrow.stream"
_ROWS = 65_536


def stream_of(table: pa.Table) -> Iterator[bytes]:
    """The table as an IPC stream, at most 65,536 rows or about 32 MB a piece. Blocks while it makes a piece. It holds the values
    and nothing that memory held beside them."""
    import pyarrow as pa

    from workbench.engines.emptied import emptied
    from workbench.engines.pieces import pieces

    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        for batch in chain.from_iterable(map(pieces, table.to_batches(max_chunksize=_ROWS))):
            writer.write_batch(emptied(batch))
            yield sink.getvalue()
            sink.seek(0)
            sink.truncate()
    yield sink.getvalue()
