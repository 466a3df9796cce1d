"""One verb as one HTTP request, and its answer as a value or an error."""

from __future__ import annotations

import functools
import io
import math
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import quote, unquote, urlsplit

import httpx
import pyarrow as pa
from pydantic import BaseModel, TypeAdapter

from workbench.app.ipc import ARROW_STREAM, stream_of
from workbench.app.verbs import Verb
from workbench.core.addresses import is_loopback
from workbench.core.errors import (
    InvalidInput,
    ServiceNotRunning,
    StorageUnavailable,
    TooManyRequests,
    Unauthenticated,
    UnreadableFile,
    UnsupportedFileSystem,
    WorkbenchError,
    from_body,
)
from workbench.core.tls import client_context, said_of, speaks_tls
from workbench.core.values import params_in_json

if TYPE_CHECKING:
    from workbench.core.records import Record

__all__ = ["Wire", "shown"]

# Connecting is quick or does not happen; an answer may take as long as a statement may run, and the server ends those.
_TIMEOUT = httpx.Timeout(None, connect=5.0)
# A supervisor brings a killed API back within a second or two, so the next call waits for it rather than failing.
_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.5, 2.0)
# A proxy's words, or the API's own, for "not now". What the storage lacks does not come back by asking again.
_NOT_NOW = (502, 503)
_LASTING = (StorageUnavailable, UnsupportedFileSystem)
# "Too many at once" was not carried out, so any verb waits as long as the server says; but nobody waits for ever.
_PATIENCE = 60.0
_SPOOLED = 8 << 20  # bytes of a file that stay in memory


class Wire:
    """Connections to one API. Redirects are not followed, so a token never reaches another address.

    Parameters
    ----------
    refresh
        What to do when the token is not believed any more.

    Raises
    ------
    InvalidInput
        The address is none of a workbench, or the token holds what none does.
    """

    def __init__(self, url: str, token: str | None = None, refresh: str = "") -> None:
        self.shown = shown(url)
        base, socket = _address(url)
        token = _one_line(token or "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        transport = httpx.HTTPTransport(uds=socket) if socket else None
        self._make = functools.partial(
            httpx.Client, base_url=base, headers=headers, transport=transport, timeout=_TIMEOUT, trust_env=False, follow_redirects=False
        )
        self._secure = base.startswith("https://")
        self._plain = None if self._secure or socket else base
        self._refresh = refresh
        here = socket is not None or is_loopback(httpx.URL(base).host)
        # Nobody starts somebody else's server from her own machine.
        self._unanswered = (
            "Start it with `workbench up` (a team's server: `workbench serve`), or check the URL."
            if here
            else "Check the URL and the network, or ask who runs the server."
        )
        self._client: httpx.Client | None = None

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    @property
    def client(self) -> httpx.Client:
        if self._client is None:
            self._client = self._make(verify=client_context()) if self._secure else self._make()
        return self._client

    def call(self, verb: Verb, arguments: dict[str, Any]) -> Any:
        """Carry out a verb.

        Raises
        ------
        WorkbenchError
            What the server raised, rebuilt; or ServiceNotRunning when nothing answers at the address for some five seconds.
        """
        path, rest = _path(verb, arguments)
        if verb.path.startswith("/query") and rest.get("params") is not None:
            rest["params"] = params_in_json(rest["params"])
        try:
            return self._call(verb, path, rest)
        except Unauthenticated as error:
            if self._refresh:
                error.fix = self._refresh
            raise

    def _call(self, verb: Verb, path: str, rest: dict[str, Any]) -> Any:
        again = verb.safe or bool(rest.get("key"))
        if verb.transport == "arrow-out":
            return self._try(again, lambda: self._arrow(verb, path, rest))
        if verb.transport == "file-out":
            return self._try(again, lambda: self._file(verb, path, rest))
        response = self._try(again, lambda: self._send(verb, path, rest))
        return _adapter(verb.result).validate_json(response.content)

    def post(self, path: str, given: dict[str, Any]) -> Any:
        """What is no verb: tried again only where nobody answered. Raises as :meth:`call` does."""
        return self._try(False, lambda: _checked(self.client.post(path, json=given)), patience=0).json()

    def _send(self, verb: Verb, path: str, rest: dict[str, Any]) -> httpx.Response:
        if verb.transport == "upload":
            return self._upload(path, Path(rest["source"]), {k: v for k, v in rest.items() if k != "source"})
        if verb.transport == "arrow-in":
            data = rest["data"]
            query = _query({k: v for k, v in rest.items() if k != "data"})
            headers = {"Content-Type": ARROW_STREAM}
            return _checked(self.client.request(verb.method, path, params=query, content=stream_of(data), headers=headers))
        if verb.method in ("GET", "DELETE"):
            return _checked(self.client.request(verb.method, path, params=_query(rest)))
        return _checked(self.client.request(verb.method, path, json=_json(rest)))

    def _upload(self, path: str, source: Path, fields: dict[str, Any]) -> httpx.Response:
        try:
            with source.open("rb") as stream:
                form = {k: _scalar(v) for k, v in fields.items() if v is not None}
                return _checked(self.client.post(path, data=form, files={"file": (source.name, cast(IO[bytes], stream))}))
        except OSError as error:
            raise UnreadableFile(f"{source} cannot be read: {error.strerror}.", fix="Check the path and its permissions.") from error

    def _arrow(self, verb: Verb, path: str, rest: dict[str, Any]) -> pa.Table:
        query, body = (_query(rest), None) if verb.method == "GET" else (None, _json(rest))
        with self.client.stream(verb.method, path, params=query, json=body, headers={"Accept": ARROW_STREAM}) as response:
            if response.status_code != 200:
                response.read()
                _checked(response)
            try:
                with pa.ipc.open_stream(cast(Any, io.BufferedReader(_Body(response), 1 << 20))) as reader:
                    return reader.read_all()
            except (pa.ArrowInvalid, OSError) as error:
                raise StorageUnavailable("The answer ended before its last row.", fix="Ask again; the server's log says why.") from error

    def _file(self, verb: Verb, path: str, rest: dict[str, Any]) -> IO[bytes]:
        with self.client.stream(verb.method, path, json=_json(rest)) as response:
            if response.status_code != 200:
                response.read()
                _checked(response)
            stream = cast(IO[bytes], tempfile.SpooledTemporaryFile(max_size=_SPOOLED))  # noqa: SIM115 - who asked closes it
            for piece in response.iter_bytes():
                stream.write(piece)
        stream.seek(0)
        return stream

    def _try(self, again: bool, attempt: Any, patience: float = _PATIENCE) -> Any:
        # A refused connection carried nothing, so any verb may be tried again; a connection that broke, or a proxy's answer,
        # may have, so only a safe verb or a write with a key may.
        failure: Exception | None = None
        for pause in (*_PAUSES, None):
            try:
                return attempt()
            except TooManyRequests as error:
                failure, pause = error, _wait(error)
                if pause is None or pause > patience:
                    raise
                patience -= pause
            except _NotNow as error:
                if not again:
                    raise error.told from None
                failure = error
            except httpx.ConnectError as error:
                if said := said_of(error):
                    raise ServiceNotRunning(f"{self.shown} is not spoken to: {said[0]}.", fix=said[1]) from error
                failure = error
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as error:
                if self._plain is not None and _is_https(self._plain):
                    fix = "Write https:// at the beginning of its address."
                    raise ServiceNotRunning(f"{self.shown} is not spoken to: it speaks HTTPS alone.", fix=fix) from error
                if not again:
                    raise ServiceNotRunning(
                        "The connection broke before an answer came; it is not known whether the call was carried out.",
                        fix="Look at `workbench runs list` before calling again, or give a write a key.",
                    ) from error
                failure = error
            except httpx.TimeoutException as error:
                failure = error
                break
            if pause is not None:
                time.sleep(pause)
        if isinstance(failure, _NotNow):
            raise failure.told
        if isinstance(failure, TooManyRequests):
            raise failure
        raise ServiceNotRunning(f"No workbench answers at {self.shown}.", fix=self._unanswered) from failure


def _one_line(token: str) -> str:
    """A token without the end of its line in a file. What HTTP cannot carry is refused here: its own error would show the token."""
    found = token.strip()
    if not (found.isascii() and found.isprintable()):
        raise InvalidInput("The token holds characters that no token has.", fix="Copy it anew: it is one line, wb_ and 43 characters.")
    return found


def _wait(error: TooManyRequests) -> float | None:
    seconds = error.details.get("retry_after", 1)
    return max(float(seconds), 0.1) if isinstance(seconds, int | float) else None


class _NotNow(Exception):
    """An answer that another try may better."""

    def __init__(self, told: WorkbenchError) -> None:
        super().__init__(told.message)
        self.told = told


class _Body(io.RawIOBase):
    """A response's bytes as a file, so that Arrow decodes batches while they arrive."""

    def __init__(self, response: httpx.Response) -> None:
        self._chunks = response.iter_bytes()
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = next(self._chunks, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _is_https(url: str) -> bool:
    parts = urlsplit(url)
    return parts.hostname is not None and speaks_tls(parts.hostname, parts.port or 80)


def _address(url: str) -> tuple[str, str | None]:
    parts = urlsplit(url)
    if parts.scheme == "http+unix":
        return "http://workbench/api", unquote(parts.path)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise InvalidInput(f"{url!r} is not the address of a workbench.", fix="Write http://host:port or http+unix:///path/to/api.sock.")
    base = url.rstrip("/")
    return base if base.endswith("/api") else f"{base}/api", None


def shown(url: str) -> str:
    """An address without the name and password that may stand in it."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def _path(verb: Verb, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    inside = {k: _part(str(v)) for k, v in arguments.items() if f"{{{k}}}" in verb.path}
    rest = {k: v for k, v in arguments.items() if k not in inside}
    return verb.path.format(**inside), rest


def _part(text: str) -> str:
    """A text as one part of a path. Dots alone lead to another address: from a branch ``..`` to its dataset, which was dropped."""
    return text.replace(".", "%2E") if text in (".", "..") else quote(text, safe="")


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _query(arguments: dict[str, Any]) -> list[tuple[str, str | int | float | bool | None]]:
    pairs: list[tuple[str, str | int | float | bool | None]] = []
    for name, value in arguments.items():
        values = value if isinstance(value, list | tuple) else [] if value is None else [value]
        pairs.extend((name, _scalar(item)) for item in values)
    return pairs


def _json(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in arguments.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return cast("Record", value).model_dump(mode="json")
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        fix = "Give it as text, and make a number of it where it is used."
        raise InvalidInput(f"{value} cannot be sent to a server: JSON has no number for it.", fix=fix)
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return TypeAdapter(type(value)).dump_python(value, mode="json")


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    if response.is_redirect:
        target = shown(response.headers.get("location", ""))
        raise InvalidInput(
            f"The server redirects to {target}; a token is never sent on.", fix="Open that address yourself if you trust it."
        )
    try:
        body = response.json()
    except ValueError:
        body = {}
    error: WorkbenchError = from_body(body if isinstance(body, dict) else {}, response.status_code)
    if response.status_code in _NOT_NOW and not isinstance(error, _LASTING):
        raise _NotNow(error)
    raise error


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
