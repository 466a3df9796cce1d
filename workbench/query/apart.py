"""Rows behind a filter, kept apart from those that are hidden where a statement could feel how they lie together.

An engine reads rows by the thousand, hidden ones among them, and drops those that are hidden. How many are left of a thousand decides
how far it has come when a statement has enough (LIMIT), or which of several failing rows it meets first. So a statement that may fail
and may end early looks at rows that were gathered before, and one that did fail is carried out again on such: what it then says, it
says of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.engines.duckdb import EngineError
from workbench.engines.scans import ArrowScan, Scan
from workbench.query.decide import Verdict, parsed_text

if TYPE_CHECKING:
    from workbench.engines.duckdb import Engine, Result

__all__ = ["gathered", "run_apart"]

# Kinds of errors that a statement meets whatever the rows are.
_NOT_OF_ROWS = frozenset(
    {"binder", "catalog", "parser", "syntax", "crash", "internal", "io", "http", "permission", "not implemented", "unfit"}
)
_ARITHMETIC = frozenset({"+", "-", "*", "/", "//", "%", "abs", "sum"})
# Functions that no value makes fail. What is not here may.
_HARMLESS = _ARITHMETIC | frozenset(
    {"count", "count_star", "min", "max", "avg", "first", "last", "any_value", "bool_or", "bool_and", "count_if", "lower",
     "upper", "length", "strlen", "trim", "ltrim", "rtrim", "substring", "substr", "left", "right", "reverse", "replace",
     "concat", "||", "contains", "prefix", "suffix", "starts_with", "ends_with", "strpos", "position", "~~", "!~~", "~~*",
     "!~~*", "row_number", "rank", "dense_rank", "lag", "lead", "first_value", "last_value", "ntile", "greatest", "least",
     "year", "month", "day", "hour", "minute", "second", "quarter", "date_part", "date_trunc", "coalesce", "ifnull",
     "nullif", "if", "isnan", "isfinite", "grouping", "grouping_id", "list", "string_agg", "median", "mode",
     "approx_count_distinct", "typeof", "round", "floor", "ceil", "sign", "unnest"}
)  # fmt: skip

# A sum of whole numbers, or of decimals of up to 18 digits, has room for more rows than a disk holds. One of these has not.
_WIDE_TYPE = re.compile(r"DECIMAL\((19|[23]\d)\b|HUGEINT", re.IGNORECASE)
_WIDE_VALUE = re.compile(r"[\d_.]{19,}")


def run_apart(
    engine: Engine, verdict: Verdict, run_id: str, sql: str, scans: tuple[Scan, ...], params: Any, limit: int | None, timeout: float
) -> Result:
    """Run a statement so that what it gives, or fails on, does not tell how rows lie that its reader does not see.

    Raises
    ------
    EngineError, Interrupted
        As the engine does.
    """
    if not any(scan.shape is not None and scan.shape.where is not None for scan in scans):
        return engine.run(run_id, sql, scans, params, limit=limit, timeout=timeout)
    fails, early = _nature(verdict, scans, bool(params))
    if not (fails and early):
        try:
            result = engine.run(run_id, sql, scans, params, limit=limit, timeout=timeout)
        except EngineError as error:
            if error.kind.casefold() in _NOT_OF_ROWS or "memory" in error.kind.casefold():
                raise
        else:
            if not (result.cut and fails):
                return result
    return engine.run(run_id, sql, gathered(scans), params, limit=limit, timeout=timeout)


def _nature(verdict: Verdict, scans: Iterable[Scan], bound: bool) -> tuple[bool, bool]:
    """Whether a statement may fail on a row, and whether it may end before it has read all."""
    statement = verdict.statement
    if statement is None or verdict.kind != "select":
        return False, False
    try:
        parsed = parsed_text(verdict.sql)
    except EngineError:
        return True, True  # a PIVOT whose columns come from the data
    called = {call.name for call in parsed.functions} | {call.name for call in parsed.table_functions}
    strange = parsed.casts or bool(called - _HARMLESS)
    # One side of a join is not read on when there is nothing in the other. Sums that overflow are left out there: most joins have some.
    joins = "JOIN" in parsed.relations or "SUBQUERY" in parsed.expressions
    arithmetic = called & _ARITHMETIC
    safe = arithmetic <= {"sum"} and not bound and not _wide(verdict.sql, scans)
    return strange or bool(arithmetic and not safe), parsed.ends_early or (joins and strange)


def _wide(sql: str, scans: Iterable[Scan]) -> bool:
    if _WIDE_VALUE.search(sql) is not None:
        return True
    return any(isinstance(scan, ArrowScan) or any(_WIDE_TYPE.search(column.type) for column in scan.columns) for scan in scans)


def gathered(scans: Iterable[Scan]) -> tuple[Scan, ...]:
    """The same relations, of which those behind a filter are gathered before a statement looks at them."""
    return tuple(
        replace(scan, shape=replace(scan.shape, apart=True)) if scan.shape is not None and scan.shape.where is not None else scan
        for scan in scans
    )
