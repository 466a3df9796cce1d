"""The SQL panel: statements and their results in the main area."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.pages import open_lab, remembered, set_theme
from tests.e2e.stage import Lab

pytestmark = pytest.mark.e2e
Shot = Callable[[str], None]
ENDLESS = "select count(*) from range(1000000000) a, range(1000000000) b where a.range * b.range % 7 = 8"


def panel_of(page: Page, number: int = 1) -> Locator:
    return page.get_by_role("region", name=f"SQL {number}", exact=True)


@pytest.fixture
def panel(page: Page, lab: Lab) -> Iterator[Locator]:
    """A panel from the launcher's card, empty."""
    open_lab(page, lab.page())
    page.locator(".jp-LauncherCard").filter(has_text=re.compile("^SQL$")).click()
    found = panel_of(page)
    editor = found.locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    yield found


def write(page: Page, panel: Locator, text: str) -> None:
    """Into the editor, in the place of what is there; at once, so that nothing is completed."""
    panel.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def grid_of(panel: Locator) -> Locator:
    return panel.get_by_role("grid", name="Result")


def test_statements_run_with_their_results_beside_each_other(page: Page, panel: Locator, shot: Shot) -> None:
    shot("sql-empty")
    expect(panel.get_by_role("list", name="Examples").get_by_role("button").first).to_contain_text("select *")
    write(
        page,
        panel,
        "select carrier, name from bronze.airlines order by carrier;\n\n"
        "select null as nothing, '' as empty, 12345678901234567890 as long, [1, 2] as list, {'a': 1} as pair",
    )
    panel.get_by_role("button", name="Run all").click()
    tabs = panel.get_by_role("tablist", name="Results").get_by_role("tab")
    expect(tabs).to_have_count(2)
    expect(panel.get_by_text(re.compile(r"^1 row in "))).to_have_count(2)  # shown, and read aloud
    expect(grid_of(panel).get_by_role("gridcell").first).to_have_text("null")
    expect(grid_of(panel)).to_contain_text("12345678901234567890")
    grid_of(panel).get_by_text('{"a":1}').dblclick()
    expect(panel.get_by_role("region", name="Value of pair")).to_contain_text('"a": 1')
    shot("sql-nested")
    tabs.first.click()
    expect(grid_of(panel)).to_contain_text("Endeavor Air")
    # Sorted and filtered where it stands.
    grid_of(panel).get_by_role("button", name=re.compile("^name")).click()
    expect(grid_of(panel).get_by_role("gridcell").nth(1)).to_have_text("AirTran Airways Corporation")
    panel.get_by_role("searchbox", name="Filter rows").fill("jet")
    expect(panel.get_by_text("2 fit")).to_be_visible()
    tabs.last.click()
    tabs.first.click()  # how it was looked at is kept
    expect(panel.get_by_text("2 fit")).to_be_visible()
    shot("sql-sorted")


def test_the_keyboard_runs_what_is_at_the_cursor_and_copies_cells(page: Page, panel: Locator) -> None:
    write(page, panel, "select 1 as first;\nselect 2 as second")
    page.keyboard.press("Control+Enter")
    expect(grid_of(panel).get_by_role("columnheader")).to_contain_text("second")
    page.keyboard.press("Control+Home")
    page.keyboard.press("Shift+Enter")
    expect(grid_of(panel).get_by_role("columnheader")).to_contain_text("first")
    page.keyboard.press("Shift+Enter")  # the cursor has gone on
    expect(grid_of(panel).get_by_role("columnheader")).to_contain_text("second")
    write(page, panel, "select range as a, range * 10 as b from range(3)")
    page.keyboard.press("Control+Enter")
    expect(grid_of(panel)).to_contain_text("20")
    grid_of(panel).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Control+c")
    expect(panel.get_by_text("2 cells were copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "1\t10"


def test_columns_are_sorted_by_keys_from_the_line_of_headers(page: Page, panel: Locator) -> None:
    write(page, panel, "select range as a, -range as b from range(3)")
    page.keyboard.press("Control+Enter")
    grid = grid_of(panel)
    expect(grid).to_contain_text("-2")
    grid.focus()
    for key in ("ArrowUp", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    head = grid.get_by_role("columnheader", name=re.compile("^b"))
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(grid).to_have_attribute("aria-activedescendant", str(head.get_attribute("id")))
    # What a filter leaves nothing of is sorted all the same, and down from there the rows begin.
    panel.get_by_role("searchbox", name="Filter rows").fill("no such text")
    expect(panel.get_by_text("No row holds that text.")).to_be_visible()
    grid.focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    panel.get_by_role("searchbox", name="Filter rows").fill("")
    grid.focus()
    page.keyboard.press("ArrowDown")
    expect(grid.get_by_role("gridcell", selected=True)).to_have_text("0")


@pytest.mark.usefixtures("console_errors_expected")
def test_more_rows_of_one_result_wait_until_the_others_are_there(page: Page, panel: Locator) -> None:
    write(page, panel, f"select range from range(2000);\n{ENDLESS};\nselect 3 as third")
    panel.get_by_role("button", name="Run all").click()
    tabs = panel.get_by_role("tablist", name="Results").get_by_role("tab")
    expect(tabs.nth(1)).to_contain_text("… 2:")
    tabs.first.click()
    panel.get_by_role("button", name="Show 10,000").click()
    expect(panel.get_by_text("A statement runs. Stop it first.")).to_be_visible()
    panel.get_by_role("button", name="Stop", exact=True).click()
    # That which ran was stopped, and none waits for ever.
    expect(tabs.nth(1)).to_contain_text("■ 2:")
    expect(tabs.nth(2)).to_contain_text("■ 3:")
    panel.get_by_role("button", name="Show 10,000").click()
    expect(panel.get_by_text(re.compile("^2,000 rows in"))).to_have_count(2)


def asking(route: Route) -> None:
    """As a server that asks before it reads the airlines."""
    asked = route.request.post_data_json
    if "airlines" in asked["sql"] and not asked.get("confirm"):
        error = {"code": "too_large", "message": "The statement would read 40 GB: go on?", "fix": "Or not.", "details": {"confirm": True}}
        route.fulfill(status=413, json={"error": error})
    else:
        route.continue_()


@pytest.mark.usefixtures("console_errors_expected")
def test_what_was_said_to_go_on_goes_on_with_what_comes_after_it_and_is_exported(page: Page, panel: Locator, shot: Shot) -> None:
    page.route(re.compile("/api/query(/export)?$"), asking)
    write(page, panel, "select 1 as first;\nselect * from bronze.airlines;\nselect 3 as third")
    panel.get_by_role("button", name="Run all").click()
    expect(panel.get_by_text("The statement would read 40 GB: go on?")).to_be_visible()
    panel.get_by_role("button", name="Run it all the same").click()
    tabs = panel.get_by_role("tablist", name="Results").get_by_role("tab")
    expect(tabs.nth(2)).to_have_text("3: select 3 as third")
    tabs.nth(1).click()
    expect(grid_of(panel)).to_contain_text("Endeavor Air")
    # It is not asked again of the one who has answered.
    panel.get_by_role("button", name="Export").click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="CSV").click()
    assert len(saved.value.path().read_text().splitlines()) == 17
    # Nor is an export a dead end that asks for the first time.
    page.unroute_all()
    write(page, panel, "select name from bronze.airlines")
    page.keyboard.press("Control+Enter")
    expect(grid_of(panel)).to_contain_text("Endeavor Air")
    page.route(re.compile("/api/query/export$"), asking)
    panel.get_by_role("button", name="Export").click()
    page.get_by_role("menuitem", name="CSV").click()
    expect(panel.get_by_role("alert")).to_contain_text("go on?")
    shot("sql-export-asked")
    with page.expect_download() as saved:
        panel.get_by_role("button", name="Export it all the same").click()
    assert len(saved.value.path().read_text().splitlines()) == 17


def test_many_results_leave_room_for_the_one_that_is_looked_at(page: Page, panel: Locator, shot: Shot) -> None:
    write(page, panel, ";\n".join(f"select {n} as n, 'so that its name is long' as words" for n in range(40)))
    panel.get_by_role("button", name="Run all").click()
    tabs = panel.get_by_role("tablist", name="Results").get_by_role("tab")
    expect(tabs.last).to_have_attribute("aria-selected", "true")
    expect(panel.get_by_text(re.compile("^1 row in"))).to_have_count(2)
    expect(tabs.last).to_be_in_viewport()
    assert panel.get_by_role("tablist", name="Results").evaluate("box => box.clientHeight") < 100
    tabs.last.focus()
    page.keyboard.press("Home")
    expect(tabs.first).to_be_focused()
    expect(tabs.first).to_be_in_viewport()
    shot("sql-many-results")


@pytest.mark.usefixtures("console_errors_expected")
def test_an_error_stands_at_its_place_with_what_to_do(page: Page, panel: Locator, shot: Shot) -> None:
    write(page, panel, "select 1;\nselect carier\nfrom bronze.airlines")
    panel.get_by_role("button", name="Run all").click()
    said = panel.get_by_role("alert")
    expect(said).to_contain_text("The statement failed in line 2.")
    expect(said).to_contain_text("There is no column 'carier' here.")
    expect(said).to_contain_text("Did you mean 'carrier'?")
    expect(panel.locator(".cm-lintRange-error")).to_have_text("carier")
    shot("sql-error")
    write(page, panel, "select 1 from bronze.airlins")
    page.keyboard.press("Control+Enter")
    expect(panel.locator(".cm-lintRange-error")).to_have_text("bronze.airlins")


@pytest.mark.usefixtures("console_errors_expected")
def test_what_runs_is_stopped_and_parameters_are_bound(page: Page, panel: Locator, lab: Lab, shot: Shot) -> None:
    write(page, panel, ENDLESS)
    page.keyboard.press("Control+Enter")
    expect(panel.get_by_text(re.compile(r"Running, [1-9]"))).to_be_visible()
    panel.get_by_role("toolbar", name="Statement").get_by_role("button", name="Stop").click()
    expect(panel.get_by_text("The statement was stopped.")).to_be_visible()
    with lab.api() as api:
        assert api.get("/runs", params={"kind": "sql", "limit": 1}).json()[0]["status"] == "cancelled"
    write(page, panel, "select $n + 1 as more")
    panel.get_by_role("group", name="Values of parameters").get_by_label("$n").fill("41")
    panel.get_by_role("button", name="Run", exact=True).click()
    expect(grid_of(panel).get_by_role("gridcell")).to_have_text("42")


def test_a_cut_is_said_a_chart_is_drawn_and_all_rows_are_exported(page: Page, panel: Locator, shot: Shot) -> None:
    write(page, panel, "select carrier, count(*) as flights\nfrom bronze.flights\ngroup by all\norder by flights desc")
    page.keyboard.press("Control+Enter")
    expect(panel.get_by_text(re.compile("^16 rows in"))).to_have_count(2)
    panel.get_by_role("button", name="Chart").click()
    expect(panel.get_by_role("img", name=re.compile("^Bars of the result: 16 marks"))).to_be_visible()
    shot("picture-sql")
    set_theme(page, "JupyterLab Dark")
    expect(panel).to_have_attribute("data-wb-theme", "dark")
    shot("sql-bars-dark")
    panel.get_by_role("button", name="Table").click()
    shot("sql-dark")
    set_theme(page, "JupyterLab Light")
    write(page, panel, "select time_hour, temp, humid from bronze.weather where origin = 'JFK' order by time_hour limit 2000")
    page.keyboard.press("Control+Enter")
    expect(panel.get_by_text("cut at 1,000")).to_be_visible()
    panel.get_by_role("button", name="Chart").click()
    expect(panel.get_by_role("img", name=re.compile("^Line of the result"))).to_be_visible()
    shot("sql-line")
    panel.get_by_role("button", name="Show 10,000").click()
    expect(panel.get_by_text(re.compile("^2,000 rows in"))).to_have_count(2)
    expect(panel.get_by_role("img", name=re.compile("^Line of the result"))).to_be_visible()
    panel.get_by_role("button", name="Export").click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="CSV").click()
    assert len(saved.value.path().read_text().splitlines()) == 2001


def test_a_statement_is_explained_and_kept_as_a_table(page: Page, panel: Locator, shot: Shot) -> None:
    write(page, panel, "select carrier, count(*) as flights\nfrom bronze.flights\ngroup by carrier")
    panel.get_by_role("button", name="Explain").click()
    told = panel.get_by_role("region", name="What it would do")
    expect(told.get_by_role("button", name="bronze.flights")).to_be_visible()
    expect(told).to_contain_text("carrier string, flights long")
    expect(told).to_contain_text(re.compile("reads 337 k rows"))
    page.set_viewport_size({"width": 900, "height": 800})
    measure, close = (told.get_by_role("button", name=name).bounding_box() for name in ("Run and measure", "Close"))
    assert measure and close and close["x"] > measure["x"], "what can be done stays together in a narrow panel"
    page.set_viewport_size({"width": 1280, "height": 800})
    told.get_by_role("button", name="Run and measure").click()
    expect(told.get_by_role("list", name="Plan")).to_contain_text("336,776 rows")
    shot("sql-explained")
    panel.locator(".cm-content").click()
    page.keyboard.insert_text("x")
    expect(told).to_contain_text("of the statement before you changed it")
    page.keyboard.press("Backspace")
    expect(told).not_to_contain_text("before you changed it")
    panel.get_by_role("button", name="Save as…").click()
    form = panel.get_by_role("form", name="Save the statement")
    form.get_by_label("Save as").select_option("table")
    form.get_by_role("textbox", name="Name").fill("silver.by_carrier")
    form.get_by_role("button", name="Save", exact=True).click()
    expect(panel.locator(".cm-content")).to_contain_text("create table silver.by_carrier as")
    expect(panel.get_by_role("tabpanel").get_by_text(re.compile("silver.by_carrier created with 16 rows"))).to_be_visible()
    # It would write again.
    expect(panel.get_by_role("button", name="Export")).to_be_disabled()
    shot("sql-saved")


@pytest.fixture
def no_pipelines_left(lab: Lab) -> Iterator[None]:
    """What a test has made beside the demo's pipeline is gone after it: others look at that alone."""
    folder = lab.folder / "notebooks" / "pipelines"
    before = set(folder.iterdir())
    yield
    for made in set(folder.iterdir()) - before:
        shutil.rmtree(made)


@pytest.mark.usefixtures("no_pipelines_left")
def test_a_statement_becomes_a_step_whose_run_shows_what_it_ran(page: Page, panel: Locator, shot: Shot) -> None:
    write(page, panel, "select carrier, name, timestamp '2026-01-31 12:30:00' as at\nfrom bronze.airlines\nwhere carrier > $after")
    page.keyboard.press("Control+Enter")
    # Nothing is sent that lacks a value.
    expect(panel.get_by_role("alert")).to_contain_text("Fill in $after")
    value = panel.get_by_role("textbox", name="$after")
    expect(value).to_be_focused()
    value.fill("US")
    panel.get_by_role("button", name="Run", exact=True).click()
    expect(grid_of(panel).get_by_role("gridcell", name="2026-01-31 12:30:00", exact=True).first).to_be_visible()
    panel.get_by_role("button", name="Save as…").click()
    form = panel.get_by_role("form", name="Save the statement")
    expect(form.get_by_role("textbox", name="Name")).to_have_value("silver.")
    expect(form).to_contain_text("A view takes no values")
    form.get_by_label("Save as").select_option("step")
    form.get_by_role("combobox", name="Pipeline", exact=True).select_option("New pipeline…")
    form.get_by_label("Name of the new pipeline").fill("carriers")
    form.get_by_label("Name of the step").fill("late_ones")
    expect(form.get_by_role("group", name="Changes to notebooks/pipelines/carriers/pipeline.yaml")).to_contain_text(
        "output: silver.late_ones"
    )
    shot("sql-step")
    form.get_by_role("button", name="Save step").click()
    expect(form.get_by_role("button", name="Open pipeline")).to_be_focused()
    page.keyboard.press("Enter")
    steps = page.get_by_role("list", name="What carriers does")
    expect(steps).to_contain_text("SQL, makes silver.late_ones")
    row = page.get_by_role("list", name="Pipelines").get_by_role("listitem").filter(has=steps)
    row.get_by_role("button", name="Run", exact=True).click()
    expect(row.get_by_role("textbox", name="after")).to_have_value("US")
    row.get_by_role("button", name="Start").click()
    run = page.get_by_role("list", name="Steps of carriers")
    expect(run.locator(".wb-status-succeeded")).to_have_count(1, timeout=120_000)
    run.get_by_role("button", name="late_ones").click()
    expect(run.get_by_label("SQL of late_ones")).to_contain_text("where carrier > 'US'")
    expect(run).to_contain_text("3 rows written to silver.late_ones")
    shot("runs-sql-step")
    write(page, panel, "select 1")
    run.get_by_role("button", name="Open in SQL panel").click()
    expect(panel.locator(".cm-content")).to_contain_text("where carrier > $after")
    expect(value).to_have_value("US")


def test_names_are_completed_with_their_types_and_what_was_written_stays(page: Page, panel: Locator, lab: Lab, shot: Shot) -> None:
    write(page, panel, "select  from bronze.planes")
    for _ in range(len(" from bronze.planes")):
        page.keyboard.press("ArrowLeft")
    page.keyboard.type("man")
    found = panel.get_by_role("option", name=re.compile("^manufacturer"))
    expect(found).to_contain_text("string")
    shot("sql-complete")
    page.wait_for_timeout(200)  # the editor takes no key for a list that has just come: it may have been meant for the text
    page.keyboard.press("Enter")
    expect(panel.locator(".cm-content")).to_contain_text("select manufacturer from")
    panel.get_by_role("button", name="Format").click()
    expect(panel.locator(".cm-line")).to_have_count(4)
    page.keyboard.press("Control+Enter")
    expect(grid_of(panel)).to_contain_text("EMBRAER")
    panel.get_by_role("button", name="Statements that were run").click()
    past = panel.get_by_role("list", name="Statements")
    expect(past.get_by_role("listitem").first).to_contain_text("manufacturer")
    shot("sql-log")
    past.get_by_role("button", name="Compare").first.click()
    past.get_by_role("button", name="Compare").nth(1).click()
    expect(panel.get_by_role("region", name="What differs")).to_contain_text("+")
    panel.get_by_role("region", name="What differs").get_by_role("button", name="Back").click()
    panel.get_by_role("button", name="Statements that were run").click()
    panel.get_by_role("textbox", name="Name of this panel").fill("Makers")
    tabs = page.locator(".lm-DockPanel-tabBar")
    expect(tabs.get_by_role("tab", name="Makers")).to_be_visible()
    remembered(page, lab, "workbench:sql:1", "Makers", "manufacturer")
    remembered(page, lab, "layout-restorer:data", "workbench-SQL")
    open_lab(page, lab.page(""))
    expect(tabs.get_by_role("tab", name="Makers")).to_be_visible()
    expect(panel_of(page).locator(".cm-content")).to_contain_text("manufacturer")
