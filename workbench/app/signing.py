"""Signing in to a server and out again, for faces of this side: what it gives is kept for ``WORKBENCH_URL``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from workbench.app import credentials
from workbench.app.remote import RemoteWorkspace
from workbench.app.wire import Wire
from workbench.core.addresses import is_loopback
from workbench.core.errors import InvalidInput, WorkbenchError

if TYPE_CHECKING:
    from workbench.core.principals import Principal

__all__ = ["keep_token", "sign_in", "sign_out"]


def sign_in(url: str, name: str, password: str, insecure: bool = False) -> tuple[dict[str, Any], Path]:
    """Ask for a session and keep it: what is known of it, and the file.

    Raises
    ------
    Unauthenticated, TooManyRequests
        The name or the password is not right, or too many were wrong.
    ServiceNotRunning
        No workbench answers there, or its certificate is not believed.
    """
    _check(url, insecure)
    wire = Wire(url)
    try:
        found: dict[str, Any] = wire.post("/login", {"name": name, "password": password})
    finally:
        wire.close()
    return found, credentials.keep(url, found["token"], found["name"], found["expires_at"])


def keep_token(url: str, token: str, insecure: bool = False) -> tuple[Principal, Path]:
    """Keep a token that one was given, once the server has said whose it is. Raises as :func:`sign_in` does."""
    _check(url, insecure)
    with RemoteWorkspace(url, token) as workspace:
        who = workspace.users.me()
    return who, credentials.keep(url, token, who.name, None)


def sign_out(url: str) -> bool:
    """End the session and forget it; whether there was one. What the server cannot be told any more is forgotten all the same."""
    found = credentials.forget(url)
    if found is None:
        return False
    wire = Wire(url, found["token"])
    try:
        wire.post("/logout", {})
    except WorkbenchError:  # it has ended already, or ends by itself
        pass
    finally:
        wire.close()
    return True


def _check(url: str, insecure: bool) -> None:
    server = urlsplit(credentials.server_of(url))
    if server.scheme == "http" and not is_loopback(server.hostname or "") and not insecure:
        raise InvalidInput(
            "Without HTTPS others on the way can read the password and what is answered.",
            fix="Use https://, or say --insecure if you mean it.",
        )
