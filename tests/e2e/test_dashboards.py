"""The panels in dashboards: a notebook served by Voila, an app served by Panel. Nothing comes from another server."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import nbformat
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import choose_file, page_of
from tests.e2e.stage import free_port, lab_environment
from workbench.app import init

pytestmark = pytest.mark.e2e
Shot = Callable[[str], None]
APP = """
import panel as pn
from workbench.panels import dashboard

pn.extension()
pn.Column("# Flights", dashboard.catalog(height=500), dashboard.lineage("bronze.flights", height=300)).servable()
"""


@contextlib.contextmanager
def served(command: list[str], address: str, folder: Path, environment: dict[str, str], log: Path) -> Iterator[str]:
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=stream, stderr=stream, start_new_session=True)
    try:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and process.poll() is None:
            # Its front door only: opening a page would begin a session.
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(address.rsplit("/", 1)[0] + "/nothing-here", timeout=5, trust_env=False)
                break
            time.sleep(0.2)
        else:
            pytest.fail(log.read_text()[-3000:])
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small one with flights: files are taken into it, too, which the other tests' pictures should not show."""
    folder = tmp_path_factory.mktemp("dashboards") / "project"
    with init(folder) as ws:
        rows = "".join(f"2013,{n % 12 + 1},{n % 28 + 1},{'AA' if n % 3 else 'UA'},{n}\n" for n in range(1_234))
        (folder / "flights.csv").write_text(f"year,month,day,carrier,flight\n{rows}")
        ws.ingest(folder / "flights.csv", name="bronze.flights")
    return folder


@pytest.fixture
def environment(tmp_path: Path, workspace: Path) -> dict[str, str]:
    base = tmp_path / "dashboard"
    base.mkdir()
    return {**lab_environment(base), "WORKBENCH_HOME": str(workspace)}


@pytest.fixture
def voila(workspace: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"name": "lake-python", "display_name": "Lake Python", "language": "python"}
    cells = [
        "import workbench.panels\nworkbench.panels.catalog(ws, height=500)",
        'workbench.panels.lineage("bronze.flights", ws, height=300)',
    ]
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(notebook, workspace / "dashboard.ipynb")
    port = free_port()
    command = [sys.executable, "-m", "voila", "dashboard.ipynb", "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    with served(command, f"http://127.0.0.1:{port}/", workspace, environment, tmp_path / "voila.log") as address:
        yield address


@pytest.fixture
def panel_app(workspace: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    (tmp_path / "app.py").write_text(APP)
    port = free_port()
    command = [sys.executable, "-m", "panel", "serve", str(tmp_path / "app.py"), f"--port={port}", "--address=127.0.0.1"]
    with served(command, f"http://127.0.0.1:{port}/app", workspace, environment, tmp_path / "panel.log") as address:
        yield address


def look_around(page: Page, address: str) -> None:
    """What a person does: open a dataset, look at its rows, take a file in."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address, timeout=90_000)
    flights = page.get_by_role("treeitem", name=re.compile("^flights"))
    expect(flights.first).to_be_visible(timeout=90_000)
    flights.first.click()
    details = page.get_by_role("region", name="bronze.flights")
    expect(details).to_contain_text("1,234 rows")
    details.get_by_role("tab", name="Sample").click()
    expect(page.get_by_role("cell", name="2013").first).to_be_visible()
    expect(page.get_by_role("group", name="flights.csv, file")).to_be_visible()
    strangers = {urlsplit(url).hostname for url in asked if urlsplit(url).scheme.startswith(("http", "ws"))} - {"127.0.0.1"}
    assert not strangers


def take_in(page: Page, name: str) -> None:
    rows = "".join(f"{i},{'x' * 50}\n" for i in range(40_000))  # some pieces of a megabyte
    # There is no other place here: the catalog gives way to what it opens, and comes back.
    looked_at = choose_file(page, f"{name}.csv", f"{name}_a,{name}_b\n{rows}".encode())  # like no other
    looked_at.get_by_role("button", name="Import as is").click()
    expect(looked_at.get_by_text(f"40,000 rows into bronze.{name}.")).to_be_visible()
    looked_at.get_by_role("button", name="Open").click()
    expect(page_of(page, f"bronze.{name}")).to_contain_text("40,000 rows")
    page.get_by_role("button", name="Back to the catalog").click()
    # By the run log's event, not by the answer.
    expect(page.get_by_role("treeitem", name=re.compile(f"^{name}"))).to_be_visible()


# The server comes first: fixtures end in reverse order, and a page whose server ends before it complains.
def test_voila_shows_the_panels(voila: str, page: Page, shot: Shot) -> None:
    look_around(page, voila)
    take_in(page, "from_voila")
    shot("voila")


def test_panel_shows_the_panels(panel_app: str, page: Page, shot: Shot) -> None:
    look_around(page, panel_app)
    take_in(page, "from_panel")
    shot("panel")
