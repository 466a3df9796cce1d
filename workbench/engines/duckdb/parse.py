"""DuckDB's own reading of a statement: what it would touch, said by the parser that will run it.

Nothing is bound or opened here. Whoever decides on a statement compares this with another parser's reading, so that a
text that the two understand differently is refused.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workbench.engines.duckdb.errors import EngineError, byte_to_char, read_error
from workbench.engines.duckdb.nobody import NOBODY
from workbench.engines.duckdb.text import folded, quoted
from workbench.engines.duckdb.waiting import ctrl_c

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["Functions", "Parsed", "check_binds", "empty_type", "functions", "kind_of", "parse", "vocabulary"]

_guard = threading.Lock()
_connection: duckdb.DuckDBPyConnection | None = None


@dataclass(frozen=True)
class Named:
    """A name in a statement. ``position`` is a character offset, None where DuckDB does not say; ``arguments`` a function's, as
    nodes of DuckDB's tree."""

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


@dataclass(frozen=True)
class Functions:
    """The names of DuckDB's functions, lower case; ``unstable`` are those that it knows to answer differently from time to time."""

    scalar: frozenset[str]
    aggregate: frozenset[str]
    table: frozenset[str]
    unstable: frozenset[str] = frozenset()

    def __contains__(self, name: str) -> bool:
        return name in self.scalar or name in self.aggregate


@contextmanager
def _connected() -> Iterator[duckdb.DuckDBPyConnection]:
    """The one connection that reads statements, for this block alone."""
    global _connection
    with _guard:
        if _connection is None:
            import duckdb

            _connection = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "512MB", "python_enable_replacements": False})
            _connection.execute(f"SET enable_external_access = false; SET lock_configuration = true; {NOBODY}")
        with ctrl_c():
            yield _connection


def _ask(sql: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with _connected() as connection:
        return connection.execute(sql, params).fetchall()


@lru_cache(maxsize=1)
def functions() -> Functions:
    """Every function this DuckDB has, without those of extensions that are not loaded."""
    found: dict[str, set[str]] = {}
    for kind, name in _ask("SELECT DISTINCT function_type, lower(function_name) FROM duckdb_functions()"):
        found.setdefault(kind, set()).add(name)
    unstable = "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
    return Functions(
        unstable=frozenset(name for (name,) in _ask(unstable)),
        scalar=frozenset(found["scalar"] | found.get("macro", set())),
        aggregate=frozenset(found["aggregate"]),
        table=frozenset(found["table"] | found.get("table_macro", set()) | found.get("pragma", set())),
    )


@lru_cache(maxsize=1)
def vocabulary() -> frozenset[str]:
    """Every word that this DuckDB has itself, in small letters: keywords, functions and types."""
    found = functions()
    own = "SELECT keyword_name FROM duckdb_keywords() UNION SELECT type_name FROM duckdb_types()"
    return found.scalar | found.aggregate | found.table | {name.lower() for (name,) in _ask(own)}


def empty_type(text: str) -> pa.DataType:
    """The Arrow type of an SQL type.

    Raises
    ------
    EngineError
        There is no such type.
    """
    import duckdb

    parsed = parse(f"SELECT CAST(NULL AS {text})")
    if parsed.tables or parsed.functions or parsed.table_functions or len(parsed.expressions - {"CAST", "CONSTANT"}):
        raise EngineError(kind="parser", message="not a type")
    with _connected() as connection:
        try:
            return connection.execute(f"SELECT CAST(NULL AS {text}) AS x").to_arrow_table().schema.field(0).type
        except duckdb.Error as error:
            raise read_error(error, text) from None


def check_binds(columns: Iterable[tuple[str, str]], shown: str, where: str) -> None:
    """Whether SQL fits columns of these names and types; there are no rows.

    Raises
    ------
    EngineError
        It names a column that is none of them, or compares what cannot be compared.

    >>> check_binds([("a", "BIGINT")], "1", "a > 3")
    """
    import duckdb

    rows = ", ".join(f"CAST(NULL AS {type}) AS {quoted(name)}" for name, type in columns)
    sql = f"SELECT {shown} FROM (SELECT {rows or 'NULL'}) WHERE ({where}\n) LIMIT 0"  # noqa: S608 - expressions that were checked
    with _connected() as connection:
        try:
            connection.execute(sql)
        except duckdb.Error as error:
            raise read_error(error, sql) from None


def is_null(expression: str) -> bool:
    """Whether an expression of constants is NULL; so is one that fails.

    >>> is_null("TRY_CAST('x' AS BIGINT)"), is_null("'x'")
    (True, False)
    """
    import duckdb

    try:
        return bool(_ask(f"SELECT ({expression}) IS NULL")[0][0])
    except duckdb.Error:
        return True


def kind_of(sql: str) -> str | None:
    """What kind of statement DuckDB takes a text for, in its own words (``INSERT``, ``MERGE_INTO``); None where it is several.

    Raises
    ------
    EngineError
        It does not parse.
    """
    import duckdb

    with _connected() as connection:
        try:
            found = connection.extract_statements(sql)
        except duckdb.Error as error:
            raise read_error(error, sql) from None
    return str(found[0].type.name) if len(found) == 1 else None


def parse(sql: str) -> Parsed:
    """Read one SELECT statement (DESCRIBE and SUMMARIZE count as such).

    Raises
    ------
    EngineError
        It does not parse, or it is not one single SELECT statement (``kind`` is then ``"not implemented"``).
    RecursionError
        It is too deeply nested to be looked at.
    """
    tree = json.loads(_ask("SELECT json_serialize_sql($1)", [sql])[0][0])
    if tree["error"]:
        position = tree.get("position")
        raise EngineError(
            kind=tree["error_type"], message=tree["error_message"], position=byte_to_char(sql, int(position)) if position else None
        )
    if len(tree["statements"]) != 1:
        raise EngineError(kind="not implemented", message="several statements")
    parsed = Parsed()
    for node, ctes in _walk(tree["statements"][0]):
        _note(node, ctes, parsed, sql)
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


def _note(node: dict[str, Any], ctes: frozenset[str], parsed: Parsed, sql: str) -> None:
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
        arguments = tuple(node.get("children") or ())
        parsed.functions.append(Named(node.get("schema", ""), node["function_name"].casefold(), _position(node, sql), arguments))


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
