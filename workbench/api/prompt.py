"""uvicorn's HTTP, for clients that take their time: a connection that brings no whole request head is closed."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["HEAD_SECONDS", "PromptProtocol"]

#: How long the head of a request may take from its first byte; the first one of a connection from its beginning.
HEAD_SECONDS = 20.0


class PromptProtocol(H11Protocol):
    """Connections are cheap, and not free: who opens many and says little by little would hold all there are."""

    _head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        if self._idle():
            self._expect()
        super().data_received(data)
        if not self._idle():
            self._arrived()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        super().connection_lost(exc)

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect(self) -> None:
        if self._head is None:
            self._head = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _arrived(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None
