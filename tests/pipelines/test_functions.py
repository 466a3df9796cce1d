"""Steps that are Python functions."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.conftest import Place, processes_of
from workbench.app.local import LocalWorkspace
from workbench.core.config import Settings
from workbench.core.errors import InvalidInput
from workbench.pipelines.function import read_signature
from workbench.pipelines.service import PipelineService
from workbench.runs.log import RunLog
from workbench.runs.records import TERMINAL

Make = Callable[..., Path]

STEPS = """from __future__ import annotations
import os, sys
from datetime import date
import pyarrow as pa
import workbench
from helper import TWO
from lib.sums import plus

def count(month: int, day: date, *, label: str = "none") -> dict:
    print("counting", month)
    print("to standard error", file=sys.stderr)
    os.system("echo by a process")
    workbench.open().dataset("bronze.counted").write(pa.table({"n": [month]}))
    shown = workbench.open().file("shared/lines.csv").read_text()
    rate = open(os.path.join(os.environ["WORKBENCH_SOURCE"], "data", "rate.txt")).read()
    return {"rows": TWO * month, "year": day.year, "label": label, "where": os.getcwd(), "rate": rate, "elsewhere": plus(shown)}

async def tell(rows):
    return {"told": rows + 1}
"""
YAML = """files: [shared/lines.csv, lib]
parameters:
  - {name: month, type: int, default: 3}
  - {name: day, type: date, default: 2026-01-31}
  - {name: other, type: str, default: x}
steps:
  - {name: count, function: "steps.py:count", params: {label: own}}
  - {name: tell, function: "steps.py:tell", needs: [count], params: {rows: "{{ count.rows }}"}}
"""


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def elsewhere(root: Path) -> None:
    """Files of the workspace that are in no pipeline's folder."""
    for name, text in (("shared/lines.csv", "one"), ("lib/sums.py", "def plus(a): return a + '+'")):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)


def test_functions_get_their_arguments_by_name_and_give_what_they_return(shared: Place) -> None:
    folder = written(shared.make("functions", YAML), steps=STEPS, helper="TWO = 2")
    elsewhere(shared.settings.root)
    (folder / "data").mkdir()
    (folder / "data" / "rate.txt").write_text("0.5")
    queued = shared.pipelines.run("functions", {"month": "4"})
    # What is beside the steps goes with the run as it was.
    (folder / "data" / "rate.txt").unlink()
    (shared.settings.root / "shared" / "lines.csv").unlink()
    done = shared.pipelines._wait("functions", queued.run.id)
    assert done.run.status == "succeeded", done.run.error
    count, tell = done.steps
    assert count.attributes["outputs"] == {
        "rows": 8,
        "year": 2026,
        "label": "own",
        "where": str(folder),
        "rate": "0.5",
        "elsewhere": "one+",
    }
    assert tell.attributes["outputs"] == {"told": 9}
    assert [(io.name, io.operation) for io in count.outputs] == [("bronze.counted", "create")]
    log = (shared.settings.state / count.attributes["log"]).read_text()
    assert log.splitlines() == ["counting 4", "to standard error", "by a process"]
    # Where a notebook's step shows its notebook.
    looked = LocalWorkspace(shared.settings).runs.notebook(count.id)
    assert looked["cells"][0]["source"] == STEPS
    assert looked["cells"][1]["source"] == "count(month=4, day='2026-01-31', label='own')"
    assert [each["output_type"] for each in looked["cells"][1]["outputs"]] == ["stream", "execute_result"]
    assert looked["cells"][1]["outputs"][0]["text"] == log


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("x = 1\n    y = {}['gone']", "failed at steps.py, line 3: KeyError: 'gone'"),
        ("import json\n    json.loads('{')", "failed at steps.py, line 3: JSONDecodeError: "),
        ("import broken", "failed at broken.py, line 1: SyntaxError: "),
        ("raise SystemExit('over')", "failed at steps.py, line 2: SystemExit: over"),
        ("return [1]", "failed: InvalidInput: only returned list, which is no output of a step"),
    ],
)
def test_a_failure_says_file_line_and_the_last_words(shared: Place, body: str, said: str) -> None:
    written(shared.make("fails", "steps: [{name: only, function: 'steps.py:only'}]"), steps=f"def only():\n    {body}\n", broken="1 +")
    done = shared.pipelines.run("fails", wait=True)
    error = done.run.error
    assert error is not None
    assert error.code == "function_failed"
    assert f"Step 'only' {said}" in error.message
    log = (shared.settings.state / done.steps[0].attributes["log"]).read_text()
    assert "Traceback" in log
    assert "function_step.py" not in log or "return [1]" in body


def test_attempts_and_time_out_hold_for_functions(shared: Place, until: Callable[..., None]) -> None:
    yaml = """steps:
  - {name: flaky, function: "steps.py:flaky", retries: 2, retry_wait: 0.1}
  - {name: slow, function: "steps.py:slow", timeout: 1s}
"""
    code = """def flaky():
    with open("tries", "a") as file:
        file.write("x")
    n = len(open("tries").read())
    print("try", n)
    assert n > 2, n

def slow():
    import time
    time.sleep(60)
"""
    written(shared.make("tried", yaml), steps=code)
    done = shared.pipelines.run("tried", wait=True)
    flaky, slow = done.steps
    assert (flaky.status, slow.status, slow.error and slow.error.code) == ("succeeded", "failed", "timed_out")
    logs = [(shared.settings.state / each["log"]).read_text().splitlines()[0] for each in flaky.attributes["attempts"]]
    assert logs == ["try 1", "try 2"]
    assert (shared.settings.state / flaky.attributes["log"]).read_text() == "try 3\n"
    until(lambda: not processes_of(slow.id, "s"), seconds=5)


def test_a_killed_workers_function_is_called_again_and_writes_once(
    pipelines: PipelineService,
    log: RunLog,
    settings: Settings,
    make_pipeline: Make,
    start_worker: Callable[[], Any],
    until: Callable[..., None],
) -> None:
    code = """import os, time, workbench, pyarrow as pa
def only():
    workbench.open().dataset("bronze.once").write(pa.table({"n": [1]}))
    first = not os.path.exists("begun")
    open("begun", "a").close()
    time.sleep(60 if first else 0)
"""
    folder = written(make_pipeline("killed", "steps: [{name: only, function: 'steps.py:only'}]"), steps=code)
    worker = start_worker()
    queued = pipelines.run("killed")
    until((folder / "begun").exists)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    until(lambda: not processes_of(queued.steps[0].id, "s"), seconds=5)
    start_worker()
    until(lambda: log.get(queued.run.id).status in TERMINAL)
    assert log.get(queued.run.id).status == "succeeded", log.get(queued.run.id).error
    assert LocalWorkspace(settings).dataset("bronze.once").read().to_pylist() == [{"n": 1}]


@pytest.mark.parametrize(
    ("function", "params", "said", "fix"),
    [
        ("steps.py", "", "steps[0].function is 'steps.py'", "the file and the function"),
        ("gone.py:make", "", "steps[0].function gone.py is not there", "Python file"),
        ("../steps.py:make", "", "must be a path below", ""),
        ("steps.py:mak", "", "steps.py: there is no function 'mak'", "Did you mean 'make'?"),
        ("steps.py:inner", "", "there is no function 'inner'", "top level"),
        ("bad.py:make", "", "bad.py: line 2: ", "Correct that line"),
        ("steps.py:order", "", "arguments before `/`", "Leave the `/` out"),
        ("steps.py:needs", "", "line 4: the argument 'mnth' is no parameter", "Did you mean 'month'?"),
        ("steps.py:text", "", "the argument 'month' is str, and the parameter int", "Write month: int"),
        ("steps.py:empty", "", "the argument 'free' may be without a value", "a default"),
        ("steps.py:make", "mont: 1", "steps[0].params.mont is no argument of make", "Did you mean 'month'?"),
        ("steps.py:make", "month: x", 'steps[0].params.month is "x", and steps.py takes int', "of that type"),
    ],
)
def test_what_cannot_be_called_is_told_when_the_pipeline_is_read(
    pipelines: PipelineService, make_pipeline: Make, function: str, params: str, said: str, fix: str
) -> None:
    code = """raise ImportError("nobody imports this to read it")
def make(month: int, label="x"):
    def inner(): ...
def needs(mnth): ...
def text(month: "str | None"): ...
def empty(free): ...
def order(month, /): ...
"""
    yaml = f"""parameters: [{{name: month, type: int, default: 1}}, {{name: free, type: str}}]
steps: [{{name: a, function: "{function}", params: {{{params}}}}}]"""
    written(make_pipeline("wrong", yaml), steps=code, bad="def make():\n  1 +\n")
    with pytest.raises(InvalidInput) as error:
        pipelines.get("wrong")
    assert said in error.value.message
    assert fix in (error.value.fix or "")


def test_a_step_is_previewed_beside_functions_and_notebooks_with_parameters(pipelines: PipelineService, make_pipeline: Make) -> None:
    yaml = "steps: [{name: a, function: 'steps.py:a'}, {name: b, params: {n: 1}}]"
    written(make_pipeline("both", yaml, b=("n = 0", ["1"])), steps="def a(): ...")
    assert pipelines.preview_step("both", "SELECT 1 AS one", "c", ["a"], (), output="gold.one").needs == ("a",)


def test_a_signature_is_what_python_makes_of_it() -> None:
    text = "import datetime as d, typing as t\ndef f(a: d.date, b: t.Optional[int] = None, *rest, c: 'float', **more): ..."
    found = read_signature(text, "f")
    assert [(each.name, each.type, each.required) for each in found.arguments] == [
        ("a", "date", True),
        ("b", "int", False),
        ("c", "float", True),
    ]
    assert found.takes_any
