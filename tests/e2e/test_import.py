"""From a dropped file to a table: looked at, corrected, taken in, queried; and what did not fit, corrected in the grid."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages import (
    at_most,
    dataset,
    drop_files,
    drop_paths,
    eventually,
    import_page,
    open_catalog,
    open_lab,
    opened,
    page_of,
    remembered,
    set_theme,
)
from tests.e2e.stage import Lab, running_lab

pytestmark = pytest.mark.e2e
Shot = Callable[[str], None]

# A title above the header, decimal commas, dates of two readings, zips with leading zeros beside numbers, a header with blanks.
UGLY = "Carrier Code;Account;Fare;Day;Note\n" + "".join(
    f"{'AA' if n % 3 else 'UA'};{1000 + n};{n},5{n % 10};{n % 28 + 1:02d}.03.2024;row {n}\n" for n in range(200)
)
BROKEN = (
    "id,carrier,fare\n"
    + "".join(f"{n},AA,{n}.5\n" for n in range(200))
    + "900,DL,abt 12\n901,DL,13 or 14\n902,DL,1O.5\n"
    + "".join(f"{n},UA,{n}.5\n" for n in range(300, 400))
)


def taken_in(looked_at: Locator, words: str | re.Pattern[str]) -> None:
    expect(looked_at.get_by_role("button", name="Query")).to_be_visible()
    expect(looked_at).to_contain_text(words)


def rows_of(lab: Lab, name: str) -> int:
    with lab.api() as api:
        return int(api.get(f"/datasets/{name}").json()["rows"])


def set_aside(lab: Lab, name: str) -> int:
    with lab.api() as api:
        return len(api.get(f"/ingest/quarantine/{name}").json())


def with_set_aside(page: Page, lab: Lab, name: str, text: str, count: int) -> Locator:
    """Take in ``text``, of which ``count`` records are set aside; returns the page of ``bronze.NAME``, where they are."""
    open_lab(page, lab.page())
    open_catalog(page)
    looked_at = drop_files(page, {f"{name}.csv": text})
    looked_at.get_by_role("button", name=re.compile("^Import")).click()
    looked_at.get_by_role("button", name=f"{count} set aside").click()
    return page_of(page, f"bronze.{name}")


def test_an_ugly_file_is_dropped_corrected_and_queried_within_half_a_minute(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    began = time.perf_counter()
    looked_at = drop_files(page, {"ugly fares.csv": UGLY})
    # One column's type is corrected: the account is a name, not a number.
    kind = looked_at.get_by_label("Type of Account")
    kind.select_option("string")
    expect(kind).to_have_value("string")
    expect(looked_at.get_by_role("form", name="How it is taken in").get_by_label("Delimiter")).to_have_value(";")
    shot("import-preview")
    looked_at.get_by_role("button", name=re.compile("^Import")).click()
    taken_in(looked_at, "200 rows into bronze.ugly_fares.")
    looked_at.get_by_role("button", name="Query").click()
    statement = page.get_by_role("region", name="SQL 1")
    expect(statement.locator(".cm-content")).to_contain_text("from bronze.ugly_fares")
    expect(statement.get_by_role("grid", name="Result").get_by_role("row").nth(1)).to_be_visible()
    taken = time.perf_counter() - began
    print(f"dropped, corrected, taken in and queried after {taken:.1f} s")
    shot("import-queried")
    assert taken < at_most(30)
    with lab.api() as api:
        types = {c["name"]: c["type"] for c in api.get("/datasets/bronze.ugly_fares").json()["columns"]}
    assert types["account"] == "string"
    assert types["fare"].startswith("decimal")  # money by its name, with decimal commas
    assert types["day"] == "date"


def test_three_bad_rows_corrected_in_the_grid_join_the_table(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    looked_at = drop_files(page, {"broken.csv": BROKEN})
    expect(looked_at.get_by_text("3 of 303 rows do not fit and will be set aside")).to_be_visible()
    looked_at.get_by_role("button", name="Show only these").click()
    expect(looked_at.get_by_role("cell", name="abt 12")).to_have_attribute("aria-invalid", "true")
    shot("import-misfits")
    looked_at.get_by_role("button", name=re.compile("^Import")).click()
    taken_in(looked_at, "300 rows into bronze.broken.")
    looked_at.get_by_role("button", name="3 set aside").click()
    found = page_of(page, "bronze.broken")
    grid = found.get_by_role("grid", name="Records set aside from bronze.broken")
    expect(grid).to_be_focused()
    expect(grid.get_by_role("gridcell", name="abt 12")).to_have_attribute("aria-selected", "true")
    # By keys alone: the grid is where the wrong value is.
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    page.keyboard.type("still no number")
    page.keyboard.press("Enter")
    page.keyboard.type("10.5")
    page.keyboard.press("Enter")
    expect(found.get_by_text("3 rows changed")).to_be_visible()
    shot("import-quarantine")
    found.get_by_role("button", name="Save corrections").click()
    expect(found.get_by_text("2 rows joined bronze.broken")).to_be_visible()
    # What still does not fit stays, with what was typed and why.
    expect(grid.get_by_role("gridcell", name="still no number", exact=True)).to_be_visible()
    expect(grid.get_by_role("gridcell", name="still no number", exact=True)).to_have_attribute("aria-invalid", "true")
    shot("import-quarantine-left")
    assert rows_of(lab, "bronze.broken") == 302
    grid.focus()
    page.keyboard.type("13.5")
    page.keyboard.press("Enter")
    found.get_by_role("button", name="Save corrections").click()
    expect(found.get_by_text("Nothing is set aside")).to_be_visible()
    assert rows_of(lab, "bronze.broken") == 303
    with lab.api() as api:
        fares = api.post("/query", json={"sql": "select id, fare from bronze.broken where id >= 900 order by id"}).json()["rows"]
    assert [[number, float(fare)] for number, fare in fares] == [[900, 12.0], [901, 13.5], [902, 10.5]]


def test_cells_are_corrected_as_in_a_spreadsheet(page: Page, lab: Lab, shot: Shot) -> None:
    rows = "".join(f"{n},{n}.5,2024-01-{n % 28 + 1:02d}\n" for n in range(300))
    odd = "900,abt 12,2024-02-01\n901,5.5,2024-02-31\n902,unknown,never\n"
    found = with_set_aside(page, lab, "zigzag", f"id,fare,zigzag_day\n{rows}{odd}", 3)
    grid = found.get_by_role("grid", name="Records set aside from bronze.zigzag")
    expect(grid).to_be_focused()
    fare, day = (grid.get_by_role("gridcell", name=text, exact=True) for text in ("abt 12", "2024-02-31"))
    # A click goes there; Enter then opens the cell that is marked, not the next.
    day.click()
    expect(day).to_have_attribute("aria-selected", "true")
    expect(grid.get_by_role("textbox")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(grid.get_by_role("textbox")).to_have_value("2024-02-31")
    page.keyboard.type("x")
    page.keyboard.press("Escape")
    expect(day).to_have_attribute("aria-selected", "true")
    expect(found.get_by_text("changed", exact=False)).to_have_count(0)
    page.keyboard.type("2024-02-28")
    page.keyboard.press("Enter")
    fare.dblclick()
    expect(grid.get_by_role("textbox")).to_have_value("abt 12")
    grid.get_by_role("textbox").fill("12")
    page.keyboard.press("Tab")
    expect(grid.get_by_role("gridcell", name="2024-02-01", exact=True)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    # Left as it was, and down.
    page.keyboard.press("Enter")
    expect(grid.get_by_role("gridcell", name="2024-02-28", exact=True)).to_have_attribute("aria-selected", "true")
    expect(found.get_by_text("2 rows changed")).to_be_visible()
    # The last change is taken back, and the one before it.
    for left in ("1 row changed", "Double click a cell"):
        page.keyboard.press("Control+z")
        expect(found.get_by_text(left)).to_be_visible()
    fare.click()
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    day.click()
    page.keyboard.type("2024-02-28")
    page.keyboard.press("Enter")
    expect(found.get_by_text("2 rows changed")).to_be_visible()
    # Both wrong values of one record are marked.
    expect(grid.get_by_role("gridcell", name="unknown", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(grid.get_by_role("gridcell", name="never", exact=True)).to_have_attribute("aria-invalid", "true")
    shot("quarantine-all-wrong")
    grid.get_by_role("gridcell", name="unknown", exact=True).click()
    page.keyboard.type("7")
    page.keyboard.press("Tab")
    page.keyboard.type("2024-02-29")
    page.keyboard.press("Enter")
    found.get_by_role("button", name="Save corrections").click()
    expect(found.get_by_text("Nothing is set aside.")).to_be_visible()
    assert rows_of(lab, "bronze.zigzag") == 303


@pytest.mark.usefixtures("console_errors_expected")
def test_what_cannot_be_read_so_is_not_offered_to_be_taken_in(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    looked_at = drop_files(page, {"barred.csv": "id;note\n" + "".join(f"{n};a|b\n" for n in range(50))})
    take = looked_at.get_by_role("button", name=re.compile("^Import"))
    expect(take).to_be_enabled()
    form = looked_at.get_by_role("form", name="How it is taken in")
    for label, wrong, right, words in (
        ("Delimiter", "|", ";", "2 values found"),
        ("Encoding", "utf-16", "utf-8", "does not look like UTF-16"),
    ):
        field = form.get_by_label(label)
        for value in (wrong, right):
            if label == "Delimiter":
                field.select_option(value)
            else:
                field.fill(value)
                field.press("Enter")
            if value == wrong:
                expect(looked_at.get_by_role("alert")).to_contain_text(words)
                expect(take).to_be_disabled()
                shot(f"import-unreadable-{label.lower()}")
        expect(looked_at.get_by_role("alert")).to_have_count(0)
        expect(take).to_be_enabled()


def test_why_a_column_is_text_is_said_in_words_of_the_panel(page: Page, lab: Lab) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    days = "".join(f"{n},0{n % 9 + 1}/0{n % 7 + 1}/2024\n" for n in range(60))
    looked_at = drop_files(page, {"unsure.csv": f"n,day\n{days}"})
    why = looked_at.get_by_role("table", name="First rows").get_by_role("note")
    expect(why).to_have_attribute("aria-label", re.compile("“Dates”: day.month.year or “Dates”: month/day/year"))
    expect(why).not_to_have_attribute("title", re.compile("`|dates="))


@pytest.mark.full
def test_advice_leads_to_what_waits_in_quarantine_and_to_the_columns(page: Page, lab: Lab, shot: Shot) -> None:
    rows = "".join(f"{n},{n}.5,guest{n}@example.org\n" for n in range(300))
    bad = "900,unknown,ann@example.org\n901,free,bob@example.org\n"
    found = with_set_aside(page, lab, "advised", f"advised_no,advised_fare,mail\n{rows}{bad}", 2)
    # What the load says next is said in words of the panel.
    page.locator(".lm-DockPanel-tabBar").get_by_role("tab", name="Import").click()
    expect(import_page(page)).to_contain_text("\u201cRefine it\u201d on the page of bronze.advised")
    expect(import_page(page).get_by_text(re.compile(r"workbench [a-z]+"))).to_have_count(0)
    page.locator(".lm-DockPanel-tabBar").get_by_role("tab", name="bronze.advised").click()
    with lab.api() as api:
        api.patch("/datasets/bronze.advised", json={"column": "advised_no", "description": "Its number."}).raise_for_status()
    found.get_by_role("tab", name="Overview").click()
    advice = found.get_by_role("region", name="Recommendations")
    expect(advice).to_contain_text("2 of 3 columns say nothing about themselves: advised_fare, mail.")
    shot("page-advice")
    assert "workbench" not in advice.inner_text()
    advice.get_by_role("button", name="Describe them").click()
    expect(found.get_by_role("table", name="Columns of bronze.advised")).to_be_visible()
    found.get_by_role("tab", name="Overview").click()
    expect(advice).to_contain_text("2 records that do not fit it wait in quarantine.")
    advice.get_by_role("button", name="Correct or discard them").click()
    expect(found.get_by_role("grid", name="Records set aside from bronze.advised")).to_be_focused()
    found.get_by_role("tab", name="Overview").click()
    expect(advice).to_contain_text("1 column looks like personal data.")
    advice.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_role("listbox", name="Findings").get_by_role("option")).to_contain_text(["bronze.advised.mail"])


def test_what_was_set_aside_is_discarded_with_a_way_back(page: Page, lab: Lab) -> None:
    found = with_set_aside(page, lab, "discarded", BROKEN, 3)
    grid = found.get_by_role("grid")
    grid.get_by_role("button", name="Discard line 203").click()
    expect(grid.get_by_role("gridcell", name="13 or 14", exact=True)).to_have_count(0)
    found.get_by_role("button", name="Undo").click()
    expect(grid.get_by_role("gridcell", name="13 or 14", exact=True)).to_be_visible()
    found.get_by_role("button", name="Discard these 3").click()
    expect(found.get_by_text("3 records will be discarded.")).to_be_visible()
    # It is said when the server has answered.
    expect(found.get_by_text("Discarded 3 records.")).to_be_visible()
    assert set_aside(lab, "bronze.discarded") == 0
    expect(found.get_by_text("Nothing is set aside.")).to_be_visible()


@pytest.mark.full
@pytest.mark.parametrize("leave", ["tab", "browser"])
def test_who_leaves_within_the_time_to_undo_has_discarded(page: Page, lab: Lab, leave: str) -> None:
    name = f"left_by_{leave}"
    found = with_set_aside(page, lab, name, BROKEN.replace("fare", name), 3)
    found.get_by_role("button", name="Discard these 3").click()
    expect(found.get_by_text("3 records will be discarded.")).to_be_visible()
    assert set_aside(lab, f"bronze.{name}") == 3
    if leave == "tab":
        tab = page.locator(".lm-DockPanel-tabBar").get_by_role("tab", name=f"bronze.{name}")
        tab.locator(".lm-TabBar-tabCloseIcon").click()
    else:
        page.goto("about:blank")
    eventually(page, lambda: set_aside(lab, f"bronze.{name}") == 0)


@pytest.mark.full
@pytest.mark.usefixtures("console_errors_expected")
def test_what_could_not_be_discarded_stands_there_again(page: Page, lab: Lab) -> None:
    found = with_set_aside(page, lab, "undiscarded", BROKEN.replace("fare", "undiscarded"), 3)
    error = {"code": "service_not_running", "message": "The workbench is not running.", "fix": "Run `workbench up`.", "details": {}}
    page.route("**/quarantine/*/discard", lambda route: route.fulfill(status=503, json={"error": error}))
    found.get_by_role("button", name="Discard these 3").click()
    expect(found.get_by_role("alert")).to_contain_text("The workbench is not running.")
    expect(found.get_by_role("gridcell", name="13 or 14", exact=True)).to_be_visible()


@pytest.mark.usefixtures("console_errors_expected")
def test_what_a_gate_holds_back_is_written_anyway_where_the_reason_stands(page: Page, lab: Lab, shot: Shot) -> None:
    rows = "".join(f"{n},{n % 9}.5\n" for n in range(200))
    found = with_set_aside(page, lab, "tolls_held", f"held_id,held_toll\n{rows}900,abt 12\n", 1)
    with lab.api() as api:
        gate = {"kind": "in_range", "column": "held_toll", "low": 0, "high": 100, "severity": "gate"}
        api.post("/quality/bronze.tolls_held/expectations", json={"expectation": gate}).raise_for_status()
    expect(found.get_by_role("grid", name="Records set aside from bronze.tolls_held")).to_be_focused()
    page.keyboard.type("5000")
    page.keyboard.press("Enter")
    found.get_by_role("button", name="Save corrections").click()
    held = found.get_by_role("alert").filter(has_text="What was corrected was held back")
    expect(held).to_contain_text("at most 100")
    expect(held).to_contain_text("take it all the same with \u201cWrite anyway\u201d")
    held.scroll_into_view_if_needed()
    shot("import-quarantine-held-back")
    assert (rows_of(lab, "bronze.tolls_held"), set_aside(lab, "bronze.tolls_held")) == (200, 1)
    held.get_by_role("button", name="Write anyway").click()
    expect(found.get_by_text("1 row joined bronze.tolls_held")).to_be_visible()
    # A load that the same gate holds back.
    looked_at = drop_files(page, {"tolls_held.csv": "held_id,held_toll\n901,7000.5\n902,3.5\n"})
    looked_at.get_by_role("button", name="Add to bronze.tolls_held").click()
    held = looked_at.get_by_role("alert").filter(has_text="was held back")
    expect(held.get_by_role("button", name="Write anyway")).to_be_visible()
    shot("import-held-back")
    assert rows_of(lab, "bronze.tolls_held") == 201
    held.get_by_role("button", name="Write anyway").click()
    taken_in(looked_at, "2 rows into bronze.tolls_held.")
    assert rows_of(lab, "bronze.tolls_held") == 203


@pytest.mark.full
def test_a_plain_file_is_taken_in_by_enter(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    looked_at = drop_files(page, {"plain.csv": "carrier,fare\nAA,120\nUA,99\nDL,140\n"})
    button = looked_at.get_by_role("button", name="Import as is")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    taken_in(looked_at, "3 rows into bronze.plain.")
    shot("import-result")
    expect(dataset(page, "plain")).to_contain_text("3")  # by the live stream: nobody pressed refresh
    # What needs no reader goes by itself.
    expect(page.get_by_role("list", name="Data being taken in")).to_have_count(0)


def test_a_second_file_of_the_same_dataset_asks_what_becomes_of_the_rows(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    looked_at = drop_files(page, {"tariffs.csv": "id,price\n1,10\n2,20\n"})
    looked_at.get_by_role("button", name="Import as is").click()
    taken_in(looked_at, "2 rows into bronze.tariffs.")
    looked_at = drop_files(page, {"tariffs.csv": "id,price,since\n2,25,2024-01-01\n3,30,2024-02-01\n"})
    differs = looked_at.get_by_role("region", name="Differences")
    expect(differs.get_by_role("row").filter(has_text="since")).to_contain_text("new")
    expect(looked_at.get_by_role("button", name="Add to bronze.tariffs")).to_be_visible()
    looked_at.get_by_role("radio", name="Update by key").check()
    keys = looked_at.get_by_role("group", name="Columns that identify a row")
    if not keys.get_by_role("button", name="Remove key column id").count():
        expect(looked_at.get_by_text("Name the columns that identify a row.")).to_be_visible()
        keys.get_by_role("button", name="Add a key column").click()
        keys.get_by_role("combobox", name="New key column").fill("id")
        keys.get_by_role("combobox", name="New key column").press("Enter")
    shot("import-differences")
    looked_at.get_by_role("button", name="Update bronze.tariffs").click()
    taken_in(looked_at, "into bronze.tariffs.")
    assert rows_of(lab, "bronze.tariffs") == 3


def test_what_was_typed_outlives_a_reload(page: Page, lab: Lab) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    looked_at = drop_files(page, {"kept.csv": "a,b\n1,x\n2,y\n"})
    name = looked_at.get_by_label("Name of a", exact=True)
    name.fill("number")
    expect(looked_at.get_by_role("button", name="As it was found")).to_be_visible()
    remembered(page, lab, "workbench:imports", '"name": "number"')
    remembered(page, lab, "layout-restorer:data", "workbench-import")
    open_lab(page, lab.page("x"))
    expect(import_page(page).get_by_label("Name of a", exact=True)).to_have_value("number")
    import_page(page).get_by_role("button", name="Do not take it in").click()
    # Nor is it lost by a slip.
    expect(import_page(page).get_by_label("Name of a", exact=True)).to_have_count(0)
    import_page(page).get_by_role("button", name="Undo").click()
    expect(import_page(page).get_by_label("Name of a", exact=True)).to_have_value("number")
    import_page(page).get_by_role("button", name="Do not take it in").click()


@pytest.mark.full
def test_what_is_kept_is_of_this_workspace(page: Page, lab: Lab, tmp_path: Path) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    opened(page, "bronze.planes")
    drop_files(page, {"mine.csv": "a,b\n1,x\n2,y\n"}).get_by_label("Name of a", exact=True).fill("number")
    remembered(page, lab, "workbench:imports", '"name": "number"')
    remembered(page, lab, "layout-restorer:data", "workbench-import")
    other = tmp_path / "other"
    subprocess.run([sys.executable, "-m", "workbench.cli", "init", str(other)], env=lab.environment, check=True, capture_output=True)
    with running_lab([sys.executable, "-m", "jupyter", "lab"], other, tmp_path, lab.environment) as second:
        open_lab(page, second.page("x"))
        expect(page.locator(".wb-catalog").get_by_text("Nothing is here yet.")).to_be_visible()
        expect(page.get_by_text("mine.csv")).to_have_count(0)
        expect(page.locator(".lm-DockPanel").get_by_role("tab", name=re.compile("Import|bronze.planes"))).to_have_count(0)
        page.goto("about:blank")
    open_lab(page, lab.page("x"))
    tabs = page.locator(".lm-DockPanel-tabBar")
    tabs.get_by_role("tab", name="bronze.planes").click()
    expect(page_of(page, "bronze.planes")).to_be_visible()
    tabs.get_by_role("tab", name="Import").click()
    expect(import_page(page).get_by_label("Name of a", exact=True)).to_have_value("number")
    import_page(page).get_by_role("button", name="Do not take it in").click()


@pytest.mark.usefixtures("console_errors_expected")
def test_several_files_are_a_list_and_the_plain_ones_go_together(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    files = {f"batch_{n}.csv": f"id,v{n}\n1,{n}.5\n2,7.25\n" for n in range(3)}
    looked_at = drop_files(page, {**files, "batch_bad.parquet": "this is no Parquet"})
    listed = looked_at.get_by_role("list", name="What is being taken in")
    expect(listed.get_by_role("listitem")).to_have_count(4)
    expect(listed.get_by_role("listitem").filter(has_text="batch_bad.parquet")).to_contain_text("failed")
    looked_at.get_by_role("button", name="Import the 3 that are plain").click()
    for n in range(3):
        expect(listed.get_by_role("listitem").filter(has_text=f"batch_{n}.csv")).to_contain_text("2 rows")
    listed.get_by_role("button").filter(has_text="batch_bad.parquet").click()
    expect(looked_at.get_by_role("alert")).to_contain_text("batch_bad.parquet could not be read.")
    shot("import-several")
    for _ in range(4):
        looked_at.get_by_role("button", name=re.compile("Dismiss it|Do not take it in")).click()


@pytest.mark.full
def test_a_dropped_folder_is_the_files_in_it(page: Page, lab: Lab, tmp_path: Path) -> None:
    for name in ("north.csv", "deeper/south.csv", ".hidden.csv", "deeper/.git/config"):
        file = tmp_path / "regions" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"region,{file.stem.strip('.')}\n1,2\n")
    (tmp_path / "empty").mkdir()
    open_lab(page, lab.page())
    open_catalog(page)
    drop_paths(page, tmp_path / "empty")
    expect(page.get_by_role("status").filter(has_text="There is no file in it.")).to_be_visible()
    looked_at = drop_paths(page, tmp_path / "regions")
    listed = looked_at.get_by_role("list", name="What is being taken in").get_by_role("listitem")
    expect(listed).to_have_count(2)
    expect(listed.filter(has_text="north.csv")).to_contain_text("ready")
    expect(listed.filter(has_text="south.csv")).to_contain_text("ready")
    for _ in range(2):
        looked_at.get_by_role("button", name="Do not take it in").click()


@pytest.mark.full
def test_the_other_sheets_of_a_workbook_are_taken_in_by_one_click(page: Page, lab: Lab, tmp_path: Path, shot: Shot) -> None:
    book = Workbook()
    for sheet, count in (("Orders", 3), ("Customers", 4), ("Prices", 5)):
        rows = book.create_sheet(sheet)
        rows.append([f"{sheet}_id", "amount"])
        for n in range(count):
            rows.append([n, n / 4])
    del book["Sheet"]
    book.save(tmp_path / "shop.xlsx")
    open_lab(page, lab.page())
    open_catalog(page)
    looked_at = drop_paths(page, tmp_path / "shop.xlsx")
    expect(looked_at.get_by_role("button", name="Look at them, too")).to_be_visible()
    # After a reload the page has the file no longer: what was sent is enough for all sheets.
    remembered(page, lab, "workbench:imports", "shop.xlsx")
    remembered(page, lab, "layout-restorer:data", "workbench-import")
    open_lab(page, lab.page("sheets"))
    looked_at = import_page(page)
    looked_at.get_by_role("button", name="Look at them, too").click()
    listed = looked_at.get_by_role("list", name="What is being taken in").get_by_role("listitem")
    expect(listed).to_have_count(3)
    expect(looked_at.get_by_role("button", name="Look at them, too")).to_have_count(0)
    shot("import-sheets")
    for sheet, count in (("shop.xlsx#Prices", 5), ("shop.xlsx#Customers", 4), ("shop.xlsx", 3)):
        listed.get_by_role("button").filter(has=page.get_by_text(sheet, exact=True)).click()
        looked_at.get_by_role("button", name=re.compile("^Import( as is)?$")).click()
        taken_in(looked_at, re.compile(rf"{count} rows into bronze\.shop"))


@pytest.mark.full
def test_a_path_of_the_workspace_is_looked_at_like_a_file(page: Page, lab: Lab, shot: Shot) -> None:
    (lab.folder / "incoming.csv").write_text("day,visits\n2024-01-01,3\n2024-01-02,5\n")
    open_lab(page, lab.page())
    open_catalog(page)
    page.get_by_role("button", name="Add data").first.click()
    looked_at = import_page(page)
    looked_at.get_by_role("textbox", name="Path or address").fill("incoming.csv")
    shot("import-add")
    looked_at.get_by_role("button", name="Look at it").first.click()
    looked_at.get_by_role("button", name="Import as is").click()
    taken_in(looked_at, "2 rows into bronze.incoming.")


@pytest.mark.full
def test_it_fits_a_narrow_page_and_the_dark_theme(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    open_catalog(page)
    looked_at = drop_files(page, {"themes.csv": BROKEN})
    expect(looked_at.get_by_role("table", name="First rows")).to_be_visible()
    set_theme(page, "JupyterLab Dark")
    expect(looked_at).to_have_attribute("data-wb-theme", "dark")
    shot("import-dark")
    page.set_viewport_size({"width": 640, "height": 800})
    page.wait_for_timeout(500)
    shot("import-narrow")
    bar = looked_at.locator(".wb-look-bar")
    assert bar.evaluate("box => box.scrollWidth <= box.clientWidth")
    page.set_viewport_size({"width": 1280, "height": 800})
    set_theme(page, "JupyterLab Light")
    looked_at.get_by_role("button", name="Do not take it in").click()
