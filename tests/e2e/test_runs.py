"""The runs panel: a pipeline is started from it, and followed to its end."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import open_lab
from tests.e2e.stage import Lab
from tests.pipelines.conftest import write_notebook

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("flights_run")]
Shot = Callable[[str], None]


def test_a_pipeline_is_started_and_followed_to_its_end(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    page.get_by_role("tab", name="Runs").click()
    pipelines = page.get_by_role("list", name="Pipelines")
    expect(pipelines).to_contain_text("3 steps")
    pipelines.get_by_role("button", name="Run", exact=True).click()
    pipelines.get_by_role("spinbutton", name="month").fill("2")
    shot("runs-form")
    pipelines.get_by_role("button", name="Start").click()
    steps = page.get_by_role("list", name="Steps of flights")
    expect(steps.get_by_role("listitem")).to_have_count(3)
    expect(steps).to_contain_text("running")
    shot("runs-live")
    expect(steps.locator(".wb-status-succeeded")).to_have_count(3, timeout=120_000)
    newest = page.get_by_role("list", name="Runs", exact=True).get_by_role("button").first
    expect(newest).to_contain_text("succeeded")
    expect(page.get_by_text("month=2")).to_be_visible()
    shot("runs-done")


def test_a_pipeline_is_made_from_a_template_run_and_shared(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    page.get_by_role("tab", name="Runs").click()
    page.get_by_role("button", name="New pipeline").click()
    form = page.get_by_role("form", name="New pipeline")
    form.get_by_role("textbox", name="Name").fill("lines")
    form.get_by_role("combobox", name="Template").select_option("ingest")
    expect(form).to_contain_text("Take a file into the lake")
    shot("pipeline-new")
    form.get_by_role("button", name="Make").click()
    made = page.get_by_role("region", name="Pipeline lines")
    expect(made.get_by_role("group", name=re.compile("^load, notebook"))).to_be_visible()
    made.get_by_role("button", name="Run", exact=True).click()
    expect(made.get_by_role("textbox", name="source")).to_have_value("data/airlines.json")
    made.get_by_role("button", name="Start").click()
    check = made.get_by_role("group", name=re.compile("^check, notebook, succeeded"))
    expect(check).to_be_visible(timeout=120_000)
    shot("pipeline-graph")
    made.get_by_role("group", name=re.compile("^load")).click()
    expect(made.get_by_role("list", name="Cells of lines.load")).to_contain_text("bronze.lines: 16 rows")
    shot("pipeline-step")
    made.get_by_role("tab", name="Timeline").click()
    in_time = made.get_by_role("table", name="Steps of lines in time")
    expect(in_time.get_by_role("row", name=re.compile("load succeeded"))).to_contain_text("took")
    shot("pipeline-timeline")
    made.get_by_role("tab", name="Log").click()
    made.get_by_role("searchbox", name="Search the log").fill("GAVE")
    expect(made.get_by_role("table", name="Log of lines").get_by_role("row")).to_have_count(1)
    shot("pipeline-log")
    made.get_by_role("button", name="Copy link").click()
    expect(made.get_by_text("The link is on the clipboard")).to_be_visible()
    page.goto(page.evaluate("navigator.clipboard.readText()"))
    shared = page.get_by_role("region", name="Pipeline lines")
    expect(shared.get_by_role("group", name=re.compile("^check, notebook, succeeded"))).to_be_visible()
    expect(shared.get_by_role("button", name="Run", exact=True)).to_have_count(0)


# ipywidgets' extension complains about every notebook that has no kernel.
@pytest.mark.usefixtures("console_errors_expected")
def test_a_notebook_runs_in_the_background_and_its_end_is_told(page: Page, lab: Lab, shot: Shot) -> None:
    write_notebook(lab.folder / "count.ipynb", ["print('counted', 6 * 7)", "1 / zero"], parameters="zero = 0")
    open_lab(page, lab.page().replace("/lab?", "/lab/tree/count.ipynb?"))
    page.get_by_role("dialog").get_by_role("button", name="No Kernel").click()
    page.get_by_role("button", name="Run this notebook in the background").click()
    expect(page.get_by_text("count.ipynb runs in the background.")).to_be_visible()
    told = page.get_by_text("count.ipynb failed. Step 'count' failed in cell 3: ZeroDivisionError")
    expect(told).to_be_visible(timeout=120_000)
    shot("background-failed")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("tab", name="count.ipynb")).to_have_count(2)
    expect(page.locator(".jp-NotebookPanel:visible")).to_contain_text("counted 42")


def test_runs_are_listed_without_queries_until_asked(page: Page, lab: Lab) -> None:
    open_lab(page, lab.page())
    page.get_by_role("tab", name="Runs").click()
    runs = page.get_by_role("list", name="Runs", exact=True)
    expect(runs.get_by_role("button", name=re.compile("^ingest bronze")).first).to_be_visible()
    expect(runs.get_by_role("button", name=re.compile("^sql"))).to_have_count(0)
    box = page.get_by_role("checkbox", name="all kinds")
    middles = [(found["y"] + found["height"] / 2) if found else 0 for found in (box.bounding_box(), box.locator("..").bounding_box())]
    assert abs(middles[0] - middles[1]) <= 1
    box.check()
    expect(runs.get_by_role("button", name=re.compile("^sql")).first).to_be_visible()


# ipywidgets' extension complains about every notebook that has no kernel.
@pytest.mark.usefixtures("console_errors_expected")
def test_a_steps_executed_notebook_is_opened_to_be_looked_at(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    page.get_by_role("tab", name="Runs").click()
    page.get_by_role("list", name="Runs", exact=True).get_by_role("button", name=re.compile("^flights")).first.click()
    steps = page.get_by_role("list", name="Steps of flights")
    steps.get_by_role("button", name="clean_flights").click()
    notebook = page.locator(".jp-NotebookPanel:visible")
    expect(page.get_by_role("tab", name=re.compile("clean_flights.ipynb"))).to_be_visible()
    expect(notebook).to_contain_text(re.compile(r"silver.flights: [\d,]+ flights of month"))  # what it has printed
    expect(notebook.get_by_text("Injected by the Workbench").or_(notebook.get_by_text("# Parameters")).first).to_be_visible()
    expect(notebook).to_contain_text("No Kernel")
    sessions = page.evaluate("fetch('/api/sessions').then(answer => answer.json())")
    assert not [session for session in sessions if "clean_flights" in session["path"]]
    shot("executed-notebook")
    page.keyboard.press("Control+s")
    page.wait_for_timeout(500)
    assert not list(lab.folder.glob("Executed*"))
