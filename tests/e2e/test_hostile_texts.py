"""Names, descriptions, errors and outputs that would run as a program if anything took them for HTML: they are shown as text."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages import choose_file, dataset, open_catalog, open_lab, search_box, stands
from tests.e2e.stage import Lab, lab_environment, running_lab
from workbench.app import init

pytestmark = pytest.mark.e2e

Shot = Callable[[str], None]

IMAGE = '<img src=x onerror="window.pwned=1">'
SCRIPT = "</script><script>window.pwned=1</script>"
LINKS = '[a](javascript:window.pwned=1) ![b](x"onerror="window.pwned=1) <a href="javascript:window.pwned=1">c</a>'
ALL = f"{IMAGE} {SCRIPT} {LINKS}"
FILE = f"{IMAGE}.csv"
# What only a notebook may show: Jupyter drops all of it from outputs that nobody has trusted by running them.
SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="window.pwned=1"/>'
RICH = f"{IMAGE}<script>window.pwned=1</script><svg onload=window.pwned=1></svg>"
MARKS = "() => window.pwned || document.querySelectorAll('[onerror], [onload], a[href^=\"javascript:\" i]').length"


def code(source: str, **metadata: object) -> dict[str, object]:
    return {
        "cell_type": "code",
        "id": f"c{abs(hash(source))}",
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def notebook(*cells: dict[str, object]) -> str:
    spec = {"name": "lake-python", "display_name": "Lake Python", "language": "python"}
    return json.dumps({"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A workspace in which whatever may be any text is a program."""
    folder = tmp_path / "project"
    ws = init(folder)
    (folder / FILE).write_text(f'a,"{IMAGE.replace(chr(34), chr(34) * 2)}"\n1,"{IMAGE.replace(chr(34), chr(34) * 2)}"\n')
    ws.ingest(folder / FILE, name="bronze.evil")
    ws.dataset("silver.evil_columns").write(pa.table({IMAGE: [IMAGE, SCRIPT], "nested": [{IMAGE: LINKS}, {IMAGE: ALL}]}))
    for name in ("bronze.evil", "silver.evil_columns"):
        ws.catalog.describe(name, ALL, IMAGE)
        ws.catalog.tag(name, IMAGE)
    ws.close()
    made = folder / "notebooks" / "pipelines" / "evil"
    made.mkdir(parents=True)
    parameter = {"name": "p", "type": "str", "default": ALL, "description": ALL}
    step = {"name": "first", "notebook": "one.ipynb", "description": ALL}
    # YAML reads JSON.
    (made / "pipeline.yaml").write_text(json.dumps({"name": "evil", "description": ALL, "parameters": [parameter], "steps": [step]}))
    shows = f"from IPython.display import *\nprint({ALL!r})\nfor one in (HTML, Markdown): display(one({RICH!r}))\n"
    shows += f"display(Javascript('window.pwned=1'), SVG({SVG!r}), Markdown({LINKS!r}))"
    fails = f"raise ValueError({ALL!r})"
    # A file may say of itself that it is trusted.
    (made / "one.ipynb").write_text(notebook(code(shows, trusted=True), code(fails, trusted=True)))
    shown = ["workbench.panels.catalog()", "ws", "ws.dataset('silver.evil_columns')", "ws.sql('from silver.evil_columns')"]
    shown.append("%%sql\nfrom silver.evil_columns")
    shown.append(f"%%sql\nselect error('{ALL.replace(chr(39), chr(39) * 2)}')")
    (folder / "look.ipynb").write_text(notebook(code("import workbench.panels\nws = workbench.open()"), *map(code, shown)))
    return folder


@pytest.fixture
def hostile_lab(hostile: Path, tmp_path: Path) -> Iterator[Lab]:
    base = tmp_path / "lab"
    base.mkdir()
    with running_lab([sys.executable, "-m", "workbench.cli", "lab"], hostile, base, lab_environment(base)) as found:
        yield found


def ran(page: Page) -> None:
    page.wait_for_timeout(300)  # an image fails, and a script is fetched, a moment later
    for frame in page.frames:
        assert not frame.evaluate(MARKS), frame.url


def as_text(page: Page, place: Locator, text: str = IMAGE) -> None:
    expect(place).to_contain_text(text)
    ran(page)


@pytest.mark.usefixtures("console_errors_expected")
def test_texts_that_are_programs_are_shown_and_never_run(hostile_lab: Lab, page: Page, shot: Shot) -> None:
    with hostile_lab.api() as api:
        run_id = api.post("/pipelines/evil/runs", json={"params": {}}).json()["run"]["id"]
        refused = api.post("/ingest", data={"zone": "bronze"}, files={"file": (f"bad{IMAGE}.csv".replace('"', "'"), "a,b\n1,2,3\n")})
        assert refused.is_error and "<img" in refused.text
        open_lab(page, hostile_lab.page())
        catalog(page)
        lineage(page)
        while api.get(f"/runs/{run_id}").json()["status"] in ("queued", "running"):
            time.sleep(0.5)
    # A step's program can write into the file that is looked at later, by others as well.
    (executed,) = (hostile_lab.folder / ".workbench" / "executed").glob("*/first.ipynb")
    found = json.loads(executed.read_text())
    for cell in found["cells"]:
        cell["metadata"]["trusted"] = True
    executed.write_text(json.dumps(found))
    runs(page, shot)
    in_a_notebook(page, hostile_lab, shot)
    # That would have been seen.
    page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", IMAGE)
    page.wait_for_function("window.pwned === 1")
    assert page.evaluate(MARKS)


def catalog(page: Page) -> None:
    open_catalog(page)
    dataset(page, "evil").click()
    details = page.get_by_role("region", name="bronze.evil")
    details.get_by_role("tab", name="About").click()
    as_text(page, details, ALL)
    details.get_by_role("tab", name="Sample").click()
    as_text(page, page.get_by_role("table", name="Sample of bronze.evil"))
    details.get_by_role("tab", name="Snapshots").click()
    ran(page)
    dataset(page, "evil_columns").click()
    expect(page.get_by_role("tree", name="Datasets")).to_contain_text(IMAGE)
    details = page.get_by_role("region", name="silver.evil_columns")
    details.get_by_role("tab", name="Sample").click()
    table = page.get_by_role("table", name="Sample of silver.evil_columns")
    as_text(page, table)
    expect(table).to_contain_text(SCRIPT)
    details.get_by_role("button", name="Open rows in the main area").click()
    as_text(page, page.get_by_role("table", name="Rows of silver.evil_columns"))
    search_box(page).fill("onerror")
    expect(dataset(page, "bronze.evil").locator("mark").first).to_be_visible()
    ran(page)
    search_box(page).fill(IMAGE)
    ran(page)
    search_box(page).fill("")
    looked_at = choose_file(page, FILE, b"a,b\n1,2\n" + f"{IMAGE},{SCRIPT}\n".encode())
    as_text(page, looked_at.get_by_role("heading").first, "<img src=x onerror=")
    expect(looked_at.get_by_role("table", name="First rows")).to_be_visible()
    ran(page)
    looked_at.get_by_role("button", name="Do not take it in").click()


def lineage(page: Page) -> None:
    dataset(page, "evil").click()
    page.get_by_role("region", name="bronze.evil").get_by_role("button", name="Show lineage").click()
    file = page.get_by_role("group", name=f"{FILE}, file")
    as_text(page, file)
    file.click()
    ran(page)
    page.get_by_role("button", name=re.compile("to bronze.evil by")).first.click()
    ran(page)
    page.get_by_role("group", name="View").get_by_role("button", name="Table").click()
    as_text(page, page.get_by_role("table", name="Lineage as a table"))


def runs(page: Page, shot: Shot) -> None:
    page.get_by_role("tab", name="Runs").click()
    pipelines = page.get_by_role("list", name="Pipelines")
    pipelines.get_by_role("button", name="Run", exact=True).click()
    expect(pipelines.get_by_role("textbox", name="p", exact=True)).to_have_value(ALL)
    ran(page)
    everything = page.get_by_role("list", name="Runs", exact=True)
    for name in (r"^ingest.*failed", r"^evil\b.*failed"):
        everything.get_by_role("button", name=re.compile(name)).first.click()
        as_text(page, everything, "<img src=x onerror=")
    page.get_by_role("list", name="Steps of evil").get_by_role("button", name="first").click()
    executed = page.locator(".jp-NotebookPanel:visible")
    as_text(page, executed, IMAGE)
    expect(executed).to_contain_text(f"ValueError: {IMAGE}")
    # Jupyter's sanitizer has been over it: the pictures are there, what they would do is not.
    expect(executed.locator(".jp-RenderedHTML img").first).to_be_attached()
    ran(page)
    shot("hostile-executed")


def in_a_notebook(page: Page, lab: Lab, shot: Shot) -> None:
    page.goto(f"{lab.url}/lab/tree/look.ipynb?token=e2e-token&reset")
    stands(page)
    expect(page.get_by_text("Lake Python | Idle")).to_be_visible()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu-itemLabel").filter(has_text=re.compile("^Run All Cells$")).click()
    cells = page.locator(".jp-Notebook:visible .jp-CodeCell")
    expect(cells.last.locator(".jp-OutputArea-output")).to_contain_text("<img src=x")
    ran(page)
    widget = cells.nth(1).locator(".jp-OutputArea-output")
    widget.get_by_role("treeitem", name=re.compile("^evil_columns")).first.click()
    widget.get_by_role("tab", name="Sample").click()
    as_text(page, widget)
    for number in (2, 3, 4, 5):
        as_text(page, cells.nth(number).locator(".jp-OutputArea-output").first)
    shot("hostile-notebook")
