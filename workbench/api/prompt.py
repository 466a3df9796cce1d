"""uvicorn's HTTP, for clients that take their time: a connection that brings no whole request head, or takes no answer, is cut."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from workbench.api.untaken import untaken

__all__ = ["HEAD_SECONDS", "PromptProtocol"]

#: How long the head of a request may take from its first byte; the first one of a connection from its beginning.
HEAD_SECONDS = 20.0
#: How long a client may take nothing of an answer that waits for it in our memory. A browser takes nothing while it asks where to save it.
STUCK_SECONDS = 300.0


class PromptProtocol(H11Protocol):
    """Connections are cheap, and not free: who opens many and says little by little would hold all there are."""

    _head: asyncio.TimerHandle | None = None
    _looking: asyncio.TimerHandle | None = None
    _left = 0  # bytes that the client had not taken when last looked

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
        self._taken()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._left = self.transport.get_write_buffer_size()
        self._looking = self.loop.call_later(STUCK_SECONDS, self._look)
        state = self.cycle.scope.get("state", {}) if self.cycle is not None else {}
        if (caller := state.get("caller")) is not None:
            untaken.add(caller.principal.name, self, max(self._left, state.get("held", 0)))

    def resume_writing(self) -> None:
        self._taken()
        super().resume_writing()

    def _look(self) -> None:
        left = self.transport.get_write_buffer_size()
        if left >= self._left:
            self.transport.abort()  # to close it would wait for the client
        else:
            self._left = left
            self._looking = self.loop.call_later(STUCK_SECONDS, self._look)

    def _taken(self) -> None:
        untaken.remove(self)
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect(self) -> None:
        if self._head is None:
            self._head = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _arrived(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None
