"""A pipeline file says what is wrong with it: which file, which field, what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.core.config import Settings
from workbench.core.errors import InvalidInput, PipelineNotFound, UnreadableFile, WorkbenchError
from workbench.pipelines.load import find_pipeline, find_pipelines, order
from workbench.pipelines.parameters import resolve
from workbench.pipelines.records import Parameter, Pipeline, Step

Make = Callable[..., Path]

GOOD = """
name: daily
description: Every day
parameters:
  - {name: month, type: int, default: 6, min: 1, max: 12, description: The month}
  - {name: day, type: date, required: true}
  - {name: mode, type: str, choices: [fast, slow], default: fast}
steps:
  - {name: clean, notebook: clean.ipynb}
  - {name: join, needs: [clean]}
  - {name: daily, notebook: clean.ipynb, needs: [join]}
"""


def test_pipeline_is_read(settings: Settings, make_pipeline: Make) -> None:
    make_pipeline("daily", GOOD, clean=["1"], join=["2"])
    pipeline = find_pipeline(settings, "daily")
    assert [step.notebook for step in pipeline.steps] == ["clean.ipynb", "join.ipynb", "clean.ipynb"]
    assert pipeline.parameters[0] == Parameter(name="month", type="int", default=6, minimum=1, maximum=12, description="The month")
    assert pipeline.folder == "notebooks/pipelines/daily"
    assert find_pipelines(settings) == (pipeline,)


def test_names_as_keys_mean_the_same(settings: Settings, make_pipeline: Make) -> None:
    make_pipeline("a", "name: p\nparameters:\n  month: {type: int}\nsteps:\n  one:\n  two: {needs: one}\n", one=["1"], two=["2"])
    pipeline = find_pipeline(settings, "p")
    assert [(step.name, step.notebook, step.needs) for step in pipeline.steps] == [("one", "one.ipynb", ()), ("two", "two.ipynb", ("one",))]
    assert pipeline.parameters[0].name == "month"


def test_a_parameter_without_a_type_has_that_of_its_default(settings: Settings, make_pipeline: Make) -> None:
    defaults = "{a: {default: 0}, b: {default: 0.5}, c: {default: x}, d: {default: true}, e: {default: 2026-01-31}}"
    make_pipeline("p", f"parameters: {defaults}\nsteps: [{{name: one}}]\n", one=["1"])
    assert [each.type for each in find_pipeline(settings, "p").parameters] == ["int", "float", "str", "bool", "date"]


@pytest.mark.parametrize(
    ("yaml", "words"),
    [
        ("steps: [", "line 1 is not valid YAML"),
        ("- a", "pipeline.yaml must be a mapping"),
        ("steps:\n\t- {name: a}", "line 2 is not valid YAML: found character '\\t'"),
        ("steps: [{name: a}]\n---\n", "line 2 is not valid YAML: expected a single document in the stream, but found another document"),
        ("owner: \x07\nsteps: [{name: a}]", "line 1 is not valid YAML: there is a character"),
        # YAML's readers take the last: the steps before would be gone without a word.
        ("steps: [{name: a}]\nsteps: [{name: b, notebook: a.ipynb}]", "line 2 says 'steps' a second time"),
        ("steps:\n - name: a\n   retries: 1\n   retries: 2", "line 4 says 'retries' a second time"),
        ("steps: &s\n - {name: a, needs: *s}", "refers to the same parts too often, or to itself"),
        (f"description: [&a0 [x], {', '.join(f'&a{n + 1} [*a{n}, *a{n}]' for n in range(40))}]", "refers to the same parts too often"),
        ("steps: [{name: a}]\n#" + "x" * 1_000_000, "is larger than 1 MB"),
        ("name: x", "steps are missing"),
        ("name: ../../etc\nsteps: [{name: a}]", "name '../../etc' is not allowed"),
        ("steps: 2024-13-01", "is not valid YAML"),
        ("stepps: []", "stepps is unknown. Did you mean 'steps'?"),
        ("steps:\n - {notebook: a.ipynb}", "steps[0] has no name"),
        ("steps:\n - {name: a b}", "steps[0].name 'a b' is not allowed"),
        ("steps:\n - {name: a}\n - {name: a}", "steps[1].name 'a' is there twice"),
        ("steps:\n - {name: a, notebok: a.ipynb}", "steps[0].notebok is unknown. Did you mean 'notebook'?"),
        ("steps:\n - {name: a, notebook: b.ipynb}", "steps[0].notebook b.ipynb is not there"),
        ("steps:\n - {name: a, notebook: ../a.ipynb}", "steps[0].notebook must be a path below the pipeline's folder"),
        ("steps:\n - {name: a, needs: [b]}", "steps[0].needs names 'b', which is no step"),
        ("steps:\n - {name: a, needs: [c]}\n - {name: c, notebook: a.ipynb, needs: [a]}", "need each other in a circle: a -> c -> a"),
        ("steps: [{name: a}]\nparameters: {m: 0}", "parameters.m must be a mapping"),
        ("steps: [{name: a}]\nparameters: [{name: m}]", "parameters[0] has no type"),
        ("steps: [{name: a}]\nparameters: [{name: m, type: integer}]", "parameters[0].type 'integer' is not a type"),
        ("steps: [{name: a}]\nparameters: [{name: m, type: int, default: x}]", "parameters[0].default is wrong"),
        ("steps: [{name: a}]\nparameters: [{name: m, type: int, min: x}]", "parameters[0].minimum must be a number"),
        ("steps: [{name: a}]\nparameters: [{name: m, type: int, default: 5, choices: [1, 2]}]", "cannot be 5"),
        ("steps: [{name: a}]\nparameters: [{name: m, type: int, min: 5, max: 1}]", "parameters[0].minimum is above the maximum"),
        ("steps: [{name: a}]\nparameters: [{name: m, type: int, required: 'no'}]", "parameters[0].required is 'no'"),
        ("steps: [{name: 1}]", "steps[0].name is 1, which is no text"),
        ("steps: [{name: a}]\nparameters: [{name: m, type: int, defualt: 1}]", "parameters[0].defualt is unknown"),
    ],
)
def test_mistake_is_said_with_file_and_field(settings: Settings, make_pipeline: Make, yaml: str, words: str) -> None:
    make_pipeline("bad", yaml, a=["1"])
    with pytest.raises((InvalidInput, UnreadableFile)) as raised:
        find_pipeline(settings, "bad")
    assert words in str(raised.value)
    assert str(Path("notebooks/pipelines/bad/pipeline.yaml")) in raised.value.message
    assert raised.value.fix


def test_missing_pipeline_names_the_nearest(settings: Settings, make_pipeline: Make) -> None:
    make_pipeline("flights", "steps: [{name: a}]", a=["1"])
    make_pipeline("broken", "steps: [")
    with pytest.raises(PipelineNotFound, match="'flihgts'") as raised:
        find_pipeline(settings, "flihgts")
    assert "Did you mean 'flights'?" in str(raised.value)
    assert find_pipeline(settings, "flights").name == "flights"


def test_broken_neighbours_are_told_and_do_no_harm(settings: Settings, make_pipeline: Make) -> None:
    make_pipeline("broken", "steps: [")
    make_pipeline("deep", "a: " + "[" * 3000)
    make_pipeline("flights", "steps: [{name: a}]", a=["1"])
    broken, deep, good = find_pipelines(settings)
    assert (broken.name, deep.name, good.name) == ("broken", "deep", "flights")
    assert "pipeline.yaml, line 1 is not valid YAML" in broken.description
    assert "pipeline.yaml is nested too deep" in deep.description
    assert find_pipeline(settings, "flights") == good
    with pytest.raises(UnreadableFile, match="nested too deep"):
        find_pipeline(settings, "deep")


def test_notebook_that_is_a_link_out_of_the_folder_is_refused(settings: Settings, make_pipeline: Make, tmp_path: Path) -> None:
    (tmp_path / "outside.ipynb").write_text("{}")
    folder = make_pipeline("links", "steps: [{name: a}]", b=["1"])
    (folder / "a.ipynb").symlink_to(tmp_path / "outside.ipynb")
    with pytest.raises(InvalidInput, match="leads out of the pipeline's folder"):
        find_pipeline(settings, "links")
    (folder / "a.ipynb").unlink()
    (folder / "a.ipynb").symlink_to("b.ipynb")
    assert find_pipeline(settings, "links").steps[0].notebook == "a.ipynb"


def test_order_follows_needs_and_else_the_file() -> None:
    steps = tuple(Step(name=n, notebook="x", needs=needs) for n, needs in {"d": ("a", "b"), "b": (), "a": (), "c": ("d",)}.items())
    assert [step.name for step in order(steps)] == ["b", "a", "d", "c"]


PARAMETERS = (
    Parameter(name="month", type="int", default=6, minimum=1, maximum=12),
    Parameter(name="share", type="float"),
    Parameter(name="day", type="date"),
    Parameter(name="dry", type="bool", default=False),
    Parameter(name="mode", type="str", choices=("fast", "slow")),
)


def pipeline(*parameters: Parameter) -> Pipeline:
    return Pipeline(name="p", parameters=parameters or PARAMETERS, steps=(Step(name="a", notebook="a.ipynb"),), folder="x")


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"month": "7"}, {"month": 7}),
        ({"month": 7.0}, {"month": 7}),
        ({"share": "0.5"}, {"share": 0.5}),
        ({"share": 1}, {"share": 1.0}),
        ({"day": "2026-02-28"}, {"day": "2026-02-28"}),
        ({"dry": "yes"}, {"dry": True}),
        ({"mode": "slow"}, {"mode": "slow"}),
        ({"month": None}, {"month": 6}),
    ],
)
def test_parameters_are_read_as_their_type(given: dict[str, object], value: dict[str, object]) -> None:
    assert resolve(pipeline(), given) == {"month": 6, "dry": False} | value


@pytest.mark.parametrize(
    "given",
    [
        {"month": "six"},
        {"month": 6.5},
        {"month": True},
        {"month": 13},
        {"month": 0},
        {"share": "nan"},
        {"day": "2026-02-30"},
        {"dry": "maybe"},
        {"mode": "medium"},
        {"mode": 3},
        {"moth": 6},
    ],
)
def test_wrong_parameters_are_refused_by_name(given: dict[str, object]) -> None:
    with pytest.raises(WorkbenchError) as raised:
        resolve(pipeline(), given)
    assert repr(next(iter(given))) in raised.value.message
    assert raised.value.fix


def test_required_parameter_must_be_given() -> None:
    with pytest.raises(InvalidInput, match="'day' of pipeline 'p' is required"):
        resolve(pipeline(Parameter(name="day", type="date", required=True)), {})


def test_what_would_fill_the_log_of_runs_is_refused_with_what_to_do() -> None:
    texts = pipeline(Parameter(name="text", type="str"), Parameter(name="other", type="str"))
    assert resolve(texts, {"text": "x" * 900_000})
    with pytest.raises(InvalidInput, match=r"'text' has 16 MB, and those of a run have at most 1 MB together") as raised:
        resolve(texts, {"text": "x" * 16_000_000})
    assert raised.value.fix == "Keep it as a dataset or in a file, and give its name."
    with pytest.raises(InvalidInput, match=r"'text' has 600 KB \(1.1 MB in all\)"):
        resolve(texts, {"text": "ä" * 300_000, "other": "x" * 500_000})
