"""`workbench serve`: the API for a team, on TCP, over HTTPS where there is a certificate."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from workbench.api.certificate import Certificate, certificate_of
from workbench.api.hosts import HostCheck
from workbench.core.addresses import is_loopback
from workbench.core.config import Settings
from workbench.core.errors import InvalidSetting, ServiceNotRunning
from workbench.core.telemetry import configure_logging

__all__ = ["serve"]

_MOST_FILES = 65_536


def serve(
    settings: Settings,
    host: str | None = None,
    port: int | None = None,
    insecure: bool = False,
    names: Iterable[str] = (),
    ready: Callable[[str, Path], None] | None = None,
) -> None:
    """Serve the workspace until SIGTERM or SIGINT.

    Parameters
    ----------
    host, port
        Where to listen; ``api.host`` and ``api.port`` when None. Port 0: any free one.
    insecure
        Listen beyond loopback without HTTPS: passwords, tokens and rows can be read on the way, unless a reverse proxy stands in front.
    names
        Host names under which remote users reach it, besides addresses and this machine's own name.
    ready
        Called with the URL and the owner's token file once it listens.

    Raises
    ------
    InvalidSetting
        The host is beyond loopback without HTTPS, or is none of this machine's, or the certificate cannot be used.
    ServiceNotRunning
        The port is taken.
    """
    host = host or settings.api.host
    port = settings.api.port if port is None else port
    certificate = certificate_of(settings)
    if not is_loopback(host) and certificate is None and not insecure:
        raise InvalidSetting(
            f"{host} can be reached from other machines, and there is no HTTPS.",
            fix="Set serve.certificate and serve.key, use 127.0.0.1 behind a reverse proxy, or say --insecure if you mean it.",
        )
    known = urlsplit(settings.serve.public_url).hostname or ""
    hosts = HostCheck(remote=not is_loopback(host), names=(*names, known))
    listener = _listen(host, port)
    try:
        _serve_on(listener, settings, hosts, certificate, ready)
    finally:
        listener.close()


def _serve_on(
    listener: socket.socket,
    settings: Settings,
    hosts: HostCheck,
    certificate: Certificate | None,
    ready: Callable[[str, Path], None] | None,
) -> None:
    from workbench.api.app import create_app
    from workbench.api.backend import Backend, services_for_callers
    from workbench.api.server import run
    from workbench.governance.owner import owner_token_file

    configure_logging(settings.state / "logs" / "serve.jsonl", settings.log.level)
    _take_files()
    backend = Backend(services_for_callers(settings))
    app = create_app(backend, hosts, https=certificate is not None)
    token_file = owner_token_file(backend.tokens, settings.state / "secrets")
    if ready is not None:
        bound, port = listener.getsockname()[:2]
        scheme = "http" if certificate is None else "https"
        ready(f"{scheme}://{f'[{bound}]' if ':' in bound else bound}:{port}", token_file)
    run(app, backend, listener, certificate)


def _take_files() -> None:
    """Have as many files and connections open as the system lets this process have: where nobody says more, it begins with 1,024."""
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS says that there is no limit, and has one
        most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


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
