"""Statements, and files taken in."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from pydantic import AwareDatetime

from workbench.app.protocol.limits import Count, FileMode, Position, Rows, Ticket
from workbench.app.verbs import verb
from workbench.catalog.records import TableData
from workbench.ingest.records import IngestReport
from workbench.query.cost.records import Estimate, Profile, Validation
from workbench.query.export import ExportFormat
from workbench.query.past.records import PastStatement, StatementDiff, StatementMetrics
from workbench.query.records import Completion, Explanation, Writable
from workbench.runs.records import RunStatus

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["QueryVerbs"]


class QueryVerbs(Protocol):
    @verb("POST", "/query")
    def run(
        self,
        sql: str,
        params: dict[str, Any] | tuple[Any, ...] | None = None,
        limit: Rows | None = None,
        ticket: Ticket | None = None,
        confirm: bool = False,
    ) -> TableData:
        """Run a statement and return rows to show, at most ``limit`` (default ``query.row_limit``).

        ``ticket`` is a name of one's own for it, with which ``stop`` stops it; ``confirm`` runs it also where ``query.ask_above`` asks.
        """

    @verb("POST", "/query/stop", safe=True)
    def stop(self, ticket: Ticket) -> bool:
        """Stop one's own statement by its ticket; false where none runs: it does not begin any more then."""

    @verb("POST", "/query/arrow", transport="arrow-out")
    def arrow(self, sql: str, params: dict[str, Any] | tuple[Any, ...] | None = None, confirm: bool = False) -> pa.Table:
        """Run a statement and return all rows as Arrow; schema metadata ``run_id`` names the run."""

    @verb("POST", "/query/export", transport="file-out")
    def export(
        self,
        sql: str,
        params: dict[str, Any] | tuple[Any, ...] | None = None,
        format: ExportFormat = "csv",
        ticket: Ticket | None = None,
        confirm: bool = False,
    ) -> IO[bytes]:
        """Run a statement and return all rows as a file: CSV, JSON, NDJSON, Parquet, Arrow or Excel."""

    @verb("POST", "/query/explain", safe=True)
    def explain(self, sql: str, params: dict[str, Any] | tuple[Any, ...] | None = None) -> Explanation:
        """What the statement would read and return, without running it."""

    @verb("POST", "/query/estimate", safe=True)
    def estimate(self, sql: str, params: dict[str, Any] | tuple[Any, ...] | None = None) -> Estimate:
        """What the statement would read and how long it would take, with advice; nothing is run."""

    @verb("POST", "/query/validate", safe=True)
    def validate(self, sql: str) -> Validation:
        """Whether the statement may run: parsed, decided on, its names looked up; nothing is run."""

    @verb("POST", "/query/profile")
    def profile(self, sql: str, params: dict[str, Any] | tuple[Any, ...] | None = None, confirm: bool = False) -> Profile:
        """Run a SELECT and tell how it was carried out: a tree of operators with rows and seconds. ``confirm``: run it also where
        ``query.ask_above`` asks."""

    @verb("GET", "/query/history")
    def history(
        self,
        search: str | None = None,
        status: RunStatus | None = None,
        dataset: str | None = None,
        since: AwareDatetime | None = None,
        principal: str | None = None,
        before: str | None = None,
        limit: Count = 50,
    ) -> tuple[PastStatement, ...]:
        """Statements that were run, newest first: one's own, to administrators all; ``before`` is the last id of the page before."""

    @verb("GET", "/query/history/{run_id}")
    def statement(self, run_id: str) -> PastStatement:
        """One statement that was run: one's own, or one that was shared and reads what one may see."""

    @verb("POST", "/query/history/{run_id}/share", safe=True)
    def share(self, run_id: str, shared: bool = True) -> PastStatement:
        """Let others open one's own statement by its id, or no longer; they run it as themselves."""

    @verb("GET", "/query/diff")
    def diff(self, first: str, second: str) -> StatementDiff:
        """What differs between two statements that were run: their text, line by line, and the columns they give."""

    @verb("GET", "/query/metrics")
    def metrics(self, since: AwareDatetime | None = None, principal: str | None = None) -> StatementMetrics:
        """Figures of statements since a moment, a week ago by default: counts, seconds, bytes, kept answers, the slowest."""

    @verb("POST", "/query/complete", safe=True)
    def complete(self, sql: str, position: Position) -> tuple[Completion, ...]:
        """Words that fit at a character position."""

    @verb("GET", "/query/writable")
    def writable(self, name: str | None = None) -> Writable:
        """Where one may make datasets and views; and whether ``name`` can be one, or why not."""

    @verb("POST", "/ingest", transport="upload")
    def ingest(
        self, source: Path, name: str | None = None, zone: str = "bronze", mode: FileMode = "create", force: bool = False
    ) -> IngestReport:
        """Take a file (CSV, TSV, Parquet, JSON, NDJSON, Excel) into a table. ``name`` defaults to the file's."""
