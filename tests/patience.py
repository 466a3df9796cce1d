"""Tests that hold on a slow machine: they wait for what happens, not for a time after which it should have, and know how fast it is."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from workbench.core.beside import beside

__all__ = ["interrupting", "pressing", "slower", "wait_until"]

# Processor seconds of `_work` where the tests' limits were set.
_NOMINAL = 0.0125


def wait_until(condition: Callable[[], object], seconds: float = 60, every: float = 0.02, what: str = "it") -> None:
    """Return as soon as the condition is true. ``seconds`` are there for what never comes."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not come about in {seconds} s"
        time.sleep(every)


@contextlib.contextmanager
def interrupting(engine: Any, run_id: str | None = None, begun: Callable[[], object] | None = None, pause: float = 0.3) -> Iterator[None]:
    """Inside, somebody stops what the engine does for the run: a moment after it has ``begun`` (by default: the engine knows of something
    that runs), and again until there was something to stop."""
    begun = begun or (lambda: engine._running)

    def insist(over: threading.Event) -> None:
        while not begun() and not over.wait(0.01):
            pass
        over.wait(pause)
        while not over.is_set() and not engine.interrupt(run_id):
            over.wait(0.01)

    with beside(insist, "interrupting"):
        yield


@contextlib.contextmanager
def pressing(
    press: Callable[[], object], begun: Callable[[], object] = lambda: True, first: float = 0.0, every: float = 3.0
) -> Iterator[None]:
    """Inside, somebody presses a button ``first`` seconds after it has ``begun``, and again as a person does who sees nothing happen."""

    def insist(over: threading.Event) -> None:
        while not begun() and not over.wait(0.01):
            pass
        pause = first
        while not over.wait(pause):
            press()
            pause = every

    with beside(insist, "pressing"):
        yield


def slower() -> float:
    """How many times more processor time work takes here and now than where the tests' limits were set; at least 1.

    It is measured each time: a core that others share, or one that has become hot, takes more for the same.
    """
    return max(1.0, *(_spent() / _NOMINAL for _ in range(3)))


def _spent() -> float:
    began = time.thread_time()
    _work()
    return time.thread_time() - began


def _work() -> int:
    words: dict[str, int] = {}
    for number in range(60_000):
        word = f"{number % 997}"
        words[word] = words.get(word, 0) + len(word)
    return sum(words.values())
