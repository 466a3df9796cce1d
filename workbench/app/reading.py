"""Rows of one dataset, without SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.catalog.records import TableData
from workbench.core.errors import Cancelled, InvalidInput, StorageUnavailable, TooLarge
from workbench.core.principals import Principal
from workbench.runs.context import current_cell, current_context, current_notebook
from workbench.runs.records import DatasetIO

if TYPE_CHECKING:
    from workbench.app.services import Services
    from workbench.lake import ReadPlan

__all__ = ["DatasetReader"]

# DuckDB hands these out as text or bytes of another type.
_THROUGH_ICEBERG = ("uuid", "fixed")
_GLOB = frozenset("*?[")


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
        usable = plan.duckdb_ok and not any(column.type.startswith(_THROUGH_ICEBERG) for column in plan.columns)
        if not usable or any(_GLOB & set(path) for path in plan.paths):
            rows = plan.to_arrow(limit=None if limit is None else limit + 1)
            cut = limit is not None and rows.num_rows > limit
            return (rows.slice(0, limit) if cut else rows), cut
        return self._through_engine(run_id, plan, limit)

    def _through_engine(self, run_id: str, plan: ReadPlan, limit: int | None) -> tuple[pa.Table, bool]:
        from workbench.engines.duckdb import EngineError, Interrupted
        from workbench.engines.scans import FileScan, ScanColumn

        columns = tuple(ScanColumn(column.field_id, column.name, column.duckdb_type) for column in plan.columns)
        version = f"{plan.ref.table_uuid}@{plan.ref.snapshot_id}/{plan.schema.schema_id}/{','.join(c.name for c in columns)}"
        scan = FileScan("read", "rows", columns, tuple(plan.paths), version)
        seconds = self._services.settings.query.timeout_seconds
        try:
            result = self._services.engine.run(run_id, "SELECT * FROM read.rows", (scan,), limit=limit, timeout=seconds)
        except EngineError as error:
            raise _explained(error, plan.ref.name) from None
        except Interrupted as stop:
            if stop.reason == "timeout":
                raise TooLarge(
                    f"Reading {plan.ref.name} was stopped after {seconds:g} seconds.",
                    fix="Read fewer columns or rows, or raise query.timeout_seconds in workbench.toml.",
                ) from None
            raise Cancelled("Reading was stopped.", fix="Read again when you want the rows.") from None
        return result.table.cast(plan.arrow_schema), result.cut


def _explained(error: Any, name: str) -> TooLarge | StorageUnavailable:
    if "memory" in str(error.kind).casefold():
        return TooLarge(f"{name} needs more memory than may be used.", fix="Read fewer columns or rows, or raise query.memory_limit_mb.")
    return StorageUnavailable(f"A file of {name} could not be read.", fix="Run `workbench doctor`; it checks the lake's storage.")
