"""Where the lake is, told without PyIceberg."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlparse

from workbench.core.errors import InvalidSetting

__all__ = ["Warehouse"]


class Warehouse:
    """One location: a folder (a path or a ``file://`` URI) or ``s3://bucket/prefix``.

    Local locations are kept as plain absolute paths: PyIceberg does not decode ``%20`` in URIs, so a folder with a space
    would become another folder.

    Raises
    ------
    InvalidSetting
        It is neither.
    """

    def __init__(self, warehouse: str) -> None:
        parsed = urlparse(warehouse)
        if parsed.scheme not in ("", "file", "s3"):
            raise InvalidSetting(f"lake.warehouse cannot be {warehouse!r}.", fix="Use a folder or s3://bucket/prefix.")
        self.local = parsed.scheme != "s3"
        path = unquote(parsed.path) if parsed.scheme == "file" else warehouse
        self.location = str(Path(path).expanduser().absolute()) if self.local else warehouse.rstrip("/")

    def holds(self, location: str) -> bool:
        """Whether a location lies below the warehouse, whatever ``..`` or symbolic links are in it."""
        plain = location.removeprefix("file://") if self.local else location
        prefix = f"{self.location}/"
        if plain.startswith(prefix) and ".." not in plain[len(prefix) :].split("/"):
            return True
        # The same folder may have been opened by another name.
        return self.local and os.path.realpath(plain).startswith(f"{os.path.realpath(self.location)}/")
