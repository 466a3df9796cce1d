"""Views in the catalog panel: in the tree, in search, and on a page of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages import dataset, open_catalog, open_lab, page_of, search_box, set_theme, tree
from tests.e2e.stage import Lab

pytestmark = pytest.mark.e2e
Shot = Callable[[str], None]


@pytest.fixture
def late(lab: Lab) -> Iterator[None]:
    """A view, which goes with the test."""
    with lab.api() as api:
        sql = "create view bronze.late as select carrier, dep_delay as minutes_late from bronze.flights where dep_delay > 60"
        assert api.post("/query", json={"sql": sql}).is_success
        assert api.patch("/catalog/views/bronze.late", json={"description": "Flights **an hour** late or more"}).is_success
        yield
        api.post("/query", json={"sql": "drop view if exists bronze.late"})


def test_a_view_is_found_shown_dropped_and_brought_back(late: None, page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    # The word is in the row's name, which is what a screen reader hears.
    expect(tree(page).get_by_role("treeitem", name=re.compile(r"^late\s*view"))).to_be_visible()
    search_box(page).fill("minutes kind:view")
    hit = tree(page).get_by_role("treeitem", name=re.compile(r"^bronze\.late"))
    expect(hit).to_contain_text("minutes_late")
    hit.click()
    details = page.get_by_role("region", name="bronze.late", exact=True)
    expect(details.get_by_role("region", name="Query of bronze.late")).to_contain_text("dep_delay > 60")
    shot("view-found")
    details.get_by_role("button", name="Open", exact=True).click()
    shown = page_of(page, "bronze.late")
    expect(shown.get_by_role("row", name=re.compile("minutes_late"))).to_be_visible()
    expect(shown.get_by_role("button", name="bronze.flights")).to_be_visible()
    shot("view-page")
    # Else what stands beside the tree asks for it in vain.
    details.get_by_role("button", name="Close details").click()
    shown.get_by_role("button", name="Drop view").click()
    expect(shown).to_contain_text("bronze.late was dropped")
    search_box(page).fill("")
    expect(dataset(page, "flights")).to_be_visible()
    expect(dataset(page, "late")).to_have_count(0)
    shown.get_by_role("button", name="Undo").click()
    expect(shown).to_contain_text("an hour")
    expect(dataset(page, "late")).to_be_visible()
    set_theme(page, "JupyterLab Dark")
    page.locator("#jupyterlab-splash").wait_for(state="detached")
    shot("view-page-dark")
    set_theme(page, "JupyterLab Light")


def test_who_may_not_write_there_is_not_offered_to_drop_a_view(late: None, page: Page, lab: Lab) -> None:
    refused = {"zones": [], "others": [], "proposed": None, "problem": "You may not write to any dataset.", "fix": None, "taken": None}
    page.route("**/api/query/writable*", lambda route: route.fulfill(json={**refused, "in_part": False}))
    open_lab(page, lab.page())
    open_catalog(page)
    shown = opened_view(page, "bronze.late")
    expect(shown.get_by_role("button", name="Drop view")).to_have_count(0)
    expect(shown.get_by_role("button", name="Edit description of bronze.late")).to_have_count(0)
    page.unroute_all()


def opened_view(page: Page, name: str) -> Locator:
    search_box(page).fill(name)
    dataset(page, name).dblclick()
    shown = page_of(page, name)
    expect(shown.get_by_role("button", name="Query")).to_be_enabled()
    expect(shown).to_contain_text("minutes_late")
    return shown
