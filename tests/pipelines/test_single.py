"""One notebook as a durable job: what it prints is there later, whoever has closed what."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest

from tests.pipelines.conftest import Place, write_notebook
from workbench.app.local import LocalWorkspace
from workbench.core.errors import InvalidInput, NotFound, PipelineNotFound, RunNotFound
from workbench.core.principals import Principal


def test_a_notebook_runs_as_it_was_with_the_modules_beside_it(shared: Place) -> None:
    root = shared.settings.root
    folder = root / "analyses"
    write_notebook(
        folder / "by day.ipynb", ["import helper, os", "print(helper.WORD, n, os.path.basename(os.getcwd()))"], parameters="n = 1"
    )
    (folder / "helper.py").write_text("WORD = 'helped'")
    (folder / "data.csv").write_text("large")
    done = shared.pipelines.run_notebook("analyses/by day.ipynb", {"n": 5}, wait=True)
    assert done.run.status == "succeeded", done.run.error
    assert (done.run.job, done.run.params, done.run.attributes["folder"]) == ("by day.ipynb", {"n": 5}, "analyses")
    assert "helped 5 analyses" in json.dumps(shared.pipelines.notebook(done.steps[0].id))
    pinned = {path.name for path in (shared.settings.state / "executed" / done.run.id / "source").iterdir() if path.is_file()}
    assert pinned == {"by day.ipynb", "helper.py", "pipeline.yaml"}
    again = shared.pipelines.rerun(done.run.id, wait=True)  # as it was, with its parameters
    assert "helped 5 analyses" in json.dumps(shared.pipelines.notebook(again.steps[0].id))
    (folder / "helper.py").write_text("raise ValueError('broken')")
    broken = shared.pipelines.rerun(done.run.id, {"n": 6}, source="current", wait=True)
    assert broken.run.status == "failed"
    (folder / "helper.py").write_text("WORD = 'mended'")
    mended = shared.pipelines.repair(broken.run.id, source="current", wait=True)
    assert (mended.run.status, mended.run.params) == ("succeeded", {"n": 6})
    assert "mended 6 analyses" in json.dumps(shared.pipelines.notebook(mended.steps[0].id))
    with pytest.raises(InvalidInput, match="as it is now"):
        shared.pipelines.rerun(done.run.id, {"n": 7})


def test_a_notebook_is_scheduled_as_it_is_by_administrators(shared: Place) -> None:
    root, ws = shared.settings.root, LocalWorkspace(shared.settings)
    folder = root / "analyses" / "daily"
    write_notebook(folder / "02 of day.ipynb", ["import words", "print(words.WORD, day)"], parameters="day = None")
    (folder / "words.py").write_text("WORD = 'first'")
    path = "analyses/daily/02 of day.ipynb"
    with pytest.raises(InvalidInput, match="has no parameter 'dya'"):
        ws.schedules.add(path, "daily", params={"dya": 1})
    made = ws.schedules.add(f"analyses/../{path}", "yearly", timezone="UTC", params={"day": "{{ schedule.date }}"})
    assert (made.name, made.pipeline, made.version) == ("n02_of_day", path, 1)
    (folder / "words.py").write_text("WORD = 'second'")
    assert ws.pipelines.versions(path)[0].differs == ("words.py",)
    run = ws.schedules.run(made.name)
    done = shared.pipelines._wait(run.job, run.id)
    assert (done.run.status, done.run.job, done.run.attributes["folder"]) == ("succeeded", "02 of day.ipynb", "analyses/daily"), (
        done.run.error
    )
    today = str(run.params["day"])
    assert len(today) == 10 and f"first {today}" in json.dumps(shared.pipelines.notebook(done.steps[0].id))
    assert shared.pipelines.rerun(run.id, source="current", wait=True).run.status == "succeeded"
    # Saved again it is what the notebook is now; the name of another pipeline's folder is no way into its versions.
    assert ws.schedules.add(path, "daily", replace=True).version == 2
    assert ws.schedules.list(path)[0].definition.params == {}
    # Grants on pipelines, of all of them even, are none on notebooks.
    ws.compliance.apply("version: 1\ngrants:\n  - {to: engineer, what: 'pipeline:*', may: [read, run]}\n")
    starter = ws.as_principal(Principal(name="ann", roles=("engineer",)))
    with pytest.raises(PipelineNotFound):
        starter.schedules.add(path, "daily", name="mine")
    with pytest.raises(NotFound):
        starter.schedules.run(made.name)
    assert not [each for each in starter.runs.list(limit=500) if each.job.startswith("02 of day")]
    with pytest.raises(RunNotFound):
        starter.runs.get(run.id)
    ws.compliance.apply("version: 1\n")
    with pytest.raises(NotFound, match="There is no notebook"):
        ws.schedules.add("../outside.ipynb", "daily")
    ws.schedules.remove(made.name)


def test_what_is_no_notebook_of_the_workspace_is_not_run(shared: Place) -> None:
    root = shared.settings.root
    write_notebook(root / "plain.ipynb", ["1"])
    write_notebook(root.parent / "outside.ipynb", ["1"])
    (root / "text.txt").write_text("x")
    (root / "odd.ipynb").write_text("{}")
    (shared.settings.state / "hidden.ipynb").write_text("{}")
    for path in ("none.ipynb", "../outside.ipynb", str(root.parent / "outside.ipynb"), ".workbench/hidden.ipynb"):
        with pytest.raises(NotFound, match="There is no notebook"):
            shared.pipelines.run_notebook(path)
    with pytest.raises(InvalidInput, match="is no notebook"):
        shared.pipelines.run_notebook("text.txt")
    with pytest.raises(InvalidInput, match="is not a notebook"):
        shared.pipelines.run_notebook("odd.ipynb")
    with pytest.raises(InvalidInput, match="has no parameter 'm'"):
        shared.pipelines.run_notebook("plain.ipynb", {"m": 1})


def test_a_notebooks_parameters_are_what_json_has(shared: Place) -> None:
    write_notebook(shared.settings.root / "figures.ipynb", ["print(n, day, many)"], parameters="n = 0\nday = ''\nmany = []")
    given = {"n": np.int64(3), "day": date(2026, 1, 31), "many": np.array([1.5, 2.0])}
    assert shared.pipelines.run_notebook("figures.ipynb", given).run.params == {"n": 3, "day": "2026-01-31", "many": [1.5, 2.0]}
    for wrong in (object(), float("nan"), b"x"):
        with pytest.raises(InvalidInput, match="Parameter 'n' cannot be"):
            shared.pipelines.run_notebook("figures.ipynb", {"n": wrong})
