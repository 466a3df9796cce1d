"""Which threads a call is carried out on: long calls have their own, so that they cannot keep short ones (and signing in) waiting."""

from __future__ import annotations

import asyncio
import functools
import os
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.responses import Response

from workbench.api.untaken import untaken
from workbench.core.errors import Unavailable

__all__ = ["HEAVY", "Gone", "InThread", "Lane", "Lanes", "LeftError"]

#: Carries out a blocking function with its arguments on some thread, and gives its answer.
InThread = Callable[..., Awaitable[Response]]

#: Comes to its end when who waits for an answer does so no more.
Gone = Callable[[], Coroutine[Any, Any, None]]


class LeftError(Exception):
    """Who waited in line has gone."""


#: Verbs whose time grows with the data, or that may wait: everything that scans, writes or compacts.
HEAVY = frozenset(
    {
        *(f"query.{verb}" for verb in ("run", "arrow", "export", "explain", "estimate", "validate", "profile", "diff", "ingest")),
        *(f"datasets.{verb}" for verb in ("sample", "read", "write", "publish", "alter", "compact", "expire")),
        *(f"quality.{verb}" for verb in ("profile", "current", "failing", "expect", "propose")),
        *(f"recipes.{verb}" for verb in ("propose", "preview", "apply", "removed", "promote")),
        *(f"ingest.{verb}" for verb in ("stage", "preview", "load", "misfits", "correct", "discard")),
        "catalog.files",
        "catalog.view",
        "compliance.scan",
        *(f"compliance.{verb}" for verb in ("verify_audit", "archive_audit")),
        "compliance.rows",
        *(f"sources.{verb}" for verb in ("test", "tables", "watch", "look")),
        *(f"pipelines.{verb}" for verb in ("run", "run_notebook", "repair", "preview_repair", "rerun")),
        "system.health",
    }
)

# More at once than the machine has processors for makes each slower and none sooner.
_RUNNING = max(4, min(16, 4 * (os.cpu_count() or 1)))
_RUNNING_LIGHT, _RUNNING_LIGHT_EACH, _WAITING_LIGHT_EACH = 24, 8, 200


class Lane:
    """Threads for calls of one sort, shared fairly. For one event loop.

    Who has the fewest calls running is next. And nobody takes more places than are left for others: the more one has, the more must be
    free, so that some who start all they may still leave places for whoever comes next.

    Parameters
    ----------
    running
        How many calls are carried out at once.
    each, waiting_each
        How many of one principal are carried out at once, and how many wait beside those; more are refused.
    """

    def __init__(self, running: int, each: int, waiting_each: int) -> None:
        self._most, self._each, self._admitted_each = running, each, each + waiting_each
        self._threads = CapacityLimiter(running)
        self._admitted: dict[str, int] = {}
        self._running: dict[str, int] = {}
        self._waiting: deque[tuple[str, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def admit(self, who: str, gone: Gone | None = None) -> AsyncIterator[InThread]:
        """A place for one call of a principal, with what carries it out when its turn has come. A call whose client is ``gone`` before that
        leaves the line, and is never carried out.

        Raises
        ------
        Unavailable
            As many calls as may wait do.
        TooManyRequests
            When its turn has come: answers to her wait to be taken.
        LeftError
            The client is gone.
        """
        admitted = self._admitted.get(who, 0)
        if admitted >= self._admitted_each:
            raise Unavailable(
                f"{admitted} of your calls are being carried out or wait already.",
                fix="Try again when some have ended, or stop one with `workbench runs cancel`.",
            )
        self._admitted[who] = admitted + 1

        async def in_thread(function: Callable[..., Response], *args: Any) -> Response:
            await self._turn(who, gone)
            try:
                untaken.check(who)
                return await to_thread.run_sync(functools.partial(function, *args), limiter=self._threads)
            finally:
                self._end(who)

        try:
            yield in_thread
        finally:
            self._admitted[who] -= 1
            if not self._admitted[who]:
                del self._admitted[who]

    async def _turn(self, who: str, gone: Gone | None) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((who, turn))
        self._let_in()
        if turn.done():
            return
        leaving = asyncio.ensure_future(gone()) if gone is not None else None
        try:
            await asyncio.wait({turn, leaving} if leaving is not None else {turn}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if turn.done():  # it was let in at the same moment
                self._end(who)
            raise
        finally:
            if leaving is not None:
                leaving.cancel()
            if not turn.done():
                turn.cancel()
                self._waiting.remove((who, turn))
        if turn.cancelled():
            raise LeftError

    def _end(self, who: str) -> None:
        self._running[who] -= 1
        if not self._running[who]:
            del self._running[who]
        self._let_in()

    def _let_in(self) -> None:
        while found := self._next():
            self._waiting.remove(found)
            who, turn = found
            if not turn.done():
                self._running[who] = self._running.get(who, 0) + 1
                turn.set_result(None)

    def _next(self) -> tuple[str, asyncio.Future[None]] | None:
        free = self._most - sum(self._running.values())
        most = min(self._each, free)
        able = [(who, turn) for who, turn in self._waiting if turn.done() or self._running.get(who, 0) < most]
        # The first of those who have the fewest: the line keeps its order.
        return min(able, key=lambda one: self._running.get(one[0], 0), default=None)


class Lanes:
    """Long calls and short ones, each with threads of their own."""

    def __init__(self, each: int, waiting_each: int) -> None:
        self._heavy = Lane(_RUNNING, each, waiting_each)
        self._light = Lane(_RUNNING_LIGHT, _RUNNING_LIGHT_EACH, _WAITING_LIGHT_EACH)

    def of(self, operation: str) -> Lane:
        """Where a verb is carried out."""
        return self._heavy if operation in HEAVY else self._light
