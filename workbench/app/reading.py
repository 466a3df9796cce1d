"""Rows of one dataset, without SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.catalog.records import TableData
from workbench.core.errors import InvalidInput
from workbench.core.principals import Principal
from workbench.engines.scans import ArrowScan
from workbench.runs.context import current_cell, current_context, current_notebook
from workbench.runs.records import DatasetIO

if TYPE_CHECKING:
    from workbench.app.services import Services
    from workbench.engines.scans import Scan
    from workbench.lake import ReadPlan

__all__ = ["DatasetReader"]

# DuckDB hands these out as text or bytes of another type.
_THROUGH_ICEBERG = ("uuid", "fixed")


class DatasetReader:
    """Reads datasets as Arrow, in the types of their Iceberg schema, and records each read as one.

    Inside a notebook or a step the read belongs to that run; else it is a run of kind ``read`` of its own.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def read(self, name: str, columns: tuple[str, ...] | None, limit: int | None, principal: Principal) -> pa.Table:
        """The rows; ``name`` may be ``name#branch`` or ``name@snapshot``.

        Raises
        ------
        DatasetNotFound, SnapshotNotFound, NotFound, ColumnNotFound, InvalidInput
            What was asked for is not there, or the limit is negative.
        TooLarge, Cancelled, StorageUnavailable
            It took too long or too much memory, somebody stopped it, or a file cannot be read.
        """
        if limit is not None and limit < 0:
            raise InvalidInput("A row limit cannot be negative.", fix="Give 0 or more.")
        with self._recorded(name, columns, principal) as (run_id, plan):
            return self._rows(run_id, plan, limit)[0]

    def sample(self, name: str, limit: int, principal: Principal) -> TableData:
        """The first rows as JSON types, at most ``query.row_limit``; errors as :meth:`read`."""
        from workbench.catalog.encode import table_data

        if limit < 0:
            raise InvalidInput("A row limit cannot be negative.", fix="Give 0 or more.")
        limit = min(limit, self._services.settings.query.row_limit)
        with self._recorded(name, None, principal) as (run_id, plan):
            rows, cut = self._rows(run_id, plan, limit)
            # Deleted rows are still counted by the files that hold them.
            total = None if plan.has_deletes else plan.rows
            return table_data(rows, total=total, cut_at=limit if cut else None, run_id=run_id)

    @contextmanager
    def _recorded(self, name: str, columns: tuple[str, ...] | None, principal: Principal) -> Iterator[tuple[str, ReadPlan]]:
        services = self._services
        with services.lake.reading(services.catalog.resolve(name), columns) as plan, self._run(plan, columns, principal) as run_id:
            yield run_id, plan

    @contextmanager
    def _run(self, plan: ReadPlan, columns: tuple[str, ...] | None, principal: Principal) -> Iterator[str]:
        services, context = self._services, current_context(self._services.log)
        notebook = (context.notebook if context else None) or current_notebook()
        cell = (context.cell if context else None) or current_cell()
        ref = plan.ref
        io = DatasetIO(
            kind="table",
            id=ref.table_uuid,
            name=ref.name,
            branch=ref.branch,
            snapshot_id=ref.snapshot_id,
            columns=columns or (),
            notebook=notebook,
            cell=cell,
        )
        if context is not None:
            services.log.handle(context.run_id).read(io)
            yield context.run_id
            return
        with services.log.run("read", f"read {ref.name}", principal) as run:
            run.read(io)
            yield run.id

    def _rows(self, run_id: str, plan: ReadPlan, limit: int | None) -> tuple[pa.Table, bool]:
        if limit == 0 or not plan.files:
            return plan.arrow_schema.empty_table(), bool(limit == 0 and plan.rows)
        scan = plan.scan("read", "rows")
        if isinstance(scan, ArrowScan) or any(column.type.startswith(_THROUGH_ICEBERG) for column in plan.columns):
            rows = plan.to_arrow(limit=None if limit is None else limit + 1)
            cut = limit is not None and rows.num_rows > limit
            return (rows.slice(0, limit) if cut else rows), cut
        return self._through_engine(run_id, plan, scan, limit)

    def _through_engine(self, run_id: str, plan: ReadPlan, scan: Scan, limit: int | None) -> tuple[pa.Table, bool]:
        from workbench.engines.duckdb import in_words

        seconds = self._services.settings.query.timeout_seconds
        with in_words("Reading", plan.ref.name, seconds):
            result = self._services.engine.run(run_id, "SELECT * FROM read.rows", (scan,), limit=limit, timeout=seconds)
        return result.table.cast(plan.arrow_schema), result.cut
