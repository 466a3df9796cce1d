"""Launcher, palette, widget, and a folder that is no workspace yet."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import choose_file, dataset, open_lab, stands, tree
from tests.e2e.stage import Lab, lab_environment, running_lab

pytestmark = pytest.mark.e2e
Shot = Callable[[str], None]


def test_the_launcher_has_a_section_that_opens_everything(page: Page, lab: Lab, shot: Shot) -> None:
    open_lab(page, lab.page())
    launcher = page.locator(".jp-Launcher")
    expect(launcher.get_by_role("heading", name="Workbench")).to_be_visible()
    shot("launcher")
    expect(page.get_by_text("notified about official Jupyter news")).to_have_count(0)
    launcher.locator(".jp-LauncherCard", has_text="Catalog").click()
    expect(dataset(page, "airlines")).to_be_visible()
    launcher.locator(".jp-LauncherCard", has_text="Lineage").click()
    expect(page.get_by_role("group", name="flights.csv, file")).to_be_visible()


def test_the_launcher_opens_mlflow_behind_jupyters_sign_in(page: Page, lab: Lab, scale: float) -> None:
    """By default as far as its address: what answers there takes long to start, and is shown in ``tests/jupyter/test_mlflow.py``."""
    open_lab(page, lab.page())
    if scale < 1:
        page.context.route("**/workbench-mlflow/**", lambda route: route.fulfill(body="of the test"))
    # The first one to open it starts it, and a tab without an opener is known only once it was answered.
    with page.context.expect_page(timeout=90_000) as opened:
        page.locator(".jp-Launcher").locator(".jp-LauncherCard", has_text="MLflow").click()
    mlflow = opened.value
    if scale < 1:
        expect(mlflow).to_have_url(f"{lab.url}/workbench-mlflow/#/experiments")
        return
    expect(mlflow).to_have_title(re.compile("MLflow"), timeout=90_000)
    expect(mlflow.get_by_role("link", name="Experiments").first).to_be_visible(timeout=90_000)
    assert re.match(rf"{re.escape(lab.url)}/workbench-mlflow/#/experiments", mlflow.url)
    experiments = mlflow.get_by_role("heading", name="Experiments").or_(mlflow.get_by_role("row", name=re.compile("Default")))
    expect(experiments.first).to_be_visible()


def test_the_palette_knows_the_panels(page: Page, lab: Lab) -> None:
    open_lab(page, lab.page())
    page.keyboard.press("Control+Shift+C")
    page.get_by_role("textbox", name=re.compile("SEARCH|Command Palette", re.I)).or_(page.locator(".lm-CommandPalette-input")).first.fill(
        "Workbench lineage"
    )
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Dataset")).to_be_visible()


def test_the_catalog_is_a_widget_in_a_notebook_too(page: Page, lab: Lab, shot: Shot) -> None:
    notebook = {
        "cells": [
            {
                "cell_type": "code",
                "id": "one",
                "metadata": {},
                "source": "import workbench.panels\nworkbench.panels.catalog()",
                "outputs": [],
                "execution_count": None,
            }
        ],
        "metadata": {"kernelspec": {"name": "lake-python", "display_name": "Lake Python", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (lab.folder / "widget.ipynb").write_text(json.dumps(notebook))
    page.goto(f"{lab.url}/lab/tree/widget.ipynb?token=e2e-token&reset")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    stands(page)
    expect(page.get_by_text("Lake Python | Idle")).to_be_visible()  # else Lab asks which kernel is meant
    page.locator(".jp-Notebook .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    output = page.locator(".jp-OutputArea-output")
    expect(output.get_by_role("treeitem", name=re.compile("^flights")).first).to_be_visible()
    output.get_by_role("treeitem", name=re.compile("^flights")).first.click()
    expect(output.get_by_role("region", name="bronze.flights")).to_contain_text("336,776 rows")
    output.get_by_role("tab", name="Sample").click()
    expect(output.get_by_role("cell", name="2013").first).to_be_visible()
    shot("widget")


@pytest.fixture
def bare_lab(tmp_path: Path) -> Iterator[Lab]:
    """JupyterLab in a folder that is no workspace."""
    folder = tmp_path / "project"
    folder.mkdir()
    base = tmp_path / "lab"
    base.mkdir()
    command = [sys.executable, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={folder}"]
    with running_lab(command, folder, base, lab_environment(base)) as found:
        yield found


@pytest.mark.usefixtures("console_errors_expected")
def test_an_empty_folder_becomes_a_workspace_by_one_click_and_a_file(bare_lab: Lab, page: Page, shot: Shot) -> None:
    open_lab(page, bare_lab.page())
    page.get_by_role("tab", name="Catalog").click()
    expect(page.get_by_text("No workspace here yet.")).to_be_visible()
    shot("no-workspace")
    page.get_by_role("button", name="Create one here").click()
    expect(page.get_by_text("Nothing is here yet.")).to_be_visible()
    shot("empty-workspace")
    assert (bare_lab.folder / "workbench.toml").is_file()
    looked_at = choose_file(page, "first.csv", b"a,b\n1,x\n2,y\n")
    looked_at.get_by_role("button", name="Import as is").click()
    expect(looked_at.get_by_text("2 rows into bronze.first.")).to_be_visible()
    expect(tree(page).get_by_role("treeitem", name=re.compile("^first"))).to_be_visible()
