"""A past run, carried out once more on what it had read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from tests.pipelines.conftest import Place, write_notebook
from workbench.app.local import LocalWorkspace
from workbench.core.errors import RunNotFound

START = "import os, random, pyarrow as pa, workbench; ws = workbench.open()"
DOUBLE = (
    "ws.dataset('silver.twice').write(pa.table({'n': [2 * n for n in ws.dataset('bronze.given').read()['n'].to_pylist()]}), mode='append')"
)
CHANCE = "ws.dataset('silver.chance').write(pa.table({'day': ['a', 'b'], 'value': [random.random(), 1.0]}), mode='overwrite')"


def test_replay_gives_the_same_on_what_was_read_and_says_where_not(shared: Place, until: Callable[..., None]) -> None:
    yaml = "steps: [{name: double}, {name: ask, approve: {by: [viewer]}, needs: [double]}, {name: chance, needs: [ask]}]"
    shared.make("past", yaml, double=[START, DOUBLE, "ws.output(rows=3)", "print('done')"], chance=[START, CHANCE])
    with LocalWorkspace(shared.settings) as ws:
        ws.datasets.write("bronze.given", pa.table({"n": [1, 2, 3]}))
        ws.datasets.write("silver.twice", pa.table({"n": [0]}))
        queued = ws.pipelines.run("past")
        until(lambda: ws.pipelines.approvals())
        ws.pipelines.approve(queued.run.id)
        done = ws.pipelines.wait("past", queued.run.id)
        assert done.run.status == "succeeded", done.run.error
        # What was read is another thing now, and so is the code.
        ws.datasets.write("bronze.given", pa.table({"n": [9]}), mode="overwrite")
        shared.make("past", yaml, double=["raise SystemError"], chance=["1"])
        before = {name: ws.datasets.snapshots(name) for name in ("bronze.given", "silver.twice", "silver.chance")}
        found = ws.replay(done.run.id)
        assert found.status == "succeeded", found.error
        assert {name: ws.datasets.snapshots(name) for name in before} == before
        with pytest.raises(RunNotFound):
            ws.replay(done.steps[0].id)
    told = found.attributes
    assert (told["same"], told["notes"]) == (False, [])
    assert [each for each in told["differences"] if each["what"] != "cell"] == [
        {"what": "dataset", "step": "chance", "dataset": "silver.chance", "difference": "rows", "rows": 1, "column": "value"}
    ]
    assert told["cells_same"], told["differences"]
    assert not list(Path(shared.settings.state, "replays").glob("*"))


def test_a_notebook_that_ran_by_itself_is_replayed_as_it_was(shared: Place) -> None:
    path = shared.settings.root / "own.ipynb"
    write_notebook(path, [START, "ws.dataset('silver.own').write(pa.table({'n': [n]}), mode='overwrite')", "n"], "n = 1")
    with LocalWorkspace(shared.settings) as ws:
        done = ws.pipelines.run_notebook("own.ipynb", {"n": 5}, wait=True)
        assert done.run.status == "succeeded", done.run.error
        write_notebook(path, ["raise SystemError"])
        found = ws.replay(done.run.id)
    assert found.status == "succeeded", found.error
    assert found.attributes["same"] and found.attributes["cells_same"], found.attributes


def test_steps_that_ran_side_by_side_are_replayed_on_what_was_before_all_of_them(shared: Place) -> None:
    write = "ws.dataset('silver.beside').write(pa.table({{'n': [{0}]}}))"
    wait = "import time; from pathlib import Path\nfor _ in range(200): Path('early').exists() or time.sleep(0.05)"
    with LocalWorkspace(shared.settings) as ws:
        ws.datasets.write("silver.beside", pa.table({"n": [0]}))
        # The first of the file writes last.
        shared.make(
            "beside",
            "steps: [{name: late}, {name: early}]",
            late=[START, wait, write.format(1)],
            early=[START, write.format(2), "open('early', 'w')"],
        )
        done = ws.pipelines.run("beside", wait=True)
        assert done.run.status == "succeeded", done.run.error
        ws.datasets.write("silver.beside", pa.table({"n": [9]}))
        found = ws.replay(done.run.id)
    assert found.status == "succeeded", found.error
    assert found.attributes["same"], found.attributes
