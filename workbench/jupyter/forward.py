"""Requests to the API over its unix socket: kept connections, bodies passed on piece by piece, both ways."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from workbench.core.errors import ServiceNotRunning

if TYPE_CHECKING:
    import aiohttp

__all__ = ["BodyPipe", "Forwarder"]

# A killed API is back within two seconds; a first start takes a little longer, and is answered with 503 meanwhile.
_PATIENCE = 4.0
_PAUSE = 0.05


class BodyPipe:
    """A request's body between the one who reads it and the one who sends it on; a few pieces long, so reading waits for sending."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=4)

    async def put(self, chunk: bytes | None, until: asyncio.Task[Any]) -> None:
        """Add a piece (None: the end). Once ``until`` is done nobody reads any more, and pieces are dropped."""
        adding = asyncio.ensure_future(self._queue.put(chunk))
        await asyncio.wait({adding, until}, return_when=asyncio.FIRST_COMPLETED)
        adding.cancel()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The pieces, to the end."""
        while (chunk := await self._queue.get()) is not None:
            yield chunk


class Forwarder:
    """Sends requests to the socket at ``path``.

    Parameters
    ----------
    revive
        Called when nothing answers there, to have the API started; what it raises is the answer.
    """

    def __init__(self, path: str, revive: Callable[[], None]) -> None:
        self._path = path
        self._revive = revive
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def send(self, method: str, target: str, headers: Callable[[], dict[str, str]], body: BodyPipe | None) -> aiohttp.ClientResponse:
        """The response, its body still to be read. ``headers`` is asked anew for every attempt: a statement is good for one.

        Raises
        ------
        ServiceNotRunning
            Nothing answers, or the connection broke before an answer came.
        """
        import aiohttp

        end = asyncio.get_running_loop().time() + _PATIENCE
        reading = method in ("GET", "HEAD") and body is None
        broken = 0
        while True:
            try:
                return await self._attempt(method, target, headers(), body, keep=reading)
            except (aiohttp.ClientConnectorError, FileNotFoundError) as error:
                # Refused: nothing was sent, so it may be tried again whatever it is.
                self._revive()
                if asyncio.get_running_loop().time() >= end:
                    raise ServiceNotRunning("The workbench is starting.", fix="Try again in a moment.") from error
                await asyncio.sleep(_PAUSE)
            except aiohttp.ClientError as error:
                broken += 1
                if not reading or broken > 3:
                    raise ServiceNotRunning(
                        "The workbench ended before it answered; it is not known whether the call was carried out.",
                        fix="Look at the runs before trying again.",
                    ) from error

    async def _attempt(
        self, method: str, target: str, headers: dict[str, str], body: BodyPipe | None, keep: bool
    ) -> aiohttp.ClientResponse:
        import yarl

        url = yarl.URL(f"http://workbench{target}", encoded=True)
        data = body.chunks() if body is not None else None
        return await self._session(keep).request(method, url, headers=headers, data=data, allow_redirects=False)

    def _session(self, keep: bool) -> aiohttp.ClientSession:
        # What changes something goes over a fresh connection: on a kept one nobody could tell "closed before" from "broke while".
        import aiohttp

        found = self._sessions.get(keep)
        if found is None:
            # aiohttp takes no keep-alive time for connections that are closed at once.
            closing: dict[str, Any] = {"keepalive_timeout": 30} if keep else {"force_close": True}
            found = self._sessions[keep] = aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(self._path, limit=0, **closing),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                read_bufsize=1 << 18,
                raise_for_status=False,
                skip_auto_headers=("User-Agent", "Accept-Encoding"),
            )
        return found

    async def close(self) -> None:
        """Close the connections."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
