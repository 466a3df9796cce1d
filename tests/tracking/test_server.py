"""MLflow's page over a unix socket behind a path, and clients that write to the same place from any folder."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from workbench.core.config import Settings, create_workspace_file, load_settings
from workbench.core.errors import InvalidInput
from workbench.tracking import SOCKET_HOST, mlflow_server_command, mlflow_server_environment, tracking_environment

PREFIX = "/user/ada/workbench/mlflow"


@pytest.fixture(scope="module")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The workspace that the server is for."""
    folder = tmp_path_factory.mktemp("tracked")
    create_workspace_file(folder, "tracked")
    return load_settings(folder, env={})


@pytest.fixture(scope="module")
def page(tracked: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The server, as a proxy on another host sees it."""
    settings, socket = tracked, tmp_path_factory.mktemp("socket") / "m.sock"
    command = mlflow_server_command(settings, socket=str(socket), prefix=PREFIX, origins=["https://hub.example.org"])
    process = subprocess.Popen(command, env=mlflow_server_environment(settings), start_new_session=True)
    transport, name = httpx.HTTPTransport(uds=str(socket)), {"Host": SOCKET_HOST}
    with httpx.Client(transport=transport, base_url="http://hub.example.org", headers=name, timeout=300) as client:
        deadline = time.monotonic() + 120
        while True:
            try:
                client.get(f"{PREFIX}/")
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                assert process.poll() is None
                time.sleep(0.1)
        yield client
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_page_works_behind_a_path_and_shows_what_a_client_logged(page: httpx.Client, tracked: Settings, tmp_path: Path) -> None:
    html = page.get(f"{PREFIX}/").text
    links = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert links
    here = httpx.URL(f"http://hub.example.org{PREFIX}/")
    assert {page.get(here.join(link)).status_code for link in links} == {200}
    code = "import mlflow\nwith mlflow.start_run():\n    mlflow.log_metric('error', 1.5)\n    mlflow.log_text('hello', 'note.txt')"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, **tracking_environment(tracked)}, cwd=tmp_path, check=True)
    search = {"experiment_ids": ["0"]}
    run = page.post(f"{PREFIX}/ajax-api/2.0/mlflow/runs/search", json=search).json()["runs"][0]
    assert [(metric["key"], metric["value"]) for metric in run["data"]["metrics"]] == [("error", 1.5)]
    artifact = page.get(f"{PREFIX}/get-artifact", params={"path": "note.txt", "run_uuid": run["info"]["run_id"]})
    assert artifact.text == "hello"
    assert [path.name for path in (tracked.state / "mlartifacts").rglob("*.txt")] == ["note.txt"]
    assert not (tmp_path / "mlruns").exists()
    # A page of another origin may not change anything; one of ours may.
    for origin, status in (("https://evil.example", 403), ("https://hub.example.org", 200)):
        answer = page.post(f"{PREFIX}/ajax-api/2.0/mlflow/runs/search", json=search, headers={"Origin": origin})
        assert answer.status_code == status


def test_the_socket_takes_no_other_name_and_the_first_run_prints_nothing(page: httpx.Client, root: Path, tmp_path: Path) -> None:
    assert page.get(f"{PREFIX}/", headers={"Host": "evil.example"}).status_code == 403
    fresh = load_settings(root, env={"WORKBENCH_TRACKING_URL": f"sqlite:///{tmp_path / 'fresh.db'}"})
    code = "import mlflow\nwith mlflow.start_run():\n    mlflow.log_metric('error', 1.5)"
    environment = {**os.environ, **tracking_environment(fresh)}
    told = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert told.stderr == ""


def test_address_of_the_database_is_not_on_the_command_line(root: Path) -> None:
    settings = load_settings(root, env={"WORKBENCH_TRACKING_URL": "postgresql://me:hunter2@db/x"})
    assert "hunter2" not in " ".join(mlflow_server_command(settings, port=5000))
    assert "hunter2" in mlflow_server_environment(settings)["MLFLOW_BACKEND_STORE_URI"]


def test_server_elsewhere_is_not_served_again(root: Path) -> None:
    settings = load_settings(root, env={"WORKBENCH_TRACKING_URL": "https://mlflow.example.org"})
    assert tracking_environment(settings)["MLFLOW_TRACKING_URI"] == "https://mlflow.example.org"
    with pytest.raises(InvalidInput, match=r"mlflow\.example\.org"):
        mlflow_server_command(settings, port=5000)


def test_socket_or_port_must_be_said(settings: Settings) -> None:
    with pytest.raises(InvalidInput):
        mlflow_server_command(settings)
