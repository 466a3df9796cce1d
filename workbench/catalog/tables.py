"""What the lake's tables look like now, read again only where one has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from workbench.core.errors import DatasetNotFound
from workbench.core.names import QUARANTINE
from workbench.core.working import working_branch
from workbench.lake.facts import TableFacts
from workbench.lake.records import TableInfo

if TYPE_CHECKING:
    from workbench.lake.lake import Lake

__all__ = ["Tables"]


class Tables:
    """Descriptions of the current tables, kept by metadata location: a location's content never changes.

    What is not known yet comes from the facts beside the catalog; only a table that another Iceberg client has changed is
    opened, and only then the lake is asked for.
    """

    def __init__(self, facts: TableFacts, lake: Callable[[], Lake]) -> None:
        self._facts = facts
        self._lake = lake
        self._by_branch: dict[str | None, dict[tuple[str, str], TableInfo]] = {}
        self._guard = threading.Lock()

    @property
    def _known(self) -> dict[tuple[str, str], TableInfo]:
        return self._by_branch.setdefault(working_branch(), {})

    def count(self) -> int:
        """How many there are, quarantines aside."""
        return self._facts.count(but=QUARANTINE)

    def names(self) -> tuple[str, ...]:
        """The full name of every table, in order. One query, whatever they hold."""
        return tuple(self._facts.pointers())

    def all(self, *, drafts: bool | None = None) -> tuple[TableInfo, ...]:
        """Every table, by name. One query; what has changed since the last call is looked up."""
        pointers = self._facts.pointers(drafts=drafts)
        known = {name: self._known.get((name, location)) for name, location in pointers.items()}
        unknown = {name: pointers[name] for name, info in known.items() if info is None}
        told = self._facts.at(unknown)
        found = {}
        for name in pointers:
            info = known[name] or told.get(name) or self._read(name)
            if info is not None:
                found[name, info.metadata_location] = info
        with self._guard:
            self._by_branch[working_branch()] = found
        return tuple(found.values())

    def one(self, name: str, *, drafts: bool | None = None) -> TableInfo | None:
        """One table by its exact name, or None."""
        location = self._facts.pointer(name, drafts=drafts)
        if location is None:
            return None
        known = self._known.get((name, location))
        if known is not None:
            return known
        info = self._facts.at({name: location}).get(name) or self._read(name)
        if info is not None:
            with self._guard:
                self._known[name, info.metadata_location] = info
        return info

    def some(self, names: Iterable[str], *, drafts: bool | None = None) -> dict[str, TableInfo]:
        """Tables by their exact names, without those that are not there."""
        pointers = self._facts.pointers(names, drafts=drafts)
        known = {name: self._known.get((name, location)) for name, location in pointers.items()}
        told = self._facts.at({name: pointers[name] for name, info in known.items() if info is None})
        found = {name: info or told.get(name) or self._read(name) for name, info in known.items()}
        here = {name: info for name, info in found.items() if info is not None}
        with self._guard:
            self._known.update({(name, info.metadata_location): info for name, info in here.items()})
        return here

    def look(self, pointers: dict[str, str]) -> list[TableInfo]:
        """Tables by name and metadata location, which are not kept in memory."""
        told = self._facts.at(pointers)
        found = [told.get(name) or self._read(name) for name in pointers]
        return [info for info in found if info is not None]

    def dropped(self, name: str, location: str) -> TableInfo:
        """A table that was dropped, by the name and the metadata location that it had.

        Raises
        ------
        StorageUnavailable
        """
        return self._facts.at({name: location}).get(name) or self._lake().info_at(name, location)

    def _read(self, name: str) -> TableInfo | None:
        try:
            # Reads the metadata that is current by now: the one a pointer named a moment ago may have been superseded and deleted.
            return self._lake().info(name)
        except DatasetNotFound:
            return None
