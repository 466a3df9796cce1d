"""The pictures in the documentation, taken from the real thing."""

from __future__ import annotations

import re
import shutil

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import drop_files, open_catalog, open_lab, page_of, picture, reach, set_theme, stands
from tests.e2e.stage import KEEP, RESULTS, Lab
from tests.quick import scale

WANTED = KEEP or scale() >= 1
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.usefixtures("flights_run"),
    pytest.mark.skipif(not WANTED, reason="it shows nothing that others do not: make pictures, and make test-full"),
]
PICTURES = ("overview", "picture-lineage", "picture-catalog-dark", "picture-import", "picture-quality")
FARES = (
    "Ticket;Carrier;Fare;Day\n"
    + "".join(f"{1000 + n};{'AA' if n % 3 else 'UA'};{80 + n % 90},{n % 10}0;{n % 28 + 1:02d}.03.2024\n" for n in range(300))
    + "1300;DL;abt 12;04.03.2024\n1301;DL;99,00;31.02.2024\n1302;AA;13 or 14;05.03.2024\n"
)
TUTORIAL = "notebooks/tutorials/01-first-hour.ipynb"


def test_pictures_for_the_documentation_can_be_taken(page: Page, lab: Lab) -> None:
    if (lab.folder / TUTORIAL).is_file():
        shutil.copy(lab.folder / TUTORIAL, lab.folder / "first-hour.ipynb")
        page.goto(f"{lab.url}/lab/tree/first-hour.ipynb?token=e2e-token&reset")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        stands(page)
        expect(page.get_by_text("Lake Python | Idle")).to_be_visible()
    else:
        open_lab(page, lab.page())
    open_catalog(page)
    reach(page, "daily_delay").click()
    page.get_by_role("region", name="gold.daily_delay").get_by_role("tab", name="Sample").click()
    expect(page.get_by_role("cell", name="2013-06-01").first).to_be_visible()
    picture(page, "overview", settle=1500)
    page.get_by_role("region", name="gold.daily_delay").get_by_role("button", name="Show lineage").click()
    page.get_by_role("button", name="by flights.daily_delay").first.wait_for()
    picture(page, "picture-lineage", settle=1000)
    page.get_by_role("region", name="gold.daily_delay").get_by_role("button", name="Open rows in the main area").click()
    expect(page.get_by_role("table", name="Rows of gold.daily_delay").get_by_role("cell", name="Endeavor Air Inc.").first).to_be_visible()
    picture(page, "picture-catalog-light", settle=500)
    set_theme(page, "JupyterLab Dark")
    picture(page, "picture-catalog-dark", settle=500)
    set_theme(page, "JupyterLab Light")
    looked_at = drop_files(page, {"fares.csv": FARES})
    expect(looked_at.get_by_role("table", name="First rows")).to_be_visible()
    looked_at.get_by_role("button", name="Show only these").hover()
    picture(page, "picture-import", settle=500)
    looked_at.get_by_role("button", name=re.compile("^Import")).click()
    looked_at.get_by_role("button", name="3 set aside").click()
    found = page_of(page, "bronze.fares")
    grid = found.get_by_role("grid", name="Records set aside from bronze.fares")
    expect(grid).to_be_focused()
    page.keyboard.type("12,00")
    page.keyboard.press("Enter")
    expect(found.get_by_text("1 row changed")).to_be_visible()
    found.locator(".wb-sections").evaluate("box => box.scrollTo(0, 0)")
    page.wait_for_timeout(500)
    page.mouse.move(700, 700)  # nothing is pointed at
    picture(page, "picture-quality", settle=300)
    assert all((RESULTS / f"{name}.png").stat().st_size < 300_000 for name in PICTURES)
