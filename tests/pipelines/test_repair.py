"""Runs that are carried out again: from the steps that failed, in the same run; from some; as a new run."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.pipelines.conftest import Place, processes_of
from tests.quick import Forked
from workbench.app.local import LocalWorkspace
from workbench.core.config import Settings
from workbench.core.errors import Conflict, InvalidInput
from workbench.pipelines.records import Step
from workbench.pipelines.repeated import repeated
from workbench.pipelines.service import PipelineService
from workbench.runs.log import RunLog
from workbench.runs.records import TERMINAL

Make = Callable[..., Path]
Until = Callable[..., None]

START = "import pyarrow as pa, workbench; ws = workbench.open()"
COUNTED = "with open('{0}.ran', 'a') as f: f.write('x')"
MENDED = "from pathlib import Path\nif not Path('mended').exists(): raise OSError('away')"
THREE = """
parameters: [{name: n, type: int, default: 1}]
steps:
  - {name: first}
  - {name: flaky, needs: [first], params: {rows: "{{ first.rows }}"}}
  - {name: last, needs: [flaky]}
"""


def append(name: str, rows: str) -> str:
    return f"ws.dataset('bronze.{name}').write(pa.table({{'n': {rows}}}), mode='append')"


def ran(folder: Path) -> dict[str, int]:
    return {path.stem: len(path.read_text()) for path in sorted(folder.glob("*.ran"))}


def rows(settings: Settings, name: str) -> list[int]:
    with LocalWorkspace(settings) as ws:
        return sorted(ws.dataset(f"bronze.{name}").read()["n"].to_pylist())


@pytest.fixture
def three(shared: Place, request: pytest.FixtureRequest) -> Iterator[tuple[str, Path]]:
    """A pipeline whose second step fails after it has written, until a file ``mended`` is there."""
    name = request.node.name.removeprefix("test_").replace("_", "")[:20]
    folder = shared.make(
        name,
        THREE,
        first=[START, COUNTED.format("first"), "ws.output(rows=5)"],
        flaky=("rows = 0\nn = 1", [START, COUNTED.format("flaky"), append(name, "[n]"), MENDED, append(name, "[10 + rows]")]),
        last=[COUNTED.format("last")],
    )
    yield name, folder


def test_repair_goes_on_where_it_failed(shared: Place, three: tuple[str, Path]) -> None:
    name, folder = three
    failed = shared.pipelines.run(name, wait=True)
    assert [step.status for step in failed.steps] == ["succeeded", "failed", "skipped"]
    # It is told before, and nothing is changed by that.
    looked = shared.pipelines.preview_repair(failed.run.id)
    assert (looked.steps, looked.kept, looked.anew, looked.publishes) == (("flaky", "last"), ("first",), (), True)
    assert (looked.params, [each.name for each in looked.parameters]) == ({"n": 1}, ["n"])
    assert shared.pipelines.preview_repair(failed.run.id, {"n": 2}, source="current").anew == ("flaky",)
    alone = shared.pipelines.preview_repair(failed.run.id, steps=["first"], dependents=False)
    assert (alone.steps, shared.pipelines.preview_repair(failed.run.id, steps=["first"]).steps) == (("first",), ("first", "flaky", "last"))
    with pytest.raises(InvalidInput, match="must be of type int"):
        shared.pipelines.preview_repair(failed.run.id, {"n": "many"})
    assert shared.pipelines.status(name, failed.run.id) == failed
    left = shared.settings.state / "executed" / failed.run.id
    assert [path.name for path in left.iterdir() if path.is_dir()] == ["source"]
    (folder / "mended").touch()
    done = shared.pipelines.repair(failed.run.id, wait=True)
    assert done.run.status == "succeeded", done.run.error
    assert [step.id for step in done.steps] == [step.id for step in failed.steps]
    assert [step.status for step in done.steps] == ["succeeded"] * 3
    # What had succeeded was not repeated, and what it gave was handed on; what the failed attempt had written is there once.
    assert ran(folder) == {"first": 1, "flaky": 2, "last": 1}
    assert rows(shared.settings, name) == [1, 15]
    (told,) = done.run.attributes["repairs"]
    assert (told["steps"], told["source"], told["params"]) == (["flaky", "last"], "pinned", {"n": 1})
    before = told["before"]["steps"]
    assert (before["flaky"]["status"], before["last"]["status"]) == ("failed", "skipped")
    assert "away" in before["flaky"]["error"]["message"]
    assert "ename" in (shared.settings.state / before["flaky"]["notebook"]).read_text()
    assert "ename" not in (shared.settings.state / done.steps[1].attributes["notebook"]).read_text()
    assert "skipped" not in done.steps[2].attributes
    with pytest.raises(InvalidInput, match="No step"):
        shared.pipelines.repair(failed.run.id)
    # The same is read off the log anew.
    shared.log.rebuild("runs")
    assert shared.pipelines.status(name, failed.run.id) == done


def test_edited_cells_and_those_after_them_write_anew(shared: Place, three: tuple[str, Path]) -> None:
    name, folder = three
    failed = shared.pipelines.run(name, wait=True)
    notebook = folder / "flaky.ipynb"
    notebook.write_text(notebook.read_text().replace("raise OSError('away')", "pass"))
    done = shared.pipelines.repair(failed.run.id, source="current", wait=True)
    assert done.run.status == "succeeded", done.run.error
    assert rows(shared.settings, name) == [1, 15]
    # Other parameters: all that the steps write is another thing now. Again: as the step had succeeded, it is meant to.
    other = shared.pipelines.repair(failed.run.id, {"n": 2}, ["flaky"], dependents=False, wait=True)
    assert (other.run.status, other.run.params) == ("succeeded", {"n": 2})
    assert rows(shared.settings, name) == [1, 2, 15, 15]
    assert ran(folder) == {"first": 1, "flaky": 3, "last": 1}
    assert [told["source"] for told in other.run.attributes["repairs"]] == ["current", "pinned"]


def test_what_a_step_writes_anew_takes_the_place_of_what_was_not_published(shared: Place) -> None:
    two = "steps:\n  - {name: kept}\n  - {name: wrong}\n  - {name: after, needs: [kept, wrong], when: all_ended}\n"
    wrong = [START, append("anew", "[10]"), append("anew", "[n + 2]"), "assert n, 'wrong'"]
    parameters = "parameters: [{name: n, type: int, default: 0}]\n"
    with LocalWorkspace(shared.settings) as ws:
        ws.dataset("bronze.anew").write(pa.table({"n": [0]}))
    # What others have written to the same dataset between its writes stays.
    shared.make("anew", parameters + two, kept=[START, append("anew", "[1]")], wrong=("n = 0", wrong), after=[START, append("anew", "[9]")])
    failed = shared.pipelines.run("anew", wait=True)
    assert [step.status for step in failed.steps] == ["succeeded", "failed", "succeeded"]
    notebook = shared.settings.root / "notebooks/pipelines/anew/wrong.ipynb"
    notebook.write_text(notebook.read_text().replace("[n + 2]", "[n + 3]"))
    still = shared.pipelines.repair(failed.run.id, steps=["wrong"], source="current", dependents=False, wait=True)
    assert still.run.status == "failed"
    assert rows(shared.settings, "anew") == [0]
    done = shared.pipelines.repair(failed.run.id, {"n": 1}, wait=True)
    assert done.run.status == "succeeded", done.run.error
    assert rows(shared.settings, "anew") == [0, 1, 4, 9, 10]
    # What is published is data: it stays, and a step that is asked to run again adds to it.
    again = shared.pipelines.repair(failed.run.id, steps=["kept"], dependents=False, wait=True)
    assert again.run.status == "succeeded", again.run.error
    assert rows(shared.settings, "anew") == [0, 1, 1, 4, 9, 10]


def test_what_stays_of_a_step_stays_under_other_ids_of_its_cells(shared: Place) -> None:
    one = "steps: [{name: only}]\n"
    cells = [START, append("ids", "[1]"), append("ids", "[2]")]
    shared.make("ids", one, only=[*cells, append("ids", "[3]"), "assert False"])
    failed = shared.pipelines.run("ids", wait=True)
    # Written anew as a whole: each cell has another id.
    for last, status in (("assert None", "failed"), ("assert True", "succeeded")):
        shared.make("ids", one, only=[*cells, append("ids", "[4]"), last])
        done = shared.pipelines.repair(failed.run.id, source="current", wait=True)
        assert done.run.status == status, done.run.error
    assert rows(shared.settings, "ids") == [1, 2, 4]


def test_a_dataset_that_a_failed_step_has_made_is_made_anew(shared: Place) -> None:
    create = "ws.sql('CREATE TABLE gold.madeanew AS SELECT {0} AS n')"
    one = "steps: [{name: only}]\n"
    shared.make("madeanew", one, only=[START, create.format(1), "assert False"])
    failed = shared.pipelines.run("madeanew", wait=True)
    assert failed.run.status == "failed"
    shared.make("madeanew", one, only=[START, create.format(2), "assert True"])
    done = shared.pipelines.repair(failed.run.id, source="current", wait=True)
    assert done.run.status == "succeeded", done.run.error
    with LocalWorkspace(shared.settings) as ws:
        assert ws.dataset("gold.madeanew").read()["n"].to_pylist() == [2]


def test_a_run_that_was_overtaken_is_repaired_on_what_is_there_now(shared: Place) -> None:
    write = "ws.dataset('bronze.overtaken').write(pa.table({'n': [1], 'v': ['run']}), mode='upsert', keys=['n'])"
    other = COUNTED.format("other")
    folder = shared.make(
        "overtaken",
        "steps:\n  - {name: other}\n  - {name: write}\n  - {name: wait, needs: [write]}\n",
        other=[other],
        write=[START, COUNTED.format("write"), write],
        # Somebody else writes while the run goes on, the first time.
        wait=[
            COUNTED.format("wait"),
            "import os; os.environ.pop('WORKBENCH_BRANCH'); import pyarrow as pa, workbench; ws = workbench.open()",
            "if len(open('wait.ran').read()) == 1: ws.dataset('bronze.overtaken').write(pa.table({'n': [7], 'v': ['other']}))",
        ],
    )
    with LocalWorkspace(shared.settings) as ws:
        ws.dataset("bronze.overtaken").write(pa.table({"n": [1], "v": ["base"]}))
    failed = shared.pipelines.run("overtaken", wait=True)
    assert failed.run.error is not None
    assert failed.run.error.code == "commit_conflict"
    done = shared.pipelines.repair(failed.run.id, wait=True)
    assert done.run.status == "succeeded", done.run.error
    assert ran(folder) == {"other": 1, "wait": 2, "write": 2}
    with LocalWorkspace(shared.settings) as ws:
        assert sorted(ws.dataset("bronze.overtaken").read().to_pylist(), key=str) == [{"n": 1, "v": "run"}, {"n": 7, "v": "other"}]


def test_rerun_takes_the_files_of_then_or_of_now(shared: Place, three: tuple[str, Path]) -> None:
    name, folder = three
    (folder / "mended").touch()
    first = shared.pipelines.run(name, {"n": 7}, wait=True)
    notebook = folder / "last.ipynb"
    notebook.write_text(notebook.read_text().replace("last.ran", "edited.ran"))
    again = shared.pipelines.rerun(first.run.id, wait=True)
    assert (again.run.status, again.run.params) == ("succeeded", {"n": 7})
    assert again.run.attributes["rerun_of"] == first.run.id
    assert ran(folder) == {"first": 2, "flaky": 2, "last": 2}
    now = shared.pipelines.rerun(first.run.id, {"n": 8}, source="current", wait=True)
    assert now.run.params == {"n": 8}
    same = shared.pipelines.diff(first.run.id, again.run.id)
    assert [(each.path, each.change) for each in same.code] == []
    assert (same.params, same.metrics, same.code_kept) == ((), (), True)
    assert [(each.name, each.first_rows, each.second_rows, each.same) for each in same.outputs] == [(f"bronze.{name}", 2, 2, True)]
    other = shared.pipelines.diff(again.run.id, now.run.id)
    assert not other.same
    assert [(each.name, each.first, each.second) for each in other.params] == [("n", 7, 8)]
    (file,) = other.code
    assert (file.path, file.change) == ("last.ipynb", "changed")
    assert "+with open('edited.ran', 'a') as f: f.write('x')" in file.lines
    assert all(step.first_seconds and step.second_seconds for step in other.steps)
    assert ran(folder) == {"first": 3, "flaky": 3, "last": 2, "edited": 1}
    # None is the default, as an emptied field of the form sends it.
    assert shared.pipelines.rerun(first.run.id, {"n": None}).run.params == {"n": 1}
    assert shared.pipelines.preview_repair(first.run.id, {"n": None}, ["last"]).params == {"n": 1}
    assert rows(shared.settings, name) == [7, 7, 8, 15, 15, 15]


def test_cancelled_run_is_repaired_and_one_that_goes_on_is_not(shared: Place, until: Until) -> None:
    folder = shared.make(
        "stopped",
        "steps: [{name: only}]",
        only=[COUNTED.format("only"), "import time, os\nif not os.path.exists('mended'): time.sleep(60)"],
    )
    queued = shared.pipelines.run("stopped")
    until(lambda: ran(folder))
    with pytest.raises(Conflict):
        shared.pipelines.repair(queued.run.id)
    shared.jobs.cancel(queued.run.id, "ada")
    (folder / "mended").touch()
    # At once, while what was cancelled may still be at it.
    done = shared.pipelines.repair(queued.run.id, wait=True)
    assert done.run.status == "succeeded", done.run.error
    assert ran(folder) == {"only": 2}
    (folder / "mended").unlink()
    shared.pipelines.repair(queued.run.id, steps=["only"])
    until(lambda: ran(folder) == {"only": 3})
    # A repair can be cancelled as any run.
    shared.jobs.cancel(queued.run.id, "ada")
    assert shared.pipelines.status("stopped", queued.run.id).steps[0].status == "cancelled"
    until(lambda: not processes_of(queued.steps[0].id), seconds=10)


def test_repair_is_resumed_after_the_workers_death(
    pipelines: PipelineService, log: RunLog, settings: Settings, make_pipeline: Make, start_worker: Callable[[], Forked], until: Until
) -> None:
    write = append("killed", "[1]")
    folder = make_pipeline(
        "killed",
        "steps: [{name: fails}, {name: slow, needs: [fails]}]",
        fails=[START, COUNTED.format("fails"), write, MENDED],
        slow=[START, COUNTED.format("slow"), append("killed", "[2]"), "import time; time.sleep(2)", append("killed", "[3]")],
    )
    worker = start_worker()
    failed = pipelines.run("killed", wait=True)
    (folder / "mended").touch()
    pipelines.repair(failed.run.id)
    until(lambda: ran(folder).get("slow"))
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    start_worker()
    until(lambda: log.get(failed.run.id).status in TERMINAL)
    assert log.get(failed.run.id).status == "succeeded", log.get(failed.run.id).error
    assert ran(folder) == {"fails": 2, "slow": 2}
    assert rows(settings, "killed") == [1, 2, 3]


GRAPH = (
    Step(name="a"),
    Step(name="b", needs=("a",)),
    Step(name="alarm", needs=("b",), when="any_failed"),
    Step(name="c", needs=("b",)),
    Step(name="other"),
)


@pytest.mark.parametrize(
    ("statuses", "said", "found"),
    [
        ("a ok, b failed, alarm ok, c skipped, other ok", {}, "b alarm c"),
        ("a ok, b cancelled, alarm cancelled, c cancelled, other ok", {}, "b alarm c"),
        ("a ok, b ok, alarm skipped, c ok, other failed", {}, "other"),
        ("a ok, b running, alarm queued, c queued, other ok", {}, "b alarm c"),
        ("a ok, b ok, alarm skipped, c ok", {}, "other"),
        ("a ok, b ok, alarm skipped, c ok, other ok", {"chosen": ["a"]}, "a b alarm c"),
        ("a ok, b failed, alarm ok, c skipped, other ok", {"chosen": ["a"], "dependents": False}, "a"),
    ],
)
def test_what_is_carried_out_again(statuses: str, said: dict[str, Any], found: str) -> None:
    ended = {name: {"ok": "succeeded"}.get(status, status) for name, status in (each.split() for each in statuses.split(", "))}
    assert " ".join(repeated(GRAPH, ended, **said)) == found
