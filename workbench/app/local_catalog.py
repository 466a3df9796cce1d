"""The catalog's verbs in this process."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from workbench.app.namespace import Namespace
from workbench.core.errors import Forbidden, InvalidInput

if TYPE_CHECKING:
    from datetime import datetime

    from workbench.catalog.records import (
        ColumnHit,
        Companion,
        Dataset,
        DatasetFiles,
        DatasetSummary,
        Edit,
        EntryKind,
        Impact,
        Insight,
        Popular,
        QualityLeader,
        SchemaComparison,
        SchemaVersion,
        SearchHit,
        Statistics,
        StorageListing,
        TagUse,
        Term,
        Tree,
    )
    from workbench.catalog.view_records import ViewPage
    from workbench.governance.seen import SeenCatalog, SeenViews
    from workbench.lake.records import ColumnChange

__all__ = ["CatalogNamespace"]


class CatalogNamespace(Namespace, noun="catalog"):
    @property
    def _seen(self) -> SeenCatalog | None:
        """What answers who does not see everything."""
        if self._who.is_admin:
            return None
        from workbench.governance.seen import SeenCatalog

        services = self._services
        view, parts = services.view(self._who), (services.catalog, services.explorer, services.labels, services.lake)
        return SeenCatalog(view, *parts, lambda: services.quality.kept.compared())

    @property
    def _views(self) -> SeenViews:
        return self._services.seen_views(self._who)

    def list(self, zone: str | None = None, kind: EntryKind | None = None) -> builtins.tuple[DatasetSummary, ...]:
        """All datasets and views, by name; or those of one ``kind``."""
        found = (self._seen or self._services.catalog).list(zone) if kind != "view" else ()
        views = self._views.lines(zone) if kind != "dataset" else ()
        return tuple(sorted((*found, *views), key=lambda line: line.name)) if views else found

    def search(
        self,
        query: str,
        limit: int = 20,
        zone: str | None = None,
        owner: str | None = None,
        tag: str | None = None,
        column: str | None = None,
        updated_since: datetime | None = None,
        min_quality: float | None = None,
        kind: EntryKind | None = None,
    ) -> tuple[SearchHit, ...]:
        """Datasets and views that match, best first, each with why; the filters keep what meets all of them."""
        from workbench.catalog.index import Filters

        seen = self._seen
        among = None if min_quality is None else (seen or self._services.explorer).at_least(min_quality)
        filters = Filters(zone=zone, owner=owner, tag=tag, column=column, updated_since=updated_since, among=among)
        found = (seen or self._services.catalog).search(query, limit, filters) if kind != "view" else ()
        views = self._views.search(query, limit, filters, every=kind == "view") if kind != "dataset" else []
        return tuple(sorted((*found, *views), key=lambda hit: -hit.score)[:limit]) if views else found

    def search_by_column(self, column: str, zone: str | None = None, limit: int = 50) -> tuple[ColumnHit, ...]:
        """Columns that match, best first."""
        found = (self._seen or self._services.explorer).search_by_column(column, zone, limit)
        both = (*found, *self._views.search_by_column(column, zone))
        return tuple(sorted(both, key=lambda hit: (-hit.score, hit.dataset, hit.column))[:limit])

    def get(self, name: str) -> Dataset:
        """One dataset in full; ``name`` may be ``name#branch`` or ``name@snapshot``."""
        return (self._seen or self._services.catalog).get(name)

    def view(self, name: str) -> ViewPage:
        """A view: its columns, what it reads, and its query where that is for the caller."""
        from workbench.app.view_pages import view_page

        return view_page(self._services, self._who, name)

    def describe_view(self, name: str, description: str | None = None, owner: str | None = None) -> ViewPage:
        """Set a view's description (Markdown) or its owner."""
        from workbench.app.view_pages import describe_view, view_page

        return view_page(self._services, self._who, describe_view(self._services, self._who, name, description, owner))

    def describe(self, name: str, description: str | None = None, owner: str | None = None, column: str | None = None) -> Dataset:
        """Set the description (Markdown) or the owner; with ``column``, the description of that column."""
        if column is not None:
            if owner is not None:
                raise InvalidInput("A column has no owner.", fix="Give the owner in a call of its own, without a column.")
            if description is not None:
                name = self._services.labels.describe_column(self._resolved(name), column, description, self._who).name
            return self.get(name)
        return self.get(self._services.catalog.describe(self._resolved(name), description, owner, self._who).name)

    def tag(self, name: str, tag: str, column: str | None = None) -> Dataset:
        """Put a tag on a dataset, or on one of its columns."""
        return self.get(self._services.labels.tag(self._resolved(name), tag, column, self._who).name)

    def untag(self, name: str, tag: str, column: str | None = None) -> Dataset:
        """Take a tag away."""
        if not self._who.is_admin and self._services.view(self._who).rights.named(tag):
            raise Forbidden(f"The policy is about the tag {tag!r}: only an administrator takes it away.", fix="Ask one.")
        return self.get(self._services.labels.untag(self._resolved(name), tag, column, self._who).name)

    def tags(self) -> tuple[TagUse, ...]:
        """Every tag with how many datasets and columns have it."""
        return (self._seen or self._services.labels).tags()

    def terms(self) -> tuple[Term, ...]:
        """The glossary."""
        return (self._seen or self._services.labels).terms()

    def define_term(self, term: str, definition: str, new_name: str | None = None) -> Term:
        """Add a term to the glossary, or change its definition (Markdown) or its name."""
        return self._services.labels.define(term, definition, new_name, self._who)

    def delete_term(self, term: str) -> Term:
        """Delete a term and its links; its history stays."""
        return self._services.labels.remove(term, self._who)

    def link_term(self, name: str, term: str, column: str | None = None) -> Term:
        """Say that a dataset, or one of its columns, is what a term means."""
        return self._services.labels.link(name, term, column, self._who)

    def unlink_term(self, name: str, term: str, column: str | None = None) -> Term:
        """Take such a link away."""
        return self._services.labels.unlink(name, term, column, self._who)

    def edits(self, name: str | None = None, term: str | None = None, limit: int = 100) -> tuple[Edit, ...]:
        """What was said of a dataset or a term, by whom, and what stood there before; newest first."""
        return self._services.labels.edits(name, term, limit)

    def quality_leaders(self, limit: int = 20) -> tuple[QualityLeader, ...]:
        """The datasets whose last assessment was best."""
        return (self._seen or self._services.explorer).quality_leaders(limit)

    def tree(self, zone: str | None = None, prefix: str = "", after: str | None = None, limit: int = 200) -> Tree:
        """One level of the tree: the zones, or what is in a zone below the beginning of a name."""
        views = {line.name: line for line in self._views.lines(zone)}
        if (seen := self._seen) is not None:
            return seen.tree(zone, prefix, after, limit, views)
        return self._services.explorer.tree(zone, prefix, after, limit, None, views)

    def popular(self, days: float = 30.0, limit: int = 20) -> tuple[Popular, ...]:
        """The datasets that most runs have read lately."""
        return (self._seen or self._services.explorer).popular(days, limit)

    def often_used_with(self, name: str, limit: int = 10) -> tuple[Companion, ...]:
        """The datasets that are read in the same work as this one."""
        return (self._seen or self._services.explorer).often_used_with(name, limit)

    def insights(self, limit: int = 20) -> tuple[Insight, ...]:
        """What a person should look at; each names at most ``limit`` datasets."""
        return self._services.explorer.insights(limit)

    def recommendations(self, name: str) -> tuple[Insight, ...]:
        """What would make one dataset better."""
        return self._services.explorer.recommendations(name)

    def statistics(self, days: float = 30.0) -> Statistics:
        """Counts and sums, of all datasets and by zone."""
        return (self._seen or self._services.explorer).statistics(days)

    def schema_history(self, name: str) -> tuple[SchemaVersion, ...]:
        """Every schema a dataset has had, newest first."""
        return (self._seen or self._services.explorer).schema_history(name)

    def schema_compare(self, name: str, a: str, b: str = "") -> SchemaComparison:
        """What leads from one schema to another; each a version, a snapshot, a branch or a tag (empty: the current one)."""
        return (self._seen or self._services.explorer).schema_compare(name, a, b)

    def schema_impact(self, name: str, changes: tuple[ColumnChange, ...]) -> Impact:
        """Who would feel planned changes; nothing is changed."""
        return self._services.explorer.schema_impact(name, changes, self._services.views.looked_at())

    def storage(self, path: str = "", after: str | None = None, limit: int = 200) -> StorageListing:
        """What is in a folder of the lake or of the workspace (``lake/...``, ``workspace/...``), to look at."""
        return self._services.explorer.storage(path, after, limit)

    def files(self, name: str, after: str | None = None, limit: int = 200) -> DatasetFiles:
        """The files of a dataset, and where its folder could be smaller."""
        from workbench.lake.retention import Retention

        return self._services.explorer.files(name, Retention.of(self._services.settings.retention), after, limit)
