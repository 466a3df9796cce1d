"""What a forked API runs, see ``tests/quick.py``: the API's own code, in a process that finds imported what it needs."""

from __future__ import annotations

import os
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from workbench.api import __main__ as process
from workbench.api import app, backend, serve, server  # noqa: F401 - here once, not in each process
from workbench.core.config import load_settings

__all__ = ["on_socket", "on_tcp"]


def on_socket(root: str, environment: dict[str, str]) -> None:
    """Be ``python -m workbench.api --root ROOT`` in this environment."""
    _begin(environment)
    sys.argv = [process.__file__, "--root", root]
    sys.exit(process.main())


def on_tcp(root: str, environment: dict[str, str], ready: Connection) -> None:
    """Be a server for a team on any free port; ``ready`` is told its URL and the file with the owner's token."""
    _begin(environment)
    serve.serve(load_settings(Path(root), env={}), port=0, ready=lambda url, file: ready.send((url, str(file))))


def _begin(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
