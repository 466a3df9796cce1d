"""Files behind ``http://`` and ``https://``, streamed to the scratch folder."""

from __future__ import annotations

import shutil
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from workbench.core.errors import Forbidden, InvalidInput, NotFound, StorageUnavailable, TooLarge, Unavailable, UnreadableFile
from workbench.ingest.sources.addresses import checked_address
from workbench.ingest.sources.archive import members
from workbench.ingest.sources.base import Fetched, Notes
from workbench.ingest.sources.content_names import download_name

if TYPE_CHECKING:
    import httpx

    from workbench.core.config import IngestSettings

__all__ = ["open_address", "shown_address"]

_REDIRECTS = 5
_PAUSES = (0.3, 1.0, 3.0)  # seconds before another try
_EVEN = 0.5  # seconds that an outsider waits at least for being told that an address is not fetched
_SPARE = 256 << 20
_TOLD_EVERY = 1.0  # seconds, or
_TOLD_BYTES = 16 << 20
_WATCHED, _SLOWEST = 60.0, 1024  # in so many seconds, so many bytes each at least
_AGAIN = (408, 425, 429, 500, 502, 503, 504)
_MOVED = (301, 302, 303, 307, 308)


# What OpenSSL says where what comes is no TLS.
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "RECORD LAYER FAILURE")
_GREETED = 3.0  # seconds


class _Broken(Exception):
    """The connection broke, or the server asks to come again: what has come so far is kept."""


class _NoAnswer(_Broken):
    """Nothing has come of the server, not even that it is there."""


@dataclass(frozen=True)
class _Place:
    """Where to ask: the address without credentials, and these, which never leave its origin."""

    url: str
    auth: tuple[str, str] | None

    @property
    def origin(self) -> tuple[str, str, int | None]:
        parts = urlsplit(self.url)
        return parts.scheme, parts.hostname or "", parts.port

    @property
    def port(self) -> int:
        scheme, _, port = self.origin
        return port or (443 if scheme == "https" else 80)


def shown_address(address: str) -> str:
    """An address as it may be shown and kept: without user, password, query (where tokens and signatures are) and fragment.

    Raises
    ------
    InvalidInput
        It is none.

    Examples
    --------
    >>> shown_address("https://ada:pw@example.org:8443/data/a.csv?sig=abc#x")
    'https://example.org:8443/data/a.csv'
    """
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise InvalidInput("That is no address.", fix="Write https://host/path.") from error
    return urlunsplit((parts.scheme.lower(), parts.netloc.rpartition("@")[2], parts.path, "", ""))


def open_address(address: str, settings: IngestSettings, scratch: Path, note: Notes, *, outsider: bool = False) -> Iterator[Fetched]:
    """The file behind an address; several where it is an archive of which none is named after a ``#``. An ``outsider`` is told the same,
    and as soon, of a name that there is not as of one in the server's own network, and of a server that does not answer: else she would
    look into that network.

    Raises
    ------
    InvalidInput, Forbidden
        It is no address that may be asked.
    NotFound, UnreadableFile, TooLarge
        The server has no such file, gives a page in its place, or the file is larger than ``ingest.max_download_mb``.
    Unavailable, StorageUnavailable
        The server does not answer, also when asked again, or the disk is full.
    """
    place, shown = _place(address), shown_address(address)
    target = scratch / "download"
    name = _Download(settings, target, shown, note, outsider).fetch(place)
    inside = unquote(urlsplit(address).fragment) or None
    # Of a sheet, or of a file of an archive, its own name is told, too.
    called = Path(name).stem.partition(".")[0] if inside is None else ""
    file = Fetched(target, name, shown if inside is None else f"{shown}#{inside}", inside, name=called)
    for inner in members(file, scratch, note):
        # What is read by its name's ending is shown by its address.
        yield replace(inner, name=file.name) if inner is not file else inner


def _place(address: str) -> _Place:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise InvalidInput("That is no address.", fix="Write https://host/path.") from error
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise InvalidInput(f"{shown_address(address)} is no address of a file.", fix="Write https://host/path.")
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username is not None else None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else _in_ascii(parts.hostname, address)
    netloc = host if port is None else f"{host}:{port}"
    return _Place(urlunsplit((parts.scheme.lower(), netloc, parts.path or "/", parts.query, "")), auth)


def _in_ascii(host: str, address: str) -> str:
    """A name as it is looked up and asked for: ``xn--bcher-kva.example`` of ``bücher.example``."""
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise InvalidInput(f"{shown_address(address)} names no server.", fix="Check the name in the address.") from error


class _Download:
    """One file on its way. What has come is kept over tries where the server says that the file is still the same."""

    def __init__(self, settings: IngestSettings, target: Path, shown: str, note: Notes, outsider: bool) -> None:
        self._settings, self._target, self._shown, self._note, self._outsider = settings, target, shown, note, outsider
        self._first = self._answering = shown  # the address that is asked now, in words
        self._at = _Place("", None)
        self._most = settings.max_download_mb << 20
        self._size = 0
        self._stamp = ""  # what the server calls this version of the file; empty: it cannot be continued

    def fetch(self, place: _Place) -> str:
        """Fetch it; returns the file's name."""
        self._first = shown_address(place.url)
        for pause in (*_PAUSES, None):
            try:
                return self._try(place)
            except _Broken as broken:
                if isinstance(broken, _NoAnswer) and not self._outsider and (other := self._other_protocol(broken)) is not None:
                    asked, fix = self._at.origin[0], f"Write {other}:// in the address, or check its port."
                    raise Unavailable(f"{self._answering} speaks {other} there, and not {asked}.", fix=fix) from broken.__cause__
                if pause is None and self._outsider and isinstance(broken, _NoAnswer):
                    raise self._not_reached() from None
                if pause is None:
                    raise Unavailable(f"{self._shown} could not be fetched: {broken}.", fix="Try again later.") from broken.__cause__
                self._note("trying again" if self._outsider else f"{broken}; trying again")
                time.sleep(pause)
        raise AssertionError("unreachable")

    def _other_protocol(self, broken: _NoAnswer) -> str | None:
        """The protocol that the server speaks instead of the one that it was asked in; None where it is not that."""
        scheme, host, _ = self._at.origin
        if scheme == "https":
            return "http" if any(word in str(broken.__cause__).upper() for word in _NO_TLS) else None
        if type(broken.__cause__).__name__ not in ("ReadError", "RemoteProtocolError"):
            return None  # it did not even take the connection
        return "https" if _speaks_tls(self._address(self._at), self._at.port, host) else None

    def _try(self, place: _Place) -> str:
        for _ in range(_REDIRECTS + 1):
            asked, self._at = shown_address(place.url), place
            self._answering = self._shown if asked == self._first else f"{asked} (where {self._shown} leads)"
            with self._answer(place) as answer:
                if answer.status_code not in _MOVED:
                    self._check(answer)
                    self._keep(answer)
                    return download_name(place.url, answer.headers.get("Content-Type", ""), answer.headers.get("Content-Disposition", ""))
                place = self._next(place, answer.headers.get("Location", ""))
        raise UnreadableFile(f"{self._shown} leads on and on to other addresses.", fix="Open it in a browser and take the last address.")

    def _next(self, place: _Place, location: str) -> _Place:
        try:
            found = _place(urljoin(place.url, location))
        except (InvalidInput, ValueError) as error:
            raise UnreadableFile(f"{self._answering} leads to what is no address of a file.", fix="Open it in a browser.") from error
        if place.url.startswith("https:") and not found.url.startswith("https:"):
            raise Forbidden(f"{self._shown} leads to an address without encryption.", fix="Name that address itself, if you trust it.")
        return found if found.auth or found.origin != place.origin else replace(found, auth=place.auth)

    def _answer(self, place: _Place) -> _Answer:
        return _Answer(place, self._address(place), self._resume())

    def _address(self, place: _Place) -> str:
        """Looked up before anything is connected to."""
        host, begun = place.origin[1], time.monotonic()
        try:
            return checked_address(host, place.port, self._settings.allow_private_addresses)
        except (Forbidden, Unavailable):
            if not self._outsider:
                raise
            # A name server that knows a name answers sooner, or later, than one that does not.
            time.sleep(max(0.0, _EVEN - (time.monotonic() - begun)))
            raise self._not_reached() from None

    def _not_reached(self) -> Unavailable:
        return Unavailable(
            f"{self._shown} cannot be fetched from here.",
            fix="Check the address; what is not in the open network you fetch yourself, and upload it.",
        )

    def _resume(self) -> dict[str, str]:
        return {"Range": f"bytes={self._size}-", "If-Range": self._stamp} if self._size and self._stamp else {}

    def _check(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status in _AGAIN:
            raise _Broken(f"the server answers {status}")
        if status == 416 and self._size:
            # What was kept is not a part of what is there now, or is all of it: nobody can tell.
            self._size, self._stamp = 0, ""
            raise _Broken("the server has no more of it than came before")
        if status in (401, 403, 407):
            fix = "Write the user and password into the address (https://user:password@host/...), or fetch the file yourself."
            raise Forbidden(f"{self._answering} may not be fetched without signing in (the server answers {status}).", fix=fix)
        if status in (404, 410):
            raise NotFound(f"There is nothing at {self._answering} (the server answers {status}).", fix="Check the address.")
        if status not in (200, 206):
            raise UnreadableFile(f"{self._answering} gives no file: the server answers {status}.", fix="Open it in a browser.")
        if answer.headers.get("Content-Type", "").partition(";")[0].strip().lower() in ("text/html", "application/xhtml+xml"):
            raise UnreadableFile(f"{self._answering} is a web page, not a file.", fix="Take the address of the download itself.")
        if answer.headers.get("Content-Encoding", "identity").lower() not in ("identity", "gzip", "zstd"):
            raise UnreadableFile(f"The server packs {self._answering} in a way that was not asked for.", fix="Fetch it with a browser.")

    def _keep(self, answer: httpx.Response) -> None:
        continued = answer.status_code == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {self._size}-")
        if answer.status_code == 206 and not continued:
            self._size, self._stamp = 0, ""
            raise _Broken("the server sent another part than was asked for")
        if not continued:
            self._size = 0
        self._stamp = _stamp(answer) if answer.headers.get("Accept-Ranges", "").lower() == "bytes" or continued else ""
        told = answer.headers.get("Content-Length", "")
        whole = self._size + int(told) if told.isascii() and told.isdigit() else None
        self._room(whole or 0)
        with self._target.open("ab" if continued else "wb") as sink:
            sink.truncate(self._size)
            self._copy(answer, sink, whole)

    def _copy(self, answer: httpx.Response, sink: object, whole: int | None) -> None:
        import httpx

        told = watched = time.monotonic()
        before = shown = self._size
        try:
            # The bytes as they are sent and when they come: the readers undo compression, and say so where it is a bomb.
            for chunk in answer.iter_raw():
                sink.write(chunk)  # type: ignore[attr-defined]
                self._size += len(chunk)
                if self._size > self._most:
                    break
                now = time.monotonic()
                if now - told >= _TOLD_EVERY or self._size - shown >= _TOLD_BYTES:
                    told, shown = now, self._size
                    self._room(0)
                    self._note(f"{self._size >> 20:,} MB" + (f" of {whole >> 20:,} MB fetched" if whole else " fetched"))
                if now - watched >= _WATCHED:
                    if self._size - before < _WATCHED * _SLOWEST:
                        raise _Broken("it came too slowly")
                    watched, before = now, self._size
        except httpx.TransportError as error:
            raise _Broken("the connection broke") from error
        if self._size > self._most:
            raise self._too_large()

    def _room(self, whole: int) -> None:
        if max(whole, self._size) > self._most:
            raise self._too_large()
        if shutil.disk_usage(self._target.parent).free < max(0, whole - self._size) + _SPARE:
            raise StorageUnavailable(f"There is no room to fetch {self._shown}.", fix="Free space on the workspace's disk.")

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"{self._shown} is larger than {self._settings.max_download_mb:,} MB.", fix="Raise ingest.max_download_mb in workbench.toml."
        )


def _speaks_tls(address: str, port: int, host: str) -> bool:
    """Whether a greeting in TLS is answered in it. Nothing else is sent, so that it does not matter who answers."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((address, port), timeout=_GREETED) as plain,
            context.wrap_socket(plain, server_hostname=host) as greeted,
        ):
            return greeted.version() is not None
    except (OSError, ValueError):
        return False


def _stamp(answer: httpx.Response) -> str:
    tag: str = answer.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else str(answer.headers.get("Last-Modified", ""))


class _Answer:
    """A request to the address that was checked, and to no other that the name may have by now."""

    def __init__(self, place: _Place, address: str, headers: dict[str, str]) -> None:
        self._place, self._address, self._headers = place, address, headers

    def __enter__(self) -> httpx.Response:
        import httpx

        parts = urlsplit(self._place.url)
        host = parts.hostname or ""
        literal = f"[{self._address}]" if ":" in self._address else self._address
        pinned = urlunsplit(parts._replace(netloc=literal if parts.port is None else f"{literal}:{parts.port}"))
        headers = {"Host": parts.netloc, "Accept-Encoding": "identity", "User-Agent": "workbench", **self._headers}
        # No proxies or credentials from the environment: what is asked is what was checked.
        self._client = httpx.Client(timeout=httpx.Timeout(30.0, connect=10.0), trust_env=False, follow_redirects=False)
        try:
            request = self._client.build_request("GET", pinned, headers=headers, extensions={"sni_hostname": host})
            auth = httpx.BasicAuth(*self._place.auth) if self._place.auth else None
            self._response = self._client.send(request, stream=True, auth=auth)
        except (httpx.InvalidURL, UnicodeError) as error:
            self._client.close()
            where = shown_address(self._place.url).encode("ascii", "backslashreplace").decode()[:200]
            raise InvalidInput(f"{where} is no address that a server can be asked for.", fix="Check what stands in it.") from error
        except httpx.ConnectError as error:
            self._client.close()
            if "CERTIFICATE" in str(error).upper():
                raise Unavailable(f"{host} shows a certificate that is not valid for it.", fix="Check the address.") from error
            raise _NoAnswer(f"{host} does not answer") from error
        except httpx.TransportError as error:
            self._client.close()
            if "location header" in str(error):
                raise UnreadableFile(f"{host} leads to what is no address of a file.", fix="Open it in a browser.") from error
            raise _NoAnswer(f"{host} does not answer") from error
        except BaseException:
            self._client.close()
            raise
        return self._response

    def __exit__(self, *exc: object) -> None:
        self._response.close()
        self._client.close()
