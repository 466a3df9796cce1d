"""`<base_url>workbench/...`: the API behind Jupyter's sign-in.

What the client says of itself (cookies, tokens, ``X-Forwarded-*``, ``X-Workbench-*``) stays here; only a short list of headers
passes, and a signed statement of who Jupyter says it is. The statement says, too, whether the XSRF token came along and
whether another site made the request; the API decides on that.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from jupyter_server_proxy.handlers import NamedLocalProxyHandler
from tornado import web
from tornado.iostream import StreamClosedError

from workbench.core.errors import WorkbenchError
from workbench.jupyter.base import Guarded, Refused
from workbench.jupyter.forward import BodyPipe, Forwarder

if TYPE_CHECKING:
    import aiohttp

    from workbench.jupyter.link import WorkspaceLink

__all__ = ["ProxyHandler"]

_PASSED_ON = ("Accept", "Accept-Language", "Content-Type", "Content-Length", "Last-Event-ID", "X-Request-ID")
_NOT_PASSED_BACK = frozenset(
    {"connection", "content-length", "keep-alive", "server", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade"}
)
# Parts of the query that are for Jupyter.
_JUPYTERS = frozenset({"token", "_xsrf"})
_DRAINED = 10_000_000


@web.stream_request_body
class ProxyHandler(Guarded, NamedLocalProxyHandler):  # type: ignore[misc]
    """Passes a request on and its answer back, both piece by piece."""

    def initialize(self, link: WorkspaceLink, forwarders: dict[str, Forwarder]) -> None:
        self.link = link
        self._forwarders = forwarders
        # Holds until `prepare` has let the request pass.
        self._refused: web.HTTPError | None = web.HTTPError(403)
        self._pipe: BodyPipe | None = None
        self._sending: asyncio.Task[aiohttp.ClientResponse] | None = None
        self._gone = False

    async def prepare(self) -> None:  # type: ignore[override]
        try:
            await self.admit()
            await self._begin()
            self._refused = None
        except web.HTTPError as refused:
            if self._declared() > _DRAINED:
                raise
            # Answered once the body has been read: tornado closes the connection of who is answered before, which hides the answer.
            self._refused = refused

    async def _begin(self) -> None:
        try:
            settings = self.link.settings()
            forwarder = self._forwarder()
            self.link.signing()
        except WorkbenchError as error:
            raise Refused(error) from error
        if self._has_body():
            self._pipe = BodyPipe()
            self.request.connection.set_max_body_size(settings.api.max_upload_mb * 1_000_000 + 1_000_000)
        self._record_activity()
        sending = forwarder.send(self.request.method, self._target(), self._passed_on, self._pipe)
        self._sending = asyncio.ensure_future(sending)

    def _forwarder(self) -> Forwarder:
        from workbench.jobs.paths import socket_path

        path = str(socket_path(self.link.settings()))
        if path not in self._forwarders:
            self._forwarders[path] = Forwarder(path, self.link.revive)
        return self._forwarders[path]

    def _has_body(self) -> bool:
        return self._declared() > 0 or "Transfer-Encoding" in self.request.headers

    def _declared(self) -> int:
        length = self.request.headers.get("Content-Length", "0")
        return int(length) if length.isdigit() else 0

    def _target(self) -> str:
        # The path as it was sent: `silver.flights%23dev` must stay one name.
        inside = "/".join(self.request.path.split("/")[self.base_url.count("/") + 1 :])
        query = self.request.query
        if any(f"{name}=" in query for name in _JUPYTERS):
            query = urlencode([pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in _JUPYTERS])
        return f"/{inside}?{query}" if query else f"/{inside}"

    def _passed_on(self) -> dict[str, str]:
        from workbench.governance.assertions import HEADER, sign

        key, audience = self.link.signing()
        facts = self.facts
        statement = sign(
            key,
            sub=facts.sub,
            name=facts.name,
            how=facts.how,
            xsrf=facts.xsrf,
            foreign=facts.foreign,
            method=self.request.method,
            target=self._target(),
            aud=audience,
        )
        passed = {name: self.request.headers[name] for name in _PASSED_ON if name in self.request.headers}
        return {**passed, HEADER: statement}

    async def data_received(self, chunk: bytes) -> None:
        if self._pipe is not None and self._sending is not None:
            await self._pipe.put(chunk, self._sending)

    def on_connection_close(self) -> None:
        # The client has gone: what it asked for is not waited for, and a live stream ends.
        self._gone = True
        if self._sending is not None:
            if self._sending.done() and not self._sending.cancelled() and self._sending.exception() is None:
                self._sending.result().close()
            self._sending.cancel()

    async def _pass(self) -> None:
        if self._refused is not None:
            raise self._refused
        assert self._sending is not None
        if self._pipe is not None:
            await self._pipe.put(None, self._sending)
        try:
            response = await self._sending
        except WorkbenchError as error:
            self.set_header("Retry-After", "1")
            raise Refused(error if error.details.get("stopped") else self.link.trouble or error, 503) from error
        except asyncio.CancelledError:
            if not self._gone:
                raise
            return
        try:
            await self._answer(response)
        finally:
            response.release() if response.content.at_eof() else response.close()

    async def _answer(self, response: aiohttp.ClientResponse) -> None:
        import aiohttp

        self.set_status(response.status)
        for name, value in response.headers.items():
            if name.lower() not in _NOT_PASSED_BACK:
                self.set_header(name, value)
        try:
            await self._flushed()
            async for chunk in response.content.iter_any():
                self.write(chunk)
                await self._flushed()
        except StreamClosedError:
            return
        except aiohttp.ClientError:
            if not self._gone:
                # Cut short: only a broken connection can say so.
                self.request.connection.stream.close()

    def _flushed(self) -> asyncio.Future[None]:
        # The proxy's own `flush` forgets what to wait for, and a slow reader would fill the memory.
        return web.RequestHandler.flush(self)  # type: ignore[return-value]

    async def get(self, *path: str) -> None:
        await self._pass()

    post = put = patch = delete = head = options = get
