"""How far long work has come, told to who waits for it in this thread; the work need not know who that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["tell", "told_to"]

_listener: ContextVar[Callable[[int, int], None] | None] = ContextVar("workbench_listener", default=None)


@contextmanager
def told_to(listener: Callable[[int, int], None]) -> Iterator[None]:
    """In the block, ``listener`` is called with what is done and what there is to do.

    >>> with told_to(lambda done, total: print(f"{done} of {total}")):
    ...     tell(2, 5)
    2 of 5
    >>> tell(3, 5)
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(done: int, total: int) -> None:
    """So much is done; nothing happens where nobody listens."""
    listener = _listener.get()
    if listener is not None:
        listener(done, total)
