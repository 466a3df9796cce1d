"""The lineage graph, from the events of runs."""

from __future__ import annotations

import tempfile
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from tests.patience import slower
from workbench.core.errors import InvalidInput, UnreadableFile
from workbench.lineage import LineageGraph, LineageService, service
from workbench.runs import DatasetIO, RunLog
from workbench.store import Store


@pytest.fixture
def log(store: Store) -> RunLog:
    return RunLog(store)


@pytest.fixture
def lineage(store: Store, log: RunLog) -> LineageService:
    return LineageService(store, log)


def table(name: str, **more: object) -> DatasetIO:
    return DatasetIO(kind="table", id=f"uuid-{name}", name=f"silver.{name}", **more)  # type: ignore[arg-type]


def derive(log: RunLog, sources: list[str], target: str, kind: str = "step") -> str:
    with log.run(kind, f"make {target}", "ada") as run:
        for source in sources:
            run.read(table(source))
        run.wrote(table(target))
    return run.id


def shape(graph: LineageGraph) -> tuple[dict[str, int], set[tuple[str, str]]]:
    nodes = {node.id.removeprefix("uuid-"): node.depth for node in graph.nodes}
    return nodes, {(edge.source.removeprefix("uuid-"), edge.target.removeprefix("uuid-")) for edge in graph.edges}


@pytest.fixture
def chain(log: RunLog) -> None:
    """file -> raw -> clean -> joined (also from weather) -> daily, monthly"""
    with log.run("ingest", "flights.csv", "ada") as run:
        run.read(DatasetIO(kind="file", id="sha256:" + "0" * 64, name="flights.csv"))
        run.wrote(table("raw"))
    derive(log, ["raw"], "clean")
    derive(log, ["clean", "weather"], "joined")
    derive(log, ["joined"], "daily")
    derive(log, ["joined"], "monthly")


def test_a_gold_table_is_followed_up_to_the_file(lineage: LineageService, chain: None) -> None:
    graph = lineage.graph("uuid-daily", direction="upstream")
    file = "sha256:" + "0" * 64
    assert shape(graph) == (
        {"daily": 0, "joined": -1, "clean": -2, "weather": -2, "raw": -3, file: -4},
        {(file, "raw"), ("raw", "clean"), ("clean", "joined"), ("weather", "joined"), ("joined", "daily")},
    )
    assert [(node.kind, node.name, node.zone) for node in graph.nodes if node.depth in (0, -4)] == [
        ("table", "silver.daily", "silver"),
        ("file", "flights.csv", ""),
    ]


def test_columns_of_steps_of_sql_are_their_statements_and_asked_for_together(log: RunLog, lineage: LineageService, store: Store) -> None:
    for target in "abcdef":
        for column in ("old", "new"):  # the last one counts, and another step's does not
            with log.run("step", "make", "ada") as step:
                with log.run("sql", "statement", "ada", parent_id=step.id) as statement:
                    statement.read(table("source"))
                    statement.attributes(column_sources={target: [["uuid-source", column]]})
                    statement.wrote(table(target))
                step.read(table("source", notebook="make.sql"))
                step.wrote(table(target, notebook="make.sql"))
        with log.run("sql", "statement", "ada", parent_id="another") as other:
            other.attributes(column_sources={})
    asked: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    counts = []
    for identifier in ("uuid-a", "uuid-source"):
        lineage.graph(identifier)  # read off the log
        asked.clear()
        graph = lineage.graph(identifier)
        counts.append(len(asked))
        assert {(edge.columns[0].source, edge.columns[0].target) for edge in graph.edges} == {
            ("new", target) for target in ("abcdef" if identifier == "uuid-source" else "a")
        }
    assert counts[0] == counts[1]


def test_downstream_both_ways_and_depth(lineage: LineageService, chain: None) -> None:
    assert shape(lineage.graph("uuid-clean", direction="downstream"))[0] == {"clean": 0, "joined": 1, "daily": 2, "monthly": 2}
    both = shape(lineage.graph("uuid-joined", direction="both", depth=1))
    assert both[0] == {"joined": 0, "clean": -1, "weather": -1, "daily": 1, "monthly": 1}
    assert both[1] == {("clean", "joined"), ("weather", "joined"), ("joined", "daily"), ("joined", "monthly")}
    assert shape(lineage.graph("uuid-joined", depth=0)) == ({"joined": 0}, set())
    with pytest.raises(InvalidInput):
        lineage.graph("uuid-joined", depth=-1)


def test_a_dataset_that_no_run_has_touched_stands_alone(lineage: LineageService) -> None:
    graph = lineage.graph("uuid-x", "gold.x")
    assert [(node.id, node.name, node.zone, node.depth) for node in graph.nodes] == [("uuid-x", "gold.x", "gold", 0)]
    assert graph.edges == ()


def test_an_edge_names_the_latest_run_its_cell_and_how_many_there_were(log: RunLog, lineage: LineageService) -> None:
    for cell in ("c1", "c2"):
        with log.run("step", "clean", "ada") as run:
            run.read(table("raw"))
            run.wrote(table("clean", notebook="clean.ipynb", cell=cell, operation="overwrite"))
            run.wrote(table("clean", notebook="clean.ipynb", cell=cell, operation="append"))
    (edge,) = lineage.graph("uuid-clean").edges
    assert (edge.run_id, edge.runs, edge.job, edge.kind) == (run.id, 2, "clean", "step")
    assert (edge.notebook, edge.cell) == ("clean.ipynb", "c2")
    assert edge.last_at == log.get(run.id).started_at or edge.last_at > log.get(run.id).started_at  # type: ignore[operator]


def test_what_is_read_after_a_write_has_no_part_in_it(log: RunLog, lineage: LineageService) -> None:
    with log.run("step", "two", "ada") as run:
        run.read(table("a"))
        run.wrote(table("x"))
        run.read(table("b"))
        run.wrote(table("y"))
    assert shape(lineage.graph("uuid-x"))[1] == {("a", "x")}
    assert shape(lineage.graph("uuid-y"))[1] == {("a", "y"), ("b", "y")}


def test_a_read_that_is_added_shows_up_with_the_next_write(log: RunLog, lineage: LineageService) -> None:
    derive(log, ["a"], "x")
    assert shape(lineage.graph("uuid-x"))[1] == {("a", "x")}
    derive(log, ["a", "b"], "x")
    assert shape(lineage.graph("uuid-x"))[1] == {("a", "x"), ("b", "x")}


def test_a_run_that_fails_leaves_what_it_wrote_and_nothing_else(log: RunLog, store: Store, lineage: LineageService) -> None:
    with pytest.raises(UnreadableFile), log.run("step", "x", "ada") as run:
        run.read(table("a"))
        run.wrote(table("x"))
        with store.write() as conn:
            run.wrote(table("y"), conn)
            raise UnreadableFile("no")
    assert shape(lineage.graph("uuid-x"))[1] == {("a", "x")}
    assert shape(lineage.graph("uuid-y"))[1] == set()


def test_a_query_of_a_step_gives_the_step_nothing_that_it_did_not_read_itself(log: RunLog, lineage: LineageService) -> None:
    with log.run("step", "x", "ada") as step:
        with log.run("sql", "select", "ada", parent_id=step.id) as query:
            query.read(table("seen"))
            query.read(table("explained"))
        step.read(table("seen"))
        step.wrote(table("x"))
    assert shape(lineage.graph("uuid-x"))[1] == {("seen", "x")}
    assert shape(lineage.graph("uuid-explained"))[1] == set()


@pytest.mark.parametrize("operation", ["publish", "rollback", "alter"])
def test_what_brings_no_rows_joins_nothing(log: RunLog, lineage: LineageService, operation: str) -> None:
    with log.run("step", "x", "ada") as run:
        run.read(table("a"))
        run.wrote(table("x", operation=operation))
    assert shape(lineage.graph("uuid-x")) == ({"x": 0}, set())


def test_a_table_that_reads_itself_is_no_edge_and_a_circle_ends(log: RunLog, lineage: LineageService) -> None:
    derive(log, ["a"], "a")
    assert shape(lineage.graph("uuid-a"))[1] == set()
    derive(log, ["a"], "b")
    derive(log, ["b"], "a")
    assert shape(lineage.graph("uuid-a")) == ({"a": 0, "b": -1}, {("a", "b"), ("b", "a")})


def test_a_rename_shows_the_new_name_and_keeps_the_history(log: RunLog, store: Store, lineage: LineageService, chain: None) -> None:
    with store.write() as conn, log.run("maintenance", "rename", "ada") as run:
        log.append(conn, run.id, "dataset.renamed", table_uuid="uuid-clean", name="silver.clean", new_name="gold.tidy")
    graph = lineage.graph("uuid-daily", direction="upstream")
    assert {node.name: node.zone for node in graph.nodes}["gold.tidy"] == "gold"
    assert len(graph.nodes) == 6
    found = lineage.find("gold.tidy")
    assert found is not None
    assert found.id == "uuid-clean"
    assert lineage.find("silver.clean") is None


def test_a_file_is_found_by_its_name_and_by_its_hash(lineage: LineageService, chain: None) -> None:
    file = lineage.find("flights.csv")
    assert file is not None
    assert file == lineage.find(file.id)
    assert shape(lineage.graph(file.id, direction="downstream", depth=1))[0] == {file.id: 0, "raw": 1}


def test_a_graph_beyond_the_limit_is_cut_and_says_so(log: RunLog, lineage: LineageService, monkeypatch: pytest.MonkeyPatch) -> None:
    for index in range(12):
        derive(log, ["hub"], f"spoke{index}")
    assert not lineage.graph("uuid-hub").truncated
    monkeypatch.setattr(service, "NODE_LIMIT", 5)
    graph = lineage.graph("uuid-hub")
    assert graph.truncated
    nodes, edges = shape(graph)
    assert set(nodes) == {"hub", "spoke11", "spoke10", "spoke9", "spoke8"}  # the newest
    assert all(source in nodes and target in nodes for source, target in edges)


def test_a_wide_and_deep_graph_is_answered_at_once(log: RunLog, store: Store, lineage: LineageService, scale: float) -> None:
    wide = 25 if scale >= 1 else 12
    with store.write() as conn:
        for level in range(12):
            for index in range(wide):
                run_id = log.queue("step", "x", "ada", conn=conn)
                run = log.handle(run_id)
                run.read(table(f"t{level}-{index}"), conn)
                run.read(table(f"t{level}-{(index + 1) % wide}"), conn)
                run.wrote(table(f"t{level + 1}-{index}"), conn)
    lineage.graph("uuid-t12-0")
    took = []
    for _ in range(3):
        start = time.perf_counter()
        graph = lineage.graph("uuid-t12-0", direction="upstream", depth=30)
        took.append(time.perf_counter() - start)
    assert min(took) < 1 * 5 * slower()
    assert len(graph.nodes) == sum(min(level + 1, wide) for level in range(13))


NAMES = st.sampled_from("abcdef")


@settings(max_examples=25, deadline=None)
@given(runs=st.lists(st.lists(st.tuples(st.booleans(), NAMES), max_size=6), max_size=8), root=NAMES, depth=st.integers(0, 4))
def test_any_history_gives_the_graph_that_a_plain_walk_over_the_events_gives(
    runs: list[list[tuple[bool, str]]], root: str, depth: int
) -> None:
    expected: set[tuple[str, str]] = set()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/meta.db")
        store.migrate()
        log = RunLog(store)
        lineage = LineageService(store, log)
        for steps in runs:
            seen: set[str] = set()
            with log.run("step", "x", "ada") as run:
                for writes, name in steps:
                    if writes:
                        run.wrote(table(name))
                        expected |= {(source, name) for source in seen if source != name}
                    else:
                        run.read(table(name))
                        seen.add(name)
        reached, frontier, crossed = {root: 0}, {root}, set()
        for hops in range(1, depth + 1):
            near = {(source, target) for source, target in expected if target in frontier}
            crossed |= near
            frontier = {source for source, _ in near if source not in reached}
            reached |= dict.fromkeys(frontier, -hops)
        found = lineage.graph(f"uuid-{root}", direction="upstream", depth=depth)
        assert shape(found) == (reached, crossed)
        log.rebuild()
        assert lineage.graph(f"uuid-{root}", direction="upstream", depth=depth) == found
        store.close()


def test_a_write_says_what_was_read_before_and_has_no_part_in_it(log: RunLog, lineage: LineageService) -> None:
    with log.run("notebook", "two", "ada") as run:
        run.read(table("a"))
        run.read(table("b"))
        run.wrote(table("x", unrelated=("uuid-a",)))
        run.wrote(table("y"))
    assert shape(lineage.graph("uuid-x", depth=1, direction="upstream"))[1] == {("b", "x")}
    assert shape(lineage.graph("uuid-y", depth=1, direction="upstream"))[1] == {("a", "y"), ("b", "y")}
