"""What an overwrite removes: whole files, and for a filter the rows of half-matching files, which are written again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa
from pyiceberg.expressions import BooleanExpression
from pyiceberg.expressions.parser import parse
from pyiceberg.expressions.visitors import ROWS_MUST_MATCH, _InclusiveMetricsEvaluator, _StrictMetricsEvaluator, bind, extract_field_ids
from pyiceberg.io.pyarrow import _expression_to_complementary_pyarrow
from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.table import FileScanTask
from pyiceberg.types import DoubleType, FloatType

from workbench.core.errors import InvalidInput
from workbench.lake.plan import ReadPlan, read_tasks

__all__ = ["Removal", "removal"]


@dataclass
class Removal:
    """``files`` give way; ``kept`` yields those of their rows that stay. ``files`` is complete once ``kept`` is used up."""

    files: list[DataFile] = field(default_factory=list)
    kept: Iterator[pa.RecordBatch] = field(default_factory=lambda: iter(()))


def removal(plan: ReadPlan, row_filter: str | None) -> Removal:
    """What overwriting the rows that match ``row_filter`` (None: all) removes from the planned snapshot.

    Raises
    ------
    InvalidInput
        The filter cannot be understood, or the table has rows marked as deleted by another client.
    """
    files = [file.file for file in plan.files if file.file is not None]
    if plan.has_deletes:
        raise InvalidInput(f"{plan.ref.name} has rows marked as deleted by another Iceberg client.", fix="Compact it there first.")
    if row_filter is None:
        return Removal(files)
    try:
        expression = bind(plan.schema, parse(row_filter), case_sensitive=True)
    except Exception as error:
        raise InvalidInput(
            f"The filter {row_filter!r} cannot be understood.", fix="Write for example: month = 6 and carrier = 'AA'."
        ) from error
    found = Removal()
    found.kept = _kept(plan, files, parse(row_filter), expression, found.files)
    return found


def _kept(
    plan: ReadPlan, files: list[DataFile], unbound: BooleanExpression, bound: BooleanExpression, removed: list[DataFile]
) -> Iterator[pa.RecordBatch]:
    may_match = _InclusiveMetricsEvaluator(plan.schema, unbound).eval
    must_match = _StrictMetricsEvaluator(plan.schema, unbound).eval
    others = _expression_to_complementary_pyarrow(bound, plan.schema)
    ids = extract_field_ids(bound)
    for file in files:
        if not may_match(file):
            continue
        # To Iceberg a missing value is unequal to all others, and in a row it fits no comparison: what happens to it must not
        # hang on which file it is in.
        if must_match(file) == ROWS_MUST_MATCH and _is_full(file, plan.schema, ids):
            removed.append(file)
            continue
        rows = pa.Table.from_batches(read_tasks(plan.table, plan.schema, [FileScanTask(file)]), schema=plan.arrow_schema)
        kept = rows.filter(others)
        if kept.num_rows < rows.num_rows:
            removed.append(file)
            yield from kept.to_batches()


def _is_full(file: DataFile, schema: Schema, field_ids: set[int]) -> bool:
    """Whether no value of these columns is missing or NaN, as far as the file tells."""
    missing, nan = file.null_value_counts or {}, file.nan_value_counts or {}
    floats = {each for each in field_ids if isinstance(schema.find_type(each), FloatType | DoubleType)}
    return all(missing.get(each) == 0 and (each not in floats or nan.get(each) == 0) for each in field_ids)
