"""A real demo workspace, a real JupyterLab, a real Chromium."""

from __future__ import annotations

import contextlib
import functools
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect, sync_playwright

from tests.e2e.pages import picture
from tests.e2e.stage import BROWSER_ARGUMENTS, KEEP, Lab, chromium, lab_environment, running_lab

# For what never comes. What is not to come at all says for how long it is looked for.
PATIENCE = 60_000
SIZE = {"width": 1280, "height": 800}
FAILED = pytest.StashKey[bool]()

expect.set_options(timeout=PATIENCE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The five real tables, taken in through the product's own path."""
    from workbench.app.demo import create_demo

    return create_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def lab(demo: Path, s3_place: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab on the demo, as ``workbench lab`` starts it; it knows the S3 server that a test may start."""
    base = tmp_path_factory.mktemp("lab")
    environment = {**lab_environment(base), **s3_place.environment}
    with running_lab([sys.executable, "-m", "workbench.cli", "lab"], demo, base, environment) as found:
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


@contextlib.contextmanager
def person(browser: Browser) -> Iterator[BrowserContext]:
    """A browser as a person has hers."""
    with contextlib.closing(browser.new_context(viewport=SIZE, permissions=["clipboard-read", "clipboard-write"])) as context:
        context.set_default_timeout(PATIENCE)
        yield context


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all tests, who follow each other in its first tab: a new one fetches and compiles all of JupyterLab's programs again."""
    with person(browser) as found:
        yield found


@pytest.fixture
def a_browser_of_its_own() -> None:
    """For tests that change what a tab keeps for as long as it is open, such as its clock."""


@pytest.fixture
def page(browser: Browser, context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab in which nothing is open or kept. An error that nobody caught, or one on the console, fails the test.

    What a test takes away at its end, a dataset or a server, is asked for before the page: else the open page asks for it in vain.
    """
    with contextlib.ExitStack() as ended:
        if "a_browser_of_its_own" in request.fixturenames:
            context = ended.enter_context(person(browser))
        page = context.pages[0] if context.pages else context.new_page()
        errors: list[str] = []

        def uncaught(error: Error) -> None:
            errors.append(str(error))

        def said(message: ConsoleMessage) -> None:
            if message.type == "error":
                errors.append(message.text)

        page.on("pageerror", uncaught)
        page.on("console", said)
        yield page
        page.remove_listener("pageerror", uncaught)
        page.remove_listener("console", said)
        failed = request.node.stash.get(FAILED, False)
        if failed or KEEP:
            with contextlib.suppress(Error):
                picture(page, request.node.name)
        if not page.is_closed():
            leave(page, for_good=failed)
    assert "console_errors_expected" in request.fixturenames or not errors, errors


def leave(page: Page, for_good: bool) -> None:
    """Make the tab as a new one is; ``for_good`` where nobody knows how a test has left it."""
    for other in page.context.pages:
        if for_good or other != page:
            other.close()
    if for_good:
        return
    page.unroute_all(behavior="ignoreErrors")
    page.context.unroute_all(behavior="ignoreErrors")
    with contextlib.suppress(Error):  # an empty page keeps nothing
        page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
    page.context.clear_cookies()
    page.goto("about:blank")
    page.set_viewport_size(SIZE)


@pytest.fixture
def console_errors_expected() -> None:
    """For tests of refusals: the browser writes every answer that is not a success to its console."""


@pytest.fixture
def shot(page: Page) -> Callable[..., None]:
    """Keep what is on the screen for a person to look at, where pictures are kept: see ``picture``."""
    return functools.partial(picture, page) if KEEP else lambda *_, **__: None
