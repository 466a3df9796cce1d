"""The one Protocol behind which a local and a remote workspace stand, a namespace a noun.

Arguments and results are JSON types, frozen records or Arrow data. What a person calls (``ws.sql(...).polars()``,
``ws.dataset("silver.flights").read()``) is sugar over these verbs, written once in :mod:`workbench.app.workspace`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

from pydantic import AwareDatetime, Field

from workbench.app.records import Health, Setting, Status
from workbench.app.verbs import verb
from workbench.catalog.records import (
    ColumnHit,
    Companion,
    Dataset,
    DatasetSummary,
    Edit,
    Impact,
    Insight,
    Popular,
    QualityLeader,
    SchemaComparison,
    SchemaVersion,
    SearchHit,
    Statistics,
    StorageListing,
    TableData,
    TagUse,
    Term,
    Tree,
)
from workbench.ingest.records import IngestReport
from workbench.lake.records import ColumnChange, Maintenance, Ref, Snapshot
from workbench.lineage.records import Direction, LineageGraph
from workbench.pipelines.records import Pipeline, PipelineRun
from workbench.quality.records import Assessment, Expectation, Profile, TimePoint
from workbench.query.records import Completion, Explanation
from workbench.runs.records import Run, RunEvent, RunStatus

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "NAMESPACES",
    "CatalogVerbs",
    "DatasetVerbs",
    "Health",
    "LineageVerbs",
    "PipelineVerbs",
    "QualityVerbs",
    "QueryVerbs",
    "RunVerbs",
    "Setting",
    "Status",
    "SystemVerbs",
    "WriteMode",
]

WriteMode = Literal["create", "append", "overwrite"]
# What an argument may be; what is beyond is refused where a verb is called, before any service or database sees it.
Count = Annotated[int, Field(ge=1, le=100_000)]
Rows = Annotated[int, Field(ge=0, lt=2**63)]
Position = Annotated[int, Field(ge=0, lt=2**63)]
SnapshotId = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Depth = Annotated[int, Field(ge=0, le=1000)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Days = Annotated[float, Field(ge=0, le=36_500, allow_inf_nan=False)]


class CatalogVerbs(Protocol):
    @verb("GET", "/datasets")
    def list(self, zone: str | None = None) -> tuple[DatasetSummary, ...]:
        """All datasets, by name."""

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
    ) -> tuple[SearchHit, ...]:
        """Datasets that match, best first, each with why; the filters keep what meets all of them."""

    @verb("GET", "/catalog/columns")
    def search_by_column(self, column: str, zone: str | None = None, limit: Count = 50) -> tuple[ColumnHit, ...]:
        """Columns that match, best first."""

    @verb("GET", "/datasets/{name}")
    def get(self, name: str) -> Dataset:
        """One dataset in full; ``name`` may be ``name#branch`` or ``name@snapshot``."""

    @verb("PATCH", "/datasets/{name}")
    def describe(self, name: str, description: str | None = None, owner: str | None = None) -> Dataset:
        """Set the description (Markdown) or the owner."""

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

    @verb("PUT", "/catalog/terms/{term}")
    def define_term(self, term: str, definition: str, new_name: str | None = None) -> Term:
        """Add a term to the glossary, or change its definition (Markdown) or its name."""

    @verb("DELETE", "/catalog/terms/{term}")
    def delete_term(self, term: str) -> Term:
        """Delete a term and its links; its history stays."""

    @verb("POST", "/catalog/terms/{term}/links", safe=True)
    def link_term(self, term: str, name: str, column: str | None = None) -> Term:
        """Say that a dataset, or one of its columns, is what a term means."""

    @verb("DELETE", "/catalog/terms/{term}/links")
    def unlink_term(self, term: str, name: str, column: str | None = None) -> Term:
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


class DatasetVerbs(Protocol):
    @verb("GET", "/datasets/{name}/sample")
    def sample(self, name: str, limit: Count = 50) -> TableData:
        """The first rows, for a look."""

    @verb("GET", "/datasets/{name}/data", transport="arrow-out")
    def read(self, name: str, columns: tuple[str, ...] | None = None, limit: Rows | None = None) -> pa.Table:
        """The rows as Arrow; ``name`` may be ``name#branch`` or ``name@snapshot``."""

    @verb("POST", "/datasets/{name}/data", transport="arrow-in")
    def write(self, name: str, data: pa.Table, mode: WriteMode = "append", branch: str = "main", key: str | None = None) -> Snapshot:
        """Write rows in one commit. ``key`` makes a repeated call write once; ``create`` fails where the table exists;
        ``append`` and ``overwrite`` create it where it does not."""

    @verb("GET", "/datasets/{name}/snapshots")
    def snapshots(self, name: str) -> tuple[Snapshot, ...]:
        """The history, newest first."""

    @verb("GET", "/datasets/{name}/refs")
    def refs(self, name: str) -> tuple[Ref, ...]:
        """Branches and tags."""

    @verb("POST", "/datasets/{name}/branches")
    def create_branch(self, name: str, branch: str, snapshot_id: SnapshotId | None = None) -> Ref:
        """A branch from the head of main, or from a snapshot."""

    @verb("POST", "/datasets/{name}/tags")
    def create_tag(self, name: str, tag: str, snapshot_id: SnapshotId | None = None) -> Ref:
        """A name for a snapshot, which is then kept."""

    @verb("DELETE", "/datasets/{name}/refs/{ref}")
    def delete_ref(self, name: str, ref: str) -> tuple[Ref, ...]:
        """Remove a branch or tag; returns those left."""

    @verb("POST", "/publish")
    def publish(self, names: tuple[str, ...], branch: str) -> tuple[Snapshot, ...]:
        """Fast-forward main to the branch for all named tables in one commit, or for none (CommitConflict)."""

    @verb("POST", "/datasets/{name}/rollback")
    def rollback(self, name: str, snapshot_id: SnapshotId) -> Snapshot:
        """Make an earlier snapshot of main the current one; nothing is deleted."""

    @verb("POST", "/datasets/{name}/rename")
    def rename(self, name: str, new_name: str) -> Dataset:
        """Give the dataset another name; history and lineage stay."""

    @verb("POST", "/datasets/{name}/columns")
    def alter(self, name: str, changes: tuple[ColumnChange, ...]) -> Dataset:
        """Evolve the schema in one commit."""

    @verb("DELETE", "/datasets/{name}")
    def drop(self, name: str) -> DatasetSummary:
        """Drop the dataset; it can be brought back for ``retention.undo_days``."""

    @verb("POST", "/datasets/{name}/undrop")
    def undrop(self, name: str) -> Dataset:
        """Bring a dropped dataset back."""

    @verb("POST", "/datasets/{name}/compact")
    def compact(self, name: str) -> Maintenance:
        """Rewrite small files into larger ones."""

    @verb("POST", "/datasets/{name}/expire")
    def expire(self, name: str, older_than_days: Days | None = None) -> Maintenance:
        """Forget old snapshots and delete the files only they knew (``retention`` settings hold; tags are kept)."""


class QueryVerbs(Protocol):
    @verb("POST", "/query")
    def run(self, sql: str, params: dict[str, Any] | tuple[Any, ...] | None = None, limit: Rows | None = None) -> TableData:
        """Run a statement and return rows to show, at most ``limit`` (default ``query.row_limit``)."""

    @verb("POST", "/query/arrow", transport="arrow-out")
    def arrow(self, sql: str, params: dict[str, Any] | tuple[Any, ...] | None = None) -> pa.Table:
        """Run a statement and return all rows as Arrow; schema metadata ``run_id`` names the run."""

    @verb("POST", "/query/explain", safe=True)
    def explain(self, sql: str, params: dict[str, Any] | tuple[Any, ...] | None = None) -> Explanation:
        """What the statement would read and return, without running it."""

    @verb("POST", "/query/complete", safe=True)
    def complete(self, sql: str, position: Position) -> tuple[Completion, ...]:
        """Words that fit at a character position."""

    @verb("POST", "/ingest", transport="upload")
    def ingest(
        self, source: Path, name: str | None = None, zone: str = "bronze", mode: WriteMode = "create", force: bool = False
    ) -> IngestReport:
        """Take a file (CSV, TSV, Parquet, JSON, NDJSON, Excel) into a table. ``name`` defaults to the file's."""


class RunVerbs(Protocol):
    @verb("GET", "/runs")
    def list(self, kind: str | None = None, status: RunStatus | None = None, job: str | None = None, limit: Count = 50) -> tuple[Run, ...]:
        """Runs, newest first."""

    @verb("GET", "/runs/{run_id}")
    def get(self, run_id: str) -> Run:
        """One run."""

    @verb("GET", "/runs/{run_id}/events")
    def events(self, run_id: str) -> tuple[RunEvent, ...]:
        """Its events, in order."""

    @verb("GET", "/runs/{run_id}/notebook")
    def notebook(self, run_id: str) -> dict[str, Any]:
        """The executed notebook of a pipeline's step, as far as it has come, in Jupyter's format."""

    @verb("POST", "/runs/{run_id}/cancel")
    def cancel(self, run_id: str) -> Run:
        """Stop it: what is queued never starts, a running kernel is killed."""


class LineageVerbs(Protocol):
    @verb("GET", "/lineage/{name}")
    def graph(self, name: str, direction: Direction = "both", depth: Depth = 10) -> LineageGraph:
        """What a dataset was made from and what was made from it."""


class PipelineVerbs(Protocol):
    @verb("GET", "/pipelines")
    def list(self) -> tuple[Pipeline, ...]:
        """Pipelines below ``notebooks/pipelines/`` of the workspace."""

    @verb("GET", "/pipelines/{name}")
    def get(self, name: str) -> Pipeline:
        """One pipeline."""

    @verb("POST", "/pipelines/{name}/runs")
    def run(self, name: str, params: dict[str, Any] | None = None, wait: bool = False) -> PipelineRun:
        """Start it on the durable queue; ``wait`` returns when it has ended."""

    @verb("GET", "/pipelines/{name}/runs/{run_id}")
    def status(self, name: str, run_id: str) -> PipelineRun:
        """A run of it with its steps."""


class QualityVerbs(Protocol):
    @verb("GET", "/quality/{name}/profile")
    def profile(self, name: str) -> Profile:
        """Each column's figures, distribution, patterns and meaning; made when a snapshot is first asked for."""

    @verb("GET", "/quality/{name}/current")
    def current(self, name: str) -> Assessment:
        """How good it is now: the eight dimensions and the expectations."""

    @verb("GET", "/quality/{name}/time-series")
    def history(self, name: str, limit: Count = 100) -> tuple[TimePoint, ...]:
        """The newest assessments, oldest first, with what was unusual in each."""

    @verb("GET", "/quality/{name}/failing")
    def failing(self, name: str, check: str, limit: Count = 100) -> TableData:
        """Rows that fail a check: a dimension's ``check_id`` or an expectation's id."""

    @verb("GET", "/quality/{name}/expectations")
    def expectations(self, name: str) -> tuple[Expectation, ...]:
        """What is expected of it."""

    @verb("POST", "/quality/{name}/expectations")
    def expect(self, name: str, expectation: Expectation) -> Expectation:
        """Expect something of it from now on; checked at each write, and with severity ``gate`` it holds the write back."""

    @verb("DELETE", "/quality/{name}/expectations/{expectation_id}")
    def remove(self, name: str, expectation_id: str) -> tuple[Expectation, ...]:
        """Expect it no longer; returns those left."""

    @verb("GET", "/quality/{name}/proposals")
    def propose(self, name: str) -> tuple[Expectation, ...]:
        """What seems to hold by the profile, and is not expected yet."""


class SystemVerbs(Protocol):
    @verb("GET", "/system/status")
    def status(self) -> Status:
        """Versions, counts and processes."""

    @verb("GET", "/system/health")
    def health(self) -> tuple[Health, ...]:
        """Whether each part is well, and what to do where it is not."""

    @verb("GET", "/system/config")
    def config(self) -> tuple[Setting, ...]:
        """Each setting, its value and where it came from."""

    @verb("GET", "/events")
    def events(self, after: Position = 0, limit: Count = 500) -> tuple[RunEvent, ...]:
        """Events after a sequence number (the live stream is ``/events/stream``)."""


NAMESPACES: dict[str, type] = {
    "catalog": CatalogVerbs,
    "datasets": DatasetVerbs,
    "query": QueryVerbs,
    "runs": RunVerbs,
    "lineage": LineageVerbs,
    "pipelines": PipelineVerbs,
    "quality": QualityVerbs,
    "system": SystemVerbs,
}
