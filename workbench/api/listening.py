"""A client that goes away before its answer: its statement is stopped where it only reads, for nobody will see the rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from workbench.query.tickets import Listener, listening

__all__ = ["left", "listened"]


@asynccontextmanager
async def listened(request: Request) -> AsyncIterator[None]:
    """Statements of the block are for who sent the request, whose body has been read."""
    listener = Listener()
    watch = asyncio.create_task(_watch(request, listener))
    try:
        with listening(listener):
            yield
    finally:
        # Before the answer is sent: who streams it listens for the client's going itself.
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)


async def left(request: Request) -> None:
    """Comes to its end when the client, whose body has been read, goes away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _watch(request: Request, listener: Listener) -> None:
    await left(request)
    # A thread of its own: all those for calls may be taken by what is to be stopped.
    await asyncio.to_thread(listener.leave)
