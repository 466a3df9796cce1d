"""A step put into a pipeline by a verb: the person's comments, order and layout stay, and the pipeline is whole at every moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.core.config import Settings
from workbench.core.errors import AlreadyExists, InvalidInput, InvalidName, InvalidSQL, WorkbenchError
from workbench.pipelines import files
from workbench.pipelines.edit import add_step
from workbench.pipelines.load import find_pipeline
from workbench.pipelines.preview import preview_step, steps_needed
from workbench.pipelines.records import Parameter
from workbench.runs.log import RunLog
from workbench.runs.records import DatasetIO
from workbench.store import Store

Make = Callable[..., Path]

BLOCK = """\
# Every night.
name: daily      # its name
steps:
  # first of all
  - name: clean
    notebook: clean.ipynb   # by hand
    description: |
      Two
      lines
  # then
  - name: join
    needs:
      - clean
# the end
"""
FLOW = "steps: [{name: clean}, {name: join, needs: [clean]}] # two\n"
NAMED = "parameters:\r\n  month: {type: int, default: 6}\r\n\r\nsteps:\r\n  clean:\r\n  join: {needs: clean}\r\n"
BARE = "name: daily\nparameters: []\nsteps:\n- {name: clean}\n- name: join"


@pytest.mark.parametrize("yaml", [BLOCK, FLOW, NAMED, BARE])
def test_a_step_is_added_and_the_rest_of_the_file_stays(settings: Settings, make_pipeline: Make, yaml: str) -> None:
    folder = make_pipeline("daily", "", clean=["1"], join=["2"])
    (folder / "pipeline.yaml").write_bytes(yaml.encode())
    old = find_pipeline(settings, "daily")
    params = {"month": 3, "day": "2026-01-31"}
    sql = "select $month as m, $day as d"
    found = add_step(settings, "daily", "report", sql, "gold.report", "append", (), ["join"], "What: it's", params)
    assert found == find_pipeline(settings, "daily")
    assert found.steps[:2] == old.steps
    assert found.steps[2].to_json() == {
        "name": "report", "notebook": None, "sql": "report.sql", "function": None, "approve": None,
            "output": "gold.report", "mode": "append", "key": [],
        "needs": ["join"], "params": {}, "when": "all_succeeded", "retries": 0, "retry_wait": 10.0, "timeout": None, "resources": {},
        "description": "What: it's",
    }  # fmt: skip
    month = old.parameters[0] if old.parameters else Parameter(name="month", type="int", default=3)
    assert found.parameters == (month, Parameter(name="day", type="date", default="2026-01-31"))
    after = (folder / "pipeline.yaml").read_bytes().decode()
    # Every line that was there is there, in its order.
    rest = iter(after.replace(", {name: report", "]\n").splitlines() if yaml == FLOW else after.splitlines())
    assert all(any(line.split("]")[0] in now for now in rest) for line in yaml.splitlines() if line != "parameters: []")
    assert ("\r\n" in yaml) == ("\r\n" in after)
    assert (folder / "report.sql").read_text() == "select $month as m, $day as d\n"


def test_comments_stay_with_what_they_stand_above(settings: Settings, make_pipeline: Make) -> None:
    make_pipeline("daily", BLOCK.replace("steps:", "# what is done\nsteps:"), clean=["1"], join=["2"])
    add_step(settings, "daily", "report", "select $n", "gold.r", params={"n": 1.5})
    lines = (settings.root / "notebooks/pipelines/daily/pipeline.yaml").read_text().splitlines()
    assert lines[:2] == BLOCK.splitlines()[:2]
    assert lines[2:6] == ["parameters:", "  - name: n", "    type: float", "    default: 1.5"]
    assert lines[lines.index("# what is done") + 1] == "steps:"
    assert lines[-4:] == ["  - name: report", "    sql: report.sql", "    output: gold.r", "# the end"]


def test_a_new_pipeline_is_made(settings: Settings) -> None:
    found = add_step(settings, "nightly", "report", "insert into gold.a select $on", params={"on": True})
    assert (found.name, found.folder, found.parameters[0].type) == ("nightly", "notebooks/pipelines/nightly", "bool")
    assert add_step(settings, "nightly", "more", "select 1 as a", "gold.b", "upsert", ["a"], ["report"]).steps[1].key == ("a",)


def test_a_step_is_replaced_key_by_key(settings: Settings, make_pipeline: Make) -> None:
    folder = make_pipeline("daily", BLOCK, clean=["1"], join=["2"])
    with pytest.raises(AlreadyExists, match="has a step 'clean'") as caught:
        add_step(settings, "daily", "clean", "select 1", "gold.a")
    assert caught.value.details["field"] == "step"
    found = add_step(settings, "daily", "clean", "select 1", "gold.a", replace=True)
    assert (found.steps[0].sql, found.steps[0].notebook, found.steps[0].description) == ("clean.sql", None, "")
    text = (folder / "pipeline.yaml").read_text()
    assert "    sql: clean.sql   # by hand\n" in text
    assert (folder / "clean.ipynb").exists()
    # Its own file is written over, under the same name.
    found = add_step(settings, "daily", "clean", "delete from gold.a", replace=True)
    assert (found.steps[0].sql, found.steps[0].output) == ("clean.sql", None)
    assert (folder / "clean.sql").read_text() == "delete from gold.a\n"
    assert sorted(path.name for path in folder.iterdir()) == ["clean.ipynb", "clean.sql", "join.ipynb", "pipeline.yaml"]


@pytest.mark.parametrize(
    ("arguments", "error", "field"),
    [
        ({"pipeline": "../daily"}, InvalidName, "name"),
        ({"pipeline": "folder"}, AlreadyExists, "name"),
        ({"pipeline": "away"}, InvalidInput, "name"),
        ({"step": "../report"}, InvalidName, "step"),
        ({"step": "taken"}, AlreadyExists, "step"),
        ({"sql": "selec 1"}, WorkbenchError, "sql"),
        ({"sql": "select 1;\nselect 2"}, InvalidInput, "sql"),
        ({"sql": " "}, InvalidSQL, "sql"),
        ({"output": "report"}, InvalidInput, "output"),
        ({"output": None}, InvalidInput, "sql"),
        ({"mode": "upsert"}, InvalidInput, "keys"),
        ({"needs": ("clen",)}, InvalidInput, "needs"),
        ({"sql": "select $x"}, InvalidInput, "params"),
        ({"sql": "select $x", "params": {"x": [1]}}, InvalidInput, "params"),
        ({"params": {"x": 1}}, InvalidInput, "params"),
    ],
)
def test_what_is_wrong_is_told_of_its_argument_and_nothing_changes(
    settings: Settings, make_pipeline: Make, tmp_path: Path, arguments: dict[str, object], error: type[WorkbenchError], field: str
) -> None:
    folder = make_pipeline("daily", BLOCK, clean=["1"], join=["2"])
    (folder / "taken.sql").write_text("select 'mine'")
    make_pipeline("folder", "name: other\nsteps: [{name: a}]", a=["1"])
    away = tmp_path / "away"
    away.mkdir()
    (folder.parent / "away").symlink_to(away)
    before = {path: path.read_bytes() for path in folder.parent.rglob("*") if path.is_file()}
    with pytest.raises(error) as caught:
        add_step(settings, **{"pipeline": "daily", "step": "report", "sql": "select 1 as n", "output": "gold.report", **arguments})  # type: ignore[arg-type]
    assert caught.value.details["field"] == field
    assert {path: path.read_bytes() for path in folder.parent.rglob("*") if path.is_file()} == before
    assert list(away.iterdir()) == []


@pytest.mark.parametrize(
    "yaml", ["{steps: [{name: clean}]}", "steps:\n  - &a {name: clean, notebook: clean.ipynb}\n  - {<<: *a, name: join}"]
)
def test_what_cannot_be_changed_safely_is_left_as_it_is(settings: Settings, make_pipeline: Make, yaml: str) -> None:
    folder = make_pipeline("daily", yaml, clean=["1"])
    try:
        found = add_step(settings, "daily", "report", "select 1", "gold.a")
        assert [step.name for step in found.steps] == ["clean", "join", "report"]  # it could
    except InvalidInput as error:
        assert "by hand" in str(error)
        assert (folder / "pipeline.yaml").read_text() == yaml


@pytest.mark.parametrize("replace", [False, True])
def test_whenever_it_is_ended_the_pipeline_is_the_old_or_the_new_one(
    settings: Settings, make_pipeline: Make, monkeypatch: pytest.MonkeyPatch, replace: bool
) -> None:
    folder = make_pipeline("daily", BLOCK, clean=["1"], join=["2"])
    if replace:
        add_step(settings, "daily", "report", "insert into gold.a select 1")
    old = find_pipeline(settings, "daily")
    whole = Path.replace
    ended = 0
    for steps in range(1, 20):
        left = [steps]

        def end(path: Path, target: Path, left: list[int] = left) -> Path:
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
            return whole(path, target)

        monkeypatch.setattr(files.Path, "replace", end)
        try:
            new = add_step(settings, "daily", "report", "select 1 as n", "gold.report", replace=True)
        except KeyboardInterrupt:
            ended += 1
            monkeypatch.setattr(files.Path, "replace", whole)
            found = find_pipeline(settings, "daily")
            assert found == old or found.steps[-1].output == "gold.report"
            continue
        break
    assert ended >= 2
    assert new.steps[-1].sql == "report.sql"
    assert find_pipeline(settings, "daily") == new
    assert (folder / "report.sql").read_text() == "select 1 as n\n"
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_a_preview_is_what_adding_makes_and_changes_nothing(settings: Settings, make_pipeline: Make) -> None:
    folder = make_pipeline("daily", BLOCK, clean=["1"], join=["2"])
    said = {"output": "gold.report", "mode": "append", "params": {"n": 3}}
    for name, before in (("daily", BLOCK), ("nightly", None)):
        looked = preview_step(settings, name, "report", "select $n as n", said, ["join"] if before else [])
        assert [path.name for path in (settings.root / "notebooks" / "pipelines").iterdir()] == ["daily"]
        assert sorted(path.name for path in folder.iterdir()) == ["clean.ipynb", "join.ipynb", "pipeline.yaml"]
        assert (looked.path, looked.before) == (f"notebooks/pipelines/{name}/pipeline.yaml", before)
        assert [each.name for each in looked.parameters] == ["n"]
    looked = preview_step(settings, "daily", "report", "select $n as n", said, ["join"])
    add_step(settings, "daily", "report", "select $n as n", needs=["join"], **said)  # type: ignore[arg-type]
    assert (folder / "pipeline.yaml").read_text() == looked.after
    for name, step, code in (("daily", "report", AlreadyExists), ("../../../daily", "other", InvalidName)):
        with pytest.raises(code):
            preview_step(settings, name, step, "select 1 as n", {"output": "gold.r"}, [])
    assert not list((settings.state / "tmp").iterdir())


def test_needs_are_proposed_by_what_the_steps_write(settings: Settings, make_pipeline: Make) -> None:
    make_pipeline("daily", "steps: [{name: clean}, {name: join, needs: [clean]}]\n", clean=["1"], join=["2"])
    add_step(settings, "daily", "mart", "select 1 as n", "gold.mart", needs=["join"])
    add_step(settings, "daily", "trim", "delete from silver.old where id in (select id from silver.kept)")
    store = Store(settings.store_url)
    store.migrate()
    log = RunLog(store)
    with log.run("step", "daily.clean", "ada") as run:
        run.wrote(DatasetIO(kind="table", id="0190", name="silver.flights"))

    def needed(sql: str, step: str = "new", reads: tuple[str, ...] = ()) -> tuple[str, ...]:
        return steps_needed(settings, log, "daily", step, sql, reads)

    assert needed("select * from Flights join gold.mart using (id)") == ("clean", "mart")
    assert needed("insert into gold.x select * from silver.kept; delete from gold.x where id in (from silver.old)") == ("trim",)
    assert needed("select * from gold.a_view", reads=("gold.mart",)) == ("mart",)
    assert needed("with n as (select 1 as a) select * from n") == ()
    # Nothing that comes after the step itself.
    assert needed("select * from gold.mart join silver.flights using (id)", "join") == ("clean",)
    assert steps_needed(settings, log, "nightly", "new", "select * from gold.mart", ()) == ()
    store.close()
