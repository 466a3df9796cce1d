"""What every request passes before it reaches a route: host check, identity, body limit, headers, access log, last net."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, MutableHeaders

from workbench.api.auth import Caller
from workbench.api.errors import error_response, internal_error
from workbench.core.errors import Forbidden, InvalidInput, TooLarge, WorkbenchError
from workbench.core.ids import new_id
from workbench.core.telemetry import bind, get_logger

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from workbench.api.auth import Authenticator
    from workbench.api.hosts import HostCheck
    from workbench.api.rates import Rates

__all__ = ["BODY_LIMIT", "Gate"]

#: Bytes of a JSON body. Files and Arrow data have ``api.max_upload_mb``.
BODY_LIMIT = 16_000_000

_SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_REQUEST_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")

access = get_logger("api.access")
log = get_logger("api")


# Bytes of a body from who is not known yet: a name and a password.
_OPEN_LIMIT = 64_000
# How long a body may take: a minute, and a second more for each kilobyte that has come.
_BODY_SECONDS, _BODY_RATE = 60.0, 1_000
# How long the rest of a body is waited for of which nothing is wanted any more.
_REST_SECONDS = 10.0
# Values of a JSON body. It is read and looked through while nobody else's call goes on, and millions of empty lists are gigabytes.
_MOST_VALUES = 500_000
# What a body of the most bytes, or values, takes of what its caller may call at once; small ones take nothing.
_WHOLE_BODY, _SMALL = 0.9, 0.01
_MARKS = (b",", b"[", b"{")


class TooSlow(InvalidInput):
    code, status = "too_slow", 408


class Gate:
    """ASGI middleware around the whole app.

    Parameters
    ----------
    authenticator
        Says who calls.
    hosts
        Says whether the ``Host`` header names us; None on a unix socket, which no web page can reach.
    body_limit, upload_limit
        Bytes; the second for ``multipart/form-data`` and Arrow streams.
    patient
        Read the whole body before refusing. The proxy needs that: a connection closed under its writing hides the answer.
    rates
        Says how often each user may call; None: as often as she likes.
    open_to_all
        Addresses at which nobody needs to be known; their routes look for themselves.
    https
        People come over HTTPS: browsers are told to come no other way.
    """

    def __init__(
        self,
        app: ASGIApp,
        authenticator: Authenticator,
        hosts: HostCheck | None,
        upload_limit: int,
        patient: bool,
        body_limit: int = BODY_LIMIT,
        rates: Rates | None = None,
        open_to_all: frozenset[str] = frozenset(),
        https: bool = False,
    ) -> None:
        self._app = app
        self._authenticator = authenticator
        self._hosts = hosts
        self._body_limit = body_limit
        self._upload_limit = upload_limit
        self._patient = patient
        self._rates = rates
        self._open_to_all = open_to_all
        self._headers = _SECURITY_HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await _Passage(self, scope, receive, send).run()

    def limit_for(self, headers: Headers) -> int:
        """How many bytes the body may have."""
        kind = headers.get("Content-Type", "").split(";")[0].strip().lower()
        return self._upload_limit if kind in ("multipart/form-data", "application/vnd.apache.arrow.stream") else self._body_limit


class _Passage:
    """One request on its way through the gate."""

    def __init__(self, gate: Gate, scope: Scope, receive: Receive, send: Send) -> None:
        self.gate = gate
        self.scope = scope
        self._receive = receive
        self._send = send
        self.headers = Headers(scope=scope)
        given = self.headers.get("X-Request-ID", "")
        self.request_id = given if _REQUEST_ID.match(given) else new_id()
        self.limit = gate.limit_for(self.headers)
        self.read = 0
        self.waited = 0.0
        self.status = 0
        self.body_ended = False
        self.values = 0
        self.weighed = 0.0
        self.who: str | None = None
        self.broken: WorkbenchError | None = None
        self.refusing = False
        self.began = time.monotonic()

    async def run(self) -> None:
        caller: Caller | None = None
        try:
            with bind(request_id=self.request_id):
                try:
                    caller = await self._admit()
                    await self.gate._app(self.scope, self.receive, self.send)
                    if self.broken is not None and not self.status:
                        raise self.broken
                except WorkbenchError as error:
                    await self._refuse(error)
                except Exception:
                    log.exception("request failed", extra={"incident": self.request_id, "route": self.scope["path"]})
                    if self.status:
                        raise  # the answer has begun: only a broken connection can say that it is not whole
                    await internal_error(self.request_id)(self.scope, self.receive, self.send)
        finally:
            self._log(caller)

    async def _admit(self) -> Caller | None:
        hosts = self.gate._hosts
        if hosts is not None and not hosts.allows(self.headers.get("Host", "")):
            raise Forbidden("The Host header does not name this server.", fix="Use the address that `workbench serve` printed.")
        if self.scope["path"] in self.gate._open_to_all:
            self.limit = _OPEN_LIMIT
            self._check_length()
            return None
        caller = await self.gate._authenticator.authenticate(self.scope)
        if self.gate._rates is not None:
            self.gate._rates.check(caller.principal.name)
        self._check_length()
        self.who = caller.principal.name
        self.scope.setdefault("state", {})["caller"] = caller
        return caller

    def _check_length(self) -> None:
        declared = self.headers.get("Content-Length", "0")
        if not declared.isdigit() or int(declared) > self.limit:
            raise self._too_large()

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"The request is larger than the {self.limit // 1_000_000} MB that are taken.",
            fix="Send less at once, or raise api.max_upload_mb for files.",
            limit=self.limit,
        )

    async def receive(self) -> Message:
        message = await self._in_time()
        if message["type"] == "http.request":
            self.body_ended = not message.get("more_body", False)
            self.read += len(message.get("body", b""))
            if self.read > self.limit:
                raise self._breaks(self._too_large())
            if self.limit == self.gate._body_limit:
                self._weigh(message.get("body", b""))
        return message

    def _weigh(self, body: bytes) -> None:
        """What comes of a body that is read as a whole."""
        self.values += sum(map(body.count, _MARKS))
        if self.values > _MOST_VALUES:
            told = f"The request holds more than the {_MOST_VALUES:,} values that are taken."
            raise self._breaks(TooLarge(told, fix="Send rows as an Arrow stream or a file.", limit=_MOST_VALUES))
        declared = self.headers.get("Content-Length", "0")
        whole = max(self.read, int(declared) if declared.isdigit() else 0)
        weight = max(whole / self.limit, self.values / _MOST_VALUES)
        if self.gate._rates is None or self.who is None or weight < _SMALL:
            return
        try:
            self.gate._rates.spend(self.who, _WHOLE_BODY * (weight - self.weighed))
        except WorkbenchError as error:
            raise self._breaks(error) from None
        self.weighed = weight

    async def _in_time(self) -> Message:
        """The next part of the body, unless the client takes its time: then what it holds is wanted by others."""
        if self.body_ended or self.gate._hosts is None:
            return await self._receive()
        began = time.monotonic()
        try:
            return await asyncio.wait_for(self._receive(), max(0.1, _BODY_SECONDS + self.read / _BODY_RATE - self.waited))
        except TimeoutError:
            self.body_ended = True  # no more of it is waited for
            raise self._breaks(
                TooSlow("The request did not arrive in time.", fix="Send it again on a better line, or send less.")
            ) from None
        finally:
            self.waited += time.monotonic() - began

    def _breaks(self, error: WorkbenchError) -> WorkbenchError:
        # Who reads the body makes "cannot be read" of it: what is said is this instead.
        self.broken = error
        return error

    async def send(self, message: Message) -> None:
        if self.broken is not None and not self.status and not self.refusing:
            return
        if message["type"] == "http.response.start":
            if self._hangs_up() and self._sends_body():
                await self._drain()
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self.gate._headers.items():
                headers.setdefault(name, value)
            headers["X-Request-ID"] = self.request_id
        await self._send(message)

    async def _refuse(self, error: WorkbenchError) -> None:
        if self.status:
            log.error("refused after the answer had begun", extra={"code": error.code})
            raise error
        self.refusing = True
        await self._drain()
        await error_response(error)(self.scope, self._receive, self.send)

    def _hangs_up(self) -> bool:
        """Whether the connection ends with the answer, as the client has asked."""
        return self.scope["http_version"] == "1.0" or "close" in self.headers.get("Connection", "").lower()

    def _sends_body(self) -> bool:
        return "Transfer-Encoding" in self.headers or self.headers.get("Content-Length", "0") != "0"

    async def _drain(self) -> None:
        """Take what is still on its way of the body: a connection that is closed under its sender's writing hides the answer."""
        most = self.gate._upload_limit if self.gate._patient else 1_000_000
        with suppress(TimeoutError):
            async with asyncio.timeout(None if self.gate._hosts is None else _REST_SECONDS):
                while not self.body_ended and self.read <= most:
                    message: dict[str, Any] = dict(await self._receive())
                    if message["type"] != "http.request":
                        break
                    self.read += len(message.get("body", b""))
                    self.body_ended = not message.get("more_body", False)
        self.body_ended = True  # no more of it is waited for

    def _log(self, caller: Caller | None) -> None:
        access.info(
            "%s %s",
            self.scope["method"],
            self.scope["path"],
            extra={
                "request_id": self.request_id,
                "status": self.status or 499,
                "ms": round((time.monotonic() - self.began) * 1000, 1),
                "bytes_in": self.read,
                "principal": caller.principal.name if caller else None,
                "how": caller.how if caller else None,
            },
        )
