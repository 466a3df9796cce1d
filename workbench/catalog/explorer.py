"""What is there, who uses it, what should be looked at: questions about the catalog as a whole, and about schemas and files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.catalog import insights as looks
from workbench.catalog import schemas, standing, usage
from workbench.catalog.figures import Figures, shape_of
from workbench.catalog.files import files_in
from workbench.catalog.impact import impact
from workbench.catalog.index import Filters, Visible
from workbench.catalog.index.queries import Asked
from workbench.catalog.judging import column_hits
from workbench.catalog.records import (
    ColumnHit,
    Companion,
    DatasetFiles,
    DatasetSummary,
    Impact,
    Insight,
    Popular,
    QualityLeader,
    SchemaComparison,
    SchemaVersion,
    Statistics,
    StorageListing,
    Tree,
)
from workbench.catalog.said import Said, said_of
from workbench.catalog.storage import StorageBrowser
from workbench.catalog.tree import tree
from workbench.core.clock import now
from workbench.core.errors import DatasetNotFound
from workbench.core.names import quarantine_of
from workbench.lake.records import ColumnChange

if TYPE_CHECKING:
    from workbench.catalog.service import CatalogService
    from workbench.catalog.views import KnownView
    from workbench.core.refs import DatasetRef
    from workbench.lake.lake import Lake
    from workbench.lake.retention import Retention
    from workbench.runs.log import RunLog
    from workbench.store.store import Store

__all__ = ["Explorer"]

Downstream = Callable[[str, str], Iterable[tuple[str, int]]]


class Explorer:
    """Looks at datasets from above.

    ``downstream`` tells, of a table's UUID and name, the datasets made from it and how many hops away they are.
    ``root`` and ``state`` are the folders of the workspace.
    """

    def __init__(
        self,
        store: Store,
        log: RunLog,
        catalog: CatalogService,
        lake: Callable[[], Lake],
        downstream: Downstream,
        root: Path,
        state: Path,
    ) -> None:
        self._store = store
        self._log = log
        self._catalog = catalog
        self._lake = lake
        self._downstream = downstream
        self._places = (root, state)
        self._figures = Figures(store, log, catalog.tables)

    def tree(
        self,
        zone: str | None = None,
        prefix: str = "",
        after: str | None = None,
        limit: int = 200,
        visible: Visible | None = None,
        views: Mapping[str, DatasetSummary] | None = None,
    ) -> Tree:
        """One level of the tree; see :func:`.tree.tree`."""
        return tree(self._store, self._catalog.summaries, zone, prefix, after, limit, visible, views)

    def search_by_column(
        self, column: str, zone: str | None = None, limit: int = 50, visible: Visible | None = None
    ) -> tuple[ColumnHit, ...]:
        """Columns that match, best first; of equals by dataset."""
        asked = Asked(column, columns_only=True)
        hits: list[ColumnHit] = []
        every = tuple(self._catalog.finder.search(column, limit, Filters(zone=zone), visible, columns_only=True))
        infos = self._catalog.tables.some(found.entry.name for found in every)
        for found in every:
            info = infos.get(found.entry.name)
            types = {each[1]: each[2] for each in info.columns} if info else {}
            hits += column_hits(asked, found.entry, types)
        return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.dataset, hit.column))[:limit])

    def popular(self, days: float = 30.0, limit: int = 20, names: usage.Names | None = None) -> tuple[Popular, ...]:
        """The datasets that most runs have read lately; ``names`` tells what those are called that may be told of, by default all."""
        return usage.popular(self._log, names or self._figures.names, days, limit)

    def often_used_with(self, name: str | DatasetRef, limit: int = 10, names: usage.Names | None = None) -> tuple[Companion, ...]:
        """The datasets that are read in the same work as this one; ``names`` as in :meth:`popular`.

        Raises
        ------
        DatasetNotFound, InvalidName
            There is no such dataset, or its name fits several.
        """
        return usage.often_used_with(self._log, self._catalog.resolve(name).table_uuid, names or self._figures.names, limit)

    def read_since(self, days: float) -> dict[str, datetime]:
        """When each dataset was read last, by UUID; of those that were in the last ``days``."""
        return usage.last_reads(self._log, now() - timedelta(days=days))

    def quality_leaders(self, limit: int = 20) -> tuple[QualityLeader, ...]:
        """The datasets whose last assessment was best."""
        return standing.leaders(self._store, self._figures.names, limit)

    def at_least(self, score: float) -> Visible:
        """The datasets whose last assessment was at least this good, as a filter of a search."""
        return Visible(uuid for uuid, (found, _) in standing.scores(self._store).items() if found >= score)

    def insights(self, limit: int = 20) -> tuple[Insight, ...]:
        """What a person should look at; each names at most ``limit`` datasets."""
        since = now() - timedelta(days=looks.STALE_DAYS)
        read, scores = usage.last_reads(self._log, since), {uuid: score for uuid, (score, _) in standing.scores(self._store).items()}
        with self._figures.reading() as conn:
            return looks.insights(conn, read, scores, limit)

    def recommendations(self, name: str) -> tuple[Insight, ...]:
        """What would make one dataset better; what concerns itself comes first.

        Raises
        ------
        DatasetNotFound, InvalidName
            There is no such dataset, or its name fits several.
        """
        ref = self._catalog.resolve(name)
        info = self._catalog.tables.one(ref.name)
        if info is None:
            raise DatasetNotFound(f"There is no dataset {name!r}.", fix="It was dropped or renamed just now.")
        companions = self.often_used_with(ref.name)
        uuids = {name: each.table_uuid for name, each in self._catalog.tables.some(each.dataset for each in companions).items()}
        said = said_of(self._store, [info], uuids.values())
        aside = self._catalog.tables.one(quarantine_of(ref.name))
        about = looks.About(
            info=info,
            said=said.get(ref.table_uuid, Said()),
            shape=shape_of(info),
            read_at=usage.last_reads(self._log, table_uuid=ref.table_uuid).get(ref.table_uuid),
            score=standing.score(self._store, ref.table_uuid),
            companions=tuple(each for each in companions if each.dataset in uuids),
            described=frozenset(name for name, uuid in uuids.items() if uuid in said and said[uuid].description),
            aside=aside.rows if aside else 0,
            personal=looks.likely_personal(self._store, ref.table_uuid, {column[0] for column in info.columns}),
        )
        with self._figures.reading() as conn:
            return looks.recommendations(conn, about)

    def statistics(self, days: float = 30.0) -> Statistics:
        """Counts and sums, of all datasets and by zone."""
        read = self.read_since(days)
        with self._figures.reading() as conn:
            return looks.statistics(conn, read, days)

    def schema_history(self, name: str) -> tuple[SchemaVersion, ...]:
        """Every schema a dataset has had, newest first.

        Raises
        ------
        DatasetNotFound, InvalidName
            There is no such dataset, or its name fits several.
        """
        return schemas.history(self._lake().table(self._catalog.resolve(name).name).metadata)

    def schema_compare(self, name: str, a: str, b: str = "") -> SchemaComparison:
        """What leads from one schema of a dataset to another; each a version, a snapshot, a branch or a tag, empty is the current one.

        Raises
        ------
        DatasetNotFound, InvalidName, NotFound
            There is no such dataset or schema, or the name fits several.
        """
        full = self._catalog.resolve(name).name
        metadata = self._lake().table(full).metadata
        changes = schemas.compare(schemas.columns_at(metadata, a), schemas.columns_at(metadata, b))
        return SchemaComparison(dataset=full, a=a, b=b or str(metadata.current_schema_id), changes=changes)

    def schema_impact(self, name: str, changes: tuple[ColumnChange, ...], views: Iterable[KnownView] = ()) -> Impact:
        """Who would feel planned changes, be it one of the ``views``; nothing is changed.

        Raises
        ------
        DatasetNotFound, InvalidName, ColumnNotFound
            There is no such dataset or column, or the name fits several.
        """
        ref = self._catalog.resolve(name)
        planned = schemas.planned(self._catalog.get(ref.name).columns, changes)
        return impact(self._log, ref.name, ref.table_uuid, planned, self._downstream(ref.table_uuid, ref.name), views)

    def storage(self, path: str = "", after: str | None = None, limit: int = 200) -> StorageListing:
        """What is in a folder of the lake or of the workspace; see :class:`.storage.StorageBrowser`."""
        datasets = (
            {info.location: (info.name, info.bytes) for info in self._catalog.tables.all()} if path.strip("/").count("/") == 1 else {}
        )
        return StorageBrowser(*self._places, self._lake().storage).list(path, after, limit, datasets)

    def files(self, name: str, retention: Retention, after: str | None = None, limit: int = 200) -> DatasetFiles:
        """The files of a dataset's state, and where its folder could be smaller; see :func:`.files.files_in`."""
        return files_in(self._lake(), self._catalog.resolve(name), retention, after, limit)
