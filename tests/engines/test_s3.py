"""DuckDB over a real S3 server, sandboxed to the plan's objects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from workbench.core.config import load_settings
from workbench.core.errors import StorageUnavailable
from workbench.engines.duckdb import Access, DuckDBEngine, EngineError, access_for

pytestmark = pytest.mark.s3


@pytest.fixture
def access(s3_server: Any) -> Access:
    pytest.importorskip("duckdb_extension_httpfs", reason="the httpfs wheel is not installed (pip install workbench-lab[s3])")
    return Access(s3_server.endpoint, "us-east-1", s3_server.access_key, s3_server.secret_key)


@pytest.fixture
def place(root: Path, s3_server: Any, s3_warehouse: str, access: Access) -> Iterator[Any]:
    from workbench.governance.access import AccessService
    from workbench.lake import Lake
    from workbench.query import QueryService
    from workbench.runs import RunLog
    from workbench.store import Store
    from workbench.writes import Writer

    env = {
        "WORKBENCH_LAKE_WAREHOUSE": s3_warehouse,
        "WORKBENCH_LAKE_S3_ENDPOINT": s3_server.endpoint,
        "WORKBENCH_LAKE_S3_ACCESS_KEY_ID": s3_server.access_key,
        "WORKBENCH_LAKE_S3_SECRET_ACCESS_KEY": s3_server.secret_key,
    }
    settings = load_settings(root, env=env)
    store = Store(settings.store_url)
    store.migrate()
    lake, log = Lake(store, settings.warehouse, s3_server.properties), RunLog(store)
    Writer(lake, log, settings.retention).write("silver.t", pa.table({"a": [1, 2, 3], "b": ["x", "y", None]}), "create")
    engine = DuckDBEngine(settings.state / "tmp", memory_mb=512, threads=2, access=access_for(settings.lake))
    access = AccessService(store, lambda: bytes(32))
    yield lake, QueryService(lake, log, engine, settings, access), engine
    engine.close()
    store.close()


def test_a_lake_on_s3_is_queried_in_place(place: Any) -> None:
    lake, query, _ = place
    assert all(path.startswith("s3://") for path in lake.plan("silver.t").paths)
    assert query.run("select sum(a), count(b) from t").rows == ((6, 2),)


def test_only_the_plans_objects_are_reached(place: Any) -> None:
    lake, _, engine = place
    (path,) = lake.plan("silver.t").paths
    for sql in (
        f"select * from read_parquet('{path}')",
        f"select * from glob('{path.rsplit('/', 1)[0]}/*')",
        "select * from duckdb_secrets()",
    ):
        if "duckdb_secrets" in sql:
            shown = str(engine.run("r", sql, (), timeout=30).table.to_pylist())
            assert engine._access.secret not in shown  # redacted even here; SQL is not let near it anyway
            continue
        with pytest.raises(EngineError):
            engine.run("r", sql, (), timeout=30)


def test_a_wrong_key_is_said_plainly_and_holds_no_secret(place: Any, s3_server: Any, root: Path) -> None:
    _, query, _ = place
    wrong = DuckDBEngine(
        root / "spill", memory_mb=256, threads=1, access=Access(s3_server.endpoint, "us-east-1", "someone", "hunter2hunter2")
    )
    query._executor._engine = wrong
    with pytest.raises(StorageUnavailable) as caught:
        query.run("select * from t")
    assert "hunter2" not in str(caught.value) + repr(Access("e", "r", "k", "hunter2"))
    wrong.close()
