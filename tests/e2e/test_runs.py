"""The runs panel: a pipeline is started from it, and followed to its end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.pages import open_lab
from tests.e2e.stage import Lab
from tests.patience import wait_until
from tests.pipelines.conftest import write_notebook
from workbench.core.config import load_settings
from workbench.jobs.paths import socket_path

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("flights_run")]
Shot = Callable[..., None]


def test_a_pipeline_is_started_and_followed_to_its_end(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    page.get_by_role("tab", name="Runs").click()
    pipelines = page.get_by_role("list", name="Pipelines")
    expect(pipelines).to_contain_text("3 steps")
    pipelines.get_by_role("button", name="Run", exact=True).click()
    pipelines.get_by_role("spinbutton", name="month").fill("2")
    shot("runs-form")
    pipelines.get_by_role("button", name="Start").click()
    steps = page.get_by_role("list", name="Steps of flights")
    expect(steps.get_by_role("listitem")).to_have_count(3)
    expect(steps).to_contain_text("running")
    shot("runs-live")
    expect(steps.locator(".wb-status-succeeded")).to_have_count(3, timeout=120_000)
    newest = page.get_by_role("list", name="Runs", exact=True).get_by_role("button").first
    expect(newest).to_contain_text("succeeded")
    expect(page.get_by_text("month=2")).to_be_visible()
    shot("runs-done")


@pytest.fixture
def viewer(lab: Lab) -> Iterator[httpx.Client]:
    """The API as somebody sees it who may look at the pipeline `lines`, and at nothing else."""
    with lab.api() as api:
        grants = "version: 1\ngrants:\n  - {to: viewer, what: 'pipeline:lines', may: [read]}\n"
        api.post("/compliance/policy", json={"text": grants, "note": "for a look"}).raise_for_status()
        try:
            api.post("/users", json={"name": "vilma", "roles": ["viewer"]}).raise_for_status()
            secret = api.post("/users/vilma/tokens", json={}).json()["secret"]
            transport = httpx.HTTPTransport(uds=str(socket_path(load_settings(lab.folder))))
            with httpx.Client(base_url="http://localhost", transport=transport, headers={"Authorization": f"Bearer {secret}"}) as found:
                yield found
            api.post("/users/vilma/disable").raise_for_status()
        finally:
            api.post("/compliance/policy", json={"text": "version: 1\n", "note": "as it was"}).raise_for_status()


def seen_by(page: Page, person: httpx.Client) -> None:
    """From now on the tab asks as that person; events come to nobody else's page."""

    def answer(route: Route) -> None:
        asked = route.request
        path = asked.url.partition("/workbench/api")[2]
        if path.startswith("/events/stream"):
            route.fulfill(status=200, content_type="text/event-stream", body="")
            return
        kind = {"Content-Type": asked.headers["content-type"]} if "content-type" in asked.headers else {}
        found = person.request(asked.method, f"/api{path}", content=asked.post_data_buffer, headers=kind)
        route.fulfill(status=found.status_code, content_type="application/json", body=found.content)

    page.route("**/workbench/api/**", answer)


# A person who only looks asks for what she may not have, such as schedules.
@pytest.mark.usefixtures("console_errors_expected")
def test_a_pipeline_from_a_template_is_scheduled_seen_live_repaired_compared_and_shared(
    viewer: httpx.Client, page: Page, lab: Lab, shot: Shot
) -> None:
    open_lab(page, lab.page())
    page.get_by_role("tab", name="Runs").click()
    page.get_by_role("button", name="New pipeline").click()
    form = page.get_by_role("form", name="New pipeline")
    form.get_by_role("textbox", name="Name").fill("lines")
    form.get_by_role("combobox", name="Template").select_option("ingest")
    expect(form).to_contain_text("Take a file into the lake")
    form.get_by_role("button", name="Make").click()
    made = page.get_by_role("region", name="Pipeline lines")
    load, check, last = (made.get_by_role("group", name=re.compile(f"^{step}, notebook")) for step in ("load", "check", "quality"))
    for step in (load, check, last):
        expect(step).to_be_visible()
    folder = lab.folder / "notebooks/pipelines/lines"
    third = folder / "03-quality.ipynb"
    as_made = third.read_bytes()
    write_notebook(third, ["1 / 0"], parameters="rows = 0")

    made.get_by_role("tab", name="Schedules").click()
    made.get_by_role("button", name="New schedule").click()
    when = made.get_by_role("form", name="New schedule")
    when.get_by_role("combobox", name="Preset").select_option("weekdays")
    when.get_by_role("combobox", name="Time zone").fill("Europe/Athens")
    expect(when).to_contain_text("At 06:00 on Monday to Friday, Europe/Athens")
    expect(when.get_by_role("list", name="Next dates").get_by_role("listitem")).to_have_count(10)
    when.get_by_role("combobox", name="A date while the run before goes on").select_option("it waits")
    shot("schedule-form", calm=True)
    when.get_by_role("button", name="Make the schedule").click()
    row = made.get_by_role("table", name="Schedules").get_by_role("row", name=re.compile("^lines"))
    expect(row).to_contain_text("active")

    row.get_by_role("button", name="Run now").click()
    expect(row.get_by_role("button", name=re.compile("failed"))).to_be_visible(timeout=120_000)
    row.get_by_role("button", name="lines", exact=True).click()
    made.get_by_role("button", name="Backfill…").click()
    backfill = made.get_by_role("form", name="Backfill of lines")
    backfill.get_by_label("From").fill("2026-01-01")
    backfill.get_by_label("To", exact=True).fill("2026-01-06")
    expect(backfill.get_by_role("button", name="Run 4 dates")).to_be_enabled()  # two are a week's end
    shot("schedules")
    backfill.get_by_role("button", name="Cancel").click()
    row.get_by_role("button", name=re.compile("failed")).click()

    made.get_by_role("tab", name="Graph").click()
    expect(last).to_have_accessible_name(re.compile("failed"))
    load.click()
    expect(made.get_by_role("list", name="Cells of lines.load")).to_contain_text("bronze.lines: 16 rows")
    third.write_bytes(as_made)
    made.get_by_role("button", name="Repair…").click()
    repair = made.get_by_role("form", name="Repair this run")
    expect(repair.get_by_role("status")).to_contain_text("quality runs again.")
    repair.get_by_role("button", name="Start").click()
    expect(last).to_have_accessible_name(re.compile("succeeded"), timeout=120_000)
    expect(made.get_by_text("repaired once")).to_be_visible()
    shot("pipeline-graph", calm=True)
    made.get_by_role("tab", name="Timeline").click()
    in_time = made.get_by_role("table", name="Steps of lines in time")
    expect(in_time.get_by_role("row", name=re.compile("load succeeded"))).to_contain_text("took")
    shot("pipeline-timeline")
    made.get_by_role("tab", name="Log").click()
    made.get_by_role("searchbox", name="Search the log").fill("GAVE")
    expect(made.get_by_role("table", name="Log of lines").get_by_role("row")).to_have_count(2)
    shot("pipeline-log")

    until_told = "from pathlib import Path\nfrom time import sleep\nwhile not Path('go').exists(): sleep(0.1)"
    write_notebook(third, ["print(rows, 'airlines')", until_told], parameters="rows = 0")
    made.get_by_role("tab", name="Graph").click()
    made.get_by_role("button", name="Run again…").click()
    made.get_by_role("form", name="Run again").get_by_role("button", name="Start").click()
    expect(last).to_have_accessible_name(re.compile("running"), timeout=120_000)
    last.click()
    expect(made.get_by_role("list", name="Cells of lines.quality")).to_contain_text("16 airlines")  # while it runs
    expect(made.get_by_role("button", name="Cancel run")).to_be_visible()
    (folder / "go").touch()
    expect(last).to_have_accessible_name(re.compile("succeeded"), timeout=120_000)
    made.get_by_role("tab", name="Compare").click()
    expect(made.get_by_role("group", name="Cell 2 of quality")).to_contain_text("16 airlines")
    expect(made.get_by_role("region", name="Code")).to_contain_text("03-quality.ipynb")
    shot("pipeline-compare")

    made.get_by_role("button", name="Copy link").click()
    expect(made.get_by_text("The link is on the clipboard")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    seen_by(page, viewer)
    page.goto(link)
    expect(last).to_have_accessible_name(re.compile("succeeded"))
    for what in ("Run", "Run again", "Run again…", "Repair…", "Edit"):
        expect(made.get_by_role("button", name=what, exact=True)).to_have_count(0)
    shot("pipeline-shared")
    # Of others' runs she compares what she sees.
    made.get_by_role("tab", name="Compare").click()
    expect(made.get_by_text("You see a part of one of them")).to_be_visible()
    expect(made.get_by_role("table", name="Steps of both runs")).to_contain_text("succeeded")
    for what in ("Parameters", "Code", "Metrics", "Outputs of cells and steps"):
        expect(made.get_by_role("region", name=what)).to_have_count(0)
    shot("pipeline-compare-shared")


# ipywidgets' extension complains about every notebook that has no kernel.
@pytest.mark.usefixtures("console_errors_expected")
def test_a_notebook_runs_in_the_background_and_its_end_is_told(page: Page, lab: Lab, shot: Shot) -> None:
    write_notebook(lab.folder / "count.ipynb", ["print('counted', 6 * 7)", "1 / zero"], parameters="zero = 0")
    open_lab(page, lab.page().replace("/lab?", "/lab/tree/count.ipynb?"))
    page.get_by_role("dialog").get_by_role("button", name="No Kernel").click()
    page.get_by_role("button", name="Run this notebook in the background").click()
    expect(page.get_by_text("count.ipynb runs in the background.")).to_be_visible()
    told = page.get_by_text("count.ipynb failed. Step 'count' failed in cell 3: ZeroDivisionError")
    expect(told).to_be_visible(timeout=120_000)
    shot("background-failed")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("tab", name="count.ipynb")).to_have_count(2)
    expect(page.locator(".jp-NotebookPanel:visible")).to_contain_text("counted 42")


# ipywidgets' extension complains about every notebook that has no kernel.
@pytest.mark.usefixtures("console_errors_expected", "a_browser_of_its_own")
def test_a_notebook_goes_on_when_the_browser_is_closed_and_all_it_showed_is_there_later(page: Page, lab: Lab) -> None:
    go = lab.folder / "go-on"
    wait = f"import time\nfrom pathlib import Path\nwhile not Path({str(go)!r}).exists(): time.sleep(0.1)"
    first = "for n in range(3): print('before', n)"
    write_notebook(
        lab.folder / "long.ipynb", [f"{first}\n{wait}", "for n in range(3): print('after', n)", "{'answer': 6 * 7}"], parameters="n = 0"
    )
    open_lab(page, lab.page().replace("/lab?", "/lab/tree/long.ipynb?"))
    page.get_by_role("dialog").get_by_role("button", name="No Kernel").click()
    page.get_by_role("button", name="Run this notebook in the background").click()
    expect(page.get_by_text("long.ipynb runs in the background.")).to_be_visible()
    browser = page.context.browser
    assert browser is not None
    page.context.close()
    go.touch()
    with lab.api() as api:
        wait_until(lambda: [run["status"] for run in api.get("/runs", params={"job": "long.ipynb"}).json()] == ["succeeded"])
    with browser.new_context() as context:
        later = context.new_page()
        open_lab(later, lab.page())
        later.get_by_role("tab", name="Runs").click()
        later.get_by_role("list", name="Runs", exact=True).get_by_role("button", name=re.compile("^long.ipynb")).click()
        later.get_by_role("list", name="Steps of long.ipynb").get_by_role("button").first.click()
        notebook = later.locator(".jp-NotebookPanel:visible")
        for shown in ("before 0", "before 2", "after 0", "after 2", "{'answer': 42}"):
            expect(notebook).to_contain_text(shown)


# ipywidgets' extension complains about every notebook that has no kernel.
@pytest.mark.usefixtures("console_errors_expected")
def test_the_bell_has_what_happened_meanwhile_until_it_is_read(page: Page, lab: Lab, shot: Shot) -> None:
    write_notebook(lab.folder / "at-night.ipynb", ["print('it was', 1 / zero)"], parameters="zero = 0")
    with lab.api() as api:
        api.post("/notifications/read", json={}).raise_for_status()
        api.post("/notebook-runs", json={"path": "at-night.ipynb"}).raise_for_status()
        wait_until(lambda: api.get("/notifications", params={"unread": True}).json())
        open_lab(page, lab.page())
        bell = page.locator(".jp-Notification-Status")
        expect(bell).to_contain_text("1")
        bell.click()
        told = page.locator(".jp-Notification-List")
        expect(told).to_contain_text("at-night.ipynb failed")
        shot("notification-centre")
        told.get_by_role("button", name="Show").click()
        expect(page.locator(".jp-NotebookPanel:visible")).to_contain_text("ZeroDivisionError")
        wait_until(lambda: not api.get("/notifications", params={"unread": True}).json())


def test_what_is_wrong_with_a_notebook_a_statement_and_a_function_is_looked_for_where_it_failed(page: Page, lab: Lab, shot: Shot) -> None:
    folder = lab.folder / "notebooks/pipelines/looked"
    write_notebook(folder / "broken.ipynb", ["here = 6 * n", "here / 0"], parameters="n = 1")
    (folder / "count.sql").write_text("SELECT CAST('n' || count(*) AS INT) AS n FROM bronze.airlines WHERE length(carrier) > $n")
    (folder / "told.py").write_text("def tell(n):\n    return {'n': [n][5]}\n")
    steps = "steps: [{name: broken}, {name: count, sql: count.sql, output: gold.counted}, {name: tell, function: 'told.py:tell'}]\n"
    (folder / "pipeline.yaml").write_text(f"parameters: [{{name: n, type: int, default: 7}}]\n{steps}")
    with lab.api() as api:
        run = api.post("/pipelines/looked/runs", json={"params": {"n": 1}}).json()["run"]["id"]
        wait_until(lambda: api.get(f"/runs/{run}").json()["status"] == "failed", 120)
    open_lab(page, lab.page())
    page.get_by_role("tab", name="Runs").click()
    opened = {"broken": "here / 0", "count": "What gold.counted would have been given", "tell": "tell(**arguments)"}
    for step, text in opened.items():
        page.get_by_role("button", name="Open looked").click()
        shown = page.get_by_role("region", name="Pipeline looked")
        shown.get_by_role("group", name=re.compile(f"^{step}, ")).click()
        shown.get_by_role("complementary", name=f"Step {step}").get_by_role("button", name="Look for what is wrong").click()
        at = page.locator(".jp-NotebookPanel:visible .jp-Notebook-cell.jp-mod-active")
        expect(at).to_contain_text(text, timeout=120_000)
        above = page.locator(".jp-NotebookPanel:visible .jp-CodeCell").filter(has_text=re.compile(r"n = 1|'n': 1")).last
        expect(above.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d\]"), timeout=120_000)  # those above it have run
        shot(f"looked-{step}")
    (folder / "pipeline.yaml").unlink()


def test_runs_are_listed_without_queries_until_asked(page: Page, lab: Lab) -> None:
    open_lab(page, lab.page())
    page.get_by_role("tab", name="Runs").click()
    runs = page.get_by_role("list", name="Runs", exact=True)
    expect(runs.get_by_role("button", name=re.compile("^ingest bronze")).first).to_be_visible()
    expect(runs.get_by_role("button", name=re.compile("^sql"))).to_have_count(0)
    box = page.get_by_role("checkbox", name="all kinds")
    middles = [(found["y"] + found["height"] / 2) if found else 0 for found in (box.bounding_box(), box.locator("..").bounding_box())]
    assert abs(middles[0] - middles[1]) <= 1
    box.check()
    expect(runs.get_by_role("button", name=re.compile("^sql")).first).to_be_visible()


# ipywidgets' extension complains about every notebook that has no kernel.
@pytest.mark.usefixtures("console_errors_expected")
def test_a_steps_executed_notebook_is_opened_to_be_looked_at(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    page.get_by_role("tab", name="Runs").click()
    page.get_by_role("list", name="Runs", exact=True).get_by_role("button", name=re.compile("^flights")).first.click()
    steps = page.get_by_role("list", name="Steps of flights")
    steps.get_by_role("button", name="clean_flights").click()
    notebook = page.locator(".jp-NotebookPanel:visible")
    expect(page.get_by_role("tab", name=re.compile("clean_flights.ipynb"))).to_be_visible()
    expect(notebook).to_contain_text(re.compile(r"silver.flights: [\d,]+ flights of month"))  # what it has printed
    expect(notebook.get_by_text("Injected by the Workbench").or_(notebook.get_by_text("# Parameters")).first).to_be_visible()
    expect(notebook).to_contain_text("No Kernel")
    sessions = page.evaluate("fetch('/api/sessions').then(answer => answer.json())")
    assert not [session for session in sessions if "clean_flights" in session["path"]]
    shot("executed-notebook")
    page.keyboard.press("Control+s")
    page.wait_for_timeout(500)
    assert not list(lab.folder.glob("Executed*"))
