"""A real demo workspace, a real JupyterLab, a real Chromium."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.stage import BROWSER_ARGUMENTS, RESULTS, Lab, chromium, lab_environment, running_lab


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The five real tables, taken in through the product's own path."""
    from workbench.app.demo import create_demo

    return create_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def lab(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab on the demo, as ``workbench lab`` starts it."""
    base = tmp_path_factory.mktemp("lab")
    with running_lab([sys.executable, "-m", "workbench.cli", "lab"], demo, base, lab_environment(base)) as found:
        yield found


@pytest.fixture(scope="session")
def flights_run(lab: Lab) -> None:
    """The demo's first pipeline has run once, on the durable queue, so that there is a lineage from files to gold."""
    with lab.api() as api:
        started = api.post("/pipelines/flights/runs", json={"params": {"month": 6}})
        assert started.is_success, started.text
        run_id = started.json()["run"]["id"]
        deadline = time.monotonic() + 150
        while time.monotonic() < deadline:
            run = api.get(f"/pipelines/flights/runs/{run_id}").json()["run"]
            if run["status"] not in ("queued", "running"):
                assert run["status"] == "succeeded", run["error"]
                return
            time.sleep(0.5)
    pytest.fail("The pipeline did not end in time.")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=BROWSER_ARGUMENTS)
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A browser of its own for each test. An error that nobody caught, or one on the console, fails the test.

    What a test takes away at its end, a dataset or a server, is asked for before the page: else the open page asks for it in vain.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 800}, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(20_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield page
    RESULTS.mkdir(exist_ok=True)
    with contextlib.suppress(Exception):
        page.screenshot(path=RESULTS / f"{request.node.name}.png")
    context.close()
    assert "console_errors_expected" in request.fixturenames or not errors, errors


@pytest.fixture
def console_errors_expected() -> None:
    """For tests of refusals: the browser writes every answer that is not a success to its console."""


@pytest.fixture
def shot(page: Page) -> Callable[[str], None]:
    """Keep what is on the screen for a person to look at."""

    def take(name: str) -> None:
        RESULTS.mkdir(exist_ok=True)
        page.screenshot(path=RESULTS / f"{name}.png")

    return take
