"""The pictures in the documentation, taken from the real thing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import drop_files, open_catalog, open_lab, page_of, reach, set_theme
from tests.e2e.stage import RESULTS, Lab

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("flights_run")]
Shot = Callable[[str], None]
PICTURES = ("overview", "picture-lineage", "picture-catalog-dark", "picture-import", "picture-quality")
FARES = (
    "Ticket;Carrier;Fare;Day\n"
    + "".join(f"{1000 + n};{'AA' if n % 3 else 'UA'};{80 + n % 90},{n % 10}0;{n % 28 + 1:02d}.03.2024\n" for n in range(300))
    + "1300;DL;abt 12;04.03.2024\n1301;DL;99,00;31.02.2024\n1302;AA;13 or 14;05.03.2024\n"
)
TUTORIAL = "notebooks/tutorials/01-first-hour.ipynb"


def test_pictures_for_the_documentation_can_be_taken(page: Page, lab: Lab, shot: Shot) -> None:
    if (lab.folder / TUTORIAL).is_file():
        shutil.copy(lab.folder / TUTORIAL, lab.folder / "first-hour.ipynb")
        page.goto(f"{lab.url}/lab/tree/first-hour.ipynb?token=e2e-token&reset")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
        page.locator("#jupyterlab-splash").wait_for(state="detached", timeout=60_000)
        expect(page.get_by_text("Lake Python | Idle")).to_be_visible(timeout=60_000)
    else:
        open_lab(page, lab.page())
    open_catalog(page)
    reach(page, "daily_delay").click()
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
    looked_at = drop_files(page, {"fares.csv": FARES})
    expect(looked_at.get_by_role("table", name="First rows")).to_be_visible(timeout=30_000)
    looked_at.get_by_role("button", name="Show only these").hover()
    page.wait_for_timeout(500)
    shot("picture-import")
    looked_at.get_by_role("button", name=re.compile("^Import")).click()
    looked_at.get_by_role("button", name="3 set aside").click(timeout=60_000)
    found = page_of(page, "bronze.fares")
    grid = found.get_by_role("grid", name="Records set aside from bronze.fares")
    expect(grid).to_be_focused(timeout=30_000)
    page.keyboard.type("12,00")
    page.keyboard.press("Enter")
    expect(found.get_by_text("1 row changed")).to_be_visible()
    found.locator(".wb-sections").evaluate("box => box.scrollTo(0, 0)")
    page.wait_for_timeout(500)
    page.mouse.move(700, 700)  # nothing is pointed at
    page.wait_for_timeout(300)
    shot("picture-quality")
    assert all((RESULTS / f"{name}.png").stat().st_size < 300_000 for name in PICTURES)
