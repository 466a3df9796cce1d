"""Which columns a statement can read, by the names that stand in it."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["mentioned"]

_STATE = re.compile(r"[#@]")  # what follows in a dataset's name: ``"silver.flights#dev"``


def mentioned(tree: Any) -> frozenset[str] | None:
    """Every name in a statement, in small letters: what it reads of a table is among that table's columns of these names. None where it
    reads columns that it does not name (``*``, a row as a whole, NATURAL joins, pivots), or names them otherwise (``AS p(a, b)``)."""
    from sqlglot import exp

    for star in tree.find_all(exp.Star):
        if not isinstance(star.parent, exp.Count):
            return None
    if tree.find(exp.Pivot, exp.Columns, exp.PositionalColumn) is not None:
        return None
    if any(join.args.get("method") == "NATURAL" for join in tree.find_all(exp.Join)):
        return None
    if _calls_columns_otherwise(tree) or _reads_rows(tree):
        return None
    return frozenset(name.name.casefold() for name in tree.find_all(exp.Identifier))


def _calls_columns_otherwise(tree: Any) -> bool:
    """A relation's columns are given other names. Of a query or a function in FROM they were named, or made, within it."""
    from sqlglot import exp

    for alias in tree.find_all(exp.TableAlias):
        around = alias.parent
        named = isinstance(around, exp.Table) and isinstance(around.this, exp.Identifier)
        several = isinstance(around, exp.Subquery) and not isinstance(around.this, exp.Query)
        if alias.columns and (named or several):
            return True
    return False


def _reads_rows(tree: Any) -> bool:
    """A relation's name stands for its row as a whole: by itself, or behind its namespace."""
    from sqlglot import exp

    rows, spaces, bare = set[str](), set[str](), set[str]()
    for each in tree.find_all(exp.Table, exp.Subquery, exp.CTE):
        rows.add(each.alias_or_name.casefold())
        if isinstance(each, exp.Table) and not each.alias:
            *space, name = _STATE.split(".".join(part.name for part in each.parts))[0].casefold().rsplit(".", 2)
            rows.add(name)
            bare |= set() if space else {name}
            spaces.update(space)
    for column in tree.find_all(exp.Column):
        name, table = column.name.casefold(), column.table.casefold()
        # Behind another relation's name it is a column of that one, unless that could be the namespace's.
        if name in rows and (not table or table not in rows or table in spaces or name in bare):
            return True
    return False
