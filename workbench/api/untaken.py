"""Answers that their clients have not taken yet. They stand in our memory, and each ends its call: no bound of calls at once holds them."""

from __future__ import annotations

from typing import Any

from workbench.core.errors import TooManyRequests

__all__ = ["Untaken", "untaken"]

# Of one principal: answers, and bytes of more than one of them.
_MOST, _MOST_BYTES = 32, 512 << 20
_COME_AGAIN = 5  # seconds


class Untaken:
    """What stands in memory for each principal, by the connection that it waits for. For one event loop.

    >>> mine = Untaken()
    >>> mine.add("ada", "connection 1", 600 << 20)
    >>> mine.check("ada")
    >>> mine.add("ada", "connection 2", 1)
    >>> mine.check("ada")
    Traceback (most recent call last):
    workbench.core.errors.TooManyRequests: 2 answers to you wait to be taken (629 MB). Take them, or close their connections.
    >>> mine.remove("connection 1")
    >>> mine.check("ada")
    """

    def __init__(self) -> None:
        self._of: dict[Any, str] = {}
        self._held: dict[str, dict[Any, int]] = {}

    def add(self, who: str, connection: Any, size: int) -> None:
        """An answer of about so many bytes waits for the connection."""
        self.remove(connection)
        self._of[connection] = who
        self._held.setdefault(who, {})[connection] = size

    def remove(self, connection: Any) -> None:
        """It has been taken, or the connection is no more."""
        if (who := self._of.pop(connection, None)) is not None:
            del self._held[who][connection]
            if not self._held[who]:
                del self._held[who]

    def check(self, who: str) -> None:
        """Whether another answer may be made for somebody.

        Raises
        ------
        TooManyRequests
            Too much waits for her already.
        """
        held = self._held.get(who, {})
        size = sum(held.values())
        if len(held) >= _MOST or (len(held) > 1 and size >= _MOST_BYTES):
            told = f"{len(held)} answers to you wait to be taken ({size // 1_000_000:,} MB)."
            raise TooManyRequests(told, fix="Take them, or close their connections.", retry_after=_COME_AGAIN)


#: Those of this process, which are as many as it has connections.
untaken = Untaken()
