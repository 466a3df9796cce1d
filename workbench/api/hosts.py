"""Which ``Host`` headers name this server, so that no web page reaches it under a name of its own (DNS rebinding)."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

__all__ = ["HostCheck"]


class HostCheck:
    """Allows addresses, which no one else's domain name is, and the names of this machine when it is meant to be reached.

    >>> check = HostCheck()
    >>> check.allows("127.0.0.1:8765"), check.allows("localhost"), check.allows("[::1]:8765"), check.allows("evil.example:8765")
    (True, True, True, False)
    >>> check.allows("192.168.1.2:8765"), HostCheck(remote=True).allows("192.168.1.2:8765")
    (False, True)
    """

    def __init__(self, remote: bool = False, names: Iterable[str] = ()) -> None:
        own = (socket.gethostname(), socket.getfqdn()) if remote else ()
        self._names = {name.lower().rstrip(".") for name in ("localhost", *own, *names) if name}
        self._remote = remote

    def allows(self, header: str) -> bool:
        """Whether a request with this ``Host`` is meant for us."""
        host = header.lower()
        host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return host.rstrip(".") in self._names
        return self._remote or address.is_loopback
