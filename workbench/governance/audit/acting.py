"""With which token somebody acts, in this thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["acting_token", "with_token"]

_token: ContextVar[str | None] = ContextVar("workbench_acting_token", default=None)


def acting_token() -> str | None:
    """The token's id; None for who showed none."""
    return _token.get()


@contextmanager
def with_token(token_id: str | None) -> Iterator[None]:
    """What is done in the block is done with this token."""
    before = _token.set(token_id)
    try:
        yield
    finally:
        _token.reset(before)
