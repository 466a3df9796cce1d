"""A pipeline.yaml in an editor: all that is wrong in it is told, and what is changed leaves everything else as a person wrote it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.test_add_step import BARE, BLOCK, FLOW, NAMED
from workbench.core.config import Settings
from workbench.core.errors import InvalidInput, NotFound, UnreadableFile
from workbench.pipelines.draft import draft
from workbench.pipelines.draft_records import Change

Make = Callable[..., Path]
PATH = "notebooks/pipelines/daily/pipeline.yaml"


def changes(*said: tuple[Any, ...]) -> list[Change]:
    return [Change(do=do, at=tuple(at.split(".")), value=value[0] if value else None) for do, at, *value in said]


@pytest.fixture
def folder(make_pipeline: Make) -> Path:
    return make_pipeline("daily", BLOCK, clean=("month: int = 6\nday = '2026-01-31'\nrest = other()", ["1"]), join=["2"], more=["3"])


@pytest.mark.parametrize("yaml", [BLOCK, FLOW, NAMED, BARE])
@pytest.mark.parametrize(
    "said",
    [
        (("set", "owner", "ada"), ("set", "limits.runs", 2), ("unset", "limits.runs")),
        (("set", "steps.clean.retries", 3), ("set", "steps.clean.params.month", 7), ("set", "steps.clean.timeout", "15m")),
        (("set", "steps.join.when", "all_ended"), ("unset", "steps.join.needs"), ("unset", "steps.join.when")),
        (("add", "steps", {"notebook": "more.ipynb", "needs": ["join"]}), ("set", "steps.more.needs", ["clean", "join"])),
        (("rename", "steps.clean", "tidy"), ("set", "steps.tidy.notebook", "clean.ipynb")),
        (("remove", "steps.clean"),),
        (("remove", "steps.join"),),
        (("add", "parameters", {"name": "country", "type": "str"}), ("set", "parameters.country.default", "GR: all")),
        (("set", "description", "One\nand two: # all\n"),),
    ],
)
def test_what_is_changed_leaves_the_rest_as_it_was_written(settings: Settings, folder: Path, yaml: str, said: tuple[Any, ...]) -> None:
    found = draft(settings, PATH, yaml, changes(*said))
    assert not found.problems
    assert found.pipeline is not None
    for comment in ("# Every night.", "# its name", "# first of all", "# the end", "# two"):
        assert comment not in yaml or comment in found.text
    assert ("\r\n" in found.text) == ("\r\n" in yaml)


def test_each_change_says_what_it_should(settings: Settings, folder: Path) -> None:
    text = """\
name: daily
tags:
  - one   # why
  - two
steps:
  - name: clean
    notebook: clean.ipynb  # its cells
    description: |
      Many
      lines

  # of join
  - name: join
    needs: [clean]
    params: {month: "{{ clean.month }}"}
"""
    (folder / "join.ipynb").write_text((folder / "clean.ipynb").read_text())
    said = changes(
        ("set", "tags", ["one", "three"]),
        ("set", "priority", 5),
        ("rename", "steps.clean", "tidy"),
        ("set", "steps.tidy.description", "Other"),
        ("set", "steps.tidy.retries", 2),
        ("add", "steps", {"notebook": "clean.ipynb", "needs": ["tidy"]}),
    )
    found = draft(settings, PATH, text, said)
    assert (
        found.text
        == """\
name: daily
tags:
  - one   # why
  - three
priority: 5
steps:
  - name: tidy
    notebook: clean.ipynb  # its cells
    description: Other

    retries: 2
  # of join
  - name: join
    needs: [tidy]
    params: {month: '{{ tidy.month }}'}
  - name: clean
    notebook: clean.ipynb
    needs: [tidy]
""".replace("    description: Other\n\n    retries: 2\n", "    description: Other\n    retries: 2\n\n")
    )
    assert draft(settings, PATH, found.text, changes(("remove", "steps.join"))).text == found.text.replace(
        "  # of join\n  - name: join\n    needs: [tidy]\n    params: {month: '{{ tidy.month }}'}\n", ""
    )
    back = draft(settings, PATH, found.text, changes(("remove", "steps.tidy")))
    assert [(step.name, step.needs) for step in back.steps] == [("join", ()), ("clean", ())]


def test_all_that_is_wrong_is_told_with_its_field_and_line_and_unknown_keys_stay(settings: Settings, folder: Path) -> None:
    text = """\
owner: 7
colour: red
parameters:
  - {name: month, type: number}
steps:
  - name: clean
    retries: many
    shape: round
  - name: join
    notebook: gone.ipynb
    needs: [clan]
    when: sometimes
  - {name: again, notebook: clean.ipynb, needs: [again]}
"""
    found = draft(settings, PATH, text)
    assert found.pipeline is None
    assert {(each.field, each.line) for each in found.problems} == {
        ("owner", 1), ("colour", 2), ("parameters[0].type", 4), ("steps[0].retries", 7), ("steps[0].shape", 8), ("steps[1].notebook", 10),
        ("steps[1].when", 12), ("steps", 5),
    }  # fmt: skip
    assert (
        next(each for each in found.problems if each.field == "steps[1].notebook").message == "steps[1].notebook gone.ipynb is not there."
    )
    assert found.said["colour"] == "red"
    assert found.steps[0].entry["shape"] == "round"
    assert "colour: red" in draft(settings, PATH, text, changes(("set", "owner", "ada"), ("set", "steps.clean.retries", 1))).text


def test_a_step_tells_what_its_file_takes(settings: Settings, folder: Path) -> None:
    (folder / "daily.sql").write_text("insert into gold.a select $month")
    (folder / "report.py").write_text("def tell(month: int, *, title: str = 'x'): ...\n")
    more = changes(("add", "steps", {"sql": "daily.sql"}), ("add", "steps", {"function": "report.py:tell"}))
    found = draft(settings, PATH, None, more)
    takes = {step.name: [(each.name, each.type, each.default) for each in step.takes] for step in found.steps}
    assert takes["clean"] == [("month", "int", "6"), ("day", "str", "'2026-01-31'"), ("rest", None, "other()")]
    assert takes["daily"] == [("month", None, None)]
    assert takes["report"] == [("month", "int", None), ("title", "str", None)]
    assert found.files == ("clean.ipynb", "daily.sql", "join.ipynb", "more.ipynb", "report.py")
    assert (folder / "pipeline.yaml").read_text() == BLOCK


def test_what_cannot_be_changed_without_a_loss_is_refused(settings: Settings, folder: Path) -> None:
    for text, at in (("a: &x {b: 1}\nsteps: [{name: clean, params: *x}]\n", "steps.clean.params.b"), ("{steps: [{name: clean}]}", "owner")):
        with pytest.raises(InvalidInput, match="losing something"):
            draft(settings, PATH, text, changes(("set", at, 2)))
    with pytest.raises(InvalidInput, match="losing something"):
        draft(settings, PATH, None, changes(("unset", "steps.nobody.needs")))
    with pytest.raises(UnreadableFile, match="line 3"):
        draft(settings, PATH, "steps:\n - [\n")
    for outside in ("../pipeline.yaml", ".workbench/pipeline.yaml", "notebooks/pipelines/daily/clean.ipynb", "nowhere/pipeline.yaml"):
        with pytest.raises(NotFound):
            draft(settings, outside, BLOCK)
