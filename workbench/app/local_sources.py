"""The verbs of ``sources`` in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.app.namespace import Namespace
from workbench.ingest.allowed import no_connection

if TYPE_CHECKING:
    from workbench.ingest.records import LoadOptions
    from workbench.ingest.sources.records import Connection, ConnectionTest, DatabaseKind, TableFound, Watch

__all__ = ["SourceNamespace"]


class SourceNamespace(Namespace, noun="sources"):
    def connections(self) -> tuple[Connection, ...]:
        """Databases that can be read; never their secrets."""
        found = self._services.connections.all()
        if self._who.is_admin:
            return found
        # Where it leads and as whom is nothing to who takes rows from it.
        return tuple(each.model_copy(update={"options": {}, "changed_by": ""}) for each in found if self._granted(each.name))

    def kinds(self) -> tuple[DatabaseKind, ...]:
        """Kinds of database that can be connected."""
        from workbench.ingest.sources.databases.kinds import described

        return described()

    def connect(self, name: str, kind: str, options: dict[str, Any], secret: str | None = None) -> Connection:
        """Save a connection, in place of one of that name."""
        return self._services.connections.save(name, kind, options, secret, self._who)

    def disconnect(self, name: str) -> tuple[Connection, ...]:
        """Forget a connection and its secret; returns those left."""
        return self._services.connections.remove(name)

    def test(self, name: str) -> ConnectionTest:
        """Whether the database answers."""
        return self._services.connections.test(name)

    def tables(self, name: str) -> tuple[TableFound, ...]:
        """What can be read there."""
        if not self._granted(name):
            raise no_connection(name)
        return self._services.connections.tables(name, outsider=not self._who.is_admin)

    def watches(self) -> tuple[Watch, ...]:
        """Watched folders."""
        return self._services.watches.all()

    def watch(self, source: str, options: LoadOptions | None = None) -> Watch:
        """Take in what comes into a folder."""
        return self._services.watches.add(source, options, self._who)

    def look(self, id: str) -> Watch:
        """Look into a watched folder now."""
        from workbench.jobs.watching import Watching

        services = self._services
        Watching(services.settings, services.store, services.log).look_now(id)
        return services.watches.get(id)

    def unwatch(self, id: str) -> tuple[Watch, ...]:
        """Watch it no longer; returns those left."""
        return self._services.watches.remove(id)

    def _granted(self, name: str) -> bool:
        return self._who.is_admin or self._services.view(self._who).rights.may_on("read", f"connection:{name}")
