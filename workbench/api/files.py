"""Files as answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from starlette.responses import StreamingResponse

from workbench.query.export import MEDIA_TYPES

__all__ = ["file_answer"]

_PIECE = 1 << 20


def file_answer(stream: IO[bytes], form: str) -> StreamingResponse:
    """An open file, to be saved by who asked; it is closed at its end."""
    size = stream.seek(0, 2)
    stream.seek(0)
    headers = {"Content-Disposition": f'attachment; filename="rows.{form}"', "Content-Length": str(size)}
    return StreamingResponse(_pieces(stream), media_type=MEDIA_TYPES[form], headers=headers)


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    with stream:
        while piece := stream.read(_PIECE):
            yield piece
