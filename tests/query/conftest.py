from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from workbench.core.config import Settings
from workbench.engines.duckdb import DuckDBEngine
from workbench.governance.access import AccessService
from workbench.lake import Lake
from workbench.query import QueryService
from workbench.runs import RunLog
from workbench.store import Store
from workbench.writes import Writer

sys.path.insert(0, str(Path(__file__).parent))


@dataclass
class Place:
    """A real lake with the services that SQL needs."""

    settings: Settings
    lake: Lake
    log: RunLog
    writer: Writer
    engine: DuckDBEngine
    access: AccessService
    query: QueryService

    def rows(self, sql: str, params: object = None) -> list[tuple[object, ...]]:
        return list(self.query.run(sql, params).rows)  # type: ignore[arg-type]


@pytest.fixture
def place(settings: Settings) -> Iterator[Place]:
    store = Store(settings.store_url)
    store.migrate()
    lake, log = Lake(store, settings.warehouse), RunLog(store)
    engine = DuckDBEngine(settings.state / "tmp", threads=2, memory_mb=1024)
    access = AccessService(store, lambda: bytes(32))
    query = QueryService(lake, log, engine, settings, access)
    yield Place(settings, lake, log, Writer(lake, log, settings.retention), engine, access, query)
    engine.close()
    store.close()


@pytest.fixture
def flights(place: Place) -> Place:
    """Two datasets: six flights, two airlines."""
    table = pa.table(
        {
            "carrier": ["UA", "UA", "AA", "B6", "B6", "B6"],
            "month": pa.array([1, 6, 6, 6, 7, 7], pa.int32()),
            "dep_delay": pa.array([2.0, None, -3.5, 10.0, 0.0, 41.0]),
            "distance": pa.array([1400, 719, 1089, 1576, 229, 944], pa.int64()),
        }
    )
    place.writer.write("silver.flights", table, "create")
    place.writer.write("silver.airlines", pa.table({"carrier": ["UA", "AA"], "name": ["United", "American"]}), "create")
    return place


@pytest.fixture(scope="session")
def tpch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small tables in TPC-H's shape, made here: the generator's own extension is not everywhere."""
    import duckdb

    folder = tmp_path_factory.mktemp("tpch")
    con = duckdb.connect()
    con.execute("SELECT setseed(0.42)")
    con.execute(
        """
        CREATE TABLE nation AS SELECT range::INTEGER AS n_nationkey, 'NATION ' || range AS n_name, (range % 5)::INTEGER AS n_regionkey
            FROM range(25);
        CREATE TABLE customer AS SELECT range AS c_custkey, 'Customer#' || range AS c_name, (random() * 24)::INTEGER AS c_nationkey,
            (random() * 10000)::DECIMAL(12, 2) AS c_acctbal,
            ['BUILDING', 'AUTOMOBILE', 'MACHINERY'][1 + (random() * 2)::INTEGER] AS c_mktsegment FROM range(300);
        CREATE TABLE orders AS SELECT range AS o_orderkey, (random() * 299)::BIGINT AS o_custkey,
            DATE '1992-01-01' + (random() * 2400)::INTEGER AS o_orderdate, (random() * 100000)::DECIMAL(12, 2) AS o_totalprice,
            CASE WHEN random() < 0.1 THEN NULL ELSE 'clerk ' || range % 10 END AS o_clerk FROM range(3000);
        CREATE TABLE lineitem AS SELECT (random() * 2999)::BIGINT AS l_orderkey, (1 + range % 7)::INTEGER AS l_linenumber,
            (1 + random() * 49)::DECIMAL(12, 2) AS l_quantity, (900 + random() * 90000)::DECIMAL(12, 2) AS l_extendedprice,
            (random() * 0.1)::DECIMAL(12, 2) AS l_discount, (random() * 0.08)::DECIMAL(12, 2) AS l_tax,
            ['A', 'N', 'R'][1 + (random() * 2)::INTEGER] AS l_returnflag, ['O', 'F'][1 + (random())::INTEGER] AS l_linestatus,
            DATE '1992-01-01' + (random() * 2500)::INTEGER AS l_shipdate FROM range(12000);
        """
    )
    for name in ("nation", "customer", "orders", "lineitem"):
        con.execute(f"COPY {name} TO '{folder / name}.parquet' (FORMAT parquet)")
    con.close()
    return folder
