"""Which columns come over as they were, row by row, where a statement writes what it reads: a row filter of the source holds for such a
copy. Where that is not certain, none does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.lake.plan import PlanColumn
    from workbench.query.dml.ask import Asked
    from workbench.query.relations import Planned

__all__ = ["RowSources", "kept_columns", "masked_columns", "unchanged_columns"]

#: By the source's UUID pairs of its column and the target's.
RowSources = dict[str, list[list[str]]]


def kept_columns(asked: Asked, goes: Sequence[PlanColumn | None]) -> RowSources:
    """Of a query whose columns go into these of a dataset (None: nowhere)."""
    from sqlglot import exp

    if asked.verdict.views:
        return {}
    tree = asked.scope.expression if asked.scope is not None else None
    if not isinstance(tree, exp.Select) or not _row_by_row(tree):
        return {}
    names = [name.casefold() for name in tree.named_selects]
    told = len(names) == len(tree.selects) == len(asked.types) == len(goes)
    if not told or len(set(names)) < len(names) or any(each.is_star for each in tree.selects):
        return {}
    once = dict(_read_once(asked, tree))
    found: RowSources = {}
    for select, kind, column in zip(tree.selects, asked.types, goes, strict=True):
        plain = select.unalias()
        # A value that is converted on its way is another one.
        if column is None or kind != column.duckdb_type or not isinstance(plain, exp.Column) or len(plain.parts) != 2:
            continue
        one = once.get(plain.table)
        name = next((each for each in one.columns if each.casefold() == plain.name.casefold()), None) if one is not None else None
        # Nor is one that its author sees through a mask.
        if one is not None and name is not None and name not in masked_columns(one):
            found.setdefault(one.ref.table_uuid, []).append([name, column.name])
    return found


def unchanged_columns(asked: Iterable[Asked], columns: Iterable[str], table_uuid: str) -> RowSources:
    """Of a dataset that a statement changes: all that it does not set in rows which are there."""
    set_: set[str] = set()
    for each in asked:
        set_ |= set(each.composed.values or ())
        set_ |= {column for branch, values in each.composed.actions if branch.action == "update" for column in values}
    return {table_uuid: [[name, name] for name in columns if name not in set_]}


def masked_columns(one: Planned) -> set[str]:
    """The columns of a relation that its reader sees through masks."""
    return {name for name, *_ in one.shape.masks} if one.shape is not None else set()


def _row_by_row(tree: Any) -> bool:
    """Each row is made of one row of every relation, or of rows that are one in all that is shown as it is (GROUP BY). What looks at
    other rows (a subquery, a window, a total of totals) or joins so that a row without a counterpart tells that there is none is not."""
    from sqlglot import exp

    others = (exp.SetOperation, exp.Subquery, exp.With, exp.Window, exp.Lateral, exp.Unnest, exp.Explode, exp.Pivot)
    totals = (exp.GroupingSets, exp.Cube, exp.Rollup)
    if sum(1 for _ in tree.find_all(exp.Select)) != 1 or tree.find(*others, *totals) is not None:
        return False
    return all(_plain_join(join) for join in tree.args.get("joins") or ())


def _plain_join(join: Any) -> bool:
    return not join.args.get("method") and not join.side and (join.kind or "INNER").upper() in ("INNER", "CROSS")


def _read_once(asked: Asked, tree: Any) -> Iterator[tuple[str, Planned]]:
    """By the name that it has in the statement, each dataset that is read in one place only, in one state."""
    from sqlglot import exp

    tables = {(one.relation.schema.casefold(), one.relation.name.casefold()): one for one in asked.planned}
    places = Counter(one.ref.table_uuid for one in asked.planned)
    nodes = list(tree.find_all(exp.Table))
    named = Counter((node.db.casefold(), node.name.casefold()) for node in nodes)
    for node in nodes:
        key = (node.db.casefold(), node.name.casefold())
        one = tables.get(key)
        if one is not None and named[key] == 1 and places[one.ref.table_uuid] == 1 and not node.alias_column_names:
            yield node.alias_or_name, one
