"""The statistics of a benchmark: medians of paired ratios with a distribution-free interval."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from workbench.core.records import Record

__all__ = ["Interval", "median_interval"]


class Interval(Record):
    """A median with the order statistics around it. ``coverage`` is the interval's confidence, at least 0.95 where
    the sample is large enough for that (six values or more), else that of the whole range."""

    median: float
    low: float
    high: float
    coverage: float


def median_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Median and its confidence interval from order statistics.

    The number of values below the true median is binomial(n, 1/2), whatever the distribution (Hahn & Meeker,
    *Statistical Intervals*, 1991, section 5.2); the narrowest symmetric pair of order statistics that covers
    ``confidence`` is returned.

    >>> median_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).coverage
    0.96875
    """
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    n = len(ordered)
    rank, coverage = 1, _coverage(n, 1)
    while rank + 1 <= n // 2 and _coverage(n, rank + 1) >= confidence:
        rank += 1
        coverage = _coverage(n, rank)
    return Interval(median=statistics.median(ordered), low=ordered[rank - 1], high=ordered[n - rank], coverage=coverage)


def _coverage(n: int, rank: int) -> float:
    """Confidence of the interval from the rank-th smallest to the rank-th largest of n values."""
    tail: float = sum(math.comb(n, k) for k in range(rank)) / 2**n
    return max(0.0, 1 - 2 * tail)
