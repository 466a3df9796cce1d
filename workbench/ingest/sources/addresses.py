"""Which addresses a download may go to. A server that fetches what it is told to must not be a way into its own network."""

from __future__ import annotations

import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address

from workbench.core.errors import Forbidden, Unavailable

__all__ = ["checked_address", "is_cloud", "is_public"]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Not private by the registries (or by those of this Python's year), and yet answered by the cloud that a machine stands in.
_CLOUDS = tuple(map(ipaddress.ip_network, ("168.63.129.16/32", "192.0.0.0/24")))
# Private or shared, so that is_public refuses them anyway, but never a place of anybody's files: a cloud's own services over IPv6, and
# metadata in a shared network.
_METADATA = tuple(map(ipaddress.ip_network, ("fd00:ec2::/32", "fd20:ce::254/128", "100.100.100.200/32")))


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it lies in the open network: not this machine, not a private, link-local (where clouds keep their metadata), shared or
    reserved one, nor an IPv6 form of such a one.

    >>> [is_public(ipaddress.ip_address(text)) for text in ("93.184.216.34", "127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1")]
    [True, False, False, False]
    """
    if (inner := _inner(address)) is not None:
        return is_public(inner)
    if any(address in network for network in _CLOUDS):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def is_cloud(address: IPv4Address | IPv6Address) -> bool:
    """Whether the machine's own cloud or link answers there, with names and keys for whoever asks: nobody keeps files at such an address.

    >>> [is_cloud(ipaddress.ip_address(text)) for text in ("169.254.169.254", "::ffff:169.254.170.2", "fd00:ec2::254", "10.0.0.1")]
    [True, True, True, False]
    """
    if (inner := _inner(address)) is not None:
        return is_cloud(inner)
    return address.is_link_local or any(address in network for network in (*_CLOUDS, *_METADATA))


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The address that an IPv6 one only wraps."""
    if not isinstance(address, IPv6Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def checked_address(host: str, port: int, allow_private: bool) -> str:
    """The address of a host, looked up once: whoever connects to it connects to what was checked.

    Raises
    ------
    Forbidden
        One of its addresses is not public, or, whatever is allowed, link-local or a cloud's own.
    Unavailable
        It has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unavailable(f"The name {host} is not known here.", fix="Check the address, and that this machine has a network.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    if any(is_cloud(ipaddress.ip_address(address)) for address in addresses):
        raise Forbidden(
            f"{host} is a link-local address of a private network, where clouds keep metadata and keys.",
            fix="Fetch the file and take it in.",
        )
    if not allow_private and not all(is_public(ipaddress.ip_address(address)) for address in addresses):
        raise Forbidden(
            f"{host} is an address of this machine or of a private network.",
            fix="Fetch the file and take it in, or set ingest.allow_private_addresses = true in workbench.toml.",
        )
    return addresses[0]
