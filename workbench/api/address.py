"""From where a request comes. What a header says of it is believed of proxies that the settings name, and of nobody else."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from workbench.core.errors import InvalidSetting

if TYPE_CHECKING:
    from starlette.types import Scope

__all__ = ["Addresses"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Addresses:
    """Tells the client's address, as attempts are counted by it. Of IPv6 that is the network of 64 bits, of which everybody who has it has
    as many addresses as she likes.

    Parameters
    ----------
    trusted
        Addresses and networks of reverse proxies, with spaces between.

    Raises
    ------
    InvalidSetting
        One of them is none.
    """

    def __init__(self, trusted: str) -> None:
        try:
            self._trusted: list[Network] = [ipaddress.ip_network(text, strict=False) for text in trusted.split()]
        except ValueError as error:
            raise InvalidSetting(
                f"serve.trusted_proxies is wrong: {error}.", fix="Write addresses or networks: 127.0.0.1 10.0.0.0/8."
            ) from error

    def of(self, scope: Scope) -> str:
        """The address of who asks: the nearest to us that is no proxy of ours."""
        peer = str((scope.get("client") or ("unknown",))[0])
        if not self._is_proxy(peer):
            return _counted(peer)
        said = [part.strip() for line in Headers(scope=scope).getlist("X-Forwarded-For") for part in line.split(",")]
        for address in reversed(said):
            if not _is_address(address):
                break
            peer = address
            if not self._is_proxy(address):
                break
        return _counted(peer)

    def _is_proxy(self, text: str) -> bool:
        if not _is_address(text):
            return False
        ways = ipaddress.ip_address(text), _address(text)
        return any(address in network for network in self._trusted for address in ways)


def _counted(text: str) -> str:
    if not _is_address(text):
        return text
    address = _address(text)
    return f"{ipaddress.IPv6Address(int(address) >> 64 << 64)}/64" if isinstance(address, ipaddress.IPv6Address) else str(address)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Of IPv4, also where it came over a socket of IPv6 (``::ffff:10.0.0.1``)."""
    address = ipaddress.ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
