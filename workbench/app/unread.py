"""What is wrong in a pipeline's files, as it is told to who may start it and not look at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from workbench.core.errors import InvalidInput, WorkbenchError

__all__ = ["unread"]


@contextmanager
def unread(name: str, reads: bool) -> Iterator[None]:
    """Errors of the block that quote a file of the pipeline say no more than that it is broken, unless the caller ``reads`` it."""
    try:
        yield
    except WorkbenchError as error:
        if reads or "file" not in error.details:
            raise
        fix = "Ask who administers the workspace: what is wrong in its files is told to who may look at it."
        raise InvalidInput(f"The pipeline {name} cannot run as it is now.", fix=fix) from None
