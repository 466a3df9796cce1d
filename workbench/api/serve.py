"""`workbench serve`: the API for a team, on TCP, with tokens."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from pathlib import Path

from workbench.api.hosts import HostCheck, is_loopback
from workbench.core.config import Settings
from workbench.core.errors import InvalidSetting, ServiceNotRunning
from workbench.core.telemetry import configure_logging

__all__ = ["serve"]


def serve(
    settings: Settings,
    host: str | None = None,
    port: int | None = None,
    allow_remote: bool = False,
    names: Iterable[str] = (),
    ready: Callable[[str, Path], None] | None = None,
) -> None:
    """Serve the workspace until SIGTERM or SIGINT.

    Parameters
    ----------
    host, port
        Where to listen; ``api.host`` and ``api.port`` when None. Port 0: any free one.
    allow_remote
        Listen beyond loopback. There is no TLS here: put a reverse proxy in front.
    names
        Host names under which remote users reach it, besides addresses and this machine's own name.
    ready
        Called with the URL and the owner's token file once it listens.

    Raises
    ------
    InvalidSetting
        The host is beyond loopback and that was not allowed, or is none of this machine's.
    ServiceNotRunning
        The port is taken.
    """
    host = host or settings.api.host
    port = settings.api.port if port is None else port
    if not is_loopback(host) and not allow_remote:
        raise InvalidSetting(f"{host} can be reached from other machines.", fix="Use 127.0.0.1, or say --allow-remote if you mean it.")
    listener = _listen(host, port)
    try:
        _serve_on(listener, settings, HostCheck(remote=not is_loopback(host), names=names), ready)
    finally:
        listener.close()


def _serve_on(listener: socket.socket, settings: Settings, hosts: HostCheck, ready: Callable[[str, Path], None] | None) -> None:
    from workbench.api.app import create_app
    from workbench.api.backend import Backend, services_for_callers
    from workbench.api.server import run
    from workbench.governance.owner import owner_token_file

    configure_logging(settings.state / "logs" / "serve.jsonl", settings.log.level)
    backend = Backend(services_for_callers(settings))
    app = create_app(backend, hosts)
    token_file = owner_token_file(backend.tokens, settings.state / "secrets")
    if ready is not None:
        bound, port = listener.getsockname()[:2]
        ready(f"http://{f'[{bound}]' if ':' in bound else bound}:{port}", token_file)
    run(app, backend, listener)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise InvalidSetting(f"{host} is not an address of this machine.", fix="Use 127.0.0.1.") from error
    listener = socket.socket(family, kind, proto)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ServiceNotRunning(
            f"{host}:{port} cannot be listened on: {error.strerror}.", fix="Choose another port with --port."
        ) from error
    return listener
