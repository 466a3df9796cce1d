"""Waiting for DuckDB so that Ctrl-C, or a notebook's stop button, always gets through."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

__all__ = ["ctrl_c", "interruptible"]

T = TypeVar("T")


def interruptible(work: Callable[[], T], stop: Callable[[], None]) -> T:
    """Do ``work`` and return what it gives. A KeyboardInterrupt meanwhile calls ``stop``, waits for the end of the work, and is raised.

    DuckDB looks for signals at some points only, and misses those that come while it fetches. Signals reach the main thread
    alone, so there the work is done in a thread of its own; elsewhere it is just done.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    outcome: dict[str, Any] = {}

    def run() -> None:
        try:
            outcome["value"] = work()
        except BaseException as error:
            outcome["error"] = error

    thread = threading.Thread(target=run, name="duckdb-statement", daemon=True)
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        stop()
        thread.join()
        raise
    if "error" in outcome:
        raise outcome["error"]
    value: T = outcome["value"]
    return value


@contextmanager
def ctrl_c() -> Iterator[None]:
    """For short calls of DuckDB on the main thread: what its Python client says after Ctrl-C becomes the usual KeyboardInterrupt."""
    try:
        yield
    except RuntimeError as error:
        if "interrupted" not in str(error):
            raise
        raise KeyboardInterrupt from None
