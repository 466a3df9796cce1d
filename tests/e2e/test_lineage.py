"""The lineage graph, on what a real pipeline wrote."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import open_catalog, open_lab, reach
from tests.e2e.stage import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("flights_run")]
Shot = Callable[..., None]


def open_lineage(page: Page, lab: Lab, name: str) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    reach(page, name).click()
    page.get_by_role("button", name="Show lineage").click()
    page.get_by_role("button", name="by flights.daily_delay").first.wait_for()


def test_the_graph_leads_from_files_to_gold(page: Page, lab: Lab, shot: Shot) -> None:
    open_lineage(page, lab, "daily_delay")
    for name in ("flights.csv, file", "bronze.flights, bronze", "silver.flights, silver", "gold.daily_delay, gold"):
        expect(page.get_by_role("group", name=name)).to_be_visible()
    shot("lineage", settle=400)


@pytest.mark.full
def test_an_overview_comes_only_where_the_graph_is_not_whole_in_sight(page: Page, lab: Lab, shot: Shot) -> None:
    """In a low panel it lay over the very table that was asked for."""
    open_lineage(page, lab, "daily_delay")
    page.set_viewport_size({"width": 1300, "height": 420})  # only now: the panel from which it opens needs more
    page.get_by_role("button", name="Fit to view").click()
    expect(page.get_by_role("group", name="gold.daily_delay, gold")).to_be_in_viewport(ratio=1)
    page.wait_for_timeout(400)  # it goes there slowly
    shot("lineage-low")
    overview = page.locator(".react-flow__minimap")
    expect(overview).to_have_count(0)
    page.get_by_role("group", name="silver.flights_enriched, silver").hover()
    page.mouse.wheel(0, -600)
    expect(overview).to_be_visible()
    page.get_by_role("button", name="Fit to view").click()
    expect(overview).to_have_count(0)


def test_an_edge_shows_its_run_and_opens_the_notebook_at_the_cell(page: Page, lab: Lab, shot: Shot) -> None:
    open_lineage(page, lab, "daily_delay")
    page.get_by_role("button", name="bronze.flights to silver.flights by flights.clean_flights").click()
    job = page.get_by_role("complementary", name="Job flights.clean_flights")
    expect(job).to_contain_text("succeeded")
    expect(job).to_contain_text(re.compile(r"month=\d"))  # of the newest run, whichever test began it
    shot("lineage-edge", settle=400)
    job.get_by_role("button", name="Open notebook").click()
    expect(page.get_by_role("tab", name=re.compile("01-clean-flights.ipynb"))).to_be_visible()
    expect(page.locator(".jp-Notebook .jp-mod-active.jp-Cell")).to_be_in_viewport()
    shot("lineage-notebook")


def test_the_same_graph_is_there_as_a_table(page: Page, lab: Lab, shot: Shot) -> None:
    open_lineage(page, lab, "daily_delay")
    page.get_by_role("button", name="Table", exact=True).click()
    table = page.get_by_role("table", name="Lineage as a table")
    expect(table.get_by_role("row", name=re.compile("flights.csv.*ingest.*bronze.flights"))).to_be_visible()
    expect(table.get_by_role("row", name=re.compile("silver.flights_enriched.*gold.daily_delay"))).to_be_visible()
    shot("lineage-table")


@pytest.mark.full
def test_direction_and_dataset_are_chosen_in_the_toolbar(page: Page, lab: Lab) -> None:
    open_lineage(page, lab, "daily_delay")
    chosen = page.get_by_role("combobox", name="Dataset")
    chosen.fill("flights")
    page.get_by_role("option", name="bronze.flights", exact=True).click()
    expect(chosen).to_have_value("bronze.flights")
    page.get_by_role("combobox", name="Direction").select_option(label="What it is made from")
    expect(page.get_by_text("2 nodes, 1 step", exact=False)).to_be_visible()
    chosen.click()
    page.get_by_role("option", name="All datasets").click()
    expect(page.get_by_role("group", name="gold.daily_delay, gold")).to_be_visible()
    expect(page.get_by_role("group", name="airlines.json, file")).to_be_visible()


def test_a_node_can_be_reached_and_picked_by_keyboard(page: Page, lab: Lab) -> None:
    open_lineage(page, lab, "daily_delay")
    node = page.get_by_role("group", name="silver.flights_enriched, silver")
    node.focus()
    page.keyboard.press("Enter")
    facts = page.get_by_role("complementary", name="silver.flights_enriched")
    expect(facts).to_contain_text("rows")
    facts.get_by_role("button", name="Only its lineage").click()
    expect(page.get_by_role("combobox", name="Dataset")).to_have_value("silver.flights_enriched")
