"""Arrow IPC streams that come in, with checks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import InvalidInput

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["read_stream"]


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
