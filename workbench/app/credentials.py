"""The tokens of who has signed in to servers, one file of hers that nobody else can read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workbench.core.errors import InvalidInput
from workbench.store.filesystem import write_private

__all__ = ["forget", "keep", "kept", "server_of"]

_PORTS = {"http": 80, "https": 443}


def server_of(url: str) -> str:
    """An address as credentials are kept under it: scheme, host, port, path.

    >>> server_of("HTTPS://Lake.example.org/workbench/"), server_of("http://127.0.0.1:8765/api")
    ('https://lake.example.org:443/workbench', 'http://127.0.0.1:8765')
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise InvalidInput(f"{url!r} is not the address of a server.", fix="Write https://host or http://127.0.0.1:8765.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    try:
        port = parts.port or _PORTS[parts.scheme]
    except ValueError as error:
        raise InvalidInput(f"{url!r} is not the address of a server.", fix="A port is a number up to 65535.") from error
    return f"{parts.scheme}://{host}:{port}{parts.path.rstrip('/').removesuffix('/api')}"


def kept(url: str) -> dict[str, Any] | None:
    """What is kept of a server: ``token``, ``name``, ``expires_at``; None for nothing."""
    try:
        server = server_of(url)
    except InvalidInput:
        return None
    found = _read(_file()).get(server)
    return found if isinstance(found, dict) and isinstance(found.get("token"), str) else None


def keep(url: str, token: str, name: str, expires_at: str | None) -> Path:
    """Keep a token for a server; returns the file."""
    path = _file()
    _write(path, _read(path) | {server_of(url): {"token": token, "name": name, "expires_at": expires_at}})
    return path


def forget(url: str) -> dict[str, Any] | None:
    """Forget what is kept of a server; returns it."""
    path, server = _file(), server_of(url)
    every = _read(path)
    found: dict[str, Any] | None = every.pop(server, None)
    if found is not None:
        _write(path, every)
    return found


def _file() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "workbench" / "credentials.json"


def _read(path: Path) -> dict[str, Any]:
    try:
        status = path.stat()
        if status.st_mode & 0o077 or status.st_uid != os.getuid():
            raise InvalidInput(f"Others can read {path}, which holds your tokens.", fix=f"Sign in anew after: rm {path}")
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read.", fix=f"Sign in anew after: rm {path}") from error
    return found if isinstance(found, dict) else {}


def _write(path: Path, every: dict[str, Any]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(path, json.dumps(every, indent=1))
