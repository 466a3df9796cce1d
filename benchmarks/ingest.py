"""From a file to a trusted, findable table: lineitem against DuckDB's own COPY, a file larger than memory, and upsert against PyIceberg's.

1. TPC-H's lineitem as CSV (``tpchgen-cli`` must be on the PATH), with one bad value planted five sixths down. The clock begins when the
   load is asked for and stops when another process, which was at work in the workspace before, has read rows of the table, its counts,
   nulls, minima and maxima, its score and lineage, and has found it by search. What it read is compared with what DuckDB counts in the
   file, and the bad row must be in quarantine. The baseline is ``COPY (FROM read_csv(...)) TO 'x.parquet'`` of the same file without the
   bad value, which looks at no value twice, profiles nothing, and tells nobody.
2. A CSV four times the memory that DuckDB may take; the peak is that of the whole process tree, Python and its libraries included.
3. As many rows as there are into a table by key, half of them new, against ``Table.upsert`` of PyIceberg.

``WORKBENCH_BENCH_SIZE`` is the share of the full size (1; with 0.01 all of it takes seconds, and the targets in seconds say little).
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.app.local import LocalWorkspace
from workbench.cli.bench import Case, Context
from workbench.core.config import create_workspace_file, load_settings

sys.path.insert(0, str(Path(__file__).parent))

from _lineitem import lineitem

SIZE = float(os.environ.get("WORKBENCH_BENCH_SIZE", "1"))
LARGE_MB, LIMIT_MB, ROWS_PER_MB = 2048, 512, 10_000
UPSERT_ROWS = 500_000
BAD = "seventeen"

# Another process of somebody else's, who is at work in the workspace already. She hears of the load when she is asked to look.
READER = """
import json, sys, workbench
ws = None
for line in sys.stdin:
    if line.strip() != "look":
        ws = ws.close() if ws else None
        ws = workbench.open(line.strip())
        print(len(ws.catalog.search("lineitem")) + len(ws.sql("SELECT 1").arrow()), flush=True)
        continue
    dataset = ws.dataset("bronze.lineitem")
    sample = dataset.read(limit=5)
    profile, quality = dataset.profile(), dataset.quality()
    print(json.dumps({
        "sample": sample.num_rows,
        "rows": profile.rows,
        "columns": {c.name: [c.nulls, c.min, c.max] for c in profile.columns},
        "score": quality.score,
        "upstream": [node.name for node in ws.lineage.upstream("bronze.lineitem").nodes],
        "found": [hit.dataset.name for hit in ws.catalog.search("lineitem")],
    }), flush=True)
"""
LOADER = """
import sys, workbench
with workbench.open(sys.argv[1]) as ws:
    print(ws.ingest(sys.argv[2], name="large").rows)
"""


def cases(context: Context) -> Iterator[Case]:
    """Must show 1, 2 and 6 of the ingestion issue."""
    with ExitStack() as ends:
        yield from _lineitem(context, ends)
        yield from _large(context, ends)
        yield from _upsert(context, ends)


class Place:
    """A workspace that is made anew for each call and open when the clock begins, as a person's is."""

    def __init__(self, root: Path, memory_mb: int = 0) -> None:
        self.root, self.memory_mb = root, memory_mb
        self.workspace: LocalWorkspace | None = None

    def renew(self) -> LocalWorkspace:
        self.close()
        self.root.mkdir(parents=True)
        file = create_workspace_file(self.root, "bench")
        if self.memory_mb:
            file.write_text(f"{file.read_text()}\n[query]\nmemory_limit_mb = {self.memory_mb}\n")
        self.workspace = LocalWorkspace(load_settings(self.root, {}))
        self.workspace.services.prepare()
        self.workspace.services.engine.warm()
        return self.workspace

    def close(self) -> None:
        if self.workspace is not None:
            self.workspace.close()
        shutil.rmtree(self.root, ignore_errors=True)


# ------------------------------------------------------------------------------------------------------------ lineitem


class Lineitem:
    """The file, what is true of it, and the process that reads; made when they are first needed."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.place = Place(context.scratch / "lineitem")

    @cached_property
    def clean(self) -> Path:
        self.context.say("making lineitem")
        made = lineitem(self.context.scratch / "clean", SIZE, "csv")
        assert made is not None
        return made

    @cached_property
    def planted(self) -> tuple[Path, int, int]:
        """The file with the bad value, how many records it has, and which one is bad."""
        path = self.context.scratch / "lineitem.csv"
        return path, *_plant(self.clean, path)

    @cached_property
    def truth(self) -> dict[str, list[Any]]:
        self.context.say("counting what must come out")
        return _truth(self.clean, self.planted[2])

    @cached_property
    def reader(self) -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "-c", READER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def before(self) -> None:
        _ = self.truth
        self.place.renew()
        _told(self.reader, str(self.place.root))

    def ours(self) -> float:
        workspace, path = self.place.workspace, self.planted[0]
        assert workspace is not None
        start = time.perf_counter()
        report = workspace.ingest(path)
        told: dict[str, Any] = json.loads(_told(self.reader, "look"))
        seconds = time.perf_counter() - start
        _check(workspace, report, told, self.truth, *self.planted[1:])
        return seconds

    def close(self) -> None:
        self.place.close()
        if "reader" in self.__dict__:
            self.reader.kill()


def _lineitem(context: Context, ends: ExitStack) -> Iterator[Case]:
    if shutil.which("tpchgen-cli") is None:
        context.say("lineitem is left out: tpchgen-cli is not on the PATH\n")
        return
    stage = Lineitem(context)
    ends.callback(stage.close)
    yield Case(
        f"lineitem as CSV, scale {SIZE:g}, until another process has read all that is known of it",
        stage.ours,
        lambda: _copy(stage.clean, context.scratch / "copy.parquet"),
        "DuckDB's COPY to Parquet",
        ratio=1.5,
        before=stage.before,
        pairs=5,
        note="6,001,215 rows at scale 1; a bad value after five sixths of them, found in quarantine",
    )


def _plant(clean: Path, planted: Path) -> tuple[int, int]:
    """The file with a word for a number in one record; how many records there are, and which one that is (from 1)."""
    with clean.open("rb") as source:
        rows = sum(1 for _ in source) - 1
    bad = max(1, rows * 5 // 6)
    with clean.open("rb") as source, planted.open("wb") as target:
        for number, line in enumerate(source):
            if number == bad:
                values = line.split(b",")
                values[4] = BAD.encode()
                line = b",".join(values)
            target.write(line)
    return rows, bad


def _truth(clean: Path, bad: int) -> dict[str, list[Any]]:
    """Each column's nulls, minimum and maximum without the bad record, as DuckDB reads the file."""
    import duckdb

    with duckdb.connect() as connection:
        numbered = f"SELECT *, row_number() OVER () AS record FROM read_csv('{clean}')"
        names = [row[0] for row in connection.execute(f"DESCRIBE FROM read_csv('{clean}')").fetchall()]
        figures = ", ".join(f"count(*) - count({name}), min({name})::VARCHAR, max({name})::VARCHAR" for name in names)
        row = connection.execute(f"SELECT {figures} FROM ({numbered}) WHERE record <> {bad}").fetchone()
    assert row is not None
    return {name: list(row[3 * place : 3 * place + 3]) for place, name in enumerate(names)}


def _copy(source: Path, target: Path) -> float:
    import duckdb

    target.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        start = time.perf_counter()
        connection.execute(f"COPY (FROM read_csv('{source}')) TO '{target}'")
        return time.perf_counter() - start


def _told(reader: subprocess.Popen[str], line: str) -> str:
    """What the other process answers."""
    assert reader.stdin is not None
    assert reader.stdout is not None
    reader.stdin.write(f"{line}\n")
    reader.stdin.flush()
    answer = reader.stdout.readline()
    if not answer:
        raise SystemExit("MISS  the reading process has ended")
    return answer


def _check(workspace: LocalWorkspace, report: Any, told: dict[str, Any], wanted: dict[str, list[Any]], rows: int, bad: int) -> None:
    """Ends the benchmark where anything is not as it must be: a fast wrong answer is none."""
    facts = {
        "rows": report.rows == told["rows"] == rows - 1,
        "rejected": report.rejected == 1 and report.rows + report.rejected + report.removed == rows,
        "sample": told["sample"] == 5,
        "columns": told["columns"].keys() == wanted.keys() and all(_same(told["columns"][name], wanted[name]) for name in wanted),
        "score": told["score"] is not None and 0 < told["score"] <= 1,
        "lineage": any(name.endswith("lineitem.csv") for name in told["upstream"]),
        "search": told["found"][:1] == ["bronze.lineitem"],
    }
    misfits = workspace.sql(f"SELECT * FROM {report.quarantine}").arrow().to_pylist() if report.quarantine else []
    facts["quarantine"] = [(row["column"], row["value"], row["line"]) for row in misfits] == [("l_quantity", BAD, bad + 1)]
    wrong = [name for name, holds in facts.items() if not holds]
    if wrong:
        differ = {
            name: (told["columns"].get(name), wanted[name]) for name in wanted if not _same(told["columns"].get(name, []), wanted[name])
        }
        said = f"{report.rows:,} rows, {report.rejected} rejected, in quarantine {misfits[:3]}, warnings {report.warnings}"
        raise SystemExit(f"MISS  not as they must be: {', '.join(wrong)}. The load said: {said}. Columns: {differ}")


def _same(found: list[Any], wanted: list[Any]) -> bool:
    return len(found) == len(wanted) and all(_plain(a) == _plain(b) for a, b in zip(found, wanted, strict=True))


def _plain(value: Any) -> Any:
    """A number whatever its type says of it, anything else as text."""
    try:
        return Decimal(str(value)).normalize()
    except ArithmeticError:
        return str(value)


# ---------------------------------------------------------------------------------------------------- more than memory


def _large(context: Context, ends: ExitStack) -> Iterator[Case]:
    size_mb, limit_mb = max(16, int(LARGE_MB * SIZE)), LIMIT_MB if SIZE >= 1 else 256
    source = context.scratch / "large.csv"
    place = Place(context.scratch / "large", limit_mb)
    ends.callback(place.close)

    def before() -> None:
        if not source.exists():
            context.say(f"making a file of {size_mb} MB")
            _write_large(source, size_mb * ROWS_PER_MB)
        place.renew().close()

    def ours() -> None:
        done = subprocess.run([sys.executable, "-c", LOADER, str(place.root), str(source)], capture_output=True, text=True, check=False)
        if done.returncode or int(done.stdout.split()[-1]) != size_mb * ROWS_PER_MB:
            raise SystemExit(f"MISS  {size_mb * ROWS_PER_MB:,} rows should have come in: {done.stdout} {done.stderr[-2000:]}")

    yield Case(
        f"CSV of {size_mb:,} MB with {limit_mb} MB for DuckDB",
        ours,
        seconds=max(30.0, 300.0 * SIZE),
        before=before,
        pairs=1,
        note=f"{size_mb * ROWS_PER_MB:,} rows; the peak is that of all processes together",
    )


def _write_large(path: Path, rows: int) -> None:
    """Numbers, money, dates, words and a remark of varied length."""
    import duckdb

    columns = (
        "i AS id, (hash(i) % 1000000)::INTEGER AS customer, ((hash(i + 1) % 10000000) / 100)::DECIMAL(12, 2) AS amount, "
        "DATE '2015-01-01' + (hash(i + 2) % 3650)::INTEGER AS day, "
        "['open', 'paid', 'sent', 'returned'][1 + (hash(i + 3) % 4)::INTEGER] AS status, "
        "CASE WHEN hash(i + 4) % 20 > 0 THEN (hash(i + 5) % 1000) / 7.0 END AS weight, "
        "md5(i::VARCHAR)[:1 + (hash(i + 6) % 40)::INTEGER] AS remark, 'customer' || (hash(i) % 1000000) || '@example.org' AS email"
    )
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {columns} FROM range({rows}) AS t(i)) TO '{path}' (HEADER)")


# -------------------------------------------------------------------------------------------------------------- upsert


def _upsert(context: Context, ends: ExitStack) -> Iterator[Case]:
    count = max(1000, int(UPSERT_ROWS * SIZE))
    place = Place(context.scratch / "upsert")
    ends.callback(place.close)
    peer = context.scratch / "peer"

    @functools.cache
    def data() -> tuple[pa.Table, pa.Table]:
        mixed = np.random.default_rng(7).permutation(count) + count // 2
        return _people(np.arange(count), 1), _people(mixed, 2)

    def before() -> None:
        there, _ = data()
        place.renew().datasets.write("silver.people", there, "create")
        shutil.rmtree(peer, ignore_errors=True)
        peer.mkdir()
        catalog = _catalog(peer)
        catalog.create_namespace("silver")
        catalog.create_table("silver.people", there.schema).append(there)

    def ours() -> float:
        assert place.workspace is not None
        _, new = data()
        start = time.perf_counter()
        done = place.workspace.datasets.write("silver.people", new, mode="upsert", keys=("id",))
        seconds = time.perf_counter() - start
        if (done.rows_added, done.rows_updated) != (count // 2, count - count // 2):
            raise SystemExit(f"MISS  {done.rows_added:,} rows were added and {done.rows_updated:,} replaced")
        _check_people(place.workspace.datasets.read("silver.people"), new, count)
        return seconds

    def theirs() -> float:
        table, (_, new) = _catalog(peer).load_table("silver.people"), data()
        start = time.perf_counter()
        table.upsert(new, join_cols=["id"])
        return time.perf_counter() - start

    yield Case(
        f"upsert of {count:,} rows into {count:,}", ours, theirs, "PyIceberg's upsert", ratio=0.5, seconds=5.0, before=before, pairs=3
    )  # fmt: skip


def _catalog(folder: Path) -> Any:
    from pyiceberg.catalog.sql import SqlCatalog

    return SqlCatalog("peer", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")


def _people(ids: np.ndarray[Any, Any], seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    columns = {
        "id": pa.array(ids),
        "name": pa.array([f"customer {number}" for number in ids]),
        "amount": pa.array(random.normal(size=len(ids))),
        "at": pa.array(random.integers(0, 2**50, len(ids)), pa.timestamp("us")),
        "kind": pa.array([f"kind {number % 50}" for number in ids]),
    }
    return pa.table(columns)


def _check_people(found: pa.Table, new: pa.Table, count: int) -> None:
    rows = {row["id"]: row["amount"] for row in found.select(["id", "amount"]).to_pylist()}
    right = len(rows) == found.num_rows == count + count // 2
    if not right or any(rows[row["id"]] != row["amount"] for row in new.select(["id", "amount"]).to_pylist()):
        raise SystemExit("MISS  the table does not hold the new rows once each")
