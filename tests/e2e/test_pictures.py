"""The pictures in the documentation, taken from the real thing."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import dataset, open_catalog, open_lab, set_theme
from tests.e2e.stage import RESULTS, Lab

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("flights_run")]
Shot = Callable[[str], None]
TUTORIAL = "notebooks/tutorials/01-first-hour.ipynb"


def test_pictures_for_the_documentation_can_be_taken(page: Page, lab: Lab, shot: Shot) -> None:
    if (lab.folder / TUTORIAL).is_file():
        shutil.copy(lab.folder / TUTORIAL, lab.folder / "first-hour.ipynb")
        page.goto(f"{lab.url}/lab/tree/first-hour.ipynb?token=e2e-token&reset")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
        page.locator("#jupyterlab-splash").wait_for(state="detached", timeout=60_000)
    else:
        open_lab(page, lab.page())
    open_catalog(page)
    dataset(page, "daily_delay").click()
    page.get_by_role("region", name="gold.daily_delay").get_by_role("tab", name="Sample").click()
    expect(page.get_by_role("cell", name="2013-06-01").first).to_be_visible()
    page.wait_for_timeout(1500)
    shot("overview")
    page.get_by_role("region", name="gold.daily_delay").get_by_role("button", name="Show lineage").click()
    page.get_by_role("button", name="by flights.daily_delay").first.wait_for()
    page.wait_for_timeout(1000)
    shot("picture-lineage")
    page.get_by_role("region", name="gold.daily_delay").get_by_role("button", name="Open rows in the main area").click()
    expect(page.get_by_role("table", name="Rows of gold.daily_delay").get_by_role("cell", name="Endeavor Air Inc.").first).to_be_visible()
    page.wait_for_timeout(500)
    shot("picture-catalog-light")
    set_theme(page, "JupyterLab Dark")
    page.wait_for_timeout(500)
    shot("picture-catalog-dark")
    set_theme(page, "JupyterLab Light")
    assert all((RESULTS / f"{name}.png").stat().st_size < 300_000 for name in ("overview", "picture-lineage", "picture-catalog-dark"))
