"""The panels by the keyboard alone: the focus is where a person expects it, and never falls off the page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages import dataset, import_page, open_catalog, open_lab, opened, search_box, tree, type_ahead
from tests.e2e.stage import Lab

pytestmark = pytest.mark.e2e
NAME = "bronze.by_keys"


@pytest.fixture
def by_keys(lab: Lab) -> Iterator[str]:
    """A dataset of two snapshots with three records set aside, gone afterwards: asked for before the page, which is closed by then."""
    rows = "".join(f"{n},2024-01-{n % 28 + 1:02d}\n" for n in range(300))
    with lab.api() as api:
        first, second = f"id,day\n{rows}1,no day\n2,none\n3,nowhere\n", f"id,day\n{rows.replace('2024', '2025')}"
        for mode, content in (("create", first), ("append", second)):
            form = {"mode": mode, "zone": "bronze", "name": NAME}
            answer = api.post("/ingest", params=form, data=form, files={"file": ("by_keys.csv", content)})
            assert answer.is_success, answer.text
        yield NAME
        assert api.delete(f"/datasets/{NAME}").is_success


def page_in(page: Page, lab: Lab, name: str) -> Locator:
    open_lab(page, lab.page())
    open_catalog(page)
    return opened(page, name)


def test_a_panel_takes_the_focus_when_it_is_shown_for_the_first_time(page: Page, lab: Lab) -> None:
    open_lab(page, lab.page())
    page.get_by_role("tab", name="Runs").click()
    expect(page.get_by_role("region", name="Runs").get_by_role("button", name="Schedules")).to_be_focused()
    page.get_by_role("tab", name="Catalog").click()
    expect(search_box(page)).to_be_focused()
    tree(page).get_by_role("treeitem").first.wait_for()
    # JupyterLab's launcher may have taken the focus since.
    search_box(page).focus()
    # In the order in which they stand, and the whole tree is one stop.
    for name in ("Add data", "Refresh", "zone", "tag", "owner", "kind"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("region", name="Catalog").get_by_role("button", name=name, exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(tree(page)).to_be_focused()


@pytest.mark.full
def test_the_focus_goes_back_to_what_opened(page: Page, lab: Lab) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    dataset(page, "airports").click()
    details = page.get_by_role("region", name="bronze.airports")
    edit = details.get_by_role("button", name=re.compile("description"))
    edit.focus()
    page.keyboard.press("Enter")
    expect(details.get_by_role("textbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(edit).to_be_focused()
    details.get_by_role("button", name="Close details").focus()
    page.keyboard.press("Enter")
    expect(tree(page)).to_be_focused()
    filters = page.get_by_role("group", name="Filters")
    filters.get_by_role("button", name="zone").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu").get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(filters.get_by_role("button", name="zone: bronze")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(filters.get_by_role("button", name="zone", exact=True)).to_be_focused()


def test_a_question_takes_the_focus_and_escape_leaves_all_as_it_is(by_keys: str, page: Page, lab: Lab) -> None:
    found = page_in(page, lab, by_keys)
    found.get_by_role("tab", name="History").click()
    restore = found.get_by_role("button", name="Restore")
    restore.focus()
    page.keyboard.press("Enter")
    question = found.get_by_role("alertdialog", name="Restore this snapshot")
    expect(question.get_by_role("button", name="Leave as it is")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(restore).to_be_focused()
    found.get_by_role("tab", name="Overview").click()
    add = found.get_by_role("button", name="Add a tag")
    add.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("walked")
    page.keyboard.press("Enter")
    remove = found.get_by_role("button", name="Remove tag walked")
    expect(remove).to_be_visible()
    expect(add).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(remove).to_be_focused()
    page.keyboard.press("Enter")
    expect(remove).to_have_count(0)
    expect(add).to_be_focused()


def test_a_record_set_aside_is_discarded_by_keys(by_keys: str, page: Page, lab: Lab) -> None:
    found = page_in(page, lab, by_keys)
    found.get_by_role("tab", name="Quality").click()
    grid = found.get_by_role("grid", name=f"Records set aside from {by_keys}")
    expect(grid.get_by_role("row")).to_have_count(4, timeout=30_000)
    grid.focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(grid.get_by_role("row")).to_have_count(3)
    expect(grid).to_be_focused()
    expect(found.get_by_text("1 record will be discarded.")).to_be_visible()
    found.get_by_role("button", name="Undo").press("Enter")
    expect(grid.get_by_role("row")).to_have_count(4)


@pytest.mark.full
def test_a_folder_of_many_files_is_walked_and_only_what_is_in_sight_is_drawn(page: Page, lab: Lab) -> None:
    folder = lab.folder / "many-files"
    folder.mkdir()
    files = [folder / f"file-{n:03d}.txt" for n in range(150)]
    try:
        for file in files:
            file.write_text("x")
        open_lab(page, lab.page())
        open_catalog(page)
        page.get_by_role("button", name="Add data").first.click()
        import_page(page).get_by_role("tab", name="Storage").click()
        places = import_page(page).get_by_role("tree", name="Storage")
        expect(places.get_by_role("treeitem", name="many-files")).to_be_visible()
        places.focus()
        type_ahead(page, "many", places.get_by_role("treeitem", name="many-files", selected=True))
        page.keyboard.press("ArrowRight")
        expect(places.get_by_role("treeitem", name="file-000.txt")).to_be_visible()
        page.wait_for_timeout(800)  # what is typed begins anew
        last = places.get_by_role("treeitem", name="file-149.txt")
        type_ahead(page, "file-149", last)
        expect(last).to_be_in_viewport()
        expect(last).to_have_attribute("aria-selected", "true")
        expect(last).to_have_attribute("aria-setsize", "150")
        assert places.get_by_role("treeitem").count() < 100
        page.keyboard.press("ArrowLeft")
        expect(places.get_by_role("treeitem", name="many-files")).to_have_attribute("aria-selected", "true")
        # At the top there is nothing further left: shut it, and stay.
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        workspace = places.get_by_role("treeitem", name="workspace", exact=True)
        expect(workspace).to_have_attribute("aria-selected", "true")
        page.keyboard.press("ArrowLeft")
        expect(workspace).to_have_attribute("aria-expanded", "false")
        page.keyboard.press("ArrowLeft")
        expect(workspace).to_have_attribute("aria-selected", "true")
    finally:
        for file in files:
            file.unlink(missing_ok=True)
        folder.rmdir()


def test_a_dataset_is_dropped_from_its_menu_and_brought_back(page: Page, lab: Lab, by_keys: str) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    tree(page).focus()
    type_ahead(page, "by_keys", page.locator("[data-active]").filter(has_text="by_keys"))
    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("menuitem", name="Drop", exact=True)).to_be_visible()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    told = page.get_by_role("status").filter(has_text=f"{by_keys} was dropped.")
    expect(told).to_be_visible()
    expect(dataset(page, "by_keys")).to_have_count(0)
    expect(page.locator("[role=tree] [data-active]").filter(has_text="bronze")).to_have_count(0)  # not back at the top
    told.get_by_role("button", name="Undo").press("Enter")
    expect(dataset(page, "by_keys")).to_be_visible()
    expect(told).to_have_count(0)


def test_right_twice_leads_into_a_zone_that_is_read_meanwhile(page: Page, lab: Lab, by_keys: str) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    slow = "**/catalog/tree*"
    zone = tree(page).get_by_role("treeitem").filter(has_text="bronze").first
    zone.click()
    expect(zone).to_have_attribute("aria-expanded", "false")
    page.get_by_role("button", name="Refresh").click()
    page.wait_for_timeout(500)
    page.route(slow, lambda route: (page.wait_for_timeout(800), route.continue_()))
    tree(page).focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(2500)
    page.unroute(slow)
    expect(tree(page).locator("[data-active]")).to_have_attribute("aria-level", "2")
