"""The catalog panel with many datasets: quick, and never all of them at once."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.e2e.large import large_workspace
from tests.e2e.pages import at_most, dataset, open_lab, page_of, remembered, search_box, tree
from tests.e2e.stage import Lab, lab_environment, running_lab

pytestmark = pytest.mark.e2e
Shot = Callable[[str], None]
DATASETS = 20_000
LEAST = 8_000  # with fewer the groups below a zone hold so few that they are not grouped again
MOST_SECONDS = 1.0  # the aim is 300 ms with 100,000


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, scale: float) -> Iterator[Lab]:
    base = tmp_path_factory.mktemp("large-lab")
    root = tmp_path_factory.mktemp("large") / "ws"
    large_workspace(root, max(LEAST, int(DATASETS * scale)))
    with running_lab([sys.executable, "-m", "workbench.cli", "lab"], root, base, lab_environment(base)) as found:
        with found.api() as api:  # a warm server, with its index of the search
            for zone in ("bronze", "silver", "gold"):
                assert api.get("/catalog/tree", params={"zone": zone}).is_success
            assert api.get("/search", params={"query": "invoices"}).json()
        yield found


@pytest.fixture
def asked(page: Page) -> Iterator[list[str]]:
    """The paths of the API that the page has asked for."""
    paths: list[str] = []

    def note(request: Request) -> None:
        if "/workbench/api/" in request.url:
            paths.append(request.url.split("/workbench/api")[1].split("?")[0])

    page.on("request", note)
    yield paths
    page.remove_listener("request", note)


def open_large(page: Page, lab: Lab) -> None:
    open_lab(page, lab.page())
    page.get_by_role("tab", name="Catalog").click()
    zone(page, "bronze").wait_for()
    page.wait_for_timeout(1000)


def zone(page: Page, name: str) -> Locator:
    return tree(page).get_by_role("treeitem", level=1, name=re.compile(f"^{name}"))


def group(page: Page, prefix: str) -> Locator:
    return tree(page).get_by_role("treeitem", name=re.compile(f"^{prefix}…")).first


def seconds(do: Callable[[], object], there: Locator) -> float:
    began = time.perf_counter()
    do()
    there.wait_for()
    return time.perf_counter() - began


def test_a_large_zone_opens_by_groups_of_names_at_once(page: Page, lab: Lab, shot: Shot, asked: list[str]) -> None:
    open_large(page, lab)
    expect(zone(page, "bronze")).to_contain_text(re.compile("[0-9]+,[0-9]{3}"))
    expect(group(page, "billing_")).to_have_attribute("aria-level", "2")
    for opened in ("gold", "silver", "bronze"):
        zone(page, opened).click()
        expect(zone(page, opened)).to_have_attribute("aria-expanded", "false")
    remembered(page, lab, "workbench:catalog", '"open": []')
    remembered(page, lab, "layout-restorer:data", "workbench-catalog")
    open_lab(page, lab.page("x"))  # so that nothing of it is in the page
    zone(page, "gold").wait_for()
    expect(tree(page).get_by_role("treeitem")).to_have_count(4)
    taken = {"zone": seconds(zone(page, "gold").click, group(page, "billing_"))}
    taken["group"] = seconds(group(page, "billing_").click, group(page, "billing_accounts_"))
    expect(group(page, "billing_accounts_")).to_have_attribute("aria-level", "3")
    table = tree(page).get_by_role("treeitem", level=4).first
    taken["group below"] = seconds(group(page, "billing_accounts_").click, table)
    expect(table).to_contain_text("billing_accounts_0")
    shot("large-tree")
    print({what: f"{each * 1000:.0f} ms" for what, each in taken.items()})
    assert max(taken.values()) < at_most(MOST_SECONDS)
    assert "/datasets" not in asked


@pytest.mark.usefixtures("console_errors_expected")
def test_a_search_and_a_dataset_s_page_come_at_once(page: Page, lab: Lab, shot: Shot, asked: list[str]) -> None:
    open_large(page, lab)
    hit = dataset(page, "gold.visits_wagons_00003")
    taken = {"search": seconds(lambda: search_box(page).fill("visits wagons 00003"), hit)}
    taken["details"] = seconds(hit.click, page.get_by_role("region", name="gold.visits_wagons_00003", exact=True))
    taken["page"] = seconds(hit.dblclick, page_of(page, "gold.visits_wagons_00003").get_by_text("What visits_wagons_00003 knows.").first)
    print({what: f"{each * 1000:.0f} ms" for what, each in taken.items()})
    assert max(taken.values()) < at_most(MOST_SECONDS)
    search_box(page).fill("")
    expect(tree(page).get_by_role("treeitem", name=re.compile("^visits_wagons_00003"))).to_have_attribute("aria-level", "4")
    shot("large-page")
    assert "/datasets" not in asked
