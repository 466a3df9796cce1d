"""By HTTP: JSON, signed; or in Slack's form. To where a server's own network does not answer."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from workbench.core.errors import Forbidden, InvalidInput, Unavailable
from workbench.core.tls import client_context
from workbench.ingest.sources.addresses import checked_address, is_cloud, is_public
from workbench.notifications.channels.outcome import NotNow, Refused

if TYPE_CHECKING:
    from workbench.core.config import NotificationsSettings

__all__ = ["checked_url", "send_json", "signature"]

_CONNECT, _WHOLE = 10.0, 20.0  # seconds
_AGAIN = (408, 425, 429)
_LONGEST = 2_000
_EVEN = 0.5  # seconds that it takes at least to say that an address is not asked
# The same for a name that there is not as for one in the server's own network: else somebody would look into that.
_OUT_OF_REACH = "the address cannot be reached from here"


def checked_url(url: str, settings: NotificationsSettings) -> str:
    """An address that messages may go to. Its name is looked up only when something is sent.

    Raises
    ------
    InvalidInput
        It is none, or not HTTPS.
    """
    _parts(url, settings)
    return url.strip()


def _parts(url: str, settings: NotificationsSettings) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        port = parts.port
        literal = _address_of(parts.hostname or "")
    except ValueError as error:
        raise InvalidInput("That is no address.", fix="Write https://host/path.", field="secret") from error
    schemes = ("https", "http") if settings.allow_private_addresses else ("https",)
    plain = all("!" <= letter <= "~" for letter in url.strip())
    if parts.scheme not in schemes or not parts.hostname or not plain or len(url) > _LONGEST or parts.username is not None or port == 0:
        fix = "Write https://host/path, without a user and password in it."
        raise InvalidInput("That is no address that a message can be sent to.", fix=fix, field="secret")
    if literal is not None and (is_cloud(literal) or not (settings.allow_private_addresses or is_public(literal))):
        raise InvalidInput("That is an address of a private network.", fix="Name a server in the open network.", field="secret")
    return parts


def _address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    with suppress(ValueError):
        return ipaddress.ip_address(host)
    return None


def signature(key: str, at: int, body: bytes) -> str:
    """What the header ``Workbench-Signature`` says: the moment, and the HMAC-SHA256 of ``moment.body`` with the receiver's key.

    >>> signature("k", 1, b"{}")[:10]
    't=1,v1=3dd'
    """
    return f"t={at},v1={hmac.new(key.encode(), f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


def send_json(url: str, said: dict[str, Any], settings: NotificationsSettings, id: str, key: str | None = None) -> None:
    """Post JSON; with a ``key``, signed. Redirections are not followed, and what the server says is not read.

    Raises
    ------
    NotNow, Refused
        Nobody answers, or the server asks to come again; or it will never take it.
    """
    try:
        parts = _parts(url, settings)
    except InvalidInput:
        raise Refused(_OUT_OF_REACH) from None
    body = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")
    headers = {"Content-Type": "application/json", "User-Agent": "workbench", "Workbench-Delivery": id, "Connection": "close"}
    if key is not None:
        headers["Workbench-Signature"] = signature(key, int(time.time()), body)
    status = _post(parts, _looked_up(parts, settings), body, headers)
    if 200 <= status < 300:
        return
    if status in _AGAIN or status >= 500:
        raise NotNow(f"the server answers {status}")
    raise Refused(f"the server answers {status}")


def _looked_up(parts: SplitResult, settings: NotificationsSettings) -> str:
    begun = time.monotonic()
    try:
        return checked_address(parts.hostname or "", _port(parts), settings.allow_private_addresses)
    except (Forbidden, Unavailable):
        time.sleep(max(0.0, _EVEN - (time.monotonic() - begun)))
        raise NotNow(_OUT_OF_REACH) from None


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _post(parts: SplitResult, address: str, body: bytes, headers: dict[str, str]) -> int:
    """The status of the answer of that address, and of no other that the name may have by now."""
    host = parts.hostname or ""
    connection = http.client.HTTPConnection(host, _port(parts), timeout=_CONNECT)
    try:
        plain = socket.create_connection((address, _port(parts)), timeout=_CONNECT)
    except OSError:
        raise NotNow("the server does not answer") from None
    # A server that gives a byte now and then would hold who sends for ever.
    connection.sock = plain
    timer = threading.Timer(_WHOLE, _shut, (connection,))
    timer.daemon = True
    timer.start()
    try:
        if parts.scheme == "https":
            connection.sock = client_context().wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
            connection.sock.do_handshake()
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, headers)
        return connection.getresponse().status
    except ssl.SSLError:
        raise NotNow("the server's certificate is not believed, or it speaks no TLS there") from None
    except (OSError, http.client.HTTPException, ValueError):
        raise NotNow("the server does not answer") from None
    finally:
        timer.cancel()
        connection.close()
        plain.close()


def _shut(connection: http.client.HTTPConnection) -> None:
    with suppress(OSError):
        # Of an encrypted one its own shutdown would take away what another thread reads with.
        socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
