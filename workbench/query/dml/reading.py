"""What a caller lets statements write, whatever they would be: a token that only looks at data writes nothing. Imports little.

Of two walls this is one: the service that runs statements refuses such a principal, too, wherever her statement comes from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from workbench.core.errors import Forbidden

__all__ = ["Writing", "check_writing", "writing"]

#: ``rows``: of datasets, and new ones; not what there are and of which columns.
Writing = Literal["all", "rows", "nothing"]

_allowed: ContextVar[Writing] = ContextVar("workbench_writing", default="all")


@contextmanager
def writing(allowed: Writing) -> Iterator[None]:
    """Statements of the block may write this, at most."""
    token = _allowed.set(allowed)
    try:
        yield
    finally:
        _allowed.reset(token)


def check_writing(wanted: Literal["rows", "all"]) -> None:
    """Raises
    ------
    Forbidden
        The block's statements may not write that.
    """
    allowed = _allowed.get()
    if allowed == "nothing":
        raise Forbidden("This token may only look at data.", fix="Use a token of scope 'write'.")
    if allowed == "rows" and wanted == "all":
        raise Forbidden(
            "This token belongs to a run, which may only read and write datasets.", fix="Use a token of scope 'write' outside of a run."
        )
