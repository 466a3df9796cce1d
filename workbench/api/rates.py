"""How often each user may call: a bucket that fills steadily, and is emptied by a cup a call."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from workbench.core.errors import TooManyRequests

__all__ = ["Rates"]

_MOST = 10_000


class Rates:
    """One bucket for each user, of ``burst`` calls, filled with ``each_second``. For one thread.

    >>> moment = 0.0
    >>> rates = Rates(2, 3, lambda: moment)
    >>> [rates.wait("ada") for _ in range(4)], rates.wait("bob")
    ([0.0, 0.0, 0.0, 0.5], 0.0)
    >>> moment = 1.0
    >>> [rates.wait("ada") for _ in range(3)]
    [0.0, 0.0, 0.5]
    >>> rates.spend("bob", 0.5), rates.wait("bob")
    (None, 0.0)
    >>> rates.spend("bob", 0.5)
    Traceback (most recent call last):
    workbench.core.errors.TooManyRequests: So much at once is not taken in from one caller. Call again in 1 s, or send less.
    """

    def __init__(self, each_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = each_second, float(burst), clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, who: str) -> float:
        """Seconds until ``who`` may call; 0: now, and this call is counted."""
        moment = self._clock()
        left, at = self._buckets.pop(who, (self._burst, moment))
        left = min(self._burst, left + (moment - at) * self._rate)
        wait = 0.0 if left >= 1 else (1 - left) / self._rate
        self._buckets[who] = (left - 1 if not wait else left, moment)
        if len(self._buckets) > _MOST:  # who has not called for the longest has a full one again
            self._buckets.popitem(last=False)
        return wait

    def spend(self, who: str, share: float) -> None:
        """Take a ``share`` of a whole bucket for what a call of hers brings beside itself.

        Raises
        ------
        TooManyRequests
            There is not so much in it.
        """
        moment = self._clock()
        left, at = self._buckets.get(who, (self._burst, moment))
        left = min(self._burst, left + (moment - at) * self._rate) - share * self._burst
        if left < 0:
            wait = math.ceil(-left / self._rate)
            told = "So much at once is not taken in from one caller."
            raise TooManyRequests(told, fix=f"Call again in {wait} s, or send less.", retry_after=wait)
        self._buckets[who] = (left, moment)

    def check(self, who: str) -> None:
        """Count a call.

        Raises
        ------
        TooManyRequests
            It is one too many.
        """
        if wait := self.wait(who):
            raise TooManyRequests(
                "So many calls a second are not carried out for one caller.",
                fix=f"Call again in {math.ceil(wait)} s, or ask for more at once.",
                retry_after=math.ceil(wait),
            )
