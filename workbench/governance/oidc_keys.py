"""The keys that an identity provider signs with, as it has published them: asked for seldom, and by one caller at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from workbench.core.errors import Unavailable

if TYPE_CHECKING:
    import jwt

__all__ = ["PublishedKeys"]

_KEPT = 3600.0
_AGAIN = 30.0  # who brings an unknown key's name does not make us ask each time
_AFTER_FAILURE = 10.0
_WAITS = 0.3  # for another who asks: tokens that nobody has signed must not take the threads that tell who calls


class PublishedKeys:
    """What was published, by name. Thread-safe.

    Parameters
    ----------
    ask
        Asks the provider. Raises Unavailable where it does not answer, which may take seconds.
    clock
        What time it is, in seconds.
    """

    def __init__(self, ask: Callable[[], Mapping[str, jwt.PyJWK]], clock: Callable[[], float]) -> None:
        self._ask, self._clock = ask, clock
        self._asking = threading.Lock()
        self._found: Mapping[str, jwt.PyJWK] = {}
        self._found_at = self._next_at = float("-inf")

    def named(self, name: str | None) -> jwt.PyJWK | None:
        """The key of that name, or the only one there is where a token says none; None where there is no such key.

        Raises
        ------
        Unavailable
            The provider does not answer, and what it said last is too old to be believed.
        """
        if (name not in self._found or self._age > _KEPT) and self._clock() >= self._next_at and self._asking.acquire(timeout=_WAITS):
            try:
                if self._clock() >= self._next_at:  # nobody else has asked meanwhile
                    self._renew()
            finally:
                self._asking.release()
        # What the provider has taken back is not believed any longer than that; until then one that does not answer keeps what it said.
        if self._age > 2 * _KEPT:
            raise Unavailable("The identity provider does not answer.", fix="Try again in a moment.")
        found = self._found
        return next(iter(found.values())) if name is None and len(found) == 1 else found.get(name or "")

    @property
    def _age(self) -> float:
        return self._clock() - self._found_at

    def _renew(self) -> None:
        self._next_at = self._clock() + _AFTER_FAILURE
        with suppress(Unavailable):
            self._found = self._ask()
            self._found_at = self._clock()
            self._next_at = self._found_at + _AGAIN
