"""TPC-H's 22 queries through governed SQL, beside bare DuckDB on the lake's own Parquet files.

Without policies the baseline is the query as it is. Under the policy of ``_tpch.py`` each query reads at least one masked column and one
filtered table; the baseline is the same query over views that somebody wrote by hand. Before anything is timed, all 22 answers must be
the published ones (scale factor 1), and those under the policy the baseline's. Nothing is taken from kept results but in the case that
says so. ``WORKBENCH_BENCH_SCALE`` takes another scale factor. Tables, queries and answers come from DuckDB's extension
(``pip install duckdb-extension-tpch==1.5.5``).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from workbench.app.local import LocalWorkspace
from workbench.cli.bench import Case, Context
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.principals import Principal
from workbench.query.cost.seconds import relative_errors

sys.path.insert(0, str(Path(__file__).parent))

from _tpch import ATTRIBUTES, BY_HAND, POLICY, TABLES, answers, connect, differs, queries

SCALE = float(os.environ.get("WORKBENCH_BENCH_SCALE", "1"))
ONE_ROW = "SELECT n_name FROM nation WHERE n_nationkey = 3"
REPEATS = 20
Run = Callable[[str], pa.Table]


def cases(context: Context) -> Iterator[Case]:
    """Must show 1 of the SQL issue."""
    folder = _made(context)
    root = context.scratch / "project"
    create_workspace_file(root, "bench")
    workspace = LocalWorkspace(load_settings(root, env={"WORKBENCH_QUERY_CACHE": "off"}))
    try:
        for name in TABLES:
            context.say(f"taking in {name}")
            workspace.query.ingest(folder / f"{name}.parquet", name=name)
            (folder / f"{name}.parquet").unlink()
        yield from _cases(context, workspace)
    finally:
        workspace.close()


def _cases(context: Context, workspace: LocalWorkspace) -> Iterator[Case]:
    bare = connect()
    texts = queries(bare)
    files = {name: workspace.services.lake.plan(f"bronze.{name}").paths for name in TABLES}
    for name in TABLES:
        bare.execute(f"CREATE VIEW {name} AS FROM read_parquet({files[name]!r})")
    by_hand = connect()
    for name in TABLES:
        columns, rows = BY_HAND.get(name, ("", "true"))
        by_hand.execute(f"CREATE VIEW {name} AS SELECT * {_replaced(columns)} FROM read_parquet({files[name]!r}) WHERE {rows}")
    workspace.compliance.apply(POLICY)
    analyst = workspace.as_principal(Principal(name="ann", roles=("analyst",), attributes=ATTRIBUTES))
    note, governed = _check(context, workspace, bare, texts), _check_governed(context, analyst, by_hand, texts)
    yield Case(
        f"TPC-H at scale {SCALE:g}, 22 queries",
        _each(workspace.query.arrow, texts),
        _each(_through(bare), texts),
        "DuckDB on the same files",
        ratio=1.05,
        pairs=9,
        note=note,
    )
    yield Case("one row: what is added", lambda: _added(workspace.query.arrow, _through(bare)), seconds=0.010, pairs=11)
    yield Case(
        f"TPC-H at scale {SCALE:g}, 22 queries through masks and row filters",
        _each(analyst.query.arrow, texts),
        _each(_through(by_hand), texts),
        "DuckDB on the same files, masks and filters by hand",
        ratio=1.10,
        pairs=9,
        note=governed,
    )
    past = list(reversed(workspace.services.log.metrics("sql", None)))
    errors = sorted(relative_errors([run for run in past if run.get("bytes")]))
    off = f"seconds expected before a statement runs, by those before it: {len(errors)} statements, half are off by at most "
    off += f"{errors[len(errors) // 2]:.0%}"
    print(off, file=sys.stderr)
    keeping = LocalWorkspace(load_settings(workspace.settings.root, env={}))
    try:
        for name, who in (("an administrator", keeping), ("who sees a part", keeping.as_principal(analyst.principal))):
            yield Case(f"the same question again, by {name}", lambda who=who: _again(who.query.arrow), seconds=0.003, pairs=11, note=off)
    finally:
        keeping.close()


def _replaced(columns: str) -> str:
    return f"REPLACE ({columns})" if columns else ""


def _through(connection: duckdb.DuckDBPyConnection) -> Run:
    return lambda text: connection.execute(text).to_arrow_table()


def _each(run: Run, texts: dict[int, str]) -> list[Callable[[], None]]:
    """All 22, each to be measured beside its other."""

    def asked(text: str) -> None:
        run(text)

    return [partial(asked, text) for text in texts.values()]


def _added(ours: Run, bare: Run) -> float:
    """What one small query takes more through us: the difference of two medians, of turns that alternate."""
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPEATS):
        for seconds, run in zip(took, (ours, bare), strict=True):
            started = time.perf_counter()
            run(ONE_ROW)
            seconds.append(time.perf_counter() - started)
    return sorted(took[0])[REPEATS // 2] - sorted(took[1])[REPEATS // 2]


def _again(run: Run) -> float:
    """The median of a question that has been asked before."""
    question = "SELECT c_mktsegment, count(*) AS n FROM customer GROUP BY 1 ORDER BY 1"
    run(question)
    took = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        run(question)
        took.append(time.perf_counter() - started)
    return sorted(took)[REPEATS // 2]


def _check(context: Context, workspace: LocalWorkspace, bare: duckdb.DuckDBPyConnection, texts: dict[int, str]) -> str:
    published: dict[int, Any] = answers(bare, SCALE)
    for number, text in texts.items():
        context.say(f"checking the answer of query {number}")
        found = workspace.query.arrow(text)
        wrong = differs(found, published[number]) if published else _unlike(found, _through(bare)(text))
        if wrong is not None:
            raise SystemExit(f"MISS  query {number} is answered otherwise: {wrong}")
    return f"all 22 answers are {'the published ones' if published else 'those of DuckDB on the same files'}"


def _check_governed(context: Context, analyst: LocalWorkspace, by_hand: duckdb.DuckDBPyConnection, texts: dict[int, str]) -> str:
    for number, text in texts.items():
        context.say(f"checking the answer of query {number} through the policy")
        seen = analyst.query.run(text, limit=1)
        if not seen.masked:
            raise SystemExit(f"MISS  query {number} reads nothing masked")
        if (wrong := _unlike(analyst.query.arrow(text), _through(by_hand)(text))) is not None:
            raise SystemExit(f"MISS  query {number} is answered otherwise: {wrong}")
    return "all 22 answers are those of the baseline, and each reads something masked"


def _unlike(ours: pa.Table, theirs: pa.Table) -> str | None:
    """Where two answers differ but for the order of rows: rounded values are often equal, and equal ones come in any."""
    one, other = (sorted([_told(value) for value in row.values()] for row in table.to_pylist()) for table in (ours, theirs))
    wrong = next((number for number, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    if len(one) != len(other):
        return f"{len(one)} rows, {len(other)} of the baseline"
    return None if wrong is None else f"{one[wrong]}, the baseline {other[wrong]}"


def _told(value: Any) -> str:
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _made(context: Context) -> Path:
    """The tables as Parquet, made by the extension: the published answers are those of its generator's version."""
    folder = context.scratch / "made"
    folder.mkdir()
    with connect(str(context.scratch / "made.duckdb")) as generator:
        context.say("making the tables")
        generator.execute(f"CALL dbgen(sf = {SCALE})")
        for name in TABLES:
            generator.execute(f"COPY {name} TO '{folder / name}.parquet' (FORMAT parquet)")
    (context.scratch / "made.duckdb").unlink()
    return folder
