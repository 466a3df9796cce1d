"""What the lake's tables look like now, read again only where one has changed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from workbench.core.errors import DatasetNotFound
from workbench.lake.records import TableInfo

if TYPE_CHECKING:
    from workbench.lake.lake import Lake

__all__ = ["Tables"]


class Tables:
    """Descriptions of the current tables, kept by metadata location: a location's content never changes."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._known: dict[tuple[str, str], TableInfo] = {}
        self._guard = threading.Lock()

    def all(self) -> tuple[TableInfo, ...]:
        """Every table, by name. One query; what has changed since the last call is read from the lake."""
        pointers = self._lake.catalog.names()
        found = {}
        for name, location in pointers.items():
            info = self._known.get((name, location)) or self._read(name)
            if info is not None:
                found[name, info.metadata_location] = info
        with self._guard:
            self._known = found
        return tuple(found.values())

    def one(self, name: str) -> TableInfo | None:
        """One table by its exact name, or None."""
        location = self._lake.catalog.pointer(name)
        if location is None:
            return None
        known = self._known.get((name, location))
        if known is not None:
            return known
        info = self._read(name)
        if info is not None:
            with self._guard:
                self._known[name, info.metadata_location] = info
        return info

    def _read(self, name: str) -> TableInfo | None:
        try:
            # Reads the metadata that is current by now: the one a pointer named a moment ago may have been superseded and deleted.
            return self._lake.info(name)
        except DatasetNotFound:
            return None
