"""The page of a run that somebody has shared: who sees it, what stands in it, and the way there through signing in."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from in_process import PASSWORD, POLICY, Team, make_workspace, serving

from tests.pipelines.conftest import maker, workers
from workbench.api.run_html import notebook_page, run_page
from workbench.app.local import LocalWorkspace
from workbench.core.config import load_settings
from workbench.pipelines.records import PipelineRun

OWN = {"Origin": "http://localhost"}
GRANT = f"{POLICY}\ngrants:\n  - {{to: 'user:alice', what: 'pipeline:shown', may: [read]}}\n"
MARKED = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Team, PipelineRun]]:
    """A run of two steps that has failed, and who may look at it: alice, not others."""
    settings = make_workspace(tmp_path_factory.mktemp("pages"))
    maker(settings.root)(
        "shown",
        "parameters: {who: {type: str, default: nobody}}\nsteps:\n  - {name: one, notebook: one.ipynb}\n"
        "  - {name: two, notebook: two.ipynb, needs: [one]}\n",
        one=("who = ''", ["from IPython.display import HTML; HTML('<script>alert(2)</script><b>bold</b>')", "print('said', who)"]),
        two=["raise ValueError('<i>wrong</i>')"],
    )
    with workers(settings) as start, LocalWorkspace(settings) as ws:
        start()
        ws.services.lasting = False
        ws.compliance.apply(GRANT)
        ws.users.add("ada", ("admin",), password=PASSWORD)
        found = ws.pipelines.run("shown", {"who": MARKED}, wait=True)
        assert found.run.status == "failed"
        with serving(load_settings(settings.root, {})) as team:
            yield team, found


def signed_in(team: Team, name: str = "alice") -> httpx.Client:
    client = team.client()
    answer = client.post("/login", data={"name": name, "password": PASSWORD}, headers=OWN)
    assert answer.status_code == 303, answer.text
    return client


def test_an_administrator_sees_all_of_a_run(ran: tuple[Team, PipelineRun]) -> None:
    team, found = ran
    page = signed_in(team, "ada").get("/run", params={"id": found.run.id})
    assert page.status_code == 200
    assert "<h1>shown: failed</h1>" in page.text
    assert page.text.count("<svg class=") == 2
    assert "ValueError: &lt;i&gt;wrong&lt;/i&gt;" in page.text
    assert "&lt;img src=x onerror=alert(1)&gt;" in page.text
    assert "http-equiv" not in page.text  # it is over: nothing to wait for
    for unescaped in (MARKED, "<i>wrong"):
        assert unescaped not in page.text
    assert "<form" not in page.text  # nothing that could change it
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_the_repairs_of_a_run_are_told_with_how_it_had_ended(ran: tuple[Team, PipelineRun]) -> None:
    _, found = ran
    before = {"status": "failed", "error": {"message": MARKED}}
    told = {"number": 1, "by": "ada", "at": "2026-01-31T12:00:00Z", "source": "current", "steps": ["two"], "params": {}, "before": before}
    run = found.run.model_copy(update={"attributes": {**found.run.attributes, "repairs": [told]}})
    page = bytes(run_page(found.model_copy(update={"run": run})).body).decode()
    assert "2026-01-31 12:00:00 UTC</td><td>ada</td><td>two</td><td>failed</td>" in page and MARKED not in page
    assert "Repaired" not in bytes(run_page(found).body).decode()


def test_who_may_read_the_pipeline_sees_how_it_went(ran: tuple[Team, PipelineRun]) -> None:
    team, found = ran
    client = signed_in(team)
    page = client.get("/run", params={"id": found.run.id})
    assert page.status_code == 200
    assert "<h1>shown: failed</h1>" in page.text
    assert page.text.count("<svg class=") == 2
    for hers in ("ValueError", "onerror", "run/notebook"):
        assert hers not in page.text
    assert client.get("/run/notebook", params={"id": found.steps[0].id}).status_code == 403


def test_a_steps_notebook_is_shown_and_nothing_in_it_can_run(ran: tuple[Team, PipelineRun]) -> None:
    team, found = ran
    client = signed_in(team, "ada")
    assert f"run/notebook?id={found.steps[0].id}" in client.get("/run", params={"id": found.run.id}).text
    shown = client.get("/run/notebook", params={"id": found.steps[0].id})
    assert shown.status_code == 200
    assert "said" in shown.text and "<b>bold</b>" in shown.text
    assert f"../run?id={found.run.id}" in shown.text
    policy = shown.headers["Content-Security-Policy"].split("; ")
    assert policy[:2] == ["sandbox", "default-src 'none'"]
    assert not any(rule.startswith(("script-src", "connect-src", "form-action")) for rule in policy)


@pytest.mark.parametrize("path", ["/run", "/run/notebook"])
def test_nobody_else_sees_anything(ran: tuple[Team, PipelineRun], path: str) -> None:
    team, found = ran
    ids = {"/run": found.run.id, "/run/notebook": found.steps[0].id}
    team.owner.post("/api/users", json={"name": "eve", "roles": ["analyst"], "password": PASSWORD})
    other = signed_in(team, "eve")
    told = other.get(path, params={"id": ids[path]})
    none = other.get(path, params={"id": "01900000-0000-7000-8000-000000000000"})
    assert told.status_code in (403, 404)
    assert "shown" not in told.text
    assert "ValueError" not in told.text
    assert none.status_code == 404
    assert "shown" not in team.client().get(path, params={"id": ids[path], "again": "1"}).text


def test_the_way_leads_through_signing_in_and_back(ran: tuple[Team, PipelineRun]) -> None:
    team, found = ran
    client = team.client()
    # After a link in a chat the browser sends no cookie of ours: a page of our own asks again.
    first = client.get("/run", params={"id": found.run.id})
    assert f'content="0;url=?id={found.run.id}&amp;again=1"' in first.text
    again = client.get("/run", params={"id": found.run.id, "again": "1"})
    assert (again.status_code, again.headers["Location"]) == (303, "./login")
    answer = client.post("/login", data={"name": "alice", "password": PASSWORD}, headers=OWN)
    assert answer.headers["Location"] == "./"
    assert client.get("/").headers["Location"] == f"run?id={found.run.id}"
    assert client.get("/").status_code == 200  # once


@pytest.mark.parametrize("id", ["", "x", "../../etc/passwd", "//evil.example", "01900000-0000-7000-8000-000000000000\n", "<script>"])
def test_a_link_that_names_no_run(ran: tuple[Team, PipelineRun], id: str) -> None:
    client = signed_in(ran[0])
    page = client.get("/run", params={"id": id})
    assert page.status_code == 404
    assert "names no run" in page.text
    assert "<script" not in page.text
    client.cookies.set("workbench-session-run", id.strip() or "x")
    assert client.get("/").headers.get("Location") in ("./", None) or "0190" in id


def test_runs_say_where_they_are_shown(ran: tuple[Team, PipelineRun]) -> None:
    team, found = ran
    assert found.page is None
    settings = load_settings(team.settings.root, {"WORKBENCH_SERVE_PUBLIC_URL": "https://lake.example.org/"})
    with LocalWorkspace(settings) as ws:
        ws.services.lasting = False
        assert ws.pipelines.status("shown", found.run.id).page == f"https://lake.example.org/run?id={found.run.id}"


def test_a_notebook_of_any_size_becomes_a_page_of_some(ran: tuple[Team, PipelineRun]) -> None:
    long = {"output_type": "stream", "name": "stdout", "text": ["hello\n"] * 100_000}
    image = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "A" * 9_000_000, "text/plain": "a picture"}}
    cell = {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": "print()"}
    cells = [{**cell, "id": f"c{number}", "outputs": [output]} for number, output in enumerate((long, image, long))]
    page = notebook_page({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}, ran[1].steps[0])
    text = bytes(page.body).decode()
    assert len(text) < 1_000_000
    assert text.count("580,000 more characters are not shown here") == 2
    assert text.count("The rest is too large to be shown here") == 1
