"""A busy API still answers: long statements have threads of their own, and too many of them are refused."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter

import httpx
import pytest
from serving import api_on_tcp, wait_until

from workbench.api.upload import sweep_scratch
from workbench.core.config import Settings

SLOW = {"sql": "select count(*) from range(100000000000)"}
ASKED, RUNNING, WAITING = 20, 4, 4


@pytest.fixture
def narrow(workspace: Settings) -> Settings:
    """The workspace with places for fewer long calls of each user: on two processors 32 of them only take time."""
    with (workspace.root / "workbench.toml").open("a") as file:
        file.write(f"\n[query]\nthreads = 1\n\n[serve]\nstatements_each = {RUNNING}\nwaiting_each = {WAITING}\n")
    return workspace


def test_many_slow_statements_keep_nobody_else_waiting(narrow: Settings) -> None:
    answers: Counter[int] = Counter()
    refusals: list[httpx.Response] = []

    with api_on_tcp(narrow) as (url, token, server), httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client:
        assert client.get("/api/datasets", timeout=300).status_code == 200

        def ask() -> None:
            try:
                answer = httpx.post(f"{url}/api/query", json=SLOW, headers=client.headers, timeout=300)
            except httpx.HTTPError:
                return  # the server ends with the test
            answers[answer.status_code] += 1
            if answer.status_code == 503:
                refusals.append(answer)

        askers = [threading.Thread(target=ask, daemon=True) for _ in range(ASKED)]
        for asker in askers:
            asker.start()
        wait_until(lambda: answers[503] >= ASKED - RUNNING - WAITING, what="the refusals")
        began = time.monotonic()
        assert client.get("/api/datasets", timeout=300).status_code == 200
        assert time.monotonic() - began < 60
        assert answers[503] == ASKED - RUNNING - WAITING
        error = refusals[0].json()["error"]
        assert (error["code"], refusals[0].headers["Retry-After"]) == ("unavailable", "1")
        assert error["fix"]
        # What has begun can still be stopped.
        running: list[dict[str, str]] = []
        wait_until(lambda: running.extend(client.get("/api/runs", params={"status": "running", "limit": 1}, timeout=300).json()) or running)
        assert client.post(f"/api/runs/{running[0]['id']}/cancel", timeout=300).status_code == 200
        server.kill()  # an orderly end would let the others go on for a while, and what else is tested would wait for them


@pytest.mark.parametrize("gone", ["dangling", "old", "young"])
def test_left_over_uploads_are_swept_while_others_come_and_go(workspace: Settings, gone: str) -> None:
    uploads = workspace.state / "uploads"
    uploads.mkdir(parents=True, exist_ok=True)
    folder = uploads / gone
    if gone == "dangling":  # as if it was removed between the listing and the look at it
        folder.symlink_to(uploads / "nowhere")
    else:
        folder.mkdir()
    if gone == "old":
        os.utime(folder, (0, 0))
    sweep_scratch(workspace.state)
    assert folder.exists() == (gone == "young")


def test_a_statement_that_cannot_be_read_in_time_keeps_nobody_waiting(workspace: Settings) -> None:
    """What a CASE is about is copied for each of its WHENs: a line of it took all memory of the server, or all its statements' time."""
    huge = "select " + "case " * 40 + "1" + " when 1 then 1 when 2 then 2 end" * 40
    with api_on_tcp(workspace) as (url, token, _), httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client:

        def ask(sql: str) -> httpx.Response:
            return httpx.post(f"{url}/api/query", json={"sql": sql}, headers=client.headers, timeout=300)

        assert ask("select 0").status_code == 200
        answers: list[httpx.Response] = []
        asker = threading.Thread(target=lambda: answers.append(ask(huge)), daemon=True)
        asker.start()
        others = 0
        while asker.is_alive():
            began = time.monotonic()
            assert ask(f"select {others}").json()["rows"] == [[others]]
            assert time.monotonic() - began < 10
            others += 1
        assert others > 2
        error = answers[0].json()["error"]
        assert (answers[0].status_code, error["code"]) == (413, "too_large") and error["fix"]
