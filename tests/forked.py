"""What a forked engine runs, see ``tests/quick.py``.

It stands by itself: a process that is forked finds this module imported, and would import whatever else its function's module wants.
"""

from __future__ import annotations

import os
import socket

import duckdb  # noqa: F401 - here once, not in each process

from workbench.engines.duckdb import child, plain, serve  # noqa: F401

__all__ = ["answer"]


def answer(connection: socket.socket) -> None:
    """Be the process of an engine that is asked at ``connection``."""
    os.setpgid(0, 0)
    for name in set(os.environ) - set(child._VARIABLES):
        del os.environ[name]
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    serve.main(connection.detach())
