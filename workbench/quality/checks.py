"""What is looked for in rows: an expectation or a dimension's rule as SQL that is true of the rows that fail."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.core.errors import InvalidInput, WorkbenchError
from workbench.engines.duckdb import literal, quoted
from workbench.engines.scans import Scan
from workbench.governance.expressions import check_expression
from workbench.quality.records import ColumnProfile, Expectation
from workbench.quality.scanning import Source, SourceColumn

__all__ = ["Check", "Other", "check_of", "count_failing", "describe", "failing_sql", "spelling_sql"]


@dataclass(frozen=True)
class Other:
    """The dataset that a foreign key points to, as the engine reads it."""

    scan: Scan


@dataclass(frozen=True)
class Check:
    """``failing`` is true of rows that fail among those where ``among`` is true. Of ``unique`` columns, rows that share their values
    fail; ``other`` is the scan whose ``key`` must have the value."""

    id: str
    failing: str = "false"
    among: str = "true"
    unique: tuple[str, ...] = ()
    column: str | None = None
    other: Other | None = None
    key: str | None = None


def describe(expectation: Expectation) -> str:
    """An expectation in words."""
    e, column = expectation, expectation.column
    if e.description:
        return e.description
    bounds = " and ".join(f"{word} {value}" for word, value in (("at least", e.low), ("at most", e.high)) if value is not None)
    words = {
        "not_null": f"{column} has a value",
        "unique": f"{', '.join(e.columns) or column} is unique",
        "in_range": f"{column} is {bounds}",
        "in_set": f"{column} is one of {', '.join(str(v) for v in e.values[:10])}{' ...' if len(e.values) > 10 else ''}",
        "matches": f"{column} matches {e.pattern}",
        "type": f"{column} is of type {e.pattern}",
        "row_count": f"the number of rows is {bounds}",
        "foreign_key": f"{column} is found in {e.dataset}.{e.key}",
        "freshness": f"{column or 'the last write'} is at most {e.hours:g} hours old" if e.hours is not None else "",
        "expression": str(e.expression),
    }
    share = "" if e.share >= 1 else f" in {e.share:.2%} of rows"
    return words[e.kind] + share


def check_of(expectation: Expectation, columns: Sequence[SourceColumn], other: Other | None = None) -> Check | None:
    """The rows' check of an expectation; None for those that look at the whole (type, row count, freshness).

    Raises
    ------
    InvalidInput, Forbidden
        It names a column that is not there, lacks what its kind needs, or its expression is not allowed.
    """
    e = expectation
    known = {column.name: column for column in columns}
    for name in (e.column, *e.columns):
        if name is not None and name not in known:
            raise InvalidInput(f"There is no column {name!r}.", fix=f"It has: {', '.join(list(known)[:20])}.", column=name)
    if e.kind in ("not_null", "in_range", "in_set", "matches", "type", "foreign_key") and e.column is None:
        raise InvalidInput(f"An expectation of kind {e.kind} needs a column.", fix="Say which: column.")
    column = known[e.column] if e.column else None
    check = Check(e.id or "new", column=e.column)
    if e.kind == "expression":
        check_expression(e.expression or "")
        return replace(check, failing=f"NOT coalesce(({e.expression}\n), true)")
    if e.kind == "unique":
        names = e.columns or ((e.column,) if e.column else ())
        if not names:
            raise InvalidInput("An expectation of kind unique needs a column.", fix="Say which: column or columns.")
        return replace(check, unique=tuple(quoted(name) for name in names), among=" AND ".join(f"{quoted(n)} IS NOT NULL" for n in names))
    if column is None or e.kind in ("type", "row_count", "freshness"):
        _check_whole(e, column)
        return None
    present = replace(check, among=f"{column.sql} IS NOT NULL")
    if e.kind == "not_null":
        return replace(check, failing=f"{column.sql} IS NULL")
    if e.kind == "foreign_key":
        if other is None or not e.key:
            raise InvalidInput("A foreign key needs the dataset and the key it points to.", fix="Say dataset and key.")
        return replace(present, other=other, key=quoted(e.key))
    return replace(present, failing=_outside(e, column))


def _check_whole(e: Expectation, column: SourceColumn | None) -> None:
    """Refuse what says too little of the whole dataset to be looked at."""
    if e.kind == "row_count":
        bounds = [bound for bound in (e.low, e.high) if bound is not None]
        if not bounds or not all(isinstance(bound, int | float) and math.isfinite(bound) for bound in bounds):
            raise InvalidInput("An expectation of kind row_count needs low or high, as numbers.", fix="Give one of them: low=1.")
    if e.kind == "type" and not e.pattern:
        raise InvalidInput("An expectation of kind type needs the type's name.", fix="Give it as pattern: pattern='long'.")
    if e.kind == "freshness" and not (e.hours is not None and 0 < e.hours < math.inf):
        raise InvalidInput("A promise of freshness needs hours.", fix="Say how many: hours.")
    if e.kind == "freshness" and column is not None and column.kind not in ("date", "timestamp"):
        raise InvalidInput(
            f"{column.name} is {column.type}: its values have no age.", fix="Name a date or a time, or no column: the last write."
        )


def _outside(e: Expectation, column: SourceColumn) -> str:
    if e.kind == "matches":
        if not e.pattern:
            raise InvalidInput("An expectation of kind matches needs a pattern.", fix="Give a regular expression for the whole value.")
        return f"NOT regexp_full_match({column.sql}::VARCHAR, {literal(e.pattern)})"
    if e.kind == "in_set":
        if not e.values:
            raise InvalidInput("An expectation of kind in_set needs values.", fix="List those that are allowed.")
        return f"{column.sql} NOT IN ({', '.join(_value(v, column) for v in e.values)})"
    ends = [f"{column.sql} {sign} {_value(v, column)}" for sign, v in (("<", e.low), (">", e.high)) if v is not None]
    if not ends:
        raise InvalidInput("An expectation of kind in_range needs low or high.", fix="Give one of them.")
    return " OR ".join(ends)


def _value(value: Any, column: SourceColumn) -> str:
    if column.kind in ("integer", "decimal", "float"):
        # A bound may have digits that the column's type does not: 2.5 for whole numbers.
        try:
            float(value)
        except (TypeError, ValueError, OverflowError):
            raise InvalidInput(f"{value!r:.60} is no number, as {column.name} is.", fix="Give a number.") from None
        return f"CAST({literal(str(value))} AS {'DOUBLE' if column.kind == 'float' else 'DECIMAL(38, 10)'})"
    return f"CAST({literal(str(value))} AS {column.sql_type})"


def count_failing(source: Source, checks: Sequence[Check]) -> dict[str, tuple[int, int] | WorkbenchError]:
    """For each check how many rows were looked at and how many failed, in one scan; or why it could not be carried out."""
    try:
        return _counted(source, checks)
    except WorkbenchError as error:
        if len(checks) <= 1:
            return {check.id: error for check in checks}
    # One of them cannot be carried out: which one is told by asking each alone.
    return {key: found for check in checks for key, found in count_failing(source, [check]).items()}


def _counted(source: Source, checks: Sequence[Check]) -> dict[str, tuple[int, int] | WorkbenchError]:
    if not checks:
        return {}
    items, scans = [], {}
    for number, check in enumerate(checks):
        items.append(f"count_if({check.among}) AS n{number}")
        if check.unique:
            row = check.unique[0] if len(check.unique) == 1 else f"({', '.join(check.unique)})"
            items.append(f"count_if({check.among}) - count(DISTINCT {row}) FILTER (WHERE {check.among}) AS f{number}")
        elif check.other is not None:
            scans[check.other.scan.schema, check.other.scan.name] = check.other.scan
            items.append(f"(SELECT count(*) FROM {source.relation} AS r WHERE {_orphan(check)}) AS f{number}")
        else:
            items.append(f"count_if(({check.among}) AND ({check.failing})) AS f{number}")
    row = source.ask(f"SELECT {', '.join(items)} FROM {source.relation}", *scans.values()).table
    counts = [column[0].as_py() or 0 for column in row.columns]  # of no rows the engine counts NULL
    return {check.id: (counts[2 * i], counts[2 * i + 1]) for i, check in enumerate(checks)}


def failing_sql(source: Source, check: Check, limit: int) -> tuple[str, tuple[Scan, ...]]:
    """The statement that gives the rows that fail a check, and the scans it needs beside the source's."""
    if check.unique:
        shared = f"QUALIFY count(*) OVER (PARTITION BY {', '.join(check.unique)}) > 1 ORDER BY {', '.join(check.unique)}"
        return f"SELECT * FROM {source.relation} WHERE {check.among} {shared} LIMIT {limit}", ()
    if check.other is not None:
        return f"SELECT r.* FROM {source.relation} AS r WHERE {_orphan(check)} LIMIT {limit}", (check.other.scan,)
    return f"SELECT * FROM {source.relation} WHERE ({check.among}) AND ({check.failing}) LIMIT {limit}", ()


def _orphan(check: Check) -> str:
    assert check.other is not None
    assert check.column is not None
    other = f"{quoted(check.other.scan.schema)}.{quoted(check.other.scan.name)}"
    value = f"r.{quoted(check.column)}"
    # Not EXISTS: in there `r` could be a column of the other dataset.
    keys = f"SELECT o.{check.key} FROM {other} AS o WHERE o.{check.key} IS NOT NULL"
    return f"{value} IS NOT NULL AND {value} NOT IN ({keys})"


def spelling_sql(column: ColumnProfile) -> str:
    """True of rows whose text is a rarer spelling of another."""
    rare = ", ".join(literal(text) for group in column.variants for text in group[1:])
    return f"{quoted(column.name)} IN ({rare})"
