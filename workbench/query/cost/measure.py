"""How much a decided statement would read: files, rows and bytes, after the files whose values cannot fit."""

from __future__ import annotations

import os
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

__all__ = ["costs", "read_by", "read_bytes", "reading_of"]

_sizes: LRUCache[Any, tuple[int, int]] = LRUCache(1024)
_AHEAD = max(1 << 20, 131_072 * (os.cpu_count() or 1))  # rows: several threads read at once, each a part of some 130,000


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

    found = []
    for one in planned:
        ref, every, times = one.ref, one.plan.files, one.relation.times
        if one.shape is not None:
            found.append(TableCost(dataset=ref.name))
            continue
        # Of a single file nothing can be left out, and what the statement says need not be read.
        files = every if len(every) < 2 else _enough(verdict, one, _kept(one, reading_of(verdict), bound))
        rows, size = _whole(one) if files is every else (sum(file.rows for file in files), sum(_bytes(file, one) for file in files))
        counts = {"files": len(files), "of_files": len(every), "times": times, "rows": times * rows, "bytes": times * size}
        found.append(TableCost(dataset=ref.name, snapshot_id=ref.snapshot_id, **counts))
    return tuple(found)


def read_bytes(planned: Sequence[Planned], found: Sequence[TableCost]) -> int:
    """What is recorded of a run, of what it costs (:func:`costs`): of a dataset that its reader sees in part the bytes of all files, for
    which of them are left out is told by values that she may not see."""
    return sum(one.relation.times * _whole(one)[1] if cost.bytes is None else cost.bytes for one, cost in zip(planned, found, strict=True))


def _whole(one: Planned) -> tuple[int, int]:
    """(rows, bytes of the columns that are named) of all files. Costs nothing the second time."""
    key = (one.ref.table_uuid, one.ref.snapshot_id, one.names)
    if key not in _sizes:
        _sizes[key] = (sum(file.rows for file in one.plan.files), sum(_bytes(file, one) for file in one.plan.files))
    return _sizes[key]


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
    if len(aliases) != 1 or not said.conditions:  # read twice, each time by other comparisons, or by none
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


def _enough(verdict: Verdict, one: Planned, files: tuple[PlanFile, ...]) -> tuple[PlanFile, ...]:
    """Of the files the first ones, where the statement has enough with so many rows of them."""
    from workbench.lake.plan import plain_paths

    said, most = verdict.statement, reading_of(verdict).most
    # What a view makes of its tables' rows is not known; and who explains a statement may have it read to its end.
    if most is None or said is None or said.kind != "select" or said.viewed or one.relation.times != 1:
        return files
    if not one.plan.duckdb_ok or not plain_paths(one.plan.paths):  # then all rows are taken to it
        return files
    rows, taken = 0, 0
    while taken < len(files) and rows < most + _AHEAD * (most > 0):
        rows, taken = rows + files[taken].rows, taken + 1
    return files[:taken]


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
