"""A Jupyter server without a workspace, and what it hands to kernels."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from serving import Jupyter, wait_until

from workbench.core.config import FILE_NAME, Settings, create_workspace_file, load_settings
from workbench.core.errors import NotFound
from workbench.jobs.supervisor import down, state
from workbench.jupyter.link import WorkspaceLink


def test_a_workspace_is_made_from_the_empty_state(tmp_path: Path) -> None:
    folder = tmp_path / "flights"
    folder.mkdir()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    server = Jupyter(folder, scratch)
    try:
        with server.as_page() as page, server.with_cookie() as careless:
            answer = page.get("/workbench/api/datasets")
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "workspace_not_found")
            assert "workbench init" in answer.json()["error"]["fix"]
            assert careless.post("/workbench/init").status_code == 403
            assert page.post("/workbench/init", headers={"Origin": "http://evil.example"}).status_code == 403
            assert page.post("/workbench/init", json={"name": 3}).status_code == 400
            assert not (folder / FILE_NAME).exists()
            made = page.post("/workbench/init")
            assert (made.status_code, made.json()["name"]) == (201, "flights")
            assert page.post("/workbench/init").status_code == 200
            wait_until(lambda: page.get("/workbench/api/datasets").status_code == 200, what="the API of the new workspace")
    finally:
        server.stop()
        if (folder / FILE_NAME).exists():
            down(load_settings(folder, env={}), grace=5)


def test_what_was_stopped_stays_so_for_an_open_page_until_it_asks(tmp_path: Path) -> None:
    folder = tmp_path / "flights"
    folder.mkdir()
    create_workspace_file(folder, "flights")
    settings = load_settings(folder, env={})
    server = Jupyter(folder, tmp_path)
    try:
        with server.as_page() as page, server.with_cookie() as careless:
            wait_until(lambda: page.get("/workbench/api/datasets").status_code == 200, what="the API")
            down(settings, grace=5)
            for _ in range(3):
                answer = page.get("/workbench/api/datasets")
                told = answer.json()["error"]
                assert (answer.status_code, told["code"], told["details"]) == (503, "service_not_running", {"stopped": True})
            assert state(settings)["supervisor"]["status"] == "stopped"
            assert careless.post("/workbench/start").status_code == 403
            assert page.post("/workbench/start").status_code == 202
            wait_until(lambda: page.get("/workbench/api/datasets").status_code == 200, what="the API again")
    finally:
        server.stop()
        down(settings, grace=5)


def test_kernels_find_the_workspace_and_mlflow(jupyter: Jupyter, workspace: Settings) -> None:
    import websockets.sync.client as ws

    code = "import os; print(os.environ.get('WORKBENCH_HOME'), os.environ.get('MLFLOW_TRACKING_URI'))"
    with jupyter.with_token() as client:
        # The settings are read beside Jupyter's own start; a person's first kernel comes after the page that asks the API.
        wait_until(lambda: client.get("/workbench/api/datasets").status_code == 200, what="the API")
        kernel = client.post("/api/kernels", json={"name": "python3"}).json()["id"]
        try:
            address = f"ws://127.0.0.1:{jupyter.port}/api/kernels/{kernel}/channels?token={jupyter.token}"
            printed = _execute(ws, address, code)
        finally:
            client.delete(f"/api/kernels/{kernel}")
    assert printed.split() == [str(workspace.root), workspace.tracking_url]


def _execute(ws: object, address: str, code: str) -> str:
    import json

    header = {
        "msg_id": "1",
        "msg_type": "execute_request",
        "username": "t",
        "session": "s",
        "version": "5.3",
        "date": "2026-01-01T00:00:00Z",
    }
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False, "stop_on_error": True}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}
    with ws.connect(address, open_timeout=60) as connection:  # type: ignore[attr-defined]
        connection.send(json.dumps(message))
        while True:
            told = json.loads(connection.recv(timeout=60))
            if told.get("msg_type") == "stream":
                return str(told["content"]["text"])


def test_a_workspace_is_told_apart_by_its_folder_wherever_in_it_the_server_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_HOME", raising=False)
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    (mine / "notebooks").mkdir(parents=True)
    theirs.mkdir()

    def identity(folder: Path) -> str:
        return WorkspaceLink(folder, logging.getLogger()).identity()

    monkeypatch.setenv("WORKBENCH_URL", "https://lake.example.org/")
    with pytest.raises(NotFound, match=r"yours is on https://lake\.example\.org.*workbench\.panels\.catalog") as told:
        WorkspaceLink(mine, logging.getLogger()).create("by mistake")
    assert told.value.code == "not_found" and not (mine / FILE_NAME).exists(), "no panel offers to make one"
    monkeypatch.delenv("WORKBENCH_URL")
    before = identity(mine)
    create_workspace_file(mine, "mine")
    # A page that was open as the workspace was made keeps what it has.
    assert identity(mine) == before == identity(mine / "notebooks")
    assert identity(theirs) != before
    monkeypatch.setenv("WORKBENCH_HOME", str(mine))
    assert identity(theirs) == before
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "gone"))
    assert identity(theirs) != before
