"""What a person does in JupyterLab, by role and text."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

__all__ = ["cell_text", "dataset", "open_catalog", "open_lab", "search_box", "set_theme", "tree"]


def open_lab(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("tab", name="Catalog").wait_for(timeout=60_000)
    # The splash screen lies over the page until the layout has been restored.
    page.locator("#jupyterlab-splash").wait_for(state="detached", timeout=60_000)


def open_catalog(page: Page) -> Locator:
    """The catalog in the side bar, with its rows."""
    page.get_by_role("tab", name="Catalog").click()
    found = tree(page)
    found.get_by_role("treeitem", name="bronze", exact=False).first.wait_for()
    return found


def tree(page: Page) -> Locator:
    return page.get_by_role("tree", name="Datasets")


def dataset(page: Page, name: str) -> Locator:
    """A dataset's row, by the start of what it shows."""
    return tree(page).get_by_role("treeitem", name=re.compile(rf"^{re.escape(name)}\b")).first


def search_box(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Search datasets and columns")


def set_theme(page: Page, name: str) -> None:
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.locator(".lm-Menu-itemLabel").filter(has_text=re.compile("^Theme$")).click()
    page.locator(".lm-Menu-itemLabel").filter(has_text=re.compile(rf"^{name}$")).click()
    light = "false" if "Dark" in name else "true"
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", light)


def cell_text(page: Page) -> str:
    """The text of the active notebook's cells."""
    return "\n\n".join(page.locator(".jp-Notebook:visible .jp-CodeCell .cm-content").all_inner_texts())
