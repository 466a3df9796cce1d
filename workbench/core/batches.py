"""Many values, some at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

__all__ = ["batched"]

T = TypeVar("T")

# Values in one IN (...): databases bind a limited number of them.
_AT_ONCE = 500


def batched(values: Iterable[T], most: int = _AT_ONCE) -> Iterator[list[T]]:
    """The values in their order, at most so many together.

    >>> list(batched("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    left = iter(values)
    while some := list(islice(left, most)):
        yield some
