"""A pipeline.yaml in JupyterLab: a graph with forms over the person's own text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages import eventually, open_lab
from tests.e2e.stage import Lab
from tests.pipelines.conftest import write_notebook

pytestmark = pytest.mark.e2e
Shot = Callable[[str], None]

TEXT = """\
# Every night.
name: nightly   # its name
colour: red
steps:
  # first of all
  - name: load
    notebook: load.ipynb
  - {name: check, notebook: load.ipynb}  # by hand
"""


@pytest.fixture
def pipeline(lab: Lab) -> Iterator[Path]:
    file = lab.folder / "notebooks" / "pipelines" / "nightly" / "pipeline.yaml"
    write_notebook(file.parent / "load.ipynb", ["1"], "month: int = 6")
    file.write_text(TEXT)
    yield file
    file.unlink()


def middle(of: Locator) -> tuple[float, float]:
    box = of.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, start: Locator, end: Locator) -> None:
    page.mouse.move(*middle(start))
    page.mouse.down()
    x, y = middle(end)
    page.mouse.move(x - 30, y - 30, steps=5)
    page.mouse.move(x, y, steps=3)
    page.mouse.up()


def test_a_pipeline_is_edited_as_a_graph_and_keeps_what_a_person_wrote(pipeline: Path, page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page().replace("/lab?", "/lab/tree/notebooks/pipelines/nightly/pipeline.yaml?"))
    editor = page.get_by_role("region", name="Pipeline nightly")
    form = editor.get_by_role("group", name="Pipeline nightly")
    expect(form).to_contain_text("colour is unknown.")
    form.get_by_label("Runs at once").fill("many")
    form.get_by_label("Runs at once").press("Enter")
    expect(form).to_contain_text("limits.runs is 'many'. A whole number from 1")
    expect(editor.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    form.get_by_label("Runs at once").fill("2")
    form.get_by_label("Runs at once").press("Enter")
    form.get_by_role("button", name="Remove", exact=True).click()

    nodes = editor.locator(".react-flow__node")
    drag(
        page,
        nodes.filter(has_text="load").locator(".react-flow__handle-right"),
        nodes.filter(has_text="check").locator(".react-flow__handle-left"),
    )
    expect(editor.get_by_role("group", name="check, notebook, after load")).to_be_visible()
    drag(page, page.locator(".jp-DirListing-item", has_text="load.ipynb"), editor.locator(".react-flow__pane"))
    step = editor.get_by_role("group", name="Step load_2")
    step.get_by_label("Name").fill("again")
    step.get_by_label("Name").press("Enter")
    step = editor.get_by_role("group", name="Step again")
    step.get_by_label("month (int)").fill("7")
    step.get_by_label("month (int)").press("Enter")
    step.get_by_role("checkbox", name="check").click()
    expect(editor.get_by_role("group", name="again, notebook, after check")).to_be_visible()
    shot("pipeline-editor")
    nodes.filter(has_text="check").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(editor.get_by_role("complementary", name="Step check")).to_be_focused()
    nodes.filter(has_text="check").focus()
    page.keyboard.press("Delete")
    expect(nodes).to_have_count(2)
    editor.get_by_role("button", name="Undo").click()
    expect(editor.get_by_role("group", name="again, notebook, after check")).to_be_visible()

    page.keyboard.press("Control+s")
    added = "  - name: again\n    notebook: load.ipynb\n    params: {month: 7}\n    needs: [check]\n"
    wanted = TEXT.replace("colour: red\n", "limits: {runs: 2}\n").replace("load.ipynb}", "load.ipynb, needs: [load]}") + added
    # JupyterLab may have saved something by itself before.
    eventually(page, lambda: pipeline.read_text() == wanted)
