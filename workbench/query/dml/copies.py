"""Which columns hold nothing but values of others as they were, where a statement writes what it reads: a mask that is for a source's own
values holds for such a copy. Where that is not certain, it is none.

Other than for a row filter (:mod:`.rowwise`), which row a value stood in is not asked: a copy goes through subqueries, WITH and UNION."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.errors import WorkbenchError
from workbench.core.telemetry import get_logger
from workbench.query.dml.rowwise import RowSources, masked_columns
from workbench.query.effort import check, limited

if TYPE_CHECKING:
    from workbench.lake.plan import PlanColumn
    from workbench.query.dml.ask import Asked
    from workbench.query.relations import Planned

__all__ = ["copied_columns"]

#: Tables' UUIDs and their columns, whose values alone a column holds; None where it holds others, or that is not certain.
_Copied = frozenset[tuple[str, str]] | None

_log = get_logger("query.copies")


def copied_columns(asked: Asked, goes: Sequence[PlanColumn | None]) -> RowSources:
    """Of a query whose columns go into these of a dataset (None: nowhere)."""
    if asked.verdict.views or asked.scope is None or len(asked.types) != len(goes):
        return {}
    found: RowSources = {}
    try:
        with limited():
            copies = _Copies(asked)
            for place, (kind, column) in enumerate(zip(asked.types, goes, strict=True)):
                # A value that is converted on its way is another one.
                if column is not None and kind == column.duckdb_type:
                    for uuid, name in sorted(copies.of(place, kind) or ()):
                        found.setdefault(uuid, []).append([name, column.name])
    except WorkbenchError:
        return {}
    except Exception:  # what is not understood is no copy
        _log.exception("the copies that a statement makes could not be told")
        return {}
    return found


class _Copies:
    """Follows the columns of one query, by their places, down to those of the datasets that it reads."""

    def __init__(self, asked: Asked) -> None:
        self._root, self._width = asked.scope, len(asked.types)
        self._tables = {(one.relation.schema.casefold(), one.relation.name.casefold()): one for one in asked.planned}
        self._scopes = {id(scope.expression): scope for scope in self._root.traverse()}
        self._known: dict[tuple[int, int], _Copied] = {}
        self._kind = ""

    def of(self, place: int, kind: str) -> _Copied:
        """Of the column at a place of the result, which has this type of the engine's: as each of its sources must."""
        if len(self._root.expression.named_selects) != self._width:
            return None
        self._known, self._kind = {}, kind
        return self._nth(self._root, place)

    def _nth(self, scope: Any, place: int) -> _Copied:
        check()
        key = (id(scope), place)
        if key not in self._known:
            self._known[key] = None  # should it come back to itself
            self._known[key] = self._made(scope, place)
        return self._known[key]

    def _made(self, scope: Any, place: int) -> _Copied:
        from sqlglot import exp

        tree = scope.expression
        # Of a recursive WITH, sqlglot gives what its first rows are made of as a scope that is none of the query's.
        if id(self._scopes.get(id(tree))) != id(scope):
            return None
        if isinstance(tree, exp.Union) and not tree.args.get("by_name"):
            return _all([self._nth(arm, place) for arm in scope.set_operation_scopes])
        if not isinstance(tree, exp.Select) or place >= len(tree.selects):
            return None
        if any(each.is_star or each.find(exp.Unnest, exp.Explode, exp.Inline) is not None for each in tree.selects):
            return None  # what stands where is not known
        plain = tree.selects[place].unalias()
        if not isinstance(plain, exp.Column) or len(plain.parts) != 2 or plain.table not in scope.selected_sources:
            return None
        node, source = scope.selected_sources[plain.table]
        if node.alias_column_names:  # the relation's names are not those of its columns
            return None
        return self._of_table(source, plain.name) if isinstance(source, exp.Table) else self._of_query(source, plain.name)

    def _of_query(self, scope: Any, name: str) -> _Copied:
        from sqlglot import exp

        inside = scope.expression
        around = inside.parent
        while isinstance(around, (exp.CTE, exp.Subquery)):
            if around.alias_column_names:
                return None
            around = around.parent
        names = [each.casefold() for each in inside.named_selects]
        # DuckDB numbers names that are there twice: one of those may be this name.
        if len(set(names)) < len(names) or name.casefold() not in names:
            return None
        return self._nth(scope, names.index(name.casefold()))

    def _of_table(self, table: Any, name: str) -> _Copied:
        one = self._tables.get((table.db.casefold(), table.name.casefold()))
        column = _column(one, name) if one is not None else None
        # Nor is a value one that its author sees through a mask, or that UNION converts to the other side's type.
        if one is None or column is None or column.duckdb_type != self._kind or column.name in masked_columns(one):
            return None
        return frozenset({(one.ref.table_uuid, column.name)})


def _column(one: Planned, name: str) -> PlanColumn | None:
    seen = {each.casefold() for each in one.columns}
    return next((each for each in one.plan.columns if each.name.casefold() == name.casefold() and name.casefold() in seen), None)


def _all(arms: Sequence[_Copied]) -> _Copied:
    found: set[tuple[str, str]] = set()
    for arm in arms:
        if arm is None:
            return None
        found |= arm
    return frozenset(found) or None
