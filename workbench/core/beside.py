"""Something that goes on beside a block."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["beside"]


@contextmanager
def beside(work: Callable[[threading.Event], object], name: str) -> Iterator[None]:
    """Do ``work`` in a thread of its own (of that ``name``) while the block runs. It is given an event that is set when the block is
    over, ends then by itself, and is waited for.

    >>> seen = []
    >>> with beside(lambda over: seen.append(over.wait(60)), "example"):
    ...     pass
    >>> seen
    [True]
    """
    over = threading.Event()
    thread = threading.Thread(target=work, args=(over,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
