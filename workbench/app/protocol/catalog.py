"""What can be asked and said of the catalog."""

from __future__ import annotations

from typing import Protocol

from pydantic import AwareDatetime

from workbench.app.protocol.limits import Count, Days, Share
from workbench.app.verbs import verb
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
from workbench.lake.records import ColumnChange

__all__ = ["CatalogVerbs"]


class CatalogVerbs(Protocol):
    @verb("GET", "/datasets")
    def list(self, zone: str | None = None, kind: EntryKind | None = None) -> tuple[DatasetSummary, ...]:
        """All datasets and views, by name; or those of one ``kind``."""

    @verb("GET", "/search")
    def search(
        self,
        query: str,
        limit: Count = 20,
        zone: str | None = None,
        owner: str | None = None,
        tag: str | None = None,
        column: str | None = None,
        updated_since: AwareDatetime | None = None,
        min_quality: Share | None = None,
        kind: EntryKind | None = None,
    ) -> tuple[SearchHit, ...]:
        """Datasets and views that match, best first, each with why; the filters keep what meets all of them."""

    @verb("GET", "/catalog/columns")
    def search_by_column(self, column: str, zone: str | None = None, limit: Count = 50) -> tuple[ColumnHit, ...]:
        """Columns that match, best first."""

    @verb("GET", "/datasets/{name}")
    def get(self, name: str) -> Dataset:
        """One dataset in full; ``name`` may be ``name#branch`` or ``name@snapshot``."""

    @verb("GET", "/catalog/views/{name}")
    def view(self, name: str) -> ViewPage:
        """A view: its columns, what it reads, and its query where that is for the caller."""

    @verb("PATCH", "/catalog/views/{name}")
    def describe_view(self, name: str, description: str | None = None, owner: str | None = None) -> ViewPage:
        """Set a view's description (Markdown) or its owner."""

    @verb("PATCH", "/datasets/{name}")
    def describe(self, name: str, description: str | None = None, owner: str | None = None, column: str | None = None) -> Dataset:
        """Set the description (Markdown) or the owner; with ``column``, the description of that column."""

    @verb("POST", "/catalog/tags/{name}", safe=True)
    def tag(self, name: str, tag: str, column: str | None = None) -> Dataset:
        """Put a tag on a dataset, or on one of its columns."""

    @verb("DELETE", "/catalog/tags/{name}")
    def untag(self, name: str, tag: str, column: str | None = None) -> Dataset:
        """Take a tag away."""

    @verb("GET", "/catalog/tags")
    def tags(self) -> tuple[TagUse, ...]:
        """Every tag with how many datasets and columns have it."""

    @verb("GET", "/catalog/terms")
    def terms(self) -> tuple[Term, ...]:
        """The glossary."""

    @verb("PUT", "/catalog/terms/{term}", any_text="term")
    def define_term(self, term: str, definition: str, new_name: str | None = None) -> Term:
        """Add a term to the glossary, or change its definition (Markdown) or its name."""

    @verb("DELETE", "/catalog/terms/{term}", any_text="term")
    def delete_term(self, term: str) -> Term:
        """Delete a term and its links; its history stays."""

    @verb("POST", "/catalog/terms/{term}/links", safe=True, any_text="term")
    def link_term(self, name: str, term: str, column: str | None = None) -> Term:
        """Say that a dataset, or one of its columns, is what a term means."""

    @verb("DELETE", "/catalog/terms/{term}/links", any_text="term")
    def unlink_term(self, name: str, term: str, column: str | None = None) -> Term:
        """Take such a link away."""

    @verb("GET", "/catalog/edits")
    def edits(self, name: str | None = None, term: str | None = None, limit: Count = 100) -> tuple[Edit, ...]:
        """What was said of a dataset or a term, by whom, and what stood there before; newest first."""

    @verb("GET", "/catalog/quality-leaders")
    def quality_leaders(self, limit: Count = 20) -> tuple[QualityLeader, ...]:
        """The datasets whose last assessment was best."""

    @verb("GET", "/catalog/tree")
    def tree(self, zone: str | None = None, prefix: str = "", after: str | None = None, limit: Count = 200) -> Tree:
        """One level of the tree: the zones, or what is in a zone below the beginning of a name."""

    @verb("GET", "/catalog/popular")
    def popular(self, days: Days = 30.0, limit: Count = 20) -> tuple[Popular, ...]:
        """The datasets that most runs have read lately."""

    @verb("GET", "/catalog/often-used-with/{name}")
    def often_used_with(self, name: str, limit: Count = 10) -> tuple[Companion, ...]:
        """The datasets that are read in the same work as this one."""

    @verb("GET", "/catalog/insights")
    def insights(self, limit: Count = 20) -> tuple[Insight, ...]:
        """What a person should look at; each names at most ``limit`` datasets."""

    @verb("GET", "/catalog/recommendations/{name}")
    def recommendations(self, name: str) -> tuple[Insight, ...]:
        """What would make one dataset better."""

    @verb("GET", "/catalog/statistics")
    def statistics(self, days: Days = 30.0) -> Statistics:
        """Counts and sums, of all datasets and by zone."""

    @verb("GET", "/catalog/schema/{name}/history")
    def schema_history(self, name: str) -> tuple[SchemaVersion, ...]:
        """Every schema a dataset has had, newest first."""

    @verb("GET", "/catalog/schema/{name}/compare")
    def schema_compare(self, name: str, a: str, b: str = "") -> SchemaComparison:
        """What leads from one schema to another; each a version, a snapshot, a branch or a tag (empty: the current one)."""

    @verb("POST", "/catalog/schema/{name}/impact", safe=True)
    def schema_impact(self, name: str, changes: tuple[ColumnChange, ...]) -> Impact:
        """Who would feel planned changes; nothing is changed."""

    @verb("GET", "/catalog/storage")
    def storage(self, path: str = "", after: str | None = None, limit: Count = 200) -> StorageListing:
        """What is in a folder of the lake or of the workspace (``lake/...``, ``workspace/...``), to look at."""

    @verb("GET", "/catalog/files/{name}")
    def files(self, name: str, after: str | None = None, limit: Count = 200) -> DatasetFiles:
        """The files of a dataset, of ``name#branch`` or ``name@snapshot``, and where its folder could be smaller."""
