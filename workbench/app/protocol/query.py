"""Statements, and files taken in."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from workbench.app.protocol.limits import FileMode, Position, Rows, Ticket
from workbench.app.verbs import verb
from workbench.catalog.records import TableData
from workbench.ingest.records import IngestReport
from workbench.query.export import ExportFormat
from workbench.query.records import Completion, Explanation

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["QueryVerbs"]


class QueryVerbs(Protocol):
    @verb("POST", "/query")
    def run(
        self, sql: str, params: dict[str, Any] | tuple[Any, ...] | None = None, limit: Rows | None = None, ticket: Ticket | None = None
    ) -> TableData:
        """Run a statement and return rows to show, at most ``limit`` (default ``query.row_limit``).

        ``ticket`` is a name of one's own for it, with which ``stop`` stops it.
        """

    @verb("POST", "/query/stop", safe=True)
    def stop(self, ticket: Ticket) -> bool:
        """Stop one's own statement by its ticket; false where none runs: it does not begin any more then."""

    @verb("POST", "/query/arrow", transport="arrow-out")
    def arrow(self, sql: str, params: dict[str, Any] | tuple[Any, ...] | None = None) -> pa.Table:
        """Run a statement and return all rows as Arrow; schema metadata ``run_id`` names the run."""

    @verb("POST", "/query/export", transport="file-out")
    def export(
        self,
        sql: str,
        params: dict[str, Any] | tuple[Any, ...] | None = None,
        format: ExportFormat = "csv",
        ticket: Ticket | None = None,
    ) -> IO[bytes]:
        """Run a statement and return all rows as a file: CSV, JSON, NDJSON, Parquet, Arrow or Excel."""

    @verb("POST", "/query/explain", safe=True)
    def explain(self, sql: str, params: dict[str, Any] | tuple[Any, ...] | None = None) -> Explanation:
        """What the statement would read and return, without running it."""

    @verb("POST", "/query/complete", safe=True)
    def complete(self, sql: str, position: Position) -> tuple[Completion, ...]:
        """Words that fit at a character position."""

    @verb("POST", "/ingest", transport="upload")
    def ingest(
        self, source: Path, name: str | None = None, zone: str = "bronze", mode: FileMode = "create", force: bool = False
    ) -> IngestReport:
        """Take a file (CSV, TSV, Parquet, JSON, NDJSON, Excel) into a table. ``name`` defaults to the file's."""
