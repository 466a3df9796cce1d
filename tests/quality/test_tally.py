"""Values that Arrow counted beside those that SQL did: on columns made to hurt, the two must say the same."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.quality.conftest import sql_types
from workbench.engines.duckdb import DuckDBEngine, Interrupted, Spread, Tallied, Tally, session, tallied
from workbench.engines.duckdb import tally as counted_by_arrow
from workbench.engines.duckdb.tally import tally
from workbench.engines.scans import FileScan, ScanColumn
from workbench.quality.profile import profile
from workbench.quality.records import Profile
from workbench.quality.scanning import Source

ROWS = 50_000


def these(values: list[Any], type: pa.DataType) -> pa.Array:
    """Values over and over, in no order."""
    return pa.array(values, type).take(pa.array(np.random.default_rng(len(values)).integers(0, len(values), ROWS)))


def odd() -> pa.Table:
    moment, other = (dt.datetime.fromisoformat(text) for text in ("2024-03-31T01:30", "1900-01-01"))
    numbers = np.arange(ROWS)
    return pa.table(
        {
            "near": these([None, -3, 0, 7], pa.int64()),
            "far": these([-(2**63), 2**63 - 1, 0, None], pa.int64()),
            "highest": these([2**63 - 1, 2**63 - 5], pa.int64()),
            "unsigned": these([2**64 - 1, 2**64 - 2, None], pa.uint64()),
            "small": these([-128, 127, 0], pa.int8()),
            "whole": these([None, -2.0, 5.0, 1e6, 2.0], pa.float64()),
            "broken": these([math.nan, None, math.inf, -math.inf, 0.25, 0.0, -0.0, 1e300], pa.float64()),
            "single": these([1.5, 2.5, None, math.nan], pa.float32()),
            "price": these([Decimal("-0.01"), Decimal("12.50"), None, Decimal("99999.99")], pa.decimal128(12, 2)),
            "long_price": these([Decimal("-0.01"), Decimal("1" + "0" * 20)], pa.decimal128(30, 2)),
            "yes": these([True, False, None], pa.bool_()),
            "always": these([True], pa.bool_()),
            "day": these([dt.date(1, 1, 1), None, dt.date(2024, 2, 29)], pa.date32()),
            "moment": these([moment, None, other], pa.timestamp("us")),
            "zoned": these([moment, None, other], pa.timestamp("us", "UTC")),
            "time": these([dt.time(0, 0), dt.time(23, 59, 59, 5), None], pa.time64("us")),
            "text": these(["", " ", None, "Zürich", "zurich", "ZURICH", "a,b"], pa.string()),
            "plain_text": these(["", "x" * 300, None], pa.string()),
            "long": these(["x" * 501, "y"], pa.string()),
            "bytes": these([b"", b"\xff", None], pa.binary()),
            "list": these([[1], [], None], pa.list_(pa.int64())),
            "empty": pa.nulls(ROWS, pa.int64()),
            "no_text": pa.nulls(ROWS, pa.string()),
            "key": pa.array(numbers),
            "many": pa.array([f"v{n}" for n in numbers // 2]),
            "late": pa.array(np.maximum(0, numbers - 25_000)),
            "file.name": these(["p", "q"], pa.string()),
        }
    )


def as_the_lake_has_it(table: pa.Table, folder: Path, files: int, **how: Any) -> FileScan:
    fields = [f.with_metadata({"PARQUET:field_id": str(i + 1)}) for i, f in enumerate(table.schema)]
    each = -(-table.num_rows // files) or 1
    paths = [folder / f"part-{number}.parquet" for number in range(files)]
    for number, path in enumerate(paths):
        # A column may have been called otherwise once.
        names = table.column_names if number else [f"{name}_before" for name in table.column_names]
        written = table.slice(number * each, each).cast(pa.schema(fields)).rename_columns(names)
        pq.write_table(written, path, row_group_size=9_000, store_decimal_as_integer=True, **how)
    columns = tuple(ScanColumn(i + 1, f.name, t) for i, (f, t) in enumerate(zip(table.schema, sql_types(table), strict=True)))
    return FileScan("profile", "rows", columns, tuple(map(str, paths)), str(folder), rows=table.num_rows)


def by_sql(engine: DuckDBEngine, scan: FileScan, monkeypatch: pytest.MonkeyPatch) -> Profile:
    with monkeypatch.context() as patched:
        patched.setattr(Source, "_tally", lambda *_: (None, {}))
        return profile(engine, scan, timeout=60, whole_rows=20_000)


def counted(parts: Iterable[pa.Table]) -> tuple[Any, dict[int, Tallied]]:
    """All parts of a tally: the sample's runs, and the columns."""
    (runs, _), *columns = map(tallied, parts)
    return runs, {at: column for _, some in columns for at, column in some.items()}


def by_engine(engine: DuckDBEngine, wanted: Tally) -> tuple[Any, dict[int, Tallied]]:
    parts: list[pa.Table] = []
    engine.tally("r", wanted, parts.append, timeout=60)
    return counted(parts)


def said(found: Profile) -> dict[str, Any]:
    """What a profile says, deviations to ten digits: they are added up in another order."""
    facts = found.model_dump(mode="json", exclude={"seconds"})
    for column in facts["columns"]:
        column["stddev"] = column["stddev"] and float(f"{column['stddev']:.10g}")
    return facts


@pytest.mark.parametrize(
    ("files", "how"),
    [(1, {}), (2, {"use_dictionary": ["text", "near", "text_before"], "store_schema": False, "version": "1.0"})],
    ids=["dictionaries", "few dictionaries"],
)
def test_arrow_and_sql_count_the_same(
    engine: DuckDBEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int, how: dict[str, Any]
) -> None:
    scan = as_the_lake_has_it(odd(), tmp_path, files, **how)
    asked: list[str] = []
    run = engine.run
    monkeypatch.setattr(engine, "run", lambda run_id, sql, *more, **others: (asked.append(sql), run(run_id, sql, *more, **others))[1])
    found = profile(engine, scan, timeout=60, whole_rows=20_000)
    sample = next(sql for sql in asked if "file_row_number" in sql)
    # Only what cannot be counted so is read for the sample by the engine.
    assert [name for name in odd().column_names if f'"{name}"' in sample] == [
        "long_price", "long", "bytes", "list", "key", "many", "late",
    ]  # fmt: skip
    assert said(found) == said(by_sql(engine, scan, monkeypatch))


def test_what_a_file_holds_otherwise_is_left_to_sql(engine: DuckDBEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one file a type that was widened since, a column that was added, a text that is none: the others are counted all the same."""
    table = pa.table({"id": these([1, 2], pa.int64()), "added": these(["x", None], pa.string()), "word": these(["a", "b"], pa.string())})
    scan = as_the_lake_has_it(table, tmp_path, 2)
    narrow = table.slice(0, 25_000).select(["id", "word"]).set_column(0, "id", table["id"].slice(0, 25_000).cast(pa.int32()))
    ids = [field.with_metadata({"PARQUET:field_id": number}) for field, number in zip(narrow.schema, ("1", "3"), strict=True)]
    pq.write_table(narrow.cast(pa.schema(ids)), scan.files[0])
    wanted = Tally(scan, table.schema, Spread(20, 512, "0"), 100, 500)
    assert sorted(by_engine(engine, wanted)[1]) == [2]
    assert said(profile(engine, scan, timeout=60, whole_rows=20_000)) == said(by_sql(engine, scan, monkeypatch))


def test_no_rows_and_no_files_are_counted(engine: DuckDBEngine, tmp_path: Path) -> None:
    none = as_the_lake_has_it(odd().slice(0, 0), tmp_path, 1)
    wanted = Tally(none, odd().schema, Spread(20, 512, "0"), 100, 500)
    runs, columns = by_engine(engine, wanted)
    assert (len(runs), {len(column.values) for column in columns.values()}) == (0, {0})
    missing = FileScan("profile", "rows", none.columns, (str(tmp_path / "gone.parquet"),), "gone")
    found = tally(Tally(missing, odd().schema, Spread(20, 512, "0"), 100, 500), lambda _: pa.array([0]), 1, lambda: None)
    assert counted(found)[1] == {}


def test_a_count_that_is_stopped_ends(tmp_path: Path) -> None:
    def stopped() -> None:
        raise Interrupted("cancelled")

    scan = as_the_lake_has_it(odd(), tmp_path, 1)
    with pytest.raises(Interrupted):
        list(tally(Tally(scan, odd().schema, Spread(20, 512, "0"), 100, 500), lambda _: pa.array([0] * 5), 2, stopped))


def test_values_that_wait_are_put_together_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counted_by_arrow, "_WAITING", 3)
    scan = as_the_lake_has_it(odd().select(["near", "text"]), tmp_path, 1)
    wanted = Tally(scan, scan_schema := odd().select(["near", "text"]).schema, Spread(20, 512, "0"), 100, 500)
    _, columns = counted(tally(wanted, lambda _: pa.array([0] * 5), 1, lambda: None))
    for at, name in enumerate(scan_schema.names):
        expected = {pair["values"]: pair["counts"] for pair in odd()[name].value_counts().to_pylist()}
        assert dict(zip(columns[at].values.to_pylist(), columns[at].counts.tolist(), strict=True)) == expected


def test_no_more_threads_count_than_there_is_memory_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []
    nothing = pa.table({"runs": pa.array([[]], pa.list_(pa.int64()))})
    monkeypatch.setattr(session, "tally", lambda _wanted, _offsets, number, _check: (threads.append(number), [nothing])[1])
    scan = as_the_lake_has_it(odd().select(["near"]).slice(0, 10), tmp_path, 1)
    for memory_mb in (64, 256, 4096):
        engine = DuckDBEngine(tmp_path / "spill", threads=8, memory_mb=memory_mb)
        engine.tally("r", Tally(scan, pa.schema([]), Spread(20, 512, "0"), 100, 500), lambda _: None, timeout=60)
        engine.close()
    assert threads == [1, 2, 8]
