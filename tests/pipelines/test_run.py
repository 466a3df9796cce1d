"""Pipelines carried out: real worker, real kernels, real lake."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pyarrow as pa
import pytest
from sqlalchemy import update

from tests.pipelines.conftest import Place, processes_of, write_notebook
from tests.quick import Forked
from workbench.app.local import LocalWorkspace
from workbench.core.clock import iso, now
from workbench.core.config import Settings
from workbench.core.errors import InvalidInput, RunNotFound, ServiceNotRunning
from workbench.governance.tokens import TokenService
from workbench.pipelines.draft import draft
from workbench.pipelines.service import PipelineService
from workbench.runs.log import RunLog
from workbench.runs.records import TERMINAL
from workbench.store.tables import schedules

Make = Callable[..., Path]
Start = Callable[[], Forked]
Until = Callable[..., None]

TINY = """
name: tiny
parameters:
  - {name: month, type: int, default: 3, min: 1, max: 12}
  - {name: day, type: date, default: 2026-01-31}
steps:
  - {name: first}
  - {name: second}
  - {name: last, needs: [first, second]}
"""

SEE = "import json, os; from pathlib import Path"


def test_steps_run_in_order_with_their_parameters_in_papermills_format(shared: Place) -> None:
    place = "Path(os.environ['WORKBENCH_HOME'], os.environ['WORKBENCH_STEP'] + '.json')"
    see = f"{SEE}; {place}.write_text(json.dumps([month, day, os.getcwd()]))"
    folder = shared.make(
        "tiny",
        TINY,
        first=("month = 1\nday = ''", [see]),
        second=("month = 1\nday = ''", [see]),
        last=("unrelated = 0\nother = 1", ["print(other)"]),
    )
    done = shared.pipelines.run("tiny", {"month": "7"}, wait=True)
    assert done.run.status == "succeeded", done.run.error
    assert [(step.job, step.kind, step.status, step.parent_id) for step in done.steps] == [
        (f"tiny.{name}", "step", "succeeded", done.run.id) for name in ("first", "second", "last")
    ]
    assert done.run.params == {"month": 7, "day": "2026-01-31"}
    for name in ("first", "second"):
        assert json.loads((shared.settings.root / f"{name}.json").read_text()) == [7, "2026-01-31", str(folder)]
    first, second, last = done.steps
    assert last.started_at >= max(first.ended_at, second.ended_at)
    notebook = nbformat.read(shared.settings.state / last.attributes["notebook"], as_version=4)
    assert notebook.metadata.papermill.exception is False
    # The last notebook's parameters cell names none of the pipeline's parameters: nothing is injected.
    assert [cell.metadata.get("tags", []) for cell in notebook.cells] == [["parameters"], []]
    executed = nbformat.read(shared.settings.state / first.attributes["notebook"], as_version=4)
    assert executed.cells[1].metadata.tags == ["injected-parameters"]
    assert "month = 7" in executed.cells[1].source
    assert {cell.metadata.papermill.status for cell in executed.cells} == {"completed"}
    assert first.attributes["progress"] == {"cell": 3, "cells": 3}


def test_wrong_parameter_queues_nothing(pipelines: PipelineService, log: RunLog, make_pipeline: Make) -> None:
    make_pipeline("tiny", TINY, first=["1"], second=["1"], last=["1"])
    with pytest.raises(InvalidInput, match="above 12"):
        pipelines.run("tiny", {"month": 13})
    with pytest.raises(InvalidInput, match="no parameter 'mnth'"):
        pipelines.run("tiny", {"mnth": 1})
    assert log.count() == 0


def test_failing_cell_is_named_and_what_needs_it_is_skipped(shared: Place) -> None:
    raising = ["print('before')", "class Odd(ValueError): pass\nraise Odd('first line\\nlast line')", "print('never')"]
    shared.make("tiny", TINY, first=("month = 1", raising), second=["1"], last=["1"])
    done = shared.pipelines.run("tiny", wait=True)
    assert [step.status for step in done.steps] == ["failed", "succeeded", "skipped"]
    error = done.run.error
    assert error is not None
    assert error == done.steps[0].error
    assert error.message == "Step 'first' failed in cell 4: Odd: last line"
    kept = shared.settings.state / done.steps[0].attributes["notebook"]
    assert f"`workbench runs notebook {done.steps[0].id}`" in (error.fix or "")
    notebook = nbformat.read(kept, as_version=4)
    assert [cell.execution_count for cell in notebook.cells] == [1, 2, 3, 4, None]
    assert notebook.cells[3].outputs[0].ename == "Odd"
    assert notebook.cells[4].metadata.papermill.status == "pending"
    assert notebook.metadata.papermill.exception is True


def test_a_number_of_hundreds_of_digits_is_refused_in_words(pipelines: PipelineService, make_pipeline: Make) -> None:
    parameters = "parameters: [{name: i, type: int, default: 1, min: 0, max: 10}, {name: f, type: float, default: 1}, {name: j, type: int}]"
    make_pipeline("par", f"{parameters}\nsteps: [{{name: a}}]", a=["1"])
    for value in ("9" * 400, "9" * 5000, 10**400, 10**5000, -(10**400), float("inf")):
        for name in "if":
            with pytest.raises(InvalidInput, match=f"Parameter '{name}'") as refused:
                pipelines.run("par", {name: value})
            assert len(str(refused.value)) < 300
    # Where nothing limits it, what no text and no JSON has.
    with pytest.raises(InvalidInput, match="'j' must be of type int, not so large a number"):
        pipelines.run("par", {"i": 1, "j": 10**5000})


@pytest.mark.parametrize(("call", "status"), [("sys.exit()", "succeeded"), ("sys.exit(0)", "succeeded"), ("sys.exit('no')", "failed")])
def test_a_notebook_that_says_it_is_done_has_succeeded_as_with_papermill(shared: Place, call: str, status: str) -> None:
    shared.make(
        "leaves",
        "steps: [{name: only}, {name: next, needs: [only], notebook: last.ipynb}]",
        only=[f"import sys\n{call}", "1 / 0"],
        last=["1"],
    )
    done = shared.pipelines.run("leaves", wait=True)
    assert [step.status for step in done.steps] == [status, "succeeded" if status == "succeeded" else "skipped"]
    notebook = nbformat.read(shared.settings.state / done.steps[0].attributes["notebook"], as_version=4)
    assert [cell.metadata.papermill.status for cell in notebook.cells] == ["completed" if status == "succeeded" else "failed", "pending"]


def test_later_edits_do_not_change_a_queued_run(
    pipelines: PipelineService, settings: Settings, make_pipeline: Make, start_worker: Start
) -> None:
    cells = ["import helper", "from pathlib import Path; Path('seen.txt').write_text(helper.WORD)"]
    folder = make_pipeline("one", "steps: [{name: only}]", only=cells)
    (folder / "helper.py").write_text("WORD = 'as submitted'")
    queued = pipelines.run("one")
    make_pipeline("one", "steps: [{name: only}, {name: more, notebook: only.ipynb}]", only=["raise SystemError"])
    (folder / "helper.py").write_text("WORD = 'edited'")
    start_worker()
    done = pipelines._wait("one", queued.run.id)
    assert done.run.status == "succeeded", done.run.error
    assert (folder / "seen.txt").read_text() == "as submitted"
    assert len(done.steps) == 1


def test_what_a_notebook_reads_and_writes_is_recorded_with_its_cell(shared: Place) -> None:
    before = {run.id for run in shared.log.list(limit=None)}
    start = "import pyarrow as pa, workbench\nws = workbench.open()"
    write = "ws.dataset('bronze.numbers').write(pa.table({'n': [1, 2, 3]}))"
    read = (
        "t = ws.dataset('bronze.numbers').read(); ws.dataset('silver.doubled').write(pa.table({'n': [2 * v for v in t['n'].to_pylist()]}))"
    )
    shared.make("two", "steps: [{name: make}, {name: double, needs: [make]}]", make=[start, write], double=[start, read])
    done = shared.pipelines.run("two", wait=True)
    assert done.run.status == "succeeded", done.run.error
    make, double = done.steps
    assert [(io.name, io.rows, io.operation) for io in make.outputs] == [("bronze.numbers", 3, "create")]
    assert [io.name for io in double.inputs] == ["bronze.numbers"]
    assert double.inputs[0].snapshot_id == make.outputs[0].snapshot_id
    assert [io.name for io in double.outputs] == ["silver.doubled"]
    assert double.outputs[0].notebook == "notebooks/pipelines/two/double.ipynb"
    executed = nbformat.read(shared.settings.state / double.attributes["notebook"], as_version=4)
    assert double.outputs[0].cell == executed.cells[1].id
    # The wrote events are the steps' own: no run beside them.
    assert {run.kind for run in shared.log.list(limit=None) if run.id not in before} == {"pipeline", "step"}


def test_a_read_added_to_a_copy_of_a_notebook_shows_in_the_lineage(shared: Place) -> None:
    with LocalWorkspace(shared.settings) as ws:
        for name in ("one", "further"):
            ws.datasets.write(f"bronze.{name}", pa.table({"n": [1]}), "create")
        cells = ["import workbench\nws = workbench.open()", "t = ws.dataset('bronze.one').read()"]
        write = "ws.dataset('silver.{}').write(t)"
        shared.make("before", "steps: [{name: only}]", only=[*cells, write.format("before")])
        shared.make("after", "steps: [{name: only}]", only=[*cells, "ws.dataset('bronze.further').read()", write.format("after")])
        for name, sources in (("before", {"bronze.one"}), ("after", {"bronze.one", "bronze.further"})):
            assert shared.pipelines.run(name, wait=True).run.status == "succeeded"
            found = ws.lineage.upstream(f"silver.{name}")
            assert {node.name for node in found.nodes if node.depth == -1} == sources


def test_cancelling_kills_the_kernel_and_everything_it_started(shared: Place, until: Until) -> None:
    busy = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n"
        "open('pids', 'w').write(f'{os.getpid()} {child.pid} done')\n"
        "while True: pass"
    )
    folder = shared.make("long", "steps: [{name: busy}, {name: after, needs: [busy]}]", busy=[busy], after=["1"])
    queued = shared.pipelines.run("long")
    until(lambda: (folder / "pids").exists() and "done" in (folder / "pids").read_text())
    pids = processes_of(queued.steps[0].id, "s")
    assert len(pids) == 1
    pids += [int(word) for word in (folder / "pids").read_text().split()[:2]]
    assert shared.jobs.cancel(queued.run.id, "ada").status == "cancelled"
    assert [step.status for step in shared.pipelines.status("long", queued.run.id).steps] == ["cancelled", "cancelled"]
    until(lambda: not any(_lives(pid) for pid in pids), seconds=5)
    folder.joinpath("pids").unlink()
    again = shared.make("short", "steps: [{name: only}]", only=["1"])
    assert again
    assert shared.pipelines.run("short", wait=True).run.status == "succeeded"
    assert shared.pipelines.status("long", queued.run.id).run.status == "cancelled"


def test_an_executed_notebook_has_what_opens_it_needs_to_show_it(shared: Place) -> None:
    cells = ["import ipywidgets\nslider = ipywidgets.IntSlider(value=3)\nslider", "slider.value = 7\n1 / 0"]
    shared.make("shown", "steps: [{name: only}]", only=cells)
    done = shared.pipelines.run("shown", wait=True)
    notebook = nbformat.read(shared.settings.state / done.steps[0].attributes["notebook"], 4)
    nbformat.validate(notebook)
    assert notebook.metadata["language_info"]["name"] == "python"
    model = notebook.cells[0].outputs[0].data["application/vnd.jupyter.widget-view+json"]["model_id"]
    state = notebook.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"][model]
    assert (state["model_name"], state["state"]["value"]) == ("IntSliderModel", 7)


def test_what_asks_in_a_step_finds_nobody_and_does_not_wait(shared: Place) -> None:
    asks = ["!read answer; echo got $answer", "n = 2\n!echo {n} $n", "said = !echo one", "assert said == ['one']", "input('name? ')"]
    shared.make("asks", "steps: [{name: only, timeout: 30s}]", only=asks)
    done = shared.pipelines.run("asks", wait=True)
    assert done.run.error is not None and "failed in cell 5: StdinNotImplementedError" in done.run.error.message
    notebook = nbformat.read(shared.settings.state / done.steps[0].attributes["notebook"], 4)
    assert [cell.outputs[0].text.strip() for cell in notebook.cells[:2]] == ["got", "2 2"]


@pytest.mark.parametrize("back", [True, False])
def test_a_notebook_that_cannot_be_saved_for_a_while_goes_on(shared: Place, back: bool) -> None:
    """As on a disk that is full. In the end it must be saved."""
    folder = str(shared.settings.state / "executed")
    away = [
        f"import os, time\nhere = max(os.scandir({folder!r}), key=lambda entry: entry.stat().st_mtime).path",
        "os.rename(here, here + '-away'); open(here, 'w').close(); time.sleep(4)",
        "os.remove(here); os.rename(here + '-away', here)" if back else "1",
    ]
    shared.make("unsaved", "steps: [{name: only}]", only=away)
    done = shared.pipelines.run("unsaved", wait=True)
    if back:
        assert done.run.status == "succeeded"
        assert nbformat.read(shared.settings.state / done.steps[0].attributes["notebook"], 4).cells[2].execution_count == 3
    else:
        assert "the executed notebook could not be saved" in str(done.run.error)


def test_half_a_character_in_what_a_step_prints_or_raises_fails_it_in_words(shared: Place) -> None:
    """As a text has it that was cut in the middle of an emoji."""
    functions = ", ".join(f"{{name: {name}, function: 'f.py:{name}'}}" for name in ("worked", "gives"))
    yaml = f"steps: [{{name: prints}}, {{name: raises}}, {{name: said}}, {functions}]"
    folder = shared.make("half", yaml, prints=["print('one \\ud83d two')"], raises=["raise ValueError('no \\ud83d')"])
    (folder / "f.py").write_text("def worked():\n    raise ValueError('nor \\ud83d')\ndef gives():\n    return {'said': '\\ud83d'}")
    write_notebook(folder / "said.ipynb", ["said = 'cut'"])
    (folder / "said.ipynb").write_text((folder / "said.ipynb").read_text().replace("'cut'", "'cut \\ud83d'"))
    done = shared.pipelines.run("half", wait=True)
    steps = {step.attributes["step"]: step for step in done.steps}
    assert {name: step.status for name, step in steps.items()} == dict.fromkeys(steps, "failed") | {"prints": "succeeded"}
    assert "no \ufffd" in str(steps["raises"].error) and "nor \ufffd" in str(steps["worked"].error)
    assert "failed in cell 1: UnicodeEncodeError: the cell holds half of" in str(steps["said"].error)
    notebook = nbformat.read(shared.settings.state / steps["prints"].attributes["notebook"], 4)
    assert notebook.cells[0].outputs[0].text == "one \ufffd two\n"
    # Where the workspace lies is nothing to who sees the run.
    assert not [step for step in done.steps if str(shared.settings.root) in str(step.error)]
    assert f"workbench runs notebook {steps['raises'].id}" in str(steps["raises"].error)


def test_killed_kernel_fails_its_step_with_plain_words(shared: Place) -> None:
    shared.make("die", "steps: [{name: only}]", only=["1", "import os; os.kill(os.getpid(), 9)"])
    done = shared.pipelines.run("die", wait=True)
    error = done.run.error
    assert error is not None
    assert (error.code, error.message) == ("kernel_died", "Step 'only' failed in cell 2: its kernel died.")
    assert "memory" in (error.fix or "")


def test_what_is_no_notebook_of_python_is_told_before_anything_runs(shared: Place) -> None:
    folder = shared.make("unfit", "steps: [{name: first}, {name: only, needs: [first]}]", first=["1"], only=["print('it is', 6 * 7)"])
    good = (folder / "only.ipynb").read_text()
    other = json.loads(good)
    other["metadata"] = {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}
    sql = json.loads(good)
    sql["metadata"] = {"kernelspec": {"name": "lake-sql", "display_name": "Lake SQL", "language": "sql"}}
    for text, words in (
        (good[:-20].encode(), "only.ipynb is not a notebook, or was being saved"),
        (b"", "is not a notebook"),
        (b"[]", "is not a notebook"),
        (b'{"nbformat": 6, "nbformat_minor": 0, "metadata": {}, "cells": []}', "is not a notebook"),
        (json.dumps(other).encode(), "is a notebook of R, and steps run Python"),
        (json.dumps(sql).encode(), "write `sql:` in place of `notebook:`"),
    ):
        (folder / "only.ipynb").write_bytes(text)
        for act in (lambda: shared.pipelines.run("unfit"), lambda: shared.pipelines.publish("unfit")):
            with pytest.raises(InvalidInput, match="Step 'only'") as caught:
                act()
            assert words in str(caught.value)
        assert words.partition(" ")[2] in str(draft(shared.settings, "notebooks/pipelines/unfit/pipeline.yaml").problems)
    # As some editors save it.
    (folder / "only.ipynb").write_bytes(b"\xef\xbb\xbf" + good.encode())
    done = shared.pipelines.run("unfit", wait=True)
    assert done.run.status == "succeeded", done.run.error
    # What looks like one, and is none.
    (folder / "only.ipynb").write_text('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code"}]}')
    error = shared.pipelines.run("unfit", wait=True).run.error
    assert error is not None
    assert error.code == "unreadable_file"
    assert "Step 'only' failed: only.ipynb is not a notebook" in error.message


def test_of_what_a_cell_prints_without_end_the_beginning_and_the_end_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.pipelines import notebook

    monkeypatch.setattr(notebook, "KEPT", 100)
    client = notebook._Client(nbformat.v4.new_notebook())
    client.clear_before_next_output = False
    outs: list[nbformat.NotebookNode] = []
    stream: dict[str, Any] = {"msg_type": "stream", "header": {"msg_type": "stream"}, "parent_header": {}}
    for number in range(1000):
        content = {"name": "stdout", "text": f"line {number:03}\n"}
        client.output(outs, {**stream, "content": content}, None, 0)
    shown = "".join(out.text for out in outs)
    assert shown.startswith("line 000\nline 001\n")
    assert shown.endswith("line 998\nline 999\n")
    assert "\n… 8,802 characters that were printed here are left out.\n" in shown
    assert len(shown) < 300
    client.begin()
    client.output(outs, {**stream, "content": {"name": "stdout", "text": "next"}}, None, 1)
    assert outs[-1].text == "next"


def test_killed_process_of_a_step_is_told_as_that(shared: Place) -> None:
    kill = "[os.kill(each.pid, 9) for each in psutil.process_iter() if each.name() == 's ' + os.environ['WORKBENCH_RUN_ID'][-12:]]"
    shared.make("die", "steps: [{name: only}]", only=["1", f"import os, psutil, time\n{kill}\ntime.sleep(60)"])
    error = shared.pipelines.run("die", wait=True).run.error
    assert error is not None
    assert (error.code, error.message) == ("process_died", "Step 'only' failed in cell 2: the step's process was killed (SIGKILL).")


def test_token_of_a_step_ends_with_it(shared: Place) -> None:
    before = {token.id for token in TokenService(shared.store).list()}
    check = (
        "import os, workbench.store, workbench.governance.tokens as t\nfrom workbench.core.config import load_settings\n"
        "token = t.TokenService(workbench.store.Store(load_settings().store_url)).verify(os.environ['WORKBENCH_TOKEN'])\n"
        "assert (token.scope, token.run_id) == ('run', os.environ['WORKBENCH_RUN_ID'])"
    )
    shared.make("one", "steps: [{name: only}]", only=[check])
    done = shared.pipelines.run("one", wait=True)
    assert done.run.status == "succeeded", done.run.error
    tokens = [token for token in TokenService(shared.store).list() if token.id not in before]
    assert [(token.run_id, token.revoked_at is not None) for token in tokens] == [(done.steps[0].id, True)]


def test_repeated_key_runs_once_and_status_knows_its_own_runs(
    pipelines: PipelineService, log: RunLog, settings: Settings, make_pipeline: Make
) -> None:
    make_pipeline("one", "steps: [{name: only}]", only=["1"])
    first = pipelines.run("one", key="today")
    assert pipelines.run("one", key="today").run.id == first.run.id
    assert len(list((settings.state / "executed").iterdir())) == 1
    with pytest.raises(RunNotFound):
        pipelines.status("other", first.run.id)


def test_waiting_without_a_worker_says_so(pipelines: PipelineService, make_pipeline: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    monkeypatch.setattr("workbench.pipelines.past._PATIENCE", timedelta(seconds=0.5))
    make_pipeline("one", "steps: [{name: only}]", only=["1"])
    with pytest.raises(ServiceNotRunning, match="no worker"):
        pipelines.run("one", wait=True)


def test_interrupted_step_runs_again_and_writes_once(
    pipelines: PipelineService, log: RunLog, settings: Settings, make_pipeline: Make, start_worker: Start, until: Until
) -> None:
    """Killed after the first of three writes: the second attempt repeats the first two lines and adds nothing twice."""
    start = "import pyarrow as pa, time, workbench\nfrom pathlib import Path\nws = workbench.open()\nlog = open('attempts', 'a')"
    write = "ws.dataset('bronze.a').write(pa.table({{'n': [{0}]}})); log.write('wrote {0}\\n'); log.flush()"
    wait = "first = not Path('again').exists(); Path('again').touch()\nif first: time.sleep(600)"
    cells = [start, write.format(1), write.format(2), wait, write.format(3)]
    folder = make_pipeline(
        "thrice", "steps: [{name: before}, {name: only, needs: [before]}]", before=["open('before', 'a').write('x')"], only=cells
    )
    worker = start_worker()
    queued = pipelines.run("thrice")
    until(lambda: (folder / "again").exists())
    kernels = processes_of(queued.steps[1].id)
    assert len(kernels) == 2
    os.killpg(worker.pid, 9)
    worker.wait()
    until(lambda: not any(_lives(pid) for pid in kernels), seconds=5)
    start_worker()
    until(lambda: log.get(queued.run.id).status in TERMINAL)
    done = pipelines.status("thrice", queued.run.id)
    assert done.run.status == "succeeded", done.run.error
    assert (folder / "before").read_text() == "x"
    assert (folder / "attempts").read_text().split("\n")[:-1] == ["wrote 1", "wrote 2", "wrote 1", "wrote 2", "wrote 3"]
    import workbench.app.local

    workspace = workbench.app.local.LocalWorkspace(settings)
    assert sorted(workspace.dataset("bronze.a").read()["n"].to_pylist()) == [1, 2, 3]
    assert len(workspace.dataset("bronze.a").history()) == 4  # with the empty one that its branch began at
    assert [io.name for io in done.steps[1].outputs] == ["bronze.a"] * 3


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def test_a_databases_error_is_told_without_its_statement_values_and_address(shared: Place) -> None:
    statement = "c.execute(s.text('select :secret from nowhere'), {'secret': 42})"
    cell = f"import sqlalchemy as s\nwith s.create_engine('sqlite://').connect() as c:\n    {statement}"
    shared.make("database", "steps: [{name: only}]", only=[cell])
    error = shared.pipelines.run("database", wait=True).run.error
    assert error is not None
    assert error.message == "Step 'only' failed in cell 1: OperationalError: (sqlite3.OperationalError) no such table: nowhere"


def test_a_worker_runs_what_is_due_by_itself(shared: Place, until: Until) -> None:
    folder = shared.make("due", "parameters: [{name: day, type: date, required: true}]\nsteps: [{name: only, sql: only.sql}]\n")
    (folder / "only.sql").write_text("create table gold.due as select $day as day")
    with LocalWorkspace(shared.settings) as workspace:
        made = workspace.schedules.add("due", "* * * * *", params={"day": "{{ schedule.date }}"}, timezone="UTC")
        with shared.store.write() as conn:  # as if it had been made a minute ago
            conn.execute(update(schedules).where(schedules.c.id == made.id).values(next_at=iso(now() - timedelta(seconds=59))))
        until(lambda: any(each.status == "succeeded" for each in workspace.schedules.dates("due")))
        workspace.schedules.remove("due")
    run = shared.log.list(kind="pipeline", job="due")[-1]
    assert run.params["day"] == run.attributes["schedule"]["due"][:10] and run.attributes["version"] == 1
