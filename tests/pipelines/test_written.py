"""Pipelines said in Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipelines.conftest import Place
from workbench import Pipeline
from workbench.core.config import Settings
from workbench.core.errors import AlreadyExists, InvalidInput
from workbench.pipelines.load import find_pipeline

Make = Callable[..., Path]

YAML = """name: whole
description: All there is
owner: ada
tags: [a, b]
queue: low
priority: 3
limits: {runs: 2}
parameters:
  - {name: month, type: int, default: 1, min: 1, max: 12, description: which}
  - {name: day, type: date, default: 2026-01-31}
  - {name: how, type: str, required: true, choices: [x, y]}
steps:
  - {name: clean, retries: 3, retry_wait: 30s, timeout: 15m, resources: {gpu: 1, memory: 8GB}}
  - {name: daily, sql: daily.sql, output: gold.daily, mode: upsert, key: [m], needs: [clean], params: {rows: "{{ clean.rows }}"}}
  - {name: ok, approve: {by: [steward, "user:ada"], message: "Good?"}, needs: [daily], timeout: 2d}
  - {name: tell, function: "steps.py:tell", needs: [ok, clean], when: all_ended, params: {title: "A: b", n: [1, x]}}
"""


def files(folder: Path) -> Path:
    (folder / "daily.sql").write_text("SELECT $month AS m, $rows AS n")
    (folder / "steps.py").write_text("def tell(title, n): ...")
    return folder


def said() -> Pipeline:
    whole = Pipeline("whole", description="All there is", owner="ada", tags=["a", "b"], queue="low", priority=3, most_runs=2)
    whole.parameter("month", "int", default=1, minimum=1, maximum=12, description="which")
    whole.parameter("day", "date", default="2026-01-31")
    whole.parameter("how", "str", required=True, choices=["x", "y"])
    clean = whole.notebook("clean", retries=3, retry_wait="30s", timeout="15m", resources={"gpu": 1, "memory": "8GB"})
    daily = whole.sql("daily", output="gold.daily", mode="upsert", key=["m"], needs=[clean], params={"rows": clean["rows"]})
    ok = whole.approval("ok", by=["steward", "user:ada"], message="Good?", needs=[daily], timeout="2d")
    whole.function("tell", "steps.py:tell", needs=[ok, "clean"], when="all_ended", params={"title": "A: b", "n": [1, "x"]})
    return whole


def test_python_and_yaml_say_the_same(settings: Settings, make_pipeline: Make) -> None:
    folder = files(make_pipeline("whole", YAML, clean=("rows = 0", ["1"])))
    by_hand = find_pipeline(settings, "whole")
    read = Pipeline.read(folder)
    with pytest.raises(AlreadyExists, match="not written from Python"):
        read.write(folder)
    for written in (read, said()):
        (folder / "pipeline.yaml").unlink()
        made = written.write(folder)
        assert find_pipeline(settings, "whole") == by_hand
        assert made.steps == by_hand.steps
    said().write(folder)  # over what it wrote itself


def test_what_is_wrong_is_told_with_the_field_and_changes_nothing(make_pipeline: Make) -> None:
    folder = make_pipeline("wrong", "steps: [{name: a}]", a=["1"])
    before = (folder / "pipeline.yaml").read_text()
    wrong = Pipeline("wrong")
    wrong.notebook("a", needs=["b"])
    with pytest.raises(InvalidInput, match=r"^pipeline.yaml: steps\[0\].needs names 'b'"):
        wrong.write(folder, replace=True)
    assert (folder / "pipeline.yaml").read_text() == before
    assert sorted(path.name for path in folder.iterdir()) == ["a.ipynb", "pipeline.yaml"]
    with pytest.raises(InvalidInput, match="no function of a file's top level"):
        wrong.function("b", lambda: 1)


def test_it_runs_as_any_other(shared: Place) -> None:
    made = Pipeline("inpython")
    made.parameter("n", "int", default=2)
    double = made.function("double", "steps.py:double")
    made.function("tell", "steps.py:tell", needs=[double], params={"m": double["m"]})
    folder = shared.settings.root / "notebooks" / "pipelines" / "inpython"
    folder.mkdir(parents=True)
    (folder / "steps.py").write_text("def double(n: int):\n    return {'m': 2 * n}\ndef tell(m):\n    return {'told': m}\n")
    made.write(folder)
    done = shared.pipelines.run("inpython", {"n": 4}, wait=True)
    assert done.run.status == "succeeded", done.run.error
    assert done.steps[1].attributes["outputs"] == {"told": 8}
