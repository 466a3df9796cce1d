"""PyIceberg's SQL catalog on the metadata store's engine, with table metadata cached by its (immutable) location."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache
from pyiceberg.catalog import Catalog, MetastoreCatalog
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.io import FileIO
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.typedef import EMPTY_DICT, Identifier, Properties
from sqlalchemy import func, select

from workbench.core.errors import Conflict, DatasetNotFound, nearest
from workbench.core.names import split_name
from workbench.core.working import working_branch
from workbench.lake.facts import CATALOG_NAME, pointer_of, pointers_of
from workbench.lake.storage import Storage, storage_errors
from workbench.lake.working import as_main
from workbench.store.tables import iceberg_tables

if TYPE_CHECKING:
    from workbench.store.store import Store

__all__ = ["LakeCatalog"]

CACHED_SNAPSHOTS = 20_000  # of all cached metadata together; an entry is about 2 KB


class LakeCatalog(SqlCatalog):
    """The Iceberg catalog of a workspace: any Iceberg client that knows SQL catalogs can read it under the name ``workbench``.

    Only :meth:`workbench.lake.Lake.commit_many` changes tables; this class reads.
    """

    def __init__(self, store: Store, storage: Storage) -> None:
        # Not SqlCatalog.__init__, which would make an engine of its own, without BEGIN IMMEDIATE and the busy timeout.
        MetastoreCatalog.__init__(self, CATALOG_NAME, warehouse=storage.warehouse, **storage.properties)
        self.store = store
        self.storage = storage
        self.engine = store.reader  # what SqlCatalog would write itself is refused by the database
        self._schema_version = "v1"
        self._metadata: LRUCache[str, TableMetadata] = LRUCache(CACHED_SNAPSHOTS, getsizeof=lambda m: len(m.snapshots) + 10)
        self._guard = threading.Lock()

    def _load_file_io(self, properties: Properties = EMPTY_DICT, location: str | None = None) -> FileIO:
        return self.storage.io

    # ------------------------------------------------------------------------------------------------------- pointers

    def pointer(self, name: str) -> str | None:
        """The current metadata location of ``namespace.table``, or None where there is no such table."""
        return pointer_of(self.store, name)

    def names(self) -> dict[str, str]:
        """Every table with its metadata location, sorted by name."""
        return pointers_of(self.store)

    # ---------------------------------------------------------------------------------------------------------- place

    def check_place(self) -> None:
        """See to it that the tables are where the lake is, before anything is done that opens none of them. One quick query.

        Raises
        ------
        Conflict
            The workspace was moved or copied.
        """
        prefix = f"{self.storage.warehouse}/"
        columns = iceberg_tables.c
        elsewhere = func.substr(columns.metadata_location, 1, len(prefix)) != prefix
        query = select(columns.metadata_location).where(columns.catalog_name == self.name, elsewhere).limit(1)
        with self.store.read() as conn:
            location = conn.execute(query).scalar_one_or_none()
        if location is not None:
            self._check(location, location)

    def _check(self, location: str, metadata_location: str) -> None:
        # Iceberg's locations are absolute. Those of a copied workspace name the files of the original, which work on the copy
        # would change and delete.
        if self.storage.holds(location):
            return
        old = metadata_location.rsplit("/", 4)[0]  # <warehouse>/<namespace>/<table>-<uuid>/metadata/<file>
        raise Conflict(
            f"This workspace was moved or copied: its tables name files in {old}, its lake is {self.storage.warehouse}.",
            fix="Run `workbench relocate` in it. If only the setting lake.warehouse was changed, set it back.",
        )

    # ------------------------------------------------------------------------------------------------------- metadata

    def read_metadata(self, location: str) -> TableMetadata:
        """The metadata at a location; parsed once, as such a file never changes.

        Raises
        ------
        StorageUnavailable
            It cannot be read.
        Conflict
            It is another place's: the workspace was moved or copied.
        """
        self._check(location, location)
        with self._guard:
            cached = self._metadata.get(location)
        if cached is None:
            with storage_errors("read a table's metadata"):
                cached = FromInputFile.table_metadata(self.storage.io.new_input(location))
            self._check(f"{cached.location}/", location)
            self.remember(location, cached)
        return cached

    def remember(self, location: str, metadata: TableMetadata) -> None:
        """Put metadata that was just written into the cache."""
        if len(metadata.snapshots) + 10 <= CACHED_SNAPSHOTS:
            with self._guard:
                self._metadata[location] = metadata

    def current(self, name: str, location: str | None = None) -> Table:
        """The table as it is now; or as it was at a ``location`` of its metadata, where that is still there.

        Raises
        ------
        DatasetNotFound
            There is none of that name; the nearest one is suggested.
        """
        for attempt in range(3):
            found, location = location or self.pointer(name), None
            if found is None:
                raise self.not_found(name)
            try:
                return self.table_at(name, found)
            except Exception:
                # Metadata of superseded versions is deleted after a while: whoever was slow looks up the newer one.
                if attempt == 2 or self.pointer(name) == found:
                    raise
        raise AssertionError("unreachable")

    def table_at(self, name: str, location: str) -> Table:
        """The table as a metadata file says; with the branch that this process works on in main's place."""
        metadata, branch = self.read_metadata(location), working_branch()
        shown = metadata if branch is None else as_main(metadata, branch)
        return Table(split_name(name), shown, location, self.storage.io, self)

    def not_found(self, name: str) -> DatasetNotFound:
        close = nearest(name, self.names())
        return DatasetNotFound(
            f"There is no dataset {name!r}.", fix=f"Did you mean {close!r}?" if close else "`workbench datasets` lists those there are."
        )

    def load_table(self, identifier: str | Identifier) -> Table:
        name = ".".join(Catalog.identifier_to_tuple(identifier))
        try:
            return self.current(name)
        except DatasetNotFound as error:
            raise NoSuchTableError(error.message) from error

    def close(self) -> None:
        """Nothing to do: the engine belongs to the store."""

    def __reduce__(self) -> Any:
        raise TypeError("a catalog holds database connections and cannot be pickled; open the workspace again instead")
