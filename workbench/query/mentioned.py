"""Which columns a statement can read, by the names that stand in it."""

from __future__ import annotations

from typing import Any

__all__ = ["mentioned"]


def mentioned(tree: Any) -> frozenset[str] | None:
    """Every name in a statement, in small letters: what it reads of a table is among that table's columns of these names. None where it
    reads columns that it does not name (``*``, a row as a whole, NATURAL joins, pivots)."""
    from sqlglot import exp

    for star in tree.find_all(exp.Star):
        if not isinstance(star.parent, exp.Count):
            return None
    if tree.find(exp.Pivot, exp.Columns, exp.PositionalColumn) is not None:
        return None
    if any(join.args.get("method") == "NATURAL" for join in tree.find_all(exp.Join)):
        return None
    rows = {table.alias_or_name.casefold() for table in tree.find_all(exp.Table, exp.Subquery, exp.CTE)}
    if any(not column.table and column.name.casefold() in rows for column in tree.find_all(exp.Column)):
        return None
    return frozenset(name.name.casefold() for name in tree.find_all(exp.Identifier))
