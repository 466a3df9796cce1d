"""What a statement would touch, as DuckDB's tree of it says. Nothing is bound or opened here."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Self

from workbench.engines.parser.text import byte_to_char, folded

__all__ = ["Named", "Parsed", "parsed_of"]


@dataclass(frozen=True)
class Named:
    """A name in a statement. ``position`` is a character offset, None where DuckDB does not say; ``arguments`` a function's, as
    nodes of DuckDB's tree, where they were asked for."""

    schema: str
    name: str
    position: int | None
    arguments: tuple[dict[str, Any], ...] = ()


@dataclass
class Parsed:
    """The parts of one SELECT statement that matter for a decision.

    ``tables`` are the names that DuckDB looks up in its catalog, or takes for a file's; those of a WITH in sight are not among
    them. ``ctes`` are the names that a WITH defines, ``relations`` and ``expressions`` the kinds of nodes, ``types`` the types
    that are cast to. ``columns`` are the names that stand without a table's, in small letters: ``current_date`` is one of them.
    ``sampled``: rows are taken at random. ``ends_early``: it may be done before all rows are read (LIMIT without ORDER BY, EXISTS).
    ``casts``: something else than a constant is cast, and fails where it does not fit.
    """

    tables: list[Named] = field(default_factory=list)
    table_functions: list[Named] = field(default_factory=list)
    functions: list[Named] = field(default_factory=list)
    ctes: set[str] = field(default_factory=set)
    relations: set[str] = field(default_factory=set)
    expressions: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    columns: set[str] = field(default_factory=set)
    sampled: bool = False
    ends_early: bool = False
    casts: bool = False

    def dump(self) -> dict[str, Any]:
        """As JSON can say it."""
        found: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, list):
                value = [[named.schema, named.name, named.position, named.arguments] for named in value]
            found[each.name] = sorted(value) if isinstance(value, set) else value
        return found

    @classmethod
    def load(cls, found: dict[str, Any]) -> Self:
        """What :meth:`dump` gave. Raises KeyError, TypeError or ValueError where it did not."""
        made = cls()
        for each in fields(cls):
            value, empty = found[each.name], getattr(made, each.name)
            if isinstance(empty, list):
                value = [Named(schema, name, position, tuple(arguments)) for schema, name, position, arguments in value]
            setattr(made, each.name, type(empty)(value))
        return made


def parsed_of(tree: dict[str, Any], sql: str, wanted: Collection[str] = ()) -> Parsed:
    """The parts of a statement, of which DuckDB has made this tree; of the functions ``wanted`` with their arguments."""
    parsed = Parsed()
    for node, ctes in _walk(tree):
        _note(node, ctes, parsed, sql, wanted)
    return parsed


def _walk(tree: Any) -> Iterator[tuple[dict[str, Any], frozenset[str]]]:
    """Every node with the names of WITH that are in sight from it, as DuckDB's binder sees them."""
    waiting: list[tuple[Any, frozenset[str]]] = [(tree, frozenset())]
    while waiting:
        node, ctes = waiting.pop()
        if isinstance(node, dict):
            for entry in (node.get("cte_map") or {}).get("map", ()):
                # Each is seen by those after it and by the node itself, never by its own body.
                waiting.append((entry["value"], ctes))
                ctes |= {folded(entry["key"])}
            yield node, ctes
            # WITH RECURSIVE alone makes nothing recursive: that takes a UNION, and there the name is known in the right arm only.
            own = {folded(node["cte_name"])} if node.get("type") == "RECURSIVE_CTE_NODE" else set()
            waiting.extend((child, ctes | own if key == "right" else ctes) for key, child in node.items() if key != "cte_map")
        elif isinstance(node, list):
            waiting.extend((child, ctes) for child in node)


def _note(node: dict[str, Any], ctes: frozenset[str], parsed: Parsed, sql: str, wanted: Collection[str]) -> None:
    for entry in (node.get("cte_map") or {}).get("map", ()):
        parsed.ctes.add(entry["key"])
    kind = node.get("type")
    if isinstance(node.get("cte_name"), str):
        parsed.ctes.add(node["cte_name"])
    if isinstance(node.get("id"), str) and "type_info" in node:
        parsed.types.add(node["id"])
    _note_nature(node, parsed)
    parsed.sampled = parsed.sampled or isinstance(node.get("sample"), dict)
    if "class" in node:
        parsed.expressions.add(node["class"])
        if node["class"] == "COLUMN_REF" and len(node["column_names"]) == 1:
            parsed.columns.add(folded(node["column_names"][0]))
    elif isinstance(kind, str) and "query_location" in node and "function_name" not in node:
        parsed.relations.add(kind)
    if kind == "BASE_TABLE" and "class" not in node:
        catalog = node["catalog_name"]
        schema = f"{catalog}.{node['schema_name']}" if catalog else node["schema_name"]
        if schema or folded(node["table_name"]) not in ctes:
            parsed.tables.append(Named(schema, node["table_name"], _position(node, sql)))
    elif kind == "SHOW_REF" and node.get("query") is None:
        schema = node.get("schema_name", "")
        if schema or folded(node["table_name"]) not in ctes:
            parsed.tables.append(Named(schema, node["table_name"], None))
    elif kind == "TABLE_FUNCTION":
        function = node["function"]
        parsed.table_functions.append(Named(function.get("schema", ""), function["function_name"].casefold(), _position(node, sql)))
        function["function_name"] = None
    if isinstance(node.get("function_name"), str):
        name = node["function_name"].casefold()
        arguments = tuple(node.get("children") or ()) if name in wanted else ()
        parsed.functions.append(Named(node.get("schema", ""), name, _position(node, sql), arguments))


def _note_nature(node: dict[str, Any], parsed: Parsed) -> None:
    """Whether it may end before all rows are read, and may fail on one."""
    modifiers = {modifier.get("type") for modifier in node.get("modifiers") or () if isinstance(modifier, dict)}
    if modifiers & {"LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER"} and "ORDER_MODIFIER" not in modifiers:
        parsed.ends_early = True
    if node.get("subquery_type") == "EXISTS":
        parsed.ends_early = True
    if node.get("class") == "CAST" and not node.get("try_cast") and node["child"].get("class") != "CONSTANT":
        parsed.casts = True


def _position(node: dict[str, Any], sql: str) -> int | None:
    location = node.get("query_location")
    return byte_to_char(sql, location) if isinstance(location, int) else None
