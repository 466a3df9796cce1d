"""Decided relations as what the engine reads: each from its read plan, by field id, or through PyIceberg where DuckDB must not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.catalog.records import MaskedColumn
from workbench.core.errors import DatasetNotFound, InvalidSQL, NotFound
from workbench.core.principals import Principal
from workbench.core.refs import MAIN, DatasetRef
from workbench.engines.scans import Scan, Shape
from workbench.query.decide import Relation
from workbench.runs.records import DatasetIO

if TYPE_CHECKING:
    from workbench.governance.access import AccessService
    from workbench.lake.lake import Lake
    from workbench.lake.plan import ReadPlan
    from workbench.query.analyse import Statement

__all__ = ["Planned", "datasets_of", "in_part", "plan_relations"]

_MOST_COLUMNS = 200  # that a run names as read; without names it is taken for a reader of all


@dataclass(frozen=True)
class Planned:
    """A relation with its plan: what to read, and what to record as read. ``names`` are those in the statement; None where it reads columns
    that it does not name. ``shape`` is what the reader sees of it; None for all."""

    relation: Relation
    plan: ReadPlan
    names: frozenset[str] | None = None
    shape: Shape | None = None

    @property
    def ref(self) -> DatasetRef:
        return self.plan.ref

    @property
    def told(self) -> DatasetRef:
        """The same for the reader: who sees a part only is not told which snapshot is the newest, which is another one whenever anything is
        written."""
        return self.ref if self.shape is None else self.ref.model_copy(update={"snapshot_id": self.relation.snapshot_id})

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that the reader sees."""
        return tuple(column.name for column in self.plan.columns) if self.shape is None else tuple(name for name, _ in self.shape.columns)

    @property
    def columns_read(self) -> tuple[str, ...]:
        """Of those what the statement reads."""
        return self.columns if self.names is None else tuple(name for name in self.columns if name.casefold() in self.names)

    @property
    def types(self) -> tuple[str, ...]:
        """Their types, in the catalog's words."""
        every = {column.name: column.type for column in self.plan.columns}
        return tuple(every[name] for name in self.columns)

    @property
    def masked(self) -> tuple[MaskedColumn, ...]:
        """What of it the statement reads through a mask."""
        masks = () if self.shape is None else self.shape.masks
        read = (one for one in masks if self.names is None or one[0].casefold() in self.names)
        return tuple(MaskedColumn(dataset=self.plan.ref.name, column=column, mask=mask, rule=rule) for column, mask, rule in read)

    def scan(self) -> Scan:
        """What the engine is told to read."""
        return replace(self.plan.scan(self.relation.schema, self.relation.name), shape=self.shape)

    def io(self, notebook: str | None, cell: str | None) -> DatasetIO:
        """The read as it is recorded."""
        ref = self.plan.ref
        read = self.columns_read if len(self.columns_read) <= _MOST_COLUMNS else ()
        return DatasetIO(
            kind="table",
            id=ref.table_uuid,
            name=ref.name,
            branch=ref.branch,
            snapshot_id=ref.snapshot_id,
            columns=read,
            notebook=notebook,
            cell=cell,
            view=self.shape.view if self.shape is not None else None,
            fields=self.plan.renamed,
        )


def in_part(planned: Iterable[Planned]) -> bool:
    """Whether something of these relations is kept from their reader."""
    return any(one.shape is not None for one in planned)


def datasets_of(planned: Iterable[Planned]) -> dict[str, str]:
    """Of the files that are read, the dataset that each is one of."""
    return {path: one.ref.name for one in planned for path in one.plan.paths}


def plan_relations(
    lake: Lake,
    access: AccessService,
    who: Principal,
    relations: Iterable[Relation],
    statement: Statement,
    held: ExitStack,
) -> Iterator[Planned]:
    """The read plans of a statement's relations as ``who`` sees them, of one moment, whose files stay until ``held`` is closed.

    Raises
    ------
    InvalidSQL
        The moment after FOR TIMESTAMP AS OF is none.
    DatasetNotFound, SnapshotNotFound, NotFound
        The dataset went away, or has no such snapshot, branch or tag.
    Forbidden
        In that state it has nothing that the reader may see.
    """
    relations = tuple(relations)
    # Tables that are committed together are seen together, or none of them is.
    at = lake.pointers(relation.dataset for relation in relations)
    for relation in relations:
        plan = _plan(lake, relation, statement, held, at)
        if not plan.files:
            _published(lake, plan)
        yield Planned(relation, plan, statement.names, access.shape(who, plan))


def _plan(lake: Lake, relation: Relation, statement: Statement, held: ExitStack, at: Mapping[str, str]) -> ReadPlan:
    if relation.moment is not None:
        return held.enter_context(lake.reading(lake.snapshot_at(relation.dataset, _moment(relation.moment))))
    branch = "" if relation.branch == "main" else f"#{relation.branch}"
    snapshot = "" if relation.snapshot_id is None else f"@{relation.snapshot_id}"
    try:
        return held.enter_context(lake.reading(f"{relation.dataset}{branch}{snapshot}", at=at))
    except NotFound as error:
        error.details.setdefault("statement", statement.kind)
        raise


def _published(lake: Lake, plan: ReadPlan) -> None:
    if plan.ref.branch == MAIN and lake.is_draft(plan.ref.name):
        fix = "It is there when the run has succeeded, or has been repaired. What it has written so far is on the run's branch."
        raise DatasetNotFound(f"There is no dataset {plan.ref.name!r} yet: a pipeline's run is making it.", fix=fix, name=plan.ref.name)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidSQL(f"{text!r} is no time.", fix="Write it as '2026-01-31' or '2026-01-31 12:00:00+00:00'.") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
