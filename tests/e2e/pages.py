"""What a person does in JupyterLab, by role and text."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.stage import RESULTS, Lab
from tests.patience import slower

__all__ = [
    "at_most",
    "cell_text",
    "choose_file",
    "dataset",
    "drop_files",
    "drop_paths",
    "eventually",
    "import_page",
    "open_catalog",
    "open_lab",
    "page_of",
    "picture",
    "remembered",
    "search_box",
    "set_theme",
    "stands",
    "tree",
    "type_ahead",
]


def open_lab(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("tab", name="Catalog").wait_for()
    stands(page)


def stands(page: Page) -> None:
    """Wait until JupyterLab has put all in its place and takes the focus no more."""
    # The splash screen lies over the page until the layout has been restored.
    page.locator("#jupyterlab-splash").wait_for(state="detached")
    # Where nothing was restored JupyterLab opens the launcher after that, which takes the focus.
    tabs = page.locator("#jp-main-dock-panel .lm-TabBar-tab")
    focused = page.locator("#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current")
    focused.or_(tabs.filter(has_not_text="Launcher")).first.wait_for()


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


def reach(page: Page, name: str) -> Locator:
    """The same, scrolled to: only rows in sight are drawn. It stays: zones above it that come later push it out of sight."""
    row, box = dataset(page, name), tree(page)
    expect(box.get_by_role("treeitem").nth(1)).to_be_visible()
    seen = 0
    for _ in range(100):
        seen = seen + 1 if row.count() else 0
        if seen == 5:
            break
        if not seen:
            box.evaluate("b => { b.scrollTop = b.scrollTop + b.clientHeight >= b.scrollHeight ? 0 : b.scrollTop + 200 }")
        page.wait_for_timeout(100)
    return row


def opened(page: Page, name: str) -> Locator:
    """A dataset's page, by a double click on its row; again where so much time passed between the clicks that they were no double one."""
    found = page_of(page, name)
    for _ in range(5):
        reach(page, name.partition(".")[2]).dblclick()
        with contextlib.suppress(AssertionError):
            expect(found.get_by_role("tab", name="Overview")).to_be_visible(timeout=12_000)
            return found
    pytest.fail(f"a double click has not opened {name}")


def search_box(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Search datasets and columns")


def type_ahead(page: Page, text: str, reached: Locator) -> None:
    """Type the beginning of a row's name; again where so much time has passed between two letters that they were two words."""
    for _ in range(10):
        page.keyboard.type(text)
        with contextlib.suppress(AssertionError):
            expect(reached).to_be_visible(timeout=2_000)
            return
        page.wait_for_timeout(800)
    pytest.fail(f"typing {text} has not led there")


def set_theme(page: Page, name: str) -> None:
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.locator(".lm-Menu-itemLabel").filter(has_text=re.compile("^Theme$")).click()
    page.locator(".lm-Menu-itemLabel").filter(has_text=re.compile(rf"^{name}$")).click()
    light = "false" if "Dark" in name else "true"
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", light)


def cell_text(page: Page) -> str:
    """The text of the active notebook's cells."""
    return "\n\n".join(page.locator(".jp-Notebook:visible .jp-CodeCell .cm-content").all_inner_texts())


def page_of(page: Page, name: str) -> Locator:
    """A dataset's page in the main area."""
    return page.get_by_role("region", name=f"Page of {name}")


def import_page(page: Page) -> Locator:
    """Where data is looked at before it is written."""
    return page.get_by_role("region", name="Import", exact=True)


def choose_file(page: Page, name: str, content: bytes) -> Locator:
    """Add a file by the buttons; returns the page where it is looked at."""
    page.get_by_role("button", name="Add data").first.click()
    with page.expect_file_chooser() as chooser:
        import_page(page).get_by_role("button", name="Choose files").click()
    chooser.value.set_files([{"name": name, "mimeType": "text/csv", "buffer": content}])
    return import_page(page)


def drop_files(page: Page, files: dict[str, str]) -> Locator:
    """Drop files onto the catalog; returns the page where they are looked at."""
    transfer = page.evaluate_handle(
        """files => {
            const transfer = new DataTransfer();
            for (const [name, content] of Object.entries(files)) {
                transfer.items.add(new File([content], name));
            }
            return transfer;
        }""",
        files,
    )
    panel = page.locator(".wb-catalog")
    panel.dispatch_event("dragover", {"dataTransfer": transfer})
    expect(page.get_by_text("Drop to look at it")).to_be_visible()
    panel.dispatch_event("drop", {"dataTransfer": transfer})
    return import_page(page)


def drop_paths(page: Page, *paths: Path) -> Locator:
    """Drop files or folders of this machine onto the catalog, as a file manager does; returns the page where they are looked at."""
    box = page.locator(".wb-catalog").bounding_box()
    assert box
    browser = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        browser.send("Input.dispatchDragEvent", {"type": kind, "data": data, **place})
    return import_page(page)


def at_most(seconds: float) -> float:
    """A person's patience, where two other parts of the tests want the processor, too, and it is as slow as it is."""
    return 5 * seconds * slower()


def picture(page: Page, name: str, settle: float = 0, calm: bool = False) -> None:
    """Take a picture of what is on the screen ``settle`` milliseconds later; a ``calm`` one without what pops up over it and goes."""
    RESULTS.mkdir(exist_ok=True)
    page.wait_for_timeout(settle)
    page.screenshot(path=RESULTS / f"{name}.png", style=".Toastify, .wb-notice { visibility: hidden }" if calm else None)


def eventually(page: Page, holds: Callable[[], object], seconds: float = 60) -> None:
    """Wait until ``holds()``: for what a page has asked the server for without showing the answer."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        page.wait_for_timeout(100)


def remembered(page: Page, lab: Lab, slot: str, *words: str) -> None:
    """Wait until JupyterLab has saved what stands in ``slot`` of its state, ``words`` in it: it does so a second or two later.

    Slots of ours are named ``workbench:...`` here; in the state the workspace's name is in them.
    """
    name = re.compile(re.escape(slot) if not slot.startswith("workbench:") else rf"workbench-[0-9a-f]{{16}}:{re.escape(slot[10:])}")

    def kept() -> bool:
        with lab.api() as api:
            data = api.get(f"{lab.url}/lab/api/workspaces/default").json()["data"]
        text = json.dumps([value for key, value in data.items() if name.fullmatch(key)], ensure_ascii=False)
        return all(word in text for word in words)

    eventually(page, kept)
