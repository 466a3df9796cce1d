"""With which token somebody acts in this thread, and what the log was told there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["acting_token", "entered", "noting", "with_token"]

_token: ContextVar[str | None] = ContextVar("workbench_acting_token", default=None)

_entered: ContextVar[list[int] | None] = ContextVar("workbench_audit_entered", default=None)


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


@contextmanager
def noting() -> Iterator[list[int]]:
    """The numbers of the entries that are made in the block, as they come."""
    noted: list[int] = []
    token = _entered.set(noted)
    try:
        yield noted
    finally:
        _entered.reset(token)


def entered(seq: int) -> None:
    """An entry was made."""
    if (noted := _entered.get()) is not None:
        noted.append(seq)
