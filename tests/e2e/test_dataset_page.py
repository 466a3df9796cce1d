"""A dataset's page in the main area, on real datasets."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages import dataset, open_catalog, open_lab, opened, page_of, reach, remembered, search_box, set_theme, tree, type_ahead
from tests.e2e.stage import Lab

pytestmark = pytest.mark.e2e
Shot = Callable[..., None]


def open_page(page: Page, lab: Lab, name: str) -> Locator:
    """By double click on its row."""
    open_lab(page, lab.page())
    open_catalog(page)
    return opened(page, name)


def take(lab: Lab, name: str, content: str, mode: str = "create") -> None:
    form = {"mode": mode, "zone": "bronze"}
    with lab.api() as api:
        answer = api.post("/ingest", params=form, data=form, files={"file": (f"{name}.csv", content)})
        assert answer.is_success, answer.text


def test_it_opens_by_double_click_by_enter_by_menu_and_from_a_search(page: Page, lab: Lab, shot: Shot) -> None:
    found = open_page(page, lab, "bronze.flights")
    expect(found).to_contain_text("336,776 rows")
    expect(dataset(page, "flights")).to_have_attribute("aria-expanded", "true")  # the second click does not shut it
    shot("page-overview")
    tree(page).focus()
    type_ahead(page, "planes", page.locator("[data-active]").filter(has_text="planes"))
    page.keyboard.press("Enter")
    expect(page_of(page, "bronze.planes").get_by_role("tab", name="Overview")).to_be_visible()
    reach(page, "airports").click(button="right")
    page.get_by_role("menuitem", name="Open", exact=True).click()
    expect(page_of(page, "bronze.airports")).to_contain_text("1,458 rows")
    search_box(page).fill("weather")
    dataset(page, "bronze.weather").dblclick()
    expect(page_of(page, "bronze.weather")).to_contain_text("26,115 rows")
    # The same dataset again is the same tab.
    dataset(page, "bronze.weather").dblclick()
    expect(page.locator(".lm-DockPanel-tabBar").get_by_role("tab", name="bronze.weather")).to_have_count(1)


def test_description_owner_and_tags_are_written_where_they_stand(page: Page, lab: Lab, shot: Shot) -> None:
    found = open_page(page, lab, "bronze.planes")
    found.get_by_role("button", name=re.compile("Add a description|Edit description")).click()
    box = found.get_by_role("textbox", name="Description")
    # Who writes at the same time as somebody else is told of it.
    with lab.api() as api:
        api.patch("/datasets/bronze.planes", json={"description": "What another says."}).raise_for_status()
    expect(found.get_by_text("Somebody has changed it meanwhile: What another says.")).to_be_visible()
    box.fill("# Planes\n\nEach **aircraft** by `tailnum`.\n\n- from the register")
    box.press("Control+Enter")
    expect(found.get_by_role("heading", name="Planes", exact=True)).to_be_visible()
    expect(found.locator("strong", has_text="aircraft")).to_be_visible()
    advice = found.get_by_role("region", name="Recommendations")
    expect(advice).to_contain_text("Name an owner on this page.")
    found.get_by_role("button", name="Name an owner").click()
    found.get_by_role("textbox", name="Owner").fill("fleet team")
    found.get_by_role("textbox", name="Owner").press("Enter")
    expect(found.get_by_text("fleet team")).to_be_visible()
    expect(advice.get_by_text("Name an owner on this page.")).to_have_count(0)
    found.get_by_role("group", name="Tags", exact=True).get_by_role("button", name="Add a tag").click()
    found.get_by_role("combobox", name="New tag").fill("register")
    found.get_by_role("combobox", name="New tag").press("Enter")
    expect(found.get_by_role("button", name="Remove tag register")).to_be_visible()
    shot("page-described")
    with lab.api() as api:
        facts = api.get("/datasets/bronze.planes").json()
    assert facts["owner"] == "fleet team"
    assert facts["labels"] == ["register"]
    assert "**aircraft**" in facts["description"]
    found.get_by_role("button", name="Remove tag register").click()
    expect(found.get_by_role("button", name="Remove tag register")).to_have_count(0)


def test_a_term_is_defined_and_said_otherwise_where_it_is_used(page: Page, lab: Lab, shot: Shot) -> None:
    found = open_page(page, lab, "bronze.airports")
    terms = found.get_by_role("group", name="Terms of the glossary")
    terms.get_by_role("button", name="Add a term").click()
    found.get_by_role("combobox", name="New term").fill("hub")
    found.get_by_role("combobox", name="New term").press("Enter")
    # Nobody has defined it: what it means is asked.
    form = found.get_by_role("form", name="New term hub")
    expect(form.get_by_role("button", name="Add to the glossary")).to_be_disabled()
    shot("page-new-term")
    form.get_by_role("textbox").fill("Where many lines meet.")
    page.keyboard.press("Enter")
    expect(terms.get_by_role("button", name="Remove term hub")).to_be_visible()
    found.get_by_role("button", name="Edit definition of hub").click()
    found.get_by_role("textbox", name="Definition of hub").fill("Where an airline changes its passengers.")
    found.get_by_role("textbox", name="Definition of hub").press("Control+Enter")
    expect(found.get_by_text("hub: Where an airline changes its passengers.")).to_be_visible()
    shot("page-term")
    search_box(page).fill("hub")
    expect(dataset(page, "bronze.airports")).to_be_visible()
    search_box(page).fill("")
    terms.get_by_role("button", name="Remove term hub").click()
    expect(terms.get_by_role("button", name="Remove term hub")).to_have_count(0)
    with lab.api() as api:
        assert [term["definition"] for term in api.get("/catalog/terms").json()] == ["Where an airline changes its passengers."]
        api.delete("/catalog/terms/hub").raise_for_status()


def test_columns_show_their_figures_with_a_table_behind_each_histogram(page: Page, lab: Lab, shot: Shot) -> None:
    found = open_page(page, lab, "bronze.weather")
    found.get_by_role("tab", name="Columns").click()
    table = found.get_by_role("table", name="Columns of bronze.weather")
    row = table.get_by_role("row").filter(has=page.get_by_role("button", name="humid", exact=True))
    expect(row.get_by_role("img", name=re.compile("How humid is spread"))).to_be_visible()
    row.get_by_role("button", name="humid", exact=True).click()
    spread = found.get_by_role("table", name="How humid is spread")
    expect(spread).to_be_visible()
    counted = spread.get_by_role("row").nth(1).get_by_role("cell").nth(1).inner_text()
    assert int(counted.replace(",", "")) > 0
    shot("page-columns")
    row.get_by_role("group", name="Tags of humid").get_by_role("button", name="Add a tag").click()
    row.get_by_role("combobox", name="New tag").fill("measured")
    row.get_by_role("combobox", name="New tag").press("Enter")
    expect(row.get_by_role("button", name="Remove tag measured")).to_be_visible()
    found.get_by_role("searchbox", name="Filter columns").fill("measured")
    expect(table.get_by_role("button", name="wind_dir", exact=True)).to_have_count(0)


@pytest.mark.full
def test_a_column_is_described_where_it_stands_and_found_by_it(page: Page, lab: Lab, shot: Shot) -> None:
    found = open_page(page, lab, "bronze.weather")
    found.get_by_role("tab", name="Columns").click()
    row = found.get_by_role("row").filter(has=page.get_by_role("button", name="wind_gust", exact=True))
    row.hover()
    row.get_by_role("button", name="Describe").click()
    box = found.get_by_role("textbox", name="Description of wind_gust")
    box.fill("Squalls, in miles an hour")
    # What was being written is there again after the page was left.
    found.get_by_role("tab", name="Overview").click()
    found.get_by_role("tab", name="Columns").click()
    expect(box).to_have_value("Squalls, in miles an hour")
    box.press("Control+Enter")
    expect(row.get_by_role("button", name="Edit description of wind_gust")).to_be_attached()
    expect(row.get_by_text("Squalls, in miles an hour")).to_be_visible()
    shot("page-column-described")
    found.get_by_role("searchbox", name="Filter columns").fill("squalls")
    expect(found.get_by_role("button", name="wind_dir", exact=True)).to_have_count(0)
    search_box(page).fill("squalls")
    expect(dataset(page, "bronze.weather")).to_contain_text("description: wind_gust: Squalls")
    search_box(page).fill("")
    found.get_by_role("searchbox", name="Filter columns").fill("")
    row.hover()
    row.get_by_role("button", name="Edit description of wind_gust").click()
    box.fill("")
    box.press("Control+Enter")
    expect(row.get_by_role("button", name="Describe")).to_be_attached()
    found.get_by_role("tab", name="History").click()
    said = found.get_by_role("table", name="What people said")
    expect(said.get_by_role("row", name=re.compile("description of wind_gust Squalls, in miles an hour nothing"))).to_be_visible()
    expect(said.get_by_role("row", name=re.compile("description of wind_gust nothing Squalls, in miles an hour"))).to_be_visible()


def test_quality_says_what_was_not_assessed_and_shows_the_rows_that_fail(page: Page, lab: Lab, shot: Shot) -> None:
    take(lab, "parcels", "id,weight,city\n" + "".join(f"{n},{n * 7 % 50},Oslo\n" for n in range(40)) + "40,,Oslo\n40,,Oslo\n")
    found = open_page(page, lab, "bronze.parcels")
    found.get_by_role("tab", name="Quality").click()
    expect(found.get_by_text("Not assessed: nobody has promised how fresh it is.")).to_be_visible()
    found.get_by_role("listitem").filter(has_text="uniqueness").get_by_role("button", name="Rows that fail").click()
    failing = found.get_by_role("region", name="Rows that fail uniqueness")
    expect(failing.get_by_role("cell", name="40", exact=True).first).to_be_visible()
    found.get_by_role("button", name="Add", exact=True).click()
    form = found.get_by_role("form", name="New expectation")
    form.get_by_label("Expect that").select_option("in_range")
    form.get_by_label("Column").fill("weight")
    form.get_by_label("At most").fill("30")
    form.get_by_label("At most").press("Enter")
    expected = found.get_by_role("region", name="Expectations", exact=True)
    line = expected.get_by_role("listitem").filter(has_text="weight is at most 30")
    expect(line).to_contain_text("does not hold")
    shot("page-quality")
    line.get_by_role("button", name=re.compile("that fail")).click()
    expect(found.get_by_role("region", name="Rows that fail weight is at most 30").get_by_role("row").nth(1)).to_be_visible()
    line.get_by_role("button", name="Expect no longer: weight is at most 30").click()
    expect(line).to_have_count(0)
    found.get_by_role("button", name="Undo").click()
    expect(line).to_be_visible()
    found.get_by_role("button", name="Propose some").click()
    proposed = found.get_by_role("region", name="Proposed expectations")
    proposed.get_by_role("button", name="Expect it").first.click()
    expect(found.get_by_role("region", name="Expectations").locator(".wb-expectations").last.get_by_role("listitem")).to_have_count(2)


@pytest.mark.usefixtures("console_errors_expected")
def test_a_dataset_that_is_dropped_is_not_told_of_as_if_it_were_there(page: Page, lab: Lab) -> None:
    with lab.api() as api:
        form = {"mode": "create", "zone": "bronze"}
        assert api.post("/ingest", params=form, data=form, files={"file": ("fleeting.csv", "n\n1\n2\n")}).is_success
        open_lab(page, lab.page())
        open_catalog(page)
        found = opened(page, "bronze.fleeting")
        expect(found).to_contain_text("2 rows")
        assert api.delete("/datasets/bronze.fleeting").is_success
        expect(found.get_by_role("alert")).to_contain_text("bronze.fleeting is not there any more.")
        expect(found).not_to_contain_text("2 rows")
        assert api.post("/datasets/bronze.fleeting/undrop").is_success
        expect(found).to_contain_text("2 rows")
        expect(found.get_by_role("alert")).to_have_count(0)


def test_an_earlier_snapshot_is_compared_and_restored_after_a_question(page: Page, lab: Lab, shot: Shot) -> None:
    take(lab, "fleet", "id,name\n1,a\n2,b\n3,c\n")
    take(lab, "fleet", "id,name\n9,z\n", "overwrite")
    found = open_page(page, lab, "bronze.fleet")
    found.get_by_role("tab", name="History").click()
    boxes = found.get_by_role("checkbox", name=re.compile("^Compare snapshot"))
    boxes.first.check()
    boxes.last.check()
    expect(found.get_by_role("region", name="Comparison")).to_contain_text("3 → 1 rows (−2)")
    expect(found.get_by_role("region", name="Comparison")).to_contain_text("The columns are the same.")
    found.get_by_role("button", name="Restore").first.click()
    asked = found.get_by_role("alertdialog", name="Restore this snapshot")
    expect(asked).to_contain_text("3 rows back")
    shot("page-restore")
    asked.get_by_role("button", name="Restore").click()
    expect(found.get_by_text("Restored. Nothing was deleted.")).to_be_visible()
    with lab.api() as api:
        assert api.get("/datasets/bronze.fleet").json()["rows"] == 3
    found.get_by_role("textbox", name="New tag").fill("checked")
    found.get_by_role("textbox", name="New tag").press("Enter")
    expect(found.get_by_role("button", name="Remove tag checked")).to_be_visible()


@pytest.mark.full
def test_the_history_tells_rows_that_were_updated_from_those_that_were_added(page: Page, lab: Lab, shot: Shot) -> None:
    take(lab, "tolls", "bridge,toll\n1,10\n2,20\n3,30\n")
    (lab.folder / "tolls.csv").write_text("bridge,toll\n2,25\n3,35\n4,40\n")
    with lab.api() as api:
        options = {"name": "bronze.tolls", "mode": "upsert", "keys": ["bridge"]}
        answer = api.post("/ingest/load", json={"source": "tolls.csv", "options": options})
        assert answer.is_success, answer.text
    found = open_page(page, lab, "bronze.tolls")
    found.get_by_role("tab", name="History").click()
    newest = found.get_by_role("table", name="Snapshots").get_by_role("row").nth(1)
    expect(newest).to_contain_text("+1, 2 updated")
    expect(newest.get_by_role("cell", name="4", exact=True)).to_be_visible()
    shot("page-upserted")


@pytest.mark.full
def test_dates_and_long_numbers_stand_whole_in_their_cells(page: Page, lab: Lab, shot: Shot) -> None:
    fits = "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth).map(cell => cell.textContent)"
    values = {
        "day": "2024-01-31",
        "at": "2024-01-31 13:59:07.123456",
        "fare": "98765432.125",
        "ratio": "0.14285714285714285",
        "n": "8" * 15,
    }
    line = ",".join(values.values())
    broken = line.replace("98765432.125", "about 98765432.125")
    take(lab, "whole", f"{','.join(values)}\n{line}\n{line.replace('31', '30')}\n{broken}\n" + f"{line.replace('31', '29')}\n" * 200)
    found = open_page(page, lab, "bronze.whole")
    found.get_by_role("tab", name="Sample").click()
    rows = found.get_by_role("table", name="Rows of bronze.whole")
    for text in ("2024-01-31", "2024-01-31 13:59:07.123456", "98765432.125", "0.14285714285714285", "8" * 15):
        expect(rows.get_by_role("cell", name=text, exact=True).first).to_be_visible()
    assert rows.locator(".wb-grid-cell").evaluate_all(fits) == []
    shot("page-sample-whole")
    found.get_by_role("tab", name="Quality").click()
    grid = found.get_by_role("grid", name="Records set aside from bronze.whole")
    expect(grid.get_by_role("gridcell", name="2024-01-31 13:59:07.123456", exact=True)).to_be_visible()
    assert grid.locator(".wb-grid-cell").evaluate_all(fits) == []


@pytest.mark.full
def test_tabs_are_reached_by_keys_and_stay_over_a_reload(page: Page, lab: Lab) -> None:
    found = open_page(page, lab, "bronze.airports")
    found.get_by_role("tab", name="Overview").focus()
    page.keyboard.press("ArrowRight")
    expect(found.get_by_role("tab", name="Columns")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(found.get_by_role("table", name="Rows of bronze.airports")).to_be_visible()
    remembered(page, lab, "workbench:page:bronze.airports", "sample")
    remembered(page, lab, "layout-restorer:data", "workbench-dataset-", ":bronze.airports")
    open_lab(page, lab.page("x"))
    expect(page_of(page, "bronze.airports").get_by_role("tab", name="Sample")).to_have_attribute("aria-selected", "true")


@pytest.mark.full
def test_it_fits_a_narrow_page_and_the_dark_theme(page: Page, lab: Lab, shot: Shot) -> None:
    page.set_viewport_size({"width": 700, "height": 800})
    found = open_page(page, lab, "bronze.flights")
    for tab in ("Overview", "Columns", "Quality", "History", "Usage"):
        found.get_by_role("tab", name=tab).click()
        expect(found.locator(".wb-skeleton-row")).to_have_count(0)
        assert found.locator(".wb-toolbar").first.evaluate("box => box.scrollWidth <= box.clientWidth")
        query, again = (found.get_by_role("button", name=name, exact=True).bounding_box() for name in ("Query", "Read again"))
        assert query and again and abs(query["y"] - again["y"]) < 8, "what can be done stands in one line"
        shot(f"page-narrow-{tab.lower()}", settle=800)
    page.set_viewport_size({"width": 1280, "height": 800})
    set_theme(page, "JupyterLab Dark")
    expect(found).to_have_attribute("data-wb-theme", "dark")
    for tab in ("Overview", "Columns", "Quality"):
        found.get_by_role("tab", name=tab).click()
        shot(f"page-dark-{tab.lower()}", settle=800)
    set_theme(page, "JupyterLab Light")


def test_query_opens_the_statement_with_its_rows(page: Page, lab: Lab) -> None:
    found = open_page(page, lab, "bronze.airlines")
    found.get_by_role("button", name="Query").click()
    panel = page.get_by_role("region", name="SQL 1")
    expect(panel.locator(".cm-content")).to_contain_text("from bronze.airlines")
    expect(panel.get_by_role("grid", name="Result")).to_contain_text("Endeavor Air")


def test_silver_is_made_by_proposed_steps_and_gold_by_a_persons_word(page: Page, lab: Lab, shot: Shot) -> None:
    rows = "".join(f"{n},  Oslo ,{n % 7}\n" for n in range(60))
    take(lab, "visits", f"id,city,guests\n{rows}59,  Oslo ,3\n")
    found = open_page(page, lab, "bronze.visits")
    found.get_by_role("button", name="Propose the steps to silver").click()
    refine = found.get_by_role("region", name="Refine it")
    expect(refine.get_by_text(re.compile(r"61 rows in, \d+ out"))).to_be_visible()
    shot("page-refine")
    refine.get_by_role("button", name="Make silver.visits").click()
    silver = page_of(page, "silver.visits")
    expect(silver.get_by_role("region", name="Recipe")).to_contain_text("From bronze.visits")
    shot("page-recipe")
    silver.get_by_role("tab", name="Lineage").click()
    silver.get_by_role("button", name="bronze.visits to silver.visits by refine silver.visits").click()
    job = silver.get_by_role("complementary", name="Job refine silver.visits")
    columns = job.get_by_role("table", name="Columns")
    expect(columns.get_by_role("row", name=re.compile("^city city trim texts"))).to_be_visible()
    shot("page-column-lineage")
    silver.get_by_role("tab", name="Overview").click()
    silver.get_by_role("button", name="Make it gold").click()
    silver.get_by_role("alertdialog").get_by_role("button", name="Make it gold").click()
    expect(page_of(page, "gold.visits")).to_be_visible()
