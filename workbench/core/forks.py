"""Objects with threads, locks or connections that a forked child must not take for its own."""

from __future__ import annotations

import os
import weakref
from typing import Protocol

__all__ = ["Forked", "tell_forks"]


class Forked(Protocol):
    """What has something of its process's own."""

    def after_fork(self) -> None:
        """In the child: let go of what is the parent's."""


_told: weakref.WeakSet[Forked] = weakref.WeakSet()


def tell_forks(owner: Forked) -> None:
    """Call ``owner.after_fork()`` in every child that is forked while the owner lives.

    >>> class Connections:
    ...     def after_fork(self) -> None:
    ...         self.open = []
    >>> mine = Connections()
    >>> tell_forks(mine)
    """
    _told.add(owner)


def _after_fork() -> None:
    for owner in list(_told):
        owner.after_fork()


os.register_at_fork(after_in_child=_after_fork)
