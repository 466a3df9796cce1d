"""Which threads a call is carried out on: long calls have their own, so that they cannot keep short ones (and signing in) waiting."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.responses import Response

from workbench.core.errors import Unavailable

__all__ = ["HEAVY", "HeavyLane", "InThread"]

#: Carries out a blocking function with its arguments on some thread, and gives its answer.
InThread = Callable[..., Awaitable[Response]]

#: Verbs whose time grows with the data, or that may wait: everything that scans, writes or compacts.
HEAVY = frozenset(
    {
        *(f"query.{verb}" for verb in ("run", "arrow", "export", "explain", "ingest")),
        *(f"datasets.{verb}" for verb in ("sample", "read", "write", "publish", "alter", "compact", "expire")),
        *(f"quality.{verb}" for verb in ("profile", "current", "failing", "expect", "propose")),
        *(f"recipes.{verb}" for verb in ("propose", "preview", "apply", "removed", "promote")),
        *(f"ingest.{verb}" for verb in ("stage", "preview", "load", "misfits", "correct", "discard")),
        "catalog.files",
        "compliance.rows",
        *(f"sources.{verb}" for verb in ("test", "tables", "watch", "look")),
        "pipelines.run",
        "system.health",
    }
)

_RUNNING = 16
# Less than all, so that one person's calls leave room for another's.
_RUNNING_EACH = 8
_ADMITTED_EACH = 32


class HeavyLane:
    """Threads for long calls: a few for each principal, a limited line before them, and a refusal beyond that."""

    def __init__(self) -> None:
        self._threads = CapacityLimiter(_RUNNING)
        self._turns: dict[str, CapacityLimiter] = {}
        self._admitted: dict[str, int] = {}

    @asynccontextmanager
    async def admit(self, who: str) -> AsyncIterator[InThread]:
        """A place for one call of a principal, with what carries it out when its turn has come.

        Raises
        ------
        Unavailable
            As many calls as may wait do.
        """
        admitted = self._admitted.get(who, 0)
        if admitted >= _ADMITTED_EACH:
            raise Unavailable(
                f"{admitted} of your calls are being carried out or wait already.",
                fix="Try again when some have ended, or stop one with `workbench runs cancel`.",
            )
        self._admitted[who] = admitted + 1
        turns = self._turns.setdefault(who, CapacityLimiter(_RUNNING_EACH))

        async def in_thread(function: Callable[..., Response], *args: Any) -> Response:
            async with turns:
                return await to_thread.run_sync(functools.partial(function, *args), limiter=self._threads)

        try:
            yield in_thread
        finally:
            self._admitted[who] -= 1
            if not self._admitted[who]:
                del self._admitted[who], self._turns[who]
