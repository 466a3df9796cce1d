"""A parameter that no step takes is told; and a notebook without a cell of parameters gets those of the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipelines.conftest import Place
from workbench import Pipeline
from workbench.app.local import LocalWorkspace
from workbench.core.config import Settings
from workbench.core.errors import InvalidInput
from workbench.pipelines.draft import draft

Make = Callable[..., Path]
YAML = """parameters:
  - {name: month, type: int, default: 1}
  - {name: dya, type: date, default: 2026-01-31}
  - {name: lost, default: x}
  - {name: own, default: x}
steps:
  - {name: clean, params: {own: y}}
  - {name: daily, sql: daily.sql, output: gold.daily}
  - {name: tell, function: "report.py:tell"}
"""


@pytest.fixture
def folder(make_pipeline: Make) -> Path:
    found = make_pipeline("daily", YAML, clean=("month = 1\nday = None\nown = ''", ["1"]))
    (found / "daily.sql").write_text("SELECT $month AS month")
    (found / "report.py").write_text("def tell(month): ...")
    return found


def test_a_parameter_that_no_step_takes_is_told_where_one_looks(settings: Settings, folder: Path) -> None:
    found = draft(settings, "notebooks/pipelines/daily/pipeline.yaml")
    assert not found.problems
    told = {each.message.partition(":")[0]: (each.field, each.line, each.fix) for each in found.warnings}
    assert told["dya"] == ("parameters[1].name", 3, "Did you mean 'day'?")
    assert set(told) == {"dya", "lost", "own"}
    with LocalWorkspace(settings) as ws:
        assert [each.partition(":")[0] for each in ws.pipelines.get("daily").warnings] == ["dya", "lost", "own"]
    # What takes anything takes these, too; and of a file that cannot be read nobody knows.
    (folder / "report.py").write_text("def tell(month, **rest): ...")
    assert not draft(settings, "notebooks/pipelines/daily/pipeline.yaml").warnings
    (folder / "clean.ipynb").write_text("{}")
    (folder / "report.py").write_text("def tell(month): ...")
    assert not draft(settings, "notebooks/pipelines/daily/pipeline.yaml").warnings


def test_python_is_warned_of_it(make_pipeline: Make) -> None:
    folder = make_pipeline("said", "", one=["day = 1"])
    said = Pipeline("said")
    said.parameter("day", "int", default=1)
    said.parameter("lost", "int", default=1)
    said.notebook("one")
    (folder / "pipeline.yaml").unlink()
    with pytest.warns(UserWarning, match="lost: no step takes this parameter"):
        said.write(folder)


def test_a_notebook_without_a_cell_of_parameters_gets_those_of_the_pipeline_and_its_own(shared: Place) -> None:
    yaml = "parameters: [{name: n, type: int, default: 2}]\nsteps: [{name: one, params: {word: a}}]\n"
    shared.make("untagged", yaml, one=["import workbench", "workbench.open().output(told=word * n)"])
    done = shared.pipelines.run("untagged", {"n": 3}, wait=True)
    assert done.steps[0].attributes["outputs"] == {"told": "aaa"}, done.run.error
    # What it names nowhere is a mistake.
    shared.make("untagged", yaml.replace("word", "wort"))
    with pytest.raises(InvalidInput, match=r"wort is not in one\.ipynb"):
        shared.pipelines.run("untagged")
    path = "notebooks/pipelines/untagged/one.ipynb"
    with pytest.raises(InvalidInput, match="no parameter 'm'"):
        shared.pipelines.run_notebook(path, {"m": 1})
    single = shared.pipelines.run_notebook(path, {"n": 2, "word": "b"}, wait=True)
    assert single.steps[0].attributes["outputs"] == {"told": "bb"}, single.run.error
