"""Which addresses a download may go to. A server that fetches what it is told to must not be a way into its own network."""

from __future__ import annotations

import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address

from workbench.core.errors import Forbidden, Unavailable

__all__ = ["checked_address", "is_public"]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Not private by the registries (or by those of this Python's year), and yet answered by the cloud that a machine stands in.
_CLOUDS = tuple(map(ipaddress.ip_network, ("168.63.129.16/32", "192.0.0.0/24")))


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it lies in the open network: not this machine, not a private, link-local (where clouds keep their metadata), shared or
    reserved one, nor an IPv6 form of such a one.

    >>> [is_public(ipaddress.ip_address(text)) for text in ("93.184.216.34", "127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1")]
    [True, False, False, False]
    """
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    if any(address in network for network in _CLOUDS):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def checked_address(host: str, port: int, allow_private: bool) -> str:
    """The address of a host, looked up once: whoever connects to it connects to what was checked.

    Raises
    ------
    Forbidden
        One of its addresses is not public.
    Unavailable
        It has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unavailable(f"The name {host} is not known here.", fix="Check the address, and that this machine has a network.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    if not allow_private and not all(is_public(ipaddress.ip_address(address)) for address in addresses):
        raise Forbidden(
            f"{host} is an address of this machine or of a private network.",
            fix="Fetch the file and take it in, or set ingest.allow_private_addresses = true in workbench.toml.",
        )
    return addresses[0]
