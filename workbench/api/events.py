"""`GET /api/events/stream`: the run log as it grows, as server-sent events.

``id:`` is the event's ``seq``. ``Last-Event-ID`` (or ``after=``) resumes; without it the stream begins now. A comment every
few seconds keeps proxies from closing the connection. One thread watches the log for all streams of the process.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from workbench.api.auth import Authenticator, Caller
from workbench.api.backend import Backend
from workbench.api.errors import ErrorBody
from workbench.api.scopes import check_limits
from workbench.core.errors import Forbidden, TooManyRequests
from workbench.core.principals import Principal
from workbench.core.telemetry import get_logger
from workbench.governance.governed import check_verb
from workbench.governance.policy.held import one_policy
from workbench.governance.seen import SeenRuns
from workbench.runs.records import RunEvent

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

__all__ = ["EventHub", "event_routes"]

# Also how soon a stream ends whose token was revoked, whether the log is busy or not.
_HEARTBEAT = 5.0
_PAGE = 500
# A client that reconnects loses nothing, so a stream need not outlive what was known when it began by much.
_LONGEST = 3600.0
_TURN = 1.0
# Of one person at once: each holds a connection, of which the server has not many, and looks into the log whenever that grows.
_MOST_EACH = 64
_COME_AGAIN = 10.0  # seconds

log = get_logger("api.events")


class EventHub:
    """Wakes all streams when the log has grown. The watching thread runs only while somebody listens."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._waiters: set[asyncio.Event] = set()
        self._task: asyncio.Task[None] | None = None
        self._open: Counter[str] = Counter()

    def open(self, who: str) -> None:
        """Count a stream of a person's, until it is closed.

        Raises
        ------
        TooManyRequests
            She has as many open as one may have.
        """
        if self._open[who] >= _MOST_EACH:
            told = f"{_MOST_EACH} streams of yours are open already."
            raise TooManyRequests(told, fix="Close some of them, or the pages that hold them.", retry_after=_COME_AGAIN)
        self._open[who] += 1

    def close(self, who: str) -> None:
        """One of hers is open no more."""
        self._open[who] -= 1
        if not self._open[who]:
            del self._open[who]

    def join(self) -> asyncio.Event:
        """An event that is set whenever there may be something new."""
        waiter = asyncio.Event()
        self._waiters.add(waiter)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())
        return waiter

    def leave(self, waiter: asyncio.Event) -> None:
        """Stop being woken."""
        self._waiters.discard(waiter)

    async def _watch(self) -> None:
        last: int | None = None
        while self._waiters and not self._backend.stopping.is_set():
            try:
                if last is None:
                    last = await run_in_threadpool(lambda: self._backend.log.last())
                elif await run_in_threadpool(self._backend.log.wait, last, _TURN):
                    last = await run_in_threadpool(self._backend.log.last)
                else:
                    continue
            except Exception:
                log.exception("the log cannot be watched")
                await asyncio.sleep(_TURN)
                continue
            self._wake()
        self._wake()

    def _wake(self) -> None:
        for waiter in self._waiters:
            waiter.set()


def event_routes(backend: Backend, authenticator: Authenticator) -> APIRouter:
    """The route of the live stream."""
    router = APIRouter()
    hub = EventHub(backend)

    @router.get(
        "/api/events/stream",
        operation_id="system.stream",
        tags=["system"],
        summary="Events as they happen (server-sent events).",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}, "description": "One event a message."}, "4XX": {"model": ErrorBody}},
    )
    async def stream(request: Request, after: Annotated[int | None, Query(ge=0, lt=2**63)] = None) -> StreamingResponse:
        caller: Caller = request.state.caller
        if caller.scope == "run":
            raise Forbidden("The token of a run does not follow other runs.", fix="Use a token of scope 'read' or 'write'.")
        check_verb(caller.principal, "system.stream")
        check_limits(caller, "system.stream")
        resume = request.headers.get("Last-Event-ID", "")
        cursor = int(resume) if resume.isdigit() and len(resume) < 19 else after
        if cursor is None:
            cursor = await run_in_threadpool(lambda: backend.log.last())

        of = None if caller.principal.is_admin else caller.principal
        messages = _messages(hub, backend, cursor, of, lambda: authenticator.still_valid(caller))
        return _Stream(messages, hub, caller.principal.name)

    return router


class _Stream(StreamingResponse):
    """An answer that is counted as one of somebody's, however it ends, and should it never begin."""

    def __init__(self, messages: AsyncIterator[bytes], hub: EventHub, who: str) -> None:
        super().__init__(messages, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
        self._hub, self._who = hub, who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._hub.open(self._who)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._hub.close(self._who)


async def _messages(
    hub: EventHub, backend: Backend, cursor: int, of: Principal | None, still_valid: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    """``of``: only events of this principal's runs, as that one sees them; None for all."""
    waiter = hub.join()
    checked = time.monotonic()
    end = checked + _LONGEST
    try:
        # Sent at once, so that the client knows that it is connected.
        yield b"retry: 1000\n: connected\n\n"
        while time.monotonic() < end and not backend.stopping.is_set():
            if time.monotonic() - checked >= _HEARTBEAT:
                if not await still_valid():
                    return
                checked = time.monotonic()
            waiter.clear()
            events, told = await run_in_threadpool(_after, backend, cursor, of)
            for event in told:
                yield _message(event)
            if events:
                cursor = events[-1].seq
                continue
            try:
                await asyncio.wait_for(waiter.wait(), _HEARTBEAT)
            except TimeoutError:
                yield b": beat\n\n"
    finally:
        hub.leave(waiter)


def _after(backend: Backend, cursor: int, of: Principal | None) -> tuple[tuple[RunEvent, ...], tuple[RunEvent, ...]]:
    """The events that came next, and what is told of them."""
    if of is None:
        return (events := backend.log.events(cursor, limit=_PAGE)), events
    with one_policy():
        view = backend.services.view(of)
        events = backend.log.events(cursor, limit=_PAGE, principal=view.me)
        return events, SeenRuns(view, backend.log).told(events)


def _message(event: RunEvent) -> bytes:
    # JSON holds no raw line break, so one data line is enough.
    return f"id: {event.seq}\ndata: {event.model_dump_json()}\n\n".encode()
