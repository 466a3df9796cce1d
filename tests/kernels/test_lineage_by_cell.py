"""What a notebook writes comes from what flows into the cell that writes, in real kernels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import workbench

READ = "ws.dataset('silver.{}').pandas()"
FLIGHTS, AIRLINES = READ.format("flights"), READ.format("airlines")
WRITE = "ws.dataset('gold.made').write({})"


def sources(root: Path, name: str = "gold.made") -> set[str]:
    with workbench.open(root) as ws:
        graph = ws.lineage.upstream(name)
        names = {node.id: node.name for node in graph.nodes}
        return {names[edge.source].removeprefix("silver.") for edge in graph.edges if names[edge.target] == name}


CASES: dict[str, tuple[list[str], set[str]]] = {
    "a literal": ([f"f = {FLIGHTS}", WRITE.format("[{'x': 1}]")], set()),
    "the same cell": ([f"f = {FLIGHTS}", f"a = {AIRLINES}\n" + WRITE.format("a")], {"airlines"}),
    "a later cell": ([f"a = {AIRLINES}", f"f = {FLIGHTS}", "g = f.head()", WRITE.format("g")], {"flights"}),
    "two frames": ([f"a = {AIRLINES}", f"f = {FLIGHTS}", WRITE.format("a.merge(f)")], {"flights", "airlines"}),
    "the last definition": ([f"df = {FLIGHTS}", f"df = {AIRLINES}", WRITE.format("df")], {"airlines"}),
    "the same name within its cell": ([f"df = {FLIGHTS}", f"df = {AIRLINES}\n" + WRITE.format("df")], {"airlines"}),
    "perhaps a definition": ([f"df = {FLIGHTS}", f"if len(df):\n    df = {AIRLINES}", WRITE.format("df")], {"flights", "airlines"}),
    "a failed cell": ([f"df = {FLIGHTS}", f"df = {AIRLINES}; 1/0", WRITE.format("df")], {"flights", "airlines"}),
    "a workspace bound beside a read": (
        [
            f"import workbench; from datetime import date; mine = workbench.open(); f = {FLIGHTS}",
            "mine.dataset('gold.made').write([{'d': date(2013, 1, 1)}])",
        ],
        set(),
    ),
    "a column": ([f"a = {AIRLINES}", "b = a", f"b['n'] = len({FLIGHTS})", WRITE.format("a")], {"flights", "airlines"}),
    "a list": (["rows = []", f"rows.extend({AIRLINES}.to_dict('records'))", f"f = {FLIGHTS}", WRITE.format("rows")], {"airlines"}),
    "a function that reads": ([f"def load():\n    return {AIRLINES}", f"f = {FLIGHTS}", "a = load()", WRITE.format("a")], {"airlines"}),
    "a function that writes what is bound later": (
        ["def save():\n    " + WRITE.format("late"), f"late = {AIRLINES}", f"f = {FLIGHTS}", "save()"],
        {"airlines"},
    ),
    "a function that binds": (
        [f"def load():\n    global held\n    held = {AIRLINES}", "load()", f"f = {FLIGHTS}", WRITE.format("held")],
        {"airlines"},
    ),
    "a function that remembers": (
        [
            f"import functools\n@functools.cache\ndef load():\n    return {AIRLINES}",
            "n = len(load())",
            f"f = {FLIGHTS}",
            WRITE.format("load()"),
        ],
        {"airlines"},
    ),
    "a lambda": ([f"a = {AIRLINES}", "get = lambda: a", f"f = {FLIGHTS}", WRITE.format("get()")], {"airlines"}),
    "an object": (
        [
            f"class Box:\n    def fill(self):\n        self.rows = {AIRLINES}",
            "box = Box()",
            "box.fill()",
            f"f = {FLIGHTS}",
            WRITE.format("box.rows"),
        ],
        {"airlines"},
    ),
    "a result that is kept": (
        ["r = ws.sql('select * from airlines')", "print(len(r.arrow()))", f"f = {FLIGHTS}", WRITE.format("r.arrow()")],
        {"airlines"},
    ),
    "sql cells": (
        [
            "%%sql a <<\nselect * from airlines",
            f"f = {FLIGHTS}",
            "code = a['carrier'][0]",
            f"f2 = {FLIGHTS}",
            "%%sql b <<\nselect $code as c, carrier from $a",
            WRITE.format("b"),
        ],
        {"airlines"},
    ),
    "a sql line": (["x = %sql select * from airlines\nx.arrow()", f"f = {FLIGHTS}", WRITE.format("x.arrow()")], {"airlines"}),
    "a timed cell": ([f"%%time\na = {AIRLINES}", f"f = {FLIGHTS}", WRITE.format("a")], {"airlines"}),
    "the output of a cell": ([AIRLINES, WRITE.format("_")], {"airlines"}),
    "exec": ([f"a = {AIRLINES}", f"f = {FLIGHTS}", "exec('b = a')", WRITE.format("b")], {"flights", "airlines"}),
    "globals": ([f"a = {AIRLINES}", f"f = {FLIGHTS}", "globals()['b'] = a", WRITE.format("b")], {"flights", "airlines"}),
    "a star import": ([f"a = {AIRLINES}", f"f = {FLIGHTS}", "from math import *", WRITE.format("[{'x': pi}]")], {"flights", "airlines"}),
    "a thread of an earlier cell": (
        [
            f"a = {AIRLINES}",
            "import threading, time\ndef late():\n    time.sleep(1)\n    "
            + WRITE.format("a")
            + "\nt = threading.Thread(target=late); t.start()",
            "t.join()",
        ],
        {"flights", "airlines"},
    ),
}


def test_a_write_has_the_sources_that_flow_into_its_cell(start: Callable[..., Any], flights: Any, root: Path) -> None:
    found, wanted = {}, {}
    kernel = start("lake-python")
    for index, (what, (cells, expected)) in enumerate(CASES.items()):
        if any(word in what for word in ("exec", "globals", "star", "output")):
            kernel = start("lake-python")  # what an unseen cell has touched stays doubtful
        for cell in cells:
            done = kernel.run(cell.replace("gold.made", f"gold.made_{index}"))
            assert done.reply["status"] == "ok" or "1/0" in cell, (what, done.text)
        found[what], wanted[what] = sources(root, f"gold.made_{index}"), expected
    assert found == wanted


def test_modules_of_ones_own_may_keep_what_they_read(start: Callable[..., Any], flights: Any, root: Path) -> None:
    (root / "helpers.py").write_text("kept = []\ndef load(ws):\n    kept.append(ws.dataset('silver.airlines').pandas())\n")
    kernel = start("lake-python")
    for cell in ("import helpers", "helpers.load(ws)", f"f = {FLIGHTS}", WRITE.format("helpers.kept[0]")):
        assert kernel.run(cell).reply["status"] == "ok"
    assert sources(root) == {"airlines"}


def test_a_file_is_the_only_source_of_what_it_is_loaded_into(start: Callable[..., Any], flights: Any, root: Path) -> None:
    (root / "holidays.csv").write_text("day,holiday\n2013-01-01,New Year\n")
    kernel = start("lake-python")
    for cell in (f"f = {FLIGHTS}", f"a = {AIRLINES}\nws.ingest('holidays.csv')"):
        assert kernel.run(cell).reply["status"] == "ok"
    assert sources(root, "bronze.holidays") == {"holidays.csv"}


def test_in_a_step_all_that_was_read_before_is_a_source(start: Callable[..., Any], flights: Any, root: Path) -> None:
    with workbench.open(root) as ws:
        run = ws.services.log.start("step", "step", "ada")
        kernel = start("lake-python", WORKBENCH_RUN_ID=run.id, WORKBENCH_NOTEBOOK="step.ipynb")
        for cell in (f"f = {FLIGHTS}", f"a = {AIRLINES}", WRITE.format("f")):
            assert kernel.run(cell).reply["status"] == "ok"
    assert sources(root, "gold.made") == {"flights", "airlines"}


def test_outside_of_kernels_all_that_was_read_before_is_a_source(flights: Any, root: Path) -> None:
    from workbench.runs import use_context

    run = flights.services.log.start("step", "script", "ada")
    with use_context(run.context()):
        flights.dataset("silver.flights").read()
        flights.dataset("gold.made").write([{"x": 1}])
    assert sources(root) == {"flights"}
