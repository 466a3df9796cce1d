"""What the steps of a run write is published together, when all have succeeded and its gates hold, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.pipelines.conftest import Place
from workbench.app.local import LocalWorkspace
from workbench.core.errors import AlreadyExists, DatasetNotFound, InvalidInput
from workbench.pipelines.load import find_pipeline
from workbench.pipelines.publishing import branch_of, unpublished

Make = Callable[..., Path]


@pytest.fixture(scope="module")
def ws(shared: Place) -> Iterator[LocalWorkspace]:
    with LocalWorkspace(shared.settings) as opened:
        yield opened


def count(ws: LocalWorkspace, name: str) -> int:
    return int(ws.sql(f"SELECT count(*) AS n FROM {name}").arrow()["n"][0].as_py())


def pipeline(shared: Place, name: str, head: str = "", **sql: str) -> None:
    steps = "".join(f"  - {{name: {step}, sql: {step}.sql}}\n" for step in sql)
    folder = shared.make(name, f"{head}steps:\n{steps}")
    for step, text in sql.items():
        (folder / f"{step}.sql").write_text(text)


def test_all_of_a_run_or_nothing_of_it(shared: Place, ws: LocalWorkspace) -> None:
    for name in ("silver.one", "gold.two"):
        ws.datasets.write(name, pa.table({"n": [1]}), "create")
    folder = shared.make(
        "pair",
        "steps:\n  - {name: one, sql: one.sql}\n  - {name: two, needs: [one]}\n",
        two=[
            "import workbench, pyarrow as pa; ws = workbench.open()",
            "assert ws.sql('SELECT count(*) AS n FROM silver.one').arrow()['n'][0].as_py() == 3",
            # What serves all of the workspace, and is started from here, works on no branch.
            "import os; from workbench.jobs.roles import clean_environment",
            "assert 'WORKBENCH_BRANCH' in os.environ and 'WORKBENCH_BRANCH' not in clean_environment()",
            "ws.datasets.write('gold.two', pa.table({'n': [2]}), 'append'); ws.dataset('gold.new').write(pa.table({'n': [1]}))",
            "assert False, 'broken'",
        ],
    )
    (folder / "one.sql").write_text("INSERT INTO silver.one SELECT n + 1 FROM silver.one; INSERT INTO silver.one VALUES (9)")
    ended = shared.pipelines.run("pair", wait=True)
    assert ended.run.status == "failed"
    assert ended.run.attributes["unpublished"] == ["gold.new", "gold.two", "silver.one"]
    assert (count(ws, "silver.one"), count(ws, "gold.two")) == (1, 1)
    assert count(ws, f'"silver.one#{branch_of(ended.run.id)}"') == 3
    assert {(io.name, io.branch) for io in ended.steps[0].outputs} == {("silver.one", branch_of(ended.run.id))}

    shared.make(
        "pair", (folder / "pipeline.yaml").read_text(), two=["import workbench", "workbench.open().dataset('gold.two').write([{'n': 5}])"]
    )
    ended = shared.pipelines.run("pair", wait=True)
    assert ended.run.status == "succeeded", ended.run.error
    assert ended.run.attributes["published"] == ["gold.two", "silver.one"]
    assert sorted((io.name, io.branch) for io in ended.run.outputs) == [("gold.two", "main"), ("silver.one", "main")]
    assert (count(ws, "silver.one"), count(ws, "gold.two")) == (3, 2)
    assert unpublished(shared.store, ended.run.id) == {}
    assert [ref.name for ref in ws.datasets.refs("gold.two") if ended.run.id in ref.name] == []


def test_a_new_dataset_is_there_when_it_is_published(shared: Place, ws: LocalWorkspace) -> None:
    folder = shared.make(
        "maker",
        "steps:\n  - {name: make, sql: make.sql}\n  - {name: look, needs: [make]}\n",
        look=[
            "import workbench; ws = workbench.open()",
            "assert 'gold.fresh' in [found.name for found in ws.catalog.list()] and ws.dataset('gold.fresh').read().num_rows == 2",
            "assert False, 'broken'",
        ],
    )
    (folder / "make.sql").write_text("CREATE TABLE gold.fresh AS SELECT * FROM (VALUES (1), (2)) AS t (n); CREATE TABLE gold.bare (n INT)")
    ended = shared.pipelines.run("maker", wait=True)
    assert ended.steps[-1].error is not None
    assert "broken" in ended.steps[-1].error.message
    assert ended.run.attributes["unpublished"] == ["gold.bare", "gold.fresh"]
    # It has its name, and stands in no list: nobody reads as empty what is not there yet.
    assert "gold.fresh" not in [found.name for found in ws.catalog.list()]
    assert "gold.fresh" not in [hit.dataset.name for hit in ws.catalog.search("fresh")]
    assert "gold.fresh" not in ws.sql("SHOW TABLES").arrow()["dataset"].to_pylist()
    assert [node.name for node in ws.catalog.tree("gold", "fresh").nodes] == []
    for ask in (lambda: count(ws, "gold.fresh"), lambda: ws.dataset("gold.fresh").read(), lambda: count(ws, "gold.bare")):
        with pytest.raises(DatasetNotFound):
            ask()
    with pytest.raises(AlreadyExists, match="run is making"):
        ws.sql("CREATE TABLE IF NOT EXISTS gold.fresh (n INT)")
    with pytest.raises(AlreadyExists, match="run is making"):
        ws.ingest(pa.table({"n": [1]}), name="gold.fresh")
    with pytest.raises(AlreadyExists, match="run is making"):
        ws.datasets.write("gold.fresh", pa.table({"n": [1]}), "create")
    assert count(ws, f'"gold.fresh#{branch_of(ended.run.id)}"') == 2
    assert ws.dataset(f"gold.fresh#{branch_of(ended.run.id)}").read().num_rows == 2

    source = (folder / "look.ipynb").read_text()
    (folder / "look.ipynb").write_text(source.replace("assert False, 'broken'", "pass"))
    repaired = shared.pipelines.repair(ended.run.id, source="current", wait=True)
    assert repaired.run.status == "succeeded", repaired.run.error
    assert (count(ws, "gold.fresh"), count(ws, "gold.bare")) == (2, 0)
    assert {"gold.fresh", "gold.bare"} <= {found.name for found in ws.catalog.list()}
    assert "gold.fresh" in [hit.dataset.name for hit in ws.catalog.search("fresh")]


def test_what_a_run_has_yet_to_publish_can_be_taken_over(shared: Place, ws: LocalWorkspace) -> None:
    made = "CREATE TABLE gold.left AS SELECT 1 AS n; CREATE TABLE gold.gone AS SELECT 1 AS n"
    pipeline(shared, "left", left=f"{made}; INSERT INTO gold.gone SELECT no_such_function()")
    ended = shared.pipelines.run("left", wait=True)
    assert ended.run.status == "failed"
    # Who writes rows to it makes it a dataset like any other; who wants its name drops it.
    ws.sql("INSERT INTO gold.left VALUES (7)")
    assert ws.dataset("gold.left").read()["n"].to_pylist() == [7]
    ws.sql("DROP TABLE gold.gone")
    ws.sql("CREATE TABLE gold.gone AS SELECT 2 AS n")
    assert count(ws, "gold.gone") == 1


def test_a_later_run_makes_anew_what_an_earlier_one_has_left(shared: Place, ws: LocalWorkspace) -> None:
    pipeline(shared, "again", made="CREATE TABLE gold.again AS SELECT 1 AS n, 'x' AS old; INSERT INTO gold.again SELECT no_such_function()")
    first = shared.pipelines.run("again", wait=True)
    assert (first.run.status, first.run.attributes["unpublished"]) == ("failed", ["gold.again"])
    pipeline(shared, "other", made="CREATE TABLE gold.again AS SELECT 9 AS n")  # of another pipeline: it says so
    other = shared.pipelines.run("other", wait=True)
    assert other.run.error is not None
    assert "There is a dataset gold.again already" in other.run.error.message

    pipeline(shared, "again", made="CREATE TABLE gold.again AS SELECT 2 AS n")
    second = shared.pipelines.run("again", wait=True)
    assert second.run.status == "succeeded", second.run.error
    assert ws.dataset("gold.again").read().to_pylist() == [{"n": 2}]

    # Nothing is published by halves of the first one, which can be run anew.
    ws.sql("DROP TABLE gold.again")
    overtaken = shared.pipelines.repair(first.run.id, source="current", wait=True)
    assert overtaken.run.error is not None
    assert overtaken.run.error.code == "commit_conflict"
    assert "gave way to it: gold.again" in overtaken.run.error.message
    assert f"rerun {first.run.id}" in str(overtaken.run.error.fix)
    rerun = shared.pipelines.rerun(first.run.id, source="current", wait=True)
    assert rerun.run.status == "succeeded", rerun.run.error
    assert ws.dataset("gold.again").read().to_pylist() == [{"n": 2}]


def test_a_gate_holds_back_the_whole_run(shared: Place, ws: LocalWorkspace) -> None:
    for name in ("silver.kept", "gold.gated"):
        ws.datasets.write(name, pa.table({"n": [1]}), "create")
    ws.dataset("gold.gated").expect("unique", "n", severity="gate")
    pipeline(shared, "gated", kept="INSERT INTO silver.kept VALUES (2)", gated="INSERT INTO gold.gated VALUES (1)")
    ended = shared.pipelines.run("gated", wait=True)
    assert [step.status for step in ended.steps] == ["succeeded", "succeeded"]
    assert ended.run.status == "failed"
    assert ended.run.error is not None
    assert ended.run.error.code == "held_back"
    assert ended.run.attributes["unpublished"] == ["gold.gated", "silver.kept"]
    assert (count(ws, "silver.kept"), count(ws, "gold.gated")) == (1, 1)
    # The gate is given up: no step is carried out again, and what there is, is published.
    ws.quality.remove("gold.gated", ws.quality.expectations("gold.gated")[0].id)
    repaired = shared.pipelines.repair(ended.run.id, wait=True)
    assert (repaired.run.status, repaired.run.repair) == ("succeeded", 1)
    assert (count(ws, "silver.kept"), count(ws, "gold.gated")) == (2, 2)


def test_what_a_gate_held_back_is_mended_by_editing_the_step(shared: Place, ws: LocalWorkspace) -> None:
    ws.datasets.write("silver.mended", pa.table({"n": [1]}), "create")
    ws.dataset("silver.mended").expect("unique", "n", severity="gate")
    folder = shared.settings.root / "notebooks/pipelines/mended"
    head = "parameters: [{name: n, type: int, default: 1}]\n"
    pipeline(shared, "mended", head, wrong="INSERT INTO silver.mended VALUES ($n)", fine="INSERT INTO silver.mended VALUES (9)")
    ended = shared.pipelines.run("mended", wait=True)
    assert ended.run.error is not None
    assert ended.run.error.code == "held_back"
    # With another value nothing that was made with the first is published.
    other = shared.pipelines.repair(ended.run.id, {"n": 9}, wait=True)
    assert other.run.attributes["repairs"][-1]["steps"] == ["wrong", "fine"]
    assert other.run.status == "failed"
    (folder / "wrong.sql").write_text("INSERT INTO silver.mended VALUES ($n + 1)")
    mended = shared.pipelines.repair(ended.run.id, source="current", wait=True)
    assert mended.run.attributes["repairs"][-1]["steps"] == ["wrong"]
    assert mended.run.status == "succeeded", mended.run.error
    assert sorted(ws.dataset("silver.mended").read()["n"].to_pylist()) == [1, 9, 10]


def test_each_write_is_seen_at_once_where_that_is_wanted(shared: Place, ws: LocalWorkspace) -> None:
    ws.datasets.write("silver.direct", pa.table({"n": [1]}), "create")
    pipeline(
        shared, "direct", "writes: at_once\n", first="INSERT INTO silver.direct VALUES (2)", then="INSERT INTO silver.not_there VALUES (1)"
    )
    assert shared.pipelines.run("direct", wait=True).run.status == "failed"
    assert count(ws, "silver.direct") == 2
    (shared.settings.root / "notebooks/pipelines/direct/pipeline.yaml").write_text(
        "writes: never\nsteps: [{name: first, sql: first.sql}]\n"
    )
    with pytest.raises(InvalidInput, match="One of together, at_once") as caught:
        find_pipeline(shared.settings, "direct")
    said: dict[str, Any] = caught.value.details
    assert said["field"] == "writes"


def test_what_somebody_drops_under_a_run_is_a_conflict(shared: Place, ws: LocalWorkspace, until: Callable[..., None]) -> None:
    """The run succeeded, and the rows of its first step were gone."""
    for name in ("bronze.under", "bronze.own"):
        ws.datasets.write(name, pa.table({"n": [0]}), "create")
    start = "import workbench, pyarrow as pa; ws = workbench.open()"
    write = "ws.dataset('bronze.under').write(pa.table({{'n': [{}]}}), mode='append')"
    # What the run itself drops is none, nor what it has made and dropped.
    own = ["ws.dataset('bronze.own').write(pa.table({'n': [1]}), mode='append'); ws.datasets.drop('bronze.own')"]
    own += ["ws.dataset('bronze.made').write(pa.table({'n': [1]})); ws.datasets.drop('bronze.made')"]
    waits = "from pathlib import Path; from time import sleep; Path('here').touch()\nwhile not Path('go').exists(): sleep(0.05)"
    yaml = "steps: [{name: one}, {name: two, needs: [one]}]"
    folder = shared.make("under", yaml, one=[start, write.format(1), *own, waits], two=[start, write.format(2)])
    run = shared.pipelines.run("under").run
    until((folder / "here").exists)
    ws.datasets.drop("bronze.under")
    (folder / "go").touch()
    until(lambda: shared.log.get(run.id).status == "failed")
    error = shared.log.get(run.id).error
    assert error is not None and error.code == "commit_conflict"
    assert "somebody dropped bronze.under" in error.message and "workbench pipelines repair" in (error.fix or "")
    assert not ws.catalog.search("bronze.under")
    # Both write anew, to a new one now.
    ws.datasets.write("bronze.own", pa.table({"n": [0]}), "create")
    done = shared.pipelines.repair(run.id, wait=True)
    assert done.run.status == "succeeded", done.run.error
    assert sorted(ws.dataset("bronze.under").read()["n"].to_pylist()) == [1, 2]
    assert unpublished(shared.store, run.id) == {}
