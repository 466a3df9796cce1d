"""How a statement speaks of what it changes."""

from __future__ import annotations

from typing import Any

__all__ = ["namespaces"]


def namespaces(tree: Any) -> tuple[tuple[int, int], ...]:
    """Where a statement's text names a column of its target in full (``silver.t.x``): from where to where the namespace stands.

    That is to be left out, for the queries that are made of the statement know the target as ``t`` alone. None where something else is
    called ``t``, too: another one would be meant then.
    """
    from sqlglot import exp

    target = tree.this
    if not isinstance(tree, exp.Update | exp.Delete | exp.Merge) or not isinstance(target, exp.Table) or target.alias:
        return ()
    full = _folded(target.parts)
    if len(full) != 2 or "#" in full[1]:
        return ()
    named = (table for table in tree.find_all(exp.Table) if table is not target and table.name.casefold() == full[1])
    aliases = {alias.name.casefold() for alias in tree.find_all(exp.TableAlias)}
    aliases |= {name.name.casefold() for each in tree.find_all(exp.Lambda) for name in each.expressions}
    if full[1] in aliases or any(_folded(table.parts) != full and not table.alias for table in named):
        return ()
    columns = (column.parts for column in tree.find_all(exp.Column) if len(column.parts) > 2 and _folded(column.parts[:2]) == full)
    places = ((parts[0].meta.get("start"), parts[1].meta.get("start")) for parts in columns)
    return tuple((start, end) for start, end in places if start is not None and end is not None)


def _folded(parts: Any) -> list[str]:
    return [part.name.casefold() for part in parts]
