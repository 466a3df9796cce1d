"""Statements in this process: what runs them, and what is told of them before and after."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from workbench.app.namespace import Namespace
from workbench.core.errors import Forbidden

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa

    from workbench.app.protocol import FileMode
    from workbench.catalog.records import TableData
    from workbench.ingest.records import IngestReport
    from workbench.query.cost.records import Estimate, Profile, Validation
    from workbench.query.export import ExportFormat
    from workbench.query.past.records import PastStatement, StatementDiff, StatementMetrics
    from workbench.query.records import Completion, Explanation, Writable
    from workbench.runs.records import RunStatus

__all__ = ["QueryNamespace"]

Params = dict[str, Any] | tuple[Any, ...] | None


class QueryNamespace(Namespace, noun="query"):
    def run(self, sql: str, params: Params = None, limit: int | None = None, ticket: str | None = None, confirm: bool = False) -> TableData:
        """Run a statement and return rows to show, at most ``limit``."""
        return self._services.query.run(sql, params, limit, ticket, confirm, principal=self._who)

    def stop(self, ticket: str) -> bool:
        """Stop one's own statement by its ticket; False where none runs."""
        return self._services.query.stop(ticket, principal=self._who)

    def arrow(self, sql: str, params: Params = None, confirm: bool = False) -> pa.Table:
        """Run a statement and return all rows as Arrow; schema metadata ``run_id`` names the run."""
        return self._services.query.arrow(sql, params, confirm, principal=self._who)

    def export(
        self, sql: str, params: Params = None, format: ExportFormat = "csv", ticket: str | None = None, confirm: bool = False
    ) -> IO[bytes]:
        """Run a statement and return all rows as a file."""
        return self._services.query.export(sql, params, format, ticket, confirm, principal=self._who)

    def explain(self, sql: str, params: Params = None) -> Explanation:
        """What the statement would read and return, without running it."""
        return self._services.query.explain(sql, params, principal=self._who)

    def estimate(self, sql: str, params: Params = None) -> Estimate:
        """What the statement would cost, with advice."""
        return self._services.insight.estimate(sql, params, principal=self._who)

    def validate(self, sql: str) -> Validation:
        """Whether the statement may run: parsed, decided on, its names looked up; nothing is run."""
        return self._services.insight.validate(sql, principal=self._who)

    def profile(self, sql: str, params: Params = None, confirm: bool = False) -> Profile:
        """Run a SELECT and tell how it was carried out."""
        return self._services.insight.profile(sql, params, confirm, principal=self._who)

    def history(
        self,
        search: str | None = None,
        status: RunStatus | None = None,
        dataset: str | None = None,
        since: datetime | None = None,
        principal: str | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> tuple[PastStatement, ...]:
        """Statements that were run, newest first."""
        return self._services.insight.history.list(self._who, search, status, dataset, since, principal, before, limit)

    def statement(self, run_id: str) -> PastStatement:
        """One statement that was run."""
        return self._services.insight.history.get(self._who, run_id)

    def share(self, run_id: str, shared: bool = True) -> PastStatement:
        """Let others open one's own statement by its id, or no longer."""
        return self._services.insight.history.share(self._who, run_id, shared)

    def diff(self, first: str, second: str) -> StatementDiff:
        """What differs between two statements that were run."""
        return self._services.insight.history.diff(self._who, first, second)

    def metrics(self, since: datetime | None = None, principal: str | None = None) -> StatementMetrics:
        """Figures of statements since a moment."""
        return self._services.insight.history.metrics(self._who, since, principal)

    def complete(self, sql: str, position: int) -> tuple[Completion, ...]:
        """Words that fit at a character position."""
        return tuple(self._services.query.complete(sql, position, principal=self._who))

    def writable(self, name: str | None = None) -> Writable:
        """Where one may make datasets and views."""
        found = self._services.query.writable(name, principal=self._who)
        if name is None or found.taken != "dataset" or self._who.is_admin:
            return found
        try:
            self._services.view(self._who).check_write(name)
        except Forbidden:
            return found.model_copy(update={"in_part": True})
        return found

    def ingest(
        self, source: Path, name: str | None = None, zone: str = "bronze", mode: FileMode = "create", force: bool = False
    ) -> IngestReport:
        """Take a file (CSV, TSV, Parquet, JSON, NDJSON, Excel) into a table. ``name`` defaults to the file's."""
        from workbench.ingest.records import LoadOptions
        from workbench.ingest.staging import Arrived

        options = LoadOptions(name=name, zone=zone, mode=mode, force=force)
        if not isinstance(source, Arrived):
            return self._services.ingest.ingest(Path(source), options, self._who)
        staging = self._services.staging
        staged = staging.stage(source, self._who).source
        try:
            return self._services.ingest.ingest(staged, options, self._who)
        finally:
            staging.drop(staged, self._who)
