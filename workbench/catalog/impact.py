"""Who would feel a change of a dataset's columns, by what runs have read and what the texts of views say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import select

from workbench.catalog.records import Impact, Reader, SchemaChange
from workbench.core.clock import from_iso
from workbench.store.tables import run_datasets, runs

if TYPE_CHECKING:
    from workbench.catalog.views import KnownView
    from workbench.runs.log import RunLog

__all__ = ["impact"]

Kind = Literal["dataset", "notebook", "pipeline", "query", "other"]
_KINDS: dict[str, Kind] = {"sql": "query", "pipeline": "pipeline", "step": "pipeline", "notebook": "notebook"}


@dataclass
class _Seen:
    columns: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)
    last_at: str = ""
    unknown: bool = False


def impact(
    log: RunLog,
    dataset: str,
    table_uuid: str,
    changes: tuple[SchemaChange, ...],
    downstream: Iterable[tuple[str, int]],
    views: Iterable[KnownView] = (),
) -> Impact:
    """What the changes would break. ``downstream`` are the datasets made from this one, with how many hops away they are; ``views`` all
    that there are.

    A run that did not say which columns it read is taken for a reader of all, and said to be unsure.
    """
    breaking = {change.column for change in changes if not change.safe}
    seen = _readers(log, table_uuid)
    readers = [_reader(kind, name, each, breaking) for (kind, name), each in seen.items() if breaking & each.columns or each.unknown]
    made = [Reader(kind="dataset", name=name, hops=hops, sure=False) for name, hops in downstream]
    made += _views(dataset, breaking, tuple(views))
    ordered = sorted(readers, key=lambda each: (not each.sure, -each.runs, each.name)) + sorted(made, key=lambda r: (r.hops, r.name))
    felt = tuple(ordered) if breaking else ()
    return Impact(dataset=dataset, changes=changes, readers=felt, breaking=bool(felt))


def _views(dataset: str, breaking: set[str], views: tuple[KnownView, ...]) -> Iterator[Reader]:
    """The views whose text reads the dataset and one of the columns, and those that read these views: of which column, their text does not
    say of the dataset's."""
    reached, hops = {dataset.casefold(), dataset.casefold().partition(".")[2]}, 1
    rest = [(view, view.facts) for view in views if view.facts is not None]
    while found := [(view, facts) for view, facts in rest if reached & {name.casefold() for name in facts.reads}]:
        rest = [each for each in rest if each not in found]
        reached = set()
        for view, facts in found:
            columns = {name for name in breaking if facts.names is None or name.casefold() in facts.names} if hops == 1 else set[str]()
            if hops > 1 or columns:
                sure = hops == 1 and facts.names is not None
                yield Reader(kind="view", name=view.name, hops=hops, sure=sure, columns=tuple(sorted(columns)) if sure else ())
                reached |= {view.name.casefold(), view.name.casefold().partition(".")[2]}
        hops += 1


def _reader(kind: Kind, name: str, seen: _Seen, breaking: set[str]) -> Reader:
    columns = breaking & seen.columns
    return Reader(
        kind=kind, name=name, columns=tuple(sorted(columns)), sure=bool(columns), runs=len(seen.runs), last_at=from_iso(seen.last_at)
    )


def _readers(log: RunLog, table_uuid: str) -> dict[tuple[Kind, str], _Seen]:
    query = (
        select(run_datasets.c.run_id, run_datasets.c.columns, run_datasets.c.notebook, runs.c.kind, runs.c.job, runs.c.started_at)
        .select_from(run_datasets.join(runs, runs.c.id == run_datasets.c.run_id))
        .where(run_datasets.c.direction == "input", run_datasets.c.dataset_id == table_uuid, runs.c.kind != "quality")
    )
    found: dict[tuple[Kind, str], _Seen] = {}
    with log.projections["runs"].reading() as conn:
        for row in conn.execute(query):
            each = found.setdefault(_who(row), _Seen())
            columns = json.loads(row.columns)
            each.columns |= set(columns)
            each.unknown = each.unknown or not columns
            each.runs.add(row.run_id)
            each.last_at = max(each.last_at, row.started_at or "")
    return {who: each for who, each in found.items() if each.last_at}


def _who(row: Any) -> tuple[Kind, str]:
    if row.notebook:
        return "notebook", row.notebook
    return _KINDS.get(row.kind, "other"), row.job
