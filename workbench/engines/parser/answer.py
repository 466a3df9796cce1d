"""What DuckDB's parser is asked, and answers as JSON can say it: the same here and in the process of :mod:`.process`."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.engines.parser.parsed import parsed_of
from workbench.engines.parser.text import literal, said_place

if TYPE_CHECKING:
    import duckdb

__all__ = ["answer", "connect"]


def connect(setup: str) -> duckdb.DuckDBPyConnection:
    """A connection that reads statements, made ready by some; it can reach nothing, and is locked."""
    import duckdb

    connection = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "512MB", "python_enable_replacements": False})
    connection.execute(f"SET enable_external_access = false; SET lock_configuration = true; {setup}")
    return connection


def answer(connection: duckdb.DuckDBPyConnection, verb: str, *arguments: Any) -> dict[str, Any]:
    """The answer to one request; under ``error`` the class of what was raised, and under ``said`` its words."""
    import duckdb

    try:
        return _VERBS[verb](connection, *arguments)
    except (duckdb.Error, RecursionError, MemoryError) as error:
        return {"error": type(error).__name__, "said": str(error)}


def _parse(connection: duckdb.DuckDBPyConnection, sql: str, wanted: Sequence[str]) -> dict[str, Any]:
    """The parts of a SELECT; or as ``refused`` what DuckDB calls the error, its words and the character where it is."""
    # Not as a parameter: to bind one, DuckDB's module loads pandas, a quarter of a second and 40 MB.
    tree = json.loads(connection.execute(f"SELECT json_serialize_sql({literal(sql)})").fetchall()[0][0])
    if tree["error"]:
        if tree["error_type"] == "out of memory":
            return {"error": "OutOfMemoryException", "said": tree["error_message"]}
        place = said_place(sql, tree.get("position") or None, tree.get("error_subtype"))
        return {"refused": [tree["error_type"], tree["error_message"], place]}
    if len(tree["statements"]) != 1:
        return {"refused": ["not implemented", "several statements", None]}
    return {"parsed": parsed_of(tree["statements"][0], sql, frozenset(wanted)).dump()}


def _kind(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    """What kind of statement it is; None where it is several."""
    found = connection.extract_statements(sql)
    return {"kind": found[0].type.name if len(found) == 1 else None}


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    """The rows of a statement of our own. What it gives must be of JSON's types."""
    return {"rows": connection.execute(sql).fetchall()}


def _type(connection: duckdb.DuckDBPyConnection, text: str) -> dict[str, Any]:
    """The Arrow type of an SQL type: the schema of a column ``x`` in Arrow's own bytes."""
    schema = connection.execute(f"SELECT CAST(NULL AS {text}) AS x").to_arrow_table().schema
    return {"schema": base64.b64encode(schema.serialize()).decode()}


_VERBS: dict[str, Callable[..., dict[str, Any]]] = {"parse": _parse, "kind": _kind, "rows": _rows, "type": _type}
