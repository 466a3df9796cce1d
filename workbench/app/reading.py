"""Rows of one dataset, without SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.app.unchanged import Given
from workbench.catalog.records import MaskedColumn, TableData
from workbench.core.errors import InvalidInput
from workbench.core.principals import Principal
from workbench.engines.duckdb import quoted
from workbench.engines.scans import ArrowScan
from workbench.governance.audit import Decided, ReadDataset
from workbench.governance.audit.acting import acting_token
from workbench.lake.plan import missing_column
from workbench.runs.context import current_cell, current_context, current_notebook
from workbench.runs.records import DatasetIO

if TYPE_CHECKING:
    from workbench.app.services import Services
    from workbench.engines.scans import Scan, Shape
    from workbench.governance.policy.records import Policy
    from workbench.lake import ReadPlan

__all__ = ["DatasetReader"]

# DuckDB hands these out as text or bytes of another type.
_THROUGH_ICEBERG = ("uuid", "fixed")


@dataclass(frozen=True)
class _Read:
    """A read that has begun. Who sees only a part of a dataset reads ``columns`` of its ``shape``."""

    run_id: str
    plan: ReadPlan
    shape: Shape | None = None
    columns: tuple[str, ...] | None = None


class DatasetReader:
    """Reads datasets as Arrow, in the types of their Iceberg schema, as far as the reader sees them, and records each read as one.

    Inside a notebook or a step the read belongs to that run; else it is a run of kind ``read`` of its own.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self.given = Given()

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
        with self._recorded(name, columns, principal) as read:
            rows = self._rows(read, limit)[0]
            shown = read.shape.columns if read.shape is not None else ()
            self.given.remember(rows, read.plan, [name for name, sql in shown if sql != quoted(name)])
            return rows

    def sample(self, name: str, limit: int, principal: Principal) -> TableData:
        """The first rows as JSON types, at most ``query.row_limit``; errors as :meth:`read`."""
        from workbench.catalog.encode import table_data

        if limit < 0:
            raise InvalidInput("A row limit cannot be negative.", fix="Give 0 or more.")
        limit = min(limit, self._services.settings.query.row_limit)
        with self._recorded(name, None, principal) as read:
            rows, cut = self._rows(read, limit)
            # Deleted rows are still counted by the files that hold them; how many there are of which some are not seen is not told.
            total = None if read.plan.has_deletes or read.shape is not None else read.plan.rows
            masked = _masked(read.plan, read.shape, rows.column_names)
            return table_data(rows, total=total, cut_at=limit if cut else None, run_id=read.run_id, masked=masked)

    def sample_as(self, name: str, limit: int, whom: Principal, by: Principal, policy: Policy) -> TableData:
        """The first rows as ``whom`` would see them by a policy; no columns where that is nothing. It is recorded as read ``by`` who asks;
        errors as :meth:`read`."""
        from workbench.catalog.encode import table_data

        services = self._services
        limit = min(limit, services.settings.query.row_limit)
        with services.lake.reading(services.catalog.resolve(name)) as plan, self._run(plan, None, by, whom) as run_id:
            access = services.access.of(whom, plan, policy)
            if not access.allowed or access.closed:
                return TableData(columns=(), rows=(), run_id=run_id)
            seen, shape = tuple(one.column.name for one in access.seen), services.access.shape(whom, plan, policy)
            rows, cut = self._rows(_Read(run_id, plan, shape, seen), limit)
            masked = _masked(plan, shape, rows.column_names)
            return table_data(rows, total=None, cut_at=limit if cut else None, run_id=run_id, masked=masked)

    @contextmanager
    def _recorded(self, name: str, columns: tuple[str, ...] | None, principal: Principal) -> Iterator[_Read]:
        services = self._services
        ref = services.catalog.resolve(name, partial(services.access.names, principal))
        if principal.is_admin:
            with services.lake.reading(ref, columns) as plan, self._run(plan, columns, principal) as run_id:
                yield _Read(run_id, plan)
            return
        # All of it: a filter may be about columns that are not asked for, or not seen.
        with services.lake.reading(ref) as plan:
            shape = services.access.shape(principal, plan)
            seen = [column.name for column in plan.columns] if shape is None else [name for name, _ in shape.columns]
            for column in columns or ():
                if column not in seen:
                    raise missing_column(ref.name, column, seen)
            with self._run(plan, columns, principal, shape=shape) as run_id:
                yield _Read(run_id, plan, shape, tuple(columns or seen))

    @contextmanager
    def _run(
        self,
        plan: ReadPlan,
        columns: tuple[str, ...] | None,
        principal: Principal,
        whom: Principal | None = None,
        shape: Shape | None = None,
    ) -> Iterator[str]:
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
            view=shape.view if shape is not None else None,
            fields=plan.renamed,
        )
        rules = shape.rules if shape is not None else ()
        told = Decided(
            who=principal.name,
            verb="compliance.rows" if whom else "datasets.read",
            about=f"as {whom.name}" if whom else None,
            token_id=acting_token(),
            datasets=(ReadDataset(id=ref.table_uuid, name=ref.name, branch=ref.branch, snapshot_id=ref.snapshot_id, rules=rules),),
        )
        if context is not None:
            with services.store.write() as conn:
                services.log.handle(context.run_id).read(io, conn)
                services.audit.append(told.model_copy(update={"run_id": context.run_id}), conn)
            yield context.run_id
            return
        part = {"in_part": True} if shape is not None else None
        with services.log.run("read", f"read {ref.name}" + (f" as {whom.name}" if whom else ""), principal, attributes=part) as run:
            with services.store.write() as conn:
                run.read(io, conn)
                services.audit.append(told.model_copy(update={"run_id": run.id}), conn)
            yield run.id

    def _rows(self, read: _Read, limit: int | None) -> tuple[pa.Table, bool]:
        plan = read.plan
        if read.columns is not None:
            scan = replace(plan.scan("read", "rows"), shape=read.shape)
            rows, cut = self._through_engine(read, scan, ", ".join(map(quoted, read.columns)), limit)
            return rows.cast(pa.schema([plan.arrow_schema.field(name) for name in read.columns])), cut
        if limit == 0 or not plan.files:
            return plan.arrow_schema.empty_table(), bool(limit == 0 and plan.rows)
        scan = plan.scan("read", "rows")
        if isinstance(scan, ArrowScan) or any(column.type.startswith(_THROUGH_ICEBERG) for column in plan.columns):
            rows = plan.to_arrow(limit=None if limit is None else limit + 1)
            cut = limit is not None and rows.num_rows > limit
            return (rows.slice(0, limit) if cut else rows), cut
        rows, cut = self._through_engine(read, scan, "*", limit)
        return rows.cast(plan.arrow_schema), cut

    def _through_engine(self, read: _Read, scan: Scan, columns: str, limit: int | None) -> tuple[pa.Table, bool]:
        from workbench.engines.duckdb import in_words

        seconds = self._services.settings.query.timeout_seconds
        with in_words("Reading", read.plan.ref.name, seconds):
            asked = f"SELECT {columns} FROM read.rows"  # noqa: S608 - names, quoted
            result = self._services.engine.run(read.run_id, asked, (scan,), limit=limit, timeout=seconds)
        return result.table, result.cut


def _masked(plan: ReadPlan, shape: Shape | None, names: Sequence[str]) -> tuple[MaskedColumn, ...]:
    """Those of some columns that are seen through masks."""
    masks = {name: (kind, rule) for name, kind, rule in (shape.masks if shape is not None else ())}
    return tuple(
        MaskedColumn(dataset=plan.ref.name, column=name, mask=masks[name][0], rule=masks[name][1], places=(place,))
        for place, name in enumerate(names)
        if name in masks
    )
