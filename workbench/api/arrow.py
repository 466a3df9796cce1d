"""Arrow IPC streams that come in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.engines.duckdb import Engine

__all__ = ["read_stream"]

_SECONDS = 600.0


def read_stream(path: Path, most: int, engine: Engine) -> pa.Table:
    """The table in a file that holds an IPC stream, as another file beside it that is mapped rather than copied, and must stay as long as
    the table. It is made in a process of the engine's, where that has any: whatever a stream does to who reads it, others do not notice.

    Raises
    ------
    InvalidInput, TooLarge, StorageUnavailable
        As :func:`workbench.engines.arrived.write_plain`; also where the stream breaks its reader, or takes more memory or time than it may.
    """
    import pyarrow as pa

    from workbench.engines.arrived import write_plain

    plain = path.with_suffix(".plain")
    with engine.reading("", _SECONDS) as opener:
        if opener is None:
            write_plain(path, plain, most)
        else:
            opener.plain(path, plain, most)
    path.unlink()
    with pa.memory_map(str(plain)) as source, pa.ipc.open_stream(source) as reader:
        return reader.read_all()
