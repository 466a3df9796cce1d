"""Advice on a statement, each piece with its evidence; none where nothing is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from workbench.query.cost.records import Advice, TableCost

if TYPE_CHECKING:
    from workbench.query.cost.conditions import Reading
    from workbench.query.relations import Planned

__all__ = ["advise"]

_WIDE = 30  # columns
_MANY = 100_000  # rows
_VERY_MANY = 1_000_000
_FEW_FILES = 4


def advise(said: Reading, planned: Sequence[Planned], costs: Sequence[TableCost]) -> tuple[Advice, ...]:
    """What would make the statement better. Of what its reader sees in part, only what is declared counts: nothing depends on how much
    there is."""
    return (*_partitions(said, planned, costs), *_wide(said, planned), *_loose(said, planned, costs), *_long(said, planned, costs))


def _partitions(said: Reading, planned: Sequence[Planned], costs: Sequence[TableCost]) -> Iterator[Advice]:
    asked = {condition.column for condition in said.conditions}
    for one, cost in zip(planned, costs, strict=True):
        spec = one.plan.metadata.spec()
        names = [one.plan.schema.find_column_name(field.source_id) or "" for field in spec.fields]
        if not names or any(name.casefold() in asked for name in names) or (cost.files is not None and cost.files < _FEW_FILES):
            continue
        found = f"All {cost.files} files of {one.ref.name}" if cost.files is not None else f"All of {one.ref.name}"
        yield Advice(
            code="partition",
            message=f"{found} would be read: it is partitioned by {', '.join(names)}, which no condition names.",
            fix=f"Add a condition on it where the question allows: WHERE {names[0]} = ...",
        )


def _wide(said: Reading, planned: Sequence[Planned]) -> Iterator[Advice]:
    widest = max(planned, key=lambda one: len(one.columns), default=None)
    if said.star and widest is not None and len(widest.columns) >= _WIDE:
        message = f"SELECT * reads all {len(widest.columns)} columns of {widest.ref.name}."
        yield Advice(code="wide", message=message, fix="Name the columns that are needed.")


def _loose(said: Reading, planned: Sequence[Planned], costs: Sequence[TableCost]) -> Iterator[Advice]:
    if not said.loose:
        return
    known = {one.relation.dataset.split(".", 1)[1].casefold(): _once(cost) for one, cost in zip(planned, costs, strict=True)}
    rows = [(alias, known[name]) for alias, name in said.aliases if name in known]
    told = ""
    if all(count is not None for _, count in rows):
        # Itself times the largest of the others: at least so many, before any condition.
        loose = said.loose[0].casefold()
        product = next((count or 0 for alias, count in rows if alias == loose), 0)
        product *= max((count or 0 for alias, count in rows if alias != loose), default=0)
        if product <= _VERY_MANY:
            return
        told = f": {product:,} rows"
    yield Advice(
        code="multiplies",
        message=f"{said.loose[0]} is joined without a condition, so each of its rows meets every other{told}.",
        fix="Say how they belong together: JOIN ... ON a.id = b.id.",
    )


def _long(said: Reading, planned: Sequence[Planned], costs: Sequence[TableCost]) -> Iterator[Advice]:
    rows = max((_once(cost) or 0 for cost in costs), default=0)
    if said.sorts and rows >= _VERY_MANY:
        yield Advice(code="sorts", message=f"All {rows:,} rows are put in order.", fix="Add a LIMIT, or leave ORDER BY out.")
    for column in said.wildcards:
        for one, cost in zip(planned, costs, strict=True):
            if (_once(cost) or 0) >= _MANY and column.casefold() in {name.casefold() for name in one.columns}:
                yield Advice(
                    code="leading_wildcard",
                    message=f"{column} is searched from an unknown beginning in {_once(cost):,} rows, of which no file can be left out.",
                    fix="Begin the pattern with what is known, or compare with =.",
                )


def _once(cost: TableCost) -> int | None:
    """The rows of a dataset, however often it is named."""
    return None if cost.rows is None else cost.rows // cost.times
