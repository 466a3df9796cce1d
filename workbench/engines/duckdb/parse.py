"""DuckDB's own reading of a statement: what it would touch, said by the parser that will run it.

Nothing is bound or opened here. Whoever decides on a statement compares this with another parser's reading, so that a
text that the two understand differently is refused.

Nothing stops that parser, and few characters may keep it for ever: it copies what a CASE is about for each of its WHENs. Where statements
come from others it is asked in processes of their own (:func:`read_apart`).
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workbench.core.errors import TooLarge
from workbench.engines.duckdb.errors import EngineError, said_error
from workbench.engines.duckdb.nobody import NOBODY
from workbench.engines.duckdb.parsers import FIX, Parsers
from workbench.engines.duckdb.waiting import ctrl_c
from workbench.engines.parser import Parsed, answer, connect, quoted

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["Functions", "Parsed", "check_binds", "empty_type", "functions", "is_null", "kind_of", "parse", "read_apart", "vocabulary"]

_guard = threading.Lock()
_connection: duckdb.DuckDBPyConnection | None = None
_apart: Parsers | None = None


@dataclass(frozen=True)
class Functions:
    """The names of DuckDB's functions, lower case; ``unstable`` are those that it knows to answer differently from time to time."""

    scalar: frozenset[str]
    aggregate: frozenset[str]
    table: frozenset[str]
    unstable: frozenset[str] = frozenset()

    def __contains__(self, name: str) -> bool:
        return name in self.scalar or name in self.aggregate


def read_apart(ahead: bool = True) -> None:
    """From now on this process reads statements in others, each for some seconds at most. ``ahead``: one is started already."""
    global _apart
    with _guard:
        _apart = _apart or Parsers(NOBODY)
    if ahead:
        _apart.warm()


def _ask(verb: str, sql: str, *arguments: Any) -> dict[str, Any]:
    """What the parser answers to a request about ``sql``.

    Raises
    ------
    EngineError
        DuckDB refuses it.
    RecursionError
        It is too deeply nested to be looked at.
    TooLarge, Unavailable
        It takes too long or too much memory, or too many such are being read.
    """
    reply = _here(verb, sql, *arguments) if _apart is None else _apart.ask(verb, sql, *arguments)
    if (error := reply.get("error")) is None:
        return reply
    if error == "RecursionError":
        raise RecursionError
    found = said_error(str(error), str(reply["said"]), sql)
    if "memory" in found.kind.casefold():
        raise TooLarge("The statement takes too much memory to be read.", fix=FIX)
    raise found


def _here(verb: str, *arguments: Any) -> dict[str, Any]:
    """The same in this process, one request at a time."""
    global _connection
    with _guard:
        if _connection is None:
            _connection = connect(NOBODY)
        with ctrl_c():
            return answer(_connection, verb, *arguments)


def _rows(sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in _ask("rows", sql)["rows"]]


@lru_cache(maxsize=1)
def functions() -> Functions:
    """Every function this DuckDB has, without those of extensions that are not loaded."""
    found: dict[str, set[str]] = {}
    for kind, name in _rows("SELECT DISTINCT function_type, lower(function_name) FROM duckdb_functions()"):
        found.setdefault(kind, set()).add(name)
    unstable = "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
    return Functions(
        unstable=frozenset(name for (name,) in _rows(unstable)),
        scalar=frozenset(found["scalar"] | found.get("macro", set())),
        aggregate=frozenset(found["aggregate"]),
        table=frozenset(found["table"] | found.get("table_macro", set()) | found.get("pragma", set())),
    )


@lru_cache(maxsize=1)
def vocabulary() -> frozenset[str]:
    """Every word that this DuckDB has itself, in small letters: keywords, functions and types."""
    found = functions()
    own = "SELECT keyword_name FROM duckdb_keywords() UNION SELECT type_name FROM duckdb_types()"
    return found.scalar | found.aggregate | found.table | {name.lower() for (name,) in _rows(own)}


def empty_type(text: str) -> pa.DataType:
    """The Arrow type of an SQL type.

    Raises
    ------
    EngineError
        There is no such type.
    """
    import pyarrow as pa

    parsed = parse(f"SELECT CAST(NULL AS {text})")
    if parsed.tables or parsed.functions or parsed.table_functions or len(parsed.expressions - {"CAST", "CONSTANT"}):
        raise EngineError(kind="parser", message="not a type")
    schema = _ask("type", text)["schema"]
    try:
        return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(schema))).field(0).type
    except (binascii.Error, pa.ArrowException, OSError) as error:
        raise EngineError(kind="parser", message="not a type") from error


def check_binds(columns: Iterable[tuple[str, str]], shown: str, where: str) -> None:
    """Whether SQL fits columns of these names and types; there are no rows.

    Raises
    ------
    EngineError
        It names a column that is none of them, or compares what cannot be compared.

    >>> check_binds([("a", "BIGINT")], "1", "a > 3")
    """
    rows = ", ".join(f"CAST(NULL AS {type}) AS {quoted(name)}" for name, type in columns)
    _ask("rows", f"SELECT {shown} FROM (SELECT {rows or 'NULL'}) WHERE ({where}\n) LIMIT 0")  # noqa: S608 - expressions that were checked


def is_null(expression: str) -> bool:
    """Whether an expression of constants is NULL; so is one that fails.

    >>> is_null("TRY_CAST('x' AS BIGINT)"), is_null("'x'")
    (True, False)
    """
    try:
        return bool(_rows(f"SELECT ({expression}) IS NULL")[0][0])
    except EngineError:
        return True


def kind_of(sql: str) -> str | None:
    """What kind of statement DuckDB takes a text for, in its own words (``INSERT``, ``MERGE_INTO``); None where it is several.

    Raises
    ------
    EngineError
        It does not parse.
    TooLarge, Unavailable
        It takes too long or too much memory, or too many such are being read.
    """
    kind = _ask("kind", sql)["kind"]
    return None if kind is None else str(kind)


def parse(sql: str, wanted: Collection[str] = ()) -> Parsed:
    """Read one SELECT statement (DESCRIBE and SUMMARIZE count as such). Of the functions ``wanted`` the arguments are told, too.

    Raises
    ------
    EngineError
        It does not parse, or it is not one single SELECT statement (``kind`` is then ``"not implemented"``).
    RecursionError
        It is too deeply nested to be looked at.
    TooLarge, Unavailable
        It takes too long or too much memory, or too many such are being read.
    """
    reply = _ask("parse", sql, sorted(wanted))
    if "refused" in reply:
        kind, message, position = reply["refused"]
        raise EngineError(kind=str(kind), message=str(message), position=None if position is None else int(position))
    return Parsed.load(reply["parsed"])
