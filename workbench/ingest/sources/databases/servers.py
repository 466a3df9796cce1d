"""What kinds of database that are servers have in common: their driver, what they are called, and why one is out of reach."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from workbench.core.errors import MissingDependency, Unavailable

__all__ = ["driver", "place_of", "unreachable"]

_NO_SUCH_HOST = ("translate host name", "resolve host", "name or service not known", "getaddrinfo", "nodename nor servname", "no address")
_NO_SSL = ("does not support ssl", "ssl connection error", "ssl connection is required", "certificate verify failed", "no encryption")


def driver(module: str, kind: str, extra: str) -> Any:
    """The module that speaks to a kind of server.

    Raises
    ------
    MissingDependency
        It is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingDependency(f"The driver for {kind} is not installed.", fix=f"pip install 'workbench-lab[{extra}]'") from error


def place_of(options: Any) -> str:
    """What errors call a server's database."""
    return f"{options.host}:{options.port}/{options.database}"


def unreachable(where: str, words: str) -> Unavailable:
    """Why a server could not be reached, by what its driver says of it; its own words are not handed on, they may hold anything."""
    said, server = words.casefold(), where.partition("/")[0]
    if any(word in said for word in _NO_SUCH_HOST):
        host = server.rpartition(":")[0]
        return Unavailable(f"No machine is called {host}.", fix="Check the host's name, and whether the network is up.")
    if any(word in said for word in _NO_SSL):
        fix = "Check the connection's encryption and its certificate."
        return Unavailable(f"{server} and this machine do not agree on encryption.", fix=fix)
    if "refused" in said:
        return Unavailable(f"No server listens at {server}.", fix="Check host and port, and whether the server runs.")
    return Unavailable(f"{where} does not answer.", fix="Check host, port and whether the server runs.")
