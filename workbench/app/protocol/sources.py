"""Where rows come from: databases that are connected, folders that are watched."""

from __future__ import annotations

from typing import Annotated, Any, Protocol

from pydantic import Field

from workbench.app.verbs import verb
from workbench.ingest.records import LoadOptions
from workbench.ingest.sources.records import Connection, ConnectionTest, DatabaseKind, TableFound, Watch

__all__ = ["SourceVerbs"]

Folder = Annotated[str, Field(min_length=1, max_length=4_096)]
Secret = Annotated[str, Field(max_length=10_000)]


class SourceVerbs(Protocol):
    @verb("GET", "/sources/connections")
    def connections(self) -> tuple[Connection, ...]:
        """Databases that can be read as ``connection:NAME/table``; never their secrets."""

    @verb("GET", "/sources/kinds")
    def kinds(self) -> tuple[DatabaseKind, ...]:
        """Kinds of database that can be connected, and what each is asked for."""

    @verb("PUT", "/sources/connections/{name}", safe=True)
    def connect(self, name: str, kind: str, options: dict[str, Any], secret: Secret | None = None) -> Connection:
        """Save a connection of one of the ``kinds``, in place of one of that name. The secret is kept encrypted."""

    @verb("DELETE", "/sources/connections/{name}")
    def disconnect(self, name: str) -> tuple[Connection, ...]:
        """Forget a connection and its secret; returns those left."""

    @verb("POST", "/sources/connections/{name}/test", safe=True)
    def test(self, name: str) -> ConnectionTest:
        """Whether the database answers, and what to do where it does not."""

    @verb("GET", "/sources/connections/{name}/tables")
    def tables(self, name: str) -> tuple[TableFound, ...]:
        """What can be read there."""

    @verb("GET", "/sources/watches")
    def watches(self) -> tuple[Watch, ...]:
        """Watched folders: when each was last looked into, what came of its files."""

    @verb("POST", "/sources/watches", safe=True)
    def watch(self, source: Folder, options: LoadOptions | None = None) -> Watch:
        """Take in what comes into a folder, or matches a pattern, from now on; what is there already too."""

    @verb("POST", "/sources/watches/{id}/look", safe=True)
    def look(self, id: str) -> Watch:
        """Look into a watched folder now instead of at the next round; complete files are queued."""

    @verb("DELETE", "/sources/watches/{id}")
    def unwatch(self, id: str) -> tuple[Watch, ...]:
        """Watch it no longer; what was taken stays. Returns those left."""
