"""Whom a client believes to be the server."""

from __future__ import annotations

import os
import socket
import ssl

from workbench.core.errors import InvalidSetting

__all__ = ["client_context", "said_of", "speaks_tls"]

_PROBE = 2.0  # seconds


def client_context() -> ssl.SSLContext:
    """What verifies a server's certificate and name: the authorities that everybody knows, and those of ``WORKBENCH_CA`` (a PEM file).

    Raises
    ------
    InvalidSetting
        The file cannot be used.
    """
    import certifi

    context = ssl.create_default_context(cafile=certifi.where())
    own = os.environ.get("WORKBENCH_CA")
    if own:
        try:
            context.load_verify_locations(cafile=own)
        except OSError as error:
            raise InvalidSetting(f"WORKBENCH_CA names {own}, which cannot be used.", fix="Name a PEM file with certificates.") from error
    return context


def speaks_tls(host: str, port: int) -> bool:
    """Whether what listens there answers as HTTPS does, whoever it is: asked where it has closed a connection that spoke plain HTTP."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), _PROBE) as plain, context.wrap_socket(plain, server_hostname=host):
            return True
    except (OSError, ValueError):
        return False


def said_of(error: BaseException) -> tuple[str, str] | None:
    """What is wrong, and what to do, where a connection failed for its certificate or for speaking no TLS; None for another reason."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = cause.verify_message.rstrip(".")
            return f"its certificate is not believed ({why})", "Set WORKBENCH_CA to the PEM file of who signed it, or check the address."
        if isinstance(cause, ssl.SSLError):
            return "it does not speak HTTPS as we do", "Check whether the address begins with http:// or https://, and its port."
        cause = cause.__cause__ or cause.__context__
    return None
