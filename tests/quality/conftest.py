from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.engines.scans import ArrowScan, FileScan, Scan, ScanColumn


def sql_types(table: pa.Table) -> list[str]:
    import duckdb

    with duckdb.connect() as con:
        con.register("given", table.slice(0, 0))
        return [str(row[1]) for row in con.execute("DESCRIBE given").fetchall()]


@pytest.fixture
def as_files(tmp_path: Path) -> Callable[..., FileScan]:
    """A table as Parquet files with field ids, as the lake writes them."""

    def write(table: pa.Table, files: int = 1) -> FileScan:
        fields = [f.with_metadata({"PARQUET:field_id": str(i + 1)}) for i, f in enumerate(table.schema)]
        table = table.cast(pa.schema(fields))
        paths, each = [], -(-table.num_rows // files) or 1
        folder = tmp_path / uuid4().hex
        folder.mkdir()
        for number in range(files):
            path = folder / f"part-{number}.parquet"
            pq.write_table(table.slice(number * each, each), path)
            paths.append(str(path))
        columns = tuple(ScanColumn(i + 1, f.name, t) for i, (f, t) in enumerate(zip(table.schema, sql_types(table), strict=True)))
        return FileScan("profile", "rows", columns, tuple(paths), str(folder))

    return write


@pytest.fixture(params=["files", "memory"])
def as_scan(request: pytest.FixtureRequest, as_files: Callable[..., FileScan]) -> Callable[[pa.Table], Scan]:
    """A table as Parquet files, and as rows in memory."""
    if request.param == "files":
        return as_files
    return lambda table: ArrowScan("profile", "rows", lambda: table)
