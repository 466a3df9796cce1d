"""The runs panel: a pipeline is started from it, and followed to its end."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import open_lab
from tests.e2e.stage import Lab

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
