"""Pipelines by the keyboard alone: a run is looked at, repaired with other parameters, and compared; a pipeline is edited."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages import open_lab, set_theme
from tests.e2e.stage import Lab
from tests.pipelines.conftest import write_notebook

pytestmark = pytest.mark.e2e
SEEN = "e => { const s = getComputedStyle(e); return (s.outlineStyle !== 'none' && s.outlineWidth !== '0px') || s.boxShadow !== 'none'; }"
Shot = Callable[..., None]
YAML = """parameters:
  - {name: n, type: int, default: 0, description: by what is divided}
  - {name: lost, default: x}
steps:
  - {name: first}
  - {name: divide, needs: [first]}
  - {name: last, needs: [divide]}
  - {name: count, sql: count.sql, output: silver.keyed, needs: [first]}
"""


@pytest.fixture
def folder(lab: Lab) -> Iterator[Path]:
    found = lab.folder / "notebooks" / "pipelines" / "keyed"
    write_notebook(found / "first.ipynb", ["print('first')"])
    write_notebook(found / "divide.ipynb", ["print(1 / n)"], "n = 0")
    write_notebook(found / "last.ipynb", ["print('last')"])
    (found / "count.sql").write_text("SELECT count(*) AS n FROM bronze.airlines")
    (found / "pipeline.yaml").write_text(YAML)
    yield found
    (found / "pipeline.yaml").unlink()


def walk(page: Page, to: Locator, key: str = "Tab", most: int = 60) -> None:
    """Press a key until something has the focus, which is seen."""
    for _ in range(most):
        page.keyboard.press(key)
        if to.count() == 1 and to.evaluate("element => element === document.activeElement"):
            assert to.evaluate(SEEN), f"{to} has the focus, and does not show it"
            return
    raise AssertionError(f"{to} was not reached with {key}")


# A step that is carried out once more has no notebook until its first cell: a page that asks just then gets 404, and says so.
@pytest.mark.usefixtures("console_errors_expected")
def test_a_run_is_opened_repaired_with_other_parameters_and_compared(folder: Path, page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    page.get_by_role("tab", name="Runs").click()
    pipelines = page.get_by_role("list", name="Pipelines")
    page.get_by_role("region", name="Runs").get_by_role("button", name="Schedules").focus()
    expect(pipelines.get_by_role("button", name="Open keyed")).to_be_visible()
    walk(page, pipelines.get_by_role("button", name="Open keyed"))
    page.keyboard.press("Enter")
    shown = page.get_by_role("region", name="Pipeline keyed")
    expect(shown.get_by_role("status").filter(has_text="no step takes this parameter")).to_contain_text("lost")
    expect(shown.get_by_role("button", name="Run", exact=True)).to_be_visible()
    walk(page, shown.get_by_role("button", name="Run", exact=True), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(shown.get_by_role("spinbutton", name="n")).to_be_focused()
    page.keyboard.press("Escape")
    expect(shown.get_by_role("button", name="Run", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    walk(page, shown.get_by_role("button", name="Start"))
    page.keyboard.press("Enter")
    steps = {name: shown.get_by_role("group", name=re.compile(f"^{name}, ")) for name in ("first", "divide", "last", "count")}
    expect(steps["last"]).to_have_accessible_name(re.compile("skipped"), timeout=120_000)
    repair = shown.get_by_role("button", name="Repair…")
    expect(repair).to_be_visible(timeout=120_000)

    # The graph by its arrows; a step's side and back.
    shown.get_by_role("tab", name="Graph").focus()
    walk(page, steps["first"])
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(steps["first"]).to_be_focused()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
        if not steps["divide"].evaluate("element => element === document.activeElement"):
            page.keyboard.press("ArrowUp") if steps["count"].evaluate("e => e === document.activeElement") else page.keyboard.press(
                "ArrowLeft"
            )
        if steps["divide"].evaluate("element => element === document.activeElement"):
            break
    expect(steps["divide"]).to_be_focused()
    page.keyboard.press("Enter")
    side = shown.get_by_role("complementary", name="Step divide")
    expect(side).to_be_focused()
    expect(side).to_contain_text("division by zero")
    page.keyboard.press("Escape")
    expect(side).to_have_count(0)
    expect(steps["divide"]).to_be_focused()

    # The repair: what will run is told, Escape leaves all as it is.
    repair.focus()
    page.keyboard.press("Enter")
    form = shown.get_by_role("form", name="Repair this run")
    expect(form.get_by_role("spinbutton", name="n")).to_be_focused()
    expect(form.get_by_role("status")).to_contain_text("divide and last run again.")
    page.keyboard.press("Escape")
    expect(repair).to_be_focused()
    page.keyboard.press("Enter")
    expect(form.get_by_role("spinbutton", name="n")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(form.get_by_role("status")).to_contain_text(re.compile("first and count stay as they are"))
    # Who chooses other files stays where she chooses.
    files = shown.get_by_role("combobox", name="with")
    files.focus()
    files.select_option("pinned")
    page.wait_for_function("() => !document.querySelector('.wb-repair-plan').hasAttribute('aria-busy')")
    page.wait_for_timeout(300)
    expect(files).to_be_focused()
    files.select_option("current")
    expect(form.get_by_role("status")).to_contain_text(re.compile("first and count stay as they are"))
    shot("repair-form")
    set_theme(page, "JupyterLab Dark")
    shot("repair-form-dark")
    set_theme(page, "JupyterLab Light")
    form.get_by_role("spinbutton", name="n").focus()
    walk(page, form.get_by_role("button", name="Start"))
    page.keyboard.press("Enter")
    expect(steps["last"]).to_have_accessible_name(re.compile("succeeded"), timeout=120_000)

    # One step once more, alone; and the history of both.
    steps["first"].focus()
    page.keyboard.press("Enter")
    side = shown.get_by_role("complementary", name="Step first")
    expect(side.get_by_role("button", name="Run this step again…")).to_be_visible(timeout=60_000)
    walk(page, side.get_by_role("button", name="Run this step again…"))
    page.keyboard.press("Enter")
    form = shown.get_by_role("form", name="Run first again")
    expect(form.get_by_role("status")).to_contain_text("first runs again, and divide, count and last after it, which need it.")
    walk(page, form.get_by_role("checkbox", name="and the steps that need it"))
    page.keyboard.press("Space")
    expect(form.get_by_role("status")).to_contain_text("first runs again.")
    shot("run-step-again")
    walk(page, form.get_by_role("button", name="Start"))
    page.keyboard.press("Enter")
    history = shown.get_by_role("button", name="repaired 2 times")
    expect(history).to_be_visible(timeout=120_000)
    expect(steps["first"]).to_have_accessible_name(re.compile("succeeded"), timeout=120_000)
    history.focus()
    page.keyboard.press("Enter")
    table = shown.get_by_role("table", name="Repairs of this run")
    expect(table.get_by_role("row")).to_have_count(3)
    expect(table.get_by_role("row").nth(1)).to_contain_text("divide, last")
    expect(table.get_by_role("row").nth(1)).to_contain_text("n=2")
    expect(table.get_by_role("row").nth(1)).to_contain_text("division by zero")
    shot("repair-history")
    set_theme(page, "JupyterLab Dark")
    shot("repair-history-dark")
    set_theme(page, "JupyterLab Light")

    # Time, log and comparison.
    graph = shown.get_by_role("tab", name="Graph")
    graph.focus()
    page.keyboard.press("ArrowRight")
    expect(shown.get_by_role("tab", name="Timeline")).to_be_focused()
    line = shown.get_by_role("table", name="Steps of keyed in time").get_by_role("button", name="divide")
    walk(page, line)
    page.keyboard.press("Enter")
    expect(shown.get_by_role("complementary", name="Step divide")).to_be_focused()
    page.keyboard.press("Escape")
    expect(line).to_be_focused()
    walk(page, shown.get_by_role("tab", name="Timeline"), "Shift+Tab")
    page.keyboard.press("ArrowRight")
    walk(page, shown.get_by_role("searchbox", name="Search the log"))
    page.keyboard.type("divide")
    log = shown.get_by_role("table", name="Log of keyed")
    expect(log.get_by_role("row").first).to_contain_text("divide")
    page.keyboard.press("Escape")
    expect(shown.get_by_role("searchbox", name="Search the log")).to_have_value("")
    # As a new run it asks for its parameters, too; an emptied field means the default, and says so.
    shown.get_by_role("button", name="Run again…").focus()
    page.keyboard.press("Enter")
    form = shown.get_by_role("form", name="Run again")
    expect(form.get_by_role("spinbutton", name="n")).to_be_focused()
    expect(form.get_by_role("spinbutton", name="n")).to_have_value("2")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    expect(form.get_by_role("spinbutton", name="n")).to_have_attribute("placeholder", "default: 0")
    shot("rerun-emptied")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(shown.get_by_role("group", name="Last runs of keyed").get_by_role("button")).to_have_count(2, timeout=60_000)
    # The button is gone with the run that had ended; who goes on by keys is not sent to the page's beginning.
    expect(shown.get_by_role("tab", name="Log")).to_be_focused()
    page.keyboard.press("ArrowRight")
    walk(page, shown.get_by_role("combobox", name="First"))
    walk(page, shown.get_by_role("button", name="Swap"))
    expect(shown.get_by_role("table", name="Steps of both runs").get_by_role("row")).to_have_count(5, timeout=120_000)


def test_queue_schedules_and_a_cancelled_run_by_keys(folder: Path, page: Page, lab: Lab) -> None:
    write_notebook(folder / "divide.ipynb", ["import time; time.sleep(600)"], "n = 0")
    open_lab(page, lab.page())
    page.get_by_role("tab", name="Runs").click()
    runs = page.get_by_role("region", name="Runs")
    runs.get_by_role("button", name="Queue and workers").focus()
    page.keyboard.press("Enter")
    shown = page.get_by_role("region", name="Pipelines", exact=True)
    expect(shown.get_by_role("tab", name="Queue and workers")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(shown.get_by_role("tab", name="Schedules")).to_be_focused()
    new = shown.get_by_role("button", name="New schedule")
    expect(new).to_be_visible()
    walk(page, new)
    page.keyboard.press("Enter")
    form = shown.get_by_role("form", name="New schedule")
    expect(form.locator(":focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    expect(new).to_be_focused()

    runs.get_by_role("button", name="Open keyed").focus()
    page.keyboard.press("Enter")
    shown = page.get_by_role("region", name="Pipeline keyed")
    expect(shown.get_by_role("button", name="Run", exact=True)).to_be_visible()
    walk(page, shown.get_by_role("button", name="Run", exact=True), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(shown.get_by_role("spinbutton", name="n")).to_be_focused()
    page.keyboard.press("Enter")  # as in any form
    expect(shown.get_by_role("group", name=re.compile("^divide, ")).first).to_have_accessible_name(re.compile("running"), timeout=120_000)
    walk(page, shown.get_by_role("button", name="Cancel run"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(shown.get_by_role("button", name="Repair…")).to_be_visible(timeout=120_000)
    expect(shown.locator(":focus")).to_have_count(1)
    # Several panels are on the page: what names or describes something is one thing.
    ids = page.evaluate("[...document.querySelectorAll('.wb-panel [id]')].map(element => element.id)")
    assert ids and len(set(ids)) == len(ids), [each for each in ids if ids.count(each) > 1]
