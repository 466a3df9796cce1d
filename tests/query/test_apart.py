"""Which statements look at rows that were gathered before."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.engines.duckdb import DuckDBEngine, Result
from workbench.engines.scans import FileScan, ScanColumn, Shape
from workbench.query.apart import run_apart
from workbench.query.decide import decide


class _Watched(DuckDBEngine):
    apart = False

    def run(self, run_id, sql, scans, *more, **named) -> Result:  # type: ignore[no-untyped-def, override]
        self.apart = any(scan.shape.apart for scan in scans)
        return super().run(run_id, sql, scans, *more, **named)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    made = _Watched(tmp_path_factory.mktemp("spill"), memory_mb=512, threads=1)
    yield made
    made.close()


ENOUGH = "FROM bronze.t WHERE EXISTS (SELECT 1 FROM bronze.t AS u WHERE u.n = t.n)"


@pytest.mark.parametrize(
    ("type", "sql", "params", "apart"),
    [
        ("DECIMAL(15, 2)", f"SELECT sum(v) AS s {ENOUGH}", None, False),
        ("BIGINT", f"SELECT sum(v) AS s {ENOUGH}", None, False),
        ("DECIMAL(19, 2)", f"SELECT sum(v) AS s {ENOUGH}", None, True),
        ("DECIMAL(38, 2)", f"SELECT sum(v) AS s {ENOUGH}", None, True),
        ("BIGINT", f"SELECT sum(99999999999999999999999999999999999999) AS s {ENOUGH}", None, True),
        ("BIGINT", f"SELECT sum(?) AS s {ENOUGH}", [1], True),
        ("BIGINT", f"SELECT sum(v * 2) AS s {ENOUGH}", None, True),
    ],
)
def test_a_sum_that_may_overflow_is_apart(
    engine: _Watched, tmp_path: Path, type: str, sql: str, params: list[int] | None, apart: bool
) -> None:
    path = tmp_path / "t.parquet"
    fields = [pa.field(name, pa.int64(), metadata={"PARQUET:field_id": str(i)}) for i, name in enumerate(("v", "n"), 1)]
    pq.write_table(pa.table([[1, 2], [1, 2]], schema=pa.schema(fields)), path)
    columns = (ScanColumn(1, "v", type), ScanColumn(2, "n", "BIGINT"))
    seen = Shape((("v", "v"), ("n", "n")), where="n < 2")
    scans = (FileScan("bronze", "t", columns, (str(path),), "1", shape=seen, rows=2),)
    verdict = decide(sql, ("bronze.t",))
    assert verdict.error is None
    run_apart(engine, verdict, "r", verdict.sql, scans, params, None, 60)
    assert engine.apart is apart
