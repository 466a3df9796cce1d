"""uvicorn, set up once for the unix socket and for TCP."""

from __future__ import annotations

import ctypes
import logging
import signal
import socket
import threading
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from workbench.api.backend import Backend
from workbench.api.prompt import PromptProtocol
from workbench.api.upload import sweep_scratch

if TYPE_CHECKING:
    from fastapi import FastAPI

    from workbench.api.certificate import Certificate

__all__ = ["give_back_memory", "run"]

_GRACE = 5
_M_MMAP_THRESHOLD, _LARGE = -3, 4 << 20  # malloc.h; bytes


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, backend: Backend) -> None:
        super().__init__(config)
        self._backend = backend

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Live streams would keep the server waiting for ever.
        self._backend.stopping.set()
        super().handle_exit(sig, frame)


def give_back_memory() -> None:
    """From now on large pieces of memory go back to the system when they are freed: glibc begins to keep those of up to 32 MB once one of
    them was freed, and as many as there are answers at once of them, for good."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)


def run(app: FastAPI, backend: Backend, listener: socket.socket, certificate: Certificate | None = None) -> None:
    """Serve on a listening socket until SIGTERM or SIGINT; open calls get five seconds to end."""
    _join_logs()
    give_back_memory()
    sweep_scratch(backend.settings.state)
    config = uvicorn.Config(
        app,
        http=PromptProtocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,  # the gate writes one that holds neither headers nor queries
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=_GRACE,
        ssl_certfile=certificate.chain if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )
    server = _Server(config, backend)
    if certificate is not None:
        config.load()
        assert config.ssl is not None
        threading.Thread(target=certificate.follow, args=(config.ssl, backend.stopping), name="certificate", daemon=True).start()
    # uvicorn listens to signals only once its loop runs, and raises them again when it has ended. A signal before that is the
    # server's, too; one after it must not keep what follows here from being done.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.handle_exit)
    threading.Thread(target=backend.warm_up, name="warm-up", daemon=True).start()
    threading.Thread(target=backend.reap_on, name="reaper", daemon=True).start()
    try:
        server.run(sockets=[listener])
    finally:
        backend.close()


def _join_logs() -> None:
    ours = logging.getLogger("workbench")
    for name in ("uvicorn", "uvicorn.error"):
        theirs = logging.getLogger(name)
        theirs.handlers, theirs.propagate = list(ours.handlers), False
        theirs.setLevel(logging.WARNING)
