"""How much a decided statement would read: files, rows and bytes, after the files whose values cannot fit."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

from workbench.query.cost.conditions import Condition, Reading, read

if TYPE_CHECKING:
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.schema import Schema

    from workbench.lake.plan import PlanFile
    from workbench.query.cost.records import TableCost
    from workbench.query.decide import Verdict
    from workbench.query.relations import Planned

__all__ = ["costs", "read_by", "reading_of", "whole_bytes"]

_sizes: LRUCache[Any, int] = LRUCache(1024)


def reading_of(verdict: Verdict) -> Reading:
    """What the statement says, as far as it matters for its cost."""
    return Reading() if verdict.statement is None or verdict.statement.body is None else read(verdict.statement.body)


def read_by(verdict: Verdict, planned: Sequence[Planned]) -> Sequence[Planned]:
    """Of what a statement names, that whose rows it reads: DESCRIBE and EXPLAIN read none."""
    said = verdict.statement
    # A PIVOT whose columns come from the data reads them to tell what they are.
    looks = said is not None and said.prefix.removesuffix("FROM ") in ("DESCRIBE ", "EXPLAIN ") and not said.dynamic_pivot
    return () if looks else planned


def costs(verdict: Verdict, planned: Sequence[Planned], bound: Any) -> tuple[TableCost, ...]:
    """What would be read of each dataset, as often as it is named; nothing of those that the reader sees in part."""
    from workbench.query.cost.records import TableCost

    said, found = reading_of(verdict), []
    for one in planned:
        if one.shape is not None:
            found.append(TableCost(dataset=one.ref.name))
            continue
        every = one.plan.files
        files = _kept(one, said, bound) if len(every) > 1 else every
        times = one.relation.times
        rows, size = times * sum(file.rows for file in files), times * sum(_bytes(file, one) for file in files)
        ref, counts = one.ref, {"files": len(files), "of_files": len(every), "times": times}
        found.append(TableCost(dataset=ref.name, snapshot_id=ref.snapshot_id, rows=rows, bytes=size, **counts))
    return tuple(found)


def whole_bytes(planned: Sequence[Planned]) -> int:
    """The bytes of the columns that are named, in all files, as often as a dataset is named: what is recorded of a run. Costs nothing
    the second time."""
    total = 0
    for one in planned:
        key = (one.ref.table_uuid, one.ref.snapshot_id, one.names)
        if key not in _sizes:
            _sizes[key] = sum(_bytes(file, one) for file in one.plan.files)
        total += one.relation.times * _sizes[key]
    return total


def _bytes(file: PlanFile, one: Planned) -> int:
    """Of the file, what holds the columns that the statement names; all of it where it does not say."""
    sizes = file.file.column_sizes if file.file is not None else None
    if one.names is None or not sizes:
        return file.bytes
    leaves = [
        leaf for column in one.plan.columns if column.name.casefold() in one.names for leaf in _leaves(one.plan.schema, column.field_id)
    ]
    return min(file.bytes, sum(sizes.get(leaf, 0) for leaf in leaves))


def _leaves(schema: Schema, field_id: int) -> list[int]:
    """A column's own id, or those of what is nested in it."""
    waiting, found = [schema.find_field(field_id)], []
    while waiting:
        one = waiting.pop()
        inner = list(getattr(one.field_type, "fields", ()))
        waiting += inner
        if not inner:
            found.append(one.field_id)
    return found


def _kept(one: Planned, said: Reading, bound: Any) -> tuple[PlanFile, ...]:
    """The files that may hold a row that the statement's comparisons let pass."""
    from pyiceberg.expressions import AlwaysTrue, And
    from pyiceberg.expressions.visitors import _InclusiveMetricsEvaluator

    table = one.ref.name.split(".", 1)[1].casefold()
    aliases = [alias for alias, name in said.aliases if name == table]
    if len(aliases) != 1:  # read twice, each time by other comparisons
        return one.plan.files
    expression: BooleanExpression = AlwaysTrue()
    names = {column.name.casefold(): column.name for column in one.plan.columns}
    for condition in said.conditions:
        if condition.column in names and condition.qualifier in (None, aliases[0]):
            with suppress(Exception):  # a value that is none of the column's type says nothing
                part = _expression(condition, names[condition.column], bound)
                _InclusiveMetricsEvaluator(one.plan.schema, part)
                expression = And(expression, part)
    evaluator = _InclusiveMetricsEvaluator(one.plan.schema, expression)
    return tuple(file for file in one.plan.files if file.file is None or evaluator.eval(file.file))


def _expression(condition: Condition, name: str, bound: Any) -> BooleanExpression:
    from pyiceberg import expressions

    e: Any = expressions
    values: tuple[Any, ...] = condition.values
    if condition.parameter is not None:
        values = (bound[condition.parameter],) if isinstance(bound, dict) else ()
    if condition.operator == "between":
        made: BooleanExpression = e.And(e.GreaterThanOrEqual(name, values[0]), e.LessThanOrEqual(name, values[1]))
    elif condition.operator == "in":
        made = e.In(name, values)
    else:
        kinds = {"=": e.EqualTo, ">": e.GreaterThan, ">=": e.GreaterThanOrEqual, "<": e.LessThan, "<=": e.LessThanOrEqual}
        made = kinds[condition.operator](name, values[0])
    return made
