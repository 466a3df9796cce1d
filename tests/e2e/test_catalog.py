"""The catalog panel in JupyterLab, on real datasets."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.pages import (
    at_most,
    cell_text,
    dataset,
    eventually,
    open_catalog,
    open_lab,
    page_of,
    remembered,
    search_box,
    set_theme,
    tree,
    type_ahead,
)
from tests.e2e.stage import Lab

pytestmark = pytest.mark.e2e
Shot = Callable[[str], None]


def test_first_data_comes_soon_after_the_click(page: Page, lab: Lab, shot: Shot) -> None:
    with lab.api() as api:  # a warm server
        api.get("/catalog/tree")
    taken = []
    while len(taken) < 3 and min(taken, default=9) >= 1:  # a machine that is busy with something else says little
        open_lab(page, lab.page())
        page.wait_for_timeout(2500)  # the panel's code is fetched when nobody waits
        page.get_by_role("tab", name="Catalog").click()
        began = time.perf_counter()
        dataset(page, "flights").wait_for()
        taken.append(time.perf_counter() - began)
    print(f"first data after {min(taken) * 1000:.0f} ms")
    assert min(taken) < at_most(1.0)
    shot("catalog-first")


def test_real_datasets_stand_by_zone_with_their_counts(page: Page, lab: Lab) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    zone = tree(page).get_by_role("treeitem", name=re.compile("^bronze"))
    expect(zone).to_have_attribute("aria-expanded", "true")
    expect(zone).to_have_attribute("aria-level", "1")
    for name, rows in {"airlines": "16", "airports": "1.5 k", "flights": "337 k", "planes": "3.3 k", "weather": "26.1 k"}.items():
        expect(dataset(page, name)).to_contain_text(rows)


def test_a_dataset_opens_to_columns_facts_sample_and_history(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    dataset(page, "flights").click()
    expect(dataset(page, "tailnum")).to_have_attribute("aria-level", "3")
    expect(dataset(page, "tailnum")).to_contain_text("string")
    details = page.get_by_role("region", name="bronze.flights")
    expect(details).to_contain_text("336,776 rows")
    expect(details).to_contain_text("19 columns")
    expect(details).to_contain_text("Every flight that left New York City")
    shot("catalog-open")
    details.get_by_role("tab", name="Sample").click()
    sample = page.get_by_role("table", name="Sample of bronze.flights")
    expect(sample.get_by_role("columnheader", name="year")).to_be_visible()
    expect(sample.get_by_role("cell", name="2013").first).to_be_visible()
    shot("catalog-sample")
    details.get_by_role("tab", name="Snapshots").click()
    # Counts are short where room is little; the exact one is in the title.
    expect(details.get_by_title(re.compile("336,776 rows afterwards"))).to_be_visible()
    shot("catalog-snapshots")


def test_search_finds_columns_and_says_why(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    search_box(page).fill("tailnum")
    planes = dataset(page, "bronze.planes")
    expect(planes).to_contain_text("column: tailnum")
    expect(planes.locator("mark")).to_have_text("tailnum")
    expect(dataset(page, "bronze.airlines")).to_have_count(0)
    shot("catalog-search")
    search_box(page).fill("airlnes")
    expect(dataset(page, "bronze.airlines")).to_contain_text("spelt otherwise: airlnes")
    search_box(page).fill("zzzzqqq")
    expect(page.get_by_text("No dataset has “zzzzqqq”")).to_be_visible()
    shot("catalog-nothing-found")
    page.get_by_role("button", name="Show all").click()
    expect(dataset(page, "airlines")).to_be_visible()


@pytest.mark.full
def test_a_search_shows_only_matching_columns_of_an_open_dataset(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    dataset(page, "flights").click()
    expect(dataset(page, "tailnum")).to_be_visible()
    search_box(page).fill("carr")
    flights = dataset(page, "bronze.flights")
    expect(flights).to_contain_text("column: carrier")
    expect(tree(page).get_by_role("treeitem", level=2)).to_have_count(1)
    expect(dataset(page, "carrier")).to_be_visible()
    expect(dataset(page, "bronze.airlines")).to_be_in_viewport()
    shot("catalog-search-open")


@pytest.mark.full
def test_filters_narrow_a_search_down_and_stand_in_its_text(page: Page, lab: Lab, shot: Shot) -> None:
    with lab.api() as api:
        assert api.post("/catalog/tags/bronze.planes", json={"tag": "register"}).is_success
    open_lab(page, lab.page())
    open_catalog(page)
    filters = page.get_by_role("group", name="Filters")
    filters.get_by_role("button", name="tag", exact=True).click()
    page.get_by_role("menuitem", name="register").click()
    expect(search_box(page)).to_have_value("tag:register")
    expect(dataset(page, "bronze.planes")).to_be_visible()
    expect(dataset(page, "bronze.airlines")).to_have_count(0)
    shot("catalog-filters")
    filters.get_by_role("button", name="Any tag").click()
    filters.get_by_role("button", name="zone", exact=True).click()
    page.get_by_role("menuitem", name="bronze").click()
    expect(dataset(page, "airlines")).to_be_visible()
    search_box(page).fill("zone:nowhere")
    expect(page.get_by_text("No dataset with these filters.")).to_be_visible()


def answers(route: Route, status: int, body: object) -> None:
    route.fulfill(status=status, json=body)


@pytest.mark.usefixtures("console_errors_expected")
def test_a_filter_whose_values_are_not_told_says_so(page: Page, lab: Lab) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    owner = page.get_by_role("group", name="Filters").get_by_role("button", name="owner")
    error = {"code": "unavailable", "message": "It is starting.", "fix": None, "details": {}}
    page.route("**/catalog/edits*", functools.partial(answers, status=503, body={"error": error}))
    owner.click()
    expect(page.get_by_text("It is starting.")).to_be_visible()
    page.route("**/api/me", functools.partial(answers, status=200, body={"name": "ann", "roles": ["viewer"]}))
    owner.click()
    expect(page.get_by_text("Write owner: and a name into the search.")).to_be_visible()


def test_what_was_dropped_stands_below_the_tree_and_comes_back(page: Page, lab: Lab, shot: Shot) -> None:
    with lab.api() as api:
        form = {"mode": "create", "zone": "bronze"}
        assert api.post("/ingest", params=form, data=form, files={"file": ("mislaid.csv", "n\n1\n2\n")}).is_success
        assert api.delete("/datasets/bronze.mislaid").is_success
    open_lab(page, lab.page())
    open_catalog(page)
    dropped = page.get_by_role("region", name="Dropped datasets")
    dropped.get_by_role("button", name=re.compile("dropped dataset")).click()
    line = dropped.get_by_role("listitem").filter(has_text="bronze.mislaid")
    expect(line).to_contain_text("gone for good after")
    shot("catalog-restore")
    line.get_by_role("button", name="Restore").click()
    expect(dataset(page, "mislaid")).to_be_visible()
    expect(line).to_have_count(0)
    with lab.api() as api:
        assert api.get("/datasets/bronze.mislaid").json()["rows"] == 2


@pytest.mark.full
@pytest.mark.usefixtures("a_browser_of_its_own")
def test_snapshots_fit_a_narrow_panel(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    with lab.api() as api:
        for mode, rows in (("create", 28_834), ("overwrite", 28_212)):
            body = "n\n" + "\n".join(str(n) for n in range(rows))
            form = {"mode": mode, "zone": "bronze"}
            answer = api.post("/ingest", params=form, data=form, files={"file": ("replaced.csv", body)})
            assert answer.is_success, answer.text
    page.clock.set_fixed_time(time.time() + 12.5 * 60)  # so that ages are as wide as they mostly are
    open_catalog(page)
    dataset(page, "replaced").click()
    details = page.get_by_role("region", name="bronze.replaced")
    details.get_by_role("tab", name="Snapshots").click()
    row = details.get_by_role("row", name=re.compile("28.2 k"))
    expect(row).to_contain_text("minutes ago")
    figures = row.get_by_title("+28,212 −28,834: 28,212 rows afterwards")
    expect(figures).to_have_text(re.compile("^\\+28.2 k −28.8 k ?$"))
    shot("catalog-snapshots-narrow")
    edge = page.locator(".wb-catalog").bounding_box()  # as wide as JupyterLab makes it
    action = row.get_by_role("button", name=re.compile("^Copy")).bounding_box()
    shown = figures.bounding_box()
    assert edge and action and shown
    assert edge["width"] <= 280
    assert action["x"] + action["width"] <= edge["x"] + edge["width"]
    assert shown["x"] + shown["width"] <= action["x"] + 1
    fits = "box => box.scrollWidth <= box.clientWidth"
    assert details.locator(".wb-scroll").evaluate(fits)
    assert row.get_by_role("cell", name="overwrite").evaluate(fits)


def test_code_goes_into_a_new_notebook_then_below_the_active_cell(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    dataset(page, "airlines").click()
    page.get_by_role("region", name="bronze.airlines").get_by_role("button", name="Insert into notebook").click()
    expect(page.locator(".jp-Notebook .cm-content").first).to_contain_text('ws.dataset("bronze.airlines").read()')
    dataset(page, "airports").click(button="right")
    page.get_by_role("menuitem", name="Insert as SQL").click()
    expect(page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(2)
    assert "%%sql" in cell_text(page)
    assert "from bronze.airports" in cell_text(page)
    expect(page.get_by_role("status").filter(has_text="Inserted into")).to_be_visible()
    shot("catalog-insert")


@pytest.mark.full
def test_state_stays_over_a_reload(page: Page, lab: Lab) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    dataset(page, "planes").click()
    page.get_by_role("region", name="bronze.planes").get_by_role("tab", name="Snapshots").click()
    expect(dataset(page, "manufacturer")).to_be_visible()
    search_box(page).fill("plane")
    expect(dataset(page, "bronze.planes")).to_be_visible()
    expect(tree(page)).to_contain_text("No column matches.")
    # In a line of its own, however narrow.
    place = tree(page).get_by_text("No column matches.").bounding_box()
    assert place and place["height"] < 26
    remembered(page, lab, "workbench:catalog", '"query": "plane"', "snapshots")
    remembered(page, lab, "layout-restorer:data", "workbench-catalog")
    open_lab(page, lab.page("x"))
    expect(search_box(page)).to_have_value("plane")
    expect(dataset(page, "bronze.planes")).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("region", name="bronze.planes").get_by_role("tab", name="Snapshots")).to_have_attribute("aria-selected", "true")


def test_everything_can_be_done_by_keyboard(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    search_box(page).focus()
    page.keyboard.press("ArrowDown")
    expect(tree(page)).to_be_focused()
    page.keyboard.press("Home")
    active = page.locator("[data-active]")
    expect(active).to_contain_text("bronze")
    page.keyboard.press("ArrowLeft")
    expect(active).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowRight")
    expect(tree(page)).to_contain_text("airlines")  # they may be read anew, and nothing stays on the line that says so
    page.keyboard.press("ArrowRight")
    expect(active).to_contain_text("airlines")
    type_ahead(page, "we", active.filter(has_text="weather"))
    shot("catalog-keyboard")
    page.keyboard.press("ArrowRight")
    expect(active).to_have_attribute("aria-expanded", "true")
    expect(dataset(page, "humid")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("region", name="bronze.weather")).to_be_visible()
    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("menu")).to_be_visible()
    shot("catalog-menu")
    page.keyboard.press("Escape")
    expect(tree(page)).to_be_focused()
    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("menu")).to_be_visible()
    search_box(page).focus()
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(search_box(page)).to_be_focused()
    tree(page).focus()
    page.keyboard.press("End")
    expect(active).to_be_in_viewport()
    named = tree(page).get_attribute("aria-activedescendant")
    assert named is not None
    assert active.get_attribute("id") == named


def test_a_description_is_written_and_a_draft_is_not_lost(page: Page, lab: Lab) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    dataset(page, "airports").click()
    details = page.get_by_role("region", name="bronze.airports")
    details.get_by_role("tab", name="About").click()
    details.get_by_role("button", name="Edit").click()
    box = page.get_by_role("textbox", name="Description of bronze.airports")
    box.fill("Airports, as the person who looks after them describes them.")
    dataset(page, "airlines").click()
    dataset(page, "airports").click()
    expect(box).to_have_value("Airports, as the person who looks after them describes them.")
    details.get_by_role("button", name="Save").click()
    # Only what is saved is no text to be written any more: the words alone stood there before.
    expect(box).to_have_count(0)
    expect(details.get_by_text("as the person who looks after them")).to_be_visible()
    with lab.api() as api:
        assert "looks after" in api.get("/datasets/bronze.airports").json()["description"]


@pytest.mark.full
def test_the_dark_theme_reaches_the_panel(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    dataset(page, "flights").click()
    set_theme(page, "JupyterLab Dark")
    panel = page.locator(".wb-catalog")
    expect(panel).to_have_attribute("data-wb-theme", "dark")
    shot("catalog-dark")
    set_theme(page, "JupyterLab Light")
    expect(panel).to_have_attribute("data-wb-theme", "light")


@pytest.mark.full
def test_rows_open_in_the_main_area(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    dataset(page, "weather").click()
    page.get_by_role("region", name="bronze.weather").get_by_role("button", name="Open rows in the main area").click()
    rows = page.get_by_role("table", name="Rows of bronze.weather")
    expect(rows.get_by_role("columnheader", name="origin")).to_be_visible()
    expect(rows).to_have_attribute("aria-rowcount", "1001")
    for width in (1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        rows.hover()
        page.mouse.wheel(0, 4000)
        expect(rows.get_by_role("row").nth(5)).to_be_visible()
        shot(f"rows-{width}")


@pytest.mark.full
@pytest.mark.usefixtures("console_errors_expected")
def test_an_error_says_what_to_do_and_is_gone_after_trying_again(page: Page, lab: Lab, shot: Shot) -> None:
    error = {"code": "service_not_running", "message": "The workbench is not running.", "fix": "Run `workbench up`.", "details": {}}
    page.route("**/workbench/api/catalog/tree*", lambda route: route.fulfill(status=503, json={"error": error}))
    open_lab(page, lab.page())
    page.get_by_role("tab", name="Catalog").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The workbench is not running.")
    expect(alert).to_contain_text("workbench up")
    shot("catalog-error")
    page.unroute("**/workbench/api/catalog/tree*")
    alert.get_by_role("button", name="Try again").click()
    expect(dataset(page, "flights")).to_be_visible()


@pytest.mark.full
def test_a_slow_answer_shows_lines_not_a_spinner(page: Page, lab: Lab, shot: Shot) -> None:
    held: list[Route] = []
    page.route("**/workbench/api/catalog/tree*", lambda route: held.append(route))
    open_lab(page, lab.page())
    page.get_by_role("tab", name="Catalog").click()
    expect(page.get_by_role("status", name="Reading the catalog").locator(".wb-skeleton-row").first).to_be_visible()
    shot("catalog-loading")
    for route in held:
        route.continue_()
    page.unroute("**/workbench/api/catalog/tree*")
    expect(dataset(page, "flights")).to_be_visible()


@pytest.mark.full
def test_a_row_further_down_is_clicked_where_it_stands(page: Page, lab: Lab) -> None:
    """The tree went back to its first row when the mouse gave it the focus, and the click met another row."""
    page.set_viewport_size({"width": 1280, "height": 240})
    open_lab(page, lab.page())
    rows = open_catalog(page)
    rows.hover()
    page.mouse.wheel(0, 2_000)
    eventually(page, lambda: rows.evaluate("rows => rows.scrollTop") > 0)
    row = rows.get_by_role("treeitem", level=2).last
    expect(row).to_be_in_viewport()
    row.click()
    expect(row).to_have_attribute("aria-selected", "true")
    assert rows.evaluate("rows => rows.scrollTop") > 0
    # Its details come below it when no second click can follow.
    expect(page.get_by_role("button", name="Close details")).to_be_visible()
    expect(row).to_be_in_viewport()


@pytest.mark.full
@pytest.mark.usefixtures("a_browser_of_its_own")
def test_a_double_click_opens_the_page_of_a_row_where_the_details_come(page: Page, lab: Lab) -> None:
    page.clock.install()
    page.set_viewport_size({"width": 1280, "height": 340})
    open_lab(page, lab.page())
    open_catalog(page)
    row = dataset(page, "weather")
    row.scroll_into_view_if_needed()
    box = row.bounding_box()
    assert box
    details = page.get_by_role("region", name="bronze.weather", exact=True)
    # However slow the machine is, the second click comes 250 ms after the first.
    page.clock.pause_at(page.evaluate("Date.now()") + 1_000)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(row).to_have_attribute("aria-selected", "true")
    page.clock.run_for(250)
    # They are held back from where the second click falls.
    expect(details).to_have_count(0, timeout=1)
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    page.clock.resume()
    expect(page_of(page, "bronze.weather").get_by_role("tab", name="Overview")).to_be_visible()
    assert page.evaluate("getSelection().toString()") == ""
    # Then they come, and what they are of is still in sight.
    expect(details).to_be_visible()
    expect(row).to_be_in_viewport()
