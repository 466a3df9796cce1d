"""TPC-H: its 22 queries and their published answers (both in DuckDB's ``tpch`` extension), and what the 22 see under a policy.

Every query reads at least one of the masked columns and one of the filtered tables.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

__all__ = ["ATTRIBUTES", "BY_HAND", "POLICY", "TABLES", "answers", "connect", "differs", "queries"]

TABLES = ("region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem")
ATTRIBUTES: dict[str, Any] = {"modes": ("AIR", "RAIL", "SHIP", "TRUCK"), "nations": (0, 1, 2, 3, 5, 7, 8, 12, 14, 18, 20, 23, 24)}
POLICY = """
version: 1
grants: [{to: analyst, what: bronze.*}]
masks:
  - {name: prices, what: [bronze.lineitem.l_extendedprice], mask: {kind: round, step: 100}}
  - {name: costs, what: [bronze.partsupp.ps_supplycost], mask: {kind: round, step: 10}}
  - {name: balances, what: [bronze.customer.c_acctbal], mask: {kind: round, step: 100}}
  - {name: totals, what: [bronze.orders.o_totalprice], mask: {kind: round, step: 1000}}
  - {name: names, what: [bronze.supplier.s_name, bronze.customer.c_name], mask: {kind: partial, first: 2, last: 5}}
  - {name: urgency, what: [bronze.orders.o_orderpriority], mask: {kind: expression, expression: "left(value, 8)"}}
  - {name: comments, what: [bronze.orders.o_comment], mask: {kind: expression, expression: "left(value, 40)"}}
  - {name: sizes, what: [bronze.part.p_size], mask: {kind: round, step: 5}}
rows:
  - {name: own ways, what: [bronze.lineitem], where: l_shipmode IN principal.modes}
  - {name: own suppliers, what: [bronze.supplier], where: s_nationkey IN principal.nations}
  - {name: own customers, what: [bronze.customer], where: c_nationkey IN principal.nations}
"""

_NATIONS = ", ".join(map(str, ATTRIBUTES["nations"]))
_STARS = "left({0}, 2) || repeat('*', least(length({0}) - 7, 20)) || right({0}, 5)"
#: The same as somebody would write it: (columns in the place of others, rows).
BY_HAND: dict[str, tuple[str, str]] = {
    "lineitem": (
        "(floor(l_extendedprice::DOUBLE / 100) * 100)::DECIMAL(15, 2) AS l_extendedprice",
        "l_shipmode IN ('AIR', 'RAIL', 'SHIP', 'TRUCK')",
    ),
    "partsupp": ("(floor(ps_supplycost::DOUBLE / 10) * 10)::DECIMAL(15, 2) AS ps_supplycost", "true"),
    "customer": (
        f"(floor(c_acctbal::DOUBLE / 100) * 100)::DECIMAL(15, 2) AS c_acctbal, {_STARS.format('c_name')} AS c_name",
        f"c_nationkey IN ({_NATIONS})",
    ),
    "orders": (
        "(floor(o_totalprice::DOUBLE / 1000) * 1000)::DECIMAL(15, 2) AS o_totalprice, left(o_orderpriority, 8) AS o_orderpriority, "
        "left(o_comment, 40) AS o_comment",
        "true",
    ),
    "supplier": (f"{_STARS.format('s_name')} AS s_name", f"s_nationkey IN ({_NATIONS})"),
    "part": ("(floor(p_size::DOUBLE / 5) * 5)::INTEGER AS p_size", "true"),
}


def connect(path: str = ":memory:") -> duckdb.DuckDBPyConnection:
    """DuckDB with its ``tpch`` extension, out of the wheel ``duckdb-extension-tpch``."""
    import duckdb_extension_tpch

    extension = next((Path(duckdb_extension_tpch.__file__).parent / "extensions").glob("*/tpch.duckdb_extension"))
    connection = duckdb.connect(path, config={"enable_external_file_cache": False})
    connection.execute(f"LOAD '{extension}'")
    return connection


def queries(connection: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """The 22 by number."""
    rows = connection.execute("SELECT query_nr, query FROM tpch_queries() ORDER BY 1").fetchall()
    return {number: text.strip().rstrip(";") for number, text in rows}


def answers(connection: duckdb.DuckDBPyConnection, scale: float) -> dict[int, list[list[str]]]:
    """The published answers of a scale factor (0.01, 0.1, 1), as text, without their heading."""
    rows = connection.execute("SELECT query_nr, answer FROM tpch_answers() WHERE scale_factor = ? ORDER BY 1", [scale]).fetchall()
    return {number: [line.split("|") for line in text.removesuffix("\n").split("\n")[1:]] for number, text in rows}


def differs(table: pa.Table, published: list[list[str]]) -> str | None:
    """Where an answer is not the published one; None where it is. Numbers that are added up as such may differ in their ninth digit."""
    rows = [list(row.values()) for row in table.to_pylist()]
    if len(rows) != len(published):
        return f"{len(rows)} rows, {len(published)} published"
    for number, (row, wanted) in enumerate(zip(rows, published, strict=True)):
        if len(row) != len(wanted) or not all(map(_same, row, wanted)):
            return f"row {number}: {row}, published {wanted}"
    return None


def _same(value: Any, text: str) -> bool:
    if value is None or isinstance(value, str):
        return (value or "") == text or (value is None and text == "NULL")
    if hasattr(value, "isoformat"):
        return bool(value.isoformat() == text)
    return math.isclose(float(value), float(text), rel_tol=1e-9, abs_tol=1e-9)
