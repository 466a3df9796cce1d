"""One notebook as a durable job: what it prints is there later, whoever has closed what."""

from __future__ import annotations

import json

import pytest

from tests.pipelines.conftest import Place, write_notebook
from workbench.core.errors import InvalidInput, NotFound


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
