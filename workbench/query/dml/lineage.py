"""Which columns the columns that a statement writes are made of. Where that cannot be told, of all that it reads: a tag or a mask that goes
with a source rather goes too far than not far enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.core.errors import WorkbenchError
from workbench.core.telemetry import get_logger
from workbench.query.dml.compose import FILE, PLACES, ROW
from workbench.query.effort import check, limited, parser
from workbench.query.tokens import tokens_of

if TYPE_CHECKING:
    from workbench.query.dml.ask import Asked
    from workbench.query.relations import Planned

__all__ = ["Origins", "made_of", "scope_of", "sources", "sources_of_changes"]

#: For each column that is written (the table's UUID, its column) of those it is made of.
Origins = dict[str, list[list[str]]]
_Pairs = frozenset[tuple[str, str]]

_log = get_logger("query.lineage")


def sources(asked: Asked, names: Sequence[str | None]) -> Origins:
    """Of a query's columns, which go into columns of these ``names`` (None: into none)."""
    found = _Resolver.within(asked.scope, asked.planned)
    pairs = zip(names, asked.schema.names, strict=True)
    with limited():  # all of them together
        made = {name: found.at(place, len(names)) for place, (name, _) in enumerate(pairs) if name is not None}
    return {name: _listed(columns) for name, columns in made.items() if columns}


def made_of(sql: str, planned: Sequence[Planned], width: int) -> list[frozenset[tuple[str, str]]]:
    """Of what each of a query's so many columns is made: the tables' UUIDs and their columns."""
    found = _Resolver.within(scope_of(sql, planned), planned)
    with limited():
        return [found.at(place, width) for place in range(width)]


def sources_of_changes(asked: Iterable[Asked], *, over: bool = False) -> Origins:
    """Of the columns that an UPDATE or MERGE sets, in other datasets and in its own; ``over``: only in rows that are there."""
    made: dict[str, set[tuple[str, str]]] = {}
    for each in asked:
        actions = (values for branch, values in each.composed.actions if not over or branch.action == "update")
        values = [each.composed.values or {}, *actions]
        wanted = [(column, name) for one in values for column, name in one.items()]
        found = _Resolver.within(each.scope, each.planned) if wanted else None
        with limited():
            for column, name in wanted:
                assert found is not None
                made.setdefault(column, set()).update(found.named(name))
    return {column: _listed(pairs) for column, pairs in made.items() if pairs}


def _listed(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    return [list(pair) for pair in sorted(pairs)]


class _Selects:
    """What a SELECT, or several with set operations between them, gives, looked at once and not for each of its columns."""

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        self.names = [name.casefold() for name in tree.named_selects]
        self.places: dict[str, list[int]] = {}
        for place, name in enumerate(self.names):
            self.places.setdefault(name, []).append(place)
        self._twice = {name for name, places in self.places.items() if len(places) > 1}

    def others_twice(self, name: str) -> bool:
        """Whether a name is there twice that is not this one."""
        return bool(self._twice - {name})

    @cached_property
    def shifts(self) -> bool:
        """Whether a column here need not be one of the result, at its place."""
        from sqlglot import exp

        return any(each.is_star or each.find(exp.Unnest, exp.Explode, exp.Inline) is not None for each in self._tree.selects)


class _Resolver:
    """Follows the columns of one query down to those of the datasets that it reads."""

    def __init__(self, root: Any, tables: Mapping[tuple[str, str], Planned], everything: _Pairs) -> None:
        self._root, self._tables, self._everything = root, tables, everything
        self._known: dict[tuple[int, str], _Pairs | None] = {}
        self._looked: dict[int, _Selects] = {}
        self._scopes = {id(scope.expression): scope for scope in root.traverse()} if root is not None else {}

    @classmethod
    def within(cls, scope: Any, planned: Sequence[Planned]) -> _Resolver:
        """Of the query whose :func:`scope_of` it is."""
        tables = {(one.relation.schema.casefold(), one.relation.name.casefold()): one for one in planned}
        return cls(scope, tables, frozenset((one.ref.table_uuid, name) for one in planned for name in one.columns))

    def at(self, place: int, width: int) -> _Pairs:
        """What the column at a place of the result, of so many columns, is made of."""
        names = self._selects(self._root.expression).names if self._root is not None else []
        return self.named(names[place]) if len(names) == width else self._everything

    def named(self, name: str) -> _Pairs:
        """What the column of a name is made of."""
        if self._root is None:
            return self._everything
        try:
            with limited():
                return self._output(self._root, name)
        except WorkbenchError:
            return self._everything
        except Exception:  # what is not understood is made of everything
            _log.exception("the columns of a statement could not be told apart")
            return self._everything

    def _output(self, scope: Any, name: str) -> _Pairs:
        check()
        key = (id(scope), name.casefold())
        if key not in self._known:
            self._known[key] = None
            self._known[key] = self._made(scope, key[1])
        found = self._known[key]
        # None: it comes back to itself, and is not known yet.
        return self._everything if found is None else found

    def _made(self, scope: Any, name: str) -> _Pairs:
        from sqlglot import exp

        tree = scope.expression
        # Of a recursive WITH, sqlglot gives what its first rows are made of as a scope that is none of the query's.
        if id(self._scopes.get(id(tree))) != id(scope) or not isinstance(tree, (exp.Select, exp.SetOperation)):
            return self._everything
        selects = self._selects(tree)
        places = selects.places.get(name, ())
        # DuckDB numbers names that are there twice: one of those may be this name.
        if not places or selects.others_twice(name):
            return self._everything
        if isinstance(tree, exp.Select):
            return self._everything if selects.shifts else frozenset().union(*(self._inside(tree.selects[place]) for place in places))
        if tree.args.get("by_name"):
            return self._everything
        return frozenset().union(*(self._nth(arm, place) for arm in scope.set_operation_scopes for place in places))

    def _nth(self, scope: Any, place: int) -> _Pairs:
        names = self._selects(scope.expression).names
        return self._output(scope, names[place]) if place < len(names) else self._everything

    def _selects(self, tree: Any) -> _Selects:
        if id(tree) not in self._looked:  # the root holds it: no other one comes to have its id
            self._looked[id(tree)] = _Selects(tree)
        return self._looked[id(tree)]

    def _inside(self, node: Any) -> _Pairs:
        from sqlglot import exp

        found: set[tuple[str, str]] = set()
        for column in node.find_all(exp.Column):
            check()
            scope = self._scope_of(column)
            found |= self._column(scope, column) if scope is not None else self._everything
        # Rows as a whole: of which columns they are is not asked.
        rows = next(node.find_all(exp.TableColumn), None) is not None
        if rows or any(not isinstance(star.parent, exp.Count) for star in node.find_all(exp.Star)):
            found |= self._everything
        return frozenset(found)

    def _scope_of(self, node: Any) -> Any:
        while node is not None:
            if id(node) in self._scopes:
                return self._scopes[id(node)]
            node = node.parent
        return None

    def _column(self, scope: Any, column: Any) -> _Pairs:
        if not column.table:
            return self._own(scope, column)
        while scope is not None:
            if column.table in scope.selected_sources:
                node, source = scope.selected_sources[column.table]
                return self._of(node, source, column.name)
            if column.table in scope.sources:
                return self._everything
            scope = scope.parent
        return self._everything

    def _own(self, scope: Any, column: Any) -> _Pairs:
        """A name of the same SELECT, given before. Any other that qualify() left without a relation may be of one further out."""
        name = column.name.casefold()
        own = [each for each in getattr(scope.expression, "selects", ()) if each.alias.casefold() == name]
        if not own or any(column in each.walk() for each in own):
            return self._everything
        return frozenset().union(*(self._inside(each) for each in own))

    def _of(self, node: Any, source: Any, name: str) -> _Pairs:
        from sqlglot import exp

        if node.alias_column_names:  # the relation's names are not those of its columns
            return self._everything
        if not isinstance(source, exp.Table):
            return self._output(source, name)
        one = self._tables.get((source.db.casefold(), source.name.casefold()))
        if one is None:
            return self._everything
        known = {column.casefold(): column for column in one.columns}
        if name.casefold() in known:
            return frozenset({(one.ref.table_uuid, known[name.casefold()])})
        if name.casefold() in (FILE, ROW):
            return frozenset()
        # The relation's own name is its row as a whole.
        return frozenset((one.ref.table_uuid, column) for column in one.columns)


def scope_of(sql: str, planned: Sequence[Planned]) -> Any:
    """The query with each column's relation said, as scopes in each other; None where its columns cannot be told, or only at length."""
    try:
        with limited():
            return _qualified(sql, planned)
    except WorkbenchError:
        pass
    except Exception:  # sqlglot raises many things on what it only half knows
        _log.info("the columns of a statement could not be told apart")
    return None


def _qualified(sql: str, planned: Sequence[Planned]) -> Any:
    from sqlglot import exp
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    trees = parser().parse(tokens_of(sql), sql)
    if len(trees) != 1 or trees[0].find(exp.Pivot, exp.Columns, exp.PositionalColumn) is not None:
        return None
    schema: dict[str, Any] = {}
    for one in planned:
        extra = (FILE, ROW) if one.relation.branch == PLACES else ()
        columns = dict.fromkeys((*one.columns, *extra), "TEXT")
        schema.setdefault(one.relation.schema, {})[one.relation.name] = columns
    tree = qualify(
        trees[0],
        dialect="duckdb",
        schema=schema,
        validate_qualify_columns=False,
        quote_identifiers=False,
        identify=False,
        expand_alias_refs=False,
    )
    return build_scope(tree)
