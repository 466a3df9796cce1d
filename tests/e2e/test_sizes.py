"""The panels at the widths they are used at: nothing is cut, and no page scrolls sideways as a whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import import_page, open_catalog, open_lab, opened
from tests.e2e.stage import Lab

pytestmark = pytest.mark.e2e
Shot = Callable[..., None]
# What stands out of its panel, unless a box in between scrolls or says by an ellipsis that there is more.
# A panel that has no room beside another is none to look at.
OUTSIDE = """() => [...document.querySelectorAll('.wb-panel')].filter(panel => panel.clientWidth >= 200).flatMap(panel => {
    const edge = panel.getBoundingClientRect();
    const goesOn = each => {
        for (let box = each.parentElement; box !== panel; box = box.parentElement) {
            const { overflowX, textOverflow } = getComputedStyle(box);
            if (overflowX === 'auto' || overflowX === 'scroll' || textOverflow === 'ellipsis' || box.matches('.react-flow')) {
                return true;
            }
        }
        return false;
    };
    const out = [...panel.querySelectorAll('*')].filter(each => {
        const { left, right, width } = each.getBoundingClientRect();
        return width > 0 && (right > edge.right + 1 || left < edge.left - 1) && !goesOn(each);
    });
    return out.map(each => `${each.tagName} ${each.className}: ${each.textContent.slice(0, 40)}`).concat(
        [panel, ...panel.querySelectorAll('.wb-sections')]
            .filter(box => box.scrollWidth > box.clientWidth + 1)
            .map(box => `${box.className} scrolls sideways: ${box.scrollWidth} of ${box.clientWidth}`)
    );
})"""


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("width", [320, 380, 800, 1600])
def test_nothing_is_cut(page: Page, lab: Lab, width: int, shot: Shot) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    found = opened(page, "bronze.flights")
    expect(found.get_by_role("tab", name="Columns")).to_be_visible()
    page.set_viewport_size({"width": width, "height": 700})
    cut: dict[str, list[str]] = {}

    def look(name: str) -> None:
        # What is to stand there stands there.
        expect(page.locator(".wb-skeleton-row")).to_have_count(0)
        page.wait_for_timeout(150)
        shot(f"size-{width}-{name}", settle=450)
        cut.update({name: outside} if (outside := page.evaluate(OUTSIDE)) else {})

    look("catalog")
    page.get_by_role("tab", name="Runs").click()
    page.get_by_role("list", name="Runs").get_by_role("button").first.click()
    look("runs")
    page.get_by_role("tab", name="Catalog").click()
    page.get_by_role("button", name="Add data").first.click()
    # The side bar is shut: at 320 pixels nothing else is in sight.
    page.get_by_role("tab", name="Catalog").click()
    for way in ("Files", "Databases", "Watched folders", "Storage"):
        import_page(page).get_by_role("tab", name=way).click()
        look(f"add-{way}")
    page.get_by_role("tab", name="bronze.flights").click()
    for tab in ("Overview", "Columns", "Quality", "History", "Sample", "Usage", "Lineage"):
        found.get_by_role("tab", name=tab).click()
        look(f"page-{tab}")
    found.get_by_role("button", name="Query").click()
    expect(page.get_by_role("region", name="SQL 1").get_by_role("grid", name="Result")).to_be_visible()
    look("sql")
    assert cut == {}
